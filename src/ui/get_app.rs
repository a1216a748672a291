//! Which app: dated facts, and straight on for everybody who has one.

use super::components::{actions, paragraph, primary_button, screen, text};
use super::dom::{Dom, h};
use crate::shell::Shell;
use nidan_flow::Event;
use nidan_screens::apps::{APPS, App, Backup, VERIFIED_ON};
use nidan_screens::messages::Msg;

/// The comparison.
pub(super) fn get_app(shell: Shell) -> Dom {
    let columns = [
        Msg::AppColumnApp,
        Msg::AppColumnRunsOn,
        Msg::AppColumnBackup,
        Msg::AppColumnDevices,
    ];
    let head = h("tr").children(columns.map(|name| h("th").attr("scope", "col").say(shell, name)));
    let table = h("table")
        .class("nidan-apps")
        .say_in("aria-label", shell, Msg::AppTableLabel)
        .child(h("thead").child(head))
        .child(h("tbody").children(APPS.iter().map(|app| row(shell, app))));
    screen(shell, Msg::AppTitle)
        .child(text(shell, Msg::AppLead))
        .child(h("div").class("nidan-actions").child(primary_button(
            shell,
            Msg::AppHaveOne,
            || Event::Next,
        )))
        .child(table)
        .child(text(shell, Msg::AppKeepUpdated))
        .child(paragraph(
            "nidan-help",
            &shell.t_with(Msg::AppVerifiedOn, &[("date", VERIFIED_ON)]),
        ))
        .child(actions(
            shell,
            primary_button(shell, Msg::CommonNext, || Event::Next),
            true,
        ))
}

fn row(shell: Shell, app: &App) -> Dom {
    let cell = |column: Msg, words: &str| h("td").say_in("data-label", shell, column).text(words);
    let several = if app.several_devices {
        Msg::CommonYes
    } else {
        Msg::CommonNo
    };
    let name = h("th")
        .attr("scope", "row")
        .child(h("span").text(app.name))
        .child(h("p").class("nidan-help").say(shell, app.note));
    h("tr")
        .child(name)
        .child(cell(Msg::AppColumnRunsOn, app.runs_on))
        .child(cell(Msg::AppColumnBackup, &backup_words(shell, app.backup)))
        .child(cell(Msg::AppColumnDevices, &shell.t(several)))
}

fn backup_words(shell: Shell, backup: Backup) -> String {
    match backup {
        Backup::Account(account) => shell.t_with(Msg::AppBackupAccount, &[("account", account)]),
        Backup::EndToEnd => shell.t(Msg::AppBackupEncrypted),
        Backup::Password => shell.t(Msg::AppBackupPassword),
        Backup::File => shell.t(Msg::AppBackupFile),
    }
}
