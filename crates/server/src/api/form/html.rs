//! Any screen as HTML. Whatever comes from outside is escaped.
//!
//! A screen is one form: its buttons are named by what they do, and the page that answers finds the
//! button again on the screen of that time. What needs a script is left out: copying, and
//! seconds that count.

use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use base64ct::{Base64, Encoding};
use maud::{DOCTYPE, Markup, PreEscaped, Render, html};
use nidan_flow::Login;
use nidan_protocol::Channel;
use nidan_screens::login::{LoginAction, LoginKey};
use nidan_screens::messages::Msg;
use nidan_screens::{Arg, Block, Content, Key as _, Screen, Words};
use url::Url;

use super::advice::{advice, questions};
use super::plain::{Names, Plain};
use super::words::Language;
use crate::config::Host;
use crate::keys::sha256;

/// Common questions, as the widget's page has them (`public/nidan/guide.js`).
const QUESTIONS: [(Msg, Msg); 6] = [
    (Msg::GuideAskNeed, Msg::GuideNeed),
    (Msg::GuideAskAlways, Msg::GuideAlways),
    (Msg::GuideAskChange, Msg::GuideChange),
    (Msg::GuideAskLost, Msg::GuideLost),
    (Msg::GuideAskUnasked, Msg::GuideUnasked),
    (Msg::GuideAskOff, Msg::GuideOff),
];
const STYLE: &str = include_str!("style.css");

/// What surrounds a [screen](Screen).
pub(super) struct Frame<'a> {
    pub(super) language: &'a Language,
    pub(super) host: Option<&'a Host>,
    /// What the next page has to know.
    pub(super) hidden: Vec<(&'static str, &'a str)>,
    /// What the buttons of several alike are about.
    pub(super) names: Names<'a>,
    pub(super) again: Again<'a>,
    /// Where a new login begins: an origin of the host's.
    pub(super) site: Option<&'a str>,
    /// How the code comes that is awaited.
    pub(super) awaited: Channel,
    /// What support needs to know of somebody who cannot get in.
    pub(super) slip: String,
    /// How and when support is reached.
    pub(super) support_hours: Option<&'a str>,
    /// What is said above the screen, as there are no scripts here.
    pub(super) warning: Option<Msg>,
    /// "Send again" was pressed before its time.
    pub(super) is_too_early: bool,
    /// Where the host takes results of this kind.
    pub(super) complete_url: Option<&'a str>,
    /// A result for the host: the one button takes it there.
    pub(super) result_code: Option<&'a str>,
}

/// What "try again" and "sign in again" do.
#[derive(Clone, Copy)]
pub(super) enum Again<'a> {
    /// The same press once more.
    Press(&'a str),
    /// A new login, which begins at the host's.
    Site,
}

/// The page around a screen.
pub(super) fn page<M: Plain>(frame: &Frame<'_>, screen: &Screen<'_, M>) -> Response {
    let warning = frame.warning.map(|msg| frame.language.text(msg));
    let warning = html! { @if let Some(text) = warning { p { (text) } } };
    let mut body = warning.into_string();
    let mut open = Vec::new();
    for block in &screen.blocks {
        let depth = block.key.shape().depth();
        close(&mut body, &mut open, depth);
        if let Some(tag) = draw(frame, &mut body, block) {
            open.push(tag);
        } else {
            // Nothing of it; no block that is left out has others inside.
            open.push("");
        }
    }
    close(&mut body, &mut open, 0);
    let title = title_of(frame.language, screen);
    respond(frame, &title, &PreEscaped(body))
}

/// The page after a right code: a press takes the result to the host, because no script can.
pub(super) fn passed(frame: &Frame<'_>) -> Response {
    let language = frame.language;
    let inside = html! {
        h1 { (language.text(Msg::StepDone)) }
        div class="nidan-actions" {
            button class="nidan-main" autofocus { (language.text(Msg::CommonNext)) }
        }
    };
    respond(frame, language.text(Msg::StepDone), &inside)
}

/// The page for a set-up: its secret comes of a key agreement in the browser, which no form can do.
pub(super) fn elsewhere(frame: &Frame<'_>, support_url: Option<&str>) -> Response {
    let language = frame.language;
    let title = language.text(Msg::ElsewhereTitle);
    let inside = html! {
        h1 { (title) }
        p { (language.text(Msg::ElsewhereText)) }
        @if let Some(site) = frame.site {
            div class="nidan-actions" {
                a class="nidan-main" href=(site) { (language.text(Msg::ElsewhereBack)) }
            }
        }
        @if let Some(url) = support_url {
            p class="nidan-support" { a href=(url) { (language.text(Msg::CommonSupport)) } }
        }
    };
    respond(frame, title, &inside)
}

