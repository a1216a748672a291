//! What the tests of all screens share: chance that repeats by its seed, and what holds for any
//! screen.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use nidan_flow::EndReason;
use nidan_otp::{Agreement, ClientNonce, ClientShare, EnrolmentId, PublicKey, SharedSecret};

use crate::messages::{Msg, fill_with};
use crate::{Arg, Block, Content, Key as _, Screen, Shows, Words};

/// xorshift64*: walks repeat by their seed.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % end
    }

    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    pub(crate) fn flip(&mut self) -> bool {
        self.below(2) == 0
    }
}

/// Blocks ascend, and each is in one that can hold it.
pub(crate) fn is_well_formed<M: Shows>(screen: &Screen<'_, M>, trace: &str) {
    let mut before: Option<(u32, usize, bool)> = None;
    for block in &screen.blocks {
        let (rank, depth) = (block.rank(), block.key.shape().depth());
        let tag = block.key.shape().tag();
        let holds = match &block.content {
            Content::Group | Content::Named(_) | Content::State(..) | Content::Form(_) => true,
            Content::Button { label, .. } => matches!(label, Words::None),
            Content::Text(_)
            | Content::Cell(..)
            | Content::Field { .. }
            | Content::Checkbox { .. }
            | Content::Link { .. }
            | Content::Special(..) => false,
        };
        let (before_rank, before_depth, before_holds) = before.unwrap_or((0, 0, false));
        assert!(
            before.is_none() || rank > before_rank,
            "{tag} out of order, {trace}"
        );
        let fits = depth <= before_depth || (depth == before_depth + 1 && before_holds);
        assert!(fits, "{tag} hangs in the air, {trace}");
        before = Some((rank, depth, holds));
    }
}

/// Whether a person can do something with a block.
pub(crate) fn is_open<M: Shows>(block: &Block<'_, M>) -> bool {
    match &block.content {
        Content::Button { is_disabled, .. } => !is_disabled,
        _other => block.content.action().is_some(),
    }
}

/// Every word of a [screen](Screen), as the catalogue has it.
pub(crate) fn texts<'s, 'a: 's, M: Shows>(
    screen: &'s Screen<'a, M>,
) -> impl Iterator<Item = Words<'a>> + 's {
    screen
        .blocks
        .iter()
        .filter_map(|block| match &block.content {
            Content::Text(words)
            | Content::Cell(_, words)
            | Content::Button { label: words, .. }
            | Content::Link { label: words, .. } => Some(*words),
            Content::Field { label, .. } => Some(Words::Message(label.0, [label.1, Arg::None])),
            Content::Group
            | Content::Named(_)
            | Content::State(..)
            | Content::Form(_)
            | Content::Checkbox { .. }
            | Content::Special(..) => None,
        })
}

/// Every place of every text has its value.
pub(crate) fn fills_every_place<M: Shows>(screen: &Screen<'_, M>, trace: &str) {
    for words in texts(screen) {
        let Some((msg, args)) = words.message() else {
            continue;
        };
        has_places(msg, args, trace);
    }
}

/// Sentences that exclude each other: no screen says both.
const EXCLUDE: &[(Msg, &[Msg])] = &[
    (
        Msg::PhoneSmsSent,
        &[
            Msg::PhoneVoiceSent,
            Msg::LoginApp,
            Msg::LoginAppNamed,
            Msg::LoginTwoApp,
            Msg::LoginSmsAsk,
            Msg::PhoneVoiceKeys,
            Msg::PhoneCalling,
            Msg::PhoneAnswered,
            Msg::PhoneCallFailed,
            Msg::PhoneCallAgain,
        ],
    ),
    (
        Msg::PhoneVoiceSent,
        &[
            Msg::LoginApp,
            Msg::LoginAppNamed,
            Msg::LoginVoiceAsk,
            Msg::PhoneQueued,
            Msg::PhoneAccepted,
            Msg::PhoneDelivered,
            Msg::PhoneFailed,
            Msg::PhoneResend,
        ],
    ),
    (Msg::PhoneCodeWrong, &[Msg::PhoneCodeSpent]),
    (
        Msg::PhoneCodeExpired,
        &[
            Msg::PhoneQueued,
            Msg::PhoneAccepted,
            Msg::PhoneDelivered,
            Msg::PhoneCalling,
            Msg::PhoneAnswered,
        ],
    ),
    (Msg::PhoneFailed, &[Msg::PhoneDelivered, Msg::PhoneAccepted]),
    (
        Msg::LoginResting,
        &[Msg::LoginSubmit, Msg::PhoneCodeLabel, Msg::PhoneResend],
    ),
    (
        Msg::LoginSuspended,
        &[Msg::LoginSubmit, Msg::PhoneCodeLabel, Msg::PhoneResend],
    ),
    (
        Msg::LoginNotNow,
        &[
            Msg::PhoneLater,
            Msg::PhoneResend,
            Msg::PhoneCallAgain,
            Msg::LoginSmsSend,
        ],
    ),
    (
        Msg::PhoneLater,
        &[
            Msg::PhoneResend,
            Msg::PhoneCallAgain,
            Msg::PhoneResendIn,
            Msg::LoginSmsSend,
        ],
    ),
    (
        Msg::PhoneNotNow,
        &[Msg::PhoneResend, Msg::PhoneCallAgain, Msg::PhoneResendIn],
    ),
    (
        Msg::PhoneResendsSpent,
        &[Msg::PhoneResendIn, Msg::PhoneResend, Msg::PhoneCallAgain],
    ),
    (
        Msg::NumberPreview,
        &[Msg::PhoneTooShort, Msg::PhoneTooLong, Msg::PhoneLandline],
    ),
    (Msg::TroubleUnreachable, &[Msg::TroubleServer]),
    (Msg::PostUnreachable, &[Msg::PostServer]),
    (Msg::ReportedTitle, &[Msg::LoginSubmit]),
    (
        Msg::LoginSendNew,
        &[Msg::PhoneAccepted, Msg::PhoneDelivered, Msg::PhoneCalling],
    ),
    (Msg::LoginTwoApp, &[Msg::LoginTwoAppNow, Msg::LoginApp]),
];

