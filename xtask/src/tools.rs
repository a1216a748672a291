//! Finds what is on PATH in a fitting version, and installs the rest into a user-level cache
//! folder, so that a second clone finds it there.

mod npm;
pub(crate) mod pip;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::run::{Done, Failed, command, output, root, run, step};

const TRUNK: Crate = Crate {
    name: "trunk",
    program: "trunk",
    version: "0.21.14",
    // Without TLS and update checks: it only builds and serves here.
    arguments: &["--locked", "--no-default-features"],
};
const CARGO_DENY: Crate = Crate {
    name: "cargo-deny",
    program: "cargo-deny",
    version: "0.20.2",
    arguments: &["--locked"],
};
/// Drives Firefox in the tests that run inside of a page.
const GECKODRIVER: Crate = Crate {
    name: "geckodriver",
    program: "geckodriver",
    version: "0.37.1",
    arguments: &["--locked"],
};
const WASM_BINDGEN: &str = "wasm-bindgen-cli";
/// What Trunk.toml and `tools/postlink/package.json` name too.
const WASM_OPT_VERSION: &str = "version 132";
/// Shortens the scripts of a release; `tools/postlink/package.json` names it too.
const TERSER: &str = "5.51.2";

/// Lets a stable compiler take what is still unstable, as the Linux kernel's build does.
const UNSTABLE: &str = "RUSTC_BOOTSTRAP";
/// How a release of the widget is compiled, besides what `.cargo/config.toml` says.
const REBUILT: [(&str, &str); 4] = [
    (UNSTABLE, "1"),
    ("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort"),
    ("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size"),
    (
        "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
        "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=none",
    ),
];

/// Debian packages for `test`: program and package.
const TEST_PROGRAMS: [(&str, &str); 8] = [
    ("chromium", "chromium"),
    ("chromium-headless-shell", "chromium-headless-shell"),
    ("chromedriver", "chromium-driver"),
    ("firefox-esr", "firefox-esr"),
    ("WebKitWebDriver", "webkit2gtk-driver"),
    ("xvfb-run", "xvfb"),
    ("zbarimg", "zbar-tools"),
    ("oathtool", "oathtool"),
];

/// A program that cargo installs.
struct Crate {
    name: &'static str,
    program: &'static str,
    version: &'static str,
    arguments: &'static [&'static str],
}

/// PATH with everything found and installed in front.
pub(crate) struct Tools {
    pub(crate) path: OsString,
}

impl Tools {
    fn begin() -> Self {
        Self {
            path: std::env::var_os("PATH").unwrap_or_default(),
        }
    }

    /// What building and serving the widget needs.
    pub(crate) fn for_widget() -> Done<Self> {
        step("tools for the widget", || {
            let mut tools = Self::begin();
            tools.wasm_target()?;
            tools.standard_library()?;
            tools.need("node", "install Node.js 20 or newer")?;
            tools.build_programs()?;
            tools.crate_program(&TRUNK)?;
            tools.wasm_bindgen()?;
            Ok(tools)
        })
    }

    /// What types and lints of the scripts need.
    pub(crate) fn for_scripts() -> Done<Self> {
        let tools = Self::begin();
        tools.need("node", "install Node.js 20 or newer")?;
        tools.node_modules(&["tests/browser"])?;
        Ok(tools)
    }

    /// What the checks need besides.
    pub(crate) fn for_tests() -> Done<Self> {
        let mut tools = Self::for_widget()?;
        step("tools for the tests", || {
            tools.debian_programs(&TEST_PROGRAMS)?;
            tools.crate_program(&CARGO_DENY)?;
            tools.crate_program(&GECKODRIVER)?;
            // cargo-deny looks at the crates of all platforms, also those that no build here
            // fetches.
            run(command(
                "cargo",
                &["fetch", "--locked", "--quiet"],
                &tools.path,
            ))?;
            tools.node_modules(&[
                "tests/browser",
                "crates/server/tests/peers",
                "examples/node",
                "examples/web",
            ])
        })?;
        Ok(tools)
    }

