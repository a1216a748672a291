//! The login without scripts: every screen of the widget, walked as a browser would, and that it is
//! no way around anything.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::{BTreeSet, VecDeque};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use common::form::{COMPLETE, Page, backup_code, bench};
use common::{Bench, ORIGIN};
use serde_json::json;

#[tokio::test]
async fn a_person_signs_in_without_scripts() {
    let bench = bench().await;
    let person = bench.enrolled("u1", 7).await;
    let (flow_id, token) = bench.login("u1").await;
    let page = Page::open(&bench, &token).await;
    assert!(page.says("Tom &amp; &quot;Jerry&quot; &lt;Shop&gt;") && !page.says("<Shop>"));
    assert!(page.says("autocomplete=\"one-time-code\""));
    let policy = page.headers[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-")
            && policy.contains("https://shop.example")
    );
    assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
    let page = page.press(&bench, "submit", &[("code", "abc")]).await;
    assert!(page.says("role=\"alert\"") && page.field("result_code").is_none());
    assert_eq!(page.field("code").unwrap(), "abc", "what was typed is kept");
    // Told without asking the service: a wrong try is not counted.
    let page = page.press(&bench, "submit", &[("code", "12345")]).await;
    assert!(page.says("aria-invalid=\"true\""));
    let wrong = person.wrong_code(bench.now());
    let page = page.press(&bench, "submit", &[("code", &wrong)]).await;
    assert!(page.says("Tries left: 2"), "{}", page.html);
    let right = format!(" {} ", person.code(bench.now()));
    let page = page.press(&bench, "submit", &[("code", &right)]).await;
    assert!(
        page.says(&format!("action=\"{COMPLETE}\"")),
        "{}",
        page.html
    );
    let result = page.field("result_code").unwrap();
    let redeemed = bench.redeem_login(&flow_id, &json!(result)).await;
    assert_eq!(redeemed.0, StatusCode::OK);
}

#[tokio::test]
async fn a_lost_answer_is_given_again() {
    let bench = bench().await;
    let person = bench.enrolled("u1", 7).await;
    let (_, token) = bench.login("u1").await;
    let page = Page::open(&bench, &token).await;
    let code = person.code(bench.now());
    let first = page.press(&bench, "submit", &[("code", &code)]).await;
    let again = page.press(&bench, "submit", &[("code", &code)]).await;
    assert_eq!(first.field("result_code"), again.field("result_code"));
    assert!(first.field("result_code").is_some());
    let elsewhere = page.press(&bench, "ways", &[]).await;
    assert!(
        elsewhere.says(&format!("href=\"{ORIGIN}\"")),
        "{}",
        elsewhere.html
    );
}

#[tokio::test]
async fn a_call_and_the_help_for_it_have_words_of_their_own() {
    let bench = bench().await;
    bench.deliver();
    bench.enrolled_by_phone("u1", "090-1234-5678", "sms").await;
    let (_, token) = bench.login("u1").await;
    let page = Page::open(&bench, &token).await;
    let call = page.press(&bench, "send-voice-digits", &[]).await;
    assert!(
        call.says("Call again") && !call.says("Send again"),
        "{}",
        call.html
    );
    assert!(!call.says("An answering machine"));
    assert!(!call.html.contains("role=\"alert\""), "{}", call.html);
    // Before its time the button says when it can, louder than before.
    let early = call.press(&bench, "resend", &[]).await;
    assert!(
        early.html.contains("role=\"alert\"") && early.says("You can have another call in"),
        "{}",
        early.html
    );
    // It is what the page begins at, and nothing else is.
    let (_, alert) = early.html.split_once("role=\"alert\"").unwrap();
    assert!(
        alert.starts_with(" tabindex=\"-1\" autofocus=\"\">"),
        "{alert}"
    );
    assert_eq!(early.html.matches("autofocus").count(), 1);
    let help = call.press(&bench, "help", &[]).await;
    assert!(help.says("An answering machine"), "{}", help.html);
    assert!(help.says("Common questions") && help.says("A code came that I did not ask for"));
    assert!(help.field("code").is_some() && help.has("resend") && help.has("ways"));
    let closed = help.press(&bench, "help", &[]).await;
    assert!(closed.field("code").is_some() && !closed.says("An answering machine"));
}

