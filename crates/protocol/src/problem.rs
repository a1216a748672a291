//! Errors on the wire: [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problems with a stable
//! `code`. The service never sends words for people.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $code:tt, $status:literal;)*) => {
        /// What went wrong: stable, for programs. The widget turns it into words.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum ErrorCode {
            $($(#[$doc])* #[serde(rename = $code)] $variant,)*
            /// A code that this reader does not know yet.
            #[serde(other, rename = "unknown")]
            Unknown,
        }

        impl ErrorCode {
            /// Every code that the service sends.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The form on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* Self::Unknown => "unknown" }
            }

            /// The code of that name; [`Self::Unknown`] for one that this reader does not know yet.
            pub fn from_wire(code: &str) -> Self {
                // One text: a browser would carry `as_str` as one comparison for each name, and a
                // table as one address for each.
                const NAMES: &str = concat!($($code, ","),*);
                let mut names = NAMES.as_bytes().split(|byte| *byte == b',');
                let place = names.position(|known| known == code.as_bytes());
                place.and_then(|place| Self::ALL.get(place)).copied().unwrap_or(Self::Unknown)
            }

            /// The HTTP status that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* Self::Unknown => 500 }
            }
        }
    };
}

error_codes! {
    /// The body is no JSON, or not of the documented shape.
    RequestInvalid = "request_invalid", 400;
    /// The body is over 16 KiB.
    RequestTooLarge = "request_too_large", 413;
    /// The body is not declared as `application/json`.
    MediaTypeUnsupported = "media_type_unsupported", 415;
    /// No API key, or one that is not registered.
    ApiKeyInvalid = "api_key_invalid", 401;
    /// No flow token, or one of no open flow; the answer says no more.
    FlowExpired = "flow_expired", 401;
    /// A newer flow of the same person, or another body under the same id, conflicts with this one.
    FlowConflict = "flow_conflict", 409;
    /// The request brought no flow token: something on its way takes the header `Nidan-Flow` away.
    FlowTokenMissing = "flow_token_missing", 401;
    /// The request comes from another origin than the flow was made for.
    OriginMismatch = "origin_mismatch", 403;
    /// The person has a second factor, which is proved first (`manage`); or support has made a code, and only the
    /// login that it let in leads to a set-up.
    AlreadyEnrolled = "already_enrolled", 409;
    /// The first factor was checked too long ago: ask for the password again. Where methods are
    /// managed, a factor has to be proved again: `max_age_s` says how old a proof may be.
    ReauthRequired = "reauth_required", 403;
    /// The code does not match.
    CodeWrong = "code_wrong", 422;
    /// Too many wrong codes; a new code or flow is needed.
    TooManyAttempts = "too_many_attempts", 429;
    /// The code's life is over; a new one is needed.
    CodeExpired = "code_expired", 422;
    /// The code was right once and is spent.
    CodeUsed = "code_used", 409;
    /// The method asks for two codes in a row now; nothing was counted.
    TwoCodesNeeded = "two_codes_needed", 422;
    /// Too many wrong codes of this method today; `retry_at` says when it takes codes again. Others
    /// go on.
    MethodResting = "method_resting", 429;
    /// Too many wrong codes of this method in a row: it is off until the site reinstates it. Others
    /// go on.
    MethodSuspended = "method_suspended", 403;
    /// The site's support holds this method: it lets nobody in until it is released. Others go on.
    MethodHeld = "method_held", 403;
    /// No way in would be left: no other method that takes codes, and no backup code.
    LastMethod = "last_method", 409;
    /// The host's policy or the account's state forbids it; `field` says which: `required`,
    /// `reported`, `guessed`.
    PolicyForbids = "policy_forbids", 409;
    /// What proved it is too new to prove this; `retry_at` says when it is not.
    Cooling = "cooling", 403;
    /// The person has as many of this kind as there may be.
    MethodLimit = "method_limit", 409;
    /// The person has changed as much today as anybody does; `retry_at` says when it goes on.
    ChangeLimit = "change_limit", 429;
    /// Codes are paused already: one pause does not follow another.
    AlreadyPaused = "paused", 409;
    /// The person has this number already.
    PhoneKnown = "phone_known", 409;
    /// The passkey's answer does not hold; `field` says what does not: `origin`, `rp_id`, `challenge`,
    /// `type`, `user_presence`, `user_verification`, `flags`, `signature`, `counter`, `credential`,
    /// `user`, `format`. What was asked for is spent: it is asked for anew.
    PasskeyWrong = "passkey_wrong", 422;
    /// This flow has no such ceremony, or it is for something else.
    CeremonyUnknown = "ceremony_unknown", 404;
    /// The ceremony was answered before, rightly or wrongly: each one counts once.
    CeremonyUsed = "ceremony_used", 409;
    /// The ceremony was asked for more than five minutes ago.
    CeremonyExpired = "ceremony_expired", 422;
    /// The passkey is somebody's already, perhaps the person's own.
    PasskeyKnown = "passkey_known", 409;
    /// This flow has no such set-up.
    SetupUnknown = "setup_unknown", 404;
    /// The person has no such method.
    MethodNotFound = "method_not_found", 404;
    /// Somebody reported that this sign-in is not theirs.
    FlowReported = "flow_reported", 409;
    /// No such challenge in this flow.
    ChallengeNotFound = "challenge_not_found", 404;
    /// The same code was sent a moment ago; `retry_at` says when it may be sent again.
    ResendTooSoon = "resend_too_soon", 429;
    /// The code was sent as often as it may be.
    ResendsSpent = "resends_spent", 429;
    /// Too many codes to this number, person, place or altogether; `retry_at` says when it can go
    /// on.
    SendBudgetSpent = "send_budget_spent", 429;
    /// No phone number that can be.
    PhoneInvalid = "phone_invalid", 422;
    /// Digits are missing.
    PhoneTooShort = "phone_too_short", 422;
    /// Digits are too many.
    PhoneTooLong = "phone_too_long", 422;
    /// The number begins with no known calling code.
    PhoneCountryUnknown = "phone_country_unknown", 422;
    /// Extensions cannot be called by the service.
    PhoneExtension = "phone_extension", 422;
    /// What was shown to the person is another number than the one that was typed: type it with
    /// `+`.
    PhoneAmbiguous = "phone_ambiguous", 422;
    /// A landline, which receives no text messages; a call may do.
    PhoneNotSmsCapable = "phone_not_sms_capable", 422;
    /// A kind of number that codes are never sent to: toll-free, premium, internet, pager, short.
    PhoneKindRefused = "phone_kind_refused", 422;
    /// The operator sends no codes to this country.
    CountryNotAllowed = "country_not_allowed", 422;
    /// This method is not on offer in this flow.
    MethodNotOffered = "method_not_offered", 422;
    /// The result code is unknown, used, late, or of another flow or session; the answer says no
    /// more.
    ResultCodeInvalid = "result_code_invalid", 404;
    /// No such path.
    NotFound = "not_found", 404;
    /// The path does not take this HTTP method.
    HttpMethodNotAllowed = "http_method_not_allowed", 405;
    /// The database is locked, full or read-only; nothing was stored. Try again.
    Unavailable = "unavailable", 503;
    /// The request took too long; sending the same again tells whether it was stored.
    TimedOut = "timed_out", 503;
    /// A defect of the service; the log has the reason under the request id.
    Internal = "internal", 500;
}

