//! A sign of life from work that has no counts to show: planning, reading replies, intervals, programs of metrics.

use std::io::IsTerminal as _;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use evenhand::report::seconds;

use super::messages::{is_quiet, print_note};
use super::progress::LONGEST_SILENCE;

/// Prints a line every 30 seconds until it is dropped, where stderr is not a terminal.
#[derive(Debug)]
pub(super) struct Heartbeat {
    // Dropped before the thread is waited for, which ends it.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Heartbeat {
    /// Starts to say that the program is still busy with `work`.
    pub(super) fn start(work: &'static str) -> Self {
        if is_quiet() || std::io::stderr().is_terminal() {
            return Self { stop: None, thread: None };
        }
        let (stop, stopped) = channel();
        let wait = move || stopped.recv_timeout(LONGEST_SILENCE) == Err(RecvTimeoutError::Timeout);
        let beating = move || beat(work, wait, |line| print_note(format_args!("{line}")));
        // Without another thread the work goes on in silence.
        let thread = std::thread::Builder::new().name("heartbeat".to_owned()).spawn(beating).ok();
        Self { stop: Some(stop), thread }
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join().is_err();
        }
    }
}

/// Prints a line after each wait, until `wait` says that the work has ended.
fn beat(work: &str, mut wait: impl FnMut() -> bool, mut print: impl FnMut(&str)) {
    let mut elapsed = Duration::ZERO;
    while wait() {
        elapsed += LONGEST_SILENCE;
        print(&format!("{work}: {} so far", seconds(elapsed.as_secs_f64())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_follows_each_wait_until_the_work_ends() {
        let mut waits = [true, true, true, false].into_iter();
        let mut lines = Vec::new();
        beat("planning", || waits.next().unwrap(), |line| lines.push(line.to_owned()));
        let expected = [
            "planning: 30.0 s so far",
            "planning: 1 min 00 s so far",
            "planning: 1 min 30 s so far",
        ];
        assert_eq!(lines, expected);
    }
}
