//! The progress display of texts that are encoded: a bar where stderr is a terminal.

use std::io::IsTerminal as _;

use evenhand::metrics::EncodingProgress;
use evenhand::report::count;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::messages::{is_json, is_quiet, set_bar};

/// Shows how many pairs of texts are scored; nothing with `--quiet`. The bar is cleared when it is dropped.
#[derive(Debug)]
pub(super) struct EncodingDisplay {
    bar: Option<ProgressBar>,
}

impl EncodingDisplay {
    /// Returns a display that shows nothing before the first progress.
    pub(super) fn new() -> Self {
        let has_bar = std::io::stderr().is_terminal() && !is_quiet() && !is_json();
        let bar = has_bar.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template(" encoding {bar:10} {msg}  {eta} left");
            match style {
                Ok(style) => bar.with_style(style.progress_chars("━╸─")),
                Err(_) => bar,
            }
        });
        Self { bar }
    }

    /// Returns what reports to this display.
    pub(super) fn progress(&self) -> EncodingProgress {
        let Some(bar) = self.bar.clone() else { return EncodingProgress::default() };
        set_bar(Some(bar.clone()));
        EncodingProgress::new(move |scored, pairs| {
            bar.set_message(format!("{}/{} pairs", count(scored), count(pairs)));
            bar.set_length(pairs);
            bar.set_position(scored);
        })
    }
}

impl Drop for EncodingDisplay {
    fn drop(&mut self) {
        set_bar(None);
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
