//! The replies to one comparison in one order, or about one response in one direction of the scale, as headings, facts
//! and texts.

use std::collections::BTreeMap;

use serde_json::Value;

use super::words::{AnswerWords, order, order_end, trial_end, vote};
use crate::input::{Grade, Rubric, Scale};
use crate::judge::Reply;
use crate::report::quantities::counted;
use crate::report::unreadable::{ungraded_reply, unreadable_reply};
use crate::store::{OrderRecord, TrialRecord};
use crate::trial::ScaleOrder;
use crate::vote::{Answer, GradeReading, Vote};

/// A piece of what is shown of an order; all text in it is untrusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) enum Part {
    /// How the order, or one of its repeats, ended.
    Heading(String),
    /// One fact: a vote on a criterion, a probability.
    Fact(String),
    /// What the text after it is.
    Label(&'static str),
    /// A text of the judge.
    Text(String),
}

/// Returns what is shown of an order: first how it ended, then each of its repeats.
pub(in crate::report) fn order_parts(
    record: &OrderRecord,
    between: &[String; 2],
    rubric: &Rubric,
) -> Vec<Vec<Part>> {
    let choice = |cast: Vote| vote(cast, record.order, between);
    let words = AnswerWords { wanted: "vote", choice: &choice, unreadable: unreadable_reply };
    parts_of(record, &order(record.order, between), &words, |parts, reading| {
        for (criterion, choice) in in_order(&reading.criteria, rubric) {
            let choice = vote(*choice, record.order, between);
            parts.push(Part::Fact(format!("{criterion}: {choice}")));
        }
        if let Some(confidence) = reading.confidence {
            parts.push(Part::Fact(format!("probability of the vote: {confidence:.3}")));
        }
        reading.criteria.len()
    })
}

/// Returns what is shown of a direction of the scale: first how it ended, then each of its repeats.
pub(in crate::report) fn direction_parts(
    record: &OrderRecord<GradeReading>,
    scale: &Scale,
    rubric: &Rubric,
) -> Vec<Vec<Part>> {
    let choice = |cast: Grade| scale.name_of(cast).to_owned();
    let words = AnswerWords { wanted: "grade", choice: &choice, unreadable: ungraded_reply };
    let name = format!("scale {}", ScaleOrder::from(record.order).as_str());
    parts_of(record, &name, &words, |parts, reading| {
        for (criterion, grade) in in_order(&reading.criteria, rubric) {
            parts.push(Part::Fact(format!("{criterion}: {}", scale.name_of(*grade))));
        }
        reading.criteria.len()
    })
}

/// Returns what is shown of an order or a direction. `facts` adds what a reading says besides its choice, and returns how
/// many criteria it has.
fn parts_of<A: Answer>(
    record: &OrderRecord<A>,
    name: &str,
    words: &AnswerWords<'_, A>,
    facts: impl Fn(&mut Vec<Part>, &A) -> usize,
) -> Vec<Vec<Part>> {
    let heading = Part::Heading(format!("{name}: {}", order_end(record, words)));
    let of_trial = |trial: &TrialRecord<A>, heading: Part| {
        let mut parts = vec![heading];
        let criteria = trial.reading.as_ref().map(|reading| facts(&mut parts, reading));
        trial_parts(&mut parts, trial, words.wanted, criteria);
        parts
    };
    if let [only] = record.trials.as_slice() {
        return vec![of_trial(only, heading)];
    }
    let repeats = (1..).zip(&record.trials).map(|(number, trial)| {
        let end = trial_end(trial, words);
        of_trial(trial, Part::Heading(format!("repeat {number}: {end}")))
    });
    std::iter::once(vec![heading]).chain(repeats).collect()
}

/// Adds the deciding reply of a trial. `criteria` is the number of those in its reading; `None` if there is no reading.
fn trial_parts<A: Answer>(
    parts: &mut Vec<Part>,
    trial: &TrialRecord<A>,
    wanted: &str,
    criteria: Option<usize>,
) {
    let Some(reply) = trial.deciding_reply() else { return };
    let earlier = trial.replies().count() - 1;
    if earlier > 0 {
        let replies = counted(earlier as u64, "other reply");
        parts.push(Part::Fact(format!("{replies} without a {wanted} (in the JSON format)")));
    }
    if reply.recorded_vote.is_some() || reply.recorded_grade.is_some() {
        parts.push(Part::Fact(format!("recorded as a {wanted}, not read from a reply")));
    }
    if reply.is_order_unknown {
        parts.push(Part::Fact("nobody knows which response was shown first".to_owned()));
    }
    reply_parts(parts, reply, wanted, criteria);
}

