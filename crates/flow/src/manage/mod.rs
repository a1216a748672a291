//! The page on which a person changes what there is, as a pure state machine. What a factor proves
//! is a login's own stage in the middle of it; nothing is decided here that the service does not
//! decide again.

mod adding;
mod answers;
mod proof;
mod resume;
mod stage;

use nidan_protocol::{
    BrowsersView, ErrorCode, EventsView, Intent, ManagedMethod, ManagementView, PauseReason,
};

use super::{
    Lifecycle, LoginAnswer, LoginEffect, LoginEvent, LoginOpening, Now, RequestState, SigningIn,
};

pub use adding::{Addition, NewNav};
pub use resume::{ManageBookmark, ManageScreen};

/// The page, from the first question to the signed result.
pub type Manage = Lifecycle<Managing>;

/// What the service said of the flow; each change answers the same.
#[derive(Clone)]
pub struct ManageOpening {
    /// What a factor is proved by.
    pub login: LoginOpening,
    /// What the person came for.
    pub intent: Intent,
    /// What the person has; nothing before a proof.
    pub account: Option<Box<ManagementView>>,
    /// Random, for the ids of requests.
    pub request_prefix: String,
}

/// A change that the person wants.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bookmarks", derive(serde::Serialize, serde::Deserialize))]
pub enum Wish {
    /// A method gets a name; an empty one takes it away.
    Name {
        /// Which method.
        id: String,
        /// The name.
        name: String,
    },
    /// A login begins with a method, or no longer.
    Default {
        /// Which method.
        id: String,
        /// Which of both.
        is_default: bool,
    },
    /// A method goes.
    Remove {
        /// Which method.
        id: String,
    },
    /// A method is out of use until it is found.
    Hold {
        /// Which method.
        id: String,
    },
    /// A method was found.
    Release {
        /// Which method.
        id: String,
    },
    /// Codes are paused.
    Pause {
        /// For how many hours.
        hours: u32,
        /// Why.
        reason: PauseReason,
    },
    /// Codes are asked for again.
    Resume,
    /// Trusted browsers are asked again.
    EndTrust(Trusted),
}

