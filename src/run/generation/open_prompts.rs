//! What is still to be asked of one system: the prompts of the plan without a response.

use std::sync::Arc;

use super::stored_responses::{Sample, SampleState};
use crate::error::Result;
use crate::run::outstanding::{PageToAsk, RetryScope, SubjectToAsk, TrialToAsk};
use crate::run::subject::{SubjectRenderer, TrialEnd};
use crate::store::{Attempt, GenerationFile, RowSet};
use crate::trial::{Order, Subject};

/// Which prompts are to be asked of one system.
#[derive(Debug)]
pub(super) struct PromptSelection {
    /// The prompts of the plan.
    pub(super) rows: Arc<RowSet>,
    pub(super) scope: RetryScope,
    /// The system's row.
    pub(super) system: i64,
    /// How often a reply that is no response is asked again.
    pub(super) max_retries: u32,
    /// How often each prompt is asked.
    pub(super) samples: u32,
    pub(super) renderer: SubjectRenderer,
}

/// Reads what is to be asked of one system, page by page.
#[derive(Debug)]
pub(super) struct OpenPrompts {
    file: GenerationFile,
    selection: PromptSelection,
    /// The row of the last prompt that was read.
    after: i64,
}

impl OpenPrompts {
    /// Returns a reader of the selected prompts.
    pub(super) fn new(file: GenerationFile, selection: PromptSelection) -> Self {
        Self { file, selection, after: 0 }
    }

    /// Returns the next page; `None` at the end.
    ///
    /// # Errors
    ///
    /// The run file cannot be read, or the template uses something that an item does not have.
    pub(super) fn next_page(&mut self) -> Result<Option<PageToAsk>> {
        let PromptSelection { rows, system, .. } = &self.selection;
        let Some((stored, attempts)) = self.file.page_after(self.after, rows, *system)? else {
            return Ok(None);
        };
        self.after = stored.last;
        let mut page = PageToAsk::default();
        for prompt in stored.pairs {
            // Both lists are sorted by prompt.
            let begins = attempts.partition_point(|attempt| attempt.key.comparison < prompt.row);
            let ends = attempts.partition_point(|attempt| attempt.key.comparison <= prompt.row);
            let subject = Subject::Prompt(Arc::new(self.file.decode_item(&prompt.json)?));
            let request = self.selection.renderer.render(&subject, Order::AFirst)?.digest;
            let open = self.selection.open(subject, prompt.row, &attempts[begins..ends], &request);
            page.has_readable |= open.ends[0].contains(&TrialEnd::Responded);
            if open.trials.is_empty() {
                page.answered += 1;
            } else {
                page.open.push(open);
            }
        }
        Ok(Some(page))
    }
}

impl PromptSelection {
    fn open(
        &self,
        subject: Subject,
        row: i64,
        attempts: &[Attempt],
        request: &[u8; 32],
    ) -> SubjectToAsk {
        let samples: Vec<Sample<'_>> =
            (0..self.samples).map(|number| Sample::read(attempts, number, request)).collect();
        let trials =
            (0..).zip(&samples).filter(|(_, sample)| sample.is_open(self.scope, self.max_retries));
        let trials = trials.map(|(repeat, sample)| TrialToAsk {
            order: Order::AFirst,
            repeat,
            last_attempt: sample.last_attempt,
            // What is retried on request gets all its attempts again.
            unreadable: if self.scope == RetryScope::Failed { 0 } else { sample.broken_off },
        });
        let trials = trials.collect();
        let ends = samples.iter().map(|sample| match sample.state {
            SampleState::Responded(..) => TrialEnd::Responded,
            SampleState::BrokenOff => TrialEnd::Unreadable,
            SampleState::Failed { .. } => TrialEnd::Failed,
            SampleState::Pending => TrialEnd::Pending,
        });
        SubjectToAsk { subject, row, ends: [ends.collect(), Vec::new()], trials }
    }
}
