//! `cargo xtask dist`: the folder that a host serves, and the npm package, with what belongs to
//! both.
//!
//! The same source makes the same bytes: `--check` builds a second time, elsewhere and from
//! nothing, and compares.

mod inventory;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding};
use serde_json::json;
use sha2::{Digest, Sha384};

use crate::bench::{brotli, gzip};
use crate::run::{Done, Failed, command, output, root, run, step};
use crate::tools::Tools;

/// The npm package's name.
const PACKAGE: &str = "nidan-flow";
/// The files beside the built ones, from the folder `package`.
const WRITTEN: [&str; 4] = [
    "nidan-flow.d.ts",
    "mount.d.ts",
    "custom-elements.json",
    "README.md",
];
const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];
/// Smaller ones do not shrink by a packet.
const COMPRESSED_FROM_BYTES: usize = 256;

/// Builds the release's folder and package into `target/dist`.
pub(crate) fn dist() -> Done {
    let tools = Tools::for_widget()?;
    let into = root().join("target/dist");
    let (folder, package) = step("the release", || make(&tools, &into, None))?;
    println!("\n  {}\n  {}\n", folder.display(), package.display());
    Ok(())
}

/// The same twice, and the package in an empty project.
pub(crate) fn check() -> Done {
    let tools = Tools::for_tests()?;
    let (folder, package) = step("the release", || {
        make(&tools, &root().join("target/dist"), None)
    })?;
    let again = root().join("target/dist-again");
    let (second, second_package) = step("the release once more, from nothing", || {
        make(&tools, &again, Some(&again.join("target")))
    })?;
    step("both are the same", || {
        let (mut first, mut other) = (hashes(&folder)?, hashes(&second)?);
        first.insert("the package".to_owned(), sri(&fs::read(&package)?));
        other.insert("the package".to_owned(), sri(&fs::read(&second_package)?));
        let differ: Vec<_> = first
            .iter()
            .filter(|(name, hash)| other.get(*name) != Some(hash))
            .map(|(name, _)| name.as_str())
            .collect();
        println!("  {} files", first.len());
        if differ.is_empty() && first.len() == other.len() {
            return Ok(());
        }
        Err(Failed(format!("these differ: {}", differ.join(", "))))
    })?;
    installed(&tools, &package)
}

/// The release as a stranger gets it: of the page in this folder, which was built and tested just
/// now, or built for it.
pub(crate) fn fits(tools: &Tools, tested: Option<&Path>) -> Done {
    let into = root().join("target/dist");
    let (_folder, package) = match tested {
        Some(site) => pack(tools, &into, site)?,
        None => make(tools, &into, None)?,
    };
    installed(tools, &package)
}

/// The package in an empty project, which type-checks against it.
fn installed(tools: &Tools, package: &Path) -> Done {
    step(
        "an empty project installs the package and type-checks",
        || {
            let project = root().join("target/dist-project");
            if project.exists() {
                fs::remove_dir_all(&project)?;
            }
            fs::create_dir_all(&project)?;
            fs::write(
                project.join("package.json"),
                "{\"private\":true,\"type\":\"module\"}",
            )?;
            fs::copy(root().join("package/sample.ts"), project.join("sample.ts"))?;
            let package = package.to_string_lossy().into_owned();
            let mut install = command(
                "npm",
                &[
                    "install",
                    "--offline",
                    "--ignore-scripts",
                    "--no-audit",
                    "--no-fund",
                    &package,
                ],
                &tools.path,
            );
            install.current_dir(&project);
            output(install)?;
            let tsc = root()
                .join("tests/browser/node_modules/typescript/bin/tsc")
                .to_string_lossy()
                .into_owned();
            let words = [
                &tsc,
                "--noEmit",
                "--strict",
                "--module",
                "nodenext",
                "--target",
                "es2022",
                "--lib",
                "es2022,dom",
                "sample.ts",
            ];
            let mut check = command("node", &words, &tools.path);
            check.current_dir(&project);
            run(check)
        },
    )
}

