//! How far the fetching of a model is, on stderr: a bar on a terminal, elsewhere a line for each tenth and at least
//! one every 30 seconds.

use std::io::IsTerminal as _;

use evenhand::models::PullEvent;
use evenhand::report::{bytes, seconds};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::Instant;

use super::super::messages::{is_json, is_quiet, print_note, print_warning, set_bar};
use super::super::progress::LONGEST_SILENCE;

/// Shows what happens while a model is fetched; warnings only, with `--quiet`.
pub(super) struct DownloadDisplay {
    model: String,
    bar: Option<ProgressBar>,
    lines: DownloadLines,
}

impl DownloadDisplay {
    /// Starts the display: a bar where stderr is a terminal.
    pub(super) fn new(model: &str) -> Self {
        let has_bar = std::io::stderr().is_terminal() && !is_quiet() && !is_json();
        let bar = has_bar.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let template = " {msg} {bar:20} {percent:>3} %  {binary_bytes}/{binary_total_bytes}  \
                            {binary_bytes_per_sec}  {eta} left";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("━╸─"));
            }
            bar.set_message(model.to_owned());
            bar
        });
        set_bar(bar.clone());
        Self { model: model.to_owned(), bar, lines: DownloadLines::new() }
    }

    /// Shows an event.
    pub(super) fn show(&mut self, event: &PullEvent<'_>) {
        match event {
            PullEvent::Progress { done, total } => self.progress(*done, *total),
            PullEvent::Source(source) => print_note(format_args!("fetching from {source}")),
            PullEvent::Resumes { file, at, size } => {
                let (at, size) = (bytes(*at), bytes(*size));
                print_note(format_args!("{file}: resuming after {at} of {size}"));
            }
            PullEvent::StartsAgain { file } => {
                print_note(format_args!("{file}: starting again, since it cannot be resumed"));
            }
            PullEvent::TriesAgain { reason, wait } => {
                let wait = seconds(wait.as_secs_f64());
                print_note(format_args!("trying again in {wait}: {reason}"));
            }
            PullEvent::SourceFailed(error) => print_warning(&error.to_string()),
            PullEvent::WaitsForOther => {
                print_note(format_args!(
                    "waiting for another process, which is fetching the model"
                ));
            }
            PullEvent::Damaged(damage) => print_warning(&format!(
                "the installed model is damaged and is fetched again: {damage}"
            )),
            _ => {}
        }
    }

    fn progress(&mut self, done: u64, total: u64) {
        if let Some(bar) = &self.bar {
            let is_first = bar.length().is_none();
            bar.set_length(total);
            bar.set_position(done);
            if is_first {
                // What was there before says nothing about the speed.
                bar.reset_eta();
            }
        } else if self.lines.is_due(done, total) {
            let percent = (done * 100).checked_div(total).unwrap_or(100);
            let (done, total) = (bytes(done), bytes(total));
            print_note(format_args!("{}  {percent:>3} %  {done} of {total}", self.model));
        }
    }

    /// Clears the bar.
    pub(super) fn finish(&self) {
        set_bar(None);
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Decides when the next line is due.
struct DownloadLines {
    /// The last tenth that was printed.
    tenth: u64,
    printed: Instant,
}

impl DownloadLines {
    fn new() -> Self {
        Self { tenth: 0, printed: Instant::now() }
    }

    /// Returns whether a line is due: at every tenth, and after [`LONGEST_SILENCE`].
    fn is_due(&mut self, done: u64, total: u64) -> bool {
        let tenth = (done * 10).checked_div(total).unwrap_or(10);
        if tenth <= self.tenth && self.printed.elapsed() < LONGEST_SILENCE {
            return false;
        }
        self.tenth = self.tenth.max(tenth);
        self.printed = Instant::now();
        true
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_line_is_due_at_every_tenth_and_after_30_seconds() {
        let mut lines = DownloadLines::new();
        let mut due = Vec::new();
        for second in 1..=70 {
            advance(std::time::Duration::from_secs(1)).await;
            if lines.is_due(if second < 5 { 99 } else { 100 }, 1_000) {
                due.push(second);
            }
        }
        assert_eq!(due, [5, 35, 65]);
    }
}
