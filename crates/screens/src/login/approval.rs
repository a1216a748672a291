//! A code that another browser of the person shows.

use nidan_flow::{Login, SigningIn};

use super::code::unless_waiting;
use super::refusal::refusal;
use super::{LoginAction, LoginKey};
use crate::Arg;
use crate::draft::Draft;
use crate::messages::Msg;

impl<'a> Draft<'a, Login> {
    /// First the button that asks, and then where to look and the field.
    pub(super) fn approval(&mut self, signing: &'a SigningIn) {
        self.title(Msg::ApprovalTitle);
        self.account(signing);
        let ask = unless_waiting(signing, Msg::ApprovalAsk);
        if signing.is_approval_asked() {
            let issuer = Arg::Text("issuer", &signing.opening.issuer);
            self.message(LoginKey::Lead, Msg::ApprovalGo, issuer);
            self.fields(signing, Msg::PhoneCodeLabel, Msg::PhoneCodeLabel);
            self.submit(signing);
            if signing.may_ask() {
                self.group(LoginKey::CodeTools);
                self.button(LoginKey::Resend, ask, LoginAction::AskForApproval);
            }
        } else {
            self.text(LoginKey::Lead, Msg::ApprovalLead);
            self.words(LoginKey::Refusal, refusal(signing, self.view.now));
            if signing.may_ask() {
                self.group(LoginKey::SendActions);
                self.button(LoginKey::Send, ask, LoginAction::AskForApproval);
            }
        }
        self.ways_on(signing);
    }
}
