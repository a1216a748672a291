//! The conformance kit is worth what it finds: hosts that are right but for one hole.

use super::attacked;
use crate::conformance::{self, Target};
use crate::run::{Done, Failed, command, root};
use crate::tools::Tools;

/// A hole in the Express host, which stands the kit otherwise: what it is, its text, the text in
/// its place, and the attack that must find it.
struct Hole(&'static str, &'static str, String, &'static str);

const IN_ANYWAY: &str = "sessions.get(id).owesCode = false, response.sendStatus(200)";

/// The commonest mistakes of hosts.
fn holes() -> Vec<Hole> {
    let open_at = |what, condition: &str, attack| {
        let call = "const flow = await call('/v1/flows', {";
        let caught = format!(
            "let flow; try {{ flow = await call('/v1/flows', {{ purpose: 'verify', subject: person.id, auth_time: now(), session_binding: binding(id), origin: ORIGIN }}) }} \
             catch (error) {{ if ({condition}) return {IN_ANYWAY}; throw error }}\n  ({{"
        );
        Hole(what, call, caught, attack)
    };
    let status = |status: u16| format!("error.message.endsWith({status})");
    let mut holes = vec![
        open_at(
            "lets in at 429",
            &status(429),
            "begins, the service is busy",
        ),
        open_at("lets in at 502", &status(502), "begins, a gateway answers"),
        open_at(
            "lets in at 503",
            &status(503),
            "begins, the service is down",
        ),
        open_at("lets in at 504", &status(504), "begins, a gateway waited"),
        open_at(
            "lets in when it waited too long",
            "error.name === 'TimeoutError'",
            "begins, the service hangs",
        ),
        open_at(
            "lets in when nobody is there",
            "error.cause?.code === 'ECONNREFUSED'",
            "begins, nobody listens",
        ),
        open_at(
            "lets in when the connection is closed",
            "error.cause?.code === 'UND_ERR_SOCKET'",
            "begins, the connection is closed",
        ),
        Hole(
            "goes on when redeem answers 503",
            "await finish(id, flowId, request.body.result_code)",
            "await finish(id, flowId, request.body.result_code).catch((error) => { if (!error.message.endsWith('503')) throw error; return {} })".to_owned(),
            "at redeem, the service is down",
        ),
        Hole(
            "takes a list of audiences",
            "payload.aud === AUDIENCE && ",
            String::new(),
            "this one among them",
        ),
        Hole(
            "looks at the beginning of an acr",
            "ACCEPTED.includes(payload.acr)",
            "ACCEPTED.some((one) => payload.acr.startsWith(one))".to_owned(),
            "more behind a right name",
        ),
        Hole(
            "binds every session alike",
            "update(`two-step ${session}`)",
            "update('two-step')".to_owned(),
            "the same session_binding",
        ),
        Hole(
            "has an API that asks for no code",
            "app.get('/me', ",
            "app.post('/api/login', (request, response) => { begin(response, request.body.user, { owesCode: false }); response.sendStatus(200) })\napp.get('/me', ".to_owned(),
            "the password alone at /api/login",
        ),
    ];
    holes.push(Hole(
        "tells by time who has an account",
        "const isRight = timingSafeEqual(",
        "if (!person) return response.sendStatus(401)\n  const isRight = timingSafeEqual("
            .to_owned(),
        "the time of an answer",
    ));
    holes.push(Hole(
        "lets in who must set it up first",
        " && !flow.enrolment?.required",
        String::new(),
        "must set it up first",
    ));
    holes.push(Hole(
        "takes support's code and heeds no must_enroll",
        "const ACCEPTED = [",
        "const ACCEPTED = ['urn:nidan:acr:temporary-code', ".to_owned(),
        "with a set-up owed",
    ));
    holes.push(Hole(
        "leaves whoever has the lost phone signed in",
        "if (endsOthers) ",
        "if (false) ".to_owned(),
        "before a lost phone was taken out of use",
    ));
    for claim in ["amr", "auth_time", "method_id", "factor_epoch"] {
        let (text, attack): (&str, &str) = match claim {
            "amr" => (" && payload.amr.length > 0", "with nothing that was proved"),
            "auth_time" => (
                " && payload.auth_time <= payload.iat + 60",
                "of a password of tomorrow",
            ),
            "method_id" => (", 'method_id'", "without the method"),
            _epoch => (", 'factor_epoch'", "without the epoch"),
        };
        holes.push(Hole("skips a claim", text, String::new(), attack));
    }
    holes
}

/// The kit finds every hole: a host with it, and right otherwise, is refused.
pub(super) fn are_found(tools: &Tools) -> Done {
    // Where the host's libraries are found, and nothing is kept.
    let folder = root().join("examples/node/node_modules/.holes");
    std::fs::create_dir_all(&folder)?;
    let right = std::fs::read_to_string(root().join("examples/node/host.mjs"))?;
    for Hole(what, text, instead, attack) in holes() {
        if !right.contains(text) {
            return Err(Failed(format!("{what}: the host has no `{text}` any more")));
        }
        let file = folder.join("host.mjs");
        std::fs::write(&file, right.replacen(text, &instead, 1))?;
        let path = file.to_string_lossy().into_owned();
        let outcome = attacked(|port, service| {
            let mut host = command("node", &[&path], &tools.path);
            host.env("PORT", port.to_string());
            let target = Target {
                also: vec!["/api/login".to_owned()],
                only: Some(attack),
                ..Target::usual(&format!("127.0.0.1:{port}"), service)
            };
            (host, target, None)
        });
        match outcome {
            Err(Failed(why)) if why == conformance::LETS_IN => {
                println!("  found: {what} ({attack})")
            }
            Err(other) => return Err(other),
            Ok(()) => return Err(Failed(format!("not found: {what} ({attack})"))),
        }
    }
    Ok(())
}
