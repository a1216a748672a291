//! `cargo xtask demo`: everything that a newcomer needs, and one URL.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::run::{Done, Failed, now, root, seconds};
use crate::stack::{Build, Stack};
use crate::tools::Tools;

/// Starts everything, prints one URL and waits for Ctrl-C.
pub(crate) fn demo(build: Build) -> Done {
    let started = now();
    let asked_to_stop = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&asked_to_stop);
    ctrlc::set_handler(move || stop.store(true, Ordering::Relaxed))
        .map_err(|error| Failed(error.to_string()))?;
    let tools = Tools::for_widget()?;
    let mut stack = Stack::start(&tools, build, &root().join(".nidan-demo"))?;
    println!(
        "\nReady after {}. Open this page:\n\n    {}\n",
        seconds(started.elapsed()),
        stack.first()?.url
    );
    println!("Create an account, choose two-step verification, scan the QR code with your phone");
    println!(
        "(no phone at hand? the page links a demo phone). Logs and data: .nidan-demo/. Ctrl-C ends everything."
    );
    while !asked_to_stop.load(Ordering::Relaxed) {
        if !stack.runs() {
            return Err(Failed(
                "one of the servers ended: see the logs in .nidan-demo/".to_owned(),
            ));
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    println!("\nEnding…");
    Ok(())
}

#[cfg(test)]
mod tests {
    use nidan_protocol::EventKind;

    /// A notice is a mail to somebody who may be afraid: each kind has words of its own in the shop's
    /// mailbox, in both of its languages.
    #[test]
    fn the_shop_has_words_for_every_notice() {
        let shop = include_str!("../../public/shop/shop.js");
        for kind in EventKind::ALL.into_iter().filter(|kind| kind.is_told()) {
            let named = [" ", kind.as_str(), ": '"].concat();
            assert_eq!(shop.matches(&named).count(), 2, "{}", kind.as_str());
        }
    }
}
