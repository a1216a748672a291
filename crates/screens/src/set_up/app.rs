//! An authenticator app: which one, how the account goes into it, and its first code.

use nidan_flow::{CodeRefusal, Enrolment, Flow, Keepsake};
use nidan_protocol::MethodKind;

use super::{SetUpAction, SetUpKey, SetUpSpecial};
use crate::apps::recommended;
use crate::draft::Draft;
use crate::messages::Msg;
use crate::methods::card;
use crate::{Arg, Content, Words, typed};

/// The keys of a QR code, which is shown in one of two places.
struct QrKeys {
    frame: SetUpKey,
    image: SetUpKey,
    toggle: SetUpKey,
}

const FIRST_QR: QrKeys = QrKeys {
    frame: SetUpKey::Qr,
    image: SetUpKey::QrImage,
    toggle: SetUpKey::QrToggle,
};

/// The keys of the secret for typing, which is shown in one of two places.
struct TypedKeys {
    frame: SetUpKey,
    help: SetUpKey,
    text: SetUpKey,
    copy: SetUpKey,
    copied: SetUpKey,
}

impl<'a> Draft<'a, Flow> {
    /// One app for this device, dated facts about others, and straight on for everybody who has one.
    pub(super) fn get_app(&mut self, enrolment: &'a Enrolment) {
        let one = recommended(self.view.device);
        self.title(Msg::AppTitle);
        self.group(SetUpKey::HaveActions);
        self.button(SetUpKey::HaveOne, Msg::AppHaveOne, SetUpAction::Next);
        self.text(SetUpKey::OneApp, Msg::AppLead);
        self.group(SetUpKey::Recommended);
        self.words(SetUpKey::RecommendedName, one.name);
        self.text(SetUpKey::RecommendedNote, one.note);
        self.add(SetUpKey::OtherApps, Content::Named(Msg::TroubleUnreachable));
        self.text(SetUpKey::OtherAppsSummary, Msg::AppOthers);
        self.text(SetUpKey::KeepUpdated, Msg::AppKeepUpdated);
        let by_phone = |kind: &MethodKind| kind.class().channel().is_some();
        if let Some(kind) = enrolment.addable().find(by_phone) {
            let choose = SetUpAction::Choose(kind);
            self.button(SetUpKey::NoApp, card(kind).choose, choose);
        }
        self.main_and_back(Msg::CommonNext, SetUpAction::Next);
    }

    /// The set-up goes on on a phone, after the same login there: the code holds this page's address
    /// and nothing else (docs/decisions/0030-going-on-on-a-phone.md).
    pub(super) fn on_phone(&mut self, enrolment: &'a Enrolment) {
        let url = enrolment.opening.phone_url.as_deref().unwrap_or_default();
        self.title(Msg::OnPhoneTitle);
        self.text(SetUpKey::Lead, Msg::OnPhoneScan);
        self.text(SetUpKey::LeadMore, Msg::OnPhoneNote);
        self.qr_code(enrolment, Msg::OnPhoneLabel, url, FIRST_QR);
        self.group(SetUpKey::Address);
        self.words(SetUpKey::AddressText, Words::Verbatim(url));
        self.only_back();
    }

    /// The account goes into the app: by QR code from another device, by link or key on the same
    /// one.
    pub(super) fn add_account(&mut self, enrolment: &'a Enrolment) {
        self.title(Msg::AddTitle);
        if self.view.device.is_phone() {
            self.link_first(enrolment);
        } else {
            self.qr_first(enrolment);
        }
        self.text(SetUpKey::Secret, Msg::AddSecret);
        self.main_and_back(Msg::AddDone, SetUpAction::Next);
    }

    fn qr_first(&mut self, enrolment: &'a Enrolment) {
        self.text(SetUpKey::Scan, Msg::AddScan);
        let uri = enrolment.draft.uri().expose();
        self.qr_code(enrolment, Msg::AddQrLabel, uri, FIRST_QR);
        self.group(SetUpKey::NoScan);
        self.text(SetUpKey::NoScanSummary, Msg::AddNoScan);
        self.key(
            enrolment,
            TypedKeys {
                frame: SetUpKey::NoScanKey,
                help: SetUpKey::NoScanKeyHelp,
                text: SetUpKey::NoScanKeyText,
                copy: SetUpKey::NoScanCopy,
                copied: SetUpKey::NoScanCopied,
            },
        );
    }

