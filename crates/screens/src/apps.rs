//! Authenticator apps as dated facts: look them up again before each release and move
//! [`VERIFIED_ON`].
//!
//! Sources: the apps' own help pages and repositories (see docs/apps.md).

use crate::messages::Msg;
use crate::{Device, Words};

/// When somebody last compared these facts with their sources (ISO 8601).
pub const VERIFIED_ON: &str = "2026-11-23";

/// How an app keeps its entries when the phone is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backup {
    /// In an account of the maker's.
    Account(&'static str),
    /// End-to-end encrypted in the maker's cloud.
    EndToEnd,
    /// In the maker's cloud, encrypted with a password that the person sets.
    Password,
    /// A file that the person keeps.
    File,
}

/// One row of the comparison.
#[derive(Clone, Copy)]
pub struct App {
    /// Its name.
    pub name: Words<'static>,
    /// Platforms, by their own names.
    pub runs_on: &'static str,
    /// How entries survive a lost phone.
    pub backup: Backup,
    /// Whether the same entries can be on several devices at once.
    pub several_devices: bool,
    /// What to know before choosing it.
    pub note: Msg,
}

const GOOGLE: App = App {
    name: Words::Verbatim("Google Authenticator"),
    runs_on: "Android, iPhone",
    backup: Backup::Account("Google"),
    several_devices: true,
    note: Msg::AppNoteGoogle,
};
const APPLE: App = App {
    name: Words::of(Msg::AppApple),
    runs_on: "iPhone, iPad, Mac",
    backup: Backup::EndToEnd,
    several_devices: true,
    note: Msg::AppNoteApple,
};

/// Those that most people know first, then the open-source ones.
pub const APPS: &[App] = &[
    GOOGLE,
    App {
        name: Words::Verbatim("Microsoft Authenticator"),
        runs_on: "Android, iPhone",
        backup: Backup::Account("Microsoft / iCloud"),
        several_devices: false,
        note: Msg::AppNoteMicrosoft,
    },
    App {
        name: Words::Verbatim("Authy"),
        runs_on: "Android, iPhone",
        backup: Backup::Password,
        several_devices: true,
        note: Msg::AppNoteAuthy,
    },
    APPLE,
    App {
        name: Words::Verbatim("Aegis"),
        runs_on: "Android",
        backup: Backup::File,
        several_devices: false,
        note: Msg::AppNoteAegis,
    },
    App {
        name: Words::Verbatim("Ente Auth"),
        runs_on: "Android, iPhone, Windows, Mac, Linux",
        backup: Backup::EndToEnd,
        several_devices: true,
        note: Msg::AppNoteEnte,
    },
];

/// The app that somebody who has none is pointed to: what the phone brings, else the one that most
/// people's helpers know.
pub(crate) const fn recommended(device: Device) -> &'static App {
    match device {
        Device::IPhone => &APPLE,
        Device::Android | Device::Other => &GOOGLE,
    }
}
