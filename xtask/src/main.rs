//! Everything that a person or CI runs. Each step says what it does and how long it took.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks to its terminal"
)]

mod bench;
mod book;
mod conformance;
mod demo;
mod dist;
mod figures;
mod hosts;
mod languages;
mod passkeys;
mod phones;
mod qr;
mod regions;
mod run;
mod screens;
mod stack;
mod test;
mod tidy;
mod tools;

use std::process::ExitCode;

use run::Failed;
use tools::Tools;

const USAGE: &str = "\
cargo xtask demo [--dev]   start the service, the demo shop and the page; print one URL; Ctrl-C ends all
cargo xtask check          format, lints, house rules and the tests beside the code: before each commit
cargo xtask test [...]     every check that CI runs, or parts of it: native, hosts, browser, package; --full: all sizes
cargo xtask bench          sizes and times of the widget, measured again
cargo xtask dist [--check] the folder and the npm package that hosts embed; twice and compared, and installed
cargo xtask book           the documentation's reference and the lists of languages, from the code; the book
cargo xtask screens        pictures of all screens into target/screens/
cargo xtask matrix         every state × language × theme × colours × tree under axe; some minutes
cargo xtask walk [...]     presses every button at random: [--seed N] [--walks N] [--steps N] [--jobs N] [--trace]
cargo xtask phones         the service's phone numbers against the reference, and ten million inputs
cargo xtask qr             QR codes of random and of the longest names, read by three decoders
cargo xtask hosts          the example hosts under the conformance kit
cargo xtask conformance    attack a host's login: --host URL, and more (without, it tells)
cargo xtask regions        the widget's table of phone regions, made again from the service's metadata
cargo xtask figures [REV]  lengths of functions and files, comments, repeats; of an earlier revision beside it
cargo xtask tidy           what a machine can see of the house rules";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["demo"] => demo::demo(stack::Build::Release),
        ["demo", "--dev"] => demo::demo(stack::Build::Dev),
        ["check"] => test::check(),
        ["test", words @ ..] => test::test(words),
        ["bench"] => bench::bench(),
        ["dist"] => dist::dist(),
        ["dist", "--check"] => dist::check(),
        ["book"] => book::book(false),
        ["screens"] => screens::screens(),
        ["matrix"] => screens::matrix(),
        ["walk", words @ ..] => screens::walk(words),
        ["phones"] => phones::phones(),
        ["qr"] => Tools::for_tests().and_then(|tools| qr::qr(&tools)),
        ["regions"] => regions::regions(false),
        ["figures"] => figures::figures(None),
        ["figures", revision] => figures::figures(Some(revision)),
        ["tidy"] => tidy::tidy(),
        ["hosts"] => hosts::all(),
        ["conformance", words @ ..] => conformance::conformance(words),
        _ => Err(Failed(USAGE.to_owned())),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed(reason)) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}