/// Who has nothing left reads what support will ask, when it is there, and has a slip to copy.
#[tokio::test]
async fn who_has_nothing_left_is_told_what_support_asks_and_when_it_is_there() {
    let tune = |config: &mut nidan_server::config::Config| {
        for host in &mut config.hosts {
            host.form_complete_url = Some(format!("{ORIGIN}/complete"));
        }
        let own = |(tag, text): (&str, &str)| (tag.to_owned(), text.to_owned());
        config.support_hours = [("en", "Phone, daily 9 to 18"), ("ja", "電話 9時～18時")]
            .map(own)
            .into();
        config.figures = vec![nidan_server::config::Figure {
            text: [("ja", "九割")].map(own).into(),
            source: "Report".to_owned(),
            source_url: None,
            as_of: "2026-04-01".to_owned(),
        }];
    };
    let bench = Bench::tuned(tune, None).await;
    bench.enrolled("u1", 3).await;
    let (_, token) = bench.login("u1").await;
    let page = Page::open(&bench, &token).await;
    let page = page.press(&bench, "ways", &[]).await;
    let page = page.press(&bench, "lost", &[]).await;
    for words in [
        "Phone, daily 9 to 18",
        "never asks for a code",
        "ways: Authenticator app,",
    ] {
        assert!(page.says(words), "{words}: {}", page.html);
    }
    let request = Request::get("/v1/flow").header("nidan-flow", &token);
    let request = request.header("sec-fetch-site", "same-origin");
    let request = request.header("accept-language", "ja").body(Body::empty());
    let (_, view) = bench.send(request.unwrap()).await;
    assert_eq!(view["support_hours"], "電話 9時～18時");
    assert_eq!(
        view["figures"],
        serde_json::json!([{ "text": "九割", "source": "Report", "as_of": "2026-04-01" }])
    );
}

/// Who knows of an outage does not wait: it stands where a code by phone is awaited, and there only.
#[tokio::test]
async fn an_outage_is_told_where_codes_are_awaited() {
    let tune = |config: &mut nidan_server::config::Config| {
        for host in &mut config.hosts {
            host.form_complete_url = Some(format!("{ORIGIN}/complete"));
        }
        let texts = [
            ("en", "One carrier is down."),
            ("ja", "一社で障害が発生しています。"),
        ];
        let own = |(tag, text): (&str, &str)| (tag.to_owned(), text.to_owned());
        config.outage_notice = texts.map(own).into();
    };
    let bench = Bench::tuned(tune, None).await;
    bench.deliver();
    bench.enrolled_by_phone("u1", "090-1234-5678", "sms").await;
    let (_, token) = bench.login("u1").await;
    let page = Page::open(&bench, &token).await;
    assert!(page.says("One carrier is down."), "{}", page.html);
    assert!(
        !page
            .press(&bench, "ways", &[])
            .await
            .says("One carrier is down.")
    );
    let request = Request::get("/v1/flow").header("nidan-flow", &token);
    let request = request.header("sec-fetch-site", "same-origin");
    let request = request.header("accept-language", "ja").body(Body::empty());
    let (_, view) = bench.send(request.unwrap()).await;
    assert_eq!(view["outage_notice"], "一社で障害が発生しています。");

    bench.enrolled("u2", 3).await;
    let (_, token) = bench.login("u2").await;
    let page = Page::open(&bench, &token).await;
    assert!(!page.says("One carrier is down."), "an app has no carrier");
}

