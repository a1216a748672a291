//! Every text that people read, by key. The words are in `locales/*.json`; nothing else in the widget knows any.

macro_rules! messages {
    ($($variant:ident = $key:literal,)*) => {
        /// A text, named `screen.what` in the catalogues.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the catalogue shows what each one says")]
        pub enum Msg { $($variant,)* }

        impl Msg {
            /// Every text there is.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The catalogue's key.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key,)* }
            }
        }
    };
}

messages! {
    CommonBack = "common.back",
    CommonNext = "common.next",
    CommonRetry = "common.retry",
    CommonSupport = "common.support",
    CommonLoading = "common.loading",
    CommonStep = "common.step",
    CommonTimeLeft = "common.time-left",
    CommonYes = "common.yes",
    CommonNo = "common.no",
    StepStart = "step.start",
    StepMethod = "step.method",
    StepApp = "step.app",
    StepAdd = "step.add",
    StepConfirm = "step.confirm",
    StepNumber = "step.number",
    StepAnother = "step.another",
    StepCodes = "step.codes",
    StepDone = "step.done",
    StartTitle = "start.title",
    StartWhat = "start.what",
    StartWhyTitle = "start.why-title",
    StartWhyReuse = "start.why-reuse",
    StartWhyPhishing = "start.why-phishing",
    StartWhyReach = "start.why-reach",
    StartAdvice = "start.advice",
    StartTime = "start.time",
    StartHaveTitle = "start.have-title",
    StartHavePhone = "start.have-phone",
    StartHaveApp = "start.have-app",
    StartHaveLine = "start.have-line",
    StartHavePaper = "start.have-paper",
    StartBegin = "start.begin",
    MethodTitle = "method.title",
    MethodTotpName = "method.totp-name",
    MethodRecommended = "method.recommended",
    MethodTotpWhat = "method.totp-what",
    MethodNeeds = "method.needs",
    MethodTotpNeeds = "method.totp-needs",
    MethodStrengths = "method.strengths",
    MethodTotpStrengths = "method.totp-strengths",
    MethodWeaknesses = "method.weaknesses",
    MethodTotpWeaknesses = "method.totp-weaknesses",
    MethodBackupNote = "method.backup-note",
    MethodUse = "method.use",
    MethodSmsName = "method.sms-name",
    MethodSmsWhat = "method.sms-what",
    MethodSmsNeeds = "method.sms-needs",
    MethodSmsStrengths = "method.sms-strengths",
    MethodSmsWeaknesses = "method.sms-weaknesses",
    MethodSmsUse = "method.sms-use",
    MethodVoiceName = "method.voice-name",
    MethodVoiceWhat = "method.voice-what",
    MethodVoiceNeeds = "method.voice-needs",
    MethodVoiceStrengths = "method.voice-strengths",
    MethodVoiceWeaknesses = "method.voice-weaknesses",
    MethodVoiceUse = "method.voice-use",
    AppTitle = "app.title",
    AppLead = "app.lead",
    AppHaveOne = "app.have-one",
    AppTableLabel = "app.table-label",
    AppColumnApp = "app.column-app",
    AppColumnRunsOn = "app.column-runs-on",
    AppColumnBackup = "app.column-backup",
    AppColumnDevices = "app.column-devices",
    AppBackupAccount = "app.backup-account",
    AppBackupEncrypted = "app.backup-encrypted",
    AppBackupPassword = "app.backup-password",
    AppBackupFile = "app.backup-file",
    AppNoteGoogle = "app.note-google",
    AppNoteMicrosoft = "app.note-microsoft",
    AppNoteAuthy = "app.note-authy",
    AppNoteApple = "app.note-apple",
    AppNoteAegis = "app.note-aegis",
    AppNoteEnte = "app.note-ente",
    AppVerifiedOn = "app.verified-on",
    AppKeepUpdated = "app.keep-updated",
    AddTitle = "add.title",
    AddScan = "add.scan",
    AddQrLabel = "add.qr-label",
    AddEnlarge = "add.enlarge",
    AddShrink = "add.shrink",
    AddNoScan = "add.no-scan",
    AddShowQr = "add.show-qr",
    AddOpenApp = "add.open-app",
    AddOpenAppHelp = "add.open-app-help",
    AddKeyLabel = "add.key-label",
    AddCopyKey = "add.copy-key",
    AddCopied = "add.copied",
    AddCopyFailed = "add.copy-failed",
    AddKeyHelp = "add.key-help",
    AddSecret = "add.secret",
    AddDone = "add.done",
    ConfirmTitle = "confirm.title",
    ConfirmLabel = "confirm.label",
    ConfirmHelp = "confirm.help",
    ConfirmCheck = "confirm.check",
    ConfirmNotDigits = "confirm.not-digits",
    ConfirmLength = "confirm.length",
    ConfirmWrong = "confirm.wrong",
    ConfirmWrongAgain = "confirm.wrong-again",
    ConfirmClockSlow = "confirm.clock-slow",
    ConfirmClockFast = "confirm.clock-fast",
    CodesTitle = "codes.title",
    CodesWhat = "codes.what",
    CodesWhere = "codes.where",
    CodesListLabel = "codes.list-label",
    CodesCopy = "codes.copy",
    CodesDownload = "codes.download",
    CodesPrint = "codes.print",
    CodesTypeLabel = "codes.type-label",
    CodesTick = "codes.tick",
    CodesTypoSymbol = "codes.typo-symbol",
    CodesTypoLength = "codes.typo-length",
    CodesTypoCheck = "codes.typo-check",
    CodesOther = "codes.other",
    CodesNotTicked = "codes.not-ticked",
    CodesFinish = "codes.finish",
    CodesFileTitle = "codes.file-title",
    CodesFileAccount = "codes.file-account",
    CodesFileDate = "codes.file-date",
    CodesFileNote = "codes.file-note",
    NumberSmsTitle = "number.sms-title",
    NumberSmsNote = "number.sms-note",
    NumberSmsSend = "number.sms-send",
    NumberVoiceTitle = "number.voice-title",
    NumberVoiceNote = "number.voice-note",
    NumberVoiceSend = "number.voice-send",
    NumberWithoutKeys = "number.without-keys",
    NumberLabel = "number.label",
    NumberHelp = "number.help",
    NumberPreview = "number.preview",
    NumberCountry = "number.country",
    NumberSearch = "number.search",
    NumberName = "number.name",
    NumberNameLabel = "number.name-label",
    NumberCallInstead = "number.call-instead",
    PhoneEmpty = "phone.empty",
    PhoneNotDigits = "phone.not-digits",
    PhoneTooShort = "phone.too-short",
    PhoneTooLong = "phone.too-long",
    PhoneCountryUnknown = "phone.country-unknown",
    PhoneExtension = "phone.extension",
    PhoneLandline = "phone.landline",
    PhoneKind = "phone.kind",
    PhoneCountryRefused = "phone.country-refused",
    PhoneInvalid = "phone.invalid",
    PhoneLater = "phone.later",
    PhoneNotNow = "phone.not-now",
    PhoneResendsSpent = "phone.resends-spent",
    PhoneUnreachable = "phone.unreachable",
    PhoneSmsTitle = "phone.sms-title",
    PhoneVoiceTitle = "phone.voice-title",
    PhoneSmsSent = "phone.sms-sent",
    PhoneVoiceSent = "phone.voice-sent",
    PhoneVoiceKeys = "phone.voice-keys",
    PhoneCodeLabel = "phone.code-label",
    PhoneCodeWrong = "phone.code-wrong",
    PhoneCodeExpired = "phone.code-expired",
    PhoneCodeSpent = "phone.code-spent",
    PhoneQueued = "phone.queued",
    PhoneAccepted = "phone.accepted",
    PhoneDelivered = "phone.delivered",
    PhoneFailed = "phone.failed",
    PhoneUnclear = "phone.unclear",
    PhoneResend = "phone.resend",
    PhoneResendIn = "phone.resend-in",
    PhoneSmsInstead = "phone.sms-instead",
    PhoneChange = "phone.change",
    HelpTitle = "help.title",
    HelpCount = "help.count",
    HelpNext = "help.next",
    HelpNumber = "help.number",
    HelpReach = "help.reach",
    HelpFolder = "help.folder",
    HelpCarrier = "help.carrier",
    HelpStorage = "help.storage",
    HelpRestart = "help.restart",
    HelpAbroad = "help.abroad",
    HelpLine = "help.line",
    HelpHours = "help.hours",
    HelpVerifiedOn = "help.verified-on",
    HelpEnd = "help.end",
    HelpSupport = "help.support",
    HelpCopy = "help.copy",
    HelpSummary = "help.summary",
    StateQueued = "state.queued",
    StateAccepted = "state.accepted",
    StateUnclear = "state.unclear",
    StateDelivered = "state.delivered",
    StateFailed = "state.failed",
    AnotherTitle = "another.title",
    AnotherMore = "another.more",
    AnotherWhy = "another.why",
    AnotherMain = "another.main",
    PostTitle = "post.title",
    PostSending = "post.sending",
    PostUnreachable = "post.unreachable",
    PostServer = "post.server",
    PostKeep = "post.keep",
    PostNow = "post.now",
    DoneTitle = "done.title",
    DoneMethod = "done.method",
    DoneSms = "done.sms",
    DoneVoice = "done.voice",
    DoneCodes = "done.codes",
    DoneProof = "done.proof",
    DoneNextTitle = "done.next-title",
    DoneNextKeep = "done.next-keep",
    DoneNextBackup = "done.next-backup",
    DoneNextNumber = "done.next-number",
    DoneNextNever = "done.next-never",
    DoneTrouble = "done.trouble",
    DoneFinish = "done.finish",
    TroubleTitle = "trouble.title",
    TroubleUnreachable = "trouble.unreachable",
    TroubleServer = "trouble.server",
    EndedExpiredTitle = "ended.expired-title",
    EndedExpired = "ended.expired",
    EndedSupersededTitle = "ended.superseded-title",
    EndedSuperseded = "ended.superseded",
    EndedOnTitle = "ended.on-title",
    EndedOn = "ended.on",
    EndedMisconfiguredTitle = "ended.misconfigured-title",
    EndedMisconfigured = "ended.misconfigured",
    EndedAgain = "ended.again",
    CompletedTitle = "completed.title",
    LoginTitle = "login.title",
    LoginAccount = "login.account",
    LoginApp = "login.app",
    LoginTwoApp = "login.two-app",
    LoginTwoPhone = "login.two-phone",
    LoginFirstApp = "login.first-app",
    LoginSecondApp = "login.second-app",
    LoginFirstPhone = "login.first-phone",
    LoginSecondPhone = "login.second-phone",
    LoginSmsAsk = "login.sms-ask",
    LoginSmsSend = "login.sms-send",
    LoginVoiceAsk = "login.voice-ask",
    LoginVoiceSend = "login.voice-send",
    LoginSubmit = "login.submit",
    LoginTrust = "login.trust",
    LoginTrustNote = "login.trust-note",
    LoginWrong = "login.wrong",
    LoginWrongClock = "login.wrong-clock",
    LoginPairWrong = "login.pair-wrong",
    LoginUsed = "login.used",
    LoginSendNew = "login.send-new",
    LoginNotNow = "login.not-now",
    LoginResting = "login.resting",
    LoginSuspended = "login.suspended",
    LoginAnother = "login.another",
    LoginNotMe = "login.not-me",
    LoginWaysTitle = "login.ways-title",
    LoginWayApp = "login.way-app",
    LoginWaySms = "login.way-sms",
    LoginWayVoice = "login.way-voice",
    LoginWayBackup = "login.way-backup",
    LoginWayResting = "login.way-resting",
    LoginWaySuspended = "login.way-suspended",
    LoginBackupTitle = "login.backup-title",
    LoginBackupLabel = "login.backup-label",
    LoginBackupHelp = "login.backup-help",
    LoginBackupWrong = "login.backup-wrong",
    LoginLost = "login.lost",
    LoginLostTitle = "login.lost-title",
    LoginLostText = "login.lost-text",
    LoginRecover = "login.recover",
    LoginSummary = "login.summary",
    LoginFewTitle = "login.few-title",
    LoginFew = "login.few",
    LoginExpiredTitle = "login.expired-title",
    LoginExpired = "login.expired",
    LoginAgain = "login.again",
    LoginSpentTitle = "login.spent-title",
    LoginSpent = "login.spent",
    LoginElsewhereTitle = "login.elsewhere-title",
    LoginElsewhere = "login.elsewhere",
    LoginHere = "login.here",
    ReportText = "report.text",
    ReportForget = "report.forget",
    ReportSend = "report.send",
    ReportedTitle = "reported.title",
    Reported = "reported.text",
    ReportedPassword = "reported.password",
    ReportedHistory = "reported.history",
    ReportedNever = "reported.never",
    ReportedSupport = "reported.support",
}

