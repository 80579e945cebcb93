//! Validation: every item is read, planned, rendered and checked before anything is asked, as a stream.
//!
//! Whatever a template or a judge lacks, and every duplicate id, is found here, so nothing is paid for until the
//! whole plan is valid. Reading and rendering use all processors; memory contains one batch.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::tokens::PromptTokens;
use crate::error::{Error, Result, Warning, counted, nearest};
use crate::input::{Item, ItemSource, Occurrences, SystemCount, SystemCounts, TagCheck};
use crate::prompt::{Prompt, shows_tools};
use crate::store::{GeneratingModels, PlannedItem, RowSet};
use crate::trial::{BaselineCheck, Order, Plan, Subject};

/// The least number of comparisons that are rendered, so that the length of prompts is known.
const MIN_RENDERED: u64 = 512;

/// So many models of one system are noted.
const MOST_MODELS: usize = 8;

/// What is validated.
#[derive(Clone, Copy)]
pub(super) struct ValidationInput<'a> {
    pub(super) items: &'a ItemSource,
    pub(super) plan: &'a Plan,
    pub(super) prompt: &'a Prompt,
    /// Fails for a subject that one of the judges cannot judge.
    pub(super) check_subject: &'a (dyn Fn(&Subject) -> Result<()> + Sync),
    /// Fails where a prompt is larger than one of the judges' quotas allows.
    pub(super) check_size: &'a (dyn Fn(PromptTokens) -> Result<()> + Sync),
}

/// What a plan contains.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct PlanSummary {
    /// Items with comparisons of this command.
    pub items: u64,
    /// Items without the tags that were asked for.
    pub without_tags: u64,
    /// Items that a limit left out.
    pub left_out: u64,
    /// Their comparisons.
    pub(super) left_out_comparisons: u64,
    /// Comparisons of this command.
    pub comparisons: u64,
    /// Comparisons of all shards together.
    pub all_shards: u64,
    /// Comparisons of the run whose item, or one of whose responses, is not in the files any more.
    pub not_in_file: u64,
    /// Comparisons of the run that are in the files, and that this command leaves out: by tags, limit, shard or
    /// baseline.
    pub not_planned: u64,
    /// The tokens of the prompts that were rendered, both orders included.
    pub tokens: PromptTokens,
    /// How many items of the file each system responds to, in the order of their names.
    pub systems: Vec<SystemCount>,
    /// For each system whose responses were generated, the models that gave them; at most eight of each.
    pub models: GeneratingModels,
    /// The first comparison, or the first response that is graded.
    pub first: Option<Subject>,
    /// One warning for each kind of irregularity in the items, with its count.
    pub warnings: Vec<Warning>,
}

impl PlanSummary {
    /// Counts the comparisons of the run that are not planned. `in_files` has those of items of which not every
    /// pair is planned; the run has `all`.
    pub(super) fn count_others(&mut self, planned: &RowSet, in_files: RowSet, all: u64) {
        let planned_or_in_files = in_files.union(planned);
        self.not_in_file = all.saturating_sub(planned_or_in_files.len());
        self.not_planned = planned_or_in_files.len().saturating_sub(planned.len());
    }
}

