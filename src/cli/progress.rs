//! The progress display on stderr: a bar on a terminal, elsewhere a line per 10 % and at least one every 30 seconds.

use std::io::IsTerminal as _;
use std::time::Duration;

use evenhand::report::{count, for_terminal, seconds, usd};
use evenhand::run::{Progress, ProgressSnapshot, StartingServer};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::Instant;

use super::messages::{is_json, is_quiet, print_note, set_bar};

const INTERVAL: Duration = Duration::from_millis(100);
/// The longest time without a line where there is no bar.
pub(super) const LONGEST_SILENCE: Duration = Duration::from_secs(30);
/// Shorter waits are not reported.
const SHORTEST_REPORTED_WAIT: Duration = Duration::from_secs(3);

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AskedFor {
    Verdicts,
    Grades,
    Responses,
}

impl AskedFor {
    /// Returns the word for what the program is doing.
    fn doing(self) -> &'static str {
        match self {
            Self::Verdicts => "judging",
            Self::Grades => "grading",
            Self::Responses => "generating",
        }
    }
}

/// Shows the progress of a command; nothing with `--quiet`.
#[derive(Debug)]
pub(crate) struct ProgressDisplay {
    asked_for: AskedFor,
    bar: Option<ProgressBar>,
    lines: ProgressLines,
    starts: StartLines,
    /// The end of the last wait that was printed.
    printed_wait: Option<Instant>,
}

impl ProgressDisplay {
    /// Starts the display: a bar where stderr is a terminal.
    pub(crate) fn new(asked_for: AskedFor) -> Self {
        let has_bar = std::io::stderr().is_terminal() && !is_quiet() && !is_json();
        let bar = has_bar.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let template = format!(" {} {{bar:10}} {{wide_msg}}", asked_for.doing());
            if let Ok(style) = ProgressStyle::with_template(&template) {
                bar.set_style(style.progress_chars("━╸─"));
            }
            bar
        });
        set_bar(bar.clone());
        let lines = ProgressLines::new(asked_for);
        Self { asked_for, bar, lines, starts: StartLines::default(), printed_wait: None }
    }

    /// Shows the counts again and again; never ends by itself.
    pub(crate) async fn watch(&mut self, progress: &Progress) {
        let mut ticks = tokio::time::interval(INTERVAL);
        loop {
            ticks.tick().await;
            let (now, starting) = (progress.snapshot(), progress.starting());
            if now.requests == 0 && !starting.is_empty() {
                // The time that servers take to start says nothing about the time that is left.
                self.lines.restart();
            }
            self.print_starts(&starting);
            if starting.is_empty() || now.requests > 0 {
                self.show(&now);
            }
            self.print_wait(progress);
        }
    }

    /// Shows the last counts and clears the bar.
    pub(crate) fn finish(&mut self, progress: &Progress) {
        self.show(&progress.snapshot());
        set_bar(None);
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Shows the servers that are being started: in the bar while nothing else is going on, and as lines where there is
    /// no bar.
    fn print_starts(&mut self, starting: &[StartingServer]) {
        match (&self.bar, starting) {
            (Some(bar), [first, ..]) => {
                let elapsed = seconds(first.began.elapsed().as_secs_f64());
                let shown = format!("starting {}: {}  {elapsed}", first.judge, first.command);
                bar.set_message(for_terminal(&shown, false).into_owned());
            }
            (None, starting) => {
                for line in self.starts.next_lines(starting) {
                    print_note(format_args!("{}", for_terminal(&line, false)));
                }
            }
            (Some(_), []) => {}
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
            print_note(format_args!("waiting {wait}: {reason}"));
        }
    }

    fn show(&mut self, now: &ProgressSnapshot) {
        if let Some(bar) = &self.bar {
            bar.set_length(now.planned);
            bar.set_position(now.done);
            bar.set_message(describe(self.asked_for, now, self.lines.elapsed()));
        } else if let Some(line) = self.lines.next_line(now) {
            print_note(format_args!("{line}"));
        }
    }
}

/// Decides when the next line about each server that is being started is due.
#[derive(Debug, Default)]
struct StartLines {
    /// The judges whose server is being started, with the time of the last line.
    printed: Vec<(String, Instant)>,
}

impl StartLines {
    /// Returns the lines to print now: one for each new server, and one for each that is still being started after
    /// [`LONGEST_SILENCE`].
    fn next_lines(&mut self, starting: &[StartingServer]) -> Vec<String> {
        self.printed.retain(|(judge, _)| starting.iter().any(|one| one.judge == *judge));
        let mut lines = Vec::new();
        for StartingServer { judge, command, began, .. } in starting {
            match self.printed.iter_mut().find(|(printed, _)| printed == judge) {
                None => {
                    self.printed.push((judge.clone(), Instant::now()));
                    lines.push(format!("starting {judge}: {command}"));
                }
                Some((_, printed)) if printed.elapsed() >= LONGEST_SILENCE => {
                    *printed = Instant::now();
                    let elapsed = seconds(began.elapsed().as_secs_f64());
                    lines.push(format!("starting {judge}: {elapsed} so far"));
                }
                Some(_) => {}
            }
        }
        lines
    }
}

