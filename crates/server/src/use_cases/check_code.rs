//! Whether a typed code, or a passkey's answer, is right.

use nidan_core::attempt::{BackupSet, CheckInput};
use nidan_core::ceremony::{KnownPasskey, StoredCeremony};
use nidan_core::login::Authenticated;
use nidan_otp::{Code, Secret, Steps, UnixSeconds};
use nidan_protocol::ErrorCode;
use subtle::ConstantTimeEq;

use super::ceremonies::{broken, relying_party, state_of};
use super::code::{Typed, TypedCode};
use crate::Service;
use crate::backup::Ticket;
use crate::challenge::codes_of;
use crate::config::Host;
use crate::keys::SealedFor;
use crate::passkey::{Answer, Wrong};
use crate::refusal::Refusal;
use nidan_store::NewFlow;

/// What a check says.
pub(super) enum Verdict {
    /// It is right, and this is to be spent.
    Right(Authenticated),
    /// The code is not right.
    CodeWrong,
    /// The passkey's answer does not hold.
    PasskeyWrong(Wrong),
}

impl From<Option<Authenticated>> for Verdict {
    fn from(right: Option<Authenticated>) -> Self {
        right.map_or(Self::CodeWrong, Self::Right)
    }
}

/// Checks a code that was counted.
pub(super) async fn check_code(
    service: &Service,
    flow: &NewFlow,
    host: &Host,
    typed: &Typed,
    check: CheckInput,
    ticket: Option<Ticket>,
) -> Result<Verdict, Refusal> {
    let method_id = typed.method_id.as_str();
    match (check, &typed.code) {
        (
            CheckInput::Otp {
                sealed_secret,
                drift,
            },
            TypedCode::Digits(first, second),
        ) => {
            let row = SealedFor {
                host: &flow.host,
                subject: &flow.subject,
                method_id,
            };
            let secret = service.0.keys.open(&sealed_secret, row).map_err(|error| {
                Refusal::logged(ErrorCode::Internal, "a secret does not open", &error)
            })?;
            let now = UnixSeconds(service.0.clock.now_s());
            let typed = (first, second.as_ref());
            let found = check_otp(&secret, typed, drift, host.strict_window, now);
            Ok(found.map(|found| found.of(method_id)).into())
        }
        (
            CheckInput::OutOfBand {
                challenge_id,
                channel,
                codes,
                ..
            },
            TypedCode::Digits(first, second),
        ) => {
            let right = codes_of(&service.0.keys, &challenge_id, codes);
            let same = same_codes([Some(first), second.as_ref()], &right);
            let right = same.then(|| Authenticated::OutOfBand {
                method_id: method_id.to_owned(),
                challenge_id,
                channel,
            });
            Ok(right.into())
        }
        (CheckInput::BackupCodes(set), TypedCode::Backup(code)) => {
            let BackupSet {
                salt,
                is_bound,
                unused,
            } = set;
            let bound = is_bound.then_some((flow.host.as_str(), flow.subject.as_str()));
            let (ordinals, hashes): (Vec<_>, Vec<_>) = unused.into_iter().unzip();
            let ticket = ticket.ok_or(ErrorCode::Internal)?;
            let hasher = &service.0.hasher;
            let position = hasher.position(&ticket, bound, code, salt, &hashes).await?;
            let ordinal = position.and_then(|at| ordinals.get(at));
            let right = ordinal.map(|ordinal| Authenticated::BackupCode { ordinal: *ordinal });
            Ok(right.into())
        }
        (CheckInput::TemporaryCode(made), TypedCode::Temporary(code)) => {
            let whose = (flow.host.as_str(), flow.subject.as_str());
            let ticket = ticket.ok_or(ErrorCode::Internal)?;
            let hasher = &service.0.hasher;
            let typed = hasher.hash_one(&ticket, whose, code, made.salt).await?;
            let same = bool::from(typed.ct_eq(&made.hash));
            Ok(same
                .then_some(Authenticated::TemporaryCode { hash: made.hash })
                .into())
        }
        (
            CheckInput::Approval {
                approval_id,
                is_shown,
                ..
            },
            TypedCode::Approval(code),
        ) => {
            let right = codes_of(&service.0.keys, &approval_id, 1);
            // What nobody has shown is nobody's to type: compared all the same, so that the time tells
            // nothing.
            let same = same_codes([Some(code), None], &right) & is_shown;
            let right = same.then_some(Authenticated::Approval { approval_id });
            Ok(right.into())
        }
        (CheckInput::Passkey { key, ceremony }, TypedCode::Passkey(answer)) => {
            check_passkey(service, (flow, host), (key, &ceremony), answer)
        }
        // The store counted another kind than was asked for: nothing is right then.
        (
            CheckInput::Otp { .. } | CheckInput::OutOfBand { .. },
            TypedCode::Approval(_)
            | TypedCode::Backup(_)
            | TypedCode::Temporary(_)
            | TypedCode::Passkey(_),
        )
        | (
            CheckInput::Approval { .. },
            TypedCode::Digits(..)
            | TypedCode::Backup(_)
            | TypedCode::Temporary(_)
            | TypedCode::Passkey(_),
        )
        | (
            CheckInput::BackupCodes(_),
            TypedCode::Digits(..)
            | TypedCode::Approval(_)
            | TypedCode::Temporary(_)
            | TypedCode::Passkey(_),
        )
        | (
            CheckInput::TemporaryCode(_),
            TypedCode::Digits(..)
            | TypedCode::Approval(_)
            | TypedCode::Backup(_)
            | TypedCode::Passkey(_),
        )
        | (
            CheckInput::Passkey { .. },
            TypedCode::Digits(..)
            | TypedCode::Approval(_)
            | TypedCode::Backup(_)
            | TypedCode::Temporary(_),
        ) => Ok(Verdict::CodeWrong),
    }
}

