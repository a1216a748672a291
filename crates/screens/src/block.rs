//! The parts of a screen.

use nidan_flow::Now;
use nidan_protocol::{ChallengeView, Channel};

use crate::Shows;
use crate::messages::Msg;

/// What a [screen](Screen) depends on besides the state.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The service's time.
    pub now: Now,
    /// Where people get help, once the service named it.
    pub support_url: Option<&'a str>,
    /// What the operator has to say where a code by phone is awaited.
    pub outage_notice: Option<&'a str>,
    /// What the page is most likely shown on.
    pub device: Device,
    /// Whether it can be printed there.
    pub can_print: bool,
}

/// What a page is shown on, as far as the browser tells: the phone that has the authenticator app,
/// or something beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// An iPhone.
    IPhone,
    /// A phone that is no iPhone.
    Android,
    /// A computer or a tablet.
    Other,
}

impl Device {
    /// Whether it is most likely the phone that has the app.
    pub const fn is_phone(self) -> bool {
        match self {
            Self::IPhone | Self::Android => true,
            Self::Other => false,
        }
    }
}

/// Everything that is to be seen, in the order of reading.
pub struct Screen<'a, M: Shows> {
    /// When this is another one, the host is notified and the focus moves; [`None`] where there is
    /// nothing to tell yet.
    pub scope: Option<FocusScope>,
    /// Whether the browser's own "back" should leave it.
    pub is_aside: bool,
    /// The blocks, in ascending order of [`Block::rank`].
    pub blocks: Vec<Block<'a, M>>,
}

/// A stretch of the way within which the focus stays where the person has put it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FocusScope {
    /// The name that hosts hear (`nidan-step`).
    pub name: &'static str,
    /// The place of the method whose code is asked for.
    pub method: Option<usize>,
    /// How the code comes that is awaited, and whether something is to be pressed for it.
    pub awaits: Option<(Channel, bool)>,
    /// How many fields there are.
    pub fields: u8,
}

impl FocusScope {
    /// A [screen](Screen) that has no code to wait for.
    pub(crate) const fn named(name: &'static str) -> Self {
        Self {
            name,
            method: None,
            awaits: None,
            fields: 0,
        }
    }

    /// The same where a code is awaited. Another code that comes the same way does not move the
    /// focus: the person may be elsewhere on the [screen](Screen) by now.
    pub(crate) fn awaiting(self, sent: &ChallengeView) -> Self {
        Self {
            awaits: Some((sent.channel, sent.call_digits.is_some())),
            ..self
        }
    }

    /// Distinguishes the headings of [screens](Screen): a heading that is new is read out when the
    /// focus goes to it, and one that has it already would not be.
    pub(crate) fn heading(self) -> u8 {
        let next = |sum: u8, byte: u8| sum.wrapping_mul(43).wrapping_add(byte);
        self.name.bytes().fold(0, next)
    }
}

/// A part of a [screen](Screen).
pub struct Block<'a, M: Shows> {
    /// Which part; it says where it is placed and what it looks like.
    pub key: M::Key,
    /// Its number among those that have this key.
    pub index: u8,
    /// What it holds now.
    pub content: Content<'a, M>,
}

