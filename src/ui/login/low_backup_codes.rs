//! In; and few backup codes are left, said before it is too late.

use crate::shell::Shell;
use crate::ui::components::{actions, primary_button, screen};
use crate::ui::dom::{Dom, h};
use nidan_flow::{Login, LoginEvent, LoginStep};
use nidan_screens::messages::Msg;

/// In; and said before it is too late.
pub(super) fn low_backup_codes(shell: Shell<Login>) -> Dom {
    let left = shell.signing_now(|signing| match &signing.step {
        LoginStep::LowBackupCodes(passed) => passed.backup_codes_left,
        _other => 0,
    });
    let left = shell.number(left.unwrap_or(0).into());
    screen(shell, Msg::LoginFewTitle)
        .child(
            h("p")
                .class("nidan-warning")
                .text(&shell.t_with(Msg::LoginFew, &[("count", &left)])),
        )
        .child(actions(
            shell,
            primary_button(shell, Msg::CommonNext, || LoginEvent::Submit),
            false,
        ))
}