/// Puts values into a text's named places: `{seconds}`.
pub fn fill(text: &str, places: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        if let Some((_, value)) = places.iter().find(|(place, _)| *place == name) {
            filled.push_str(value);
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn catalogue(json: &str) -> BTreeMap<String, String> {
        serde_json::from_str(json).unwrap()
    }

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect()
    }

    #[test]
    fn both_catalogues_say_everything_and_name_the_same_places() {
        let english = catalogue(include_str!("../locales/en.json"));
        let japanese = catalogue(include_str!("../locales/ja.json"));
        let keys: BTreeSet<_> = Msg::ALL.iter().map(|msg| msg.key()).collect();
        assert_eq!(keys.len(), Msg::ALL.len(), "a key stands twice");
        // The browser finds words by their place.
        for text in [include_str!("../locales/en.json"), include_str!("../locales/ja.json")] {
            let places = Msg::ALL.iter().map(|msg| text.find(&format!("\"{}\":", msg.key())));
            assert!(places.is_sorted(), "the catalogue has another order than the list above");
        }
        for catalogue in [&english, &japanese] {
            assert_eq!(catalogue.keys().map(String::as_str).collect::<BTreeSet<_>>(), keys);
            assert!(catalogue.values().all(|text| !text.trim().is_empty()));
        }
        for (key, text) in &english {
            assert_eq!(places(text), places(&japanese[key]), "{key}");
            assert!(!japanese[key].is_ascii(), "{key} is not translated");
        }
    }

    #[test]
    fn places_are_filled_by_name() {
        assert_eq!(fill("{a} of {b}: {a}", &[("b", "2"), ("a", "1")]), "1 of 2: 1");
        assert_eq!(fill("nothing", &[]), "nothing");
        assert_eq!(fill("{unknown}!", &[]), "!");
    }
}