fn close(body: &mut String, open: &mut Vec<&'static str>, depth: usize) {
    while open.len() > depth {
        if let Some(tag) = open.pop().filter(|tag| !tag.is_empty()) {
            body.push_str(&["</", tag, ">"].concat());
        }
    }
}

/// Opens the element of a block, with its words; [`None`] where it is not drawn.
fn draw<M: Plain>(
    frame: &Frame<'_>,
    body: &mut String,
    block: &Block<'_, M>,
) -> Option<&'static str> {
    let tag = tag_of(frame, block)?;
    let is = |key| M::login_key(block.key) == Some(key);
    let mut attributes = Attributes::of(frame, block, tag);
    if is(LoginKey::ResendWait) && frame.is_too_early {
        attributes.add("role", "alert");
        // It is far below the field, and the page begins at its top: what was pressed is answered in view.
        attributes.add("tabindex", "-1");
        attributes.add("autofocus", "");
    }
    let text = say(frame, block, &mut attributes);
    body.push_str(&["<", tag, &attributes.0, ">", &escaped(&text)].concat());
    if is(LoginKey::Causes) {
        body.push_str(&causes(frame));
    }
    if is(LoginKey::DetailsSummary) {
        body.push_str("</summary>");
        body.push_str(&slip(frame).into_string());
        return Some("");
    }
    if is(LoginKey::ResendWait) {
        // No script brings the button when its time comes: it is there, and says when.
        body.push_str("</p>");
        body.push_str(&resend(frame));
        return Some("");
    }
    // An element without an end.
    Some(if tag == "input" { "" } else { tag })
}

/// What may keep a code from coming; the widget's page writes it by a script.
fn causes(frame: &Frame<'_>) -> String {
    let advice = advice(frame.language.tag, frame.awaited);
    let rows = html! {
        @for [name, text] in &advice {
            @if name.is_empty() {
                p { (text) }
            } @else if text.is_empty() {
                h3 { (name) }
            } @else {
                details { summary { (name) } p { (text) } }
            }
        }
        @if let Some(heading) = questions(frame.language.tag) {
            details {
                summary { (heading) }
                @for (ask, answer) in QUESTIONS {
                    details {
                        summary { (frame.language.text(ask)) }
                        p { (frame.language.text(answer)) }
                    }
                }
            }
        }
    };
    rows.into_string()
}

/// What support asks for, and how it is reached; the widget's page writes it by a script.
fn slip(frame: &Frame<'_>) -> Markup {
    html! {
        p { (frame.language.text(Msg::GuidePrepare)) }
        @if let Some(hours) = frame.support_hours {
            p { (hours) }
        }
        p class="nidan-help" { (frame.slip) }
    }
}

/// The words of a block; what it is and holds goes into the attributes.
fn say<M: Plain>(frame: &Frame<'_>, block: &Block<'_, M>, attributes: &mut Attributes) -> String {
    let language = frame.language;
    match &block.content {
        // A name stands where the block's shape has a place for it.
        Content::Group | Content::Form(_) | Content::Named(_) => {}
        Content::State(name, value) => {
            if let Some(value) = value {
                attributes.add(name, value);
            }
        }
        Content::Text(words) | Content::Cell(_, words) => return language.say(*words),
        Content::Field {
            value,
            is_invalid,
            action,
            ..
        } => {
            attributes.add("name", &M::press_of(*action, 0, Names::default()));
            attributes.add("value", value);
            attributes.mark("aria-invalid", "true", *is_invalid);
        }
        Content::Checkbox { is_ticked, action } => {
            attributes.add("name", &M::press_of(*action, 0, Names::default()));
            attributes.add("value", "on");
            attributes.mark("checked", "", *is_ticked);
        }
        Content::Button {
            label,
            is_disabled,
            action,
        } => {
            attributes.press::<M>(frame, *action, block.index);
            attributes.mark("disabled", "", *is_disabled);
            return language.say(*label);
        }
        Content::Link { label, url } => {
            attributes.add("href", url);
            return language.say(*label);
        }
        Content::Special(_, never) => match *never {},
    }
    String::new()
}