fn check_passkey(
    service: &Service,
    (flow, host): (&NewFlow, &Host),
    (key, ceremony): (Option<KnownPasskey>, &StoredCeremony),
    answer: &Answer,
) -> Result<Verdict, Refusal> {
    let Some(key) = key else {
        return Ok(Verdict::PasskeyWrong(Wrong::Credential));
    };
    let state = state_of(service, flow, ceremony)?;
    let party = relying_party(service, host)?;
    let checked = party
        .finish_asking(&state, &flow.origin, answer, key.counter)
        .map_err(|error| broken(&error))?;
    Ok(match checked {
        Ok(counter) => Verdict::Right(Authenticated::Passkey {
            method_id: key.method_id,
            counter_before: key.counter,
            counter,
        }),
        Err(wrong) => Verdict::PasskeyWrong(wrong),
    })
}

/// The time step of a right code, and how far the app's clock is off.
struct MatchedSteps {
    first: u64,
    last: u64,
    drift: i64,
}

impl MatchedSteps {
    fn of(self, method_id: &str) -> Authenticated {
        Authenticated::Otp {
            method_id: method_id.to_owned(),
            first_step: self.first,
            step: self.last,
            drift: self.drift,
        }
    }
}

/// Checks an app's code, or two in a row, around the time that its clock is likely to show.
fn check_otp(
    secret: &Secret,
    (first, second): (&Code, Option<&Code>),
    drift: i64,
    is_strict: bool,
    now: UnixSeconds,
) -> Option<MatchedSteps> {
    let matched = match second {
        Some(second) => secret.check_pair(first, second, &Steps::for_pairs(now)),
        None if is_strict => secret.check(first, &Steps::current(now).moved(drift)),
        None => secret.check(first, &Steps::around(now).moved(drift)),
    }?;
    Some(MatchedSteps {
        first: matched.counter().0 - u64::from(second.is_some()),
        last: matched.counter().0,
        drift: matched.drift_steps(now),
    })
}

/// Whether the codes of a message were typed. All are compared, so that the time tells nothing
/// about the first alone.
fn same_codes(typed: [Option<&Code>; 2], right: &[impl AsRef<str>]) -> bool {
    let right = right.iter().map(AsRef::as_ref).chain(std::iter::repeat(""));
    let typed = typed.map(|code| code.map_or("", Code::expose));
    let same = typed
        .iter()
        .zip(right)
        .fold(subtle::Choice::from(1), |same, (typed, right)| {
            same & typed.as_bytes().ct_eq(right.as_bytes())
        });
    same.into()
}
