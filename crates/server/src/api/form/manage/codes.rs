//! New backup codes on a page without scripts: shown once, and confirmed as in the widget.

use maud::{Markup, html};
use nidan_otp::{BackupCode, BackupCodes};
use nidan_protocol::BackupGate;
use nidan_screens::Words;
use nidan_screens::messages::Msg;
use nidan_screens::typed;

use crate::Service;
use crate::api::form::Sent;
use crate::api::form::words::Language;
use crate::refusal::Refusal;
use crate::use_cases::{FlowCaller, manage};

/// The page of a set of codes.
pub(super) struct CodesPage {
    pub(super) setup: manage::PlainSetup,
    codes: BackupCodes,
    gate: BackupGate,
    wrong: Words<'static>,
    typed: String,
}

/// What is wrong with the confirmation, and what was typed.
pub(super) struct Unconfirmed(Words<'static>, String);

impl CodesPage {
    /// # Errors
    /// Those of [`manage::plain_codes`].
    pub(super) async fn of(
        service: &Service,
        caller: &FlowCaller,
        setup: manage::PlainSetup,
    ) -> Result<Self, Refusal> {
        Ok(Self {
            codes: manage::plain_codes(service, caller, &setup).await?,
            setup,
            gate: caller.host.backup_gate,
            wrong: Words::None,
            typed: String::new(),
        })
    }

    pub(super) fn with(self, unconfirmed: Unconfirmed) -> Self {
        let Unconfirmed(wrong, typed) = unconfirmed;
        Self {
            wrong,
            typed,
            ..self
        }
    }

    /// The code that is posted with it; nothing where a tick is enough.
    ///
    /// # Errors
    /// What is to be said of what was typed.
    pub(super) fn confirmed(&self, sent: &Sent) -> Result<Option<String>, Box<Unconfirmed>> {
        match self.gate {
            BackupGate::Tick if sent.saved.is_empty() => {
                let words = Words::of(Msg::CodesNotTicked);
                Err(Box::new(Unconfirmed(words, String::new())))
            }
            BackupGate::Tick => Ok(None),
            BackupGate::TypeOne => {
                let wrong = |words| Box::new(Unconfirmed(words, sent.typed_backup.clone()));
                let code = BackupCode::from_typed(&sent.typed_backup)
                    .map_err(|error| wrong(typed::backup_code(error)))?;
                if self.codes.contains(&code) {
                    Ok(Some(code.expose().to_string()))
                } else {
                    Err(wrong(Words::of(Msg::CodesOther)))
                }
            }
        }
    }

    pub(super) fn draw(&self, language: &Language) -> Markup {
        let say = |msg| language.text(msg);
        let wrong = language.say(self.wrong);
        html! {
            h1 { (say(Msg::CodesTitle)) }
            p { (say(Msg::CodesWhat)) }
            p class="nidan-warning" { (say(Msg::CodesWhere)) }
            ol aria-label=(say(Msg::CodesListLabel)) class="nidan-list" {
                @for code in self.codes.iter() {
                    li { (*code.expose_grouped()) }
                }
            }
            @match self.gate {
                BackupGate::TypeOne => {
                    label for="nidan-backup" { (say(Msg::CodesTypeLabel)) }
                    input id="nidan-backup" type="text" name="typed_backup" value=(self.typed) autocomplete="off"
                        maxlength="400" autocapitalize="characters" spellcheck="false" aria-describedby="nidan-backup-error"
                        aria-invalid=[(!wrong.is_empty()).then_some("true")] autofocus[!wrong.is_empty()];
                }
                BackupGate::Tick => {
                    label class="nidan-tick" {
                        input type="checkbox" name="saved" value="on";
                        span { (say(Msg::CodesTick)) }
                    }
                }
            }
            p class="nidan-error" role="alert" id="nidan-backup-error" { (wrong) }
            div class="nidan-actions" {
                button class="nidan-main" name="press" value="codes-use" { (say(Msg::CodesUse)) }
                button class="nidan-quiet" name="press" value="back" { (say(Msg::CommonBack)) }
            }
        }
    }
}
