//! Progress on stderr: a bar on a terminal, one line per 10 % elsewhere.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::time::Duration;

use evenhand::report::{count, seconds, usd};
use evenhand::run::{Snapshot, Tally};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::Instant;

const INTERVAL: Duration = Duration::from_millis(100);

/// Shows how far a command is.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    began: Instant,
    tenth: u64,
}

impl Progress {
    /// Begins; a bar where stderr is a terminal.
    pub(crate) fn new(total: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template(" judging {bar:24} {msg}") {
                bar.set_style(style.progress_chars("━╸─"));
            }
            bar
        });
        Self { bar, began: Instant::now(), tenth: 0 }
    }

    /// Looks at the counts again and again; never ends by itself.
    pub(crate) async fn watch(&mut self, tally: &Tally) {
        let mut ticks = tokio::time::interval(INTERVAL);
        loop {
            ticks.tick().await;
            self.show(&tally.snapshot());
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
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
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
            eprintln!("judging {:>3} %  {line}", tenth * 10);
        }
    }
}

/// `1,204/2,000  61/s  64 in flight  kept 71 %  flipped 22 %  $0.42  13 s left`
fn describe(now: &Snapshot, elapsed: f64) -> String {
    let mut line = format!("{}/{}", count(now.done), count(now.total));
    let mut add = |part: std::fmt::Arguments<'_>| {
        let _infallible = write!(line, "  {part}");
    };
    let rate = if elapsed > 0.0 { now.done as f64 / elapsed } else { 0.0 };
    if rate > 0.0 {
        add(format_args!("{rate:.*}/s", usize::from(rate < 9.95)));
    }
    if now.in_flight > 0 {
        add(format_args!("{} in flight", count(now.in_flight)));
    }
    if now.done > 0 {
        let share = |part: u64| 100.0 * part as f64 / now.done as f64;
        add(format_args!("kept {:.0} %  flipped {:.0} %", share(now.kept), share(now.flipped)));
    }
    if now.cost > 0.0 {
        add(format_args!("{}", usd(now.cost)));
    }
    if rate > 0.0 && now.total > now.done {
        add(format_args!("{} left", seconds((now.total - now.done) as f64 / rate)));
    }
    line
}
