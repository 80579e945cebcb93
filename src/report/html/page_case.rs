//! A case as the page shows it: the JSON of its view, and what filters and sorting need of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::marks::marks;
use crate::cases::{Case, Cases, flipped_criteria, margin};
use crate::diff::{Change, ChangedCase, ComparedRuns};
use crate::input::Item;
use crate::overview::Redaction;
use crate::report::cases::{case_value, preference_name};
use crate::report::diff::{change_words, changed_case_value};
use crate::store::VerdictRecord;
use crate::trial::Unit;
use crate::vote::Preference;

/// The most characters of a prompt in the list.
const OPENING_LENGTH: usize = 80;

/// A case as the page shows it.
pub(super) struct PageCase {
    pub(super) id: String,
    /// The systems: two that are compared, or the one whose response was graded.
    pub(super) between: Vec<String>,
    /// A word that the list shows in a frame, such as the outcome.
    pub(super) state: &'static str,
    /// What the verdict prefers, if it was kept.
    pub(super) winner: Option<Preference>,
    /// The verdict in a few words.
    pub(super) verdict: String,
    /// How the verdict stands to the labels of people; `None` without labels.
    pub(super) people: Option<&'static str>,
    pub(super) tags: BTreeMap<String, String>,
    /// The criteria on which the orders differ.
    pub(super) flips: BTreeSet<String>,
    /// What cases can be sorted by: how far the judge is from undecided, 0 to ½, or the mean step of a graded response.
    pub(super) margin: Option<f64>,
    /// Characters of the responses.
    pub(super) length: usize,
    /// The outcomes of the single judges of a jury.
    pub(super) outcomes: Vec<&'static str>,
    /// How the prompt begins; `None` where texts are left out.
    pub(super) opening: Option<String>,
    /// What the view of the case is made of: the object that `show` documents, with `marks` and `difference`.
    pub(super) view: Value,
}

impl PageCase {
    /// Returns a case of one run; with a redaction, only its names and numbers.
    pub(super) fn of(cases: &Cases, case: &Case, redaction: Option<&Redaction>) -> Self {
        let between = &case.record.between;
        let judged: Vec<&VerdictRecord> = cases.deciding(case).map(|(_, judged)| judged).collect();
        let mut view = case_value(cases, case);
        match redaction {
            Some(redaction) => redact(&mut view, redaction),
            None => add_marks(&mut view, case),
        }
        let winner = case.verdict.winner;
        Self {
            id: case.record.id.clone(),
            between: between.to_vec(),
            state: case.verdict.outcome.as_str(),
            winner,
            verdict: winner.map_or("–", |winner| preference_name(winner, between)).to_owned(),
            people: cases.has_labels().then(|| case.verdict_and_people().as_str(Unit::Comparison)),
            tags: case.item.tags.clone(),
            flips: judged.iter().flat_map(|record| flipped_criteria(record)).collect(),
            margin: margin(&judged),
            length: length(case),
            outcomes: match judged.as_slice() {
                [_] => Vec::new(),
                several => several.iter().map(|judged| judged.verdict.outcome.as_str()).collect(),
            },
            opening: redaction.is_none().then(|| opening(case)),
            view,
        }
    }
}

impl PageCase {
    /// Returns a comparison of two runs. Its `judges` are those of both, each with the word for its run.
    pub(super) fn of_change(compared: &ComparedRuns, case: &ChangedCase) -> Self {
        let Case { record, item, .. } = &case.before;
        let mut view = changed_case_value(compared, case);
        if !compared.diff.redacted {
            add_marks(&mut view, &case.before);
        }
        view["judges"] = judges_of_both(&mut view).into();
        let judged: Vec<&VerdictRecord> =
            compared.judged(1, &case.after).map(|(_, judged)| judged).collect();
        Self {
            id: record.id.clone(),
            between: record.between.to_vec(),
            state: match case.change {
                Change::None => "same",
                change => change.as_str(),
            },
            winner: case.after.verdict.winner,
            verdict: without_change(&change_words(case), case.change.is_change()),
            people: compared.has_labels().then(|| right_by_people(case.right)),
            tags: item.tags.clone(),
            flips: judged.iter().flat_map(|record| flipped_criteria(record)).collect(),
            margin: margin(&judged),
            length: length(&case.before),
            outcomes: Vec::new(),
            opening: (!compared.diff.redacted).then(|| opening(&case.before)),
            view,
        }
    }
}

