//! The page on which a person approves logins elsewhere, in a browser that is trusted, as a pure state
//! machine. Approving is showing a code: whoever presses by mistake lets nobody in.

use std::fmt;

use nidan_protocol::{ChallengeView, ErrorCode, ShownCode, WaitingLogin};

use super::lifecycle::{Lifecycle, Outcome, Stage};
use super::{EndReason, Now, Reported, RequestError, RequestState};

/// How often the service is asked which logins wait, in seconds: somebody waits before the other browser.
const LOOKS_EVERY_S: u64 = 3;

/// The page on which logins are approved.
pub type Approve = Lifecycle<Approving>;

/// What the service said of the flow.
pub struct ApproveOpening {
    /// The site.
    pub issuer: String,
}

/// Where the person is.
pub enum ApproveStep {
    /// The logins that wait.
    Logins,
    /// The code of one of them.
    Code {
        /// The login, as it was when it was chosen.
        login: WaitingLogin,
        /// [`None`] while it is asked for.
        code: Option<ShownCode>,
    },
    /// "It is not me": what that means.
    Report,
    /// That was said: what it ended, and who got in before.
    Reported(Box<Reported>),
}

/// Approving logins.
pub struct Approving {
    /// What the service said.
    pub opening: ApproveOpening,
    /// The logins of the last answer; [`None`] before the first.
    pub logins: Option<Vec<WaitingLogin>>,
    /// Where the person is.
    pub step: ApproveStep,
    /// The state of the latest request that the person has made.
    pub asked: RequestState<RequestError>,
    /// When to look next; [`None`] while the service is asked.
    looks_at: Option<Now>,
    /// Where "back" leads from the question whether to report: the code that is shown.
    kept: Option<(WaitingLogin, ShownCode)>,
}

/// What happens there.
pub enum ApproveEvent {
    /// The person goes somewhere.
    Go(ApproveNav),
    /// It is time to look.
    Look,
    /// The service answers.
    Answer(ApproveAnswer),
}

/// Where a person goes there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApproveNav {
    /// "It is me", of the login at this place among [`Approving::waiting`].
    Show(usize),
    /// "It is not me."
    Report,
    /// Says so.
    Send,
    /// "Back".
    Back,
}

/// What the service answers there.
pub enum ApproveAnswer {
    /// The logins that wait.
    Logins(Vec<WaitingLogin>),
    /// It could not be asked for them, or refused.
    NotLooked(RequestError),
    /// The code of the login with this id.
    Shown(String, ShownCode),
    /// The code of the login with this id is not shown.
    NotShown(String, RequestError),
    /// The report is in.
    Reported(Box<Reported>),
    /// The report is not in.
    NotReported(RequestError),
}

/// What the shell shall do there.
pub enum ApproveEffect {
    /// Ask which logins wait.
    Look,
    /// Ask for the code of the login with this id.
    Show(String),
    /// Report that it is somebody else.
    Report,
}

impl Stage for Approving {
    type Opening = ApproveOpening;
    type Event = ApproveEvent;
    type Effect = ApproveEffect;

    fn begin(opening: ApproveOpening) -> (Box<Self>, Option<ApproveEffect>) {
        let approving = Box::new(Self {
            opening,
            logins: None,
            step: ApproveStep::Logins,
            asked: RequestState::Idle,
            looks_at: None,
            kept: None,
        });
        (approving, Some(ApproveEffect::Look))
    }

    fn on(mut self: Box<Self>, event: ApproveEvent, now: Now) -> Outcome<Self> {
        if self.is_over() {
            return Outcome::stays(self);
        }
        let effect = match event {
            ApproveEvent::Look => {
                self.looks_at = None;
                Some(ApproveEffect::Look)
            }
            ApproveEvent::Go(to) => self.go(to),
            ApproveEvent::Answer(answer) => match self.on_answer(answer, now) {
                Some(reason) => return Outcome::Ended(reason),
                None => None,
            },
        };
        Outcome::Active(self, effect)
    }

    fn time_up(self: Box<Self>) -> Outcome<Self> {
        if self.is_over() {
            return Outcome::stays(self);
        }
        Outcome::Ended(EndReason::Expired)
    }

    fn is_over(&self) -> bool {
        matches!(self.step, ApproveStep::Reported(_))
    }

    fn retry(&self) -> Option<(Now, ApproveEvent)> {
        let due = self.looks_at.filter(|_| !self.is_over())?;
        Some((due, ApproveEvent::Look))
    }

    fn awaited(&self) -> Option<&ChallengeView> {
        None
    }

    fn would_lose(&self) -> bool {
        false
    }

    /// No code comes to this browser.
    fn code_read(_code: String) -> ApproveEvent {
        ApproveEvent::Look
    }

    /// Nothing is sent.
    fn changed(_challenge: Box<ChallengeView>) -> ApproveEvent {
        ApproveEvent::Look
    }
}

impl Approving {
    /// The logins whose code nobody has typed, the newest first.
    pub fn waiting(&self) -> impl Iterator<Item = &WaitingLogin> {
        use nidan_protocol::ApprovalState::{Answered, Shown, Waiting};
        let logins = self.logins.as_deref().unwrap_or_default().iter();
        logins.filter(|login| match login.state {
            Waiting | Shown => true,
            Answered => false,
        })
    }