/// Folder and package.
fn make(tools: &Tools, into: &Path, target: Option<&Path>) -> Done<(PathBuf, PathBuf)> {
    if let Some(stale) = target.filter(|stale| stale.exists()) {
        fs::remove_dir_all(stale)?;
    }
    let site = into.join("site");
    let site_text = site.to_string_lossy().into_owned();
    let mut build = tools.trunk(&["build", "--release", "--offline", "--dist", &site_text]);
    build.env("NIDAN_SAVINGS", "1");
    if let Some(target) = target {
        build.env("CARGO_TARGET_DIR", target);
    }
    output(build)?;
    pack(tools, into, &site)
}

/// The same of a page that is built.
fn pack(tools: &Tools, into: &Path, site: &Path) -> Done<(PathBuf, PathBuf)> {
    let version = env!("CARGO_PKG_VERSION");
    let folder = into.join(format!("{PACKAGE}-{version}"));
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    copy(&site.join("nidan"), &folder)?;
    let integrity = hashes(&folder)?;
    for name in WRITTEN {
        fs::copy(root().join("package").join(name), folder.join(name))?;
    }
    for name in LICENCES {
        fs::copy(root().join(name), folder.join(name))?;
    }
    let crates = inventory::crates(tools)?;
    fs::write(
        folder.join("THIRD-PARTY-NOTICES.txt"),
        inventory::notices(&crates)?,
    )?;
    fs::write(
        folder.join("sbom.cdx.json"),
        pretty(&inventory::bill(PACKAGE, version, &crates))?,
    )?;
    fs::write(folder.join("integrity.json"), pretty(&json!(integrity))?)?;
    fs::write(
        folder.join("package.json"),
        pretty(&manifest(version, integrity.keys()))?,
    )?;
    let mut pack = command(
        "npm",
        &[
            "pack",
            "--ignore-scripts",
            "--silent",
            "--pack-destination",
            "..",
        ],
        &tools.path,
    );
    pack.current_dir(&folder);
    let name = output(pack)?;
    // Beside the files, for servers that hand out what is compressed already; a package manager
    // compresses by itself.
    for file in integrity.keys() {
        let bytes = fs::read(folder.join(file))?;
        if bytes.len() >= COMPRESSED_FROM_BYTES {
            fs::write(folder.join(format!("{file}.br")), brotli(&bytes)?)?;
            fs::write(folder.join(format!("{file}.gz")), gzip(&bytes)?)?;
        }
    }
    Ok((folder, into.join(name.trim())))
}

fn manifest<'a>(version: &str, files: impl Iterator<Item = &'a String>) -> serde_json::Value {
    let built: Vec<_> = files
        .map(String::as_str)
        .chain(WRITTEN)
        .chain(["THIRD-PARTY-NOTICES.txt", "integrity.json", "sbom.cdx.json"])
        .collect();
    json!({
        "name": PACKAGE,
        "version": version,
        "description": "Two-step verification that any login page can embed: the element <nidan-flow>",
        "license": "MIT OR Apache-2.0",
        "type": "module",
        "main": "nidan-flow.js",
        "types": "nidan-flow.d.ts",
        "customElements": "custom-elements.json",
        "exports": {
            ".": { "types": "./nidan-flow.d.ts", "default": "./nidan-flow.js" },
            "./mount.js": { "types": "./mount.d.ts", "default": "./mount.js" },
            "./*": "./*",
        },
        "sideEffects": true,
        "files": built,
    })
}

fn pretty(value: &serde_json::Value) -> Done<String> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failed(error.to_string()))?;
    Ok(format!("{text}\n"))
}

fn copy(from: &Path, to: &Path) -> Done {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

/// The integrity (W3C Subresource Integrity) of every file of a folder, by its path in it.
fn hashes(folder: &Path) -> Done<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(place) = open.pop() {
        for entry in fs::read_dir(place)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path
                    .strip_prefix(folder)
                    .unwrap_or(&path)
                    .to_string_lossy()
                    .replace('\\', "/");
                found.insert(name, sri(&fs::read(&path)?));
            }
        }
    }
    Ok(found)
}

fn sri(bytes: &[u8]) -> String {
    format!("sha384-{}", Base64::encode_string(&Sha384::digest(bytes)))
}
