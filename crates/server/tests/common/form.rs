//! A page without scripts, as a browser has it.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use nidan_server::config::Host;
use tower::ServiceExt;

use super::{Bench, ORIGIN, Person};

pub const COMPLETE: &str = "https://shop.example/login/2sv";
pub const MANAGED: &str = "https://shop.example/security/done";

pub async fn bench() -> Bench {
    tuned(|_host| {}).await
}

/// The same, where the host has wishes of its own.
pub async fn tuned(tune: impl FnOnce(&mut Host)) -> Bench {
    Bench::tuned(
        |config| {
            let [host, ..] = config.hosts.as_mut_slice() else {
                panic!("no host");
            };
            host.form_complete_url = Some(COMPLETE.to_owned());
            host.form_manage_url = Some(MANAGED.to_owned());
            host.name = "Tom & \"Jerry\" <Shop>".to_owned();
            tune(host);
        },
        None,
    )
    .await
}

/// A page as a browser has it: it can type into fields that are there and press buttons that are
/// there, and posts what the form holds.
#[derive(Clone)]
pub struct Page {
    pub html: String,
    pub headers: HeaderMap,
}

impl Page {
    pub async fn post(bench: &Bench, origin: Option<&str>, fields: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let mut request = Request::post("/form")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT_LANGUAGE, "en-US,en;q=0.9");
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        let request = request.body(Body::from(body)).unwrap();
        let response = bench.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let headers = response.headers().clone();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let html = String::from_utf8(bytes.to_vec()).unwrap();
        is_sound(&html);
        Self { html, headers }
    }

    pub async fn open(bench: &Bench, token: &str) -> Self {
        Self::post(bench, Some(ORIGIN), &[("flow_token", token)]).await
    }

    /// The elements of a name, each with its attributes.
    pub fn elements(&self, tag: &str) -> Vec<BTreeMap<String, String>> {
        elements(&self.html, tag)
    }

    pub fn field(&self, name: &str) -> Option<String> {
        let inputs = self.elements("input");
        let one = inputs.iter().find(|one| one["name"] == name)?;
        Some(one.get("value").cloned().unwrap_or_default())
    }

    pub fn has(&self, press: &str) -> bool {
        self.presses().contains(press)
    }

    /// The buttons that can be pressed.
    pub fn presses(&self) -> BTreeSet<String> {
        let buttons = self.elements("button");
        let open = buttons.iter().filter(|one| !one.contains_key("disabled"));
        open.filter_map(|one| one.get("value").cloned()).collect()
    }

    pub async fn press(&self, bench: &Bench, press: &str, typed: &[(&str, &str)]) -> Self {
        assert!(self.has(press), "no {press} in {}", self.html);
        for (name, _) in typed {
            assert!(self.field(name).is_some(), "no {name} in {}", self.html);
        }
        let mut fields = Vec::new();
        for input in self.elements("input") {
            let is_off = input.get("type").is_some_and(|kind| kind == "checkbox")
                && !input.contains_key("checked");
            if !is_off {
                let value = input.get("value").cloned().unwrap_or_default();
                fields.push((input["name"].clone(), value));
            }
        }
        for (name, text) in typed {
            fields.retain(|(field, _)| field != name);
            fields.push(((*name).to_owned(), (*text).to_owned()));
        }
        fields.push(("press".to_owned(), press.to_owned()));
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        Self::post(bench, Some("http://127.0.0.1:1"), &fields).await
    }

    pub fn says(&self, words: &str) -> bool {
        self.html.contains(words)
    }

    /// The heading.
    pub fn title(&self) -> &str {
        let (_, after) = self.html.split_once("<h1").unwrap();
        let (_, after) = after.split_once('>').unwrap();
        after.split_once("</h1>").unwrap().0
    }
}

fn elements(html: &str, tag: &str) -> Vec<BTreeMap<String, String>> {
    let opening = format!("<{tag} ");
    html.split(&opening)
        .skip(1)
        .map(|after| {
            let mut attributes = BTreeMap::new();
            let mut rest = after;
            while let Some((name, value)) = rest.split_once("=\"") {
                // maud writes attributes without a value as they are.
                if name.contains('>') {
                    break;
                }
                let names: Vec<_> = name.split_whitespace().collect();
                let (last, bare) = names.split_last().unwrap();
                for one in bare {
                    attributes.insert((*one).to_owned(), String::new());
                }
                let (value, after) = value.split_once('"').unwrap();
                let value = value.replace("&quot;", "\"").replace("&lt;", "<");
                let value = value.replace("&gt;", ">").replace("&amp;", "&");
                attributes.insert((*last).to_owned(), value);
                rest = after;
            }
            attributes
        })
        .collect()
}

/// What holds for every page: it has one heading, a way on, no script, no place without a value,
/// and every element is closed.
fn is_sound(html: &str) {
    assert_eq!(html.matches("<h1").count(), 1, "{html}");
    assert!(!html.contains("<script") && !html.contains("{}"), "{html}");
    let (_, main) = html.split_once("<main>").unwrap();
    assert!(!main.contains('{'), "a place without a value: {html}");
    for tag in [
        "div", "p", "button", "label", "form", "ul", "li", "a", "span", "small", "details",
    ] {
        let opened =
            main.matches(&format!("<{tag}>")).count() + main.matches(&format!("<{tag} ")).count();
        assert_eq!(
            opened,
            main.matches(&format!("</{tag}>")).count(),
            "{tag}: {html}"
        );
    }
    assert!(
        main.contains("<button") || main.contains("<a "),
        "no way on: {html}"
    );
    let ids: Vec<_> = ["input", "p"]
        .iter()
        .flat_map(|tag| elements(main, tag))
        .filter_map(|one| one.get("id").cloned())
        .collect();
    let distinct: BTreeSet<_> = ids.iter().collect();
    assert_eq!(ids.len(), distinct.len(), "an id twice: {html}");
    for label in elements(main, "label") {
        if let Some(of) = label.get("for") {
            assert!(ids.contains(of), "a label of nothing: {html}");
        }
    }
}

pub fn backup_code(person: &Person, nth: usize) -> String {
    let code = person.widget.backup_codes.iter().nth(nth).unwrap();
    code.expose_grouped().to_lowercase()
}
