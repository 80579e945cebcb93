//! The progress display on stderr: a bar on a terminal, one line per 10 % elsewhere.

use std::io::IsTerminal as _;
use std::time::Duration;

use evenhand::report::{count, seconds, usd};
use evenhand::run::{Progress, ProgressSnapshot};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::Instant;

use super::print_error_line;

const INTERVAL: Duration = Duration::from_millis(100);
/// Shorter waits are not reported.
const SHORTEST_REPORTED_WAIT: Duration = Duration::from_secs(3);

/// Shows the progress of a command.
#[derive(Debug)]
pub(crate) struct ProgressDisplay {
    bar: Option<ProgressBar>,
    began: Instant,
    /// The last tenth that was printed.
    tenth: u64,
    /// The end of the last wait that was printed.
    printed_wait: Option<Instant>,
}

impl ProgressDisplay {
    /// Starts the display: a bar where stderr is a terminal.
    pub(crate) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template(" judging {bar:10} {wide_msg}") {
                bar.set_style(style.progress_chars("━╸─"));
            }
            bar
        });
        Self { bar, began: Instant::now(), tenth: 0, printed_wait: None }
    }

    /// Shows the counts again and again; never ends by itself.
    pub(crate) async fn watch(&mut self, progress: &Progress) {
        let mut ticks = tokio::time::interval(INTERVAL);
        loop {
            ticks.tick().await;
            self.show(&progress.snapshot());
            self.print_wait(progress);
        }
    }

    /// Shows the last counts and clears the bar.
    pub(crate) fn finish(&mut self, progress: &Progress) {
        self.show(&progress.snapshot());
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Returns a function that prints a line above the bar.
    pub(crate) fn line_printer(&self) -> impl Fn(&str) + use<> {
        let bar = self.bar.clone();
        move |line| match &bar {
            Some(bar) => bar.suspend(|| print_error_line(format_args!("{line}"))),
            None => print_error_line(format_args!("{line}")),
        }
    }

    /// Prints why no request is sent, once for each longer wait.
    fn print_wait(&mut self, progress: &Progress) {
        let Some((until, reason)) = progress.wait() else { return };
        let remaining = until - Instant::now();
        if remaining >= SHORTEST_REPORTED_WAIT
            && self.printed_wait.is_none_or(|printed| printed < until - SHORTEST_REPORTED_WAIT)
        {
            self.printed_wait = Some(until);
            let wait = seconds(remaining.as_secs_f64());
            self.line_printer()(&format!("waiting {wait}: {reason}"));
        }
    }

    fn show(&mut self, now: &ProgressSnapshot) {
        let line = describe(now, self.began.elapsed().as_secs_f64());
        if let Some(bar) = &self.bar {
            bar.set_length(now.planned);
            bar.set_position(now.done);
            bar.set_message(line);
        } else if let Some(tenth) = (now.done * 10).checked_div(now.planned)
            && tenth > self.tenth
        {
            self.tenth = tenth;
            print_error_line(format_args!("judging {:>3} %  {line}", tenth * 10));
        }
    }
}

/// Returns `1,204/2,000  kept 71 %  flipped 22 %  $0.42  13 s left  61/s  64 in flight`. A narrow terminal cuts
/// off the end, so the least important comes last.
fn describe(now: &ProgressSnapshot, elapsed: f64) -> String {
    let mut parts = vec![format!("{}/{}", count(now.done), count(now.planned))];
    let rate = if elapsed > 0.0 { now.done as f64 / elapsed } else { 0.0 };
    if now.done > 0 {
        let share = |part: u64| 100.0 * part as f64 / now.done as f64;
        parts.push(format!("kept {:.0} %", share(now.kept)));
        parts.push(format!("flipped {:.0} %", share(now.flipped)));
    }
    if now.cost > 0.0 {
        parts.push(usd(now.cost));
    }
    if rate > 0.0 && now.planned > now.done {
        parts.push(format!("{} left", seconds((now.planned - now.done) as f64 / rate)));
    }
    if rate > 0.0 {
        parts.push(format!("{rate:.*}/s", usize::from(rate < 9.95)));
    }
    if now.in_flight > 0 {
        parts.push(format!("{} in flight", count(now.in_flight)));
    }
    parts.join("  ")
}