    fn link_first(&mut self, enrolment: &'a Enrolment) {
        self.group(SetUpKey::Open);
        let label = Words::of(Msg::AddOpenApp);
        let url = enrolment.draft.uri().expose();
        self.add(SetUpKey::OpenLink, Content::Link { label, url });
        self.text(SetUpKey::OpenHelp, Msg::AddOpenAppHelp);
        self.key(
            enrolment,
            TypedKeys {
                frame: SetUpKey::OpenKey,
                help: SetUpKey::OpenKeyHelp,
                text: SetUpKey::OpenKeyText,
                copy: SetUpKey::OpenCopy,
                copied: SetUpKey::OpenCopied,
            },
        );
        self.group(SetUpKey::ShowQr);
        self.text(SetUpKey::ShowQrSummary, Msg::AddShowQr);
        self.qr_code(
            enrolment,
            Msg::AddQrLabel,
            url,
            QrKeys {
                frame: SetUpKey::OtherQr,
                image: SetUpKey::OtherQrImage,
                toggle: SetUpKey::OtherQrToggle,
            },
        );
    }

    fn qr_code(&mut self, enrolment: &'a Enrolment, label: Msg, uri: &'a str, keys: QrKeys) {
        let (large, toggle) = if enrolment.is_enlarged {
            (Some(""), Msg::AddShrink)
        } else {
            (None, Msg::AddEnlarge)
        };
        self.add(keys.frame, Content::State("data-large", large));
        let code = SetUpSpecial::QrCode(uri);
        self.add(keys.image, Content::Special(Some(label), code));
        self.button(keys.toggle, toggle, SetUpAction::Enlarge);
    }

    fn key(&mut self, enrolment: &'a Enrolment, keys: TypedKeys) {
        self.group(keys.frame);
        let account = Arg::Text("account", enrolment.opening.account.as_str());
        self.message(keys.help, Msg::AddKeyHelp, account);
        let key = SetUpSpecial::Key(&enrolment.draft);
        self.add(keys.text, Content::Special(Some(Msg::AddKeyLabel), key));
        let copy = SetUpAction::Take(Keepsake::CopyOfKey);
        self.button(keys.copy, Msg::AddCopyKey, copy);
        self.copied(keys.copied, enrolment);
    }

    /// The app's code: one field, and the last digit sends it.
    pub(super) fn confirm(&mut self, enrolment: &'a Enrolment, refused: Option<&CodeRefusal>) {
        let issuer = Arg::Text("issuer", enrolment.opening.issuer.as_str());
        let label = (Msg::ConfirmLabel, issuer);
        let wrong = refused.map_or(Words::None, |refused| wrong_code(enrolment, refused));
        self.title(Msg::ConfirmTitle);
        self.group(SetUpKey::Picture);
        self.group(SetUpKey::PicturePath);
        self.code_field(enrolment, label, Some(Msg::ConfirmHelp), wrong);
        self.form_actions(Msg::ConfirmCheck, SetUpAction::Next);
        let choose = SetUpAction::Choose(MethodKind::Totp);
        self.button(SetUpKey::NoAppYet, Msg::ConfirmNoApp, choose);
    }
}

fn wrong_code<'a>(enrolment: &'a Enrolment, refused: &CodeRefusal) -> Words<'a> {
    match refused {
        CodeRefusal::Shape(error) => typed::code(*error),
        CodeRefusal::Wrong { times: 0 | 1 } => Words::of(Msg::ConfirmWrong),
        CodeRefusal::Wrong { .. } => {
            let issuer = Arg::Text("issuer", enrolment.opening.issuer.as_str());
            let account = Arg::Text("account", enrolment.opening.account.as_str());
            Words::Message(Msg::ConfirmWrongAgain, [issuer, account])
        }
        CodeRefusal::Clock(seconds) => {
            let msg = if *seconds < 0 {
                Msg::ConfirmClockSlow
            } else {
                Msg::ConfirmClockFast
            };
            let seconds = Arg::Number("seconds", seconds.unsigned_abs());
            Words::Message(msg, [seconds, Arg::None])
        }
    }
}
