//! Rows of the database as the store's types.

use nidan_protocol::{Channel, DeliveryState, MethodKind, Purpose};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::store::{Flow, FlowState, Method, MethodDetail, NewFlow, StoreError};
use crate::throttle::Tries;

pub(super) fn flow_from(row: &SqliteRow) -> Result<Flow, StoreError> {
    let state = match row.try_get::<&str, _>("state")? {
        "open" => FlowState::Open,
        "superseded" if row.try_get::<Option<i64>, _>("reported_at")?.is_some() => FlowState::Reported,
        "superseded" => FlowState::Superseded,
        "completed" => {
            FlowState::Completed { body_hash: bytes(row, "body_hash")?, method_id: row.try_get("method_id")? }
        }
        other => return Err(StoreError::Row(format!("flow.state {other}"))),
    };
    let purpose = match row.try_get::<&str, _>("purpose")? {
        "enroll" => Purpose::Enroll,
        "verify" => Purpose::Verify,
        other => return Err(StoreError::Row(format!("flow.purpose {other}"))),
    };
    let opened = NewFlow {
        id: row.try_get("id")?,
        host: row.try_get("host")?,
        subject: row.try_get("subject")?,
        purpose,
        account_name: row.try_get("account_name")?,
        auth_time: from_sql(row.try_get("auth_time")?)?,
        session_binding: row.try_get("session_binding")?,
        origin: row.try_get("origin")?,
        token_hash: bytes(row, "token_hash")?,
        enrolment_id: bytes(row, "enrolment_id")?,
        server_nonce: bytes(row, "server_nonce")?,
        created_at: from_sql(row.try_get("created_at")?)?,
        expires_at: from_sql(row.try_get("expires_at")?)?,
        country: row.try_get("country")?,
        place: row.try_get("place")?,
    };
    Ok(Flow { opened, state })
}

pub(super) fn method_from(row: &SqliteRow) -> Result<Method, StoreError> {
    let phone = |channel| -> Result<MethodDetail, StoreError> {
        Ok(MethodDetail::Phone { channel, number_index: bytes(row, "number_index")?, hint: row.try_get("hint")? })
    };
    let detail = match row.try_get::<&str, _>("kind")? {
        "totp" => MethodDetail::Totp {
            fingerprint: bytes(row, "fingerprint")?,
            last_step: from_sql(row.try_get("last_step")?)?,
        },
        kind => phone(channel_from(kind)?)?,
    };
    Ok(Method {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        sealed: row.try_get("sealed")?,
        detail,
        created_at: from_sql(row.try_get("created_at")?)?,
        used_at: row.try_get::<Option<i64>, _>("used_at")?.map(from_sql).transpose()?,
        tries: Tries {
            in_a_row: row.try_get("in_a_row")?,
            day: from_sql(row.try_get("day")?)?,
            today: row.try_get("today")?,
        },
    })
}

pub(super) fn kind_from(text: &str) -> Result<MethodKind, StoreError> {
    if text == MethodKind::Totp.as_str() { Ok(MethodKind::Totp) } else { Ok(channel_from(text)?.method()) }
}

pub(super) fn channel_from(text: &str) -> Result<Channel, StoreError> {
    Channel::ALL
        .into_iter()
        .find(|channel| channel.as_str() == text)
        .ok_or_else(|| StoreError::Row(format!("channel {text}")))
}

pub(super) fn delivery_from(text: &str) -> Result<DeliveryState, StoreError> {
    [
        DeliveryState::Queued,
        DeliveryState::Accepted,
        DeliveryState::Unclear,
        DeliveryState::Delivered,
        DeliveryState::Failed,
    ]
    .into_iter()
    .find(|state| state.as_str() == text)
    .ok_or_else(|| StoreError::Row(format!("message.state {text}")))
}

pub(super) fn bytes<const N: usize>(row: &SqliteRow, column: &str) -> Result<[u8; N], StoreError> {
    row.try_get::<&[u8], _>(column)?.try_into().map_err(|_| StoreError::Row(column.to_owned()))
}

/// SQLite's integers are signed; times and steps stay far below 2⁶³.
pub(super) fn to_sql(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn from_sql(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| StoreError::Row("negative number".to_owned()))
}
