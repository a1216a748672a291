//! The record, and the trusted browsers, as the person reads them after a proof.

use nidan_core::manage::{ManageRefusal, Wish};
use nidan_core::trust::Browsers;
use nidan_protocol::{BrowserRevokePost, BrowsersView, ErrorCode, EventsView, FlowView, Purpose};

use super::{Post, refused};
use crate::Service;
use crate::refusal::Refusal;
use crate::use_cases::{FlowCaller, subjects};
use nidan_store::Subject;

/// How far back people read their own record, in seconds: 90 days. The host reads all.
const RECORD_READ_S: u64 = 90 * 86_400;

/// The person as they are now. Refuses a flow in which no factor was proved, or one under which they
/// changed.
///
/// # Errors
/// [`ErrorCode::ReauthRequired`] and [`ErrorCode::FlowConflict`].
pub(crate) async fn after_proof(
    service: &Service,
    caller: &FlowCaller,
) -> Result<Subject, Refusal> {
    caller.must_be(Purpose::Manage)?;
    let flow = &caller.flow;
    let proof = flow.proof.as_ref();
    let proof = proof.ok_or_else(|| refused(ManageRefusal::ReauthRequired))?;
    let now = service.0.clock.now_s();
    let store = &service.0.store;
    let subject = store.subject(&flow.opened.host, &flow.opened.subject, now);
    let subject = subject.await?;
    if subject.factor_epoch == proof.factor_epoch {
        Ok(subject)
    } else {
        Err(ErrorCode::FlowConflict.into())
    }
}

/// A page of the person's own record, the newest entry first.
///
/// # Errors
/// [`ErrorCode::ReauthRequired`] before a proof.
pub(crate) async fn record(
    service: &Service,
    caller: &FlowCaller,
    before: Option<u64>,
) -> Result<EventsView, Refusal> {
    after_proof(service, caller).await?;
    let subject = &caller.flow.opened.subject;
    let mut page = subjects::events(service, &caller.host, subject, before).await?;
    let since = service.0.clock.now_s().saturating_sub(RECORD_READ_S);
    let read = page.events.len();
    page.events.retain(|event| event.at >= since);
    if page.events.len() < read {
        page.before = None;
    }
    Ok(page)
}

/// The trusted browsers, and which of them this is.
///
/// # Errors
/// [`ErrorCode::ReauthRequired`] before a proof.
pub(crate) async fn browsers(
    service: &Service,
    caller: &FlowCaller,
) -> Result<BrowsersView, Refusal> {
    after_proof(service, caller).await?;
    let (flow, now) = (&caller.flow.opened, service.0.clock.now_s());
    let store = &service.0.store;
    let browsers = store.trusted_browsers(&flow.host, &flow.subject, now);
    Ok(BrowsersView {
        browsers: browsers.await?,
        this_browser: this_browser(service, caller).await?,
    })
}

async fn this_browser(service: &Service, caller: &FlowCaller) -> Result<Option<String>, Refusal> {
    let (flow, store) = (&caller.flow.opened, &service.0.store);
    Ok(match &caller.flow.trust_hash {
        None => None,
        Some(hash) => {
            let found = store.trusted_browser_id(&flow.host, &flow.subject, hash);
            found.await?
        }
    })
}

/// Asks for a code again in one browser, in the others, or in all.
///
/// # Errors
/// [`ErrorCode::NotFound`] for a browser that the person does not have.
pub(crate) async fn revoke(
    service: &Service,
    caller: &FlowCaller,
    post: BrowserRevokePost,
    languages: &str,
) -> Result<FlowView, Refusal> {
    let BrowserRevokePost {
        request_id,
        id,
        except_this,
    } = post;
    let parts = [
        b"revoke".as_slice(),
        &[u8::from(id.is_some())],
        id.as_deref().unwrap_or_default().as_bytes(),
        &[u8::from(except_this)],
    ];
    let request = Post::new(service, caller, &request_id, &parts)?;
    let browsers = match (id, except_this) {
        (Some(_), true) => return Err(Refusal::field("except_this")),
        (Some(id), false) => Browsers::One(id),
        (None, false) => Browsers::All,
        // Where this one is not trusted, the others are all.
        (None, true) => this_browser(service, caller)
            .await?
            .map_or(Browsers::All, Browsers::AllBut),
    };
    let wish = Wish::EndTrust { browsers };
    request.ask(service, wish, languages).await
}