#[tokio::test]
async fn texts_other_ways_and_backup_codes() {
    let bench = bench().await;
    bench.deliver();
    let person = bench.enrolled_by_phone("u1", "090-1234-5678", "sms").await;
    let (_, token) = bench.login("u1").await;
    let page = Page::open(&bench, &token).await;
    assert!(
        page.says("78") && page.has("send-sms-digits"),
        "{}",
        page.html
    );
    let page = page.press(&bench, "send-sms-digits", &[]).await;
    assert!(page.field("code").is_some(), "{}", page.html);
    let messages = async || bench.store.message_states().await.unwrap().len();
    assert!(page.says("in 30 s"), "{}", page.html);
    let page = page.press(&bench, "resend", &[]).await;
    assert!(page.says("in 30 s") && messages().await == 2, "too soon");
    bench.pass(60);
    let before = page.clone();
    let page = page.press(&bench, "resend", &[]).await;
    assert!(
        page.field("code").is_some() && messages().await == 3,
        "sent once more"
    );
    bench.pass(90);
    let reloaded = before.press(&bench, "resend", &[]).await;
    assert!(
        reloaded.field("code").is_some() && messages().await == 3,
        "not by a reload"
    );
    let page = page.press(&bench, "ways", &[]).await;
    let way = format!("way-{}", person.method_id);
    let ways = ["back", "backup", "lose", "lost", &way].map(str::to_owned);
    assert_eq!(page.presses(), ways.into());
    let back = page.press(&bench, "back", &[]).await;
    assert!(
        back.field("code").is_some(),
        "what was sent is awaited again"
    );
    let lost = page.press(&bench, "lost", &[]).await;
    assert!(lost.says("<details>") && !lost.has("copy"), "{}", lost.html);
    let page = page.press(&bench, "backup", &[]).await;
    let page = page
        .press(&bench, "submit", &[("typed_backup", "abcd")])
        .await;
    assert_eq!(page.field("typed_backup").unwrap(), "abcd");
    let code = backup_code(&person, 0);
    let page = page
        .press(&bench, "submit", &[("typed_backup", &code)])
        .await;
    assert!(page.field("result_code").is_some(), "{}", page.html);
}

/// A host may want that a text is ordered without a tap; a page that is opened again orders none.
#[tokio::test]
async fn a_text_that_is_ordered_at_once_is_ordered_once() {
    let bench = Bench::tuned(
        |config| {
            config.hosts[0].form_complete_url = Some(COMPLETE.to_owned());
            config.hosts[0].auto_send = true;
        },
        None,
    )
    .await;
    bench.deliver();
    bench.enrolled_by_phone("u1", "090-1234-5678", "sms").await;
    let (_, token) = bench.login("u1").await;
    for _opened in 0..2 {
        let page = Page::open(&bench, &token).await;
        assert!(page.field("code").is_some(), "{}", page.html);
    }
    let messages = bench.store.message_states().await.unwrap();
    assert_eq!(messages.len(), 2, "of the set-up, and of this login");
}

#[tokio::test]
async fn few_backup_codes_are_said_before_going_on() {
    let bench = bench().await;
    let person = bench.enrolled("u1", 7).await;
    for nth in 0..10 {
        let (flow_id, token) = bench.login("u1").await;
        let page = Page::open(&bench, &token).await;
        let page = page.press(&bench, "ways", &[]).await;
        let page = page.press(&bench, "backup", &[]).await;
        let code = backup_code(&person, nth);
        let field = page;
        let page = field
            .press(&bench, "submit", &[("typed_backup", &code)])
            .await;
        assert_eq!(page.has("submit"), nth >= 6, "{}", page.html);
        let passed = if nth >= 6 {
            assert!(page.says("backup code"), "{}", page.html);
            // People read longer than a result lives.
            bench.pass(90);
            page.press(&bench, "submit", &[]).await
        } else {
            page
        };
        let result = passed.field("result_code").unwrap();
        // The answer to the very last one may have been lost, too.
        let again = field
            .press(&bench, "submit", &[("typed_backup", &code)])
            .await;
        assert_eq!(again.field("result_code").unwrap(), result);
        let page = passed;
        assert!(page.says(&format!("action=\"{COMPLETE}\"")));
        let redeemed = bench.redeem_login(&flow_id, &json!(result)).await;
        assert_eq!(redeemed.0, StatusCode::OK);
    }
}

