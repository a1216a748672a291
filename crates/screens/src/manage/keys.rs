//! The blocks of the page on which methods are managed: a login's, where a factor is proved, and
//! its own, in the order in which they stand.

use crate::login::LoginKey;
use crate::shape::{Shape, keys};

keys! {
    /// A block of the page's own screens.
    OwnKey {
        /// Something is on its way, and there is nothing to do meanwhile.
        Busy = "0p;class=nidan-busy;role=status",
        /// Why another proof is asked for.
        ProofRefusal = "1p;class=nidan-error;role=alert",
        /// Holds all that follows but the way to support.
        Screen = "0div;class=nidan-screen",
        /// The heading; it takes the focus where nothing else on the screen does.
        Title = "1h2;part=title;tabindex=-1",
        /// What was done just now.
        Done = "1p;class=nidan-advice;role=status",
        /// Holds what undoes it.
        DoneTools = "1div;class=nidan-tools",
        /// Undoes it.
        Undo = "2button;type=button;class=nidan-quiet;part=button",
        /// Why the service could not be asked.
        Trouble = "1p;role=alert",
        /// Why something was not done.
        Refusal = "1p;class=nidan-error;role=alert",
        /// What this is about.
        Lead = "1p",
        /// Which one of several.
        Which = "1p;class=nidan-help",
        /// What must not be overlooked.
        Warning = "1p;class=nidan-warning",
        /// Holds what a warning is answered by.
        WarningTools = "1div;class=nidan-tools",
        /// Answers it: a pause is ended, or what is missing is made.
        WarningMain = "2button;type=button;class=nidan-main;part=button-main",
        /// What is better.
        Advice = "1p;class=nidan-advice",
        /// Says what the ways are that follow.
        LeftLead = "1p",
        /// Holds the ways in without the phone.
        Left = "1ul",
        /// One of them.
        LeftItem = "2li",
        /// Says that the methods follow.
        MethodsTitle = "1h3",
        /// Holds the methods.
        Methods = "1div;class=nidan-ways",
        /// A method.
        Method = "2button;type=button;class=nidan-quiet;part=button",
        /// Which it is.
        MethodWords = "3span",
        /// What the person calls it.
        MethodName = "3small",
        /// That a login begins with it.
        MethodDefault = "3small",
        /// Why it cannot be relied on.
        MethodState = "3small",
        /// Holds what adds one.
        AddTools = "1div;class=nidan-tools",
        /// Adds one.
        Add = "2button;type=button;class=nidan-quiet;part=button",
        /// How many backup codes are left.
        Codes = "1p",
        /// When they were made, and that there are few.
        CodesNote = "1p;class=nidan-help",
        /// Holds what makes new ones.
        CodesTools = "1div;class=nidan-tools",
        /// Makes new ones.
        NewCodes = "2button;type=button;class=nidan-quiet;part=button",
        /// Holds what is known of a method.
        Facts = "1ul",
        /// One of it.
        Fact = "2li",
        /// Holds the field of a name.
        NameForm = "1form;class=nidan-text;novalidate=",
        /// Names it.
        NameLabel = "2label;for=nidan-name{}",
        /// Takes a name.
        Name = "2input;id=nidan-name{};part=text-input;type=text;autocomplete=off;maxlength=400;\
                aria-describedby=nidan-name{}-error;data-focus=",
        /// What is wrong with it.
        NameError = "2p;class=nidan-error;role=alert;id=nidan-name{}-error",
        /// Holds the button that keeps it.
        NameActions = "2div;class=nidan-actions",
        /// Keeps it.
        NameSave = "3button;type=submit;class=nidan-main;part=button-main",
        /// Holds answers to a question.
        Choices = "1div;class=nidan-ways",
        /// One of them.
        Choice = "2button;type=button;class=nidan-quiet;part=button",
        /// Holds lines, each about one thing.
        Rows = "1div;class=nidan-rows",
        /// A line.
        Row = "2div",
        /// What it is.
        RowWords = "3p",
        /// When, and where.
        RowNote = "3p;class=nidan-help",
        /// What can be done about it.
        RowAction = "3button;type=button;class=nidan-quiet;part=button",
        /// Holds the buttons at the end of a screen.
        Actions = "1div;class=nidan-actions",
        /// Goes on.
        Main = "2button;type=button;class=nidan-main;part=button-main",
        /// Another thing to do here.
        Other = "2button;type=button;class=nidan-quiet;part=button",
        /// Goes back; the browser's own "back" presses it.
        Back = "2button;type=button;class=nidan-quiet;part=button;data-back=",
        /// Holds everything else that there is.
        Aside = "1div;class=nidan-aside",
        /// One thing of it.
        AsideButton = "2button;type=button;class=nidan-quiet;part=button",
        /// What was pressed is on its way.
        Waits = "0p;class=nidan-busy;role=status",
        /// A set-up is fetched: whoever pressed for it stays here until it is there.
        Fetches = "0p;class=nidan-busy;role=status;tabindex=-1;data-focus=",
        /// Holds the way to people who help, on every screen.
        Support = "0p;class=nidan-support",
        /// The way to people who help.
        SupportLink = "1a;target=_blank;rel=noopener",
    }
    early None;
    rows {
        MethodWords in Method,
        MethodName in Method,
        MethodDefault in Method,
        MethodState in Method,
        RowWords in Row,
        RowNote in Row,
        RowAction in Row,
    }
}

/// A block of any screen of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManageKey {
    /// Where a factor is proved.
    Login(LoginKey),
    /// Anywhere else.
    Own(OwnKey),
}

/// A login's blocks stand before the page's own.
const LOGIN_KEYS: u8 = LoginKey::ALL.len() as u8;

impl crate::Key for ManageKey {
    const EARLY_FIELD: Option<Self> = None;

    fn order(self) -> u8 {
        match self {
            Self::Login(key) => key.order(),
            Self::Own(key) => LOGIN_KEYS + key.order(),
        }
    }

    fn row(self) -> u8 {
        match self {
            Self::Login(key) => key.row(),
            Self::Own(key) => LOGIN_KEYS + key.row(),
        }
    }

    fn shape(self) -> Shape {
        match self {
            Self::Login(key) => key.shape(),
            Self::Own(key) => key.shape(),
        }
    }
}
