//! A code as somebody types it, or a passkey's answer, to sign in or to prove a factor: read, counted
//! before it is checked, and refused in the same words.

use nidan_core::attempt::{AttemptPurpose, AttemptRefusal, CheckInput, CountedAttempt};
use nidan_core::attempt::{LoginAttempt, Presented};
use nidan_core::audit::AuditDetail;
use nidan_core::login::Authenticated;
use nidan_core::manage::Forbidden;
use nidan_core::throttle::Needs;
use nidan_otp::{BackupCode, Code};
use nidan_protocol::{
    APPROVAL_METHOD_ID, BACKUP_METHOD_ID, ErrorCode, MethodKind, PASSKEY_METHOD_ID, PasskeyPost,
    TEMPORARY_METHOD_ID,
};
use tokio::sync::OwnedMutexGuard;
use zeroize::Zeroizing;

use super::FlowCaller;
use super::ceremonies::{credential_index, unanswerable, wrong};
use super::check_code::{Verdict, check_code};
use crate::challenge::CODE_ATTEMPTS;
use crate::config::Host;
use crate::passkey::Answer;
use crate::refusal::Refusal;
use crate::{BACKUP_TRIES, FLOW_TRIES, Service};
use nidan_store::{NewFlow, WrongCode};

/// The field of a post for a passkey's answer is called as its kind is.
const PASSKEY_FIELD: &str = MethodKind::Passkey.as_str();

/// The code of a post, or a passkey's answer, parsed.
pub(super) struct Typed {
    pub(super) method_id: String,
    pub(super) code: TypedCode,
    first: Zeroizing<String>,
    second: Option<Zeroizing<String>>,
}

pub(super) enum TypedCode {
    Digits(Code, Option<Code>),
    /// What another browser has shown.
    Approval(Code),
    Backup(BackupCode),
    /// What the host's support has made.
    Temporary(BackupCode),
    Passkey(Box<Answer>),
}

impl Typed {
    /// Reads a code of the method, a backup code, or a passkey's answer.
    ///
    /// # Errors
    /// [`ErrorCode::RequestInvalid`] with the field.
    pub(super) fn read(
        method_id: String,
        (code, second_code): (Option<String>, Option<String>),
        passkey: Option<PasskeyPost>,
    ) -> Result<Self, Refusal> {
        match (code, passkey) {
            (Some(code), None) => Self::read_code(method_id, code, second_code),
            (None, Some(_)) if second_code.is_some() => Err(Refusal::field("second_code")),
            (None, Some(passkey)) => Self::read_passkey(method_id, passkey),
            (Some(_), Some(_)) => Err(Refusal::field(PASSKEY_FIELD)),
            (None, None) => Err(Refusal::field("code")),
        }
    }

    fn read_passkey(method_id: String, passkey: PasskeyPost) -> Result<Self, Refusal> {
        let PasskeyPost {
            ceremony_id,
            credential,
        } = passkey;
        let answer =
            Answer::parse(&credential).map_err(|_| Refusal::field("passkey.credential"))?;
        Ok(Self {
            method_id,
            code: TypedCode::Passkey(Box::new(answer)),
            first: Zeroizing::new(ceremony_id),
            second: Some(Zeroizing::new(credential)),
        })
    }

    fn read_code(
        method_id: String,
        code: String,
        second_code: Option<String>,
    ) -> Result<Self, Refusal> {
        let (first, second) = (Zeroizing::new(code), second_code.map(Zeroizing::new));
        let not_methods = [BACKUP_METHOD_ID, TEMPORARY_METHOD_ID, APPROVAL_METHOD_ID];
        let is_method = !not_methods.contains(&method_id.as_str());
        if second.is_some() && !is_method {
            return Err(Refusal::field("second_code"));
        }
        let digits = |text: &str, field| Code::from_wire(text).map_err(|_| Refusal::field(field));
        let code = match method_id.as_str() {
            BACKUP_METHOD_ID => TypedCode::Backup(backup_code(&first)?),
            TEMPORARY_METHOD_ID => TypedCode::Temporary(backup_code(&first)?),
            APPROVAL_METHOD_ID => TypedCode::Approval(digits(&first, "code")?),
            _method => {
                let second = second.as_deref().map(|code| digits(code, "second_code"));
                TypedCode::Digits(digits(&first, "code")?, second.transpose()?)
            }
        };
        Ok(Self {
            method_id,
            code,
            first,
            second,
        })
    }