/// Returns what was said on criteria in the order of the rubric; those that it does not have come last.
fn in_order<'a, C>(
    criteria: &'a BTreeMap<String, C>,
    rubric: &'a Rubric,
) -> impl Iterator<Item = (&'a String, &'a C)> {
    let is_known = |name: &String| rubric.criteria.iter().any(|criterion| criterion.name == *name);
    let known = rubric.criteria.iter().filter_map(|one| criteria.get_key_value(&one.name));
    known.chain(criteria.iter().filter(move |(name, _)| !is_known(name)))
}

fn reply_parts(parts: &mut Vec<Part>, reply: &Reply, wanted: &str, criteria: Option<usize>) {
    let mut add = |label, text: &str| {
        parts.push(Part::Label(label));
        parts.push(Part::Text(text.to_owned()));
    };
    if let Some(reasoning) = &reply.reasoning {
        add("reasoning apart from the reply", reasoning);
    }
    if let Some(refusal) = &reply.refusal {
        add("refusal", refusal);
    }
    let text = reply.text.as_deref().unwrap_or_default();
    let is_recorded = reply.recorded_vote.is_some() || reply.recorded_grade.is_some();
    match criteria.and_then(|criteria| only_reasoning(text, wanted, criteria)) {
        Some(reasoning) if reasoning.is_empty() => {}
        Some(reasoning) => add("reasoning", &reasoning),
        None if text.is_empty() && (reply.refusal.is_some() || is_recorded) => {}
        None => add("reply", text),
    }
}

/// Returns the reasoning of a reply that is a JSON object and nothing else, where everything else in it is shown:
/// what was wanted, and the choices on so many criteria. Where criteria have weights, only those are asked for.
fn only_reasoning(text: &str, wanted: &str, criteria_shown: usize) -> Option<String> {
    let text = text.trim();
    let fenced = text.strip_prefix("```json").or_else(|| text.strip_prefix("```"));
    let text = fenced.and_then(|rest| rest.strip_suffix("```")).unwrap_or(text);
    let Value::Object(mut object) = serde_json::from_str(text).ok()? else { return None };
    if object.remove(wanted).is_none() && !object.contains_key("criteria") {
        return None;
    }
    match object.remove("criteria") {
        None => {}
        Some(Value::Object(criteria)) if criteria.len() == criteria_shown => {}
        Some(_) => return None,
    }
    let reasoning = object.remove("reasoning");
    match (object.is_empty(), reasoning) {
        (true, Some(Value::String(reasoning))) => Some(reasoning),
        (true, None) => Some(String::new()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_json_object_that_is_shown_as_votes_only_the_reasoning_remains() {
        let plain = r#"{"reasoning":"Because.","criteria":{"a":"first"},"vote":"first"}"#;
        let fenced = format!("```json\n{plain}\n```");
        for text in [plain, fenced.as_str()] {
            assert_eq!(only_reasoning(text, "vote", 1).unwrap(), "Because.");
        }
        assert_eq!(only_reasoning(r#"{"vote":"first"}"#, "vote", 0).unwrap(), "");
        let weighted = r#"{"reasoning":"Because.","criteria":{"a":"good"}}"#;
        assert_eq!(only_reasoning(weighted, "grade", 1).unwrap(), "Because.");
    }

    #[test]
    fn a_reply_that_says_more_is_shown_as_it_is() {
        let more = [
            r#"I think: {"reasoning":"Because.","vote":"first"}"#,
            r#"{"reasoning":"Because.","vote":"first","doubts":"many"}"#,
            r#"{"reasoning":["Because."],"vote":"first"}"#,
            r#"{"reasoning":"Because.","criteria":{"a":"perhaps"},"vote":"first"}"#,
            "First.",
        ];
        for text in more {
            assert_eq!(only_reasoning(text, "vote", 0), None, "{text}");
        }
    }
}
