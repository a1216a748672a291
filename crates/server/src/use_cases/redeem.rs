//! A host's back end redeems the results of flows.

use nidan_protocol::{AssertionAnswer, Authenticator, ErrorCode, Purpose, Redeem};
use nidan_store::{FlowState, NewTrust, Redeemed, Redemption, TrustLives};

use super::flows::{ID_LEN_BYTES, TOKEN_LEN_BYTES, kept};
use super::grace;
use crate::Service;
use crate::assertion::{ASSERTION_TTL_S, Claims};
use crate::base64url::encode;
use crate::config::Host;
use crate::environment::{Random, random_bytes};
use crate::keys::HashUse;
use crate::refusal::Refusal;

/// Exchanges a result code for the signed result: once, within a minute, by the host and session
/// that it belongs to.
///
/// # Errors
/// [`ErrorCode::ResultCodeInvalid`], whatever of it was wrong.
pub(crate) async fn redeem(
    service: &Service,
    host: &Host,
    flow_id: String,
    request: Redeem,
) -> Result<AssertionAnswer, Refusal> {
    let now = service.0.clock.now_s();
    let random = &*service.0.random;
    // Drawn before the code is spent: what can fail comes first.
    let (jti, trust_token) = (
        random_id(random)?,
        encode(&random_bytes::<TOKEN_LEN_BYTES>(random)?),
    );
    let new_trust = |lives: TrustLives| -> Result<NewTrust, Refusal> {
        Ok(NewTrust {
            browser_id: random_id(random)?,
            token_hash: kept(service, HashUse::KeptTrustToken, &trust_token),
            lives,
        })
    };
    let redemption = Redemption {
        host: host.id.clone(),
        flow_id,
        result_hash: kept(service, HashUse::KeptResultCode, &request.result_code),
        session_binding: request.session_binding,
        now,
        trust: host.trust_lives().map(new_trust).transpose()?,
        audit: service.audit_context(host, None),
    };
    let redeemed = service
        .0
        .store
        .redeem(&redemption)
        .await?
        .ok_or(ErrorCode::ResultCodeInvalid)?;
    let assertion = assertion(service, host, &redeemed, &jti, now)?;
    tracing::info!(host = host.id, flow = redemption.flow_id, "result redeemed");
    Ok(AssertionAnswer {
        assertion,
        trust_token: redeemed.trust_ends.map(|_| trust_token),
        trust_expires_at: redeemed.trust_ends,
    })
}

/// Whether the person has two-step verification, and the policy asks for more of it.
fn must_add(host: &Host, redeemed: &Redeemed) -> bool {
    let flow = &redeemed.flow.opened;
    let is_asked = match flow.purpose {
        Purpose::Verify | Purpose::Manage => !redeemed.kinds.is_empty(),
        Purpose::Enroll => !grace::is_skipped(&redeemed.flow.state),
        Purpose::Approve => false,
    };
    // A group that there is no more asks for nothing of its own.
    let of_group = host.of_group(flow.group.as_deref());
    let host = of_group.as_ref().unwrap_or(host);
    is_asked && grace::asks_for_more(host, &redeemed.in_use)
}

fn random_id(random: &dyn Random) -> Result<String, Refusal> {
    Ok(encode(&random_bytes::<ID_LEN_BYTES>(random)?))
}

fn assertion(
    service: &Service,
    host: &Host,
    redeemed: &Redeemed,
    jti: &str,
    now: u64,
) -> Result<String, Refusal> {
    let FlowState::Completed { method_id, .. } = &redeemed.flow.state else {
        return Err(ErrorCode::ResultCodeInvalid.into());
    };
    let flow = &redeemed.flow.opened;
    let (amr, acr) = match flow.purpose {
        Purpose::Enroll if grace::is_skipped(&redeemed.flow.state) => {
            (Vec::new(), "urn:nidan:acr:skipped")
        }
        // What the service saw right codes of: an enrolment is a person's first, so what there is
        // now came with it. It is no login; hosts compare `purpose`.
        Purpose::Enroll => {
            let mut amr: Vec<&str> = redeemed
                .kinds
                .iter()
                .flat_map(|kind| Authenticator::Method(*kind).amr())
                .copied()
                .collect();
            amr.sort_unstable();
            (amr, "urn:nidan:acr:enrolment")
        }
        Purpose::Verify | Purpose::Manage | Purpose::Approve => {
            let used = redeemed.used.ok_or(ErrorCode::ResultCodeInvalid)?;
            (used.amr().to_vec(), used.acr())
        }
    };
    // A login says so where it took something that is lost out of use.
    let tells_changes = flow.purpose == Purpose::Manage || !redeemed.changes.is_empty();
    let claims = Claims {
        iss: &service.0.config.issuer,
        aud: &host.id,
        sub: &flow.subject,
        iat: now,
        nbf: now,
        exp: now.saturating_add(ASSERTION_TTL_S),
        jti,
        nonce: &flow.session_binding,
        auth_time: flow.auth_time,
        amr: &amr,
        acr,
        purpose: flow.purpose.as_str(),
        method_id,
        factor_epoch: redeemed.factor_epoch,
        changes: tells_changes.then_some(redeemed.changes.as_slice()),
        end_other_sessions: tells_changes.then_some(redeemed.raised_epoch),
        must_enroll: (flow.purpose == Purpose::Verify && redeemed.kinds.is_empty()).then_some(true),
        must_add: must_add(host, redeemed).then_some(true),
    };

    service.0.signer.sign(&claims).map_err(|error| {
        Refusal::logged(ErrorCode::Internal, "the assertion was not written", &error)
    })
}
