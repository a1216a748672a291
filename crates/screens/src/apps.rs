//! The authenticator app that is named to somebody who has none.
//!
//! The others are compared by a script that is fetched when somebody asks for it
//! (`public/nidan/guide.js`), with the day on which the facts were looked up.

use crate::messages::Msg;
use crate::{Device, Words};

/// An authenticator app.
#[derive(Clone, Copy)]
pub(crate) struct App {
    /// Its name.
    pub(crate) name: Words<'static>,
    /// What to know before choosing it.
    pub(crate) note: Msg,
}

const GOOGLE: App = App {
    name: Words::Verbatim("Google Authenticator"),
    note: Msg::AppNoteGoogle,
};
const APPLE: App = App {
    name: Words::of(Msg::AppApple),
    note: Msg::AppNoteApple,
};

/// The app that somebody who has none is pointed to: what the phone brings, else the one that most
/// people's helpers know.
pub(crate) const fn recommended(device: Device) -> App {
    match device {
        Device::IPhone => APPLE,
        Device::Android | Device::Other => GOOGLE,
    }
}
