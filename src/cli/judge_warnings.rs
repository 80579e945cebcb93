//! The warnings that `judge` and `grade` print at the end: what was lost, and how requests differ from the settings.

use evenhand::input::{EARLIER_MAX_TOKENS, JudgeSettings};
use evenhand::judge::ServerProfile;
use evenhand::report::{count, counted};
use evenhand::run::CutPrompts;
use evenhand::store::{OrderRecord, RunFile};
use evenhand::verdict::{Ballot, Outcome};
use evenhand::vote::Answer;

use super::judge_report::{Asked, StillOpen};
use super::judge_totals::JudgeTotals;
use super::messages::print_warning_with;
use super::print_warning;

/// Warnings name this many items.
const NAMED: usize = 5;

/// What has failed of each judge.
pub(super) struct Failures(Vec<JudgeFailures>);

#[derive(Default)]
struct JudgeFailures {
    judge: String,
    /// The first items of which a comparison or the grading of a response failed.
    items: Vec<String>,
    /// How many more there are.
    more: u64,
    /// The last of all; what is judged of an item follows each other.
    last: String,
    /// The error of the first.
    first_error: Option<String>,
}

impl Failures {
    /// Returns no failures yet, of the judges of a run.
    pub(super) fn of(run: &RunFile) -> Self {
        let judge = |name: &String| JudgeFailures { judge: name.clone(), ..Default::default() };
        Self(run.judges().iter().map(|stored| judge(&stored.record.name)).collect())
    }

    /// Adds what the judge at this place was asked about an item, if it has failed.
    pub(super) fn add<A: Answer>(
        &mut self,
        judge: usize,
        id: &str,
        outcome: Outcome,
        orders: &[OrderRecord<A>],
    ) {
        let Some(failures) = self.0.get_mut(judge) else { return };
        if outcome != Outcome::Failed || failures.last == id {
            return;
        }
        id.clone_into(&mut failures.last);
        if failures.items.len() < NAMED {
            failures.items.push(id.to_owned());
        } else {
            failures.more += 1;
        }
        if failures.first_error.is_none() {
            failures.first_error = last_error(orders);
        }
    }

    /// Returns which items failed and why, as the end of a sentence.
    fn sentence(&self, judge: &str) -> String {
        let Some(failures) = self.0.iter().find(|failures| failures.judge == judge) else {
            return String::new();
        };
        let more = match failures.more {
            0 => String::new(),
            more => format!(" and {} more", count(more)),
        };
        let items = format!(": {}{more}", failures.items.join(", "));
        match &failures.first_error {
            Some(error) => format!("{items} (first error: {error})"),
            None => items,
        }
    }
}

/// Returns the last error of a trial that failed.
fn last_error<A: Answer>(orders: &[OrderRecord<A>]) -> Option<String> {
    let mut trials = orders.iter().flat_map(|order| &order.trials);
    let failed = trials.find(|trial| trial.ballot == Ballot::Failed)?;
    failed.last_error().map(ToOwned::to_owned)
}

/// Warns of prompts that a server cut, and of what its requests were sent without.
pub(super) fn warn_of_requests<'a>(
    profiles: impl Iterator<Item = (&'a JudgeSettings, ServerProfile)>,
    asked: &Asked,
) {
    for judge in asked.judges() {
        if let Some(cut) = judge.cut_prompts {
            print_warning(&format!("{}: {}", judge.judge, cut_sentence(cut)));
        }
        for replica in &judge.failed_replicas {
            // Further lines are what a server printed that was started for the judge.
            let mut lines = replica.message.lines();
            let first = lines.next().unwrap_or_default();
            let warning = format!(
                "{}: the replica {} failed and has not answered since; others did: {first}",
                judge.judge, replica.base_url
            );
            print_warning_with(&warning, lines);
        }
    }
    for (judge, profile) in profiles {
        for adaptation in adaptations(judge, &profile) {
            print_warning(&format!("{}: {adaptation}", judge.name));
        }
    }
}

/// Warns of comparisons or responses without a verdict. While others are `open`, the same command comes first.
pub(super) fn warn_of_losses(totals: &[JudgeTotals], failures: &Failures, open: &StillOpen) {
    let retry = if open.count() == 0 { "; ask them again with --retry-failed" } else { "" };
    for judge in totals.iter().filter(|judge| !judge.is_jury) {
        if judge.failed > 0 {
            let lost = lost(judge, judge.failed, open.unit);
            print_warning(&format!("{lost} failed{}{retry}", failures.sentence(&judge.judge)));
        }
        warn_of_unreadable_replies(judge, open.unit, retry);
    }
}

