//! The warnings that `judge` prints at the end: what was lost, and how requests differ from the settings.

use evenhand::input::{EARLIER_MAX_TOKENS, JudgeSettings};
use evenhand::judge::ServerProfile;
use evenhand::report::{count, counted, unreadable_report};
use evenhand::run::CutPrompts;
use evenhand::store::{ComparisonRecord, RunFile, VerdictRecord};
use evenhand::summary::{JudgeSummary, RunSummary};
use evenhand::verdict::{Ballot, Outcome};

use super::judge_report::Asked;
use super::messages::print_warning_with;
use super::print_warning;

/// Warnings name this many items.
const NAMED: usize = 5;

/// The failed comparisons of each judge.
pub(super) struct Failures(Vec<JudgeFailures>);

#[derive(Default)]
struct JudgeFailures {
    judge: String,
    /// The first items of which a comparison failed.
    items: Vec<String>,
    /// How many more there are.
    more: u64,
    /// The last of all; the comparisons of an item follow each other.
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

    /// Adds a comparison if it has failed.
    pub(super) fn add(&mut self, record: &ComparisonRecord) {
        for (failures, judged) in self.0.iter_mut().zip(&record.judged) {
            if judged.verdict.outcome != Outcome::Failed || failures.last == record.id {
                continue;
            }
            failures.last.clone_from(&record.id);
            if failures.items.len() < NAMED {
                failures.items.push(record.id.clone());
            } else {
                failures.more += 1;
            }
            if failures.first_error.is_none() {
                failures.first_error = last_error(judged);
            }
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
fn last_error(judged: &VerdictRecord) -> Option<String> {
    let mut trials = judged.orders.iter().flat_map(|order| &order.trials);
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

/// Warns of comparisons without a verdict. While others are `open`, the same command comes first.
pub(super) fn warn_of_losses(summary: &RunSummary, failures: &Failures, open: u64) {
    let retry = if open == 0 { "; ask them again with --retry-failed" } else { "" };
    for judge in summary.judges.iter().filter(|judge| !judge.is_jury()) {
        let failed = judge.outcome(Outcome::Failed);
        if failed > 0 {
            let lost = lost_comparisons(judge, failed);
            print_warning(&format!("{lost} failed{}{retry}", failures.sentence(&judge.judge)));
        }
        warn_of_unreadable_replies(judge, retry);
    }
}

/// Warns of comparisons without a readable vote, and says why there are none. If no reply at all could be read,
/// an error says so.
fn warn_of_unreadable_replies(judge: &JudgeSummary, retry: &str) {
    let (answered, unreadable) = (judge.answered(), judge.unreadable());
    let report = unreadable_report(judge).filter(|_| unreadable < answered);
    let unparsed = judge.outcome(Outcome::Unparsed);
    if unparsed > 0 {
        let reasons =
            report.as_ref().map(|report| format!(": {}; {}", report.reasons, report.hint));
        let lost = lost_comparisons(judge, unparsed);
        let reasons = reasons.unwrap_or_default();
        print_warning(&format!("{lost} ended without a readable vote{reasons}{retry}"));
    }
    if let Some(report) = report.filter(|_| unreadable * 2 > answered) {
        let (name, readable) = (&judge.judge, count(answered - unreadable));
        let trials = counted(answered, "trial");
        let reasons = if unparsed > 0 { String::new() } else { format!(": {}", report.reasons) };
        print_warning(&format!(
            "{name}: only {readable} of {trials} have a readable vote{reasons}"
        ));
    }
}

/// Returns the beginning of a warning, such as `gpt: 3 of 60 comparisons`.
fn lost_comparisons(judge: &JudgeSummary, lost: u64) -> String {
    format!("{}: {} of {}", judge.judge, count(lost), counted(judge.planned, "comparison"))
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