#[tokio::test]
async fn two_codes_are_asked_for_and_a_browser_can_be_trusted() {
    let bench = Bench::tuned(
        |config| {
            config.hosts[0].form_complete_url = Some(COMPLETE.to_owned());
            config.hosts[0].trust_days = Some(30);
        },
        None,
    )
    .await;
    let person = bench.enrolled("u1", 7).await;
    let (flow_id, token) = bench.login("u1").await;
    let mut page = Page::open(&bench, &token).await;
    while page.field("second_code").is_none() {
        let wrong = person.wrong_code(bench.now());
        page = page.press(&bench, "submit", &[("code", &wrong)]).await;
    }
    let now = bench.now();
    let (first, second) = (person.code(now - 30), person.code(now));
    let typed = [
        ("code", first.as_str()),
        ("second_code", second.as_str()),
        ("trust", "on"),
    ];
    let asks = page;
    let page = asks.press(&bench, "submit", &typed).await;
    let result = page.field("result_code").expect("in");
    let again = asks.press(&bench, "submit", &typed).await;
    assert_eq!(again.field("result_code").unwrap(), result, "a lost answer");
    let (_, answer) = bench.redeem_login(&flow_id, &json!(result)).await;
    assert!(answer["trust_token"].is_string(), "{answer}");
}

#[tokio::test]
async fn a_report_tells_who_got_in_and_can_be_repeated() {
    let bench = bench().await;
    let person = bench.enrolled("u1", 7).await;
    let (_, token) = bench.login("u1").await;
    let page = Page::open(&bench, &token).await;
    let code = person.code(bench.now());
    let page = page.press(&bench, "submit", &[("code", &code)]).await;
    assert!(page.field("result_code").is_some());
    let (_, token) = bench.login("u1").await;
    let page = Page::open(&bench, &token).await;
    let asks = page.press(&bench, "report", &[]).await;
    assert_eq!(asks.presses(), ["back", "submit"].map(str::to_owned).into());
    let mut title = String::new();
    for _press in 0..2 {
        let told = asks.press(&bench, "submit", &[]).await;
        title = told.title().to_owned();
        assert!(
            told.says("Osaka, Firefox") && told.says(" UTC"),
            "{}",
            told.html
        );
        assert!(
            told.says("href=\"https://shop.example/password\""),
            "the way on"
        );
        assert!(told.says(&format!("href=\"{ORIGIN}\"")), "{}", told.html);
    }
    let stopped = Page::open(&bench, &token).await;
    assert!(
        !stopped.says("Osaka") && stopped.title() == title,
        "{}",
        stopped.html
    );
    assert!(!stopped.has("submit") && !stopped.says("one-time-code"));
}

/// Another login was reported: this page may be the thief's, whatever it posts.
#[tokio::test]
async fn a_report_from_elsewhere_tells_this_page_nothing() {
    let bench = bench().await;
    bench.enrolled("u1", 7).await;
    let (_, token) = bench.login("u1").await;
    let thiefs = Page::open(&bench, &token).await;
    let asks = thiefs.press(&bench, "report", &[]).await;
    let body = json!({});
    let reported = bench.host_post("/v1/subjects/u1/report", &body).await;
    assert_eq!(reported.0, StatusCode::OK);
    let forged = [
        ("flow_token", token.as_str()),
        ("at", "nobody.report.0"),
        ("press", "submit"),
    ];
    for page in [
        thiefs.press(&bench, "submit", &[("code", "000000")]).await,
        asks.press(&bench, "submit", &[]).await,
        Page::post(&bench, Some(ORIGIN), &forged).await,
    ] {
        assert!(
            !page.says("hanako@example.com") && !page.has("submit"),
            "{}",
            page.html
        );
        assert!(page.says(&format!("href=\"{ORIGIN}\"")), "{}", page.html);
    }
}

