//! Signing in: one field first, everything else behind it.

mod action;
mod approval;
mod code;
mod keys;
mod passkey;
mod recovery;
mod refusal;
mod report;
#[cfg(test)]
mod tests;
mod ways;

pub use action::LoginAction;
pub use keys::LoginKey;
pub(crate) use ways::told_apart;

use nidan_flow::{EndReason, Event, Login, LoginStep, RequestError, SigningIn};
use nidan_protocol::CallConfirmation;

use crate::draft::Draft;
use crate::messages::Msg;
use crate::{Arg, Content, FocusScope, Input, Screen, Shows, View, Words};

impl Shows for Login {
    type Key = LoginKey;
    type Action = LoginAction;
    type Special<'a> = std::convert::Infallible;

    const FOCUSES_AT_ONCE: bool = true;
    const REMEMBERS_PLAIN_WORDS: bool = false;

    fn screen<'a>(&'a self, view: View<'a>) -> LoginScreen<'a> {
        let mut screen = Draft::new(scope(self), view);
        match self {
            Self::Loading => screen.text(LoginKey::Busy, Msg::CommonLoading),
            Self::Completed => screen.text(LoginKey::Busy, Msg::CompletedTitle),
            Self::Unavailable(trouble) => screen.unavailable(*trouble, LoginAction::Again),
            Self::Active(signing) => screen.signing_in(signing),
            Self::Ended(reason) => screen.ended(*reason),
        }
        screen.finish(self)
    }

    fn event(action: LoginAction, index: u8, input: Input) -> Event<SigningIn> {
        action.event(index, input)
    }
}

type LoginScreen<'a> = Screen<'a, Login>;

/// What hosts hear of the step, and within what the focus stays where it is.
fn scope(login: &Login) -> Option<FocusScope> {
    Some(FocusScope::named(match login {
        Login::Loading => return None,
        Login::Unavailable(_) => "unavailable",
        Login::Ended(reason) => reason.name(),
        Login::Completed => "completed",
        Login::Active(signing) => return Some(step_scope(signing)),
    }))
}

/// The same of a stage under way.
pub(crate) fn step_scope(signing: &SigningIn) -> FocusScope {
    FocusScope::named(match &signing.step {
        LoginStep::Code { place, challenge } => {
            let scope = FocusScope {
                method: Some(*place),
                ..FocusScope::named("code")
            };
            let sent = challenge.as_deref();
            return sent.map_or(scope, |sent| scope.awaiting(sent));
        }
        LoginStep::Passkey { place } => {
            return FocusScope {
                method: Some(*place),
                ..FocusScope::named("passkey")
            };
        }
        LoginStep::Backup if signing.is_temporary() => "temporary",
        LoginStep::Backup => "backup",
        LoginStep::Approval => "approval",
        LoginStep::MethodPicker => "ways",
        LoginStep::LostPicker => "which-lost",
        LoginStep::Recovery => "lost",
        LoginStep::Report => "report",
        LoginStep::Reported(_) => EndReason::Reported.name(),
        LoginStep::LowBackupCodes(_) => "few",
    })
}

