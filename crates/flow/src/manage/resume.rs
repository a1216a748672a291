//! A page on which methods are managed that goes on where an earlier page left it. Pages without
//! scripts need it, as at a login.

use nidan_protocol::{ChallengeView, Intent, ManagedMethod, MethodView, PauseReason};

use super::{
    Addition, Done, Listed, Manage, ManageOpening, ManageStep, Managing, ProofFor, Question, Wish,
};
use crate::lifecycle::Stage as _;
use crate::{Lifecycle, LoginBookmark, RequestState};

/// The screen on which a person was.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bookmarks", derive(serde::Serialize, serde::Deserialize))]
pub enum ManageScreen {
    /// A code was typed, for this.
    Proving {
        /// What it was for.
        proof_for: ProofFor,
        /// Where in it the person was.
        at: LoginBookmark,
        /// The ids of the methods that it could be of: `at` has places among them.
        ways: Vec<String>,
    },
    /// What there is.
    Overview,
    /// The method at this place.
    Method(usize),
    /// Its name, and what was typed.
    Naming(usize, String),
    /// A question.
    Asking(Question),
    /// Which kind is to be added.
    Kinds,
    /// A list of the methods.
    List(Listed),
    /// Something was set up.
    Adding(Addition),
    /// Why codes are to be paused.
    PauseReason,
    /// For how long.
    PauseHours(PauseReason),
    /// The trusted browsers.
    Browsers,
    /// The record.
    Record,
}

/// Where a person was.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bookmarks", derive(serde::Serialize, serde::Deserialize))]
pub struct ManageBookmark {
    /// The screen.
    pub screen: ManageScreen,
    /// The ids of the methods: the screen has places among them.
    pub methods: Vec<String>,
    /// What was done just now, and what undoes it.
    pub done: Option<(Done, Option<Wish>)>,
    /// Whether there is something that the host should hear of.
    pub has_changed: bool,
    /// Whether methods are tried one after the other.
    pub is_checking: bool,
    /// Random, for the ids of requests.
    pub request_prefix: String,
    /// Changes so far.
    pub changes: u32,
}

fn ids_of(methods: &[ManagedMethod]) -> Vec<String> {
    methods.iter().map(|method| method.id.clone()).collect()
}

fn ways_of(methods: &[MethodView]) -> Vec<String> {
    methods.iter().map(|method| method.id.clone()).collect()
}

impl Managing {
    /// Where the person is; [`None`] where nothing is left to go on with.
    pub fn bookmark(&self) -> Option<ManageBookmark> {
        let screen = match &self.step {
            ManageStep::Proving(proving) => ManageScreen::Proving {
                proof_for: proving.proof_for.clone(),
                at: proving.signing.bookmark()?,
                ways: ways_of(&proving.signing.opening.methods),
            },
            ManageStep::Overview => ManageScreen::Overview,
            ManageStep::Method(place) => ManageScreen::Method(*place),
            ManageStep::Naming { place, typed } => ManageScreen::Naming(*place, typed.clone()),
            ManageStep::Asking(question) => ManageScreen::Asking(*question),
            ManageStep::Kinds => ManageScreen::Kinds,
            ManageStep::List(listed) => ManageScreen::List(*listed),
            ManageStep::Adding(addition) => ManageScreen::Adding(Addition::clone(addition)),
            ManageStep::PauseReason => ManageScreen::PauseReason,
            ManageStep::PauseHours(reason) => ManageScreen::PauseHours(*reason),
            ManageStep::Browsers(_) => ManageScreen::Browsers,
            ManageStep::Record(_) => ManageScreen::Record,
        };
        Some(ManageBookmark {
            screen,
            methods: ids_of(self.methods()),
            done: self.done.clone(),
            has_changed: self.has_changed,
            is_checking: self.is_checking,
            request_prefix: self.opening.request_prefix.clone(),
            changes: self.changes,
        })
    }

    /// The message that is awaited, also while the person looks around.
    pub fn sent(&self) -> Option<&ChallengeView> {
        self.proving()?.signing.sent()
    }

    fn go_on_at(&mut self, screen: ManageScreen, sent: Option<(String, Box<ChallengeView>)>) {
        self.step = match screen {
            ManageScreen::Proving {
                proof_for,
                at,
                ways,
            } => {
                let _nothing_is_sent = self.prove(proof_for);
                let ManageStep::Proving(proving) = &mut self.step else {
                    return;
                };
                if ways_of(&proving.signing.opening.methods) == ways {
                    let place = |id: &String| ways.iter().position(|way| way == id);
                    let sent = sent.and_then(|(id, sent)| Some((place(&id)?, sent)));
                    proving.signing.go_on_at(at, sent);
                }
                return;
            }
            ManageScreen::Overview => ManageStep::Overview,
            ManageScreen::Method(place) => ManageStep::Method(place),
            ManageScreen::Naming(place, typed) => ManageStep::Naming { place, typed },
            ManageScreen::Asking(question) => ManageStep::Asking(question),
            ManageScreen::Kinds => ManageStep::Kinds,
            ManageScreen::List(listed) => ManageStep::List(listed),
            ManageScreen::Adding(addition) => ManageStep::Adding(Box::new(addition)),
            ManageScreen::PauseReason => ManageStep::PauseReason,
            ManageScreen::PauseHours(reason) => ManageStep::PauseHours(reason),
            ManageScreen::Browsers => ManageStep::Browsers(None),
            ManageScreen::Record => ManageStep::Record(None),
        };
    }
}

impl Manage {
    /// The page as it was at the bookmark. Nothing is asked for: lists are empty until they are.
    /// `sent` is the message that was awaited, with the id of its method.
    ///
    /// Where the methods are others meanwhile, or no factor is proved any more, it is as at its
    /// beginning.
    pub fn resumed(
        opening: ManageOpening,
        bookmark: ManageBookmark,
        sent: Option<(String, Box<ChallengeView>)>,
    ) -> Self {
        let ManageBookmark {
            screen,
            methods,
            done,
            has_changed,
            is_checking,
            request_prefix,
            changes,
        } = bookmark;
        let auto_send = opening.login.auto_send;
        let is_opening = matches!(
            &screen,
            ManageScreen::Proving {
                proof_for: ProofFor::Opening,
                ..
            }
        );
        let mut quiet = ManageOpening {
            request_prefix,
            ..opening
        };
        quiet.login.auto_send = false;
        // What the person came for is done once.
        if !is_opening || quiet.account.is_some() {
            quiet.intent = Intent::Overview;
        }
        let (mut managing, _nothing_is_asked) = Managing::begin(quiet);
        let is_the_same = ids_of(managing.methods()) == methods;
        if is_the_same && (managing.opening.account.is_some() || is_opening) {
            managing.go_on_at(screen, sent);
            managing.done = done;
            managing.is_checking = is_checking;
        }
        // Also what this page does not know of: it was posted twice, or another one was.
        managing.has_changed = has_changed || !is_the_same && !methods.is_empty();
        managing.changes = changes;
        managing.asked = RequestState::Idle;
        managing.opening.login.auto_send = auto_send;
        Lifecycle::Active(managing)
    }
}
