//! The page on which a person approves logins elsewhere, in a browser that is trusted, as a pure state
//! machine. Approving is showing a code: whoever presses by mistake lets nobody in.

use std::fmt;

use nidan_protocol::{ApprovalState, ChallengeView, ErrorCode, ShownCode, WaitingLogin};

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
    /// Where people change their password.
    pub password_url: Option<String>,
}

/// A login that has asked while the page was open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenLogin {
    /// What the service said of it last.
    pub login: WaitingLogin,
    /// Whether the service says nothing of it any more.
    pub is_gone: bool,
}

impl SeenLogin {
    /// What has become of it at `now`; [`None`] where it is over.
    pub fn state(&self, now: Now) -> Option<ApprovalState> {
        let lives = !self.is_gone && self.login.expires_at > now.0;
        match self.login.state {
            ApprovalState::Answered => Some(ApprovalState::Answered),
            ApprovalState::Waiting | ApprovalState::Shown => lives.then_some(self.login.state),
        }
    }

    /// Whether its code can be shown at `now`.
    pub fn waits(&self, now: Now) -> bool {
        match self.state(now) {
            Some(ApprovalState::Waiting | ApprovalState::Shown) => true,
            Some(ApprovalState::Answered) | None => false,
        }
    }
}

/// Where the person is.
pub enum ApproveStep {
    /// The logins that wait.
    Logins,
    /// The code of one of them.
    Code {
        /// Its place among [`Approving::logins`].
        place: usize,
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
    /// Every login that has asked, in the order of its coming, so that nothing moves under a finger;
    /// [`None`] before the first answer.
    pub logins: Option<Vec<SeenLogin>>,
    /// Where the person is.
    pub step: ApproveStep,
    /// The state of the latest request that the person has made.
    pub asked: RequestState<RequestError>,
    /// When to look next; [`None`] while the service is asked.
    looks_at: Option<Now>,
    /// Whether a report is on its way, whichever screen is shown: nothing else ends the page meanwhile.
    is_reporting: bool,
    /// Whether one was sent that nobody has answered: it may be in.
    may_be_reported: bool,
    /// Where "back" leads from the question whether to report: the code that is shown.
    kept: Option<(usize, ShownCode)>,
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
    /// "It is me", of the login at this place among [`Approving::logins`].
    Show(usize),
    /// "It is not me."
    Report,
    /// Says so, or asks for the code once more.
    Send,
    /// "Back".
    Back,
}

/// What the service answers there.
pub enum ApproveAnswer {
    /// The logins that wait.
    Logins(Vec<WaitingLogin>),
    /// It was not asked for them, or refused.
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

/// Where an answer leads: on, or to an end of the page.
type After = Result<Option<ApproveEffect>, EndReason>;

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
            is_reporting: false,
            may_be_reported: false,
            kept: None,
        });
        (approving, Some(ApproveEffect::Look))
    }

    fn on(mut self: Box<Self>, event: ApproveEvent, now: Now) -> Outcome<Self> {
        if self.is_over() {
            return Outcome::stays(self);
        }
        let after = match event {
            ApproveEvent::Look => {
                self.looks_at = None;
                Ok(Some(ApproveEffect::Look))
            }
            ApproveEvent::Go(to) => Ok(self.go(to, now)),
            ApproveEvent::Answer(answer) => self.on_answer(answer, now),
        };
        match after {
            Ok(effect) => Outcome::Active(self, effect),
            Err(reason) => Outcome::Ended(reason),
        }
    }

    fn time_up(self: Box<Self>) -> Outcome<Self> {
        // What a report has ended is told, however late.
        if self.is_over() || self.is_reporting {
            return Outcome::stays(self);
        }
        Outcome::Ended(EndReason::Expired)
    }

    fn is_over(&self) -> bool {
        matches!(self.step, ApproveStep::Reported(_))
    }

    fn retry(&self) -> Option<(Now, ApproveEvent)> {
        let may_look = !self.is_over() && !self.is_reporting;
        let due = self.looks_at.filter(|_| may_look)?;
        Some((due, ApproveEvent::Look))
    }

    fn awaited(&self) -> Option<&ChallengeView> {
        None
    }

    fn would_lose(&self) -> bool {
        false
    }

    fn code_read(_code: String) -> Option<ApproveEvent> {
        None
    }

    fn changed(_challenge: Box<ChallengeView>) -> Option<ApproveEvent> {
        None
    }
}

impl Approving {
    /// Every login that has asked, each at its place.
    pub fn seen(&self) -> &[SeenLogin] {
        self.logins.as_deref().unwrap_or_default()
    }

    /// Whether a login waits for its code at `now`.
    pub fn has_waiting(&self, now: Now) -> bool {
        self.seen().iter().any(|seen| seen.waits(now))
    }

    /// Whether the last question of the person is still on its way.
    fn waits(&self) -> bool {
        self.asked == RequestState::Waiting
    }

    fn id_at(&self, place: usize) -> Option<String> {
        self.seen().get(place).map(|seen| seen.login.id.clone())
    }

