//! The replies to one comparison in one order, as headings, facts and texts.

use serde_json::Value;

use super::words::{order, order_end, trial_end, vote};
use crate::input::Rubric;
use crate::judge::Reply;
use crate::report::quantities::counted;
use crate::store::{OrderRecord, TrialRecord};
use crate::trial::Order;
use crate::vote::Reading;

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
    let (name, end) = (order(record.order, between), order_end(record, between));
    let heading = Part::Heading(format!("{name}: {end}"));
    let of_trial = |trial: &TrialRecord, heading: Part| {
        let mut parts = vec![heading];
        trial_parts(&mut parts, trial, record.order, between, rubric);
        parts
    };
    if let [only] = record.trials.as_slice() {
        return vec![of_trial(only, heading)];
    }
    let repeats = (1..).zip(&record.trials).map(|(number, trial)| {
        let end = trial_end(trial, record.order, between);
        of_trial(trial, Part::Heading(format!("repeat {number}: {end}")))
    });
    std::iter::once(vec![heading]).chain(repeats).collect()
}

fn trial_parts(
    parts: &mut Vec<Part>,
    trial: &TrialRecord,
    order: Order,
    between: &[String; 2],
    rubric: &Rubric,
) {
    if let Some(reading) = &trial.reading {
        for (criterion, choice) in in_order(reading, rubric) {
            parts.push(Part::Fact(format!("{criterion}: {}", vote(*choice, order, between))));
        }
        if let Some(confidence) = reading.confidence {
            parts.push(Part::Fact(format!("probability of the vote: {confidence:.3}")));
        }
    }
    let Some(reply) = trial.deciding_reply() else { return };
    let earlier = trial.replies().count() - 1;
    if earlier > 0 {
        let replies = counted(earlier as u64, "other reply");
        parts.push(Part::Fact(format!("{replies} without a vote (in the JSON format)")));
    }
    if reply.recorded_vote.is_some() {
        parts.push(Part::Fact("recorded as a vote, not read from a reply".to_owned()));
    }
    if reply.is_order_unknown {
        parts.push(Part::Fact("nobody knows which response was shown first".to_owned()));
    }
    reply_parts(parts, reply, trial.reading.as_ref());
}

/// Returns the votes on criteria in the order of the rubric; those that it does not have come last.
fn in_order<'a>(
    reading: &'a Reading,
    rubric: &'a Rubric,
) -> impl Iterator<Item = (&'a String, &'a crate::vote::Vote)> {
    let is_known = |name: &String| rubric.criteria.iter().any(|criterion| criterion.name == *name);
    let known = rubric.criteria.iter().filter_map(|one| reading.criteria.get_key_value(&one.name));
    known.chain(reading.criteria.iter().filter(move |(name, _)| !is_known(name)))
}

fn reply_parts(parts: &mut Vec<Part>, reply: &Reply, reading: Option<&Reading>) {
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
    match reading.and_then(|reading| only_reasoning(text, reading)) {
        Some(reasoning) if reasoning.is_empty() => {}
        Some(reasoning) => add("reasoning", &reasoning),
        None if text.is_empty() && (reply.refusal.is_some() || reply.recorded_vote.is_some()) => {}
        None => add("reply", text),
    }
}

/// Returns the reasoning of a reply that is a JSON object and nothing else, where everything else in it is shown
/// as votes.
fn only_reasoning(text: &str, reading: &Reading) -> Option<String> {
    let text = text.trim();
    let fenced = text.strip_prefix("```json").or_else(|| text.strip_prefix("```"));
    let text = fenced.and_then(|rest| rest.strip_suffix("```")).unwrap_or(text);
    let Value::Object(mut object) = serde_json::from_str(text).ok()? else { return None };
    object.remove("vote")?;
    match object.remove("criteria") {
        None => {}
        Some(Value::Object(criteria)) if criteria.len() == reading.criteria.len() => {}
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
    use crate::vote::Vote;

    fn reading(criteria: &[&str]) -> Reading {
        let criteria = criteria.iter().map(|name| ((*name).to_owned(), Vote::First)).collect();
        Reading { vote: Vote::First, confidence: None, first_probability: None, criteria }
    }

    #[test]
    fn of_a_json_object_that_is_shown_as_votes_only_the_reasoning_remains() {
        let plain = r#"{"reasoning":"Because.","criteria":{"a":"first"},"vote":"first"}"#;
        let fenced = format!("```json\n{plain}\n```");
        for text in [plain, fenced.as_str()] {
            assert_eq!(only_reasoning(text, &reading(&["a"])).unwrap(), "Because.");
        }
        assert_eq!(only_reasoning(r#"{"vote":"first"}"#, &reading(&[])).unwrap(), "");
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
            assert_eq!(only_reasoning(text, &reading(&[])), None, "{text}");
        }
    }
}