    /// The flow as it is when this post's turn comes. A passkey's ceremony is spent before its
    /// answer is checked: of the same post twice at once the second one waits for what becomes of the
    /// first. A code is spent by a conditional update, and needs no turn.
    ///
    /// # Errors
    /// [`ErrorCode::FlowExpired`], and those of a flow that has ended meanwhile.
    pub(super) async fn in_turn(
        &self,
        service: &Service,
        caller: FlowCaller,
    ) -> Result<(FlowCaller, Option<OwnedMutexGuard<()>>), Refusal> {
        match self.code {
            TypedCode::Digits(..)
            | TypedCode::Approval(_)
            | TypedCode::Backup(_)
            | TypedCode::Temporary(_) => Ok((caller, None)),
            TypedCode::Passkey(_) => {
                let (caller, guard) = caller.alone(service).await?;
                Ok((caller.unless_over()?, Some(guard)))
            }
        }
    }

    /// What tells a repeated post from a changed one.
    pub(super) fn parts(&self) -> [&[u8]; 3] {
        [
            self.method_id.as_bytes(),
            self.first.as_bytes(),
            self.second.as_deref().map_or(&[], |code| code.as_bytes()),
        ]
    }

    fn attempt(
        &self,
        service: &Service,
        (flow, host): (&NewFlow, &Host),
        purpose: AttemptPurpose,
    ) -> LoginAttempt {
        let presented = match &self.code {
            TypedCode::Backup(_) => Presented::BackupCode {
                limit: BACKUP_TRIES,
            },
            TypedCode::Temporary(_) => Presented::TemporaryCode {
                limit: BACKUP_TRIES,
            },
            TypedCode::Digits(_, second) => Presented::Code {
                method_id: self.method_id.clone(),
                codes: if second.is_some() {
                    Needs::TwoCodes
                } else {
                    Needs::OneCode
                },
                strict: host.strict_window,
                challenge_limit: CODE_ATTEMPTS,
            },
            TypedCode::Approval(_) => Presented::Approval,
            TypedCode::Passkey(answer) => Presented::Passkey {
                method_id: (self.method_id != PASSKEY_METHOD_ID).then(|| self.method_id.clone()),
                credential_index: credential_index(service, flow, answer.credential_id()),
                ceremony_id: self.first.to_string(),
            },
        };
        LoginAttempt {
            flow_id: flow.id.clone(),
            host: flow.host.clone(),
            subject: flow.subject.clone(),
            purpose,
            presented,
            flow_limit: FLOW_TRIES,
            now: service.0.clock.now_s(),
        }
    }
}

/// A backup code as it is on the wire: exactly what is hashed. Folding what people type is the
/// widget's part.
///
/// # Errors
/// [`ErrorCode::RequestInvalid`] with the field `code`.
pub(super) fn backup_code(text: &str) -> Result<BackupCode, Refusal> {
    BackupCode::from_typed(text)
        .ok()
        .filter(|code| *code.expose() == *text)
        .ok_or_else(|| Refusal::field("code"))
}

/// A code that was counted and checked.
pub(super) enum Checked {
    /// It was right, and is to be spent.
    Right(Box<Right>),
    /// The flow was over when it was to be counted.
    FlowOver,
}

/// A right code, and what is written down when it turns out to have been used.
pub(super) struct Right {
    pub(super) authenticated: Authenticated,
    detail: AuditDetail,
    in_a_row: u32,
    left: u32,
}

/// Counts a code, and says whether it is right.
///
/// # Errors
/// [`ErrorCode::CodeWrong`] with the attempts that are left, and those of a method that takes no
/// codes now.
pub(super) async fn check(
    service: &Service,
    (flow, host): (&NewFlow, &Host),
    typed: &Typed,
    purpose: AttemptPurpose,
) -> Result<Checked, Refusal> {
    let parts = &service.0;
    // Before the try is counted: whoever is refused for want of room has lost nothing.
    let ticket = match &typed.code {
        TypedCode::Backup(_) | TypedCode::Temporary(_) => {
            Some(parts.hasher.enter(&flow.host, &flow.subject)?)
        }
        TypedCode::Digits(..) | TypedCode::Approval(_) | TypedCode::Passkey(_) => None,
    };
    let attempt = typed.attempt(service, (flow, host), purpose);
    let counted = match parts.store.count_login_attempt(&attempt).await? {
        Ok(counted) => counted,
        Err(AttemptRefusal::FlowOver) => return Ok(Checked::FlowOver),
        Err(refusal) => return Err(refused(refusal)),
    };
    let (detail, left) = described(&counted);
    let in_a_row = counted.in_a_row;
    let refusal = match check_code(service, flow, host, typed, counted.check, ticket).await? {
        Verdict::Right(authenticated) => {
            return Ok(Checked::Right(Box::new(Right {
                authenticated,
                detail,
                in_a_row,
                left,
            })));
        }
        Verdict::CodeWrong => Refusal {
            attempts_left: Some(left),
            ..ErrorCode::CodeWrong.into()
        },
        Verdict::PasskeyWrong(reason) => {
            tracing::info!(flow = flow.id, reason = reason.as_str(), "wrong passkey");
            wrong(reason, left)
        }
    };
    note_wrong(service, flow, host, &detail, in_a_row).await;
    Err(refusal)
}