/// The right code of a text, whose answer was lost; and the method that is gone meanwhile.
#[tokio::test]
async fn a_text_is_answered_again_and_a_method_that_is_gone_checks_nothing() {
    let bench = bench().await;
    bench.deliver();
    bench.enrolled_by_phone("u1", "090-1234-5678", "sms").await;
    let (_, token) = bench.login("u1").await;
    let offers = Page::open(&bench, &token).await;
    let asks = offers.press(&bench, "send-sms-digits", &[]).await;
    let (_, view) = bench.widget_get("/v1/flow", &token).await;
    assert!(view["verification"].is_object());
    let challenge = bench
        .store
        .challenges(&flow_id_of(&bench, &token).await)
        .await
        .unwrap();
    let id = challenge.last().unwrap().opened.id.clone();
    let code = bench.code(&(token.clone(), json!({ "id": id })));
    let typed = [("code", code.as_str())];
    let at = asks.field("at").unwrap();
    let gone = [
        ("flow_token", token.as_str()),
        ("at", "a-method-that-is-gone.code.0"),
        ("press", "submit"),
        ("code", "000000"),
    ];
    let begun = Page::post(&bench, Some(ORIGIN), &gone).await;
    assert!(
        begun.field("code").is_some() && !begun.says("role=\"alert\""),
        "{}",
        begun.html
    );
    assert_eq!(begun.field("at").unwrap(), at);
    let first = asks.press(&bench, "submit", &typed).await;
    let result = first.field("result_code").expect("in");
    let again = asks.press(&bench, "submit", &typed).await;
    assert_eq!(again.field("result_code").unwrap(), result);
    let other = asks.press(&bench, "submit", &[("code", "000000")]).await;
    assert!(
        other.field("result_code").is_none() && !other.has("submit"),
        "{}",
        other.html
    );
}

/// A text with one code is on its way when one is no longer enough: the next one has two, by the
/// button that the page offers at once.
#[tokio::test]
async fn a_text_that_is_no_longer_enough_is_followed_by_one_with_two_codes() {
    let bench = bench().await;
    bench.deliver();
    let person = bench.enrolled_by_phone("u1", "090-1234-5678", "sms").await;
    let guess = async |token: &str, count: usize| {
        let wish = json!({ "method_id": person.method_id, "channel": "sms" });
        bench.widget_post("/v1/flow/challenges", token, &wish).await;
        for _guess in 0..count {
            let post = json!({ "method_id": person.method_id, "code": "000000" });
            bench.verify(token, &post).await;
        }
    };
    let (_, first) = bench.login("u1").await;
    guess(&first, 5).await;
    let (_, token) = bench.login("u1").await;
    let offers = Page::open(&bench, &token).await;
    let asks = offers.press(&bench, "send-sms-digits", &[]).await;
    guess(&token, 4).await;
    let refused = asks.press(&bench, "submit", &[("code", "000001")]).await;
    assert!(
        refused.says("role=\"alert\"") && refused.field("code").is_none(),
        "{}",
        refused.html
    );
    let both = refused.press(&bench, "send-sms-digits", &[]).await;
    assert!(both.field("second_code").is_some(), "{}", both.html);
}

