// Shared by the native and the wasm test. The code is asked of totp-rs through the very parameters
// of `nidan_otp`, and `Secret::check` must take it in its step and refuse its neighbour.

use nidan_otp::{Code, Secret, Steps, TIME_STEP_S, UnixSeconds};
use sha2::{Digest, Sha256};

fn agrees(vectors: &str) {
    let digests: Vec<&str> =
        vectors.split('"').filter(|part| part.len() == 64 && part.bytes().all(|b| b.is_ascii_hexdigit())).collect();
    assert_eq!(digests.len(), 100);
    let mut random = SplitMix64(0x006e_6964_616e);
    for expected in digests {
        let mut codes = Sha256::new();
        for _ in 0..1000 {
            let words = [random.next(), random.next(), random.next()];
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).take(20).collect();
            let bytes: [u8; 20] = bytes.try_into().unwrap();
            let time = random.next() % 20_000_000_000;
            let code = totp_rs::Builder::new()
                .with_secret(totp_rs::Secret::new_stack(bytes))
                .build()
                .unwrap()
                .generate(time)
                .to_string();
            let typed = Code::from_wire(&code).unwrap();
            let secret = Secret::from_bytes(bytes);
            let matched = secret.check(&typed, &Steps::current(UnixSeconds(time))).unwrap();
            assert_eq!(matched.counter().0, time / TIME_STEP_S);
            codes.update(code.as_bytes());
        }
        let digest: String = codes.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, expected);
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same few lines stand in the script.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