/// Takes the judges of both runs out of the view of a change, each with the word for its run.
pub(super) fn judges_of_both(view: &mut Value) -> Vec<Value> {
    let mut judges = Vec::new();
    for run in ["before", "after"] {
        for judge in view[run]["judges"].as_array_mut().into_iter().flatten() {
            judge["run"] = run.into();
            judges.push(judge.take());
        }
    }
    judges
}

/// Returns the words for a change without that for its kind, which stands apart.
pub(super) fn without_change(words: &str, is_change: bool) -> String {
    let rest = words.split_once(": ").filter(|_| is_change);
    rest.map_or(words, |(_, rest)| rest).to_owned()
}

/// Returns which of two runs is right by most people.
pub(super) fn right_by_people(right: Option<[bool; 2]>) -> &'static str {
    match right {
        None => "no majority",
        Some([true, true]) => "both",
        Some([true, false]) => "only before",
        Some([false, true]) => "only after",
        Some([false, false]) => "neither",
    }
}

/// Adds what differs between both responses.
pub(super) fn add_marks(view: &mut Value, case: &Case) {
    let (ranges, sentence) = marks(case);
    view["marks"] = json!(ranges);
    view["difference"] = json!(sentence);
}

/// Keeps of the view of a case only what is no text, and numbers in place of the names of annotators.
fn redact(view: &mut Value, redaction: &Redaction) {
    keep(view, &["id", "between", "outcome", "winner", "tags", "labels", "judges"]);
    redact_labels(view, redaction, &["annotator", "winner", "adjudicated"]);
    redact_replies(view);
}

/// Keeps some keys of the labels of a view, with a number in place of the name of each annotator.
pub(super) fn redact_labels(view: &mut Value, redaction: &Redaction, keys: &[&str]) {
    for label in view["labels"].as_array_mut().into_iter().flatten() {
        let name = redaction.annotator(label["annotator"].as_str().unwrap_or_default());
        label["annotator"] = name.into();
        keep(label, keys);
    }
}

/// Keeps of the replies of a view only what is no text.
pub(super) fn redact_replies(view: &mut Value) {
    let judges = view["judges"].as_array_mut().into_iter().flatten();
    let orders = judges.flat_map(|judge| judge["orders"].as_array_mut().into_iter().flatten());
    for reply in orders.flat_map(|order| order["replies"].as_array_mut().into_iter().flatten()) {
        keep(reply, &["repeat", "attempt", "ending", "unreadable", "status", "reused"]);
    }
}

/// Keeps some keys of an object.
pub(super) fn keep(object: &mut Value, keys: &[&str]) {
    if let Some(object) = object.as_object_mut() {
        object.retain(|key, _| keys.contains(&key.as_str()));
    }
}

/// Returns the characters of both responses.
pub(super) fn length(case: &Case) -> usize {
    let responses = case.record.between.iter().filter_map(|system| case.item.responses.get(system));
    responses.map(|response| response.to_text().chars().count()).sum()
}

/// Returns how the prompt of a case begins, in one line.
pub(super) fn opening(case: &Case) -> String {
    opening_of(&case.item)
}

/// Returns how the prompt of an item begins, in one line.
pub(super) fn opening_of(item: &Item) -> String {
    let text = item.prompt.to_text();
    let begin: String = text.chars().take(4 * OPENING_LENGTH).collect();
    let words = begin.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(OPENING_LENGTH).collect()
}
