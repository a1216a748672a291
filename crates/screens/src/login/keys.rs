//! The blocks of a login, in the order in which they stand.

use crate::shape::keys;

keys! {
    /// A block of a login's screens.
    LoginKey {
        /// Something is on its way, and there is nothing to do meanwhile.
        Busy = "0p;class=nidan-busy;role=status",
        /// Holds all that follows but the way to support.
        Screen = "0div;class=nidan-screen",
        /// The heading; it takes the focus where nothing else on the screen does.
        Title = "1h2;part=title;tabindex=-1",
        /// Where the person signs in, and as whom.
        Account = "1p;class=nidan-help",
        /// What a code does that is typed for something else than a login.
        Wish = "1p;class=nidan-warning",
        /// Which method it is about.
        WishOf = "1p;class=nidan-help",
        /// That nothing but a passkey will do.
        Needed = "1p;class=nidan-warning",
        /// What this is about.
        Lead = "1p",
        /// What must not be overlooked.
        Warning = "1p;class=nidan-warning",
        /// Why the service could not be asked.
        Trouble = "1p;role=alert",
        /// Where a code was sent, and by what its message is known.
        Sent = "1p;role=status",
        /// What is said while the browser asks for a passkey, and when it has ended without one.
        Meanwhile = "1p;role=status",
        /// Holds what to press in a call.
        Pressing = "1div",
        /// Says what the digits are for.
        PressLead = "2p",
        /// The digits to press.
        Digits = "2p;class=nidan-keys;role=status",
        /// That there are two codes this time.
        TwoCodes = "1p",
        /// What is wrong, on screens without a field.
        Refusal = "1p;class=nidan-error;role=alert",
        /// Holds the button that sends a code.
        SendActions = "1div;class=nidan-actions",
        /// Sends a code.
        Send = "2button;type=button;class=nidan-main;part=button-main;data-focus=",
        /// Holds other ways to send it.
        SendTools = "1div;class=nidan-tools",
        /// The same number by a call, or by a text.
        SendOther = "2button;type=button;class=nidan-quiet;part=button",
        /// A call that reads its code at once.
        SendUnconfirmed = "2button;type=button;class=nidan-quiet;part=button",
        /// Holds the fields of codes.
        CodeForm = "1form;class=nidan-code;novalidate=",
        /// Names the code's field.
        CodeLabel = "2label;for=nidan-code{}",
        /// Takes the code.
        Code = "2input;id=nidan-code{};part=code-input;type=text;inputmode=numeric;\
                autocomplete=one-time-code;maxlength=400;autocapitalize=off;spellcheck=false;\
                aria-describedby=nidan-code{}-error;data-focus=",
        /// What is wrong with the code.
        CodeError = "2p;class=nidan-error;role=alert;id=nidan-code{}-error",
        /// Names the second code's field.
        SecondLabel = "2label;for=nidan-second-code{}",
        /// Takes the second code. Browsers fill in one code only.
        SecondCode = "2input;id=nidan-second-code{};part=code-input;type=text;inputmode=numeric;\
                      autocomplete=off;maxlength=400;autocapitalize=off;spellcheck=false;\
                      aria-describedby=nidan-second-code{}-error",
        /// What is wrong with the two codes.
        SecondError = "2p;class=nidan-error;role=alert;id=nidan-second-code{}-error",
        /// Holds the field of a backup code.
        BackupForm = "1form;class=nidan-text;novalidate=",
        /// Names the backup code's field.
        BackupLabel = "2label;for=nidan-backup{}",
        /// What a backup code looks like.
        BackupHelp = "2p;class=nidan-help;id=nidan-backup{}-help",
        /// Takes a backup code.
        BackupCode = "2input;id=nidan-backup{};part=text-input;type=text;inputmode=text;\
                      autocomplete=off;maxlength=400;autocapitalize=characters;spellcheck=false;\
                      aria-describedby=nidan-backup{}-error nidan-backup{}-help;data-focus=",
        /// What is wrong with the backup code.
        BackupError = "2p;class=nidan-error;role=alert;id=nidan-backup{}-error",
        /// Holds the message's delivery status.
        Delivery = "2div",
        /// The message's delivery status, with seconds that a screen reader need not announce.
        DeliveryState = "3p;class=nidan-help",
        /// Why nothing more is to be waited for; announced.
        DeliveryEnd = "3p;class=nidan-error;role=alert",
        /// Holds the offer to trust this browser.
        Trust = "2div",
        /// Holds its box and its words.
        TrustLabel = "3label;class=nidan-tick",
        /// The box.
        TrustBox = "4input;type=checkbox",
        /// What ticking it means.
        TrustWords = "4span",
        /// Where not to tick it.
        TrustNote = "3p;class=nidan-help",
        /// Holds the button that asks about a code.
        SubmitActions = "2div;class=nidan-actions",
        /// Asks about the code.
        Submit = "3button;type=submit;class=nidan-main;part=button-main",
        /// Holds what can be done when the code does not arrive.
        CodeTools = "2div;class=nidan-tools",
        /// Sends it again.
        Resend = "3button;type=button;class=nidan-quiet;part=button",
        /// When it can be sent again.
        ResendWait = "3p;class=nidan-help",
        /// The same number by a call, or by a text.
        CodeOther = "3button;type=button;class=nidan-quiet;part=button",
        /// A call that reads its code at once.
        CodeUnconfirmed = "3button;type=button;class=nidan-quiet;part=button",
        /// "The code does not arrive."
        Help = "3button;type=button;class=nidan-quiet;part=button",
        /// Holds what may keep a code from coming; the page fills it.
        Causes = "1div;class=nidan-causes;data-failed=@",
        /// Holds the ways.
        Ways = "1div;class=nidan-ways",
        /// A way in by a method.
        Way = "2button;type=button;class=nidan-quiet;part=button",
        /// Which method.
        WayWords = "3span",
        /// What the person calls it.
        WayName = "3small",
        /// Why it cannot be used now.
        WayClosed = "3small",
        /// The way in by another browser.
        ApprovalWay = "2button;type=button;class=nidan-quiet;part=button",
        /// The way in by a code of the host's support.
        TemporaryWay = "2button;type=button;class=nidan-quiet;part=button",
        /// The way in by a backup code.
        BackupWay = "2button;type=button;class=nidan-quiet;part=button",
        /// How many are left.
        BackupWayWords = "3span",
        /// For who has lost a phone.
        Lose = "1button;type=button;class=nidan-quiet;part=button",
        /// For who has none of them.
        Lost = "1button;type=button;class=nidan-quiet;part=button",
        /// Where the host helps those who have lost everything.
        Recover = "1a;class=nidan-main;part=button-main",
        /// Holds what support asks for.
        Details = "1details;data-guide=slip;data-failed=@",
        /// Opens it.
        DetailsSummary = "2summary",
        /// Says that somebody got in.
        LoginsLead = "1p",
        /// Holds who did.
        Logins = "1ul",
        /// When and where.
        LoginItem = "2li",
        /// What to do if that was somebody else.
        NotYou = "1p;class=nidan-warning",
        /// Says that the host was notified.
        HostNotified = "1p",
        /// Holds the link to a new password.
        ChangePassword = "1p",
        /// The link to a new password.
        ChangePasswordLink = "2a;class=nidan-main;part=button-main",
        /// Holds what protects the account now.
        Next = "1ul",
        /// One thing that does.
        NextItem = "2li",
        /// Holds the buttons at the end of a screen.
        Actions = "1div;class=nidan-actions",
        /// Goes on.
        Main = "2button;type=button;class=nidan-main;part=button-main",
        /// Goes on, where something else comes first.
        Again = "2button;type=button;class=nidan-quiet;part=button",
        /// Goes back; the browser's own "back" presses it.
        Back = "2button;type=button;class=nidan-quiet;part=button;data-back=",
        /// Holds the ways out below every code.
        Aside = "1div;class=nidan-aside",
        /// Another way, or help for who has none.
        AnotherWay = "2button;type=button;class=nidan-quiet;part=button",
        /// "This sign-in is not mine."
        NotMe = "2button;type=button;class=nidan-quiet;part=button",
        /// Holds the way to people who help, on every screen.
        Support = "0p;class=nidan-support",
        /// The way to people who help.
        SupportLink = "1a;target=_blank;rel=noopener",
    }
    early Some(Self::Code);
    rows {
        WayWords in Way,
        WayName in Way,
        WayClosed in Way,
    }
}
