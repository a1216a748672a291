//! What a person has, as they and their host may see it.

use nidan_core::manage::health::{health, without_phone};
use nidan_core::manage::standing::{Less, cooling_until, has_room, refuse_less_protection};
use nidan_core::manage::{Account, Holder, PROOF_LIVES_S};
use nidan_protocol::{
    BackupCodesView, ManagedMethod, ManagementPolicy, ManagementRights, ManagementView, MethodKind,
    MethodView, Purpose,
};
use nidan_store::{Method, Subject};

use super::policy;
use crate::Service;
use crate::config::Host;
use crate::use_cases::{FlowCaller, method_view};

/// The methods, with what only the person and the host may know of them.
pub(crate) fn method_views(
    subject: &Subject,
    account: &Account,
    host: &Host,
    now: u64,
) -> Vec<ManagedMethod> {
    let managed = |method: &Method| {
        let MethodView {
            id,
            kind,
            name,
            hint,
            created_at,
            state,
            resting_until,
        } = method_view(method, host, subject.allowance, now);
        ManagedMethod {
            id,
            kind,
            name,
            hint,
            created_at,
            state,
            resting_until,
            is_default: method.is_default,
            used_at: method.used_at,
            tested_at: method.tested_at,
            retires_at: method.retires_at,
            cooling_until: cooling_until(account, method.created_at, now),
            is_held_by_person: method.held_by == Some(Holder::Person),
        }
    };
    subject.methods.iter().map(managed).collect()
}

/// What the person has, when a factor was proved in this flow and none was changed by another one
/// since.
pub(crate) fn view(
    service: &Service,
    caller: &FlowCaller,
    subject: &Subject,
    now: u64,
) -> Option<ManagementView> {
    let FlowCaller { flow, host } = caller;
    match flow.opened.purpose {
        Purpose::Enroll | Purpose::Verify | Purpose::Approve => return None,
        Purpose::Manage => {}
    }
    let proof = flow.proof.as_ref();
    let proof = proof.filter(|proof| proof.factor_epoch == subject.factor_epoch)?;
    let account = subject.account();
    Some(ManagementView {
        proved_at: proof.at,
        fresh_until: proof.at.saturating_add(PROOF_LIVES_S),
        proved_by: proof.method_id.clone(),
        methods: method_views(subject, &account, host, now),
        backup_codes: BackupCodesView {
            left: account.backup_codes.left,
            made_at: account.backup_codes.made_at,
        },
        paused_until: account.paused_until.filter(|until| *until > now),
        may: rights(service, host, &account, now),
        policy: ManagementPolicy {
            required: host.required,
            min_methods: host.min_methods,
        },
        health: health(&account, now),
        without_phone: without_phone(&account),
    })
}

fn rights(service: &Service, host: &Host, account: &Account, now: u64) -> ManagementRights {
    let staying = || {
        let methods = account.methods.iter();
        methods.filter(|method| method.retires_at.is_none())
    };
    let may = |less: Less| refuse_less_protection(account, policy(host), less, now).is_ok();
    let is_paused = account.paused_until.is_some_and(|until| until > now);
    let offered: Vec<MethodKind> = service.0.config.methods(host);
    ManagementRights {
        add: offered
            .into_iter()
            .filter(|kind| has_room(staying(), *kind))
            .collect(),
        pause: may(Less::Pause) && !is_paused,
        turn_off: may(Less::TurnOff),
    }
}
