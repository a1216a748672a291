use super::*;

fn table() -> Regions {
    Regions::new(include_str!("../../../../public/nidan/regions.txt"))
}

fn check(typed: &str, iso: &str, expected: Result<(&str, &str), NumberError>) {
    let read = table().read(typed, iso);
    let seen = read
        .as_ref()
        .map(|number| (number.e164.as_str(), number.shown.as_str()))
        .map_err(|error| *error);
    assert_eq!(seen, expected, "{typed} in {iso}");
}

#[test]
fn numbers_are_read_the_way_people_type_them() {
    let mobile = Ok(("+819012345678", "+81 90-1234-5678"));
    for typed in [
        "09012345678",
        "090-1234-5678",
        "０９０－１２３４－５６７８",
        "090ー1234ー5678",
        "(090) 1234 5678",
        "90 1234 5678",
    ] {
        check(typed, "JP", mobile);
    }
    for typed in [
        "+81 90 1234 5678",
        "+81 (0)90-1234-5678",
        "＋８１０９０１２３４５６７８",
    ] {
        check(typed, "US", mobile);
    }
    check(
        "06 1234 5678",
        "IT",
        Ok(("+390612345678", "+39 06-1234-5678")),
    );
    check(
        "8 912 345-67-89",
        "RU",
        Ok(("+79123456789", "+7 912 345-67-89")),
    );
    check("+81 81 90 1234 5678", "JP", Err(NumberError::CodeTwice));
    check("+1 1 201 555 0123", "US", Err(NumberError::CodeTwice));
    check(
        "\u{202a}090-1234-5678\u{202c}",
        "JP",
        Ok(("+819012345678", "+81 90-1234-5678")),
    );
    check(
        "०९०१२३४५६७८",
        "JP",
        Ok(("+819012345678", "+81 90-1234-5678")),
    );
    check(
        "(201) 555-0123",
        "US",
        Ok(("+12015550123", "+1 201-555-0123")),
    );
    check(
        "+1 506 234 5678",
        "JP",
        Ok(("+15062345678", "+1 506-234-5678")),
    );
    check(
        "07400 123456",
        "GB",
        Ok(("+447400123456", "+44 7400 123456")),
    );
}

/// The table does not know area codes, and a wrong grouping looks like a wrong number: the person's
/// own stays.
#[test]
fn a_landline_is_grouped_as_the_person_did() {
    for (typed, shown) in [
        ("045-123-4567", "+81 45-123-4567"),
        ("０４５（１２３）４５６７", "+81 45-123-4567"),
        ("03 1234 5678", "+81 3-1234-5678"),
        ("+81 (0)3-1234-5678", "+81 3-1234-5678"),
        ("0451234567", "+81 451234567"),
        ("04-5123-4567 ", "+81 4-5123-4567"),
    ] {
        let number = table().read(typed, "JP").unwrap();
        assert_eq!(number.shown, shown, "{typed}");
        let digits: String = number.shown.chars().filter(char::is_ascii_digit).collect();
        assert_eq!(["+", &digits].concat(), number.e164, "{typed}");
    }
}

#[test]
fn what_is_wrong_is_told_while_it_is_typed() {
    check("", "JP", Err(NumberError::Empty));
    check(" - ", "JP", Err(NumberError::Empty));
    check("090", "JP", Err(NumberError::TooShort));
    check("+", "JP", Err(NumberError::TooShort));
    check("+8", "JP", Err(NumberError::TooShort));
    check("+999 1234", "JP", Err(NumberError::CountryUnknown));
    check("090-1234-56789", "JP", Err(NumberError::TooLong));
    check("090-1234-567a", "JP", Err(NumberError::NotDigits));
    for extension in [
        "03-1234-5678 ext. 5",
        "03-1234-5678;ext=5",
        "03-1234-5678 内線5",
        "03-1234-5678 X5",
    ] {
        check(extension, "JP", Err(NumberError::Extension));
    }
    check("090", "XX", Err(NumberError::CountryUnknown));
}

#[test]
fn what_is_dialled_from_abroad_is_read_and_a_number_at_home_stays_one() {
    let mobile = Ok(("+819012345678", "+81 90-1234-5678"));
    for (typed, iso) in [
        ("0081 90 1234 5678", "GB"),
        ("010 81 90-1234-5678", "JP"),
        ("81 90 1234 5678", "JP"),
    ] {
        check(typed, iso, mobile);
    }
    check("011 81 90 1234 5678", "US", mobile);
    // Not a number of Lebanon's with 81, which needs none.
    check("090-1234-56789", "JP", Err(NumberError::TooLong));
    assert_eq!(table().read("+1 204 555 0123", "CA").unwrap().iso, "CA");
    assert_eq!(table().read("+81 90 1234 5678", "US").unwrap().iso, "JP");
}

/// `0049…` typed in Germany rang a stranger's phone once: a German number may be as long as
/// that.
#[test]
fn what_begins_like_a_call_abroad_is_never_a_number_at_home() {
    let german = Ok(("+4915123456789", "+49 1512 3456789"));
    check("0049 151 23456789", "DE", german);
    check("0049 151 23456789", "FR", german);
    check("+49 151 23456789", "DE", german);
    check("011 49 151 23456789", "US", german);
    check("0011 49 151 23456789", "AU", german);
    check("810 49 151 23456789", "RU", german);
    check("001 49 151 23456789", "KR", german);
    check("00149151", "DE", Err(NumberError::TooShort));
    check("00", "DE", Err(NumberError::TooShort));
    check("000 151 23456789", "DE", Err(NumberError::CountryUnknown));
    assert_eq!(table().begun("0049 151", "DE").as_deref(), Some("+49 151"));
    assert_eq!(
        table().begun("0081 90 123", "AT").as_deref(),
        Some("+81 90-123")
    );
}

#[test]
fn a_number_is_grouped_while_it_is_typed() {
    let begun = |typed| table().begun(typed, "JP");
    assert_eq!(begun("0"), None);
    assert_eq!(begun("09").as_deref(), Some("+81 9"));
    assert_eq!(begun("0901").as_deref(), Some("+81 90-1"));
    assert_eq!(begun("090123456").as_deref(), Some("+81 90-1234-56"));
    assert_eq!(begun("+8190123456").as_deref(), Some("+81 90-1234-56"));
    assert_eq!(begun("abc"), None);
}

#[test]
fn every_line_of_the_table_can_be_read() {
    let table = include_str!("../../../../public/nidan/regions.txt");
    let regions = Regions::new(table);
    for place in 0..table.lines().next().unwrap().split(',').count() {
        let region = regions.at(place).unwrap();
        assert!(
            region.iso.len() == 2 && region.lengths().count() > 0,
            "{region:?}"
        );
        assert_eq!(regions.calling_code(region.iso), Some(region.calling_code));
        // Zeros stand for any digits; two in front would begin a call abroad.
        let example = region
            .example
            .strip_prefix("00")
            .map_or(region.example.to_owned(), |rest| ["01", rest].concat());
        let typed = [region.trunk, &example].concat();
        let read = regions.read(&typed, region.iso).unwrap();
        assert_eq!(
            read.shown,
            ["+", region.calling_code, " ", &example].concat(),
            "{region:?}"
        );
        assert_eq!(
            regions.read(&read.e164, region.iso).unwrap(),
            read,
            "{region:?}"
        );
    }
}