impl Right {
    /// The refusal of a code that was right before; it stands in the record as a wrong one. "Used"
    /// would say that the second of a pair is right to somebody who saw the first.
    pub(super) async fn was_used(
        &self,
        service: &Service,
        (flow, host): (&NewFlow, &Host),
        typed: &Typed,
    ) -> Refusal {
        note_wrong(service, flow, host, &self.detail, self.in_a_row).await;
        match &typed.code {
            TypedCode::Digits(_, Some(_)) => Refusal {
                attempts_left: Some(self.left),
                ..ErrorCode::CodeWrong.into()
            },
            TypedCode::Digits(_, None)
            | TypedCode::Approval(_)
            | TypedCode::Backup(_)
            | TypedCode::Temporary(_) => ErrorCode::CodeUsed.into(),
            // Another answer of the same key was first.
            TypedCode::Passkey(_) => ErrorCode::CeremonyUsed.into(),
        }
    }
}

/// Returns the details for the record, and the number of attempts that are left.
fn described(counted: &CountedAttempt) -> (AuditDetail, u32) {
    let (hint, left) = match &counted.check {
        CheckInput::Otp { .. }
        | CheckInput::BackupCodes(_)
        | CheckInput::TemporaryCode(_)
        | CheckInput::Approval { .. }
        | CheckInput::Passkey { .. } => (None, counted.attempts_left),
        CheckInput::OutOfBand {
            hint,
            attempts_left,
            ..
        } => (Some(hint.clone()), *attempts_left),
    };
    let detail = AuditDetail {
        method: Some(counted.check.authenticator()),
        hint,
        count: None,
    };
    (
        detail,
        left.min(FLOW_TRIES.saturating_sub(counted.flow_attempts)),
    )
}

/// Records that somebody knows the password and no code. The attempt is counted already, so that
/// nothing fails open here.
async fn note_wrong(
    service: &Service,
    flow: &NewFlow,
    host: &Host,
    detail: &AuditDetail,
    in_a_row: u32,
) {
    tracing::info!(host = flow.host, flow = flow.id, in_a_row, "wrong code");
    let audit = service.audit_context(host, flow.client_description.clone());
    let wrong = WrongCode {
        detail: detail.clone(),
        in_a_row,
    };
    if let Err(error) = service.0.store.note_wrong(flow, &wrong, &audit).await {
        tracing::error!(%error, flow = flow.id, "a wrong code is not in the record");
    }
}

fn refused(refusal: AttemptRefusal) -> Refusal {
    match refusal {
        AttemptRefusal::FlowOver => ErrorCode::FlowConflict.into(),
        AttemptRefusal::FlowExhausted | AttemptRefusal::ChallengeExhausted => {
            ErrorCode::TooManyAttempts.into()
        }
        AttemptRefusal::NoMethod => ErrorCode::MethodNotFound.into(),
        AttemptRefusal::WorthTooLittle => worth_too_little(),
        AttemptRefusal::TwoCodesNeeded => ErrorCode::TwoCodesNeeded.into(),
        AttemptRefusal::Resting { until } => Refusal {
            retry_at: Some(until),
            ..ErrorCode::MethodResting.into()
        },
        AttemptRefusal::Suspended => ErrorCode::MethodSuspended.into(),
        AttemptRefusal::Held => ErrorCode::MethodHeld.into(),
        AttemptRefusal::Retiring => forbidden(Forbidden::Retiring),
        AttemptRefusal::NoChallenge => ErrorCode::ChallengeNotFound.into(),
        AttemptRefusal::ChallengeExpired => ErrorCode::CodeExpired.into(),
        AttemptRefusal::Ceremony(refusal) => unanswerable(refusal),
    }
}

/// It is worth less than the login has to be.
pub(super) fn worth_too_little() -> Refusal {
    Refusal {
        field: Some("acr_needed".to_owned()),
        ..ErrorCode::MethodNotOffered.into()
    }
}

/// What the policy or the account's state forbids, with which of them.
pub(super) fn forbidden(reason: Forbidden) -> Refusal {
    Refusal {
        field: Some(reason.as_str().to_owned()),
        ..ErrorCode::PolicyForbids.into()
    }
}