/// Trusted browsers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bookmarks", derive(serde::Serialize, serde::Deserialize))]
pub enum Trusted {
    /// The one with this id.
    One(String),
    /// All but this one.
    Others,
    /// All.
    All,
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeRefusal {
    /// The service could not be asked.
    Unreachable,
    /// The name is not one that can be kept.
    Name,
    /// The service refused.
    Service {
        /// Why.
        code: ErrorCode,
        /// What of the policy or of the account.
        field: Option<String>,
        /// When it may go on.
        retry_at: Option<Now>,
    },
}

/// What was done just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "bookmarks", derive(serde::Serialize, serde::Deserialize))]
pub enum Done {
    /// A method has another name.
    Named,
    /// A login begins with another method.
    Default,
    /// A method is gone.
    Removed,
    /// A method is out of use.
    Held,
    /// The same, and the one whose place it had taken works again.
    BroughtBack,
    /// A method is in use again.
    Released,
    /// Codes are paused.
    Paused,
    /// Codes are asked for.
    Resumed,
    /// Browsers are asked again.
    TrustEnded,
    /// A method works.
    Tested,
    /// There is another method.
    Added,
    /// A method has taken another one's place.
    Replaced,
    /// There are new backup codes.
    Codes,
}

/// What a code is typed for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bookmarks", derive(serde::Serialize, serde::Deserialize))]
pub enum ProofFor {
    /// To see what there is.
    Opening,
    /// A change that waits for it.
    Change(Wish),
    /// To see whether the method at this place works.
    Test(usize),
    /// The same, after a proof that has grown old.
    TestAfter(usize),
    /// To turn two-step verification off.
    TurningOff,
    /// To set something up: it waits for it.
    Adding(Box<Addition>),
    /// Nothing: the person reports that it was somebody else.
    Report,
}

impl ProofFor {
    /// The method that proves nothing of this: it is to go by it.
    pub(super) fn gone(&self) -> Option<&str> {
        match self {
            Self::Change(Wish::Remove { id } | Wish::Hold { id }) => Some(id),
            Self::Adding(addition) => addition.gone(),
            Self::Change(_)
            | Self::Opening
            | Self::Test(_)
            | Self::TestAfter(_)
            | Self::TurningOff
            | Self::Report => None,
        }
    }
}

/// A login's stage, in which a factor is proved.
pub struct Proving {
    /// The code, and the ways to it.
    pub signing: Box<SigningIn>,
    /// What it is for.
    pub proof_for: ProofFor,
    /// Whether one of the methods is left out, because it is to go.
    pub without_one: bool,
    /// Tells its answers from those of earlier ones.
    pub(super) number: u32,
}

/// A question before something that is felt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "bookmarks", derive(serde::Serialize, serde::Deserialize))]
pub enum Question {
    /// Whether the method at this place goes.
    Remove(usize),
    /// What instead, where it stays because too little would be left.
    Stays(usize),
    /// Whether it is taken out of use.
    Lost(usize),
    /// Whether two-step verification is turned off.
    TurnOff,
    /// Whether the method at this place is still there, when another one takes its place.
    Replace(usize),
    /// Whether there are to be new backup codes.
    Codes,
}

/// What the methods are listed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "bookmarks", derive(serde::Serialize, serde::Deserialize))]
pub enum Listed {
    /// One of them is lost.
    Lost,
    /// Each of them is tried once.
    Check,
}

/// Where the person is.
pub enum ManageStep {
    /// A factor is proved.
    Proving(Box<Proving>),
    /// What there is.
    Overview,
    /// The method at this place.
    Method(usize),
    /// Its name.
    Naming {
        /// Its place.
        place: usize,
        /// What is typed.
        typed: String,
    },
    /// A question.
    Asking(Question),
    /// Which kind is to be added.
    Kinds,
    /// The methods, one of which is to be chosen.
    List(Listed),
    /// Something is set up: the page shows that in this screen's place.
    Adding(Box<Addition>),
    /// Why codes are to be paused.
    PauseReason,
    /// For how long.
    PauseHours(PauseReason),
    /// The trusted browsers; nothing until they are there.
    Browsers(Option<Box<BrowsersView>>),
    /// The record; nothing until it is there.
    Record(Option<Box<EventsView>>),
}

/// A person who manages what they have.
pub struct Managing {
    /// What the service said last.
    pub opening: ManageOpening,
    /// Where the person is.
    pub step: ManageStep,
    /// The state of the latest request.
    pub asked: RequestState<()>,
    /// Why the last one was refused.
    pub refusal: Option<ChangeRefusal>,
    /// What was done just now, and what undoes it.
    pub done: Option<(Done, Option<Wish>)>,
    /// Whether there is something that the host should hear of.
    pub has_changed: bool,
    /// The change that is on its way.
    pub(super) wish: Option<Wish>,
    /// Whether the person has left the screen of that change: no proof is asked for it any more.
    pub(super) is_withdrawn: bool,
    /// A change that nobody has answered: whether it was made is not known.
    pub(super) unanswered: Option<Wish>,
    /// Whether methods are tried one after the other.
    pub(super) is_checking: bool,
    /// What undoes the change that is on its way, by how things were before it.
    pub(super) undo: Option<Wish>,
    /// Proofs so far.
    pub(super) proofs: u32,
    /// Changes so far: the number names the next request, and again the same one that nobody
    /// answered.
    pub(super) changes: u32,
}

/// What happens.
pub enum ManageEvent {
    /// The person goes somewhere, or presses something.
    Go(ManageNav),
    /// The person types a name.
    Name(String),
    /// Something of the proof.
    Proof(LoginEvent),
    /// The service answers.
    Answer(ManageAnswer),
}

/// Where a person goes, and what they press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManageNav {
    /// "Back".
    Back,
    /// The main button.
    Submit,
    /// The method at this place.
    Method(usize),
    /// Another name for it.
    Rename,
    /// Logins begin with it, or no longer.
    Default,
    /// It is tested.
    Test,
    /// It is lost.
    Lost,
    /// It was found.
    Found,
    /// It shall go.
    Remove,
    /// There is to be something new.
    New(NewNav),
    /// The methods are tried one after the other.
    Check,
    /// Codes are to be paused.
    Pause,
    /// For this reason.
    Reason(PauseReason),
    /// For so many hours.
    Hours(u32),
    /// Codes are to be asked for again.
    Resume,
    /// Two-step verification is to be turned off.
    TurnOff,
    /// The trusted browsers.
    Browsers,
    /// The browser at this place is asked again.
    EndBrowser(usize),
    /// The others are.
    EndOthers,
    /// All are.
    EndAll,
    /// The record.
    Record,
    /// Its earlier lines.
    Earlier,
    /// "That was not me."
    Report,
    /// What was done just now is undone.
    Undo,
    /// Back to the host.
    Finish,
}

