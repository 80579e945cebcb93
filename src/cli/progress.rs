//! Progress on stderr: a bar on a terminal, one line per 10 % elsewhere.

use std::io::IsTerminal as _;
use std::time::Duration;

use evenhand::report::{count, seconds, usd};
use evenhand::run::{Snapshot, Tally};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::Instant;

use super::say;

const INTERVAL: Duration = Duration::from_millis(100);
/// A shorter wait is nothing to speak of.
const NOTICED: Duration = Duration::from_secs(3);

/// Shows how far a command is.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    began: Instant,
    tenth: u64,
    /// The end of the last wait that was told of.
    told: Option<Instant>,
}

impl Progress {
    /// Begins; a bar where stderr is a terminal.
    pub(crate) fn new(total: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template(" judging {bar:10} {wide_msg}") {
                bar.set_style(style.progress_chars("━╸─"));
            }
            bar
        });
        Self { bar, began: Instant::now(), tenth: 0, told: None }
    }

    /// Looks at the counts again and again; never ends by itself.
    pub(crate) async fn watch(&mut self, tally: &Tally) {
        let mut ticks = tokio::time::interval(INTERVAL);
        loop {
            ticks.tick().await;
            self.show(&tally.snapshot());
            self.tell_of_a_wait(tally);
        }
    }

    /// Shows the last state and clears the bar.
    pub(crate) fn finish(&mut self, tally: &Tally) {
        self.show(&tally.snapshot());
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Returns what prints a line above the bar.
    pub(crate) fn speaker(&self) -> impl Fn(&str) + use<> {
        let bar = self.bar.clone();
        move |line| match &bar {
            Some(bar) => bar.suspend(|| say(format_args!("{line}"))),
            None => say(format_args!("{line}")),
        }
    }

    /// Says why nothing happens, once for each wait that a person would notice.
    fn tell_of_a_wait(&mut self, tally: &Tally) {
        let Some((until, why)) = tally.waiting() else { return };
        let left = until - Instant::now();
        if left >= NOTICED && self.told.is_none_or(|told| told < until - NOTICED) {
            self.told = Some(until);
            self.speaker()(&format!("waiting {}: {why}", seconds(left.as_secs_f64())));
        }
    }

    fn show(&mut self, now: &Snapshot) {
        let line = describe(now, self.began.elapsed().as_secs_f64());
        if let Some(bar) = &self.bar {
            bar.set_length(now.total);
            bar.set_position(now.done);
            bar.set_message(line);
        } else if let Some(tenth) = (now.done * 10).checked_div(now.total)
            && tenth > self.tenth
        {
            self.tenth = tenth;
            say(format_args!("judging {:>3} %  {line}", tenth * 10));
        }
    }
}

/// `1,204/2,000  kept 71 %  flipped 22 %  $0.42  13 s left  61/s  64 in flight`: what a narrow terminal
/// cuts off matters least.
fn describe(now: &Snapshot, elapsed: f64) -> String {
    let mut parts = vec![format!("{}/{}", count(now.done), count(now.total))];
    let rate = if elapsed > 0.0 { now.done as f64 / elapsed } else { 0.0 };
    if now.done > 0 {
        let share = |part: u64| 100.0 * part as f64 / now.done as f64;
        parts.push(format!("kept {:.0} %", share(now.kept)));
        parts.push(format!("flipped {:.0} %", share(now.flipped)));
    }
    if now.cost > 0.0 {
        parts.push(usd(now.cost));
    }
    if rate > 0.0 && now.total > now.done {
        parts.push(format!("{} left", seconds((now.total - now.done) as f64 / rate)));
    }
    if rate > 0.0 {
        parts.push(format!("{rate:.*}/s", usize::from(rate < 9.95)));
    }
    if now.in_flight > 0 {
        parts.push(format!("{} in flight", count(now.in_flight)));
    }
    parts.join("  ")
}