/// What could not be asked is asked again by one press, with all that was typed.
#[tokio::test]
async fn a_database_that_is_locked_loses_nothing_that_was_typed() {
    let bench = bench().await;
    let person = bench.enrolled("u1", 7).await;
    let (_, token) = bench.login("u1").await;
    let page = Page::open(&bench, &token).await;
    let code = person.code(bench.now());
    let first = page.press(&bench, "submit", &[("code", &code)]).await;
    bench.pass(90);
    let other = common::database(bench.folder.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let trouble = page.press(&bench, "submit", &[("code", &code)]).await;
    other.execute_batch("ROLLBACK").unwrap();
    assert!(trouble.field("result_code").is_none());
    assert_eq!(trouble.field("code").unwrap(), code);
    let passed = trouble.press(&bench, "submit", &[]).await;
    assert_eq!(passed.field("result_code"), first.field("result_code"));
}

async fn flow_id_of(bench: &Bench, token: &str) -> String {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(token.as_bytes()).into();
    let flow = bench.store.flow_by_token(&hash).await.unwrap().unwrap();
    flow.opened.id
}

/// From the first page of a login, every button of every page, with nothing and with nonsense in
/// the fields: each page is sound, and says something that can be read in the person's language.
#[tokio::test]
async fn every_button_leads_to_a_page_with_a_way_on() {
    let bench = bench().await;
    bench.deliver();
    bench.enrolled_by_phone("u1", "090-1234-5678", "sms").await;
    let (_, token) = bench.login("u1").await;
    for lang in ["ja", "en", "ar"] {
        let fields = [("flow_token", token.as_str()), ("lang", lang)];
        let first = Page::post(&bench, Some(ORIGIN), &fields).await;
        assert!(first.says(&format!("lang=\"{lang}\"")), "{}", first.html);
        let (mut seen, mut next) = (BTreeSet::new(), VecDeque::from([first]));
        while let Some(page) = next.pop_front() {
            if !seen.insert((page.title().to_owned(), page.presses())) {
                continue;
            }
            for press in page.presses() {
                // The login goes on in the next language.
                if page.has("submit") && page.field("code").is_none() && press == "submit" {
                    continue;
                }
                for nonsense in ["", "x"] {
                    let names = ["code", "second_code", "typed_backup"];
                    let typed: Vec<_> = names
                        .into_iter()
                        .filter(|name| page.field(name).is_some())
                        .map(|name| (name, nonsense))
                        .collect();
                    let before = bench.store.message_states().await.unwrap().len();
                    let after = page.press(&bench, &press, &typed).await;
                    let sent = bench.store.message_states().await.unwrap().len() > before;
                    // Before its time, "send again" is a page that says when.
                    let is_said = after.html != page.html || press == "resend" && page.says("30");
                    assert!(sent || is_said, "{press} does nothing: {}", page.html);
                    next.push_back(after);
                }
            }
        }
        assert!(seen.len() >= 6, "{lang}: {seen:?}");
    }
}

#[tokio::test]
async fn it_is_no_way_around_the_origin_the_purpose_or_the_host() {
    let bench = bench().await;
    let person = bench.enrolled("u1", 7).await;
    let (_, token) = bench.login("u1").await;
    let code = person.code(bench.now());
    let page = Page::open(&bench, &token).await;
    let at = page.field("at").unwrap();
    let fields = [
        ("flow_token", token.as_str()),
        ("at", &at),
        ("press", "submit"),
        ("code", &code),
    ];
    for origin in [None, Some("null"), Some("https://evil.example")] {
        let refused = Page::post(&bench, origin, &fields).await;
        assert!(refused.field("result_code").is_none(), "{origin:?}");
        assert!(
            !refused.says("one-time-code"),
            "{origin:?}: {}",
            refused.html
        );
    }
    for foreign in ["", "a-token-of-no-flow-at-all", bench.api_key.as_str()] {
        let refused = Page::open(&bench, foreign).await;
        assert!(!refused.says("one-time-code"), "{foreign}");
    }
    let (_, enrolling, _) = bench.open("u2").await;
    let refused = Page::open(&bench, &enrolling).await;
    assert!(!refused.says("one-time-code"), "{}", refused.html);
    // A set-up needs the other page, and says where to go on.
    assert!(
        refused.says("This cannot be set up on this device")
            && refused.says("another device")
            && refused.says(&format!("href=\"{ORIGIN}\"")),
        "{}",
        refused.html
    );
    // What no page of ours posts begins anew.
    for at in ["nobody.code.0", "..", "backup_code.reported.0"] {
        let fields = [
            ("flow_token", token.as_str()),
            ("at", at),
            ("press", "back"),
        ];
        let begun = Page::post(&bench, Some(ORIGIN), &fields).await;
        assert!(begun.says("one-time-code"), "{at}");
    }
    let passed = Page::post(&bench, Some(ORIGIN), &fields).await;
    assert!(passed.field("result_code").is_some(), "nothing was counted");
    // A host that names no place for the result has no such page.
    let bare = Bench::new().await;
    bare.enrolled("u1", 7).await;
    let (_, token) = bare.login("u1").await;
    assert!(!Page::open(&bare, &token).await.says("one-time-code"));
}
