//! `JudgeBench`'s layout: pairs of responses of one model with the better one by an objective check, and, in the files of
//! outputs, what a judge decided in both orders: the second judgment saw `response_B` as A.
//!
//! The systems are `a` and `b`, as in other sets whose responses are no systems of their own.

use std::collections::HashMap;

use serde_json::Value;

use super::collected::{Collected, Collector, add_response};
use super::source::Source;
use super::tags;
use crate::error::Result;
use crate::input::conversation::Content;
use crate::input::jsonl::Record;
use crate::input::recorded_answer::RecordedAnswer;
use crate::input::vote::{RecordedVote, Vote};

const NO_DECISION: (&str, &str) = (
    "judgment has no decision and is recorded as an unreadable reply",
    "judgments have no decision and are recorded as unreadable replies",
);

/// Reads pairs and judgments, in the order given.
pub(super) fn collect(sources: Vec<Source>) -> Result<Collected> {
    let mut collector = Collector::default();
    let mut labelled = HashMap::new();
    for source in sources {
        let of_file = judge_model_of(&source.shown).unwrap_or_default();
        let unnamed = source.stem();
        for record in source.records {
            pair(&mut collector, &mut labelled, record, [&of_file, &unnamed])?;
        }
    }
    Ok(collector.finish())
}

fn pair(
    collector: &mut Collector,
    labelled: &mut HashMap<String, (Vote, String)>,
    mut record: Record,
    [model_of_file, unnamed]: [&str; 2],
) -> Result<()> {
    let id = record.take_id_field("pair_id")?;
    let prompt = Content::Text(record.take_text("question")?);
    let responses = [record.take_text("response_A")?, record.take_text("response_B")?];
    let label = record.take_text("label")?;
    let Some(label) = vote(&label) else {
        return Err(record.error(format!("label: expected A>B or B>A, found `{label}`")));
    };
    let found = tags([
        ("source", record.take_optional_text("source")?),
        ("response_model", record.take_optional_text("response_model")?),
    ]);
    let item = collector.item(&record.place, &id, prompt)?;
    item.tags = found;
    for (system, response) in ["a", "b"].into_iter().zip(responses) {
        add_response(item, &record.place, system, Content::Text(response))?;
    }
    // Files of several judges repeat the pair and its label.
    if let Some((known, earlier)) = labelled.get(&id) {
        if *known != label {
            return Err(record
                .error(format!("label: pair {id} has another label here than in {earlier}"))
                .hint("give files of the same data set and version"));
        }
    } else {
        labelled.insert(id.clone(), (label, record.place.clone()));
        let winner = match label {
            Vote::First => Some("a"),
            Vote::Second => Some("b"),
            Vote::Tie => None,
        };
        collector.label(&id, "gold", ["a", "b"], winner);
    }
    let judgments = match record.take("judgments") {
        None => return Ok(()),
        Some(Value::Array(judgments)) if judgments.len() <= 2 => judgments,
        Some(Value::Array(judgments)) => {
            return Err(
                record.error(format!("judgments: expected one or two, found {}", judgments.len()))
            );
        }
        Some(other) => return Err(record.expected("judgments", "a list of judgments", &other)),
    };
    let prompt_name = record.take_optional_text("judge_name")?.unwrap_or_default();
    let model = judgments
        .iter()
        .find_map(|judgment| judgment.pointer("/judgment/judge_model").and_then(Value::as_str));
    let model = model.unwrap_or(model_of_file);
    let judge = [prompt_name.as_str(), model].into_iter().filter(|part| !part.is_empty());
    let judge = judge.collect::<Vec<_>>().join("-");
    let judge = if judge.is_empty() { unnamed } else { judge.as_str() };
    for (at, judgment) in judgments.iter().enumerate() {
        let pair = if at == 0 { ["a", "b"] } else { ["b", "a"] };
        let reply = judgment.pointer("/judgment/response").and_then(Value::as_str);
        let answer = match judgment.get("decision") {
            None | Some(Value::Null) => {
                collector.notice(NO_DECISION, &id);
                RecordedAnswer::of_text(reply.unwrap_or_default())
            }
            Some(decision) => {
                let Some(vote) = decision.as_str().and_then(vote) else {
                    return Err(record.error(format!(
                        "judgments[{at}].decision: expected A>B, B>A or A=B, found {decision}"
                    )));
                };
                let vote = Some(RecordedVote::of(vote));
                RecordedAnswer {
                    reply: reply.map(ToOwned::to_owned),
                    vote,
                    ..RecordedAnswer::default()
                }
            }
        };
        collector.answer(&record.place, judge, &id, pair, answer)?;
    }
    Ok(())
}

/// Reads who is better; letters are positions.
fn vote(word: &str) -> Option<Vote> {
    match word.trim() {
        "A>B" | "A>>B" => Some(Vote::First),
        "B>A" | "B>>A" => Some(Vote::Second),
        "A=B" | "tie" => Some(Vote::Tie),
        _ => None,
    }
}

/// Returns the judge's model out of a file name such as `dataset=…,judge_model=NAME.jsonl`.
fn judge_model_of(shown: &str) -> Option<String> {
    let (_, rest) = shown.split_once("judge_model=")?;
    let name = rest.split([',', '/']).next()?;
    Some(name.trim_end_matches(".jsonl").to_owned())
}
