//! Arena-Hard's layout: questions, answers of each model, and judgments with two games: in the first the judge saw the
//! baseline as A and the model as B, in the second the other way round.
//!
//! Version 2 names the question `uid` and the model `model`; the first one `question_id` and `model_id`, and its
//! judgments do not name the baseline. `A>>B` and `A>B` are the same vote: how much better is no probability.

use serde_json::Value;

use super::collected::{Collected, Collector, add_response};
use super::conversations::{content_of, response_up_to, take_choice, take_texts};
use super::layouts::FileKind;
use super::source::Source;
use super::tags;
use crate::error::{Error, Remedy, Result};
use crate::input::conversation::{Content, Turn};
use crate::input::jsonl::{Path, Record};
use crate::input::read_conversation::read_content;
use crate::input::recorded_answer::RecordedAnswer;
use crate::input::vote::{RecordedVote, Vote};

const NO_SCORE: (&str, &str) = (
    "game has no score and is recorded as an unreadable reply",
    "games have no score and are recorded as unreadable replies",
);
const NO_ANSWERS: (&str, &str) = (
    "judgment is of a question or model whose answers were not given, and is left out",
    "judgments are of questions or models whose answers were not given, and are left out",
);

/// Why no judgment could be used.
pub(super) const NO_ANSWERS_TO_ANY: &str =
    "they are of questions or models whose answers were not given";
const SYSTEM_MESSAGE: (&str, &str) = (
    "answer was given under a system message, which is left out: an item has one prompt for all systems",
    "answers were given under a system message, which is left out: an item has one prompt for all systems",
);

/// Reads questions, answers and judgments, in whatever order they are given.
pub(super) fn collect(sources: Vec<Source>, baseline: Option<&str>) -> Result<Collected> {
    let mut collector = Collector::default();
    let has = |kind: FileKind| sources.iter().any(|source| source.kind == kind);
    if has(FileKind::ArenaHardJudgments) && !has(FileKind::ArenaHardAnswers) {
        return Err(Error::input(
            "these are judgments of Arena-Hard without the answers they are about",
        )
        .hint("give question.jsonl and the files in model_answer, of the baseline too"));
    }
    let mut of_kind = [Vec::new(), Vec::new(), Vec::new()];
    for source in sources {
        let kind = match source.kind {
            FileKind::ArenaHardQuestions => 0,
            FileKind::ArenaHardAnswers => 1,
            _ => 2,
        };
        of_kind[kind].extend(source.records);
    }
    let [questions, answers, judgments] = of_kind;
    for record in questions {
        question(&mut collector, record)?;
    }
    for record in answers {
        answer(&mut collector, record)?;
    }
    let all = judgments.len();
    for record in judgments {
        judgment(&mut collector, record, baseline)?;
    }
    collector.check_some_used(all, NO_ANSWERS_TO_ANY)?;
    Ok(collector.finish())
}

/// Returns the id of the question, which has another name in each version.
pub(super) fn take_question_id(record: &mut Record) -> Result<String> {
    let field = if record.has("uid") { "uid" } else { "question_id" };
    record.take_id_field(field)
}

fn question(collector: &mut Collector, mut record: Record) -> Result<()> {
    let id = take_question_id(&mut record)?;
    let prompt = if record.has("prompt") {
        Content::Text(record.take_text("prompt")?)
    } else {
        let turns = take_texts(&mut record, "turns")?;
        let turns: Vec<Turn> = turns.into_iter().map(|text| Turn::new("user", text)).collect();
        content_of(&turns, "user")
    };
    let mut text = |field: &str| record.take_optional_text(field);
    let found = [
        ("category", text("category")?),
        ("subcategory", text("subcategory")?),
        ("cluster", text("cluster")?),
    ];
    let place = record.place.clone();
    collector.item(&place, &id, prompt)?.tags = tags(found);
    Ok(())
}

fn answer(collector: &mut Collector, mut record: Record) -> Result<()> {
    let id = take_question_id(&mut record)?;
    let field = if record.has("model_id") { "model_id" } else { "model" };
    let model = record.take_name(field)?;
    let (prompt, response) = if record.has("messages") {
        messages(&mut record)?
    } else {
        (None, response_up_to(&[], &take_choice(collector, &mut record)?))
    };
    let prompt = prompt.map(|prompt| {
        let Content::Turns(turns) = &prompt else { return prompt };
        let asked: Vec<Turn> = turns.iter().filter(|turn| turn.role != "system").cloned().collect();
        if asked.len() < turns.len() {
            collector.notice(SYSTEM_MESSAGE, &record.place);
        }
        content_of(&asked, "user")
    });
    if let (Some(prompt), Some(item)) = (&prompt, collector.known(&id))
        && last_text(prompt) != last_text(&item.prompt)
    {
        return Err(record
            .error(format!(
                "messages: the answer is to another prompt than that of question {id} in {}",
                item.place
            ))
            .hint("give files of the same data set and version"));
    }
    if collector.known(&id).is_none() {
        let Some(prompt) = prompt else {
            return Err(record
                .error(format!("question {id} is not among the questions"))
                .hint("give question.jsonl too"));
        };
        collector.item(&record.place, &id, prompt)?;
    }
    let Some(item) = collector.known_mut(&id) else { return Ok(()) };
    add_response(item, &record.place, &model, response)
}

