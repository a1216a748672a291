//! Numbers against the reference (Google's libphonenumber, by the Python package `phonenumbers`),
//! and against nonsense.
//!
//! A sample is committed; `cargo xtask phones` makes 120,000 fresh ones and ten million inputs.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

use nidan_server::phone::{PhoneError, PhoneNumber};

/// What the reference may be right about and this parser not.
const TOLERANCE: f64 = 0.001;
const FUZZED_BY_DEFAULT: u64 = 100_000;

#[test]
fn verdict_kind_and_number_are_the_reference_s() {
    let text = match std::env::var("NIDAN_PHONES") {
        Ok(file) => std::fs::read_to_string(file).unwrap(),
        Err(_) => include_str!("phones/numbers.tsv").to_owned(),
    };
    let (mut rows, mut different) = (0_u32, 0_u32);
    for line in text.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [typed, region, verdict, kind, e164, extension] = columns.as_slice() else {
            panic!("{line}")
        };
        let expected = match (*verdict, *extension) {
            ("valid", "-") => format!("{} {e164}", kind.replace('_', "").to_lowercase()),
            // The reference reads numbers with an extension; a code cannot be sent to one.
            ("valid", _) => "extension".to_owned(),
            _ => "no".to_owned(),
        };
        let seen = match PhoneNumber::parse(typed, Some(region)) {
            Ok(number) => format!(
                "{} {}",
                format!("{:?}", number.kind()).to_lowercase(),
                number.e164()
            ),
            Err(PhoneError::Extension) => "extension".to_owned(),
            Err(_) => "no".to_owned(),
        };
        rows += 1;
        if seen != expected {
            different += 1;
            println!("different: {line}: {seen}");
        }
    }
    println!("{rows} numbers compared with the reference, {different} different");
    assert!(rows >= 4_000 && f64::from(different) <= f64::from(rows) * TOLERANCE);
}

/// The widget shows a number and sends what was typed; the service reads it again. In every
/// country, however a number is dialled from there: what the widget shows is what the service
/// reads, or the service refuses to send.
#[test]
fn what_the_widget_shows_is_what_the_service_dials() {
    let table = include_str!("../../../public/nidan/regions.txt");
    let widget = nidan_flow::regions::Regions::new(table);
    let columns: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split(',').collect())
        .collect();
    let (mut same, mut refused, mut unread) = (0_u32, 0_u32, 0_u32);
    let abroad: Vec<_> = include_str!("phones/numbers.tsv")
        .lines()
        .filter_map(|line| line.split('\t').nth(4).filter(|e164| e164.starts_with('+')))
        .step_by(40)
        .collect();
    for (place, country) in columns[0].iter().enumerate() {
        let own = columns[5][place];
        let prefixes = if own.is_empty() { "00" } else { own };
        for prefix in prefixes.split('|').take(3) {
            for e164 in &abroad {
                let typed = format!("{prefix}{}", e164.trim_start_matches('+'));
                let Ok(shown) = widget.read(&typed, country) else {
                    unread += 1;
                    continue;
                };
                assert_eq!(
                    shown.e164, **e164,
                    "{typed} in {country} is never a number at home"
                );
                match PhoneNumber::parse(&typed, Some(country)) {
                    Ok(number) if number.e164() == shown.e164 => same += 1,
                    // `phone_ambiguous`: nothing is sent.
                    _another => refused += 1,
                }
            }
        }
    }
    println!(
        "{same} numbers dialled from abroad read alike, {refused} refused, {unread} not read by the widget"
    );
    assert!(same > 10 * refused, "{same} {refused}");
}

/// A panic inside would be caught and told as `Invalid`; the hook counts them.
#[test]
fn no_input_makes_it_panic() {
    use std::sync::atomic::{AtomicU64, Ordering};
    static PANICS: AtomicU64 = AtomicU64::new(0);
    std::panic::set_hook(Box::new(|_| {
        PANICS.fetch_add(1, Ordering::SeqCst);
    }));
    let count =
        std::env::var("NIDAN_FUZZED").map_or(FUZZED_BY_DEFAULT, |count| count.parse().unwrap());
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                let mut state = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(thread + 1);
                for _ in 0..count / threads {
                    let (typed, country) = nonsense(&mut state);
                    let _ = PhoneNumber::parse(&typed, country);
                }
            });
        }
    });
    let _ = std::panic::take_hook();
    println!("{count} inputs, {} panics", PANICS.load(Ordering::SeqCst));
    assert_eq!(PANICS.load(Ordering::SeqCst), 0);
}

/// Mostly what looks like a number: signs, digits of several scripts, separators, extensions,
/// letters, anything.
fn nonsense(state: &mut u64) -> (String, Option<&'static str>) {
    const PARTS: [&str; 40] = [
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "8",
        "9",
        "0",
        "00",
        "+",
        "＋",
        "-",
        " ",
        "(",
        ")",
        ".",
        "/",
        "０",
        "９",
        "٣",
        "۴",
        "x",
        "ext",
        ";ext=",
        "#",
        "*",
        "tel:",
        ";phone-context=",
        "+81",
        "+1",
        "+44",
        "A",
        "あ",
        "\u{200b}",
        "\u{feff}",
        "~",
        ",",
    ];
    const COUNTRIES: [Option<&str>; 8] = [
        None,
        Some("JP"),
        Some("US"),
        Some("IT"),
        Some("AR"),
        Some("BR"),
        Some("XX"),
        Some(""),
    ];
    let mut draw = |below: u64| {
        // xorshift64* (Vigna 2016): inputs of a test need no CSPRNG.
        *state ^= *state >> 12;
        *state ^= *state << 25;
        *state ^= *state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % below
    };
    let length = draw(24);
    let mut typed = String::new();
    for _ in 0..length {
        match draw(30) {
            0 => typed.extend(char::from_u32(draw(0x11_0000) as u32)),
            _ => typed.push_str(PARTS[draw(PARTS.len() as u64) as usize]),
        }
    }
    (typed, COUNTRIES[draw(COUNTRIES.len() as u64) as usize])
}
