//! What a page without scripts needs to know of a machine whose screens it draws.

use std::convert::Infallible;

use nidan_flow::{Login, Manage, ManageNav, NewNav};
use nidan_protocol::{APPROVAL_METHOD_ID, MethodView, TEMPORARY_METHOD_ID};
use nidan_screens::login::{LoginAction, LoginKey};
use nidan_screens::manage::{ManageAction, ManageKey, OwnKey};
use nidan_screens::{Content, Input, Shows, View};

/// What buttons are about where there are several alike, in the order of their blocks: a page is
/// pressed on while another one has changed the order.
#[derive(Clone, Copy, Default)]
pub(super) struct Names<'a> {
    /// The ways to a code.
    pub(super) ways: &'a [MethodView],
    /// The ids of the methods that are managed.
    pub(super) methods: &'a [String],
    /// The ids of the trusted browsers.
    pub(super) browsers: &'a [String],
}

fn nth(ids: &[String], index: u8) -> &str {
    ids.get(usize::from(index)).map_or("", String::as_str)
}

/// A machine whose screens stand without scripts.
pub(super) trait Plain: for<'a> Shows<Special<'a> = Infallible> {
    /// What a button posts: the action, and what it is about where there are several.
    fn press_of(action: Self::Action, index: u8, names: Names<'_>) -> String;

    /// Whether it tries again, or begins again.
    fn is_again(action: Self::Action) -> bool;

    /// Which block of a login it is.
    fn login_key(key: Self::Key) -> Option<LoginKey>;

    /// Whether it is the heading.
    fn is_title(key: Self::Key) -> bool;
}

impl Plain for Login {
    /// Both ways of sending again are one press: which it is depends on when it comes.
    fn press_of(action: LoginAction, index: u8, names: Names<'_>) -> String {
        match action {
            LoginAction::Submit => "submit".to_owned(),
            LoginAction::Back => "back".to_owned(),
            LoginAction::Again => "again".to_owned(),
            LoginAction::PickMethod => "ways".to_owned(),
            LoginAction::Lose => "lose".to_owned(),
            LoginAction::Choose => {
                let id = names.ways.get(usize::from(index)).map(|method| &method.id);
                format!("way-{}", id.map_or("", String::as_str))
            }
            LoginAction::ChooseBackup => "backup".to_owned(),
            LoginAction::ChooseTemporary => TEMPORARY_METHOD_ID.to_owned(),
            LoginAction::ChooseApproval => APPROVAL_METHOD_ID.to_owned(),
            LoginAction::AskForApproval => "ask".to_owned(),
            LoginAction::Recover => "lost".to_owned(),
            LoginAction::Send(channel, confirmation) => {
                format!("send-{}-{}", channel.as_str(), confirmation.as_str())
            }
            LoginAction::Resend | LoginAction::Renew => "resend".to_owned(),
            LoginAction::Help => "help".to_owned(),
            LoginAction::ReportUnrequested => "report".to_owned(),
            LoginAction::TypeCode => "code".to_owned(),
            LoginAction::TypeSecondCode => "second_code".to_owned(),
            LoginAction::TypeBackupCode => "typed_backup".to_owned(),
            LoginAction::Trust => "trust".to_owned(),
        }
    }

    fn is_again(action: LoginAction) -> bool {
        action == LoginAction::Again
    }

    fn login_key(key: LoginKey) -> Option<LoginKey> {
        Some(key)
    }

    fn is_title(key: LoginKey) -> bool {
        key == LoginKey::Title
    }
}

impl Plain for Manage {
    fn press_of(action: ManageAction, index: u8, names: Names<'_>) -> String {
        match action {
            ManageAction::Proof(action) => Login::press_of(action, index, names),
            ManageAction::Again => "again".to_owned(),
            ManageAction::TypeName => "name".to_owned(),
            ManageAction::Method => format!("method-{}", nth(names.methods, index)),
            ManageAction::EndBrowser => format!("browser-{}", nth(names.browsers, index)),
            ManageAction::Go(to) => press_of_nav(to, names),
        }
    }

    fn is_again(action: ManageAction) -> bool {
        action == ManageAction::Again || action == ManageAction::Proof(LoginAction::Again)
    }

    fn login_key(key: ManageKey) -> Option<LoginKey> {
        match key {
            ManageKey::Login(key) => Some(key),
            ManageKey::Own(_) => None,
        }
    }

    fn is_title(key: ManageKey) -> bool {
        key == ManageKey::Own(OwnKey::Title) || key == ManageKey::Login(LoginKey::Title)
    }
}

fn press_of_nav(to: ManageNav, names: Names<'_>) -> String {
    let at = |place: usize| u8::try_from(place).unwrap_or(u8::MAX);
    let fixed = match to {
        ManageNav::Back => "back",
        ManageNav::Submit => "submit",
        ManageNav::Method(place) => return format!("method-{}", nth(names.methods, at(place))),
        ManageNav::Rename => "rename",
        ManageNav::Default => "default",
        ManageNav::Test => "test",
        ManageNav::Lost => "take-out",
        ManageNav::Found => "found",
        ManageNav::Remove => "remove",
        ManageNav::New(NewNav::Method) => "add",
        ManageNav::New(NewNav::Kind(kind)) => return format!("add-{}", kind.as_str()),
        ManageNav::New(NewNav::Replace) => "replace",
        ManageNav::New(NewNav::Kept) => "replace-kept",
        ManageNav::New(NewNav::Gone) => "replace-gone",
        ManageNav::New(NewNav::Codes) => "codes",
        ManageNav::Check => "check",
        ManageNav::Pause => "pause",
        ManageNav::Reason(reason) => return format!("reason-{}", reason.as_str()),
        ManageNav::Hours(hours) => return format!("hours-{hours}"),
        ManageNav::Resume => "resume",
        ManageNav::TurnOff => "turn-off",
        ManageNav::Browsers => "browsers",
        ManageNav::EndBrowser(place) => {
            return format!("browser-{}", nth(names.browsers, at(place)));
        }
        ManageNav::EndOthers => "browsers-others",
        ManageNav::EndAll => "browsers-all",
        ManageNav::Record => "record",
        ManageNav::Earlier => "earlier",
        ManageNav::Report => "not-me",
        ManageNav::Undo => "undo",
        ManageNav::Finish => "finish",
    };
    fixed.to_owned()
}

/// What a press does on the machine's present screen; [`None`] where it has no such button.
pub(super) fn pressed<M: Plain>(
    machine: &M,
    view: View<'_>,
    names: Names<'_>,
    press: &str,
) -> Option<M::Event> {
    let screen = machine.screen(view);
    let pressed = screen
        .blocks
        .iter()
        .find_map(|block| match &block.content {
            Content::Button {
                action,
                is_disabled: false,
                ..
            } if M::press_of(*action, block.index, names) == press => Some((*action, block.index)),
            _other => None,
        })?;
    Some(M::event(pressed.0, pressed.1, Input::None))
}
