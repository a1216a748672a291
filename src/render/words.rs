//! Words of a screen in the person's language.

use nidan_flow::Now;
use nidan_screens::messages::{Msg, fill_with};
use nidan_screens::{Arg, Words};

use crate::shell::Page;

/// In the person's language.
pub(crate) fn say(page: &Page, words: Words<'_>) -> String {
    match words {
        Words::None => String::new(),
        Words::Verbatim(text) => text.to_owned(),
        Words::Message(msg, args) => filled(page, msg, &args),
        Words::Long(msg, args) => filled(page, msg, &args),
    }
}

fn filled(page: &Page, msg: Msg, args: &[Arg<'_>]) -> String {
    // A text with forms has its count first.
    let count = if let Some(Arg::Number(_, count)) = args.first() {
        *count as f64
    } else {
        0.0
    };
    let text = page.words(msg as u32, count);
    fill_with(&text, |place, filled| {
        if let Some(arg) = args.iter().find(|arg| arg.place() == place) {
            filled.push_str(&value(page, *arg));
        }
    })
}

fn value(page: &Page, arg: Arg<'_>) -> String {
    match arg {
        Arg::None => String::new(),
        Arg::Text(_, text) => text.to_owned(),
        Arg::Message(_, msg) => page.words(msg as u32, 0.0),
        Arg::Number(_, number) => page.number(number as f64),
        Arg::Date(_, Now(at)) => page.date(at as f64),
    }
}