    /// What screenshots of Japanese text and of flags need besides.
    pub(crate) fn for_screens() -> Done<Self> {
        let tools = Self::for_tests()?;
        let fonts = [
            (":lang=ja", "fonts-noto-cjk"),
            (":lang=ar", "fonts-noto-core"),
            (":charset=1f1ef", "fonts-noto-color-emoji"),
        ];
        for (pattern, package) in fonts {
            let has_font = command("fc-list", &[pattern], &tools.path).output();
            if !has_font.is_ok_and(|fonts| !fonts.stdout.is_empty()) {
                step(package, || apt_get(&[package], &tools.path))?;
            }
        }
        Ok(tools)
    }

    fn wasm_target(&self) -> Done {
        let target = "wasm32-unknown-unknown";
        let installed = command("rustup", &["target", "list", "--installed"], &self.path).output();
        if installed.is_ok_and(|list| String::from_utf8_lossy(&list.stdout).contains(target)) {
            return Ok(());
        }
        step(target, || {
            run(command("rustup", &["target", "add", target], &self.path))
        })
    }

    /// The source of the standard library, which releases of the widget build anew, and the crates
    /// that it needs.
    fn standard_library(&self) -> Done {
        let asked = command("rustc", &["--print", "sysroot"], &self.path);
        let library = Path::new(output(asked)?.trim()).join("lib/rustlib/src/rust/library");
        if !library.join("Cargo.lock").is_file() {
            step("rust-src", || {
                let words = ["component", "add", "rust-src"];
                run(command("rustup", &words, &self.path))
            })?;
        }
        let manifest = library.join("Cargo.toml").to_string_lossy().into_owned();
        let words = ["fetch", "--quiet", "--locked", "--manifest-path", &manifest];
        let mut fetch = command("cargo", &words, &self.path);
        fetch.env(UNSTABLE, "1");
        run(fetch)
    }

    /// trunk. A release of the widget rebuilds the standard library for size and without words for
    /// panics (docs/decisions/0022-a-rebuilt-standard-library.md).
    pub(crate) fn trunk(&self, words: &[&str]) -> Command {
        let mut trunk = command("trunk", words, &self.path);
        if words.contains(&"--release") {
            trunk.envs(REBUILT);
        }
        trunk
    }

    /// The command line must be of the very version of the library.
    fn wasm_bindgen(&mut self) -> Done {
        let lock = std::fs::read_to_string(root().join("Cargo.lock"))?;
        let version = locked_version(&lock, "wasm-bindgen")
            .ok_or_else(|| Failed("Cargo.lock names no wasm-bindgen".to_owned()))?;
        // Not locked: its lock file may name versions that a registry no longer has.
        self.crate_of_version(WASM_BINDGEN, "wasm-bindgen", &version, &[])
    }

    fn crate_program(&mut self, wanted: &Crate) -> Done {
        self.crate_of_version(
            wanted.name,
            wanted.program,
            wanted.version,
            wanted.arguments,
        )
    }

    fn crate_of_version(
        &mut self,
        name: &str,
        program: &str,
        version: &str,
        arguments: &[&str],
    ) -> Done {
        let folder = cache()?.join(format!("{name}-{version}"));
        let programs = folder.join("bin");
        if self.says(program, version) || self.take(&programs, program, version) {
            return Ok(());
        }
        let place = folder.to_string_lossy().into_owned();
        if command("cargo", &["binstall", "-V"], &self.path)
            .output()
            .is_ok_and(|output| output.status.success())
        {
            let wanted = format!("{name}@{version}");
            let words = [
                "binstall",
                "--no-confirm",
                "--disable-telemetry",
                "--root",
                &place,
                &wanted,
            ];
            let fetched = step(&format!("{name} {version} (cargo binstall)"), || {
                run(command("cargo", &words, &self.path))
            });
            if fetched.is_ok() && self.take(&programs, program, version) {
                return Ok(());
            }
        }
        step(
            &format!("{name} {version} (cargo install; once, some minutes)"),
            || {
                let words = [
                    &[
                        "install",
                        "--quiet",
                        name,
                        "--version",
                        version,
                        "--root",
                        &place,
                    ],
                    arguments,
                ]
                .concat();
                let mut install = command("cargo", &words, &self.path);
                // These run for a moment each: built fast, not for speed, and outside this
                // project's own target folder. Unoptimized they are built in half of the time.
                install
                    .env("CARGO_TARGET_DIR", cache()?.join("build"))
                    .env("CARGO_PROFILE_RELEASE_LTO", "false");
                install
                    .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
                    .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
                install
                    .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
                    .current_dir(cache()?);
                run(install)
            },
        )?;
        self.took(&programs, program, version)
    }

