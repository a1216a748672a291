//! The page without scripts on which people change what they have: every screen of the widget, walked
//! as a browser would, and that nothing is done on it without a proof.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeSet;

use axum::http::StatusCode;
use common::form::{MANAGED, Page, backup_code, bench, tuned};
use common::manage::{HOUR, kinds, somebody, with_two};
use common::{Bench, ORIGIN, Person, claims, next};
use nidan_protocol::BackupGate;
use serde_json::{Value, json};

struct Managing<'a> {
    bench: &'a Bench,
    flow: common::manage::Page<'a>,
    page: Page,
}

impl<'a> Managing<'a> {
    async fn open(bench: &'a Bench) -> Self {
        Self::open_for(bench, &json!({})).await
    }

    async fn open_for(bench: &'a Bench, more: &Value) -> Self {
        let flow = bench.manage_with("u1", more).await;
        let page = Page::open(bench, &flow.token).await;
        Self { bench, flow, page }
    }

    /// The same, where the app has shown its code.
    async fn proved(bench: &'a Bench, person: &Person) -> Self {
        let mut managing = Self::open(bench).await;
        managing.code(person).await;
        managing
    }

    /// The same, at ten new backup codes, and which they are.
    async fn at_new_codes(bench: &'a Bench, person: &Person) -> (Self, BTreeSet<String>) {
        let mut managing = Self::proved(bench, person).await;
        managing.press("codes").await;
        managing.press("submit").await;
        let shown = codes_in(&managing.page.html);
        (managing, shown)
    }

    async fn press(&mut self, press: &str) -> &Page {
        self.typing(press, &[]).await
    }

    async fn typing(&mut self, press: &str, typed: &[(&str, &str)]) -> &Page {
        self.page = self.page.press(self.bench, press, typed).await;
        &self.page
    }

    /// The app's code, where one is asked for: half a minute goes by.
    async fn code(&mut self, person: &Person) -> &Page {
        self.bench.pass(30);
        let code = person.code(self.bench.now());
        self.typing("submit", &[("code", &code)]).await
    }

    fn says(&self, words: &str) {
        assert!(self.page.says(words), "no {words:?} in {}", self.page.html);
    }

    /// What the host redeems.
    async fn redeemed(&self) -> Value {
        let result_code = self.page.field("result_code").unwrap();
        assert!(self.page.says(&format!("action=\"{MANAGED}\"")));
        let (status, redeemed) = self.flow.redeem(&json!(result_code)).await;
        assert_eq!(status, StatusCode::OK, "{redeemed}");
        claims(&redeemed["assertion"])
    }
}

#[tokio::test]
async fn nothing_is_seen_before_a_code() {
    let bench = bench().await;
    let person = somebody(&bench).await;
    let mut at = Managing::open(&bench).await;
    assert!(!at.page.has("turn-off") && !at.page.has("browsers"));
    at.typing("submit", &[("code", "000000")]).await;
    at.says("role=\"alert\"");
    assert!(!at.page.has("turn-off"));
    at.code(&person).await;
    at.says("If you lose your phone today");
    assert!(at.page.has("turn-off") && at.page.has("codes") && at.page.has("record"));
}

#[tokio::test]
async fn a_name_a_test_a_pause_and_its_end() {
    let bench = bench().await;
    let person = somebody(&bench).await;
    let mut at = Managing::proved(&bench, &person).await;
    at.press(&format!("method-{}", person.method_id)).await;
    at.press("rename").await;
    at.typing("submit", &[("name", "<b>")]).await;
    assert_eq!(
        at.page.field("name").unwrap(),
        "<b>",
        "nothing typed is lost"
    );
    at.typing("submit", &[("name", "Tablet & \"desk\"")]).await;
    at.says("Tablet &amp; &quot;desk&quot;");
    at.press("test").await;
    at.code(&person).await;
    at.says("It works");
    assert!(
        !at.page.has("remove"),
        "the last one goes by turning off alone"
    );
    at.press("back").await;

    at.press("pause").await;
    at.press("reason-abroad").await;
    at.press("hours-24").await;
    let (_, view) = at.flow.get("").await;
    let until = &view["management"]["paused_until"];
    assert_eq!(*until, bench.now() + 24 * HOUR);
    at.press("undo").await;
    let (_, view) = at.flow.get("").await;
    assert_eq!(view["management"]["paused_until"], Value::Null);
    at.press("finish").await;
    let claims = at.redeemed().await;
    assert_eq!(claims["purpose"], "manage");
    assert_eq!(
        claims["changes"],
        json!([{ "change": "paused" }, { "change": "resumed" }])
    );
}

