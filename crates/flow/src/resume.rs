//! A login that goes on where an earlier page left it. Pages without scripts need it: each of them
//! is a login of its own, and what lies between two of them travels in the page.

use nidan_protocol::ChallengeView;

use super::lifecycle::{Lifecycle, Stage as _};
use super::login::{LoginMethod, LoginOpening, LoginStep, SigningIn};
use super::{Login, LostMethods, RequestState};

/// The screen on which a person was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "bookmarks", derive(serde::Serialize, serde::Deserialize))]
pub enum BookmarkedScreen {
    /// The code of the method that is the way, or the backup code.
    Code,
    /// All ways.
    MethodPicker,
    /// Which of them was on a lost phone.
    LostPicker,
    /// None of them works.
    Recovery,
    /// "This sign-in is not mine."
    Report,
    /// The code does not arrive.
    Help,
}

/// Where a person was in a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "bookmarks", derive(serde::Serialize, serde::Deserialize))]
pub struct LoginBookmark {
    /// The way of the last code screen: where "back" leads.
    pub way: LoginMethod,
    /// The screen.
    pub screen: BookmarkedScreen,
    /// Wrong codes in a row.
    pub times: u32,
    /// What the person called lost.
    pub lost: LostMethods,
}

impl SigningIn {
    /// Where the person is; [`None`] where nothing is left to go on with.
    pub const fn bookmark(&self) -> Option<LoginBookmark> {
        let screen = match self.step {
            LoginStep::Code { .. } if self.is_helping => BookmarkedScreen::Help,
            LoginStep::Code { .. }
            | LoginStep::Passkey { .. }
            | LoginStep::Backup
            | LoginStep::Approval => BookmarkedScreen::Code,
            LoginStep::MethodPicker => BookmarkedScreen::MethodPicker,
            LoginStep::LostPicker => BookmarkedScreen::LostPicker,
            LoginStep::Recovery => BookmarkedScreen::Recovery,
            LoginStep::Report => BookmarkedScreen::Report,
            LoginStep::Reported(_) | LoginStep::LowBackupCodes(_) => return None,
        };
        Some(LoginBookmark {
            way: self.way,
            screen,
            times: self.times,
            lost: self.lost,
        })
    }
}

impl SigningIn {
    /// The message that is awaited, also while the person looks around.
    pub fn sent(&self) -> Option<&ChallengeView> {
        let kept = self.kept.as_ref().map(|(_, sent)| &**sent);
        self.awaited().or(kept)
    }
}

impl SigningIn {
    /// Goes on at the bookmark. `sent` is the message that was awaited, with the place of its
    /// method.
    ///
    /// Where the way is gone meanwhile, the beginning's takes its place.
    pub(super) fn go_on_at(
        &mut self,
        bookmark: LoginBookmark,
        sent: Option<(usize, Box<ChallengeView>)>,
    ) {
        let is_there = match bookmark.way {
            LoginMethod::Method(place) => place < self.opening.methods.len(),
            // Also after the last one: its answer may have been lost on the way.
            LoginMethod::Backup | LoginMethod::Temporary => true,
            LoginMethod::Approval => self.opening.approval,
        };
        self.kept = sent;
        self.times = bookmark.times;
        self.lost = bookmark.lost;
        if is_there {
            self.way = bookmark.way;
        }
        self.is_helping = bookmark.screen == BookmarkedScreen::Help;
        self.step = match (bookmark.screen, self.way) {
            (BookmarkedScreen::Code | BookmarkedScreen::Help, LoginMethod::Method(place)) => {
                self.step_of(place).unwrap_or(LoginStep::MethodPicker)
            }
            (
                BookmarkedScreen::Code | BookmarkedScreen::Help,
                LoginMethod::Backup | LoginMethod::Temporary,
            ) => LoginStep::Backup,
            (BookmarkedScreen::Code | BookmarkedScreen::Help, LoginMethod::Approval) => {
                LoginStep::Approval
            }
            (BookmarkedScreen::MethodPicker, _) => LoginStep::MethodPicker,
            (BookmarkedScreen::LostPicker, _) => LoginStep::LostPicker,
            (BookmarkedScreen::Recovery, _) => LoginStep::Recovery,
            (BookmarkedScreen::Report, _) => LoginStep::Report,
        };
        self.asked = RequestState::Idle;
    }
}

impl Login {
    /// The login as it was at the bookmark. Nothing is ordered, whatever the host wants at the
    /// beginning. `sent` is the message that was awaited, with the place of its method.
    ///
    /// Where the way is gone meanwhile, the beginning's takes its place.
    pub fn resumed(
        mut opening: LoginOpening,
        bookmark: LoginBookmark,
        sent: Option<(usize, Box<ChallengeView>)>,
    ) -> Self {
        let auto_send = std::mem::replace(&mut opening.auto_send, false);
        let (mut signing, _nothing) = SigningIn::begin(opening);
        signing.go_on_at(bookmark, sent);
        signing.opening.auto_send = auto_send;
        Lifecycle::Active(signing)
    }
}
