//! QR codes of random names and of the longest ones, a line of JSON each, for decoders that are not
//! ours: `cargo xtask qr` draws and reads them.

#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use nidan_flow::{Opening, PendingSecret};
use nidan_otp::{
    Agreement, ClientNonce, ClientShare, EnrolmentId, LABEL_MAX_CHARS, Label, PublicKey,
    SharedSecret, UnixSeconds,
};
use nidan_protocol::{BackupGate, MethodKind};

const RANDOM_NAMES: u64 = 300;
/// What names are made of: each as long as the longest may be, too.
const ALPHABETS: [&str; 7] = [
    "abcdefghijklmnopqrstuvwxyz0123456789.-_",
    "ABC XYZ & Söhne, Zürich (Übersee)",
    "二段ショップ商店銀行東京大阪京都支店株式会社",
    "あいうえおかきくけこさしすせそ",
    "쇼핑몰은행서울부산",
    "متجر بنك القاهرة",
    "🦊🐼🍣🏦🎌",
];

/// Xorshift (Marsaglia 2003): the same names each time.
struct Chance(u64);

impl Chance {
    const fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }

    fn name(&mut self, alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        let mut letter = |_| {
            letters
                .get(self.next(letters.len() as u64) as usize)
                .copied()
        };
        // White space around a name is cut.
        let text: String = (0..length).filter_map(&mut letter).collect();
        text.trim().to_owned()
    }
}

fn print(number: u64, issuer: &str, account: &str) {
    let (Ok(issuer), Ok(account)) = (Label::parse(issuer), Label::parse(account)) else {
        return;
    };
    let opening = Opening {
        issuer,
        account,
        enrolment_id_text: String::new(),
        backup_gate: BackupGate::Tick,
        expires_at: UnixSeconds(0),
        methods: vec![MethodKind::Totp],
        browser_has_passkeys: false,
        countries: Vec::new(),
        home: None,
        phone_url: None,
        allow_unconfirmed_calls: false,
        duty: None,
        adds: None,
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&(number + 1).to_be_bytes());
    let Ok(nonce) = ClientNonce::new(bytes) else {
        return;
    };
    let draft = PendingSecret::new(
        Agreement {
            shared_secret: SharedSecret::new(bytes),
            enrolment_id: EnrolmentId([1; 16]),
            server_public_key: PublicKey([2; 65]),
            client: ClientShare {
                public_key: PublicKey([3; 65]),
                nonce,
            },
        },
        &opening,
    );
    let uri = draft.uri().expose();
    let (d, view_box) = nidan::qr::layout(uri)
        .map(|path| (path.d.to_string(), path.view_box))
        .unwrap_or_default();
    let large = draft.fills_its_code();
    // Percent-encoded and digits: nothing of it needs an escape.
    println!(r#"{{"uri":"{uri}","large":{large},"viewBox":"{view_box}","d":"{d}"}}"#);
}

fn main() {
    let mut chance = Chance(0x006e_6964_616e);
    for number in 0..RANDOM_NAMES {
        let [issuer, account] = [(); 2].map(|()| {
            let alphabet = chance.next(ALPHABETS.len() as u64) as usize;
            // Most names are short.
            let length = 1 + chance.next(chance.0 % LABEL_MAX_CHARS as u64 + 1) as usize;
            chance.name(ALPHABETS.get(alphabet).copied().unwrap_or_default(), length)
        });
        print(number, &issuer, &account);
    }
    for (number, alphabet) in ALPHABETS.iter().enumerate() {
        let longest = chance.name(alphabet, LABEL_MAX_CHARS);
        print(RANDOM_NAMES + number as u64, &longest, &longest);
    }
}
