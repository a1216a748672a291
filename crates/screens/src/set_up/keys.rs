//! The blocks of a set-up, in the order in which they stand.

use crate::shape::keys;

keys! {
    /// A block of a set-up's screens.
    SetUpKey {
        /// How much time is left, when little is.
        TimeLeft = "0p;class=nidan-time;role=status",
        /// Asks for more.
        MoreTime = "0button;type=button;class=nidan-quiet;part=button",
        /// Holds how far along the person is.
        Progress = "0div;class=nidan-progress;part=progress",
        /// Holds a bar for each step.
        ProgressBars = "1ol;aria-hidden=true",
        /// One step: done, current or to come.
        ProgressBar = "2li",
        /// The current step by its number and its name.
        ProgressText = "1p",
        /// Something is on its way, and there is nothing to do meanwhile.
        Busy = "0p;class=nidan-busy;role=status",
        /// Holds all that follows but the way to support.
        Screen = "0div;class=nidan-screen",
        /// The heading; it takes the focus where nothing else on the screen does.
        Title = "1h2;part=title;tabindex=-1",
        /// Why the service could not be asked.
        Trouble = "1p;role=alert",
        /// Shows where an app displays its code. It says nothing that the words do not say.
        Picture = "1svg;class=nidan-picture;aria-hidden=true;viewBox=0 0 160 72",
        /// A phone, and on it an entry of the app: its name, how long the code holds, the code.
        PicturePath = "2path;d=M46 70V10a8 8 0 0 1 8-8h52a8 8 0 0 1 8 8v60M74 9h12M52 20h56v38H52z\
                       M60 31h22M102 31a6 6 0 1 1-6-6M60 47h5m3 0h5m3 0h5m6 0h5m3 0h5m3 0h5",
        /// What this is about.
        Lead = "1p",
        /// The same, where more is to be said.
        LeadMore = "1p",

        /// Holds advice before the beginning.
        Advice = "1div;class=nidan-advice",
        /// How to choose.
        AdviceText = "2p",
        /// Until when it can wait, where it is required.
        AdviceLater = "2p",
        /// How long it takes.
        AdviceTime = "2p",
        /// Names what to have at hand.
        HaveTitle = "1h3",
        /// Holds what to have at hand.
        Have = "1ul",
        /// One thing to have at hand.
        HaveItem = "2li",
        /// Holds why all this.
        Why = "1details;data-guide=figures;data-failed=@",
        /// Opens it.
        WhySummary = "2summary",
        /// Holds the reasons.
        Reasons = "2ul",
        /// One reason.
        ReasonItem = "3li",

        /// A method to be chosen.
        Choice = "1div;class=nidan-choice;part=choice",
        /// Chooses the recommended one.
        ChoiceMain = "2button;type=button;class=nidan-main;part=button-main",
        /// Chooses another one.
        ChoiceOther = "2button;type=button;class=nidan-quiet;part=button",
        /// Holds a line about it.
        ChoiceText = "2p",
        /// That it is the recommended one.
        ChoiceRecommended = "3small",
        /// How it works.
        ChoiceWhat = "3span",
        /// That backup codes come with every method.
        BackupNote = "1p",
        /// Holds what speaks for each and against it.
        Compare = "1details;class=nidan-compare;data-guide=methods;data-failed=@",
        /// Opens it.
        CompareSummary = "2summary",

        /// Holds the way on for everybody who has an app.
        HaveActions = "1div;class=nidan-actions",
        /// "I have one."
        HaveOne = "2button;type=button;class=nidan-main;part=button-main",
        /// Names one app for everybody who has none.
        OneApp = "1p",
        /// Holds it.
        Recommended = "1div;class=nidan-advice",
        /// Its name.
        RecommendedName = "2p",
        /// What to know of it.
        RecommendedNote = "2p;class=nidan-help",
        /// Holds the other ones.
        OtherApps = "1details;data-guide=apps;data-failed=@",
        /// Opens it.
        OtherAppsSummary = "2summary",
        /// Why the phone is to be kept updated.
        KeepUpdated = "1p",
        /// Takes a method that needs no app.
        NoApp = "1button;type=button;class=nidan-quiet;part=button",

        /// How to scan.
        Scan = "1p",
        /// Holds the QR code.
        Qr = "1div;class=nidan-qr;part=qr",
        /// The QR code.
        QrImage = "2svg;role=img;aria-label=@",
        /// Makes it larger, and smaller again.
        QrToggle = "2button;type=button;class=nidan-quiet;part=button",
        /// Holds the address that a QR code leads to.
        Address = "1p",
        /// The address.
        AddressText = "2code;translate=no;dir=ltr",
        /// Holds what helps when scanning does not work.
        NoScan = "1details",
        /// Opens it.
        NoScanSummary = "2summary",
        /// Holds the key.
        NoScanKey = "2div;class=nidan-key",
        /// How to type it.
        NoScanKeyHelp = "3p;class=nidan-help",
        /// The key in groups.
        NoScanKeyText = "3code;part=key;aria-label=@;translate=no;dir=ltr",
        /// Copies it.
        NoScanCopy = "3button;type=button;class=nidan-quiet;part=button",
        /// Whether copying worked.
        NoScanCopied = "3p;class=nidan-help;role=status",
        /// Holds the link that opens the app on this phone.
        Open = "1p",
        /// The link.
        OpenLink = "2a;class=nidan-main;part=button-main",
        /// What happens then.
        OpenHelp = "1p;class=nidan-help",
        /// Holds the key.
        OpenKey = "1div;class=nidan-key",
        /// How to type it.
        OpenKeyHelp = "2p;class=nidan-help",
        /// The key in groups.
        OpenKeyText = "2code;part=key;aria-label=@;translate=no;dir=ltr",
        /// Copies it.
        OpenCopy = "2button;type=button;class=nidan-quiet;part=button",
        /// Whether copying worked.
        OpenCopied = "2p;class=nidan-help;role=status",
        /// Holds the QR code for another device.
        ShowQr = "1details",
        /// Opens it.
        ShowQrSummary = "2summary",
        /// Holds the QR code.
        OtherQr = "2div;class=nidan-qr;part=qr",
        /// The QR code.
        OtherQrImage = "3svg;role=img;aria-label=@",
        /// Makes it larger, and smaller again.
        OtherQrToggle = "3button;type=button;class=nidan-quiet;part=button",
        /// That the code is a secret.
        Secret = "1p;class=nidan-warning",

        /// What the operator has to say where a code is awaited.
        Outage = "1p;class=nidan-warning",
        /// Why a message did not arrive, or was not sent.
        NotSent = "1p;class=nidan-error;role=alert",
        /// What is said while the browser asks, and when it has ended without a passkey; and while the set-up
        /// is put off.
        Meanwhile = "1p;role=status",
        /// Why there is no passkey.
        NotMade = "1p;class=nidan-error;role=alert",
        /// Holds the field of a passkey's name.
        PasskeyForm = "1form;class=nidan-text;novalidate=",
        /// Names it.
        PasskeyLabel = "2label;for=nidan-passkey{}",
        /// Takes the name.
        PasskeyName = "2input;id=nidan-passkey{};part=text-input;type=text;autocomplete=off;\
                       maxlength=64;data-focus=",
        /// Where a code was sent, and by what its message is known.
        Sent = "1p;role=status",
        /// Holds what to press in a call.
        Pressing = "1div",
        /// Says what the digits are for.
        PressLead = "2p",
        /// The digits to press.
        Digits = "2p;class=nidan-keys;role=status",
        /// The only country.
        Country = "1p;class=nidan-help",
        /// Holds the other countries.
        Countries = "1details",
        /// The chosen country; opens the list.
        CountriesSummary = "2summary",
        /// Holds search and list.
        CountriesInside = "2div",
        /// Searches for a country.
        CountrySearch = "3input;type=search;autocomplete=off;aria-label=@;placeholder=@",
        /// The countries that were found.
        CountryList = "3div;class=nidan-countries",

        /// Holds the field of a code.
        CodeForm = "1form;class=nidan-code;novalidate=",
        /// Names it.
        CodeLabel = "2label;for=nidan-code{}",
        /// What a code looks like.
        CodeHelp = "2p;class=nidan-help;id=nidan-code{}-help",
        /// Takes a code.
        Code = "2input;id=nidan-code{};part=code-input;type=text;inputmode=numeric;\
                autocomplete=one-time-code;maxlength=400;autocapitalize=off;spellcheck=false;\
                aria-describedby=nidan-code{}-error nidan-code{}-help;data-focus=",
        /// What is wrong with it.
        CodeError = "2p;class=nidan-error;role=alert;id=nidan-code{}-error",
        /// Holds the field of a number.
        NumberForm = "1form;class=nidan-tel;novalidate=",
        /// Names it.
        NumberLabel = "2label;for=nidan-number{}",
        /// How to type it.
        NumberHelp = "2p;class=nidan-help;id=nidan-number{}-help",
        /// Takes a number.
        Number = "2input;id=nidan-number{};part=tel-input;type=text;inputmode=tel;\
                  autocomplete=tel;maxlength=120;autocapitalize=off;spellcheck=false;\
                  aria-describedby=nidan-number{}-error nidan-number{}-help;data-focus=",
        /// What is wrong with it.
        NumberError = "2p;class=nidan-error;role=alert;id=nidan-number{}-error",
        /// Holds what belongs to the number.
        NumberBeside = "2div",
        /// The number in groups while it is typed. Every key changes it, and its line is kept free:
        /// nothing else on the page moves.
        NumberBegun = "3p;class=nidan-begun;aria-hidden=true",
        /// Keeps room for what will be dialled.
        NumberRoom = "3div;class=nidan-room",
        /// What will be dialled; only this is for the ear.
        NumberPreview = "4p;class=nidan-preview;role=status",
        /// That the number may be of another country.
        OtherLead = "3p",
        /// Takes that country.
        OtherCountry = "3button;type=button;class=nidan-quiet;part=button",
        /// Names it.
        OtherName = "4span",
        /// Which number would be called instead.
        CallPreview = "3p;class=nidan-preview",
        /// Calls it instead.
        CallInstead = "3button;type=button;class=nidan-quiet;part=button",
        /// A call that reads its code at once.
        CallUnconfirmed = "3button;type=button;class=nidan-quiet;part=button",
        /// Holds the field for the number's name.
        Name = "3details",
        /// Opens it.
        NameSummary = "4summary",
        /// Holds it.
        NameInside = "4div",
        /// Names it.
        NameLabel = "5label;for=nidan-name{}",
        /// Takes what the person calls the number.
        NameField = "5input;id=nidan-name{};type=text;autocomplete=off;maxlength=40",
        /// Holds the message's delivery status.
        Delivery = "2div",
        /// The message's delivery status, with seconds that a screen reader need not announce.
        DeliveryState = "3p;class=nidan-help",
        /// Why nothing more is to be waited for; announced.
        DeliveryEnd = "3p;class=nidan-error;role=alert",

        /// The backup codes.
        Codes = "1ol;class=nidan-codes;part=backup-codes;aria-label=@",
        /// Holds a backup code.
        CodesItem = "2li",
        /// A backup code.
        CodesCode = "3code;translate=no;dir=ltr",
        /// Holds ways to keep them.
        CodesTools = "1div;class=nidan-tools",
        /// Copies them.
        CodesCopy = "2button;type=button;class=nidan-quiet;part=button",
        /// Saves them as a file.
        CodesDownload = "2button;type=button;class=nidan-quiet;part=button",
        /// Prints them.
        CodesPrint = "2button;type=button;class=nidan-quiet;part=button",
        /// Whether copying worked.
        CodesCopied = "1p;class=nidan-help;role=status",
        /// Holds the field of a backup code that is typed back.
        BackupForm = "1form;class=nidan-text;novalidate=",
        /// Names it.
        BackupLabel = "2label;for=nidan-backup{}",
        /// Takes a backup code; the codes above it are looked at first.
        Backup = "2input;id=nidan-backup{};part=text-input;type=text;inputmode=text;\
                  autocomplete=off;maxlength=400;autocapitalize=characters;spellcheck=false;\
                  aria-describedby=nidan-backup{}-error",
        /// What is wrong with it.
        BackupError = "2p;class=nidan-error;role=alert;id=nidan-backup{}-error",
        /// Holds the box of "I have saved them".
        Gate = "1form;novalidate=",
        /// Holds the box and its words.
        GateLabel = "2label;class=nidan-tick",
        /// The box.
        GateBox = "3input;type=checkbox;aria-describedby=nidan-tick-error{}",
        /// What ticking it means.
        GateWords = "3span",
        /// That it is not ticked.
        GateError = "2p;class=nidan-error;role=alert;id=nidan-tick-error{}",

        /// Holds the buttons at the end of a form.
        FormActions = "2div;class=nidan-actions",
        /// Sends the form.
        FormSubmit = "3button;type=submit;class=nidan-main;part=button-main",
        /// Goes back.
        FormBack = "3button;type=button;class=nidan-quiet;part=button;data-back=",
        /// Back to where an app is named.
        NoAppYet = "3button;type=button;class=nidan-quiet;part=button",

        /// What is set up.
        Proof = "1ul;class=nidan-proof",
        /// That an app is.
        ProofApp = "2li",
        /// One thing that is.
        ProofItem = "2li",
        /// A passkey that is.
        ProofPasskey = "2li",
        /// That nothing else is to be done for it.
        ProofNote = "1p",
        /// Names what comes next.
        NextTitle = "1h3",
        /// Why.
        NextWhy = "1p",
        /// Holds what to do with it.
        Next = "1ul",
        /// One thing to do.
        NextItem = "2li",
        /// That the final post, or a fresh result, is on its way.
        Posting = "1p;class=nidan-busy",
        /// That the final post goes on.
        Keeps = "1p;role=alert",
        /// Why the host could not be notified yet, or the set-up not be put off.
        NotTold = "1p;class=nidan-error;role=alert",

        /// Holds what can be done when a code does not arrive, and what can be added.
        Tools = "1div;class=nidan-tools",
        /// "The code does not arrive."
        Help = "2button;type=button;class=nidan-quiet;part=button",
        /// Sends it again.
        Resend = "2button;type=button;class=nidan-quiet;part=button",
        /// When it can be sent again.
        ResendWait = "2p;class=nidan-help",
        /// The same number by a call, or by a text.
        Switch = "2button;type=button;class=nidan-quiet;part=button",
        /// Types the number anew.
        Change = "2button;type=button;class=nidan-quiet;part=button",
        /// Sets an app up instead.
        UseApp = "2button;type=button;class=nidan-quiet;part=button",
        /// Adds a method.
        Add = "2button;type=button;class=nidan-quiet;part=button",
        /// Holds what may keep a code from coming; the page fills it.
        Causes = "1div;class=nidan-causes;data-failed=@",
        /// Holds what support asks for.
        Details = "1details;data-guide=slip;data-failed=@",
        /// Opens it.
        DetailsSummary = "2summary",

        /// Holds the buttons at the end of a screen.
        Actions = "1div;class=nidan-actions",
        /// Goes on.
        Main = "2button;type=button;class=nidan-main;part=button-main",
        /// Goes back.
        Back = "2button;type=button;class=nidan-quiet;part=button;data-back=",
        /// Goes on on a phone.
        ToPhone = "2button;type=button;class=nidan-quiet;part=button",
        /// Puts the set-up off.
        Later = "2button;type=button;class=nidan-quiet;part=button",
        /// Holds the way to people who help, on every screen.
        Support = "0p;class=nidan-support",
        /// The way to people who help.
        SupportLink = "1a;target=_blank;rel=noopener",
    }
    early None;
    rows {
        ChoiceMain in Choice,
        ChoiceOther in Choice,
        ChoiceText in Choice,
        ChoiceRecommended in Choice,
        ChoiceWhat in Choice,
        CodesCode in CodesItem,
    }
}