/// Reads, plans and checks every item. `store_item` is called with each planned item in the order of the file
/// and returns whether it is new to the run: prompts of other items were rendered when the run received them.
/// `leave_out` is called with each item of which not every pair is planned.
///
/// # Errors
///
/// An item is invalid, a prompt cannot be rendered, a judge cannot judge a comparison, an item lacks the
/// baseline, no item has the tags; and whatever `store_item` and `leave_out` return.
pub(super) fn validate(
    validation: &ValidationInput<'_>,
    mut store_item: impl FnMut(&PlannedItem) -> Result<bool>,
    mut leave_out: impl FnMut(&Item) -> Result<()>,
) -> Result<PlanSummary> {
    let plan = validation.plan;
    let mut reader = validation.items.read()?;
    let mut summary = PlanSummary::default();
    let (mut baseline, mut tags) = (BaselineCheck::default(), TagCheck::default());
    let (mut item_ordinal, mut rendered) = (0, 0);
    let mut hidden_tools = Occurrences::default();
    let mut systems = SystemCounts::default();
    while let Some(batch) = reader.next_batch()? {
        let mut items = Vec::with_capacity(batch.len());
        for item in batch {
            systems.add(&item);
            if let Some(name) = &plan.baseline {
                baseline.add(&item, name);
            }
            tags.add(&plan.tags, &item.tags);
            if plan.includes_item(&item) {
                if plan.is_partial() {
                    leave_out(&item)?;
                }
                items.push(Arc::new(item));
                continue;
            }
            leave_out(&item)?;
            let has_tags = plan.tags.matches(&item.tags);
            if has_tags {
                summary.left_out += 1;
                let subjects = plan.subjects(&Arc::new(item));
                summary.left_out_comparisons += subjects.len() as u64;
            }
            summary.without_tags += u64::from(!has_tags);
        }
        let mut batch = items
            .into_par_iter()
            .map(|item| PlannedItem::new(plan, item))
            .collect::<Result<Vec<_>>>()?;
        for planned in &mut batch {
            item_ordinal += 1;
            planned.ordinal = item_ordinal;
            for (ordinal, _) in &mut planned.subjects {
                summary.all_shards += 1;
                *ordinal = summary.all_shards as i64;
            }
            planned.subjects.retain(|(_, subject)| plan.includes_subject(subject));
        }
        batch.retain(|planned| !planned.subjects.is_empty());
        let checks: Vec<OnceLock<Result<CheckedPrompts>>> =
            batch.iter().map(|_| OnceLock::new()).collect();
        // The other processors render while this thread stores the items that follow.
        rayon::in_place_scope(|scope| {
            for (planned, check) in batch.iter().zip(&checks) {
                let is_new = store_item(planned)?;
                add_models(&mut summary.models, &planned.item);
                summary.items += 1;
                summary.comparisons += planned.subjects.len() as u64;
                if summary.first.is_none() {
                    summary.first = planned.subjects.first().map(|(_, first)| first.clone());
                }
                if is_new || rendered < MIN_RENDERED {
                    rendered += planned.subjects.len() as u64;
                    scope.spawn(move |_| {
                        let checked = check_prompts(validation, planned, is_new);
                        let _was_empty = check.set(checked).is_ok();
                    });
                }
            }
            Ok(())
        })?;
        for (planned, check) in batch.iter().zip(checks) {
            let Some(checked) = check.into_inner().transpose()? else { continue };
            summary.tokens.merge(checked.tokens);
            if checked.hides_tools {
                hidden_tools.record(&planned.item.place);
            }
        }
    }
    if let Some(name) = &plan.baseline {
        baseline.finish(name)?;
    }
    tags.finish(&plan.tags)?;
    if !plan.tags.is_empty() && summary.all_shards == 0 {
        let path = validation.items.path().display();
        return Err(Error::input(format!("{path}: no item has all the tags that were asked for"))
            .hint("ask for fewer tags; values of the same tag are alternatives"));
    }
    summary.warnings = reader.finish()?;
    summary.systems = systems.counts();
    if let Some(system) = &plan.only_with {
        check_system(&summary.systems, system)?;
    }
    summary.warnings.extend(systems.warnings(&summary.systems));
    summary.warnings.extend(hidden_tools_warning(validation.prompt, &hidden_tools));
    (validation.check_size)(summary.tokens)?;
    Ok(summary)
}

/// Checks that some item has a response of the system that every comparison is to have.
fn check_system(systems: &[SystemCount], wanted: &str) -> Result<()> {
    let names = || systems.iter().map(|found| found.system.as_str());
    if names().any(|name| name == wanted) {
        return Ok(());
    }
    let error = Error::input(format!(
        "no item has a response of `{wanted}`, whose win rate is to be decided"
    ));
    Err(match nearest(wanted, names()) {
        Some(close) => error.hint(format!("did you mean `{close}`?")),
        None => error.hint(format!("the systems are: {}", names().collect::<Vec<_>>().join(", "))),
    })
}

/// Adds the models that gave the responses of an item.
fn add_models(models: &mut GeneratingModels, item: &Item) {
    for (system, made) in &item.generated {
        let known = models.get(system);
        if known.is_some_and(|known| known.len() >= MOST_MODELS || known.contains(&made.model)) {
            continue;
        }
        models.entry(system.clone()).or_default().insert(made.model.clone());
    }
}

/// What was found when the comparisons of an item were rendered.
struct CheckedPrompts {
    tokens: PromptTokens,
    /// Whether a prompt leaves out the call of a tool.
    hides_tools: bool,
}

/// Checks and renders the subjects of an item. Items that the run contains already do not count towards the
/// largest, so that a quota that was lowered since does not block resuming.
fn check_prompts(
    validation: &ValidationInput<'_>,
    planned: &PlannedItem,
    is_new: bool,
) -> Result<CheckedPrompts> {
    let mut checked = CheckedPrompts { tokens: PromptTokens::default(), hides_tools: false };
    for (_, subject) in &planned.subjects {
        (validation.check_subject)(subject)?;
        for order in Order::BOTH {
            let messages = validation.prompt.render_subject(subject, order)?;
            checked.tokens.add(&messages);
            checked.hides_tools |= !shows_tools(subject, &messages);
        }
    }
    checked.tokens.largest = if is_new { checked.tokens.largest } else { 0 };
    Ok(checked)
}

/// Returns the warning about items whose calls of tools the prompt leaves out.
fn hidden_tools_warning(prompt: &Prompt, hidden: &Occurrences) -> Option<Warning> {
    let Occurrences { count, first } = hidden;
    let items = counted(*count as u64, "item", "items");
    let name = prompt.name();
    let message = format!(
        "prompts/{name} does not show the tool calls of {items} (first: {first}); print `tool_calls` of each turn, as \
         the macro `conversation` of the built-in pairwise.j2 does"
    );
    (*count > 0).then(|| Warning::new("tools-not-shown", message))
}
