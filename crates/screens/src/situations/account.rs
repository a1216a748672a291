//! What people have who manage it.

use nidan_flow::{LoginOpening, ManageOpening, merge_passkeys};
use nidan_protocol::{
    BACKUP_METHOD_ID, BackupCodesView, BrowsersView, EventKind, EventView, EventsView, Health,
    Intent, ManagedMethod, ManagementPolicy, ManagementRights, ManagementView, MethodKind,
    MethodState, MethodView, TrustedBrowser,
};

use super::{NOW, READY};

/// What somebody has.
pub(super) struct Account {
    pub(super) methods: Vec<(MethodKind, MethodState)>,
    pub(super) codes: u32,
    pub(super) is_paused: bool,
    pub(super) may_turn_off: bool,
}

impl Default for Account {
    /// An app, a landline and backup codes.
    fn default() -> Self {
        Self {
            methods: vec![(MethodKind::Totp, READY), (MethodKind::Voice, READY)],
            codes: 8,
            is_paused: false,
            may_turn_off: true,
        }
    }
}

pub(super) fn opening(account: Account, intent: Intent, is_proved: bool) -> ManageOpening {
    let methods = super::methods(&account.methods);
    let takes_codes = |state: MethodState| state.takes_codes();
    let mut ways = methods.clone();
    ways.retain(|method| takes_codes(method.state));
    let mut best = ways.first().map(|method| method.id.clone());
    let passkeys = merge_passkeys(&mut ways, &mut best);
    ManageOpening {
        login: LoginOpening {
            issuer: "Shop".to_owned(),
            account: "hanako@example.com".to_owned(),
            best,
            methods: ways,
            passkeys,
            browser_has_passkeys: true,
            needs_passkey: false,
            backup_codes_left: account.codes,
            temporary_code: false,
            approval: false,
            trust_days: None,
            auto_send: false,
            calls: true,
            allow_unconfirmed_calls: false,
            recovery_url: None,
            password_url: None,
            submits_itself: false,
            typed: String::new(),
        },
        intent,
        account: is_proved.then(|| Box::new(management(account, &methods))),
        request_prefix: "p".to_owned(),
    }
}

fn management(account: Account, methods: &[MethodView]) -> ManagementView {
    let managed = |method: &MethodView| ManagedMethod {
        id: method.id.clone(),
        kind: method.kind,
        name: None,
        hint: method.hint.clone(),
        created_at: method.created_at,
        state: method.state,
        resting_until: None,
        is_default: false,
        used_at: None,
        tested_at: None,
        retires_at: None,
        cooling_until: None,
        is_held_by_person: method.state == MethodState::Held,
    };
    let mut without_phone = Vec::new();
    without_phone.extend((account.codes > 0).then(|| BACKUP_METHOD_ID.to_owned()));
    ManagementView {
        proved_at: NOW.0,
        fresh_until: NOW.0 + 300,
        proved_by: MethodKind::Totp.as_str().to_owned(),
        methods: methods.iter().map(managed).collect(),
        backup_codes: BackupCodesView {
            left: account.codes,
            made_at: Some(1_700_000_000),
        },
        paused_until: account.is_paused.then_some(NOW.0 + 9_000),
        may: ManagementRights {
            add: MethodKind::ALL.to_vec(),
            pause: !account.is_paused,
            turn_off: account.may_turn_off,
        },
        policy: ManagementPolicy {
            required: !account.may_turn_off,
            min_methods: 1,
        },
        health: vec![Health::CheckUpDue],
        without_phone,
    }
}

pub(super) fn browsers() -> BrowsersView {
    let browser = |id: &str| TrustedBrowser {
        id: id.to_owned(),
        client_description: Some("Firefox".to_owned()),
        created_at: 1,
        used_at: 2,
        expires_at: 3,
    };
    BrowsersView {
        this_browser: Some("this".to_owned()),
        browsers: vec![browser("this"), browser("other")],
    }
}

pub(super) fn record() -> EventsView {
    let event = EventView {
        seq: 1,
        at: NOW.0,
        kind: EventKind::Verified,
        method: None,
        hint: None,
        client_description: Some("Osaka".to_owned()),
        count: None,
        by: None,
        reason: None,
        hash: String::new(),
    };
    EventsView {
        events: vec![event],
        intact: true,
        before: None,
    }
}
