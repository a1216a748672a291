//! Waiting for the service, done, and every way in which a set-up can end.

use nidan_flow::{Delivery, EndReason, Enrolment, Flow, RequestError};
use nidan_otp::UnixSeconds;
use nidan_protocol::{EnrolmentAnswer, MethodClass, MethodView};

use super::{SetUpAction, SetUpKey};
use crate::draft::Draft;
use crate::messages::Msg;
use crate::methods::done;
use crate::{Arg, Content, Words};

impl<'a> Draft<'a, Flow> {
    /// The final post, however long it takes. The kind of trouble is announced once; the seconds
    /// beside it are only shown.
    pub(super) fn posting(&mut self, delivery: &Delivery) {
        self.title(Msg::PostTitle);
        let Delivery::Waiting { trouble, until, .. } = delivery else {
            self.text(SetUpKey::Posting, Msg::PostSending);
            return self.words(SetUpKey::Keeps, Words::None);
        };
        let words = match trouble {
            RequestError::Unreachable => Msg::PostUnreachable,
            RequestError::Refused(_) => Msg::PostServer,
        };
        let seconds = until.0.saturating_sub(self.view.now.0);
        self.message(SetUpKey::Posting, words, Arg::Number("seconds", seconds));
        self.text(SetUpKey::Keeps, Msg::PostKeep);
        self.main(Msg::PostNow, SetUpAction::Retry);
    }

    /// What was turned on, as the service stored it, and what to do with it.
    pub(super) fn done(
        &mut self,
        enrolment: &'a Enrolment,
        answer: &'a EnrolmentAnswer,
        trouble: Option<RequestError>,
    ) {
        let account = enrolment.opening.account.as_str();
        let count = Arg::Number("count", answer.backup_codes_left.into());
        let codes = Words::Message(Msg::DoneCodes, [count, Arg::None]);
        let methods = answer.methods.iter().map(|method| stored(method, account));
        let (has_app, has_phone) = (enrolment.has_app(), !enrolment.phones.is_empty());
        let next = [
            (has_app, Msg::DoneNextKeep),
            (has_app, Msg::DoneNextBackup),
            (has_phone, Msg::DoneNextNumber),
            (!enrolment.passkeys.is_empty(), Msg::DoneNextPasskey),
            (true, Msg::DoneNextNever),
        ];
        let next: Vec<Msg> = next
            .iter()
            .filter_map(|(is_so, msg)| is_so.then_some(*msg))
            .collect();
        self.title(Msg::DoneTitle);
        self.group(SetUpKey::Proof);
        for (index, words) in (0..=u8::MAX).zip(methods.chain([codes])) {
            self.add_nth(SetUpKey::ProofItem, index, Content::Text(words));
        }
        self.text(SetUpKey::ProofNote, Msg::DoneProof);
        self.text(SetUpKey::NextTitle, Msg::DoneNextTitle);
        self.list(SetUpKey::Next, SetUpKey::NextItem, &next);
        let trouble = trouble.map_or(Words::None, |_| Words::of(Msg::DoneTrouble));
        self.words(SetUpKey::NotTold, trouble);
        self.main(Msg::DoneFinish, SetUpAction::Next);
    }

    /// Over without a result: why, and the way on.
    pub(super) fn ended(&mut self, reason: EndReason) {
        let (title, words, again) = match reason {
            EndReason::Superseded => (
                Msg::EndedSupersededTitle,
                Msg::EndedSuperseded,
                Msg::EndedAgain,
            ),
            EndReason::OnPhone => (Msg::OnPhoneEndedTitle, Msg::OnPhoneEnded, Msg::OnPhoneHere),
            EndReason::AlreadyOn => (Msg::EndedOnTitle, Msg::EndedOn, Msg::CommonNext),
            // No enrolment is reported, and none has its tries spent.
            EndReason::Expired | EndReason::Reported | EndReason::TriesSpent => {
                (Msg::EndedExpiredTitle, Msg::EndedExpired, Msg::EndedAgain)
            }
            EndReason::Misconfigured => (
                Msg::EndedMisconfiguredTitle,
                Msg::EndedMisconfigured,
                Msg::CommonRetry,
            ),
        };
        self.title(title);
        self.text(SetUpKey::Lead, words);
        self.main(again, SetUpAction::Again);
    }
}

fn stored<'a>(method: &'a MethodView, account: &'a str) -> Words<'a> {
    let words = done(method.kind);
    match method.kind.class() {
        MethodClass::Otp => {
            let added = UnixSeconds(method.created_at);
            Words::Message(
                words,
                [Arg::Text("account", account), Arg::Date("date", added)],
            )
        }
        MethodClass::Cryptographic => {
            let name = method.name.as_deref().unwrap_or_default();
            Words::Message(words, [Arg::Text("name", name), Arg::None])
        }
        MethodClass::OutOfBand(_) => {
            let hint = method.hint.as_deref().unwrap_or_default();
            let name = method.name.as_deref().unwrap_or_default();
            Words::Message(
                words,
                [Arg::Text("hint", hint), Arg::Text("name", name.trim())],
            )
        }
    }
}
