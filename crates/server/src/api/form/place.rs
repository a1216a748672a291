//! Where a person was, as text in the page: the way, the screen, wrong codes in a row, and the
//! message that was awaited. It is a hint: whoever changes it is on another screen of their own
//! login.

use std::fmt;

use nidan_flow::{BookmarkedScreen, LoginBookmark, LoginMethod, SigningIn};
use nidan_protocol::{BACKUP_METHOD_ID, MethodView};

/// The value of the hidden field `at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// A method's id, or that of backup codes.
    pub(super) way: &'a str,
    pub(super) screen: BookmarkedScreen,
    times: u8,
    /// The id of the challenge that was awaited, also where the person looked around meanwhile.
    pub(super) sent: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// [`None`] for what no page has.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split('.');
        Some(Self {
            way: parts.next()?,
            screen: screen_of(parts.next()?)?,
            times: parts.next()?.parse().ok()?,
            sent: parts.next().filter(|id| !id.is_empty()),
        })
    }

    /// Where the person is now; [`None`] where nothing is left to go on with.
    pub(super) fn of(signing: &'a SigningIn) -> Option<Self> {
        let bookmark = signing.bookmark()?;
        let way = match bookmark.way {
            LoginMethod::Method(place) => signing.opening.methods.get(place)?.id.as_str(),
            LoginMethod::Backup => BACKUP_METHOD_ID,
        };
        Some(Self {
            way,
            screen: bookmark.screen,
            times: u8::try_from(bookmark.times).unwrap_or(u8::MAX),
            sent: signing.sent().map(|sent| sent.id.as_str()),
        })
    }

    /// The same among the person's methods of now; [`None`] where its method is gone.
    pub(super) fn bookmark(&self, methods: &[MethodView]) -> Option<LoginBookmark> {
        let way = if self.way == BACKUP_METHOD_ID {
            LoginMethod::Backup
        } else {
            LoginMethod::Method(methods.iter().position(|method| method.id == self.way)?)
        };
        Some(LoginBookmark {
            way,
            screen: self.screen,
            times: self.times.into(),
        })
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (screen, sent) = (name_of(self.screen), self.sent.unwrap_or_default());
        write!(f, "{}.{screen}.{}.{sent}", self.way, self.times)
    }
}

const SCREENS: [BookmarkedScreen; 5] = [
    BookmarkedScreen::Code,
    BookmarkedScreen::MethodPicker,
    BookmarkedScreen::Recovery,
    BookmarkedScreen::Report,
    BookmarkedScreen::Help,
];

const fn name_of(screen: BookmarkedScreen) -> &'static str {
    match screen {
        BookmarkedScreen::Code => "code",
        BookmarkedScreen::MethodPicker => "ways",
        BookmarkedScreen::Recovery => "lost",
        BookmarkedScreen::Report => "report",
        BookmarkedScreen::Help => "help",
    }
}

fn screen_of(name: &str) -> Option<BookmarkedScreen> {
    SCREENS.into_iter().find(|screen| name_of(*screen) == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written_and_nothing_else_is_one() {
        for text in [
            "m-1.code.0.c_2",
            "backup_code.ways.255.",
            "m-1.report.3.",
            "m-1.help.0.c_2",
            "m.lost.1.c",
        ] {
            let place = Place::parse(text);
            assert_eq!(place.map(|place| place.to_string()), Some(text.to_owned()));
        }
        for text in [
            "",
            ".",
            "m.code",
            "m.code.256.",
            "m.reported.0.",
            "m.code.x.",
        ] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
    }
}
