//! A table of verdicts as anybody may have it: a prompt, two responses, and who is better by a judge, by people or both.
//!
//! | column | names |
//! | --- | --- |
//! | the prompt | `prompt`, `input`, `instruction`, `question` |
//! | the responses | `response_a`, `output_a`, `answer_a`, `response_1`, `output_1`, `answer_1`, and the same with `b` or `2` |
//! | their systems | `system_a`, `model_a`, `generator_a`, `system_1`, `model_1`, `generator_1`, …; else `a` and `b` |
//! | the item | `id`, `item_id`; else equal texts are one item |
//! | what a judge chose | `verdict`, `vote`, `judge_label`, `winner`, or `judge` where none of these is there |
//! | the judge's name | `judge_name`, `judge_model`, or `judge` beside one of the columns above, or where its cells are no choices; else `judge` |
//! | what was shown first | `first`; else `a` |
//! | the probability that it is better | `probability` |
//! | the judge's text, for people | `reason`, `reasoning`, `reply` |
//! | what people chose | `human`, `human_label`, `human_winner`, `label`; `winner` beside `annotator` |
//! | who that was | `annotator`, `rater`; else `human` |
//!
//! A choice is `a` or `b`, `1` or `2`, `first` or `second` (as shown), the name of a system, or `tie`. What a column means is
//! decided once for a file, from all its rows.

use std::collections::HashMap;

use serde_json::Value;

use super::cells::{
    ANNOTATOR, Cell, ID, OTHER_ID, PROMPT, REPLY, check_one, filled, take_any, take_cell, take_word,
};
use super::collected::{Collected, Collector, add_response_or};
use super::source::Source;
use crate::error::{Error, Result, counted};
use crate::input::conversation::Content;
use crate::input::jsonl::Record;
use crate::input::recorded_answer::RecordedAnswer;
use crate::input::vote::{RecordedVote, Vote};

/// The columns by which such a table is recognised.
pub(super) const KEYS: &[&str] = &[
    "prompt|input|instruction|question",
    "response_a|output_a|answer_a|response_1|output_1|answer_1",
    "response_b|output_b|answer_b|response_2|output_2|answer_2",
    "winner|verdict|vote|judge_label|judge|human|human_label|human_winner|label|probability",
];

const RESPONSES: [[&str; 6]; 2] = [
    ["response_a", "output_a", "answer_a", "response_1", "output_1", "answer_1"],
    ["response_b", "output_b", "answer_b", "response_2", "output_2", "answer_2"],
];
const SYSTEMS: [[&str; 6]; 2] = [
    ["system_a", "model_a", "generator_a", "system_1", "model_1", "generator_1"],
    ["system_b", "model_b", "generator_b", "system_2", "model_2", "generator_2"],
];
const HUMAN: [&str; 4] = ["human", "human_label", "human_winner", "label"];
const NO_CHOICE: (&str, &str) = (
    "row does not say which response is better: neither a judge nor a person chose",
    "rows do not say which response is better: neither a judge nor a person chose",
);
const VERDICT: [&str; 3] = ["verdict", "vote", "judge_label"];

/// Reads the rows.
pub(super) fn collect(sources: Vec<Source>) -> Result<Collected> {
    let mut collector = Collector::default();
    let mut ids = HashMap::new();
    let (mut rows, mut empty) = (0, 0);
    let several = sources.len() > 1;
    for source in sources {
        let unnamed = if several { source.stem() } else { "judge".to_owned() };
        let columns = ColumnMeanings::of(&source, unnamed)?;
        for record in source.records {
            rows += 1;
            let place = record.place.clone();
            if !read(&mut collector, &mut ids, record, &columns)? {
                empty += 1;
                collector.notice(NO_CHOICE, &place);
            }
        }
    }
    if empty == rows {
        return Err(Error::input(format!(
            "no row says which response is better (of {})",
            counted(rows, "row", "rows")
        ))
        .hint("fill in a column such as verdict, winner or human"));
    }
    Ok(collector.finish())
}

/// What the columns of a file mean that have several meanings.
struct ColumnMeanings {
    /// Whether `judge` holds what the judge chose; else it holds the judge's name.
    judge_is_choice: bool,
    /// The judge's name where no column has it.
    unnamed: String,
}