/// What the service answers.
pub enum ManageAnswer {
    /// The code of the proof with this number was right.
    Proved(u32, Box<ManageOpening>),
    /// Anything else of that proof.
    OfProof(u32, LoginAnswer),
    /// The page was asked for again.
    Reloaded(Box<ManageOpening>),
    /// There is nothing any more.
    NotReloaded(ChangeRefusal),
    /// The change that was asked for last is made.
    Changed(Box<ManageOpening>),
    /// It is not made.
    NotChanged(ChangeRefusal),
    /// This is set up.
    Added(Addition, Box<ManageOpening>),
    /// It is not: the person has left it, or it was refused.
    NotAdded(Option<ChangeRefusal>),
    /// It waits for a factor to be proved, for this reason.
    ProofWanted(ChangeRefusal),
    /// Anything else was not done.
    Refused(ChangeRefusal),
    /// The trusted browsers.
    Browsers(Box<BrowsersView>),
    /// Lines of the record.
    Record(Box<EventsView>),
    /// The result for the host; nothing where nothing was changed.
    Closed(Option<String>),
}

/// Where a right code goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeGoes {
    /// It proves a factor.
    Proof,
    /// It tests its method.
    Test,
    /// It turns two-step verification off; with the id of the request.
    TurnOff(String),
}

/// What the shell shall do.
pub enum ManageEffect {
    /// Something of the proof with this number; where its code goes.
    Proof(LoginEffect, CodeGoes, u32),
    /// Ask for a change, under the id of the request.
    Change(Wish, String),
    /// Show the set-up of this.
    SetUp(Addition),
    /// A factor was proved: the set-up goes on.
    GoOn(Addition),
    /// The set-up is left.
    EndSetUp,
    /// Ask what there is now.
    Reload,
    /// Ask for the trusted browsers.
    Browsers,
    /// Ask for the record: its newest lines, or those before this one.
    Record(Option<u64>),
    /// Close the page.
    Close,
}

impl Managing {
    /// What the person has, once a factor was proved.
    pub fn methods(&self) -> &[ManagedMethod] {
        match &self.opening.account {
            Some(account) => &account.methods,
            None => &[],
        }
    }

    /// The proof that the person is at.
    pub(super) const fn proving(&self) -> Option<&Proving> {
        match &self.step {
            ManageStep::Proving(proving) => Some(proving),
            ManageStep::Overview
            | ManageStep::Method(_)
            | ManageStep::Naming { .. }
            | ManageStep::Asking(_)
            | ManageStep::Kinds
            | ManageStep::List(_)
            | ManageStep::Adding(_)
            | ManageStep::PauseReason
            | ManageStep::PauseHours(_)
            | ManageStep::Browsers(_)
            | ManageStep::Record(_) => None,
        }
    }

    /// Whether an answer is awaited.
    pub fn waits(&self) -> bool {
        self.asked == RequestState::Waiting
    }
}
