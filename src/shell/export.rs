//! Taking things along: copy, download and print. Nothing of it leaves the browser.

use nidan_protocol::{Channel, DeliveryState};
use wasm_bindgen::JsValue;
use zeroize::Zeroizing;

use super::{Page, Shell, spawn};
use leptos::prelude::untrack;
use nidan_flow::{Login, Machine};
use nidan_screens::messages::Msg;

impl<M: Machine> Shell<M> {
    /// Copies text; tells whether it worked.
    pub(crate) fn copy(self, text: Zeroizing<String>, told: impl Fn(bool) + 'static) {
        let page = self.page(Page::clone);
        spawn(async move { told(page.copy(&text).await.is_ok()) });
    }

    /// What support needs to know of a code that does not arrive: no code, no secret, two digits of
    /// the number.
    pub(crate) fn support_summary(self) -> Zeroizing<String> {
        let date = self.date(untrack(|| self.now()));
        let summary = untrack(|| {
            self.with(|flow| {
                flow.awaited().map(|challenge| {
                    let state = match challenge.delivery {
                        DeliveryState::Queued => Msg::StateQueued,
                        DeliveryState::Accepted => Msg::StateAccepted,
                        DeliveryState::Unknown => Msg::StateUnclear,
                        DeliveryState::Delivered => Msg::StateDelivered,
                        DeliveryState::Failed => Msg::StateFailed,
                    };
                    let channel = match challenge.channel {
                        Channel::Sms => Msg::MethodSmsName,
                        Channel::Voice => Msg::MethodVoiceName,
                    };
                    let (state, channel) = (self.t(state), self.t(channel));
                    let places = [
                        ("channel", channel.as_str()),
                        ("hint", &challenge.hint),
                        ("reference", &challenge.reference),
                        ("state", state.as_str()),
                        ("date", &date),
                    ];
                    self.t_with(Msg::HelpSummary, &places)
                })
            })
        });
        Zeroizing::new(summary.unwrap_or_default())
    }
}

impl Shell<Login> {
    /// What support needs to know of somebody who cannot get in: no code, two digits of a number at
    /// most.
    pub(crate) fn login_summary(self) -> Zeroizing<String> {
        let date = self.date(untrack(|| self.now()));
        let summary = self.signing_now(|signing| {
            let opening = &signing.opening;
            let kind = |method: &nidan_protocol::MethodView| method.kind.as_str();
            let ways = opening
                .methods
                .iter()
                .map(kind)
                .collect::<Vec<_>>()
                .join(", ");
            let count = self.number(opening.backup_codes_left.into());
            let places = [
                ("issuer", opening.issuer.as_str()),
                ("account", &opening.account),
                ("ways", &ways),
                ("count", &count),
                ("date", &date),
            ];
            self.t_with(Msg::LoginSummary, &places)
        });
        Zeroizing::new(summary.unwrap_or_default())
    }
}

impl Shell {
    pub(crate) fn backup_codes(self) -> Vec<Zeroizing<String>> {
        self.enrolment_now(|enrolment| {
            enrolment
                .draft
                .backup_codes()
                .iter()
                .map(nidan_otp::BackupCode::expose_grouped)
                .collect()
        })
        .unwrap_or_default()
    }

    /// The codes one a line.
    pub(crate) fn backup_text(self) -> Zeroizing<String> {
        joined(&self.backup_codes(), "\n")
    }

    /// Saves the codes as a text file with site, account and date.
    pub(crate) fn download_codes(self) {
        let (title, lines) = self.sheet();
        let mut text = Zeroizing::new(title);
        text.push_str("\r\n\r\n");
        text.push_str(&joined(&lines, "\r\n"));
        self.page(|page| page.download("backup-codes.txt", &text));
    }

    /// Prints the codes on a page of their own, not the host's page around them.
    pub(crate) fn print_codes(self) {
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
        let names = |enrolment: &nidan_flow::Enrolment| {
            (
                enrolment.opening.issuer.as_str().to_owned(),
                enrolment.opening.account.as_str().to_owned(),
            )
        };
        let (issuer, account) = self.enrolment_now(names).unwrap_or_default();
        let date = self.date(untrack(|| self.now()));
        let about = [
            self.t_with(Msg::CodesFileAccount, &[("account", &account)]),
            self.t_with(Msg::CodesFileDate, &[("date", &date)]),
            self.t_with(Msg::CodesFileNote, &[("issuer", &issuer)]),
        ];
        let mut lines: Vec<_> = about.into_iter().map(Zeroizing::new).collect();
        lines.extend(self.backup_codes());
        (
            self.t_with(Msg::CodesFileTitle, &[("issuer", &issuer)]),
            lines,
        )
    }
}

fn joined(lines: &[Zeroizing<String>], end: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(1024));
    for line in lines {
        text.push_str(line);
        text.push_str(end);
    }
    text
}
