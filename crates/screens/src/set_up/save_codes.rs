//! The backup codes: shown once, taken along, and proved to be safe.

use nidan_flow::{BackupRefusal, Enrolment, Flow, Keepsake};
use nidan_protocol::BackupGate;

use super::{SetUpAction, SetUpKey, SetUpSpecial};
use crate::draft::Draft;
use crate::messages::Msg;
use crate::{Arg, Content, Words, typed};

impl<'a> Draft<'a, Flow> {
    /// Ten codes, three ways to keep them, and the gate that the host chose.
    pub(super) fn save_codes(&mut self, enrolment: &'a Enrolment, refused: Option<BackupRefusal>) {
        self.title(Msg::CodesTitle);
        self.text(SetUpKey::Lead, Msg::CodesWhat);
        self.text(SetUpKey::LeadMore, Msg::CodesWhere);
        self.add(SetUpKey::Codes, Content::Named(Msg::CodesListLabel));
        for (index, code) in (0..=u8::MAX).zip(enrolment.draft.backup_codes().iter()) {
            self.add_nth(SetUpKey::CodesItem, index, Content::Group);
            let code = Content::Special(None, SetUpSpecial::BackupCode(code));
            self.add_nth(SetUpKey::CodesCode, index, code);
        }
        self.group(SetUpKey::CodesTools);
        let can_print = self.view.can_print;
        let mut take = |key, msg, what| self.button(key, msg, SetUpAction::Take(what));
        take(
            SetUpKey::CodesCopy,
            Msg::CodesCopy,
            Keepsake::CopyOfBackupCodes,
        );
        take(
            SetUpKey::CodesDownload,
            Msg::CodesDownload,
            Keepsake::FileOfBackupCodes,
        );
        if can_print {
            take(
                SetUpKey::CodesPrint,
                Msg::CodesPrint,
                Keepsake::PrintOfBackupCodes,
            );
        }
        self.copied(SetUpKey::CodesCopied, enrolment);
        let wrong = refused.map_or(Words::None, wrong_backup);
        match enrolment.opening.backup_gate {
            BackupGate::Tick => self.tick(enrolment, wrong),
            BackupGate::TypeOne => self.type_one(enrolment, wrong),
        }
        let finish = match enrolment.opening.adds {
            None => Msg::CodesFinish,
            Some(_) => Msg::CodesUse,
        };
        self.form_actions(finish, SetUpAction::Next);
    }

    fn type_one(&mut self, enrolment: &'a Enrolment, wrong: Words<'a>) {
        self.add(SetUpKey::BackupForm, Content::Form(SetUpAction::Next));
        self.text(SetUpKey::BackupLabel, Msg::CodesTypeLabel);
        self.add(
            SetUpKey::Backup,
            Content::Field {
                value: &enrolment.typed_backup,
                is_filled_in: true,
                label: (Msg::CodesTypeLabel, Arg::None),
                help: None,
                is_invalid: wrong.message().is_some(),
                action: SetUpAction::TypeBackup,
            },
        );
        self.words(SetUpKey::BackupError, wrong);
    }

    fn tick(&mut self, enrolment: &'a Enrolment, wrong: Words<'a>) {
        self.add(SetUpKey::Gate, Content::Form(SetUpAction::Next));
        self.group(SetUpKey::GateLabel);
        self.add(
            SetUpKey::GateBox,
            Content::Checkbox {
                is_ticked: enrolment.ticked,
                action: SetUpAction::TickSaved,
            },
        );
        self.text(SetUpKey::GateWords, Msg::CodesTick);
        self.words(SetUpKey::GateError, wrong);
    }
}

fn wrong_backup(refused: BackupRefusal) -> Words<'static> {
    match refused {
        BackupRefusal::Typo(error) => typed::backup_code(error),
        BackupRefusal::Other => Words::of(Msg::CodesOther),
        BackupRefusal::NotTicked => Words::of(Msg::CodesNotTicked),
    }
}
