//! Rows of the database as the store's types.

use crate::failure::Failure;
use nidan_protocol::{
    AcrNeeded, Authenticator, Channel, DeliveryState, Intent, MethodClass, MethodKind, Purpose,
};
use rusqlite::Row;

use nidan_core::manage::{Holder, Proof};
use nidan_core::throttle::Tries;
use nidan_store::{AuditDetail, Flow, FlowState, Method, MethodDetail, NewFlow, SealedKeyPair};

pub(crate) const FLOW_COLUMNS: &str = "id, host, subject, purpose, account_name, auth_time, session_binding, origin, \
    token_hash, enrolment_id, server_public_key, sealed_private_key, created_at, expires_at, country, client_description, state, body_hash, method_id, \
    used, reported_at, reports, factor_epoch, trusts, trust_hash, intent, acr_needed, policy_group, at_login, proved_at, proof_hash, \
    test_hash";

pub(crate) fn flow_from(row: &Row<'_>) -> Result<Flow, Failure> {
    let state = match row.get::<_, String>("state")?.as_str() {
        "open" => FlowState::Open,
        "superseded" if row.get::<_, Option<i64>>("reported_at")?.is_some() => {
            FlowState::Reported {
                here: row.get("reports")?,
            }
        }
        "superseded" => FlowState::Superseded,
        "completed" => FlowState::Completed {
            body_hash: bytes(row, "body_hash")?,
            method_id: row.get("method_id")?,
        },
        other => return Err(Failure::row(format!("flow.state {other}"))),
    };
    let purpose = purpose_from(&row.get::<_, String>("purpose")?)?;
    let intent = row.get::<_, Option<String>>("intent")?;
    let opened = NewFlow {
        id: row.get("id")?,
        host: row.get("host")?,
        subject: row.get("subject")?,
        purpose,
        // What a later build may have come for begins with the list.
        intent: intent.and_then(|name| Intent::from_wire(&name)),
        acr_needed: acr_from(row)?,
        group: row.get("policy_group")?,
        at_login: row.get("at_login")?,
        account_name: row.get("account_name")?,
        auth_time: from_sql(row.get("auth_time")?)?,
        session_binding: row.get("session_binding")?,
        origin: row.get("origin")?,
        token_hash: bytes(row, "token_hash")?,
        enrolment_id: bytes(row, "enrolment_id")?,
        key_pair: key_pair_from(row)?,
        created_at: from_sql(row.get("created_at")?)?,
        expires_at: from_sql(row.get("expires_at")?)?,
        country: row.get("country")?,
        after_login: None,
        client_description: row.get("client_description")?,
    };
    let proof = match purpose {
        Purpose::Manage => proof_from(row)?,
        Purpose::Enroll | Purpose::Verify | Purpose::Approve => None,
    };
    Ok(Flow {
        opened,
        state,
        proof,
        test_hash: row.get("test_hash")?,
        trust_hash: row.get("trust_hash")?,
    })
}

/// What a later build may ask for is not taken for nothing.
pub(crate) fn acr_from(row: &Row<'_>) -> Result<Option<AcrNeeded>, Failure> {
    let Some(name) = row.get::<_, Option<String>>("acr_needed")? else {
        return Ok(None);
    };
    let acr = AcrNeeded::from_wire(&name);
    acr.map(Some)
        .ok_or_else(|| Failure::row(format!("flow.acr_needed {name}")))
}

/// The proof of a flow in which methods are managed.
pub(crate) fn proof_from(row: &Row<'_>) -> Result<Option<Proof>, Failure> {
    let Some(at) = time_from(row, "proved_at")? else {
        return Ok(None);
    };
    Ok(Some(Proof {
        at,
        method_id: row.get("method_id")?,
        authenticator: used_from(row, "used")?.ok_or_else(|| Failure::row("flow.used"))?,
        factor_epoch: from_sql(row.get("factor_epoch")?)?,
        body_hash: bytes(row, "proof_hash")?,
    }))
}

pub(crate) fn purpose_from(text: &str) -> Result<Purpose, Failure> {
    let mut all = Purpose::ALL.into_iter();
    all.find(|purpose| purpose.as_str() == text)
        .ok_or_else(|| Failure::row(format!("flow.purpose {text}")))
}

/// A time that may be missing, in Unix seconds.
pub(crate) fn time_from(row: &Row<'_>, column: &str) -> Result<Option<u64>, Failure> {
    row.get::<_, Option<i64>>(column)?.map(from_sql).transpose()
}

