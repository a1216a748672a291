//! Taking things along: copy, download and print. Nothing of it leaves the browser.

use leptos::prelude::*;
use nidan_flow::{Enrolment, Event, Keepsake, SetUpEvent};
use nidan_screens::messages::Msg;
use nidan_screens::{Arg, Words};
use wasm_bindgen::JsValue;
use zeroize::Zeroizing;

use super::{Page, Shell, now, spawn};
use crate::render::say;

impl Shell {
    /// Copies, saves or prints; reports whether a copy worked.
    pub(super) fn take(self, what: Keepsake) {
        match what {
            Keepsake::CopyOfKey => self.copy(
                what,
                self.read(|enrolment| Zeroizing::new(enrolment.draft.key().expose().to_owned())),
            ),
            Keepsake::CopyOfBackupCodes => {
                self.copy(
                    what,
                    self.read(|enrolment| joined(&backup_codes(enrolment), "\n")),
                );
            }
            Keepsake::FileOfBackupCodes => self.download_codes(),
            Keepsake::PrintOfBackupCodes => self.print_codes(),
        }
    }

    fn copy(self, what: Keepsake, text: Zeroizing<String>) {
        let page = self.page(Page::clone);
        spawn(async move {
            let copied = page.copy(&text).await;
            self.send(Event::On(SetUpEvent::Copied(what, copied.is_ok())));
        });
    }

    /// Reads the enrolment; what is empty where there is none.
    fn read<T: Default>(self, read: impl FnOnce(&Enrolment) -> T) -> T {
        self.flow
            .with_untracked(|flow| flow.active().map(read))
            .unwrap_or_default()
    }

    /// Saves the codes as a text file with site, account and date.
    fn download_codes(self) {
        let (title, lines) = self.sheet();
        let mut text = Zeroizing::new(title);
        text.push_str("\r\n\r\n");
        text.push_str(&joined(&lines, "\r\n"));
        self.page(|page| page.download("backup-codes.txt", &text));
    }

    /// Prints the codes on a page of their own, not the host's page around them.
    fn print_codes(self) {
        let (title, lines) = self.sheet();
        self.page(|page| {
            page.print(
                &title,
                lines.iter().map(|line| JsValue::from_str(line)).collect(),
            )
        });
    }

    /// A title, three lines about the codes, and the codes.
    fn sheet(self) -> (String, Vec<Zeroizing<String>>) {
        self.read(|enrolment| {
            self.parts.with_value(|parts| {
                let issuer = Arg::Text("issuer", enrolment.opening.issuer.as_str());
                let account = Arg::Text("account", enrolment.opening.account.as_str());
                let date = Arg::Date("date", now(parts));
                let line = |msg, arg| say(&parts.page, Words::Message(msg, [arg, Arg::None]));
                let about = [
                    line(Msg::CodesFileAccount, account),
                    line(Msg::CodesFileDate, date),
                    line(Msg::CodesFileNote, issuer),
                ];
                let mut lines: Vec<_> = about.into_iter().map(Zeroizing::new).collect();
                lines.extend(backup_codes(enrolment));
                (line(Msg::CodesFileTitle, issuer), lines)
            })
        })
    }
}

fn backup_codes(enrolment: &Enrolment) -> Vec<Zeroizing<String>> {
    enrolment
        .draft
        .backup_codes()
        .iter()
        .map(nidan_otp::BackupCode::expose_grouped)
        .collect()
}

fn joined(lines: &[Zeroizing<String>], end: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(1024));
    for line in lines {
        text.push_str(line);
        text.push_str(end);
    }
    text
}
