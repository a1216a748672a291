//! Vectors of the RFCs, windows, and codes as people type them.

use super::*;

fn rfc_secret() -> Secret {
    Secret::from_bytes(*b"12345678901234567890")
}

/// [RFC 4226](https://www.rfc-editor.org/rfc/rfc4226) appendix D.
#[test]
fn hotp_vectors_of_rfc_4226() {
    let expected = [
        "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
        "520489",
    ];
    for (counter, code) in (0u64..).zip(expected) {
        let code = Code::from_wire(code).unwrap();
        let matched =
            rfc_secret().check(&code, &Steps::current(UnixSeconds(counter * TIME_STEP_S)));
        assert_eq!(
            matched,
            Some(Matched {
                counter: Counter(counter)
            })
        );
    }
}

/// [RFC 6238](https://www.rfc-editor.org/rfc/rfc6238) appendix B, cut to six digits. The last
/// row overflows 32 bits.
#[test]
fn totp_vectors_of_rfc_6238() {
    let check = |time, code: &str| {
        let code = Code::from_wire(code).unwrap();
        assert!(
            rfc_secret()
                .check(&code, &Steps::current(UnixSeconds(time)))
                .is_some(),
            "{time}"
        );
    };
    check(59, "287082");
    check(1_111_111_109, "081804");
    check(1_111_111_111, "050471");
    check(1_234_567_890, "005924");
    check(2_000_000_000, "279037");
    check(20_000_000_000, "353130");
}

#[test]
fn a_code_is_read_the_way_people_type_it() {
    let check = |typed: &str, expected: Result<&str, CodeError>| {
        assert_eq!(
            Code::from_typed(typed).as_ref().map(Code::expose),
            expected.as_ref().copied(),
            "{typed:?}"
        );
    };
    check("123456", Ok("123456"));
    check(" 123 456 ", Ok("123456"));
    check("123-456", Ok("123456"));
    check("１２３４５６", Ok("123456"));
    check("１２３　４５６", Ok("123456"));
    check("123ー456", Ok("123456"));
    check("٠١٢٣٤٥", Ok("012345"));
    check("۰۱۲۳۴۵", Ok("012345"));
    // Copied with what stands around it: a mark of direction, a prefix, the whole message.
    check("\u{202a}123456\u{202c}", Ok("123456"));
    check("G-123456", Ok("123456"));
    check("Code: 123456", Ok("123456"));
    check("123456.", Ok("123456"));
    check("確認コードは123456です（V9）。", Ok("123456"));
    let message =
        "My shop: 123456 is your code (D2). It holds for 5 minutes.\n\n@127.0.0.1 #123456";
    check(message, Ok("123456"));
    check("27.11.2026, 16:40: 123456", Ok("123456"));
    check("123456 or 654321", Err(CodeError::NotDigits));
    // The code may be the other one.
    check("987 654. Order 123456", Err(CodeError::NotDigits));
    check("12345678, ref 123456", Err(CodeError::NotDigits));
    check("123456: call 0120-123-456", Err(CodeError::NotDigits));
    check("K7QM234567ABCDEF", Err(CodeError::NotDigits));
    check("", Err(CodeError::Length { actual: 0 }));
    check("12345", Err(CodeError::Length { actual: 5 }));
    check("1234567", Err(CodeError::Length { actual: 7 }));
    check("12345a", Err(CodeError::NotDigits));
    check("+12345", Err(CodeError::NotDigits));
}

#[test]
fn the_wire_takes_six_ascii_digits_and_nothing_else() {
    assert_eq!(Code::from_wire("000000").unwrap().expose(), "000000");
    for refused in [
        "",
        "0",
        "12345",
        "1234567",
        "12345 ",
        "+12345",
        "12345a",
        "１２",
        "-12345",
        "１２３４５６",
    ] {
        assert!(Code::from_wire(refused).is_err(), "{refused:?}");
    }
}

#[test]
fn a_code_is_right_in_its_own_step_and_one_either_way() {
    let code = Code::from_wire("287082").unwrap(); // step 1
    let accepted = |now| {
        rfc_secret()
            .check(&code, &Steps::around(UnixSeconds(now)))
            .is_some()
    };
    assert_eq!(
        [0, 29, 30, 59, 60, 89, 90].map(accepted),
        [true, true, true, true, true, true, false]
    );
}

