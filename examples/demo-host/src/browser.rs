//! What a request says of the browser that sends it.

use axum::http::{HeaderMap, header};

use crate::routes::TRUST_COOKIE;
use crate::session::cookie;

/// What is shown of the browser in the person's record.
const CLIENT_DESCRIPTION_MAX_CHARS: usize = 80;

/// What this browser brings where it was trusted.
pub(crate) fn trust_token(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, TRUST_COOKIE).filter(|token| !token.is_empty())
}

/// Which browser sends this request.
pub(crate) fn browser_of(headers: &HeaderMap) -> Option<String> {
    let agent = headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(browser_name(agent))
}

/// Which browser, for the person's record: no more of it than that.
fn browser_name(agent: &str) -> String {
    let known = [
        ("Edg/", "Edge"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let name = known
        .iter()
        .find(|(mark, _)| agent.contains(mark))
        .map_or("?", |(_, name)| name);
    let systems = [
        ("iPhone", "iPhone"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ];
    let system = systems
        .iter()
        .find(|(mark, _)| agent.contains(mark))
        .map_or("?", |(_, system)| system);
    format!("{name}, {system}")
        .chars()
        .take(CLIENT_DESCRIPTION_MAX_CHARS)
        .collect()
}
