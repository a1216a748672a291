//! Recorded ceremonies, right ones and such with one thing wrong, that another implementation has
//! judged too: `tests/browser/passkey-agreement.mjs` reads the same file. `NIDAN_UPDATE=1` writes it anew.

use super::authenticator::cose_key;
use super::*;
use serde_json::json;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/passkeys.json");
/// Keys of everybody's own: one that stays on its device, and one of a synced account.
const FLAGS: [u8; 2] = [0, BACKUP_ELIGIBLE | BACKED_UP];

/// What is recorded of one ceremony.
struct Row<'a> {
    kind: &'a str,
    ceremony: &'a Ceremony,
    key: &'a Key,
    answer: Value,
    said: Option<Wrong>,
}

impl Row<'_> {
    fn written(&self) -> Value {
        json!({
            "kind": self.kind,
            "challenge": self.ceremony.options["challenge"],
            "origin": ORIGIN,
            "rp_id": self.key.rp_id,
            "credential_id": self.key.name(),
            "public_key": base64(cose_key(&self.key.signing)),
            "state": self.ceremony.state,
            "answer": self.answer,
            "wrong": self.said.map(Wrong::as_str),
        })
    }
}

fn corpus() -> Vec<Value> {
    let party = party();
    let mut rows = Vec::new();
    for (seed, flags) in (1..).zip(FLAGS) {
        let (key, kept) = a_key(&party, seed, flags);
        let changes = CHANGES.iter().map(|(change, _)| *change);
        for change in std::iter::once::<fn(&mut Saying)>(|_| ()).chain(changes) {
            let ceremony = asking(&party, &[&kept.kept]);
            let mut saying = key.answer(ORIGIN, &ceremony.options);
            saying.counter = 1;
            change(&mut saying);
            let said = asked(&party, &ceremony, &saying, 0).err();
            let answer = saying.assertion();
            rows.push(
                Row {
                    kind: "get",
                    ceremony: &ceremony,
                    key: &key,
                    answer,
                    said,
                }
                .written(),
            );
            let ceremony = making(&party, &[]);
            let mut saying = key.make(ORIGIN, &ceremony.options);
            change(&mut saying);
            let said = made(&party, &ceremony, &saying).err();
            let answer = saying.attestation();
            rows.push(
                Row {
                    kind: "create",
                    ceremony: &ceremony,
                    key: &key,
                    answer,
                    said,
                }
                .written(),
            );
        }
    }
    rows
}

#[test]
fn recorded_ceremonies_are_judged_as_they_were() {
    if std::env::var_os("NIDAN_UPDATE").is_some() {
        let about = "crates/server/src/passkey/tests/agreement.rs writes this";
        let rows = json!({ "about": about, "ceremonies": corpus() });
        std::fs::write(FILE, format!("{rows:#}\n")).unwrap();
    }
    let file: Value = serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap();
    let party = party();
    let rows = file["ceremonies"].as_array().unwrap();
    assert_eq!(rows.len(), 2 * FLAGS.len() * (CHANGES.len() + 1));
    for (nth, row) in rows.iter().enumerate() {
        let (state, answer) = (row["state"].as_str().unwrap(), row["answer"].to_string());
        let party = RelyingParty(&party);
        let wrong = if row["kind"] == "get" {
            let answer = Answer::parse(&answer).unwrap();
            let asked = party.finish_asking(state, ORIGIN, &answer, 0);
            asked.unwrap().err()
        } else {
            party.finish_making(state, ORIGIN, &answer).unwrap().err()
        };
        assert_eq!(
            wrong.map(|wrong| wrong.as_str()),
            row["wrong"].as_str(),
            "{nth}"
        );
    }
}