#[test]
fn an_enrolment_accepts_the_codes_of_its_own_life() {
    let code = Code::from_wire("287082").unwrap(); // step 1
    let accepted = |opened, now| {
        rfc_secret().check(&code, &Steps::since(UnixSeconds(opened), UnixSeconds(now)))
    };
    assert!(accepted(30, 600).is_some());
    assert!(accepted(60, 600).is_some(), "the step before it opened");
    assert!(accepted(90, 600).is_none(), "older than the enrolment");
}

#[test]
fn what_was_learned_moves_the_accepted_steps() {
    let secret = rfc_secret();
    let now = UnixSeconds(1_000_000 * TIME_STEP_S);
    let accepted = |step: u64, drift| {
        let code =
            Code::from_wire(&secret.totp().generate(step * TIME_STEP_S).to_string()).unwrap();
        secret
            .check(&code, &Steps::around(now).moved(drift))
            .map(|matched| matched.drift_steps(now))
    };
    assert_eq!(accepted(999_998, 0), None);
    assert_eq!(accepted(999_998, -1), Some(-2));
    assert_eq!(accepted(999_997, -2), Some(-2), "kept within the limit");
    assert_eq!(accepted(1_000_003, 2), Some(2));
    assert_eq!(accepted(1_000_000, -2), None, "three steps and no more");
}

/// [RFC 6238 §6](https://www.rfc-editor.org/rfc/rfc6238#section-6).
#[test]
fn two_codes_count_only_in_a_row() {
    let secret = rfc_secret();
    let code = |step: u64| {
        Code::from_wire(&secret.totp().generate(step * TIME_STEP_S).to_string()).unwrap()
    };
    let now = UnixSeconds(1_000_000 * TIME_STEP_S);
    let pair = |first, second| {
        secret
            .check_pair(&code(first), &code(second), &Steps::for_pairs(now))
            .map(|matched| matched.counter().0)
    };
    assert_eq!(pair(1_000_000, 1_000_001), Some(1_000_001));
    assert_eq!(
        pair(999_990, 999_991),
        Some(999_991),
        "a clock that is five minutes slow"
    );
    assert_eq!(pair(999_989, 999_990), None, "and no more");
    assert_eq!(pair(1_000_010, 1_000_011), Some(1_000_011));
    assert_eq!(pair(1_000_011, 1_000_012), None);
    assert_eq!(pair(1_000_001, 1_000_000), None, "the other way round");
    assert_eq!(pair(1_000_000, 1_000_000), None, "the same twice");
    assert_eq!(pair(1_000_000, 1_000_002), None, "with a gap");
}

#[test]
fn a_wrong_clock_is_measured() {
    let secret = rfc_secret();
    let code_of = |step: u64| {
        Code::from_wire(&secret.totp().generate(step * TIME_STEP_S).to_string()).unwrap()
    };
    let now = UnixSeconds(1_000_000 * TIME_STEP_S);
    assert_eq!(secret.locate(&code_of(1_000_000 - 3), now), Some(-90));
    assert_eq!(secret.locate(&code_of(1_000_000 + 4), now), Some(120));
}

/// 20 bytes are 32 characters, upper case, without padding.
#[test]
fn the_key_is_base32_without_padding() {
    let key = rfc_secret().key();
    assert_eq!(key.expose(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    assert_eq!(
        key.expose_grouped().as_str(),
        "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
    );
}

/// The encoder agrees with the vectors of [RFC 4648
/// §10](https://www.rfc-editor.org/rfc/rfc4648#section-10).
#[test]
fn base32_vectors_of_rfc_4648() {
    let expected = [
        ("f", "MY"),
        ("fo", "MZXQ"),
        ("foo", "MZXW6"),
        ("foob", "MZXW6YQ"),
        ("fooba", "MZXW6YTB"),
    ];
    for (bytes, text) in expected {
        assert_eq!(Base32UpperUnpadded::encode_string(bytes.as_bytes()), text);
    }
    assert_eq!(Base32UpperUnpadded::encode_string(b"foobar"), "MZXW6YTBOI");
}

#[test]
fn secrets_and_codes_are_not_printed() {
    assert_eq!(format!("{:?}", rfc_secret()), "Secret(<redacted>)");
    assert_eq!(format!("{:?}", rfc_secret().key()), "Key(<redacted>)");
    assert_eq!(
        format!("{:?}", Code::from_wire("123456").unwrap()),
        "Code(<redacted>)"
    );
}
