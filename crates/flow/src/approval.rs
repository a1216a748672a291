//! A login that another browser of the person approves: that one shows a code, and the person types it
//! here.

use nidan_protocol::{APPROVAL_METHOD_ID, ErrorCode};

use super::login::{LoginEffect, LoginMethod, LoginRefusal, LoginStep, Presented, SigningIn};
use super::{CodeEntry, RequestState};

impl SigningIn {
    /// Whether the other browsers were asked, and their code is awaited.
    pub const fn is_approval_asked(&self) -> bool {
        self.is_approval_asked
    }

    /// Whether it is among the ways in: it takes nothing that is lost out of use.
    pub fn may_be_approved(&self) -> bool {
        self.opening.approval && self.lost.is_empty()
    }

    /// Whether the other browsers may be asked: nobody has answered lately, else.
    pub const fn may_ask(&self) -> bool {
        !self.is_approval_closed
    }

    /// Asks the other browsers, once more where a code is awaited already.
    pub(super) fn ask_for_approval(&mut self) -> Option<LoginEffect> {
        let is_offered = matches!(self.step, LoginStep::Approval) && self.may_be_approved();
        if self.waits() || !is_offered || !self.may_ask() {
            return None;
        }
        (self.asked, self.is_asking_for_approval) = (RequestState::Waiting, true);
        Some(LoginEffect::AskForApproval)
    }

    /// To where the other browsers are asked. A question that is still on its way goes on: each of them
    /// counts.
    pub(super) fn enter_approval(&mut self) -> Option<LoginEffect> {
        self.way = LoginMethod::Approval;
        let nothing = self.leave_for(LoginStep::Approval);
        if self.is_asking_for_approval {
            self.asked = RequestState::Waiting;
        }
        nothing
    }

    /// They are asked: for the first time, or as before.
    pub(super) fn on_approval_asked(&mut self) {
        (self.is_approval_asked, self.is_asking_for_approval) = (true, false);
        if matches!(self.step, LoginStep::Approval) {
            self.asked = RequestState::Idle;
        }
    }

    /// They are not. An earlier code counts as before.
    pub(super) fn on_approval_not_asked(&mut self, refusal: LoginRefusal) {
        self.is_asking_for_approval = false;
        if let LoginRefusal::Service {
            code: ErrorCode::MethodNotOffered,
            ..
        } = refusal
        {
            self.is_approval_closed = true;
        }
        if matches!(self.step, LoginStep::Approval) {
            self.asked = RequestState::Refused(refusal);
        }
    }

    /// Asks whether the code of the other browser is right.
    pub(super) fn verify_approval(&mut self) -> Option<LoginEffect> {
        let [code, _second] = &self.codes;
        match code.read() {
            Ok(code) => {
                self.asked = RequestState::Waiting;
                self.codes.iter_mut().for_each(CodeEntry::mark_sent);
                Some(LoginEffect::Verify {
                    way: LoginMethod::Approval,
                    method_id: APPROVAL_METHOD_ID.to_owned(),
                    presented: Presented::Code(code),
                    trust: false,
                    lost: String::new(),
                })
            }
            Err(error) => {
                self.asked = RequestState::Refused(LoginRefusal::Code(error));
                None
            }
        }
    }

    /// What the refusal of a code says of it: whether it is over.
    pub(super) fn note_refusal_of_approval(&mut self, code: ErrorCode, left: Option<u32>) {
        match code {
            ErrorCode::CodeWrong if left != Some(0) => return,
            ErrorCode::CodeWrong
            | ErrorCode::CodeUsed
            | ErrorCode::CodeExpired
            | ErrorCode::ChallengeNotFound
            | ErrorCode::TooManyAttempts => {}
            _not_of_the_code => return,
        }
        self.is_approval_asked = false;
        if matches!(self.step, LoginStep::Approval) {
            self.clear_codes();
        }
    }
}
