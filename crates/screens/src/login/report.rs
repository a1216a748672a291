//! "This sign-in is not mine": what it means, what it ended, and who got in before.

use nidan_flow::{Login, Reported, SigningIn};

use super::code::unless_waiting;
use super::refusal::refusal;
use super::{LoginAction, LoginKey};
use crate::draft::Draft;
use crate::messages::Msg;
use crate::{Arg, Content, Shows, Words};

/// What protects the account now.
const NEXT: [Msg; 4] = [
    Msg::ReportedPassword,
    Msg::ReportedHistory,
    Msg::ReportedNever,
    Msg::ReportedSupport,
];

impl<'a> Draft<'a, Login> {
    /// What it means, and the button that stops it.
    pub(super) fn report(&mut self, signing: &'a SigningIn) {
        let send = unless_waiting(signing, Msg::ReportSend);
        let wrong = refusal(signing, self.view.now);
        self.question_whether_to_report(wrong, (send, LoginAction::Submit));
        self.back();
    }

    /// Ended by a report that came from elsewhere: whoever sees this may be the one who is meant,
    /// so it tells of nobody.
    pub(super) fn reported_elsewhere(&mut self) {
        self.title(Msg::ReportedTitle);
        self.text(LoginKey::Lead, Msg::ReportedElsewhere);
        self.protect(LoginAction::Again);
    }
}

impl<'a, M: Shows<Key = LoginKey>> Draft<'a, M> {
    /// What a report means, what is wrong with it, and the button that sends it.
    pub(crate) fn question_whether_to_report(
        &mut self,
        wrong: Words<'a>,
        (send, action): (Msg, M::Action),
    ) {
        self.title(Msg::LoginNotMe);
        self.text(LoginKey::Lead, Msg::ReportText);
        self.words(LoginKey::Refusal, wrong);
        self.group(LoginKey::Actions);
        self.button(LoginKey::Main, send, action);
    }

    /// Stopped: who got in within the last day, so that nobody is comforted who should not be, and
    /// the way to a new password.
    pub(crate) fn reported(&mut self, reported: &'a Reported, again: M::Action) {
        self.title(Msg::ReportedTitle);
        if reported.logins.is_empty() {
            self.text(LoginKey::Lead, Msg::ReportedQuiet);
        } else {
            self.text(LoginKey::LoginsLead, Msg::ReportedLogins);
            self.group(LoginKey::Logins);
            for (index, (at, place)) in (0..=u8::MAX).zip(&reported.logins) {
                let unknown = Arg::Message("place", Msg::ReportedUnknown);
                let place = place
                    .as_deref()
                    .map_or(unknown, |place| Arg::Text("place", place));
                let words = Words::Message(Msg::ReportedLogin, [Arg::Date("date", *at), place]);
                self.add_nth(LoginKey::LoginItem, index, Content::Text(words));
            }
            self.text(LoginKey::NotYou, Msg::ReportedNotYou);
        }
        if reported.host_notified {
            self.text(LoginKey::HostNotified, Msg::ReportedHost);
        }
        if let Some(url) = &reported.password_url {
            self.group(LoginKey::ChangePassword);
            let label = Words::of(Msg::ReportedChange);
            self.add(LoginKey::ChangePasswordLink, Content::Link { label, url });
        }
        self.protect(again);
    }

    /// What protects the account now. A new sign-in is not the main thing: a new password comes
    /// first.
    fn protect(&mut self, again: M::Action) {
        self.list(LoginKey::Next, LoginKey::NextItem, &NEXT);
        self.group(LoginKey::Actions);
        self.button(LoginKey::Again, Msg::LoginAgain, again);
    }
}
