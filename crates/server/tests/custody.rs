//! Which database and which keys: a start on a half, older or foreign one lets nobody in as "not
//! enrolled", and a backup brings everybody back.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests against a process, in real time"
)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use common::server::{Server, configured, enrol, free_port, login_body, now};
use common::{ORIGIN, Widget, code_at, database};
use rusqlite::config::DbConfig;
use serde_json::{Value, json};

/// A folder with a configuration and keys, and the host's API key.
struct Place {
    folder: tempfile::TempDir,
    api_key: String,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let api_key = configured(folder.path());
        Self { folder, api_key }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn serve(&self) -> Server {
        Server::start(self.folder.path(), free_port())
    }

    /// One command of the program.
    fn run(&self, words: &[&str]) -> Output {
        run(self.folder.path(), words, &[])
    }

    /// Runs it, and it must say why it did not go well, naming what helps.
    fn refused(&self, words: &[&str], variables: &[(&str, &str)], helps: &[&str]) {
        let output = run(self.folder.path(), words, variables);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success(),
            "{words:?} went well: {}",
            String::from_utf8_lossy(&output.stdout)
        );
        for word in helps {
            assert!(
                said.contains(word),
                "{words:?} does not say {word:?}: {said}"
            );
        }
    }
}

fn run(folder: &Path, words: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nidan-server"));
    command
        .arg("--config")
        .arg(folder.join("nidan.toml"))
        .args(words)
        .env("RUST_LOG", "error");
    command
        .env("NIDAN_LISTEN", format!("127.0.0.1:{}", free_port()))
        .envs(variables.iter().copied());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A start that should have been refused would serve for ever.
    for _look in 0..400 {
        if child.try_wait().unwrap().is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    let _over = child.kill();
    child.wait_with_output().unwrap()
}

fn went_well(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

/// SIGTERM, and until it has ended by itself.
fn stop(server: Server) {
    assert!(
        server.stop_within(Duration::from_secs(10)),
        "it does not stop"
    );
}

fn outcome(server: &Server, api_key: &str, subject: &str) -> Value {
    server
        .ask(
            "POST",
            "/v1/flows",
            api_key,
            &login_body(subject, "a-session-of-a-login"),
        )
        .unwrap()
        .1
}

fn verify(server: &Server, api_key: &str, subject: &str, method: &str, code: &str) -> (u16, Value) {
    let flow = outcome(server, api_key, subject);
    let token = flow["flow_token"].as_str().unwrap().to_owned();
    server
        .ask(
            "POST",
            "/v1/flow/verification",
            &token,
            &json!({ "method_id": method, "code": code }),
        )
        .unwrap()
}

fn backup_code(widget: &Widget, place: usize) -> String {
    widget
        .backup_codes
        .iter()
        .nth(place)
        .unwrap()
        .expose()
        .to_string()
}

#[test]
fn a_copy_of_a_database_that_is_open_is_refused_wherever_it_is_started() {
    let place = Place::new();
    let server = place.serve();
    enrol(server.port, &place.api_key, "u1", 1);
    let copy = place.file("copy.db");
    std::fs::copy(place.file("nidan.db"), &copy).unwrap();
    let as_copy = [("NIDAN_DATABASE", "copy.db")];
    let helps = ["copy", "nidan-server backup", "nidan-server restore"];
    for words in [["serve"], ["check"]] {
        place.refused(&words, &as_copy, &helps);
    }
    place.refused(
        &["restore", copy.to_str().unwrap()],
        &as_copy,
        &["--incomplete"],
    );
    // In the original's own place, twice: a look leaves nothing behind that would pass for its WAL.
    let in_place = Place::new();
    let server_there = in_place.serve();
    enrol(server_there.port, &in_place.api_key, "u1", 1);
    std::fs::copy(in_place.file("nidan.db"), in_place.file("copy.db")).unwrap();
    drop(server_there);
    for name in ["nidan.db-wal", "nidan.db-shm"] {
        std::fs::remove_file(in_place.file(name)).unwrap();
    }
    std::fs::rename(in_place.file("copy.db"), in_place.file("nidan.db")).unwrap();
    for _start in 0..2 {
        in_place.refused(&["serve"], &[], &helps);
    }
    // With keys, configuration and mark in another folder.
    let elsewhere = tempfile::tempdir().unwrap();
    for name in ["nidan.toml", "nidan.keys", "nidan.keys.mark", "nidan.db"] {
        std::fs::copy(place.file(name), elsewhere.path().join(name)).unwrap();
    }
    let output = run(elsewhere.path(), &["serve"], &[]);
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("is a copy of one that was open"),
        "{output:?}"
    );
    // With its WAL too, as `cp -r` of the running folder does.
    for name in ["nidan.db-wal", "nidan.db-shm"] {
        std::fs::copy(place.file(name), elsewhere.path().join(name)).unwrap();
    }
    assert!(!run(elsewhere.path(), &["serve"], &[]).status.success());
    // The original goes on, also after it was killed.
    drop(server);
    let server = place.serve();
    assert_eq!(
        outcome(&server, &place.api_key, "u1")["outcome"],
        "required"
    );
}

#[test]
fn looking_at_a_database_after_a_crash_does_not_spoil_it() {
    let place = Place::new();
    let server = place.serve();
    enrol(server.port, &place.api_key, "u1", 1);
    drop(server);
    went_well(&place.run(&["check"]));
    let server = place.serve();
    drop(server);
    place.refused(
        &["check"],
        &[("NIDAN_PEPPER", &"A".repeat(43))],
        &["pepper"],
    );
    went_well(&place.run(&["stats"]));
    let server = place.serve();
    assert_eq!(
        outcome(&server, &place.api_key, "u1")["outcome"],
        "required"
    );
}

#[test]
fn an_older_file_is_refused_and_restored_by_the_command_that_is_named() {
    let place = Place::new();
    let server = place.serve();
    let (widget, method) = enrol(server.port, &place.api_key, "u1", 1);
    stop(server);
    // A whole copy, made while nothing ran.
    std::fs::copy(place.file("nidan.db"), place.file("older.db")).unwrap();
    let server = place.serve();
    let used = backup_code(&widget, 0);
    assert_eq!(
        verify(&server, &place.api_key, "u1", "backup_code", &used).0,
        200
    );
    enrol(server.port, &place.api_key, "u2", 2);
    stop(server);
    std::fs::rename(place.file("nidan.db"), place.file("newest.db")).unwrap();
    place.refused(
        &["serve"],
        &[],
        &["there is no database", "nidan-server restore"],
    );
    std::fs::copy(place.file("older.db"), place.file("nidan.db")).unwrap();
    place.refused(&["serve"], &[], &["older", "nidan-server restore"]);
    place.refused(&["check"], &[], &["older"]);
    let said = went_well(&place.run(&["restore", place.file("nidan.db").to_str().unwrap()]));
    assert!(said.contains("1 people, 1 methods"), "{said}");
    let server = place.serve();
    for code in [
        code_at(&widget.secret, now()),
        code_at(&widget.secret, now() + 30),
    ] {
        let (status, answer) = verify(&server, &place.api_key, "u1", &method, &code);
        assert_eq!(
            (status, &answer["code"]),
            (409, &json!("code_used")),
            "a code of this minute may have been used"
        );
    }
    assert_eq!(
        verify(
            &server,
            &place.api_key,
            "u1",
            "backup_code",
            &backup_code(&widget, 1)
        )
        .0,
        200
    );
}

#[test]
fn a_backup_of_a_running_service_brings_everybody_back() {
    let place = Place::new();
    let server = place.serve();
    let people: Vec<_> = (1..=5)
        .map(|one| enrol(server.port, &place.api_key, &format!("u{one}"), one))
        .collect();
    // A set-up that is open has a key that no backup keeps.
    let open = json!({
        "purpose": "enroll", "subject": "u9", "account_name": "u9", "auth_time": now(),
        "session_binding": "session-of-the-set-up", "origin": ORIGIN,
    });
    server
        .ask("POST", "/v1/flows", &place.api_key, &open)
        .unwrap();
    let key: Vec<u8> = rusqlite::Connection::open(place.file("nidan.db"))
        .unwrap()
        .query_row(
            "SELECT sealed_private_key FROM flow WHERE subject = 'u9'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let file = place.file("night.db");
    let said = went_well(&place.run(&["backup", file.to_str().unwrap()]));
    assert!(said.contains("5 people, 5 methods"), "{said}");
    let kept = std::fs::read(&file).unwrap();
    assert!(key.len() > 32 && !kept.windows(key.len()).any(|part| part == key));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    place.refused(&["backup", file.to_str().unwrap()], &[], &["exists"]);
    let used = backup_code(&people[0].0, 0);
    assert_eq!(
        verify(&server, &place.api_key, "u1", "backup_code", &used).0,
        200
    );
    place.refused(&["restore", file.to_str().unwrap()], &[], &["stop"]);
    let before = server
        .ask("GET", "/v1/subjects/u1", &place.api_key, &Value::Null)
        .unwrap()
        .1;
    stop(server);
    // Put in place by hand it is refused.
    std::fs::copy(place.file("nidan.db"), place.file("aside.db")).unwrap();
    std::fs::copy(&file, place.file("nidan.db")).unwrap();
    place.refused(&["serve"], &[], &["older", "nidan-server restore"]);
    std::fs::rename(place.file("aside.db"), place.file("nidan.db")).unwrap();
    let said = went_well(&place.run(&["restore", file.to_str().unwrap()]));
    assert!(
        said.contains("5 people, 5 methods") && said.contains("1 known and still used"),
        "{said}"
    );
    let server = place.serve();
    for (one, (widget, _)) in (1..).zip(&people) {
        let subject = format!("u{one}");
        assert_eq!(
            outcome(&server, &place.api_key, &subject)["outcome"],
            "required"
        );
        assert_eq!(
            verify(
                &server,
                &place.api_key,
                &subject,
                "backup_code",
                &backup_code(widget, 3)
            )
            .0,
            200
        );
    }
    assert_eq!(
        verify(&server, &place.api_key, "u1", "backup_code", &used).0,
        422,
        "a used code stays used"
    );
    let after = server
        .ask("GET", "/v1/subjects/u1", &place.api_key, &Value::Null)
        .unwrap()
        .1;
    assert!(
        after["factor_epoch"].as_u64() > before["factor_epoch"].as_u64(),
        "what was trusted before is over"
    );
}

#[test]
fn keys_of_another_service_and_another_service_s_database_are_refused() {
    let (place, other) = (Place::new(), Place::new());
    for place in [&place, &other] {
        let server = place.serve();
        enrol(server.port, &place.api_key, "u1", 1);
        stop(server);
    }
    let ours = std::fs::read(place.file("nidan.keys")).unwrap();
    std::fs::copy(other.file("nidan.keys"), place.file("nidan.keys")).unwrap();
    for words in [&["serve"][..], &["check"], &["stats"], &["backup", "x.db"]] {
        place.refused(words, &[], &["keys are not those", "sealing_key"]);
    }
    std::fs::write(place.file("nidan.keys"), &ours).unwrap();
    went_well(&place.run(&["check"]));
    place.refused(
        &["serve"],
        &[("NIDAN_PEPPER", &"A".repeat(43))],
        &["pepper"],
    );
    // The other's database under its own keys, beside our mark.
    std::fs::copy(other.file("nidan.keys"), place.file("nidan.keys")).unwrap();
    std::fs::copy(other.file("nidan.db"), place.file("nidan.db")).unwrap();
    place.refused(&["serve"], &[], &["belongs to other keys", "mark"]);
    place.refused(
        &["restore", other.file("nidan.db").to_str().unwrap()],
        &[],
        &["mark"],
    );
    std::fs::remove_file(place.file("nidan.keys.mark")).unwrap();
    place.refused(&["serve"], &[], &["no mark", "nidan-server restore"]);
    went_well(&place.run(&["restore", place.file("nidan.db").to_str().unwrap()]));
    let server = place.serve();
    assert_eq!(
        outcome(&server, &other.api_key, "u1")["code"],
        "api_key_invalid"
    );
    stop(server);
}

#[test]
fn what_is_no_database_is_not_restored() {
    let place = Place::new();
    let server = place.serve();
    enrol(server.port, &place.api_key, "u1", 1);
    stop(server);
    let bytes = std::fs::read(place.file("nidan.db")).unwrap();
    for (name, content) in [
        ("empty", &b""[..]),
        ("text", b"no database at all, but long enough"),
        ("half", &bytes[..bytes.len() / 2]),
    ] {
        std::fs::write(place.file(name), content).unwrap();
        place.refused(
            &["restore", place.file(name).to_str().unwrap()],
            &[],
            &["no whole database"],
        );
    }
    place.refused(
        &["restore", place.file("nothing").to_str().unwrap()],
        &[],
        &["no whole database"],
    );
    let server = place.serve();
    assert_eq!(
        outcome(&server, &place.api_key, "u1")["outcome"],
        "required",
        "nothing was changed"
    );
}

#[test]
fn two_processes_share_a_database_and_one_may_leave() {
    let place = Place::new();
    let (one, other) = (place.serve(), place.serve());
    enrol(one.port, &place.api_key, "u1", 1);
    stop(one);
    assert_eq!(outcome(&other, &place.api_key, "u1")["outcome"], "required");
    let third = place.serve();
    drop(other);
    drop(third);
    let server = place.serve();
    assert_eq!(
        outcome(&server, &place.api_key, "u1")["outcome"],
        "required"
    );
}

#[test]
fn a_first_start_that_was_cut_off_goes_on() {
    let place = Place::new();
    // The mark has no place: nothing is begun that would be missed later.
    place.refused(
        &["serve"],
        &[("NIDAN_MARK_FILE", "nowhere/mark")],
        &["mark_file"],
    );
    drop(place.serve());
    // As if it had died between the database and the mark. The WAL stays, as after a death.
    let database = database(place.folder.path());
    database
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .unwrap();
    database
        .execute("UPDATE instance SET generation = 0", [])
        .unwrap();
    drop(database);
    std::fs::remove_file(place.file("nidan.keys.mark")).unwrap();
    let server = place.serve();
    enrol(server.port, &place.api_key, "u1", 1);
    drop(server);
    std::fs::remove_file(place.file("nidan.keys.mark")).unwrap();
    place.refused(&["serve"], &[], &["no mark", "nidan-server restore"]);
}

#[test]
fn a_restore_that_was_cut_off_is_finished_and_says_how() {
    let place = Place::new();
    let server = place.serve();
    enrol(server.port, &place.api_key, "u1", 1);
    stop(server);
    let ready = place.file("nidan.db.restoring");
    std::fs::rename(place.file("nidan.db"), &ready).unwrap();
    place.refused(&["serve"], &[], &["nidan-server restore", ".restoring"]);
    place.refused(
        &["restore", place.file("nidan.db").to_str().unwrap()],
        &[],
        &[".restoring"],
    );
    went_well(&place.run(&["restore", ready.to_str().unwrap()]));
    let server = place.serve();
    assert_eq!(
        outcome(&server, &place.api_key, "u1")["outcome"],
        "required"
    );
}

#[test]
fn a_restore_leaves_what_was_there_as_it_was_and_trusts_no_copied_wal() {
    let place = Place::new();
    let server = place.serve();
    enrol(server.port, &place.api_key, "u1", 1);
    let night = place.file("night.db");
    went_well(&place.run(&["backup", night.to_str().unwrap()]));
    enrol(server.port, &place.api_key, "u2", 2);
    for ending in ["", "-wal"] {
        std::fs::copy(
            place.file(&format!("nidan.db{ending}")),
            place.file(&format!("torn.db{ending}")),
        )
        .unwrap();
    }
    drop(server);
    place.refused(
        &["restore", place.file("torn.db").to_str().unwrap()],
        &[],
        &["--incomplete"],
    );
    went_well(&place.run(&["restore", night.to_str().unwrap()]));
    let names = std::fs::read_dir(place.folder.path())
        .unwrap()
        .map(|file| file.unwrap().file_name());
    let kept: Vec<_> = names
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.contains("before"))
        .collect();
    assert!(
        kept.iter().any(|name| name.ends_with("-wal")),
        "what was there lost its WAL: {kept:?}"
    );
}

/// Root's nightly backup beside a service that runs as another user.
#[cfg(unix)]
#[test]
fn what_root_writes_belongs_to_the_service() {
    use std::os::unix::fs::{MetadataExt, chown};
    const SERVICE: u32 = 65_534;
    let place = Place::new();
    stop(place.serve());
    if std::fs::metadata(place.file("nidan.db")).unwrap().uid() != 0 {
        println!("not root: there is nobody to give files to");
        return;
    }
    for name in ["nidan.db", "nidan.keys.mark"] {
        chown(place.file(name), Some(SERVICE), Some(SERVICE)).unwrap();
    }
    std::fs::remove_file(place.file("nidan.db.lock")).unwrap();
    let night = place.file("night.db");
    went_well(&place.run(&["backup", night.to_str().unwrap()]));
    for name in ["nidan.db", "nidan.keys.mark", "nidan.db.lock"] {
        assert_eq!(
            std::fs::metadata(place.file(name)).unwrap().uid(),
            SERVICE,
            "{name} after a backup"
        );
    }
    went_well(&place.run(&["restore", night.to_str().unwrap()]));
    for name in ["nidan.db", "nidan.keys.mark"] {
        assert_eq!(
            std::fs::metadata(place.file(name)).unwrap().uid(),
            SERVICE,
            "{name} after a restore"
        );
    }
}