/// What the record says of a method: its kind and the last two digits of its number.
pub(crate) fn detail_from(row: &Row<'_>) -> Result<AuditDetail, Failure> {
    Ok(AuditDetail {
        method: used_from(row, "kind")?,
        hint: row.get("hint")?,
        count: None,
    })
}

/// The key pair of a set-up that has not ended.
fn key_pair_from(row: &Row<'_>) -> Result<Option<SealedKeyPair>, Failure> {
    let sealed: Option<Vec<u8>> = row.get("sealed_private_key")?;
    let pair = |sealed_private_key| {
        Ok(SealedKeyPair {
            public_key: bytes(row, "server_public_key")?,
            sealed_private_key,
        })
    };
    sealed.map(pair).transpose()
}

pub(crate) fn method_from(row: &Row<'_>) -> Result<Method, Failure> {
    let detail = match kind_from(&row.get::<_, String>("kind")?)?.class() {
        MethodClass::Otp => MethodDetail::Totp {
            fingerprint: bytes(row, "fingerprint")?,
            last_step: from_sql(row.get("last_step")?)?,
        },
        MethodClass::OutOfBand(channel) => MethodDetail::Phone {
            channel,
            number_index: bytes(row, "number_index")?,
            hint: row.get("hint")?,
        },
        MethodClass::Cryptographic => MethodDetail::Passkey {
            credential_index: bytes(row, "credential_index")?,
            rp_id: row.get("rp_id")?,
            counter: row.get("counter")?,
        },
    };
    Ok(Method {
        id: row.get("id")?,
        name: row.get("name")?,
        sealed: row.get("sealed")?,
        detail,
        created_at: from_sql(row.get("created_at")?)?,
        used_at: time_from(row, "used_at")?,
        held_at: time_from(row, "held_at")?,
        held_by: holder_from(row)?,
        tested_at: time_from(row, "tested_at")?,
        is_default: row.get("is_default")?,
        retires_at: time_from(row, "retires_at")?,
        successor: row.get("successor")?,
        tries: Tries {
            in_a_row: row.get("in_a_row")?,
            day: from_sql(row.get("day")?)?,
            today: row.get("today")?,
        },
    })
}

/// Who holds a method.
pub(crate) fn holder_from(row: &Row<'_>) -> Result<Option<Holder>, Failure> {
    let is_held = time_from(row, "held_at")?.is_some();
    let by_person = row.get::<_, Option<String>>("held_by")?.is_some();
    Ok(is_held.then_some(if by_person {
        Holder::Person
    } else {
        Holder::Support
    }))
}

pub(crate) fn kind_from(text: &str) -> Result<MethodKind, Failure> {
    MethodKind::from_wire(text).ok_or_else(|| Failure::row(format!("method.kind {text}")))
}

/// The authenticator that a column names, where it names one.
pub(crate) fn used_from(row: &Row<'_>, column: &str) -> Result<Option<Authenticator>, Failure> {
    let name = row.get::<_, Option<String>>(column)?;
    let read = |name: String| {
        Authenticator::from_wire(&name).ok_or_else(|| Failure::row(format!("{column} {name}")))
    };
    name.map(read).transpose()
}

pub(crate) fn channel_from(text: &str) -> Result<Channel, Failure> {
    Channel::from_wire(text).ok_or_else(|| Failure::row(format!("channel {text}")))
}

pub(crate) fn delivery_from(text: &str) -> Result<DeliveryState, Failure> {
    [
        DeliveryState::Queued,
        DeliveryState::Accepted,
        DeliveryState::Unknown,
        DeliveryState::Delivered,
        DeliveryState::Failed,
        DeliveryState::WrongDigits,
    ]
    .into_iter()
    .find(|state| state.as_str() == text)
    .ok_or_else(|| Failure::row(format!("message.state {text}")))
}

pub(crate) fn bytes<const N: usize>(row: &Row<'_>, column: &str) -> Result<[u8; N], Failure> {
    Ok(row.get(column)?)
}

/// SQLite's integers are signed; times and steps stay far below 2⁶³.
pub(crate) fn to_sql(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn from_sql(value: i64) -> Result<u64, Failure> {
    u64::try_from(value).map_err(|_| Failure::row("negative number"))
}

/// Names of ours as a list of SQL literals.
pub(crate) fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<_> = names.map(|name| format!("'{name}'")).collect();
    quoted.join(", ")
}