impl<'a> Draft<'a, Login> {
    /// Adds the way to people who help, which is on every screen once it is known.
    fn finish(mut self, login: &Login) -> LoginScreen<'a> {
        if let (Some(url), false) = (self.view.support_url, matches!(login, Login::Loading)) {
            self.group(LoginKey::Support);
            let label = Words::of(Msg::CommonSupport);
            self.add(LoginKey::SupportLink, Content::Link { label, url });
        }
        self.screen
    }

    pub(crate) fn signing_in(&mut self, signing: &'a SigningIn) {
        self.screen.is_aside = match &signing.step {
            LoginStep::Code { .. }
            | LoginStep::Passkey { .. }
            | LoginStep::Reported(_)
            | LoginStep::LowBackupCodes(_) => false,
            // The first screen, where there is such a code.
            LoginStep::Backup if signing.is_temporary() => false,
            LoginStep::Backup
            | LoginStep::Approval
            | LoginStep::MethodPicker
            | LoginStep::LostPicker
            | LoginStep::Recovery
            | LoginStep::Report => true,
        };
        match &signing.step {
            LoginStep::Code { challenge, .. } => self.code(signing, challenge.as_deref()),
            LoginStep::Passkey { .. } => self.passkey(signing),
            LoginStep::Backup => self.backup(signing),
            LoginStep::Approval => self.approval(signing),
            LoginStep::MethodPicker => self.method_picker(signing, false),
            LoginStep::LostPicker => self.method_picker(signing, true),
            LoginStep::Recovery => self.recovery(signing),
            LoginStep::Report => self.report(signing),
            LoginStep::Reported(reported) => self.reported(reported, LoginAction::Again),
            LoginStep::LowBackupCodes(verified) => {
                self.low_backup_codes(verified.backup_codes_left);
            }
        }
    }

    /// In; and few backup codes are left, said before it is too late.
    fn low_backup_codes(&mut self, left: u32) {
        self.title(Msg::LoginFewTitle);
        let count = Arg::Number("count", left.into());
        let words = if left == 0 {
            Words::of(Msg::LoginFewNone)
        } else {
            Words::Message(Msg::LoginFew, [count, Arg::None])
        };
        self.words(LoginKey::Warning, words);
        self.group(LoginKey::Actions);
        self.button(LoginKey::Main, Msg::CommonNext, LoginAction::Submit);
    }

    /// Over without a result: why, and the way on.
    fn ended(&mut self, reason: EndReason) {
        let (title, words, again) = match reason {
            EndReason::Reported => return self.reported_elsewhere(),
            EndReason::Expired => (Msg::LoginExpiredTitle, Msg::LoginExpired, Msg::LoginAgain),
            EndReason::TriesSpent => (Msg::LoginSpentTitle, Msg::LoginExpired, Msg::LoginAgain),
            EndReason::Superseded | EndReason::OnPhone | EndReason::AlreadyOn => (
                Msg::LoginElsewhereTitle,
                Msg::LoginElsewhere,
                Msg::LoginHere,
            ),
            EndReason::Misconfigured => (
                Msg::EndedMisconfiguredTitle,
                Msg::EndedMisconfigured,
                Msg::CommonRetry,
            ),
        };
        self.title(title);
        self.text(LoginKey::Lead, words);
        self.group(LoginKey::Actions);
        self.button(LoginKey::Main, again, LoginAction::Again);
    }
}

impl<M: Shows<Key = LoginKey>> Draft<'_, M> {
    /// The screen and its heading.
    pub(crate) fn title(&mut self, msg: Msg) {
        self.group(LoginKey::Screen);
        self.heading(LoginKey::Title, msg);
    }

    /// The service could not be asked.
    pub(crate) fn unavailable(&mut self, trouble: RequestError, again: M::Action) {
        let (title, words) = match trouble {
            RequestError::Unreachable => (Msg::TroubleTitle, Msg::TroubleUnreachable),
            RequestError::Refused(_) => (Msg::TroubleServerTitle, Msg::TroubleServer),
        };
        self.title(title);
        self.text(LoginKey::Trouble, words);
        self.group(LoginKey::Actions);
        self.button(LoginKey::Main, Msg::CommonRetry, again);
    }
}

impl<'a> Draft<'a, Login> {
    fn back(&mut self) {
        self.button(LoginKey::Back, Msg::CommonBack, LoginAction::Back);
    }

    /// Where the person signs in, and as whom.
    fn account(&mut self, signing: &'a SigningIn) {
        if signing.opening.account.is_empty() {
            return;
        }
        let issuer = Arg::Text("issuer", &signing.opening.issuer);
        let account = Arg::Text("account", &signing.opening.account);
        let words = Words::Message(Msg::LoginAccount, [issuer, account]);
        self.words(LoginKey::Account, words);
    }
}

/// A call that waits for keys is what people are offered first.
const CONFIRMED: CallConfirmation = CallConfirmation::Digits;
