//! MT-bench's layout: questions of two turns, answers of each model, judgments of pairs with two games, and judgments
//! of people.
//!
//! Each turn is an item of its own, `QUESTION-TURN`: its prompt is the first turn of the question, and the response to
//! the second turn is the conversation up to there. In the first game `model_1` was shown first, in the second
//! `model_2`; both name the winner by model.

use std::collections::HashMap;

use serde_json::Value;

use super::collected::{Collected, Collector, add_response};
use super::conversations::{response_up_to, take_choice, take_texts};
use super::layouts::FileKind;
use super::source::Source;
use super::tags;
use crate::error::{Error, Result};
use crate::input::conversation::Content;
use crate::input::jsonl::{Path, Record};
use crate::input::read_conversation::read_content;
use crate::input::recorded_answer::RecordedAnswer;
use crate::input::reference::Reference;
use crate::input::vote::{RecordedVote, Vote};

const NO_WINNER: (&str, &str) = (
    "game ended in an error and is recorded as an unreadable reply",
    "games ended in an error and are recorded as unreadable replies",
);
const NO_ANSWERS: (&str, &str) = (
    "judgment is of a question or model whose answers were not given, and is left out",
    "judgments are of questions or models whose answers were not given, and are left out",
);
const BY_A_MODEL: (&str, &str) = (
    "judgment among those of people is by a model, of both orders together, and is left out",
    "judgments among those of people are by a model, of both orders together, and are left out",
);

/// A question with its turns.
struct Question {
    turns: Vec<String>,
    category: Option<String>,
    references: Vec<String>,
}

/// Reads questions, answers and judgments, in whatever order they are given.
pub(super) fn collect(sources: Vec<Source>) -> Result<Collected> {
    let mut collector = Collector::default();
    let mut of_kind: [Vec<Record>; 4] = Default::default();
    for source in sources {
        let kind = match source.kind {
            FileKind::MtBenchQuestions => 0,
            FileKind::MtBenchAnswers => 1,
            FileKind::MtBenchHuman => 2,
            _ => 3,
        };
        of_kind[kind].extend(source.records);
    }
    let [questions, answers, human, judgments] = of_kind;
    if answers.is_empty() && human.is_empty() {
        return Err(Error::input("these files of MT-bench have no answers")
            .hint("give question.jsonl and the files in model_answer too"));
    }
    let mut known = HashMap::new();
    for record in questions {
        let (id, question) = question(record)?;
        known.insert(id, question);
    }
    for record in answers {
        answer(&mut collector, &known, record)?;
    }
    for record in human {
        human_judgment(&mut collector, record)?;
    }
    let all = judgments.len();
    for record in judgments {
        judgment(&mut collector, record)?;
    }
    collector.check_some_used(all, super::arena_hard::NO_ANSWERS_TO_ANY)?;
    Ok(collector.finish())
}

fn question(mut record: Record) -> Result<(String, Question)> {
    let id = record.take_id_field("question_id")?;
    let turns = take_texts(&mut record, "turns")?;
    let category = record.take_optional_text("category")?;
    let has_references = record.get("reference").is_some_and(|list| list.get(0).is_some());
    let references =
        if has_references { take_texts(&mut record, "reference")? } else { Vec::new() };
    Ok((id, Question { turns, category, references }))
}

fn item_id(question: &str, turn: usize) -> String {
    format!("{question}-{turn}")
}

fn answer(
    collector: &mut Collector,
    questions: &HashMap<String, Question>,
    mut record: Record,
) -> Result<()> {
    let id = record.take_id_field("question_id")?;
    let model = record.take_name("model_id")?;
    let answers = take_choice(collector, &mut record)?;
    let Some(question) = questions.get(&id) else {
        return Err(record
            .error(format!("question {id} is not among the questions"))
            .hint("give question.jsonl too"));
    };
    if answers.len() > question.turns.len() {
        return Err(record.error(format!(
            "choices[0].turns: found {} answers to the {} turns of question {id}",
            answers.len(),
            question.turns.len()
        )));
    }
    for turn in 1..=answers.len() {
        let prompt = Content::from(question.turns[0].as_str());
        let item = collector.item(&record.place, &item_id(&id, turn), prompt)?;
        item.tags =
            tags([("category", question.category.clone()), ("turn", Some(turn.to_string()))]);
        item.reference = question.references.get(turn - 1).cloned().map(Reference::Text);
        let response = response_up_to(&question.turns, &answers[..turn]);
        add_response(item, &record.place, &model, response)?;
    }
    Ok(())
}