/// Decides when the next line is due.
#[derive(Debug)]
struct ProgressLines {
    asked_for: AskedFor,
    began: Instant,
    /// The last tenth that was printed.
    tenth: u64,
    printed: Instant,
}

impl ProgressLines {
    fn new(asked_for: AskedFor) -> Self {
        let now = Instant::now();
        Self { asked_for, began: now, tenth: 0, printed: now }
    }

    /// Begins to count the time now.
    fn restart(&mut self) {
        *self = Self { tenth: self.tenth, ..Self::new(self.asked_for) };
    }

    fn elapsed(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// Returns the line to print now, if one is due: at every tenth of the plan, and after [`LONGEST_SILENCE`].
    fn next_line(&mut self, now: &ProgressSnapshot) -> Option<String> {
        let tenth = (now.done * 10).checked_div(now.planned).unwrap_or(0);
        if tenth <= self.tenth && self.printed.elapsed() < LONGEST_SILENCE {
            return None;
        }
        self.tenth = self.tenth.max(tenth);
        self.printed = Instant::now();
        let percent = (now.done * 100).checked_div(now.planned).unwrap_or(0);
        let doing = self.asked_for.doing();
        Some(format!("{doing} {percent:>3} %  {}", describe(self.asked_for, now, self.elapsed())))
    }
}

/// Returns `1,204/2,000  kept 71 %  flipped 22 %  3 failed  $0.42  13 s left  61/s  64 in flight`. A narrow terminal
/// cuts off the end, so the least important comes last.
fn describe(asked_for: AskedFor, now: &ProgressSnapshot, elapsed: f64) -> String {
    let mut parts = vec![format!("{}/{}", count(now.done), count(now.planned))];
    let rate = if elapsed > 0.0 { now.done as f64 / elapsed } else { 0.0 };
    if now.done > 0 && asked_for == AskedFor::Verdicts {
        let share = |part: u64| 100.0 * part as f64 / now.done as f64;
        parts.push(format!("kept {:.0} %", share(now.kept)));
        parts.push(format!("flipped {:.0} %", share(now.flipped)));
    }
    if now.failed > 0 {
        parts.push(format!("{} failed", count(now.failed)));
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

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn snapshot(done: u64, planned: u64) -> ProgressSnapshot {
        let mut now = ProgressSnapshot::default();
        (now.done, now.planned) = (done, planned);
        now
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_is_printed_at_least_every_30_seconds() {
        let mut lines = ProgressLines::new(AskedFor::Verdicts);
        let mut printed = Vec::new();
        for second in 1..=120 {
            advance(Duration::from_secs(1)).await;
            // One comparison a minute: far fewer than a tenth of the plan.
            if lines.next_line(&snapshot(second / 60, 1_000)).is_some() {
                printed.push(second);
            }
        }
        assert_eq!(printed, [30, 60, 90, 120]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_is_printed_at_each_tenth_of_the_plan_and_delays_the_next_one() {
        let mut lines = ProgressLines::new(AskedFor::Verdicts);
        let mut printed = Vec::new();
        for second in 1..=60 {
            advance(Duration::from_secs(1)).await;
            if lines.next_line(&snapshot(if second >= 20 { 10 } else { 0 }, 100)).is_some() {
                printed.push(second);
            }
        }
        assert_eq!(printed, [20, 50]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_says_how_far_the_run_is_how_fast_it_is_and_what_it_costs() {
        let mut lines = ProgressLines::new(AskedFor::Verdicts);
        advance(Duration::from_secs(40)).await;
        let mut now = snapshot(500, 2_000);
        (now.kept, now.flipped, now.failed) = (400, 75, 3);
        (now.cost, now.in_flight) = (0.42, 64);
        let line = lines.next_line(&now).unwrap();
        let expected = "judging  25 %  500/2,000  kept 80 %  flipped 15 %  3 failed  $0.42  2 min 00 s left  12/s  \
                        64 in flight";
        assert_eq!(line, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn a_plan_of_nothing_and_one_without_an_answer_have_lines_too() {
        let mut lines = ProgressLines::new(AskedFor::Verdicts);
        advance(LONGEST_SILENCE).await;
        assert_eq!(lines.next_line(&snapshot(0, 0)).unwrap(), "judging   0 %  0/0");
        advance(LONGEST_SILENCE).await;
        assert_eq!(lines.next_line(&snapshot(0, 50)).unwrap(), "judging   0 %  0/50");
    }
}