/// The method that goes does not prove its own going, and an old proof is asked for again; what was
/// wanted goes on where it was. The same page posted again changes nothing more.
#[tokio::test]
async fn a_method_is_removed_by_a_proof_of_another_one() {
    let bench = bench().await;
    let (first, second) = with_two(&bench).await;
    let mut at = Managing::proved(&bench, &first).await;
    bench.pass(301);
    at.press(&format!("method-{}", first.method_id)).await;
    at.press("remove").await;
    at.press("submit").await;
    assert!(
        at.page.field("code").is_some() && !at.page.has(&format!("way-{}", first.method_id)),
        "{}",
        at.page.html
    );
    assert_eq!(at.flow.ids().await.len(), 2);
    let asked = at.page.clone();
    at.code(&second).await;
    let left = at.flow.ids().await;
    assert_eq!(left, [second.method_id.as_str()]);
    let changes = kinds(&bench).await;
    // "Back" in the browser, and the same code once more.
    at.page = asked;
    let code = second.code(bench.now());
    at.typing("submit", &[("code", &code)]).await;
    assert_eq!(at.flow.ids().await, left);
    assert_eq!(kinds(&bench).await, changes);
}

#[tokio::test]
async fn what_stays_is_replaced_or_turned_off_from_there() {
    for (press, words) in [
        ("replace", "Do you still have the old one?"),
        ("turn-off", "All your ways"),
    ] {
        let bench = tuned(|host| host.min_methods = 2).await;
        let (first, second) = with_two(&bench).await;
        let mut at = Managing::proved(&bench, &first).await;
        at.press(&format!("method-{}", second.method_id)).await;
        at.press("remove").await;
        at.press("submit").await;
        at.says("Too few ways that count would be left");
        assert!(!at.page.has("submit"), "{}", at.page.html);
        assert_eq!(at.flow.ids().await.len(), 2);
        at.press(press).await;
        at.says(words);
    }
}

#[tokio::test]
async fn new_backup_codes_are_shown_and_typed_back() {
    let bench = bench().await;
    let person = somebody(&bench).await;
    let (mut at, shown) = Managing::at_new_codes(&bench, &person).await;
    assert_eq!(shown.len(), 10, "{}", at.page.html);
    at.typing("codes-use", &[("typed_backup", "")]).await;
    at.says("16");
    let old = backup_code(&person, 0);
    at.typing("codes-use", &[("typed_backup", &old)]).await;
    assert_eq!(codes_in(&at.page.html), shown, "the same ones");
    assert_eq!(at.page.field("typed_backup").unwrap(), old);
    // Left here, the old ones are good.
    let left = at.page.press(&bench, "back", &[]).await;
    assert!(left.has("codes"), "{}", left.html);
    let (_, token) = bench.login("u1").await;
    let by_old = bench.verify(&token, &person.backup_post(1)).await;
    assert_eq!(by_old.0, StatusCode::OK);

    let typed = shown.iter().next_back().unwrap().to_lowercase();
    let page = at.page.clone();
    at.typing("codes-use", &[("typed_backup", &typed)]).await;
    at.says("The new backup codes work");
    at.page = page
        .press(&bench, "codes-use", &[("typed_backup", &typed)])
        .await;
    at.says("The new backup codes work");
    assert!(at.page.has("finish"), "posted twice, it is the same answer");
    assert_eq!(bench.subject("u1").await["backup_codes_left"], 10);
    let (_, token) = bench.login("u1").await;
    let by_old = bench.verify(&token, &person.backup_post(2)).await;
    assert_eq!(by_old.0, StatusCode::UNPROCESSABLE_ENTITY, "{}", by_old.1);
    let code = shown.iter().next().unwrap().replace('-', "");
    let post = json!({ "method_id": "backup_code", "code": code });
    assert_eq!(bench.verify(&token, &post).await.0, StatusCode::OK);
}

