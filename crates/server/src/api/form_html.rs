//! The HTML of the page without scripts. Whatever comes from outside is escaped by the template.

use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use base64ct::{Base64, Encoding};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use nidan_protocol::BACKUP_METHOD_ID;
use url::Url;

use super::form::Sent;
use crate::config::Host;
use crate::delivery::FormWords;
use crate::keys::sha256;

const STYLE: &str = "body{font:1rem/1.6 system-ui,sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem;\
    color:CanvasText;background:Canvas}:root{color-scheme:light dark}h1{font-size:1.4rem;line-height:1.4}\
    input[type=text]{font-size:1.5rem;width:100%;max-width:20rem;padding:.4rem;display:block;box-sizing:border-box;\
    margin-bottom:.5rem}label{font-weight:600}button{font:inherit;font-weight:600;padding:.6rem 1.2rem;border-radius:8px;\
    border:1px solid light-dark(#c9d0d8,#3f4852);color:light-dark(#0a58a8,#8cc2ff);background:Canvas}\
    button[value=check],button[autofocus]{color:light-dark(#fff,#06203c);background:light-dark(#0a58a8,#8cc2ff)}\
    [role=alert]{font-weight:700;color:light-dark(#b3161b,#ff9d98)}form{padding:1rem 0;margin:0;\
    border-top:1px solid light-dark(#c9d0d8,#3f4852)}form p{margin:0}";

/// The content of a page.
pub(super) struct Page {
    pub(super) host: Option<Host>,
    /// Whether it is about a report, and asks for no code.
    pub(super) is_report: bool,
    pub(super) content: Markup,
}

impl Page {
    pub(super) const fn of(host: Host, content: Markup) -> Self {
        Self {
            host: Some(host),
            is_report: false,
            content,
        }
    }

    pub(super) const fn reported(host: Host, content: Markup) -> Self {
        Self {
            host: Some(host),
            is_report: true,
            content,
        }
    }

    pub(super) fn alone(sentence: &str) -> Self {
        Self {
            host: None,
            is_report: false,
            content: html! { p { (sentence) } },
        }
    }
}

pub(super) fn typing(
    sent: &Sent,
    words: &FormWords,
    method: &str,
    label: &str,
    two: bool,
) -> Markup {
    let (mode, complete) = if method == BACKUP_METHOD_ID {
        ("text", "off")
    } else {
        ("numeric", "one-time-code")
    };
    let field = |name: &str, label: &str| {
        html! {
            label {
                (label)
                input type="text" name=(name) inputmode=(mode) autocomplete=(complete) maxlength="40"
                    spellcheck="false";
            }
        }
    };
    let inside = html! {
        (field("code", label))
        @if two { (field("second_code", &words.second)) }
        (button("check", &words.check))
    };
    form_of(sent, method, &inside)
}

/// Posts to the same path again, wherever the service is mounted.
pub(super) fn form_of(sent: &Sent, method: &str, inside: &Markup) -> Markup {
    let hidden = [
        ("flow_token", sent.flow_token.as_str()),
        ("lang", &sent.lang),
        ("method", method),
    ];
    html! {
        form method="post" {
            @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
            (inside)
        }
    }
}

pub(super) fn button(press: &str, label: &str) -> Markup {
    html! { p { button name="press" value=(press) { (label) } } }
}

/// The result goes to the host by a press: no script can do it.
pub(super) fn passed_form(words: &FormWords, complete_url: &str, result_code: &str) -> Markup {
    html! {
        p { (words.passed) }
        form method="post" action=(complete_url) {
            input type="hidden" name="result_code" value=(result_code);
            p { button autofocus { (words.go_on) } }
        }
    }
}

pub(super) fn page(
    words: &FormWords,
    Page {
        host,
        is_report,
        content,
    }: &Page,
) -> Response {
    let host = host.as_ref();
    let title = if *is_report {
        &words.reported_title
    } else {
        &words.title
    };
    let site = host.map_or("", |host| host.name.as_str());
    let html = html! {
        (DOCTYPE)
        html lang=(words.lang) {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width,initial-scale=1";
            title { (title) " " (site) }
            // Its hash stands in the policy: not a byte of it may change.
            style { (PreEscaped(STYLE)) }
            main {
                h1 { (title) }
                p { (site) }
                (content)
            }
        }
    };
    let target = host.and_then(|host| Url::parse(host.form_complete_url.as_deref()?).ok());
    let target = target.map_or_else(String::new, |url| url.origin().ascii_serialization());
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; form-action 'self' {target}; base-uri 'none'; frame-ancestors 'none'",
        Base64::encode_string(&sha256(STYLE.as_bytes()))
    );
    let mut response = Html(html.into_string()).into_response();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    // Not no-referrer: browsers then send `Origin: null` with the form.
    response.headers_mut().insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("strict-origin"),
    );
    response
}