    /// What the last answer says of a login; [`None`] where it has none of it any more.
    pub fn latest(&self, id: &str) -> Option<&WaitingLogin> {
        let mut logins = self.logins.as_deref().unwrap_or_default().iter();
        logins.find(|login| login.id == id)
    }

    /// Whether the last question of the person is still on its way.
    pub(super) fn waits(&self) -> bool {
        self.asked == RequestState::Waiting
    }

    fn go(&mut self, to: ApproveNav) -> Option<ApproveEffect> {
        match (&self.step, to) {
            (ApproveStep::Logins, ApproveNav::Show(place)) => {
                let login = self.waiting().nth(place)?.clone();
                let show = ApproveEffect::Show(login.id.clone());
                self.step = ApproveStep::Code { login, code: None };
                self.asked = RequestState::Waiting;
                Some(show)
            }
            // Once more, where it was not shown.
            (ApproveStep::Code { login, code: None }, ApproveNav::Send) if !self.waits() => {
                let show = ApproveEffect::Show(login.id.clone());
                self.asked = RequestState::Waiting;
                Some(show)
            }
            (ApproveStep::Logins | ApproveStep::Code { .. }, ApproveNav::Report) => {
                self.asked = RequestState::Idle;
                let left = std::mem::replace(&mut self.step, ApproveStep::Report);
                self.kept = match left {
                    ApproveStep::Code { login, code } => code.map(|code| (login, code)),
                    ApproveStep::Logins | ApproveStep::Report | ApproveStep::Reported(_) => None,
                };
                None
            }
            (ApproveStep::Report, ApproveNav::Send) if !self.waits() => {
                self.asked = RequestState::Waiting;
                Some(ApproveEffect::Report)
            }
            (ApproveStep::Report, ApproveNav::Back) => {
                self.asked = RequestState::Idle;
                let kept = self.kept.take();
                self.step = kept.map_or(ApproveStep::Logins, |(login, code)| ApproveStep::Code {
                    login,
                    code: Some(code),
                });
                None
            }
            (ApproveStep::Code { .. }, ApproveNav::Back) => {
                self.asked = RequestState::Idle;
                self.step = ApproveStep::Logins;
                None
            }
            (
                ApproveStep::Logins
                | ApproveStep::Code { .. }
                | ApproveStep::Report
                | ApproveStep::Reported(_),
                ApproveNav::Show(_) | ApproveNav::Report | ApproveNav::Send | ApproveNav::Back,
            ) => None,
        }
    }

    /// What an answer changes; where it ends the page, why.
    fn on_answer(&mut self, answer: ApproveAnswer, now: Now) -> Option<EndReason> {
        match answer {
            ApproveAnswer::Logins(logins) => {
                self.logins = Some(logins);
                self.look_later(now);
            }
            ApproveAnswer::NotLooked(error) => {
                self.look_later(now);
                return ending_of(error);
            }
            ApproveAnswer::Shown(id, shown) => {
                if let ApproveStep::Code { login, code } = &mut self.step
                    && login.id == id
                {
                    *code = Some(shown);
                    self.asked = RequestState::Idle;
                }
            }
            ApproveAnswer::NotShown(id, error) => {
                if let Some(reason) = ending_of(error) {
                    return Some(reason);
                }
                if let ApproveStep::Code { login, code: None } = &self.step
                    && login.id == id
                {
                    self.asked = RequestState::Refused(error);
                }
            }
            ApproveAnswer::Reported(reported) => {
                (self.logins, self.kept) = (None, None);
                self.asked = RequestState::Idle;
                self.step = ApproveStep::Reported(reported);
            }
            ApproveAnswer::NotReported(error) => {
                if let Some(reason) = ending_of(error) {
                    return Some(reason);
                }
                if matches!(self.step, ApproveStep::Report) {
                    self.asked = RequestState::Refused(error);
                }
            }
        }
        None
    }

    const fn look_later(&mut self, now: Now) {
        self.looks_at = Some(nidan_otp::UnixSeconds(now.0.saturating_add(LOOKS_EVERY_S)));
    }
}

/// What ends the page: its flow is over, or the browser is not trusted any more.
fn ending_of(error: RequestError) -> Option<EndReason> {
    match error {
        RequestError::Unreachable => None,
        RequestError::Refused(code) => EndReason::of_flow(code),
    }
}

impl Approving {
    /// Whether the service has refused to show a code because it is over, or was typed.
    pub const fn is_code_over(error: RequestError) -> bool {
        matches!(
            error,
            RequestError::Refused(
                ErrorCode::ChallengeNotFound | ErrorCode::CodeExpired | ErrorCode::CodeUsed
            )
        )
    }
}

/// Names the step and nothing in it: a code is shown there.
impl fmt::Debug for Approving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.step {
            ApproveStep::Logins => "Logins",
            ApproveStep::Code { .. } => "Code",
            ApproveStep::Report => "Report",
            ApproveStep::Reported(_) => "Reported",
        })
    }
}