/// The codes that a page shows.
fn codes_in(html: &str) -> BTreeSet<String> {
    let items = html.split("<li>").skip(1);
    let texts = items.filter_map(|item| item.split("</li>").next());
    texts.map(str::to_owned).collect()
}

/// Reading ten codes takes longer than a proof lives: the same ones are there after it.
#[tokio::test]
async fn a_proof_that_grew_old_meanwhile_is_asked_for_and_the_codes_stay() {
    let bench = bench().await;
    let person = somebody(&bench).await;
    let (mut at, shown) = Managing::at_new_codes(&bench, &person).await;
    bench.pass(301);
    let typed = shown.iter().next().unwrap().clone();
    at.typing("codes-use", &[("typed_backup", &typed)]).await;
    assert!(at.page.field("code").is_some(), "{}", at.page.html);
    at.code(&person).await;
    assert_eq!(codes_in(&at.page.html), shown, "{}", at.page.html);
    at.typing("codes-use", &[("typed_backup", &typed)]).await;
    at.says("The new backup codes work");
}

/// Where the host wants a tick and no code typed back.
#[tokio::test]
async fn new_backup_codes_count_when_the_box_is_ticked() {
    let bench = tuned(|host| host.backup_gate = BackupGate::Tick).await;
    let person = somebody(&bench).await;
    let (mut at, shown) = Managing::at_new_codes(&bench, &person).await;
    at.press("codes-use").await;
    at.says("tick the box");
    assert_eq!(codes_in(&at.page.html), shown, "the same ones");
    let page = at.page.clone();
    for _twice in 0..2 {
        at.page = page.press(&bench, "codes-use", &[("saved", "on")]).await;
        at.says("The new backup codes work");
    }
}

/// A code that comes twice, by a double press, where the person came for something: the second page is
/// one to go on with.
#[tokio::test]
async fn a_proof_that_is_posted_twice_leads_somewhere() {
    let bench = bench().await;
    let person = somebody(&bench).await;
    let mut at = Managing::open_for(&bench, &json!({ "intent": "new_app" })).await;
    let asked = at.page.clone();
    at.code(&person).await;
    at.says("JavaScript");
    let code = person.code(bench.now());
    at.page = asked.press(&bench, "submit", &[("code", &code)]).await;
    assert!(at.page.has("turn-off"), "{}", at.page.html);
}

/// Whoever opens the page anew finds the code that is on its way, and gets no other.
#[tokio::test]
async fn a_page_that_is_opened_anew_orders_nothing_again() {
    let bench = tuned(|host| host.auto_send = true).await;
    bench.deliver();
    bench.enrolled_by_phone("u1", "090-1234-5678", "sms").await;
    let messages = async || bench.store.message_states().await.unwrap().len();
    let before = messages().await;
    let mut at = Managing::open(&bench).await;
    assert_eq!(messages().await, before + 1, "{}", at.page.html);
    bench.pass(60);
    let press = at
        .page
        .presses()
        .into_iter()
        .find(|press| press.starts_with("send-voice"));
    at.press(&press.unwrap()).await;
    let again = Page::open(&bench, &at.flow.token).await;
    assert_eq!(messages().await, before + 2);
    assert!(again.field("code").is_some(), "{}", again.html);
    assert!(
        again.says("nidan-keys"),
        "the call's own keys: {}",
        again.html
    );
}