fn take_turn(record: &mut Record) -> Result<usize> {
    match record.take("turn") {
        Some(value) => match value.as_u64() {
            Some(turn @ 1..=9) => Ok(turn as usize),
            _ => Err(record.error(format!("turn: expected 1 or 2, found {value}"))),
        },
        None => Err(record.missing("turn")),
    }
}

fn judgment(collector: &mut Collector, mut record: Record) -> Result<()> {
    let id = record.take_id_field("question_id")?;
    let models = [record.take_name("model_1")?, record.take_name("model_2")?];
    let id = item_id(&id, take_turn(&mut record)?);
    let judge = match record.take("judge") {
        Some(Value::String(name)) => name,
        // The model, and the name of its prompt.
        Some(Value::Array(names)) if names.first().is_some_and(Value::is_string) => {
            names[0].as_str().unwrap_or_default().to_owned()
        }
        Some(other) => {
            return Err(record.expected("judge", "the judge's name, or a list with it", &other));
        }
        None => return Err(record.missing("judge")),
    };
    let is_known = |model: &String| {
        collector.known(&id).is_some_and(|item| item.responses.contains_key(model))
    };
    if !models.iter().all(is_known) {
        collector.notice(NO_ANSWERS, &format!("{id}, {} against {}", models[0], models[1]));
        return Ok(());
    }
    let games = [("g1_winner", "g1_judgment", 0), ("g2_winner", "g2_judgment", 1)];
    for (winner, text, first) in games {
        let pair = [models[first].as_str(), models[1 - first].as_str()];
        let reply = record.take_optional_text(text)?;
        let vote = match record.take_text(winner)?.as_str() {
            "model_1" => Some(if first == 0 { Vote::First } else { Vote::Second }),
            "model_2" => Some(if first == 0 { Vote::Second } else { Vote::First }),
            "tie" => Some(Vote::Tie),
            "error" => None,
            other => {
                return Err(record.error(format!(
                    "{winner}: expected model_1, model_2, tie or error, found `{other}`"
                )));
            }
        };
        let answer = if let Some(vote) = vote {
            RecordedAnswer {
                reply,
                vote: Some(RecordedVote::of(vote)),
                ..RecordedAnswer::default()
            }
        } else {
            collector.notice(NO_WINNER, &id);
            RecordedAnswer::of_text(reply.unwrap_or_default())
        };
        collector.answer(&record.place, &judge, &id, pair, answer)?;
    }
    Ok(())
}

fn human_judgment(collector: &mut Collector, mut record: Record) -> Result<()> {
    let question = record.take_id_field("question_id")?;
    let turn = take_turn(&mut record)?;
    let id = item_id(&question, turn);
    let annotator = record.take("judge");
    let Some(annotator) =
        annotator.as_ref().and_then(Value::as_str).filter(|name| *name != "gpt4_pair")
    else {
        collector.notice(BY_A_MODEL, &id);
        return Ok(());
    };
    let models = [record.take_name("model_a")?, record.take_name("model_b")?];
    let mut prompts = Vec::new();
    let mut responses = Vec::new();
    for field in ["conversation_a", "conversation_b"] {
        let Some(value) = record.take(field) else { return Err(record.missing(field)) };
        let content = read_content(&mut record, &Path::new(field), value)?;
        let turns = content.turns();
        if turns.len() < 2 * turn {
            return Err(record.error(format!(
                "{field}: turn {turn} was judged, but the conversation has {} messages",
                turns.len()
            )));
        }
        let content = Content::Turns(turns[..2 * turn].to_vec());
        let (prompt, response) = super::conversations::divide(&record, field, &content)?;
        prompts.push(prompt);
        responses.push(response);
    }
    if prompts[0] != prompts[1] {
        return Err(record.error("conversation_b: begins with another prompt than conversation_a"));
    }
    let item = collector.item(&record.place, &id, prompts.swap_remove(0))?;
    if item.tags.is_empty() {
        item.tags = tags([("turn", Some(turn.to_string()))]);
    }
    for (model, response) in models.iter().zip(responses) {
        add_response(item, &record.place, model, response)?;
    }
    let pair = models.each_ref().map(String::as_str);
    let winner = match record.take_text("winner")?.as_str() {
        "model_a" => Some(pair[0]),
        "model_b" => Some(pair[1]),
        "tie" | "tie (inconsistent)" => None,
        other => {
            return Err(
                record.error(format!("winner: expected model_a, model_b or tie, found `{other}`"))
            );
        }
    };
    collector.label(&id, annotator, pair, winner);
    Ok(())
}