/// Warns of comparisons without a readable vote, and says why there are none. If no reply at all could be read,
/// an error says so.
fn warn_of_unreadable_replies(judge: &JudgeTotals, unit: &str, retry: &str) {
    let JudgeTotals { answered, unreadable, unparsed, .. } = *judge;
    let report = judge.report.as_ref().filter(|_| unreadable < answered);
    let wanted = if unit == "response" { "grade" } else { "vote" };
    if unparsed > 0 {
        let reasons = report.map(|report| format!(": {}; {}", report.reasons, report.hint));
        let lost = lost(judge, unparsed, unit);
        let reasons = reasons.unwrap_or_default();
        print_warning(&format!("{lost} ended without a readable {wanted}{reasons}{retry}"));
    }
    if let Some(report) = report.filter(|_| unreadable * 2 > answered) {
        let (name, readable) = (&judge.judge, count(answered - unreadable));
        let trials = counted(answered, "trial");
        let reasons = if unparsed > 0 { String::new() } else { format!(": {}", report.reasons) };
        print_warning(&format!(
            "{name}: only {readable} of {trials} have a readable {wanted}{reasons}"
        ));
    }
}

/// Returns the beginning of a warning, such as `gpt: 3 of 60 comparisons`.
fn lost(judge: &JudgeTotals, lost: u64, unit: &str) -> String {
    format!("{}: {} of {}", judge.judge, count(lost), counted(judge.planned, unit))
}

/// Returns the warning about prompts that were probably cut.
fn cut_sentence(cut: CutPrompts) -> String {
    let CutPrompts { replies, tokens, min_bytes, max_bytes, .. } = cut;
    let lengths = if min_bytes == max_bytes {
        count(max_bytes)
    } else {
        format!("{} to {}", count(min_bytes), count(max_bytes))
    };
    format!(
        "the server probably cut prompts without saying so: for {} with prompts of {lengths} bytes it counted no \
         more than {} prompt tokens; raise its context length (Ollama: num_ctx or OLLAMA_CONTEXT_LENGTH), or \
         shorten the items",
        counted(replies, "reply"),
        count(tokens)
    )
}

/// Returns how requests differ from the judge's settings, in sentences, because the server did not accept them.
fn adaptations(judge: &JudgeSettings, profile: &ServerProfile) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(earlier) = judge.max_tokens.filter(|tokens| EARLIER_MAX_TOKENS.contains(tokens))
        && judge.max_tokens_is_default
    {
        sentences.push(format!(
            "this run keeps max_tokens = {earlier}, the default of the version that began it; a new run has a \
             larger one"
        ));
    }
    if profile.rejects_temperature && judge.temperature.is_some() {
        sentences.push("the server rejects temperature; requests were sent without it".to_owned());
    }
    if profile.rejects_max_tokens && judge.max_tokens.is_some() {
        sentences.push("the server rejects max_tokens; requests were sent without it".to_owned());
    }
    let largest = profile.largest_max_tokens;
    if let Some(largest) = largest.filter(|largest| judge.max_tokens > Some(*largest)) {
        sentences
            .push(format!("the server accepts at most max_tokens = {largest}, which was sent"));
    }
    if profile.rejects_system_role && !judge.merge_system {
        sentences.push(
            "the model has no system role; the system message was put in front of the user's"
                .to_owned(),
        );
    }
    if profile.top_logprobs == Some(0) {
        sentences.push(
            "the server rejects logprobs; votes are read from the text and have no confidence"
                .to_owned(),
        );
    }
    if profile.needs_stream {
        sentences.push("the server answers only as a stream, which was requested".to_owned());
    }
    if profile.rejected_extra.contains("cache_control") {
        sentences
            .push("the server rejects cache_control; it was not asked to cache prompts".to_owned());
    }
    for field in profile.rejected_extra.iter().filter(|field| judge.extra.contains_key(*field)) {
        sentences.push(format!("the server rejects extra.{field}; requests were sent without it"));
    }
    sentences
}