    fn debian_programs(&self, wanted: &[(&str, &str)]) -> Done {
        let missing: Vec<&str> = wanted
            .iter()
            .filter(|(program, _)| !self.has(program))
            .map(|(_, package)| *package)
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        step(&format!("apt-get install {}", missing.join(" ")), || {
            apt_get(&missing, &self.path)
        })
    }

    fn need(&self, program: &str, advice: &str) -> Done {
        if self.has(program) {
            Ok(())
        } else {
            Err(Failed(format!("{program} is missing: {advice}.")))
        }
    }

    fn has(&self, program: &str) -> bool {
        std::env::split_paths(&self.path).any(|folder| folder.join(program).is_file())
    }

    /// Whether `program --version` on PATH tells this version.
    fn says(&self, program: &str, version: &str) -> bool {
        let mut ask = command(program, &["--version"], &self.path);
        ask.stderr(Stdio::null());
        ask.output().is_ok_and(|output| {
            String::from_utf8_lossy(&output.stdout)
                .split_once(version)
                .is_some_and(|(_, rest)| {
                    // 0.21.1 is not 0.21.14.
                    !rest.starts_with(|next: char| next.is_ascii_digit() || next == '.')
                })
        })
    }

    /// Puts a folder in front of PATH when it has the program in this version.
    fn take(&mut self, folder: &Path, program: &str, version: &str) -> bool {
        if !folder.join(program).exists() {
            return false;
        }
        let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&self.path));
        let Ok(path) = std::env::join_paths(folders) else {
            return false;
        };
        let before = std::mem::replace(&mut self.path, path);
        let fits = self.says(program, version);
        if !fits {
            self.path = before;
        }
        fits
    }

    fn took(&mut self, folder: &Path, program: &str, version: &str) -> Done {
        if self.take(folder, program, version) {
            Ok(())
        } else {
            Err(Failed(format!(
                "{program} was installed into {} but does not say {version}",
                folder.display()
            )))
        }
    }
}

fn apt_get(packages: &[&str], path: &OsString) -> Done {
    let list = packages.join(" ");
    let advice = Failed(format!(
        "Please install these Debian packages (or what your system calls them): {list}"
    ));
    let is_root = command("id", &["-u"], path)
        .output()
        .is_ok_and(|id| id.stdout == b"0\n");
    let has_apt = Command::new("apt-get").arg("--version").output().is_ok();
    let may_sudo = || {
        command("sudo", &["-n", "true"], path)
            .output()
            .is_ok_and(|tried| tried.status.success())
    };
    let prefix: &[&str] = match (has_apt, is_root) {
        (true, true) => &[],
        (true, false) if may_sudo() => &["sudo", "-n"],
        _ => return Err(advice),
    };
    let apt = |words: &[&str]| {
        let all = [prefix, &["apt-get", "-qq"], words].concat();
        let (program, rest) = all.split_first().ok_or_else(|| Failed(String::new()))?;
        let mut command = command(program, rest, path);
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null());
        run(command)
    };
    let install = [&["install", "-y", "--no-install-recommends"], packages].concat();
    apt(&["update"])
        .and_then(|()| apt(&install))
        .map_err(|Failed(reason)| Failed(format!("{reason}. {}", advice.0)))
}

/// `$XDG_CACHE_HOME/nidan/tools`, by the XDG Base Directory Specification.
pub(crate) fn cache() -> Done<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let base =
        base.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
    let folder = base
        .ok_or_else(|| Failed("set HOME or XDG_CACHE_HOME".to_owned()))?
        .join("nidan/tools");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn locked_version(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    let version = lines
        .nth(1)?
        .strip_prefix("version = \"")?
        .strip_suffix('"')?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_of_the_very_package() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(
            locked_version(lock, "wasm-bindgen").as_deref(),
            Some("0.2.130")
        );
        assert_eq!(locked_version(lock, "other"), None);
    }
}