    fn go(&mut self, to: ApproveNav, now: Now) -> Option<ApproveEffect> {
        match (&self.step, to) {
            (ApproveStep::Logins, ApproveNav::Show(place)) => {
                self.seen().get(place).filter(|seen| seen.waits(now))?;
                self.step = ApproveStep::Code { place, code: None };
                self.show(place)
            }
            // Once more, where it was not shown.
            (&ApproveStep::Code { place, code: None }, ApproveNav::Send) if !self.waits() => {
                self.show(place)
            }
            (ApproveStep::Logins | ApproveStep::Code { .. }, ApproveNav::Report) => {
                let left = std::mem::replace(&mut self.step, ApproveStep::Report);
                self.asked = self.state_of_report();
                self.kept = match left {
                    ApproveStep::Code { place, code } => code.map(|code| (place, code)),
                    ApproveStep::Logins | ApproveStep::Report | ApproveStep::Reported(_) => None,
                };
                None
            }
            (ApproveStep::Report, ApproveNav::Send) if !self.waits() => self.report(),
            (ApproveStep::Report, ApproveNav::Back) => {
                self.asked = RequestState::Idle;
                let kept = self.kept.take();
                self.step = kept.map_or(ApproveStep::Logins, |(place, code)| ApproveStep::Code {
                    place,
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

    fn show(&mut self, place: usize) -> Option<ApproveEffect> {
        let id = self.id_at(place)?;
        self.asked = RequestState::Waiting;
        Some(ApproveEffect::Show(id))
    }

    /// A report that is on its way goes on, and is not sent twice.
    const fn state_of_report(&self) -> RequestState<RequestError> {
        if self.is_reporting {
            RequestState::Waiting
        } else {
            RequestState::Idle
        }
    }

    fn report(&mut self) -> Option<ApproveEffect> {
        self.step = ApproveStep::Report;
        (self.asked, self.is_reporting) = (RequestState::Waiting, true);
        Some(ApproveEffect::Report)
    }

    fn on_answer(&mut self, answer: ApproveAnswer, now: Now) -> After {
        match answer {
            ApproveAnswer::Logins(logins) => {
                self.look_later(now);
                self.merge(logins);
                self.leave_what_is_done(now);
            }
            ApproveAnswer::NotLooked(error) => {
                self.look_later(now);
                return self.refused(error);
            }
            ApproveAnswer::Shown(id, shown) => {
                if let Some(place) = self.awaits(&id) {
                    let code = Some(shown);
                    self.step = ApproveStep::Code { place, code };
                    self.asked = RequestState::Idle;
                }
            }
            ApproveAnswer::NotShown(id, error) => return self.not_shown(&id, error),
            ApproveAnswer::Reported(mut reported) => {
                reported.password_url = self.opening.password_url.take();
                (self.logins, self.kept) = (None, None);
                self.asked = RequestState::Idle;
                self.step = ApproveStep::Reported(reported);
            }
            ApproveAnswer::NotReported(error) => {
                self.is_reporting = false;
                self.may_be_reported |= error == RequestError::Unreachable;
                if matches!(self.step, ApproveStep::Report) {
                    self.asked = RequestState::Refused(error);
                }
                return self.refused(error);
            }
        }
        Ok(None)
    }

    /// What is known stays where it is; what is new comes last.
    fn merge(&mut self, logins: Vec<WaitingLogin>) {
        let known = self.logins.get_or_insert_default();
        for seen in known.iter_mut() {
            seen.is_gone = true;
        }
        // The newest first: the oldest of them comes first.
        for login in logins.into_iter().rev() {
            let is_gone = false;
            match known.iter_mut().find(|seen| seen.login.id == login.id) {
                Some(seen) => *seen = SeenLogin { login, is_gone },
                None => known.push(SeenLogin { login, is_gone }),
            }
        }
    }

    /// A login that waits is shown in the place of one whose code is over, or through.
    fn leave_what_is_done(&mut self, now: Now) {
        let ApproveStep::Code { place, .. } = self.step else {
            return;
        };
        let is_done = self.seen().get(place).is_none_or(|seen| !seen.waits(now));
        if is_done && self.has_waiting(now) {
            self.asked = RequestState::Idle;
            self.step = ApproveStep::Logins;
        }
    }

    /// The place of the login whose code is awaited, where it is the one of this id.
    fn awaits(&self, id: &str) -> Option<usize> {
        let ApproveStep::Code { place, code: None } = self.step else {
            return None;
        };
        let seen = self.seen().get(place)?;
        (seen.login.id == id).then_some(place)
    }

    fn not_shown(&mut self, id: &str, error: RequestError) -> After {
        let mut seen = self.logins.iter_mut().flatten();
        if let Some(seen) = seen.find(|seen| seen.login.id == id) {
            match error {
                RequestError::Refused(ErrorCode::CodeUsed) => {
                    seen.login.state = ApprovalState::Answered;
                }
                RequestError::Refused(ErrorCode::ChallengeNotFound | ErrorCode::CodeExpired) => {
                    seen.is_gone = true;
                }
                RequestError::Refused(_) | RequestError::Unreachable => {}
            }
        }
        if self.awaits(id).is_some() {
            self.asked = RequestState::Refused(error);
        }
        self.refused(error)
    }

    /// What ends the page: its flow is over, or the browser is not trusted any more. Where the person
    /// has reported and heard nothing, the report is sent again: its answer says what it ended.
    fn refused(&mut self, error: RequestError) -> After {
        let reason = match error {
            RequestError::Unreachable => None,
            RequestError::Refused(code) => EndReason::of_flow(code),
        };
        match reason {
            Some(EndReason::Reported) if self.is_reporting => Ok(None),
            Some(EndReason::Reported) if self.may_be_reported => {
                self.may_be_reported = false;
                Ok(self.report())
            }
            Some(reason) => Err(reason),
            None => Ok(None),
        }
    }

    const fn look_later(&mut self, now: Now) {
        self.looks_at = Some(nidan_otp::UnixSeconds(now.0.saturating_add(LOOKS_EVERY_S)));
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

#[cfg(test)]
#[path = "approving_tests.rs"]
mod tests;
