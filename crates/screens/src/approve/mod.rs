//! Approving a login elsewhere, in a browser that is trusted: who asks, and then the code.

mod action;
#[cfg(test)]
mod tests;

pub use action::ApproveAction;

use nidan_flow::{Approve, ApproveStep, Approving, EndReason, Event, RequestError, RequestState};
use nidan_otp::UnixSeconds;
use nidan_protocol::{ApprovalState, ShownCode, WaitingLogin};

use crate::draft::Draft;
use crate::login::LoginKey;
use crate::messages::Msg;
use crate::{Arg, Content, FocusScope, Input, Screen, Shows, View, Words};

impl Shows for Approve {
    type Key = LoginKey;
    type Action = ApproveAction;
    type Special<'a> = std::convert::Infallible;

    // It stands on a page that people have open for something else.
    const FOCUSES_AT_ONCE: bool = false;
    const REMEMBERS_PLAIN_WORDS: bool = false;

    fn screen<'a>(&'a self, view: View<'a>) -> Screen<'a, Self> {
        let mut screen = Draft::new(scope(self), view);
        match self {
            Self::Loading | Self::Completed => screen.text(LoginKey::Busy, Msg::CommonLoading),
            Self::Active(approving) => screen.approving(approving),
            Self::Unavailable(trouble) => screen.unavailable(*trouble),
            Self::Ended(reason) => screen.ended(*reason),
        }
        if let (Some(url), false) = (view.support_url, matches!(self, Self::Loading)) {
            screen.group(LoginKey::Support);
            let label = Words::of(Msg::CommonSupport);
            screen.add(LoginKey::SupportLink, Content::Link { label, url });
        }
        screen.screen
    }

    fn event(action: ApproveAction, index: u8, _input: Input) -> Event<Approving> {
        action.event(index)
    }
}

/// What hosts hear of the step, and within what the focus stays where it is.
fn scope(approve: &Approve) -> Option<FocusScope> {
    Some(FocusScope::named(match approve {
        Approve::Loading => return None,
        Approve::Unavailable(_) => "unavailable",
        Approve::Ended(reason) => reason.name(),
        Approve::Completed => "completed",
        Approve::Active(approving) => match &approving.step {
            ApproveStep::Logins if approving.logins.is_none() => return None,
            ApproveStep::Logins if approving.waiting().next().is_none() => "none",
            ApproveStep::Logins => "waiting",
            ApproveStep::Code { login, .. } => match state_of(approving, login) {
                Some(ApprovalState::Waiting | ApprovalState::Shown) => "code",
                Some(ApprovalState::Answered) => "answered",
                None => "over",
            },
            ApproveStep::Report => "report",
            ApproveStep::Reported(_) => EndReason::Reported.name(),
        },
    }))
}

/// What has become of a login whose code is shown; [`None`] where it is over.
fn state_of(approving: &Approving, login: &WaitingLogin) -> Option<ApprovalState> {
    match approving.asked {
        RequestState::Refused(error) if Approving::is_code_over(error) => None,
        RequestState::Idle | RequestState::Waiting | RequestState::Refused(_) => {
            approving.latest(&login.id).map(|latest| latest.state)
        }
    }
}

/// When and where somebody asks.
fn who(login: &WaitingLogin) -> Words<'_> {
    let unknown = Arg::Message("place", Msg::ReportedUnknown);
    let place = login.client_description.as_deref();
    let place = place.map_or(unknown, |place| Arg::Text("place", place));
    let at = Arg::Date("date", UnixSeconds(login.asked_at));
    Words::Message(Msg::ReportedLogin, [at, place])
}

impl<'a> Draft<'a, Approve> {
    fn approving(&mut self, approving: &'a Approving) {
        match &approving.step {
            ApproveStep::Logins => self.logins(approving),
            ApproveStep::Code { login, code } => {
                self.login(approving, login, code.as_ref());
            }
            ApproveStep::Report => self.ask_about_report(approving),
            ApproveStep::Reported(reported) => self.reported(reported, ApproveAction::Again),
        }
    }

    /// The logins that wait, each with a button of its own.
    fn logins(&mut self, approving: &'a Approving) {
        if approving.logins.is_none() {
            return self.text(LoginKey::Busy, Msg::CommonLoading);
        }
        let mut waiting = (0..=u8::MAX).zip(approving.waiting()).peekable();
        if waiting.peek().is_none() {
            self.title(Msg::ApproveTitle);
            return self.text(LoginKey::Lead, Msg::ApproveNone);
        }
        self.title(Msg::ApproveQuestion);
        let mut rest = approving.waiting().skip(1);
        let is_alone = rest.next().is_none();
        if let (true, Some((_, login))) = (is_alone, waiting.peek()) {
            self.words(LoginKey::Lead, who(login));
        }
        self.text(LoginKey::Warning, Msg::ApproveOnly);
        self.group(LoginKey::Ways);
        for (index, login) in waiting {
            let button = Content::Button {
                label: Words::None,
                is_disabled: false,
                action: ApproveAction::Show,
            };
            self.add_nth(LoginKey::Way, index, button);
            let me = Content::Text(Words::of(Msg::ApproveMe));
            self.add_nth(LoginKey::WayWords, index, me);
            if !is_alone {
                self.add_nth(LoginKey::WayName, index, Content::Text(who(login)));
            }
        }
        self.group(LoginKey::Actions);
        self.button(LoginKey::Again, Msg::ApproveNotMe, ApproveAction::Report);
    }