#[tokio::test]
async fn what_needs_scripts_is_said_and_nothing_is_lost() {
    let bench = bench().await;
    let person = somebody(&bench).await;
    let mut at = Managing::proved(&bench, &person).await;
    at.press("add").await;
    let kind = at
        .page
        .presses()
        .into_iter()
        .find(|press| press.starts_with("add-"));
    if let Some(kind) = kind {
        at.press(&kind).await;
    }
    at.says("JavaScript");
    at.press("overview").await;
    assert!(at.page.has("add"), "{}", at.page.html);
}

#[tokio::test]
async fn everything_is_turned_off_by_a_code_of_its_own() {
    let bench = bench().await;
    let person = somebody(&bench).await;
    let mut at = Managing::proved(&bench, &person).await;
    at.press("turn-off").await;
    at.press("submit").await;
    let asked = at.page.clone();
    at.code(&person).await;
    let result_code = at.page.field("result_code").unwrap();
    // The answer was lost on the way.
    let code = person.code(bench.now());
    let again = asked.press(&bench, "submit", &[("code", &code)]).await;
    assert_eq!(again.field("result_code").unwrap(), result_code);
    let claims = at.redeemed().await;
    assert_eq!(claims["changes"], json!([{ "change": "turned_off" }]));
    assert_eq!(claims["end_other_sessions"], true);
    assert_eq!(bench.subject("u1").await["enrolled"], false);
}

/// What was done by a page of another time, and undone since, is not said to be so.
#[tokio::test]
async fn an_old_page_that_is_posted_again_says_what_is_so_now() {
    let bench = bench().await;
    let (first, second) = with_two(&bench).await;
    let mut at = Managing::proved(&bench, &first).await;
    at.press(&format!("method-{}", second.method_id)).await;
    at.press("take-out").await;
    let asked = at.page.clone();
    at.press("submit").await;
    at.says("It is stopped");
    at.press("undo").await;
    at.page = asked.press(&bench, "submit", &[]).await;
    assert!(!at.page.says("It is stopped"), "{}", at.page.html);
    let (_, view) = at.flow.get("").await;
    assert_eq!(view["methods"][1]["state"], "ready");
}

/// After its ten minutes the page says so in its own words, and that what was changed is kept.
#[tokio::test]
async fn a_page_whose_time_is_up_says_that_what_was_changed_is_kept() {
    let bench = bench().await;
    let person = somebody(&bench).await;
    let mut at = Managing::proved(&bench, &person).await;
    bench.pass(601);
    at.press("record").await;
    at.says("is kept");
    assert!(!at.page.says("from the password"), "{}", at.page.html);
}

/// One text is not enough any more: the next one is another, and its own code is asked for.
#[tokio::test]
async fn a_text_that_is_no_longer_enough_is_followed_by_another() {
    let bench = bench().await;
    bench.deliver();
    let person = bench.enrolled_by_phone("u1", "090-1234-5678", "sms").await;
    let mut at = Managing::open(&bench).await;
    at.press("send-sms-digits").await;
    let (_, token) = bench.login("u1").await;
    for _round in 0..2 {
        let wish = json!({ "method_id": person.method_id, "channel": "sms" });
        bench
            .widget_post("/v1/flow/challenges", &token, &wish)
            .await;
        for _guess in 0..5 {
            let post = json!({ "method_id": person.method_id, "code": "000000" });
            bench.verify(&token, &post).await;
        }
    }
    let asked = at.page.clone();
    at.typing("submit", &[("code", "000001")]).await;
    assert!(at.page.has("send-sms-digits"), "{}", at.page.html);
    at.press("send-sms-digits").await;
    assert!(
        at.page.html != asked.html && at.page.field("code").is_some(),
        "{}",
        at.page.html
    );
}

