//! Why something was not done, and the way on.

use nidan_flow::{ChangeRefusal, Manage, ManageStep, Managing, Question};
use nidan_protocol::ErrorCode;

use super::OwnKey;
use crate::draft::Draft;
use crate::messages::Msg;
use crate::{Arg, Content, Words};

impl<'a> Draft<'a, Manage> {
    pub(super) fn refusal(&mut self, managing: &'a Managing) {
        let words = self.refusal_words(managing);
        if words.message().is_some() {
            self.own(OwnKey::Refusal, Content::Text(words));
        }
    }

    pub(super) fn refusal_words(&self, managing: &Managing) -> Words<'a> {
        let Some(refusal) = &managing.refusal else {
            return Words::None;
        };
        let (code, field, retry_at) = match refusal {
            ChangeRefusal::Unreachable => return Words::of(Msg::TroubleUnreachable),
            ChangeRefusal::Name => return Words::of(Msg::ManageNameWrong),
            ChangeRefusal::Service {
                code,
                field,
                retry_at,
            } => (*code, field.as_deref(), *retry_at),
        };
        let later = |msg| match retry_at {
            Some(at) => Words::Message(msg, [Arg::Date("date", at), Arg::None]),
            None => Words::of(Msg::TroubleServer),
        };
        match (code, field) {
            (ErrorCode::LastMethod, _) => Words::of(match &managing.step {
                ManageStep::Asking(Question::Lost(_)) => Msg::ManageLostLast,
                _elsewhere => Msg::ManageLastMethod,
            }),
            (ErrorCode::Cooling, _) => later(Msg::ManageTooNew),
            (ErrorCode::ChangeLimit, _) => later(Msg::ManageTooMany),
            (ErrorCode::PolicyForbids, Some("required")) => Words::of(Msg::ManageRequired),
            (ErrorCode::PolicyForbids, Some("reported")) => Words::of(Msg::ManageReported),
            (ErrorCode::PolicyForbids, Some("guessed")) => Words::of(Msg::ManageGuessed),
            (ErrorCode::PolicyForbids, Some("held_by_support")) => {
                Words::of(Msg::ManageHeldBySupport)
            }
            (ErrorCode::PolicyForbids, _) => Words::of(Msg::ManageRetiring),
            (ErrorCode::MethodLimit, _) => Words::of(Msg::ManageLimit),
            (ErrorCode::PhoneKnown, _) => Words::of(Msg::ManageKnown),
            (ErrorCode::AlreadyPaused, _) => Words::of(Msg::ManageAlreadyPaused),
            (ErrorCode::RequestInvalid, Some("name")) => Words::of(Msg::ManageNameWrong),
            (
                ErrorCode::MethodNotFound
                | ErrorCode::NotFound
                | ErrorCode::SetupUnknown
                | ErrorCode::FlowConflict,
                _,
            ) => Words::of(Msg::ManageGone),
            _any_other => Words::of(Msg::TroubleServer),
        }
    }
}