/// The element of a block; [`None`] for what a page without scripts cannot do or has no words for.
fn tag_of<M: Plain>(frame: &Frame<'_>, block: &Block<'_, M>) -> Option<&'static str> {
    let tag = block.key.shape().tag();
    let key = M::login_key(block.key);
    match &block.content {
        Content::Button { action, .. }
            if M::is_again(*action) && matches!(frame.again, Again::Site) =>
        {
            frame.site.map(|_there_is| "a")
        }
        Content::Text(Words::None) => None,
        // Seconds that stand still would mislead.
        _ if key == Some(LoginKey::DeliveryState) => None,
        // One form around all of them is enough, and forms do not stand in each other.
        Content::Form(_) => Some("div"),
        _ if M::is_title(block.key) => Some("h1"),
        _ => Some(tag),
    }
}

fn resend(frame: &Frame<'_>) -> String {
    let press = Login::press_of(LoginAction::Resend, 0, Names::default());
    // A call is not sent.
    let label = match frame.awaited {
        Channel::Sms => Msg::PhoneResend,
        Channel::Voice => Msg::PhoneCallAgain,
    };
    let button = html! {
        button class="nidan-quiet" name="press" value=(press) {
            (frame.language.text(label))
        }
    };
    button.into_string()
}

struct Attributes(String);

impl Attributes {
    /// Those that a block always has.
    fn of<M: Plain>(frame: &Frame<'_>, block: &Block<'_, M>, tag: &str) -> Self {
        let mut attributes = Self(String::new());
        let named = block.content.name().map(|name| frame.language.text(name));
        block.key.shape().attributes(|name, value| {
            let value = match (value, named) {
                ("@", Some(named)) => named.to_owned(),
                (value, _) => value.replace("{}", ""),
            };
            match name {
                // The answer to what was pressed comes first.
                "data-focus" if frame.is_too_early => {}
                "data-focus" => attributes.add("autofocus", ""),
                // What a script would fetch is there already.
                "data-guide" | "data-failed" => {}
                // The form around everything says these; buttons all send.
                "part" | "novalidate" | "type" | "tabindex" | "data-back" if tag != "input" => {}
                "part" => {}
                _ => attributes.add(name, &value),
            }
        });
        attributes
    }

    /// What a button posts, or where a link in its place leads.
    fn press<M: Plain>(&mut self, frame: &Frame<'_>, action: M::Action, index: u8) {
        let press = match (M::is_again(action), frame.again) {
            (true, Again::Site) => None,
            (true, Again::Press(press)) => Some(press.to_owned()),
            (false, _) => Some(M::press_of(action, index, frame.names)),
        };
        match press {
            Some(press) => {
                self.add("name", "press");
                self.add("value", &press);
            }
            None => self.add("href", frame.site.unwrap_or_default()),
        }
    }

    fn mark(&mut self, name: &str, value: &str, applies: bool) {
        if applies {
            self.add(name, value);
        }
    }

    fn add(&mut self, name: &str, value: &str) {
        self.0
            .push_str(&[" ", name, "=\"", &escaped(value), "\""].concat());
    }
}

fn escaped(text: &str) -> String {
    text.render().into_string()
}

/// The words of the heading.
fn title_of<M: Plain>(language: &Language, screen: &Screen<'_, M>) -> String {
    let heading = screen.blocks.iter().find(|block| M::is_title(block.key));
    match heading.map(|block| &block.content) {
        Some(Content::Text(words)) => language.say(*words),
        _ => language.say(Words::Message(Msg::LoginTitle, [Arg::None; 2])),
    }
}

pub(super) fn respond(frame: &Frame<'_>, title: &str, content: &Markup) -> Response {
    let language = frame.language;
    let site = frame.host.map_or("", |host| host.name.as_str());
    let complete_url = frame.complete_url;
    let result = frame.result_code.zip(complete_url);
    let html = html! {
        (DOCTYPE)
        html lang=(language.tag) dir=(language.direction()) {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width,initial-scale=1";
            title { (title) " " (site) }
            // Its hash stands in the policy: not a byte of it may change.
            style { (PreEscaped(STYLE)) }
            main {
                @if let Some((code, complete_url)) = result {
                    form method="post" action=(complete_url) {
                        input type="hidden" name="result_code" value=(code);
                        (content)
                    }
                } @else {
                    // To the same path again, wherever the service is mounted.
                    form method="post" novalidate {
                        @for (name, value) in &frame.hidden {
                            input type="hidden" name=(name) value=(value);
                        }
                        (content)
                    }
                }
            }
        }
    };
    let target = complete_url.and_then(|url| Url::parse(url).ok());
    let target = target.map_or_else(String::new, |url| url.origin().ascii_serialization());
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; form-action 'self' {target}; base-uri 'none'; object-src 'none'; frame-ancestors 'none'",
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