/// What a block holds.
#[allow(
    clippy::large_enum_variant,
    reason = "some forty of them live for one drawing, and nothing is allocated for any"
)]
pub enum Content<'a, M: Shows> {
    /// The blocks that follow and are deeper.
    Group,
    /// The same, with words that only those hear who cannot see what it is.
    Named(Msg),
    /// The same, with an attribute that comes and goes.
    State(&'static str, Option<&'static str>),
    /// The same, and Enter in one of its fields does this.
    Form(M::Action),
    /// Words.
    Text(Words<'a>),
    /// Words beside the name of what they are.
    Cell(Msg, Words<'a>),
    /// A field to type into.
    Field {
        /// The text in it, exactly as it was typed.
        value: &'a str,
        /// Whether browsers fill it in: it is then outside of a shadow tree, where password
        /// managers find it (docs/decisions/0016-fields-outside-of-the-shadow-tree.md).
        is_filled_in: bool,
        /// Its name where it is placed outside of the widget's tree, where no label leads to it.
        label: Label<'a>,
        /// The same for its help.
        help: Option<Msg>,
        /// Whether what is wrong with it is written below.
        is_invalid: bool,
        /// What typing does.
        action: M::Action,
    },
    /// A box to tick.
    Checkbox {
        /// Whether it is ticked.
        is_ticked: bool,
        /// What changing it does.
        action: M::Action,
    },
    /// A button.
    Button {
        /// Its words; nothing where the blocks inside of it have them.
        label: Words<'a>,
        /// Whether it can be pressed.
        is_disabled: bool,
        /// What pressing it does.
        action: M::Action,
    },
    /// A link out of the widget. Its address stays what it was when the link came.
    Link {
        /// Its words.
        label: Words<'a>,
        /// An address whose scheme was checked.
        url: &'a str,
    },
    /// What only the [screens](Screen) of this machine have, and its name.
    Special(Option<Msg>, M::Special<'a>),
}

/// The name of a field: a text with one place at most.
pub type Label<'a> = (Msg, Arg<'a>);

/// Words without their language: the catalogue has that.
#[derive(Clone, Copy)]
pub enum Words<'a> {
    /// Nothing yet; the place stays, so that what appears there is announced.
    None,
    /// Characters that are the same in every language.
    Verbatim(&'a str),
    /// A text of the catalogue, and what goes into its places.
    Message(Msg, [Arg<'a>; 2]),
    /// The same for texts with more places.
    Long(Msg, [Arg<'a>; 5]),
}

/// A value for a named place of a text.
#[derive(Clone, Copy)]
pub enum Arg<'a> {
    /// No value.
    None,
    /// Characters as they are.
    Text(&'static str, &'a str),
    /// Another text of the catalogue.
    Message(&'static str, Msg),
    /// A number, as the language writes it.
    Number(&'static str, u64),
    /// A date with its time of day, as the language writes it.
    Date(&'static str, Now),
}

/// What came with an action.
pub enum Input {
    /// Nothing: a press.
    None,
    /// The field's text.
    Text(String),
    /// Whether the box is ticked.
    Ticked(bool),
}

impl Input {
    /// The field's text; empty for what is no field.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::None | Self::Ticked(_) => String::new(),
        }
    }

    /// Whether the box is ticked; not where there is no box.
    pub(crate) const fn is_ticked(&self) -> bool {
        match self {
            Self::Ticked(is_ticked) => *is_ticked,
            Self::None | Self::Text(_) => false,
        }
    }
}

impl Arg<'_> {
    /// The place that it is for.
    pub const fn place(&self) -> &'static str {
        match self {
            Self::None => "",
            Self::Text(place, _)
            | Self::Message(place, _)
            | Self::Number(place, _)
            | Self::Date(place, _) => place,
        }
    }
}

impl<'a> Words<'a> {
    /// A text without places.
    pub const fn of(msg: Msg) -> Self {
        Self::Message(msg, [Arg::None; 2])
    }

    /// The text and its arguments, where it is one of the catalogue.
    pub const fn message(&self) -> Option<(Msg, &[Arg<'a>])> {
        match self {
            Self::None | Self::Verbatim(_) => None,
            Self::Message(msg, args) => Some((*msg, args)),
            Self::Long(msg, args) => Some((*msg, args)),
        }
    }
}

impl<M: Shows> Content<'_, M> {
    /// What it is called where an attribute says so.
    pub fn name(&self) -> Option<Msg> {
        match self {
            Self::Named(name) | Self::Cell(name, _) => Some(*name),
            Self::Field { label, .. } => Some(label.0),
            Self::Special(name, _) => *name,
            Self::Group
            | Self::State(..)
            | Self::Form(_)
            | Self::Text(_)
            | Self::Checkbox { .. }
            | Self::Button { .. }
            | Self::Link { .. } => None,
        }
    }

    /// What a person can do with it.
    pub const fn action(&self) -> Option<M::Action> {
        match self {
            Self::Group
            | Self::Named(_)
            | Self::State(..)
            | Self::Text(_)
            | Self::Cell(..)
            | Self::Link { .. }
            | Self::Special(..) => None,
            Self::Form(action)
            | Self::Field { action, .. }
            | Self::Checkbox { action, .. }
            | Self::Button { action, .. } => Some(*action),
        }
    }
}
