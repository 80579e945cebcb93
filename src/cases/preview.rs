//! A comparison as judges are asked about it, with what the judges of a run answered.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::Result;
use crate::input::{LoadedRubric, Message, changed_field};
use crate::prompt::Prompt;
use crate::run::likely_prompt_tokens;
use crate::store::{OrderRecord, RunFile, TrialRecord};
use crate::trial::{Comparison, Order};
use crate::verdict::Outcome;
use crate::vote::Vote;

/// One comparison as a judge is asked about it, in both orders.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Preview {
    /// The item's id.
    pub id: String,
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// What is asked in each order.
    pub orders: [PreviewedOrder; 2],
    /// The verdict of each judge of the run, by name; `None` without a run, or where the run has no such comparison.
    pub verdicts: Option<BTreeMap<String, PreviewedVerdict>>,
}

/// One order of a comparison.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct PreviewedOrder {
    /// The system whose response is shown first.
    pub first: String,
    /// The system whose response is shown second.
    pub second: String,
    /// What is sent.
    pub messages: Vec<PreviewedMessage>,
    /// The tokens of all messages, estimated.
    pub tokens_estimated: u64,
    /// What the judges of the run answered.
    pub answers: Vec<PreviewedAnswer>,
}

/// One message.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct PreviewedMessage {
    /// The speaker: `system` or `user`.
    pub role: String,
    /// The text.
    pub content: String,
    /// Its tokens, estimated.
    pub tokens_estimated: u64,
}

impl From<Message> for PreviewedMessage {
    fn from(message: Message) -> Self {
        let tokens_estimated = likely_prompt_tokens(std::slice::from_ref(&message));
        Self { role: message.role, content: message.content, tokens_estimated }
    }
}

/// One stored reply.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct PreviewedAnswer {
    /// The judge.
    pub judge: String,
    /// The number of the repeat, from 0.
    pub repeat: u32,
    /// The vote; `None` if the reply has no readable one.
    pub vote: Option<Vote>,
    /// The votes on criteria.
    pub criteria: BTreeMap<String, Vote>,
    /// Why there is no vote, or why there is no reply.
    pub reason: Option<String>,
    /// The reply; `None` if there is none.
    pub reply: Option<String>,
    /// The tokens of the prompt, as the server counted them.
    pub prompt_tokens: Option<u64>,
}

/// What a judge of the run decided.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct PreviewedVerdict {
    /// How the comparison ended.
    pub outcome: Outcome,
    /// The winner of a kept verdict: a system or `tie`.
    pub winner: Option<String>,
}

/// A run whose answers are shown beside what would be asked.
#[derive(Debug)]
pub struct PreviewedRun {
    run: RunFile,
    /// What keeps its replies from being answers to these messages.
    pub note: Option<String>,
}

impl PreviewedRun {
    /// Returns a run, to be read by a rubric if that makes the requests that were sent.
    pub fn new(mut run: RunFile, rubric: LoadedRubric) -> Self {
        let note = run.use_rubric(rubric).err().map(|_| {
            format!(
                "{} was asked with another prompt (rubric {} {}): its replies do not answer these messages, and are \
                 read by its own rubric",
                run.path().display(),
                run.rubric().name,
                run.rubric().version
            )
        });
        Self { run, note }
    }
}

impl Preview {
    /// Renders a comparison and reads what the judges of a run answered.
    ///
    /// # Errors
    ///
    /// The prompt cannot be rendered for the item, or the run cannot be read.
    pub fn of(
        prompt: &Prompt,
        comparison: &Comparison,
        run: Option<&mut PreviewedRun>,
    ) -> Result<Self> {
        let render = |order: Order| -> Result<PreviewedOrder> {
            let messages = prompt.render(comparison, order)?;
            Ok(PreviewedOrder {
                first: comparison.system(order.first()).to_owned(),
                second: comparison.system(order.first().other()).to_owned(),
                tokens_estimated: likely_prompt_tokens(&messages),
                messages: messages.into_iter().map(PreviewedMessage::from).collect(),
                answers: Vec::new(),
            })
        };
        let mut preview = Self {
            id: comparison.item.id.clone(),
            between: comparison.between.clone(),
            orders: [render(Order::AFirst)?, render(Order::BFirst)?],
            verdicts: None,
        };
        if let Some(run) = run {
            preview.add_answers(comparison, run)?;
        }
        Ok(preview)
    }

    fn add_answers(&mut self, comparison: &Comparison, previewed: &mut PreviewedRun) -> Result<()> {
        let run = &mut previewed.run;
        let judges: Vec<String> =
            run.judges().iter().map(|judge| judge.record.name.clone()).collect();
        let rows = run.rows_where(|stored| stored.id == comparison.item.id)?;
        if rows.is_empty() {
            return Ok(());
        }
        run.select(rows);
        let changed = run
            .item(&comparison.item.id)?
            .and_then(|stored| changed_field(&stored, &comparison.item));
        if let (Some((field, ..)), None) = (changed, &previewed.note) {
            previewed.note = Some(format!(
                "{} of item {} has changed since {} was judged: its replies answer the earlier text",
                field,
                comparison.item.id,
                run.path().display()
            ));
        }
        run.for_each(|record| {
            if record.between != comparison.between {
                return Ok(());
            }
            let mut verdicts = BTreeMap::new();
            for (judge, judged) in judges.iter().zip(&record.judged) {
                let verdict = judged.verdict;
                let winner =
                    verdict.winner.map(|winner| winner.name_in(&comparison.between).to_owned());
                verdicts
                    .insert(judge.clone(), PreviewedVerdict { outcome: verdict.outcome, winner });
                for (shown, order) in self.orders.iter_mut().zip(&judged.orders) {
                    shown.answers.extend(answers(judge, order));
                }
            }
            self.verdicts = Some(verdicts);
            Ok(())
        })
    }
}

fn answers<'a>(
    judge: &'a str,
    order: &'a OrderRecord,
) -> impl Iterator<Item = PreviewedAnswer> + 'a {
    order.trials.iter().zip(0..).map(move |(trial, repeat)| answer(judge, repeat, trial))
}

fn answer(judge: &str, repeat: u32, trial: &TrialRecord) -> PreviewedAnswer {
    let reply = trial.deciding_reply();
    let reading = trial.reading.as_ref();
    let pending = || trial.last_error().unwrap_or("there is no answer yet").to_owned();
    let reason = match (reading, trial.unreadable()) {
        (Some(_), _) => None,
        (None, Some(reason)) => Some(reason.to_string()),
        (None, None) => Some(pending()),
    };
    PreviewedAnswer {
        judge: judge.to_owned(),
        repeat,
        vote: reading.map(|reading| reading.vote),
        criteria: reading.map(|reading| reading.criteria.clone()).unwrap_or_default(),
        reason,
        reply: reply.and_then(|reply| reply.text.clone().or_else(|| reply.refusal.clone())),
        prompt_tokens: reply.and_then(|reply| reply.usage).map(|usage| usage.prompt),
    }
}
