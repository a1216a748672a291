//! What the service says where methods are managed, read as `decode.rs` reads everything else.

use nidan_otp::UnixSeconds;
use nidan_protocol::{
    BackupCodesView, BrowsersView, EventKind, EventView, EventsView, Health, Intent, ManagedMethod,
    ManagementPolicy, ManagementRights, ManagementView, TrustedBrowser,
};
use wasm_bindgen::JsValue;

use super::decode::{error_code, field, list, method_at_login, method_kind, number, text};
use nidan_flow::ChangeRefusal;

/// What the person came for.
pub(super) fn intent(json: &JsValue) -> Intent {
    let intent = text(json, "intent").and_then(|name| Intent::from_wire(&name));
    intent.unwrap_or_default()
}

/// What the person has; [`None`] before a proof.
pub(super) fn management(json: &JsValue) -> Option<ManagementView> {
    let json = field(json, "management").filter(JsValue::is_object)?;
    let codes = field(&json, "backup_codes")?;
    let may = field(&json, "may")?;
    let policy = field(&json, "policy")?;
    let flag = |of: &JsValue, name: &str| field(of, name).is_some_and(|flag| flag.is_truthy());
    let names = |name: &str| {
        let names = list(&json, name);
        let names = names.iter().filter_map(|one| one.as_string());
        names.collect::<Vec<_>>()
    };
    let is_due = names("health").iter().any(|one| one == "check_up_due");
    Some(ManagementView {
        proved_at: number(&json, "proved_at")?,
        fresh_until: number(&json, "fresh_until")?,
        proved_by: text(&json, "proved_by")?,
        methods: list(&json, "methods")
            .iter()
            .filter_map(|one| managed(&one))
            .collect(),
        backup_codes: BackupCodesView {
            left: number(&codes, "left")? as u32,
            made_at: number(&codes, "made_at"),
        },
        paused_until: number(&json, "paused_until"),
        may: ManagementRights {
            add: list(&may, "add")
                .iter()
                .filter_map(|kind| method_kind(&kind))
                .collect(),
            pause: flag(&may, "pause"),
            turn_off: flag(&may, "turn_off"),
        },
        policy: ManagementPolicy {
            required: flag(&policy, "required"),
            min_methods: number(&policy, "min_methods").unwrap_or(1) as u32,
        },
        // The screens see the rest for themselves.
        health: is_due.then_some(Health::CheckUpDue).into_iter().collect(),
        without_phone: names("without_phone"),
    })
}

fn managed(json: &JsValue) -> Option<ManagedMethod> {
    let method = method_at_login(json)?;
    let flag = |name: &str| field(json, name).is_some_and(|flag| flag.is_truthy());
    Some(ManagedMethod {
        id: method.id,
        kind: method.kind,
        name: method.name,
        hint: method.hint,
        created_at: method.created_at,
        state: method.state,
        resting_until: method.resting_until,
        is_default: flag("is_default"),
        used_at: number(json, "used_at"),
        tested_at: number(json, "tested_at"),
        retires_at: number(json, "retires_at"),
        cooling_until: number(json, "cooling_until"),
        is_held_by_person: flag("is_held_by_person"),
    })
}

/// The trusted browsers.
pub(super) fn browsers(json: &JsValue) -> Option<BrowsersView> {
    let browser = |one: JsValue| {
        Some(TrustedBrowser {
            id: text(&one, "id")?,
            client_description: text(&one, "client_description"),
            created_at: number(&one, "created_at")?,
            used_at: number(&one, "used_at")?,
            expires_at: number(&one, "expires_at")?,
        })
    };
    Some(BrowsersView {
        browsers: list(json, "browsers")
            .iter()
            .map(browser)
            .collect::<Option<_>>()?,
        this_browser: text(json, "this_browser"),
    })
}

/// Lines of the record. A kind that this version does not know is left out.
pub(super) fn record(json: &JsValue) -> Option<EventsView> {
    let event = |one: JsValue| {
        let kind = text(&one, "kind")?;
        Some(EventView {
            seq: number(&one, "seq")?,
            at: number(&one, "at")?,
            kind: EventKind::ALL
                .into_iter()
                .find(|known| known.as_str() == kind)?,
            method: None,
            hint: text(&one, "hint"),
            client_description: text(&one, "client_description"),
            count: None,
            by: None,
            reason: None,
            hash: String::new(),
        })
    };
    Some(EventsView {
        intact: field(json, "intact")?.is_truthy(),
        before: number(json, "before"),
        events: list(json, "events").iter().filter_map(event).collect(),
    })
}

/// What a problem document says of a change.
pub(super) fn change_refusal(json: &JsValue) -> ChangeRefusal {
    error_code(json).map_or(ChangeRefusal::Unreachable, |code| ChangeRefusal::Service {
        code,
        field: text(json, "field"),
        retry_at: number(json, "retry_at").map(UnixSeconds),
    })
}