/// Returns what was asked last, without surrounding white space.
fn last_text(prompt: &Content) -> &str {
    match prompt {
        Content::Text(text) => text.trim(),
        Content::Turns(turns) => turns.last().map_or("", |turn| turn.content.trim()),
    }
}

/// Reads the messages of an answer, in which the content of the assistant is an object with the text under `answer`.
fn messages(record: &mut Record) -> Result<(Option<Content>, Content)> {
    let Some(mut value) = record.take("messages") else { return Err(record.missing("messages")) };
    for message in value.as_array_mut().into_iter().flatten() {
        let text = message.pointer("/content/answer").cloned();
        if let (Some(text), Some(content)) = (text, message.get_mut("content")) {
            *content = text;
        }
    }
    let content = read_content(record, &Path::new("messages"), value)?;
    let (prompt, response) = super::conversations::divide(record, "messages", &content)?;
    Ok((Some(prompt), response))
}

fn judgment(collector: &mut Collector, mut record: Record, baseline: Option<&str>) -> Result<()> {
    let id = take_question_id(&mut record)?;
    let (judge, model) = (record.take_name("judge")?, record.take_name("model")?);
    let named = record.take_optional_text("baseline")?;
    let Some(baseline) = named.or_else(|| baseline.map(ToOwned::to_owned)) else {
        return Err(record
            .error("baseline is missing: the first version of Arena-Hard does not name the model that others are compared with")
            .suggest(Remedy::NameBaseline));
    };
    let games = match record.take("games") {
        Some(Value::Array(games)) => games,
        Some(other) => return Err(record.expected("games", "a list of games", &other)),
        None => return Err(record.missing("games")),
    };
    if model == baseline {
        return Err(record.error(format!("model: {model} is compared with itself")));
    }
    let is_known = |system: &String| {
        collector.known(&id).is_some_and(|item| item.responses.contains_key(system))
    };
    if !is_known(&model) || !is_known(&baseline) {
        collector.notice(NO_ANSWERS, &format!("{id}, {model} against {baseline}"));
        return Ok(());
    }
    if games.len() > 2 {
        return Err(record
            .error(format!("games: expected one or two games, found {}", games.len()))
            .hint("the first shows the baseline first, the second the model"));
    }
    for (at, game) in games.iter().enumerate() {
        let pair = if at == 0 { [baseline.as_str(), &model] } else { [model.as_str(), &baseline] };
        let reply = match game.get("judgment") {
            Some(Value::Object(fields)) => fields.get("answer").and_then(Value::as_str),
            Some(value) => value.as_str(),
            None => None,
        };
        let Some(score) = score(&record, at, game)? else {
            collector.notice(NO_SCORE, &id);
            let answer = RecordedAnswer::of_text(reply.unwrap_or_default());
            collector.answer(&record.place, &judge, &id, pair, answer)?;
            continue;
        };
        let answer = RecordedAnswer {
            reply: reply.map(ToOwned::to_owned),
            vote: Some(RecordedVote::of(score)),
            ..RecordedAnswer::default()
        };
        collector.answer(&record.place, &judge, &id, pair, answer)?;
    }
    Ok(())
}

/// Returns the vote of a game; `None` where the judge gave none.
fn score(record: &Record, at: usize, game: &Value) -> Result<Option<Vote>> {
    let path = format!("games[{at}].score");
    let word = match game.get("score") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(word)) => word,
        Some(other) => return Err(record.expected(path, "a string such as \"A>B\"", other)),
    };
    // The letters say who is better by their order and the sign between them.
    Ok(Some(match word.trim() {
        "A>>B" | "A>B" | "B<A" | "B<<A" => Vote::First,
        "B>>A" | "B>A" | "A<B" | "A<<B" => Vote::Second,
        "A=B" | "B=A" => Vote::Tie,
        _ => {
            return Err(record
                .error(format!("{path}: expected A>>B, A>B, A=B, B>A or B>>A, found `{word}`")));
        }
    }))
}
