//! The process of the browser: how it is started, and that it ends.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// Without a sandbox it also runs as root; everything that would use the network by itself is off.
const FLAGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
];

/// A running browser with a profile of its own.
pub(super) struct Process {
    child: Child,
    address: String,
    _profile: tempfile::TempDir,
}

impl Process {
    /// Starts the browser and waits until it can be connected to.
    pub(super) fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new("chromium")
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("chromium is installed: .ci/chromium");
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut before = Vec::new();
        let address = loop {
            let Some(line) = said.next() else {
                panic!("chromium ended: {}", before.join("\n"));
            };
            let line = line.unwrap();
            match line.strip_prefix("DevTools listening on ") {
                Some(address) => break address.to_owned(),
                None => before.push(line),
            }
        };
        // The browser would stop at a full pipe.
        std::thread::spawn(move || said.count());
        Self { child, address, _profile: profile }
    }

    /// The address of its WebSocket.
    pub(super) fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Its own processes end with it.
        let _may_have_ended = self.child.kill();
        let _may_have_ended = self.child.wait();
    }
}