    /// The code of one of them, and what became of it.
    fn login(
        &mut self,
        approving: &'a Approving,
        login: &'a WaitingLogin,
        code: Option<&'a ShownCode>,
    ) {
        let state = state_of(approving, login);
        self.title(match state {
            Some(ApprovalState::Waiting | ApprovalState::Shown) => Msg::ApproveCodeTitle,
            Some(ApprovalState::Answered) => Msg::ApproveDone,
            None => Msg::ApproveOverTitle,
        });
        self.words(LoginKey::Account, who(login));
        match (state, code) {
            (None, _) => self.text(LoginKey::Lead, Msg::ApproveOver),
            (Some(ApprovalState::Answered), _) => {
                self.text(LoginKey::Lead, Msg::ApproveDoneLead);
            }
            (Some(_), None) => self.not_shown(approving),
            (Some(_), Some(code)) => {
                let issuer = Arg::Text("issuer", &approving.opening.issuer);
                self.message(LoginKey::Warning, Msg::ApproveSecret, issuer);
                self.group(LoginKey::Pressing);
                let until = Arg::Date("date", UnixSeconds(code.expires_at));
                self.message(LoginKey::PressLead, Msg::ApproveUntil, until);
                self.words(LoginKey::Digits, Words::Verbatim(&code.code));
            }
        }
        self.group(LoginKey::Actions);
        if let (Some(_), None, RequestState::Refused(_)) = (state, code, approving.asked) {
            self.button(LoginKey::Main, Msg::CommonRetry, ApproveAction::Send);
        }
        self.button(LoginKey::Again, Msg::ApproveNotMe, ApproveAction::Report);
        self.back();
    }

    fn not_shown(&mut self, approving: &Approving) {
        let trouble = trouble(approving);
        if trouble.message().is_none() {
            self.text(LoginKey::Lead, Msg::CommonLoading);
        }
        self.words(LoginKey::Refusal, trouble);
    }

    /// What it means, and the button that stops it.
    fn ask_about_report(&mut self, approving: &Approving) {
        let send = match approving.asked {
            RequestState::Waiting => Msg::CommonLoading,
            RequestState::Idle | RequestState::Refused(_) => Msg::ReportSend,
        };
        self.question_whether_to_report(trouble(approving), (send, ApproveAction::Send));
        self.back();
    }

    fn back(&mut self) {
        self.button(LoginKey::Back, Msg::CommonBack, ApproveAction::Back);
    }

    /// The service could not be asked.
    fn unavailable(&mut self, trouble: RequestError) {
        let (title, words) = match trouble {
            RequestError::Unreachable => (Msg::TroubleTitle, Msg::TroubleUnreachable),
            RequestError::Refused(_) => (Msg::TroubleServerTitle, Msg::TroubleServer),
        };
        self.title(title);
        self.text(LoginKey::Trouble, words);
        self.again(Msg::CommonRetry);
    }

    /// Over: why, and the way on.
    fn ended(&mut self, reason: EndReason) {
        let (title, words, again) = match reason {
            EndReason::Expired | EndReason::TriesSpent => (
                Msg::ManageExpiredTitle,
                Msg::ApproveExpired,
                Msg::ManageAgain,
            ),
            EndReason::Reported => (Msg::ReportedTitle, Msg::ManageStopped, Msg::ManageAgain),
            EndReason::Superseded | EndReason::OnPhone | EndReason::AlreadyOn => (
                Msg::ManageExpiredTitle,
                Msg::ApproveElsewhere,
                Msg::ManageAgain,
            ),
            EndReason::Misconfigured => (
                Msg::EndedMisconfiguredTitle,
                Msg::EndedMisconfigured,
                Msg::CommonRetry,
            ),
        };
        self.title(title);
        self.text(LoginKey::Lead, words);
        self.again(again);
    }

    fn again(&mut self, words: Msg) {
        self.group(LoginKey::Actions);
        self.button(LoginKey::Main, words, ApproveAction::Again);
    }
}

/// Why the latest wish of the person is not done; nothing while nothing is wrong.
const fn trouble(approving: &Approving) -> Words<'static> {
    match approving.asked {
        RequestState::Refused(RequestError::Unreachable) => Words::of(Msg::PhoneUnreachable),
        RequestState::Refused(RequestError::Refused(_)) => Words::of(Msg::PhoneServer),
        RequestState::Idle | RequestState::Waiting => Words::None,
    }
}
