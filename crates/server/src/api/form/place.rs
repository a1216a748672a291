//! Where a person was, as text in the page: the way, the screen, wrong codes in a row, the message
//! that was awaited, and what was called lost. It is a hint: whoever changes it is on another screen of their own
//! login.

use std::fmt;

use nidan_flow::{BookmarkedScreen, LoginBookmark, LoginMethod, LostMethods, SigningIn};
use nidan_protocol::{BACKUP_METHOD_ID, LOST_MAX, MethodView, TEMPORARY_METHOD_ID};

/// The value of the hidden field `at`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// A method's id, or that of backup codes.
    pub(super) way: &'a str,
    pub(super) screen: BookmarkedScreen,
    times: u8,
    /// The id of the challenge that was awaited, also where the person looked around meanwhile.
    pub(super) sent: Option<&'a str>,
    /// The ids of the methods that the person called lost.
    lost: Vec<&'a str>,
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
            lost: parts.take(LOST_MAX).collect(),
        })
    }

    /// Where the person is now; [`None`] where nothing is left to go on with.
    pub(super) fn of(signing: &'a SigningIn) -> Option<Self> {
        let bookmark = signing.bookmark()?;
        let way = match bookmark.way {
            LoginMethod::Method(place) => signing.opening.methods.get(place)?.id.as_str(),
            LoginMethod::Backup => BACKUP_METHOD_ID,
            LoginMethod::Temporary => TEMPORARY_METHOD_ID,
            // Not offered without scripts.
            LoginMethod::Approval => return None,
        };
        Some(Self {
            way,
            screen: bookmark.screen,
            times: u8::try_from(bookmark.times).unwrap_or(u8::MAX),
            sent: signing.sent().map(|sent| sent.id.as_str()),
            lost: {
                let methods = signing.opening.methods.iter().enumerate();
                let lost = methods.filter(|(place, _)| bookmark.lost.has(*place));
                lost.map(|(_, method)| method.id.as_str()).collect()
            },
        })
    }

    /// The methods that a code of the way takes out of use: what lets in is not lost.
    pub(super) fn lost_but_the_way(&self) -> String {
        let lost = self.lost.iter().filter(|id| **id != self.way);
        lost.flat_map(|id| [*id, " "]).collect()
    }

    /// The same among the person's methods of now; [`None`] where its method is gone.
    pub(super) fn bookmark(&self, methods: &[MethodView]) -> Option<LoginBookmark> {
        let way = if self.way == BACKUP_METHOD_ID {
            LoginMethod::Backup
        } else if self.way == TEMPORARY_METHOD_ID {
            LoginMethod::Temporary
        } else {
            LoginMethod::Method(methods.iter().position(|method| method.id == self.way)?)
        };
        Some(LoginBookmark {
            way,
            screen: self.screen,
            times: self.times.into(),
            lost: {
                let mut lost = LostMethods::default();
                for (place, method) in methods.iter().enumerate() {
                    if self.lost.contains(&method.id.as_str()) {
                        lost.toggle(place);
                    }
                }
                lost
            },
        })
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (screen, sent) = (name_of(self.screen), self.sent.unwrap_or_default());
        write!(f, "{}.{screen}.{}.{sent}", self.way, self.times)?;
        self.lost.iter().try_for_each(|id| write!(f, ".{id}"))
    }
}

const SCREENS: [BookmarkedScreen; 6] = [
    BookmarkedScreen::Code,
    BookmarkedScreen::MethodPicker,
    BookmarkedScreen::LostPicker,
    BookmarkedScreen::Recovery,
    BookmarkedScreen::Report,
    BookmarkedScreen::Help,
];

const fn name_of(screen: BookmarkedScreen) -> &'static str {
    match screen {
        BookmarkedScreen::Code => "code",
        BookmarkedScreen::MethodPicker => "ways",
        BookmarkedScreen::LostPicker => "which-lost",
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
            "temporary_code.code.0.",
            "m-1.report.3.",
            "m-1.help.0.c_2",
            "m.lost.1.c",
            "m.which-lost.0..m-1.m-2",
            "backup_code.code.0.c.m",
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
