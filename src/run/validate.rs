//! The survey: every item read, planned and checked before anything is asked, as a stream.
//!
//! What a template lacks, what a judge needs, an id that is there twice: all of it is found here, and
//! nothing is paid for until it is. Reading and rendering take all processors; memory holds one batch.

use std::sync::Arc;

use rayon::prelude::*;

use crate::error::{Result, Warning};
use crate::input::{ItemSource, Message};
use crate::prompt::Prompt;
use crate::store::PlannedItem;
use crate::trial::{BaselineCheck, Comparison, Order, Plan};

/// Tokens that a chat template adds to a message, generously.
const TOKENS_PER_MESSAGE: u64 = 16;
/// So many comparisons are rendered in any case, to know how long prompts are.
const ALWAYS_RENDERED: u64 = 512;

/// What a command plans to judge.
#[derive(Clone, Copy)]
pub struct Planning<'a> {
    /// Where the items come from.
    pub source: &'a ItemSource,
    /// Which comparisons they make.
    pub plan: &'a Plan,
    /// How they are put to a judge.
    pub prompt: &'a Prompt,
    /// Fails for a comparison that one of the judges cannot judge.
    pub suits: &'a (dyn Fn(&Comparison) -> Result<()> + Sync),
    /// Fails where prompts are larger than one of the judges may be asked.
    pub fits: &'a (dyn Fn(PromptTokens) -> Result<()> + Sync),
}

impl std::fmt::Debug for Planning<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Planning").field("plan", self.plan).finish_non_exhaustive()
    }
}

/// What the survey found.
#[derive(Debug, Default)]
pub struct Survey {
    /// Items from which there are comparisons.
    pub items: u64,
    /// Items that `--limit` left out.
    pub left_out: u64,
    /// Comparisons of this command.
    pub comparisons: u64,
    /// Comparisons of all shards together.
    pub planned: u64,
    /// What their prompts amount to, as far as they were rendered.
    pub tokens: PromptTokens,
    /// The first comparison.
    pub first: Option<Comparison>,
    /// One sentence for each kind of oddity, with its count.
    pub warnings: Vec<Warning>,
}

/// What prompts amount to, each order once.
#[derive(Debug, Clone, Copy, Default)]
pub struct PromptTokens {
    /// How many prompts there are.
    pub prompts: u64,
    /// A guess of all their tokens.
    pub total: u64,
    /// A guess of the tokens of the largest that is new to the run.
    pub largest: u64,
    /// More tokens than they can have.
    pub most: u64,
}

impl PromptTokens {
    /// Returns a guess of the tokens of one prompt.
    pub fn each(&self) -> u64 {
        self.total.checked_div(self.prompts).unwrap_or(0)
    }

    fn add(&mut self, messages: &[Message]) {
        let likely = likely_prompt_tokens(messages);
        self.prompts += 1;
        self.total += likely;
        self.largest = self.largest.max(likely);
        self.most += most_prompt_tokens(messages);
    }

    fn join(&mut self, other: Self) {
        self.prompts += other.prompts;
        self.total += other.total;
        self.largest = self.largest.max(other.largest);
        self.most += other.most;
    }
}

/// Returns an upper bound of a prompt's tokens: no token is shorter than a byte.
pub(super) fn most_prompt_tokens(messages: &[Message]) -> u64 {
    messages.iter().map(|message| message.content.len() as u64 + TOKENS_PER_MESSAGE).sum()
}

/// Returns a rough guess of a prompt's tokens: four bytes each.
pub(super) fn likely_prompt_tokens(messages: &[Message]) -> u64 {
    messages.iter().map(|message| (message.content.len() as u64).div_ceil(4) + 4).sum()
}

/// Reads, plans and checks every item. `place` gets each draft in the order of the file and returns whether
/// its prompts have to be rendered: those that a run has already were rendered when it got them.
///
/// # Errors
///
/// An item is not sound, a prompt cannot be rendered, a judge cannot judge a comparison, an item lacks the
/// baseline; and whatever `place` returns.
pub fn survey(
    planning: &Planning<'_>,
    mut place: impl FnMut(&PlannedItem) -> Result<bool>,
) -> Result<Survey> {
    let mut reader = planning.source.read()?;
    let mut found = Survey::default();
    let mut baseline = BaselineCheck::default();
    let (mut items, mut all_rendered) = (0, 0);
    while let Some(batch) = reader.next_batch()? {
        let mut planned = Vec::with_capacity(batch.len());
        for item in batch {
            if let Some(name) = &planning.plan.baseline {
                baseline.see(&item, name);
            }
            if planning.plan.takes(&item.id) {
                planned.push(Arc::new(item));
            } else {
                found.left_out += 1;
            }
        }
        let mut drafts = planned
            .into_par_iter()
            .map(|item| PlannedItem::new(planning.plan, item))
            .collect::<Result<Vec<_>>>()?;
        for draft in &mut drafts {
            items += 1;
            draft.ordinal = items;
            for (ordinal, _) in &mut draft.comparisons {
                found.planned += 1;
                *ordinal = found.planned as i64;
            }
            draft.comparisons.retain(|(_, comparison)| planning.plan.is_ours(comparison));
        }
        drafts.retain(|draft| !draft.comparisons.is_empty());
        let mut rendered = Vec::new();
        for draft in &drafts {
            let wanted = place(draft)?;
            found.items += 1;
            found.comparisons += draft.comparisons.len() as u64;
            if found.first.is_none() {
                found.first = draft.comparisons.first().map(|(_, first)| first.clone());
            }
            if wanted || all_rendered < ALWAYS_RENDERED {
                all_rendered += draft.comparisons.len() as u64;
                rendered.push((draft, wanted));
            }
        }
        let checked: Vec<Result<PromptTokens>> =
            rendered.into_par_iter().map(|(draft, new)| check(planning, draft, new)).collect();
        for tokens in checked {
            found.tokens.join(tokens?);
        }
    }
    if let Some(name) = &planning.plan.baseline {
        baseline.finish(name)?;
    }
    found.warnings = reader.finish()?;
    (planning.fits)(found.tokens)?;
    Ok(found)
}

/// What the run holds already was found to fit when it came; the quota may be another now.
fn check(planning: &Planning<'_>, draft: &PlannedItem, new: bool) -> Result<PromptTokens> {
    let mut tokens = PromptTokens::default();
    for (_, comparison) in &draft.comparisons {
        (planning.suits)(comparison)?;
        for order in Order::BOTH {
            tokens.add(&planning.prompt.render(comparison, order)?);
        }
    }
    tokens.largest = if new { tokens.largest } else { 0 };
    Ok(tokens)
}
