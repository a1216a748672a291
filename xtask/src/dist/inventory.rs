//! What is inside of the modules: crates, their licences, and the bill of materials (CycloneDX
//! 1.6).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::run::{Done, Failed, command, output, root};
use crate::tools::Tools;

const WASM: &str = "wasm32-unknown-unknown";
/// How a file that holds a licence or a notice begins, in capitals.
const LICENCE_FILES: [&str; 5] = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"];

/// A crate that is compiled into a module.
pub(super) struct Crate {
    name: String,
    version: String,
    /// SPDX expression.
    licence: String,
    /// SHA-256 of its archive.
    checksum: Option<String>,
    folder: PathBuf,
}

/// All of them but our own, by name and version.
pub(super) fn crates(tools: &Tools) -> Done<Vec<Crate>> {
    let words = [
        "tree",
        "--package",
        "nidan",
        "--target",
        WASM,
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "none",
    ];
    let tree = output(command(
        "cargo",
        &[&words[..], &["--format", "{p}"]].concat(),
        &tools.path,
    ))?;
    let wanted: BTreeSet<(&str, &str)> = tree
        .lines()
        .filter_map(|line| {
            let mut parts = line.split(' ');
            Some((parts.next()?, parts.next()?.strip_prefix('v')?))
        })
        .collect();
    let metadata = output(command(
        "cargo",
        &["metadata", "--format-version", "1", "--locked"],
        &tools.path,
    ))?;
    let metadata: Value =
        serde_json::from_str(&metadata).map_err(|error| Failed(error.to_string()))?;
    let checksums = checksums(&fs::read_to_string(root().join("Cargo.lock"))?);
    let text = |package: &Value, field: &str| {
        package
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let mut crates = Vec::new();
    let packages = metadata
        .get("packages")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    for package in packages.filter(|package| {
        package
            .get("source")
            .is_some_and(|source| !source.is_null())
    }) {
        let (name, version) = (text(package, "name"), text(package, "version"));
        if wanted.contains(&(&name, &version)) {
            let folder = Path::new(&text(package, "manifest_path"))
                .parent()
                .map(Path::to_owned)
                .unwrap_or_default();
            let checksum = checksums.get(&(name.clone(), version.clone())).cloned();
            crates.push(Crate {
                licence: text(package, "license"),
                name,
                version,
                checksum,
                folder,
            });
        }
    }
    crates.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    if crates.is_empty() {
        Err(Failed("cargo names no crate of the widget".to_owned()))
    } else {
        Ok(crates)
    }
}

fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let field = |block: &str, name: &str| {
        block.lines().find_map(|line| {
            Some(
                line.strip_prefix(name)?
                    .strip_prefix(" = \"")?
                    .strip_suffix('"')?
                    .to_owned(),
            )
        })
    };
    let entry = |block: &str| {
        Some((
            (field(block, "name")?, field(block, "version")?),
            field(block, "checksum")?,
        ))
    };
    lock.split("[[package]]").filter_map(entry).collect()
}

/// Every licence's text once, under the crates that have it.
pub(super) fn notices(crates: &[Crate]) -> Done<String> {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut out = String::from(
        "What is compiled into the modules of nidan-flow besides its own code. The Rust standard library is in them too\n\
         (MIT OR Apache-2.0, The Rust Project Developers).\n\n",
    );
    for own in crates {
        let _always = writeln!(out, "{} {}: {}", own.name, own.version, own.licence);
        let mut files: Vec<_> = fs::read_dir(&own.folder)?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .collect();
        files.sort();
        for file in files.into_iter().filter(|file| is_licence(file)) {
            let text = String::from_utf8_lossy(&fs::read(&file)?)
                .replace("\r\n", "\n")
                .trim()
                .to_owned();
            texts
                .entry(text)
                .or_default()
                .push(format!("{} {}", own.name, own.version));
        }
    }
    for (text, of) in texts {
        let _always = write!(out, "\n{}\n{}\n\n{text}\n", "-".repeat(80), of.join(", "));
    }
    Ok(out)
}

fn is_licence(file: &Path) -> bool {
    let name = file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_uppercase();
    file.is_file() && LICENCE_FILES.iter().any(|begin| name.starts_with(begin))
}

/// CycloneDX 1.6. Without date and serial number: the same source has the same bill.
pub(super) fn bill(name: &str, version: &str, crates: &[Crate]) -> Value {
    let component = |own: &Crate| {
        let hashes = own
            .checksum
            .iter()
            .map(|content| json!({ "alg": "SHA-256", "content": content }));
        json!({
            "type": "library",
            "name": own.name,
            "version": own.version,
            "purl": format!("pkg:cargo/{}@{}", own.name, own.version),
            // The older way to write "or".
            "licenses": [{ "expression": own.licence.replace('/', " OR ") }],
            "hashes": hashes.collect::<Vec<_>>(),
        })
    };
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": { "type": "library", "name": name, "version": version, "purl": format!("pkg:npm/{name}@{version}") } },
        "components": crates.iter().map(component).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_read_by_name_and_version() {
        let lock = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nchecksum = \"c1\"\n\n[[package]]\nname = \"own\"\nversion = \"0.1.0\"\n";
        let found = checksums(lock);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found
                .get(&("a".to_owned(), "1.0.0".to_owned()))
                .map(String::as_str),
            Some("c1")
        );
    }

    #[test]
    fn the_bill_names_a_crate_with_its_licence_and_hash() {
        let own = Crate {
            name: "a".to_owned(),
            version: "1.0.0".to_owned(),
            licence: "MIT/Apache-2.0".to_owned(),
            checksum: Some("c1".to_owned()),
            folder: PathBuf::new(),
        };
        let bill = bill("nidan-flow", "0.1.0", &[own]);
        assert_eq!(
            bill["components"][0]["licenses"][0]["expression"],
            "MIT OR Apache-2.0"
        );
        assert_eq!(bill["components"][0]["purl"], "pkg:cargo/a@1.0.0");
        assert_eq!(bill["components"][0]["hashes"][0]["content"], "c1");
    }
}