impl ColumnMeanings {
    /// # Errors
    ///
    /// Two columns hold the same thing.
    fn of(source: &Source, unnamed: String) -> Result<Self> {
        let records = &source.records;
        let is_filled = |names: &[&'static str]| !filled(source, names).is_empty();
        let human = filled(source, &HUMAN);
        let mut verdict = filled(source, &VERDICT);
        let winner_is_verdict =
            is_filled(&["winner"]) && !(is_filled(&ANNOTATOR) && human.is_empty());
        verdict.extend(winner_is_verdict.then_some("winner"));
        check_one(source, &human, "what people chose")?;
        check_one(source, &verdict, "what the judge chose")?;
        let is_named = is_filled(&["judge_name", "judge_model"]);
        let is_choice = |record: &Record| {
            let Some(Value::String(word)) = record.get("judge") else { return false };
            let system = |names: &[&str], default: &str| {
                let named = names.iter().find_map(|name| record.get(name)?.as_str());
                named.map(str::trim).filter(|name| !name.is_empty()).unwrap_or(default).to_owned()
            };
            let pair = [system(&SYSTEMS[0], "a"), system(&SYSTEMS[1], "b")];
            choice(word.trim(), pair.each_ref().map(String::as_str), 0).is_some()
        };
        let judge_is_choice = verdict.is_empty()
            && (is_named || !is_filled(&["probability"]) || records.iter().any(is_choice));
        Ok(Self { judge_is_choice, unnamed })
    }
}

/// Reads a row, and returns whether it says which response is better.
fn read(
    collector: &mut Collector,
    ids: &mut HashMap<[String; 5], String>,
    mut record: Record,
    columns: &ColumnMeanings,
) -> Result<bool> {
    let record = &mut record;
    let prompt = take_any(record, &PROMPT)?.ok_or_else(|| record.missing(PROMPT[0]))?;
    let mut responses = Vec::new();
    let mut systems = Vec::new();
    for side in 0..2 {
        let response = take_any(record, &RESPONSES[side])?;
        responses.push(response.ok_or_else(|| record.missing(RESPONSES[side][0]))?);
        let named = take_word(record, &SYSTEMS[side])?;
        systems.push(named.unwrap_or_else(|| ["a", "b"][side].to_owned()));
    }
    if systems[0].eq_ignore_ascii_case("b") || systems[1].eq_ignore_ascii_case("a") {
        return Err(record
            .error(format!(
                "the systems {} and {} are named like the other column, so that `a` has two meanings",
                systems[0], systems[1]
            ))
            .hint("rename the systems"));
    }
    if systems[0] == systems[1] {
        return Err(record
            .error(format!("both responses are of the system {}", systems[0]))
            .hint("give each response a system of its own"));
    }
    let key = [&prompt, &responses[0], &responses[1], &systems[0], &systems[1]].map(Clone::clone);
    let next = format!("row-{}", ids.len() + 1);
    let id = match take_word(record, &ID)? {
        Some(id) => id,
        None => ids.entry(key).or_insert(next).clone(),
    };
    let item = collector
        .item(&record.place, &id, Content::Text(prompt))
        .map_err(|error| error.hint(OTHER_ID))?;
    for (system, response) in systems.iter().zip(responses) {
        add_response_or(item, &record.place, system, Content::Text(response), OTHER_ID)?;
    }
    let pair = [systems[0].as_str(), systems[1].as_str()];
    let annotator = take_word(record, &ANNOTATOR)?;
    let first = match take_word(record, &["first"])? {
        None => 0,
        Some(word) => match choice(&word, pair, 0) {
            Some(Choice::Side(side)) => side,
            _ => return Err(unknown(record, "first", &word, pair)),
        },
    };
    if first == 1 && has_sign(record) {
        return Err(record
            .error("a choice such as A>B beside `first` has two meanings: by column, or as shown")
            .hint(
                "write a, b or tie, which are columns, or first and second, which are as shown",
            ));
    }
    let (human, judged) = take_choices(record, annotator.is_some(), columns)?;
    let is_labelled = human.is_some();
    if let Some((field, word)) = human {
        let chosen = choice(&word, pair, first);
        let chosen = chosen.ok_or_else(|| unknown(record, field, &word, pair))?;
        let annotator = annotator.as_deref().unwrap_or("human");
        let winner = match chosen {
            Choice::Side(side) => Some(pair[side]),
            Choice::Tie => None,
        };
        collector.label(&id, annotator, pair, winner);
    }
    let probability = take_probability(record)?;
    let recorded = match judged {
        None => probability.map(RecordedVote::implied_by),
        Some((field, word)) => {
            let chosen = choice(&word, pair, first);
            let vote = match chosen.ok_or_else(|| unknown(record, field, &word, pair))? {
                Choice::Tie => Vote::Tie,
                Choice::Side(side) if side == first => Vote::First,
                Choice::Side(_) => Vote::Second,
            };
            Some(RecordedVote { vote, probability })
        }
    };
    let Some(recorded) = recorded else { return Ok(is_labelled) };
    if recorded.is_contradicted() {
        return Err(record
            .error("probability: it contradicts what the judge chose")
            .hint("it is the probability that the response shown first is better"));
    }
    let judge = take_word(record, &["judge_name", "judge_model", "judge"])?;
    let reply = take_any(record, &REPLY)?;
    let order = [pair[first], pair[1 - first]];
    let reply = reply.filter(|reply| !reply.is_empty());
    let answer = RecordedAnswer { reply, vote: Some(recorded), ..RecordedAnswer::default() };
    let judge = judge.as_deref().unwrap_or(&columns.unnamed);
    collector.answer(&record.place, judge, &id, order, answer)?;
    Ok(true)
}

/// Removes what people and what a judge chose.
fn take_choices(
    record: &mut Record,
    has_annotator: bool,
    columns: &ColumnMeanings,
) -> Result<(Cell, Cell)> {
    let mut human = take_cell(record, &HUMAN)?;
    let mut judged = take_cell(record, &VERDICT)?;
    let winner = take_cell(record, &["winner"])?;
    if winner.is_some() {
        let of_people = has_annotator && human.is_none();
        if of_people {
            human = winner;
        } else if judged.is_none() {
            judged = winner;
        }
    }
    if judged.is_none() && columns.judge_is_choice {
        judged = take_cell(record, &["judge"])?;
    }
    Ok((human, judged))
}

fn take_probability(record: &mut Record) -> Result<Option<f64>> {
    let Some(word) = take_word(record, &["probability"])? else { return Ok(None) };
    let probability = word.parse::<f64>().ok().filter(|value| (0.0..=1.0).contains(value));
    probability.map(Some).ok_or_else(|| {
        record.error(format!("probability: expected a number from 0 to 1, found `{word}`"))
    })
}

/// Returns whether a choice is written with a sign between two letters.
fn has_sign(record: &Record) -> bool {
    let mut columns = HUMAN.iter().chain(&VERDICT).chain(&["winner", "judge"]);
    let word =
        |name: &&str| record.get(name)?.as_str().map(|word| word.trim().to_ascii_lowercase());
    columns
        .any(|name| word(name).is_some_and(|word| word.starts_with("a>") || word.starts_with("b>")))
}

/// What a cell chooses.
#[derive(Clone, Copy)]
enum Choice {
    Side(usize),
    Tie,
}

/// Returns what a word chooses; `None` if it is neither a side nor a tie.
fn choice(word: &str, pair: [&str; 2], first: usize) -> Option<Choice> {
    if let Some(side) = pair.iter().position(|system| *system == word) {
        return Some(Choice::Side(side));
    }
    match word.to_ascii_lowercase().as_str() {
        "a" | "1" | "model_a" | "response_a" | "a>b" | "a>>b" => Some(Choice::Side(0)),
        "b" | "2" | "model_b" | "response_b" | "b>a" | "b>>a" => Some(Choice::Side(1)),
        "first" => Some(Choice::Side(first)),
        "second" => Some(Choice::Side(1 - first)),
        "tie" | "draw" | "equal" | "both" | "neither" | "a=b" | "b=a" => Some(Choice::Tie),
        _ => None,
    }
}

fn unknown(record: &Record, field: &str, word: &str, [a, b]: [&str; 2]) -> Error {
    record.error(format!("{field}: `{word}` is neither of the two responses nor a tie")).hint(
        match [a, b] {
            ["a", "b"] => "write a, b, first, second or tie".to_owned(),
            _ => format!("write {a}, {b}, a, b, first, second or tie"),
        },
    )
}
