//! Configurations that are taken and that are refused.

use super::*;

const GOOD: &str = r#"
    listen = "127.0.0.1:8080"
    database = "nidan.db"
    keys_file = "nidan.keys"
    issuer = "https://2sv.shop.example"
    [[hosts]]
    id = "shop"
    name = "Shop"
    api_key_sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
    origins = ["https://shop.example"]
"#;

fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::parse(Path::new("nidan.toml"), text, environment).map_err(|error| error.to_string())
}

#[test]
fn the_environment_overrides_the_file() {
    let config = load(
        GOOD,
        &[
            ("NIDAN_LISTEN", "127.0.0.1:9"),
            ("NIDAN_PEPPER", "x"),
            ("HOME", "y"),
        ],
    )
    .unwrap();
    assert_eq!(config.listen.port(), 9);
}

#[test]
fn an_outage_is_told_in_the_reader_s_language() {
    let with =
        |texts: &str| GOOD.replace("issuer", &format!("outage_notice = {texts}\n    issuer"));
    let config = load(
        &with(r#"{ de = "Störung", en = "Outage", ja = "障害", zh-Hant = "障礙" }"#),
        &[],
    );
    let config = config.unwrap();
    for (languages, expected) in [
        ("ja", "障害"),
        ("JA-jp,en;q=0.8", "障害"),
        ("fr-CH, fr;q=0.9, de;q=0.7", "Störung"),
        ("zh-Hant", "障礙"),
        ("ko", "Outage"),
        ("", "Outage"),
    ] {
        assert_eq!(
            config.outage_notice.read_in(languages),
            Some(expected),
            "{languages}"
        );
    }
    let chinese = load(
        &with(r#"{ zh-CN = "故障", zh-TW = "障礙", en = "Outage" }"#),
        &[],
    )
    .unwrap();
    for (languages, expected) in [
        ("zh-Hant", "障礙"),
        ("zh-HK", "障礙"),
        ("zh-Hans", "故障"),
        ("zh", "故障"),
    ] {
        assert_eq!(
            chinese.outage_notice.read_in(languages),
            Some(expected),
            "{languages}"
        );
    }
    let only = load(&with(r#"{ ja = "障害" }"#), &[]).unwrap();
    assert_eq!(
        only.outage_notice.read_in("ko"),
        Some("障害"),
        "better than nothing"
    );
    assert_eq!(load(GOOD, &[]).unwrap().outage_notice.read_in("en"), None);
    for bad in [r#"{ en = " " }"#, r#"{ "e n" = "x" }"#] {
        assert!(
            load(&with(bad), &[]).unwrap_err().contains("outage_notice"),
            "{bad}"
        );
    }
}

#[test]
fn the_operator_s_own_words_have_texts_sources_and_days() {
    let with = |lines: &str| GOOD.replace("issuer", &format!("{lines}\n    issuer"));
    let good = r#"support_hours = { en = "daily 9 to 18", ja = "毎日9時～18時" }
    figures = [{ text = { en = "Nine in ten" }, source = "Report", source_url = "https://example.com/r", as_of = "2026-04-01" }]"#;
    let config = load(&with(good), &[]).unwrap();
    assert_eq!(config.support_hours.read_in("ja"), Some("毎日9時～18時"));
    assert_eq!(config.figures[0].text.read_in("ja"), Some("Nine in ten"));
    for (bad, key) in [
        ("support_hours = { en = \"\" }", "support_hours"),
        (&good.replace("\"Nine in ten\"", "\" \""), "figures[0].text"),
        (
            &good.replace("{ en = \"Nine in ten\" }", "{}"),
            "figures[0].text",
        ),
        (&good.replace("\"Report\"", "\"\""), "figures[0].source"),
        (
            &good.replace("https://example.com/r", "http://example.com/r"),
            "figures[0].source_url",
        ),
        (
            &good.replace("https://example.com/r", "javascript:x"),
            "figures[0].source_url",
        ),
        (
            &good.replace("2026-04-01", "2026-02-30"),
            "figures[0].as_of",
        ),
        (&good.replace("2026-04-01", "last year"), "figures[0].as_of"),
    ] {
        let said = load(&with(bad), &[]).unwrap_err();
        assert!(said.contains(key), "{bad}: {said}");
    }
}

#[test]
fn what_a_platform_sets_with_our_prefix_is_said_and_ignored() {
    let foreign = [
        ("NIDAN_PORT", "tcp://10.0.0.1:80"),
        ("NIDAN_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("NIDAN_SERVICE_HOST", "10.0.0.1"),
    ];
    let config = load(GOOD, &foreign).unwrap();
    let said = config.warnings().join("\n");
    assert!(
        foreign.iter().all(|(name, _)| said.contains(name)),
        "{said}"
    );
    let trial = load(GOOD, &[("NIDAN_PRODUCTION", "false")]).unwrap();
    assert!(!trial.production);
}

#[test]
fn people_are_led_somewhere_or_the_operator_hears_of_it() {
    assert!(load(GOOD, &[]).unwrap().warnings()[0].contains("support_url"));
    for link in [
        "https://shop.example/help/",
        "mailto:a@shop.example",
        "tel:0120-000-000",
    ] {
        let config = load(GOOD, &[("NIDAN_SUPPORT_URL", link)]).unwrap();
        assert_eq!(config.warnings(), Vec::<String>::new(), "{link}");
    }
}

#[test]
fn in_production_nothing_travels_in_clear_text() {
    let clear = |text: &str, named: &str| {
        let error = load(text, &[]).unwrap_err();
        assert!(error.contains(named) && error.contains("https"), "{error}");
        assert!(
            load(text, &[("NIDAN_PRODUCTION", "false")]).is_ok(),
            "{named}"
        );
    };
    clear(&GOOD.replace("https://2sv", "http://2sv"), "issuer");
    clear(
        &GOOD.replace("https://shop", "http://shop"),
        "hosts.shop.origins",
    );
    let with = |line: &str| GOOD.replace("id = ", &format!("{line}\nid = "));
    for name in [
        "recovery_url",
        "password_url",
        "form_complete_url",
        "form_manage_url",
    ] {
        clear(&with(&format!("{name} = \"http://shop.example/x\"")), name);
        assert!(load(&with(&format!("{name} = \"http://127.0.0.1:8000/x\"")), &[]).is_ok());
    }
    let help = load(GOOD, &[("NIDAN_SUPPORT_URL", "http://shop.example/help")]);
    assert!(help.unwrap_err().contains("support_url"));
}

#[test]
fn an_unknown_or_wrong_setting_is_named() {
    let check = |text: &str, environment: &[(&str, &str)], named: &str| {
        let error = load(text, environment).unwrap_err();
        assert!(error.contains(named), "{named:?} is not in {error:?}");
    };
    check(&GOOD.replace("issuer", "isuer"), &[], "isuer");
    check(&GOOD.replace("origins", "orgins"), &[], "orgins");
    check(GOOD, &[("NIDAN_LISTEN", "nowhere")], "listen");
    check(
        &GOOD.replace("0000\"", "\""),
        &[],
        "hosts.shop.api_key_sha256",
    );
    check(
        &GOOD.replace("https://shop.example", "https://shop.example/"),
        &[],
        "hosts.shop.origins",
    );
    check(
        &GOOD.replace("https://shop.example", "https://*.shop.example"),
        &[],
        "hosts.shop.origins",
    );
    check(&GOOD.replace("\"Shop\"", "\"A:B\""), &[], "hosts.shop.name");
    check(
        &GOOD.replace("https://2sv.shop.example", "2sv"),
        &[],
        "issuer",
    );
    let more = |text: &str| GOOD.replace("[[hosts]]", &format!("{text}\n[[hosts]]"));
    let outbox = "[[gateways]]\nid = \"out\"\nchannels = [\"sms\"]\noutbox = {}";
    let japan = "[phone]\ncountries = [\"JP\"]";
    check(
        &more(&format!("{japan}\n{outbox}")),
        &[],
        "gateways.out.outbox",
    );
    check(&more(japan), &[], "phone");
    check(&more(outbox), &[], "phone");
    check(
        &more(&format!("[phone]\ncountries = [\"XX\"]\n{outbox}")),
        &[],
        "phone.countries",
    );
    check(
        &more(&format!("{japan}\ncalls_to_voip = [\"US\"]\n{outbox}")),
        &[],
        "phone.calls_to_voip",
    );
    check(
        &more(&format!(
            "{japan}\nbudgets = {{ number_per_hours = 1 }}\n{outbox}"
        )),
        &[],
        "number_per_hours",
    );
    check(
        &more(&format!(
            "{japan}\n{outbox}\nwebhook = {{ url = \"x\", secret_file = \"y\" }}"
        )),
        &[],
        "gateways.out",
    );
    let sender = |url: &str| {
        format!(
            "{japan}\n[[gateways]]\nid = \"own\"\nchannels = [\"sms\"]\nwebhook = {{ url = \"{url}\", secret_file = \"y\" }}"
        )
    };
    check(
        &more(&sender("http://sender.example")),
        &[],
        "gateways.own.webhook.url",
    );
    assert!(load(&more(&sender("https://sender.example")), &[]).is_ok());
    assert!(
        load(&more(&sender("http://127.0.0.1:9")), &[]).is_ok(),
        "the same machine"
    );
    check(
        &GOOD.replace("origins", "approvals = true\norigins"),
        &[],
        "hosts.shop.approvals",
    );
    check(
        &GOOD.replace("origins", "methods = [\"sms\"]\norigins"),
        &[],
        "hosts.shop.methods",
    );
}

/// Two hosts may have one RP ID, and its domain serves one file.
#[test]
fn related_origins_are_those_of_all_hosts_with_the_rp_id() {
    let host = |id: &str, rp_id: &str| {
        let key = id.len();
        format!(
            "[[hosts]]\nid = \"{id}\"\nname = \"{id}\"\napi_key_sha256 = \"{key:064}\"\n\
             origins = [\"https://{id}.example\", \"https://{rp_id}\"]\n\
             passkeys = {{ rp_id = \"{rp_id}\" }}\n"
        )
    };
    let hosts = ["bank", "funds"]
        .map(|id| host(id, "bank.example"))
        .concat();
    let text = [GOOD, &hosts, &host("library", "books.example")].concat();
    let config = load(&text, &[]).unwrap();
    let origins = |id| config.related_origins(id).map(Vec::from_iter);
    let of_bank = vec!["https://bank.example", "https://funds.example"];
    assert_eq!(origins(None), Some(of_bank.clone()));
    assert_eq!(origins(Some("funds")), Some(of_bank));
    assert_eq!(
        origins(Some("library")),
        Some(vec!["https://books.example", "https://library.example"])
    );
    assert_eq!(origins(Some("shop")), None, "it has no passkeys");
}

#[test]
fn a_policy_that_would_leave_somebody_without_any_way_is_refused() {
    let with = |lines: &str| [GOOD, lines].join("\n");
    let group = |lines: &str| with(&format!("[[hosts.groups]]\nid = \"staff\"\n{lines}"));
    for good in [
        "required = true\ngrace_days = 14\ngrace_skips = 3",
        "required = true",
        "methods = [\"totp\"]",
        "trust_days = 0",
        "required = true\nmin_methods = 5",
        "may_pause = false\nmay_turn_off = false",
    ] {
        let config = load(&group(good), &[]).unwrap();
        assert!(config.hosts[0].of_group(Some("staff")).is_some());
        assert!(config.hosts[0].of_group(Some("boss")).is_none());
    }
    for (bad, key) in [
        (group("methods = []"), "groups.staff.methods"),
        (group("methods = [\"sms\"]"), "groups.staff.methods"),
        (group("min_methods = 6"), "groups.staff.min_methods"),
        (
            group("acr_needed = \"urn:nidan:acr:phishing-resistant\""),
            "groups.staff.acr_needed",
        ),
        (group("grace_days = 3"), "groups.staff.grace_days"),
        (group("required = true\ngrace_days = 0"), "grace_days"),
        (group("required = true\ngrace_skips = 0"), "grace_skips"),
        (group("trust_days = 91"), "groups.staff.trust_days"),
        (group("trust_day = 1"), "trust_day"),
        (with("[[hosts.groups]]\nid = \"a b\""), "groups[0].id"),
        (
            with("[[hosts.groups]]\nid = \"a\"\n[[hosts.groups]]\nid = \"a\""),
            "groups.a.id",
        ),
    ] {
        let said = load(&bad, &[]).unwrap_err();
        assert!(said.contains(key), "{bad}: {said}");
    }
}

#[test]
fn a_group_is_as_its_host_where_it_says_nothing() {
    let text = [
        GOOD,
        "required = true\ngrace_days = 14\ntrust_days = 30",
        "[[hosts.groups]]\nid = \"staff\"\n[[hosts.groups]]\nid = \"crew\"\ngrace_skips = 3",
    ];
    let config = load(&text.join("\n"), &[]).unwrap();
    let of = |group| config.hosts[0].of_group(Some(group)).unwrap();
    let staff = of("staff");
    assert_eq!((staff.required, staff.trust_days), (true, Some(30)));
    assert_eq!((staff.grace_days, staff.grace_skips), (Some(14), None));
    // Whoever says something of grace says all of it.
    let crew = of("crew");
    assert_eq!((crew.grace_days, crew.grace_skips), (None, Some(3)));
    // A group of people of whom nothing is required has no grace of the host's.
    let guests = text
        .join("\n")
        .replace("grace_skips = 3", "required = false");
    let config = load(&guests, &[]).unwrap();
    let guests = config.hosts[0].of_group(Some("crew")).unwrap();
    assert_eq!(guests.grace_days, None);
}
