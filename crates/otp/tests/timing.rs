//! The time of a check tells nothing of how much of a code was right: Welch's t-test over two kinds
//! of wrong codes, taken in turn by chance, as dudect does it (Reparaz, Balasch, Verbauwhede: ["Dude,
//! is my code constant time?"](https://eprint.iacr.org/2016/1123)). `TIMINGS` says how many.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

use std::hint::black_box;
use std::time::Instant;

use nidan_otp::{BackupCode, Code, Secret, Steps, UnixSeconds};

const NOW: UnixSeconds = UnixSeconds(1_800_000_000);
/// The paper's bound: above it the times surely differ.
const SURELY: f64 = 10.0;

fn timings() -> usize {
    std::env::var("TIMINGS").map_or(5_000, |count| count.parse().unwrap())
}

/// How far the times of two kinds of input are apart, in standard errors of their means, and the
/// nanoseconds from which on it is sure. The slowest tenth, which is the machine's, is left out.
fn t_of(check: [&dyn Fn(); 2]) -> (f64, f64) {
    let mut chance = 0x9e37_79b9_7f4a_7c15_u64;
    let mut times = Vec::with_capacity(timings());
    for _ in 0..timings() {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        let kind = (chance & 1) as usize;
        let begun = Instant::now();
        check[kind]();
        times.push((begun.elapsed().as_nanos() as f64, kind));
    }
    let mut sorted: Vec<_> = times.iter().map(|(time, _)| *time).collect();
    sorted.sort_by(f64::total_cmp);
    let slow = sorted[sorted.len() * 9 / 10];
    let of = |kind| {
        let kept = times
            .iter()
            .filter(move |(time, one)| *one == kind && *time < slow);
        let (count, sum, squares) = kept
            .fold((0.0, 0.0, 0.0), |(count, sum, squares), (time, _)| {
                (count + 1.0, sum + time, squares + time * time)
            });
        let mean = sum / count;
        (mean, (squares / count - mean * mean) / count)
    };
    let ((one, error), (other, other_error)) = (of(0), of(1));
    let error = (error + other_error).sqrt();
    (((one - other) / error).abs(), SURELY * error)
}

/// The smallest of three: a machine that does something else meanwhile shows a difference once.
fn least(what: &str, check: [&dyn Fn(); 2]) -> f64 {
    let of = (0..3).map(|_| t_of(check));
    let (t, sure_ns) = of.fold((f64::INFINITY, 0.0), |(t, sure), (one, sure_one)| {
        (t.min(one), sure_one.max(sure))
    });
    println!("{what}: t = {t:.1}; differences of {sure_ns:.1} ns and more are seen");
    t
}

#[test]
fn a_check_that_ends_early_is_found() {
    let right = vec![7_u8; 1 << 14];
    let mut late = right.clone();
    *late.last_mut().unwrap() = 0;
    let early = vec![0_u8; 1 << 14];
    let compare = |typed: &[u8]| {
        let same = right.iter().zip(typed).all(|(a, b)| a == b);
        black_box(same);
    };
    let t = least(
        "a comparison that ends early",
        [&|| compare(&late), &|| compare(&early)],
    );
    assert!(t > SURELY, "t = {t}");
}

/// The code of now, by the library.
fn right_code(secret: &Secret) -> String {
    let app = totp_rs::Builder::new().with_secret(totp_rs::Secret::new_stack(*secret.expose()));
    app.build().unwrap().generate(NOW.0).to_string()
}

#[test]
fn the_time_of_a_check_does_not_tell_how_much_of_a_code_is_right() {
    let secret = Secret::from_bytes(*b"12345678901234567890");
    let right = right_code(&secret);
    // All digits but the last, and none.
    let turned = |c: char| char::from(b'0' + (c as u8 - b'0' + 5) % 10);
    let near: String = right[..5]
        .chars()
        .chain(right.chars().last().map(turned))
        .collect();
    let far: String = right.chars().map(turned).collect();
    let (near, far) = (
        Code::from_typed(&near).unwrap(),
        Code::from_typed(&far).unwrap(),
    );
    let steps = Steps::around(NOW);
    assert!(
        secret
            .check(&Code::from_typed(&right).unwrap(), &steps)
            .is_some()
    );
    assert!(secret.check(&near, &steps).is_none() && secret.check(&far, &steps).is_none());
    let check = |code: &Code| {
        black_box(secret.check(black_box(code), &steps).is_some());
    };
    let t = least("a code", [&|| check(&near), &|| check(&far)]);
    assert!(t < SURELY, "t = {t}");
}

#[test]
fn the_time_of_a_comparison_does_not_tell_how_much_of_a_backup_code_is_right() {
    let code = |text: &str| BackupCode::from_typed(text).unwrap();
    let (right, far) = (code("0000000000000000"), one_that_differs(0));
    let near = one_that_differs(14);
    let check = |typed: &BackupCode| {
        black_box(right.same_as(black_box(typed)));
    };
    let t = least("a backup code", [&|| check(&near), &|| check(&far)]);
    assert!(t < SURELY, "t = {t}");
}

/// The first code that can be, with all symbols `0` but one here and the check symbol.
fn one_that_differs(place: usize) -> BackupCode {
    const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    ALPHABET
        .chars()
        .find_map(|check| {
            let mut text = ['0'; 16];
            text[place] = '1';
            text[15] = check;
            BackupCode::from_typed(&text.iter().collect::<String>()).ok()
        })
        .unwrap()
}