/// An [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problem, sent as
/// `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `urn:nidan:problem:` and the code.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// The HTTP status, repeated.
    #[serde(default)]
    pub status: u16,
    /// What went wrong.
    pub code: ErrorCode,
    /// The field or header that was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// How many tries are left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts_left: Option<u32>,
    /// When the same request can succeed, Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<u64>,
    /// How old a proof may be, in seconds, with [`ErrorCode::ReauthRequired`] where methods are
    /// managed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_s: Option<u64>,
    /// The number as the service reads it, with [`ErrorCode::PhoneAmbiguous`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<ReadNumber>,
    /// Joins this answer to the service's log.
    #[serde(default)]
    pub request_id: String,
}

/// A phone number in [E.164](https://www.itu.int/rec/T-REC-E.164), as the service reads what was
/// typed. Never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct ReadNumber(pub String);

impl fmt::Debug for ReadNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReadNumber(<redacted>)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_refusals_are_client_or_server_errors() {
        for (index, code) in ErrorCode::ALL.iter().enumerate() {
            assert!(
                ErrorCode::ALL[..index]
                    .iter()
                    .all(|earlier| earlier.as_str() != code.as_str())
            );
            assert!((400..600).contains(&code.status()));
            assert_eq!(ErrorCode::from_wire(code.as_str()), *code);
        }
    }
}