/// No two sentences deny each other, and none says by a number that nothing is left.
pub(crate) fn contradicts_nothing<M: Shows>(screen: &Screen<'_, M>, trace: &str) {
    let said: Vec<_> = texts(screen)
        .filter_map(|words| {
            let (msg, args) = words.message()?;
            Some((msg, args.to_vec()))
        })
        .collect();
    let says = |msg: Msg| said.iter().any(|(one, _)| *one == msg);
    for (one, others) in EXCLUDE.iter().filter(|(one, _)| says(*one)) {
        let other = others.iter().find(|other| says(**other));
        assert!(other.is_none(), "{one:?} beside {other:?}, {trace}");
    }
    for (msg, args) in &said {
        let counts = |arg: &Arg<'_>| {
            let is_none = matches!(arg, Arg::Number("left" | "count", 0));
            is_none && names(*msg, arg.place())
        };
        assert!(!args.iter().any(counts), "{msg:?} counts none, {trace}");
    }
}

/// Whether a text has this place.
fn names(msg: Msg, place: &str) -> bool {
    let text = CATALOGUE.get(msg as usize).map_or("", String::as_str);
    text.contains(&["{", place, "}"].concat())
}

/// Every text with forms has its count first: that is the one by which the form is chosen.
fn has_places(msg: Msg, args: &[Arg<'_>], trace: &str) {
    let is_counted = FORMS.contains(&msg.key());
    let begins_with_count = matches!(args.first(), Some(Arg::Number(..)));
    assert!(
        !is_counted || begins_with_count,
        "{msg:?} has its count not first, {trace}"
    );
    fill_with(&CATALOGUE[msg as usize], |place, _| {
        let is_given = args.iter().any(|arg| arg.place() == place);
        assert!(is_given, "{msg:?} has no {place}, {trace}");
    });
}

/// The keys of texts that have other forms in Arabic, which has the most.
static FORMS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let json: serde_json::Value =
        serde_json::from_str(include_str!("../../../locales/ar.json")).unwrap();
    let keys = Msg::ALL.iter().map(|msg| msg.key());
    keys.filter(|key| json.get(format!("{key}.two")).is_some())
        .collect()
});

static CATALOGUE: LazyLock<Vec<String>> = LazyLock::new(|| {
    let json: serde_json::Value =
        serde_json::from_str(include_str!("../../../locales/en.json")).unwrap();
    let text = |msg: &Msg| json[msg.key()].as_str().unwrap().to_owned();
    Msg::ALL.iter().map(text).collect()
});

/// Every shape is a depth, a tag and attributes, and nothing that is not read.
pub(crate) fn are_shapes<K: crate::Key + std::fmt::Debug>(keys: &[K]) {
    for key in keys {
        let shape = key.shape();
        let tag = shape.tag();
        assert!(shape.depth() < 7, "{key:?}");
        assert!(tag.bytes().all(|b| b.is_ascii_alphanumeric()), "{key:?}");
        let mut named = 0;
        shape.attributes(|name, value| {
            named += 1;
            let is_name = |b: u8| b.is_ascii_alphabetic() || b == b'-';
            assert!(name.bytes().all(is_name), "{key:?} {name}");
            assert!(!value.contains("  "), "{key:?} {value}");
        });
        assert_eq!(named, shape.0.matches('=').count(), "{key:?}");
    }
}

/// The headings of these [screens](Screen), and of every end, are elements of their own.
pub(crate) fn have_headings_of_their_own(names: &[&'static str]) {
    let ends = [
        EndReason::Expired,
        EndReason::Superseded,
        EndReason::OnPhone,
        EndReason::AlreadyOn,
        EndReason::Reported,
        EndReason::TriesSpent,
        EndReason::Misconfigured,
    ];
    let names: BTreeSet<_> = ends
        .map(EndReason::name)
        .into_iter()
        .chain(names.iter().copied())
        .collect();
    let heading = |name: &&'static str| crate::FocusScope::named(name).heading();
    let headings: BTreeSet<_> = names.iter().map(heading).collect();
    assert_eq!(headings.len(), names.len(), "{names:?}");
}

/// What two sides agreed on that are not here.
pub(crate) fn agreement() -> Agreement {
    Agreement {
        shared_secret: SharedSecret::new([9; 32]),
        enrolment_id: EnrolmentId([7; 16]),
        server_public_key: PublicKey([4; 65]),
        client: ClientShare {
            public_key: PublicKey([5; 65]),
            nonce: ClientNonce::new(std::array::from_fn(|at| at as u8)).unwrap(),
        },
    }
}