/// Two windows: a page whose list is another one by now is not pressed on by places.
#[tokio::test]
async fn a_page_of_another_time_does_nothing_by_its_places() {
    let bench = bench().await;
    let (first, second) = with_two(&bench).await;
    let mut at = Managing::proved(&bench, &first).await;
    at.press(&format!("method-{}", second.method_id)).await;
    at.press("take-out").await;
    let asked = at.page.clone();
    // The same flow, in another window: a third one, before this is answered.
    let flow = common::manage::Page {
        bench: &bench,
        flow_id: at.flow.flow_id.clone(),
        token: at.flow.token.clone(),
        session: at.flow.session.clone(),
    };
    flow.add_app(&json!({ "kind": "totp" }), 12).await;
    at.page = asked;
    // No button of that time is pressed on a page that is another one now.
    let page = at.page.press(&bench, "submit", &[]).await;
    let (_, view) = at.flow.get("").await;
    let states = view["methods"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["state"]);
    assert!(
        states.into_iter().all(|state| state == "ready"),
        "{}",
        page.html
    );
    assert!(
        page.has(&format!("method-{}", second.method_id)),
        "{}",
        page.html
    );
}

#[tokio::test]
async fn it_is_offered_where_the_host_takes_its_result_and_from_its_page_alone() {
    let without = Bench::new().await;
    somebody(&without).await;
    let flow = without.manage("u1").await;
    let page = Page::open(&without, &flow.token).await;
    assert!(page.field("code").is_none(), "{}", page.html);

    let bench = bench().await;
    let person = somebody(&bench).await;
    let at = Managing::open(&bench).await;
    let (token, at_text) = (
        at.page.field("flow_token").unwrap(),
        at.page.field("at").unwrap(),
    );
    bench.pass(30);
    let code = person.code(bench.now());
    let fields = [
        ("flow_token", token.as_str()),
        ("at", &at_text),
        ("press", "submit"),
        ("code", &code),
    ];
    for origin in [None, Some("null"), Some("https://evil.example")] {
        let refused = Page::post(&bench, origin, &fields).await;
        assert!(!refused.has("turn-off"), "{origin:?}");
    }
    assert!(
        Page::post(&bench, Some(ORIGIN), &fields)
            .await
            .has("turn-off")
    );
    // Nonsense in the place of where the person was is the beginning.
    for at in ["x", "e30", "bnVsbA"] {
        let fields = [
            ("flow_token", token.as_str()),
            ("at", at),
            ("press", "overview"),
        ];
        let page = Page::post(&bench, Some(ORIGIN), &fields).await;
        assert!(page.has("turn-off"), "{at}: {}", page.html);
    }
}

/// Any button in any order, with right codes, wrong ones and none, while time goes by: each page is
/// sound.
#[tokio::test]
async fn any_order_of_presses_leads_on() {
    let rounds = if std::env::var_os("NIDAN_FULL").is_some() {
        40
    } else {
        6
    };
    let (mut chance, mut reached) = (20_261_128, BTreeSet::new());
    for _round in 0..rounds {
        press_at_random(&mut chance, &mut reached).await;
    }
    assert!(reached.len() >= 10, "{reached:?}");
}

async fn press_at_random(chance: &mut u64, reached: &mut BTreeSet<String>) {
    let bench = bench().await;
    let (first, second) = with_two(&bench).await;
    let mut at = Managing::proved(&bench, &first).await;
    for _step in 0..150 {
        let presses: Vec<_> = at.page.presses().into_iter().collect();
        if bench.subject("u1").await["enrolled"] == false {
            return;
        }
        if presses.is_empty() || next(chance).is_multiple_of(40) {
            bench.pass(60);
            at = Managing::open(&bench).await;
            continue;
        }
        bench.pass(next(chance) % 20);
        bench.store.forget_tries().await.unwrap();
        let wants_code = at.page.field("code").is_some() && next(chance).is_multiple_of(2);
        let nth = usize::try_from(next(chance)).unwrap() % presses.len();
        let press = if wants_code { "submit" } else { &presses[nth] };
        let code = match next(chance) % 8 {
            0..3 => first.code(bench.now()),
            3..6 => second.code(bench.now()),
            6 => "000000".to_owned(),
            _nothing => String::new(),
        };
        let typed: Vec<_> = ["code", "second_code", "name"]
            .into_iter()
            .filter(|name| at.page.field(name).is_some())
            .map(|name| (name, code.as_str()))
            .collect();
        reached.insert(at.page.title().to_owned());
        let press = press.to_owned();
        at.typing(&press, &typed).await;
    }
}
