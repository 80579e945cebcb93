//! `alpaca_eval`'s layout: lists of outputs (`instruction`, `output`, `generator`), and of annotations (`output_1`,
//! `output_2`, `preference`), by a judge (`annotator`) or by people (`annotator_index`).
//!
//! There are no ids: an item is an instruction, numbered in the order in which instructions first occur. What is in the
//! way (another output of the same generator, or a second annotation by the same judge of the same pair) makes another
//! item of the same instruction, so that every annotation counts once.
//!
//! `preference` is 1 for `output_1`, 2 for `output_2` and 1.5, in older files 0, for a draw; between them it is 1 plus
//! the probability of `output_2`. So the probability of `output_1` is 2 less it, exactly: no digit is lost.
//!
//! `alpaca_eval` draws the order in which a judge sees the outputs and does not store it. Where the stored completion is
//! the letter by which its judges choose (`m` for what was shown first, `M` for the other), letter and preference give
//! the order; elsewhere `output_1` is recorded as shown first, and the line says that the order is unknown.

use std::collections::{HashMap, HashSet};

use super::collected::{Collected, Collector, add_response};
use super::instructions::InstructionItems;
use super::layouts::FileKind;
use super::source::Source;
use super::tags;
use crate::error::Result;
use crate::input::conversation::Content;
use crate::input::jsonl::Record;
use crate::input::recorded_answer::RecordedAnswer;
use crate::input::vote::RecordedVote;

const ORDER_UNKNOWN: (&str, &str) = (
    "annotation does not say which output was shown first; it is recorded with output_1 first and the order marked as \
     unknown: position statistics of its judge mean nothing, and asking the other order cannot complete it",
    "annotations do not say which output was shown first; they are recorded with output_1 first and the order marked as \
     unknown: position statistics of their judge mean nothing, and asking the other order cannot complete them",
);
const ORDER_OF_DRAW_UNKNOWN: (&str, &str) = (
    "annotation is a draw and does not say which output was shown first; it chooses no position, but is marked as of \
     unknown order, because asking the other order cannot complete it",
    "annotations are draws and do not say which output was shown first; they choose no position, but are marked as of \
     unknown order, because asking the other order cannot complete them",
);
const NO_PREFERENCE: (&str, &str) = (
    "annotation has no preference and is recorded as an empty reply",
    "annotations have no preference and are recorded as empty replies",
);
const INDEX_OF_JUDGE: (&str, &str) = (
    "annotation has `annotator` beside `annotator_index` and is taken as that of a judge, not of a person",
    "annotations have `annotator` beside `annotator_index` and are taken as those of a judge, not of people",
);
const SAME_GENERATOR: (&str, &str) = (
    "annotation compares a generator with itself; its outputs are called (1) and (2)",
    "annotations compare a generator with itself; their outputs are called (1) and (2)",
);

/// Reads outputs and annotations, in the order given.
pub(super) fn collect(sources: Vec<Source>) -> Result<Collected> {
    let mut reader = Reader::default();
    // Annotations first: an item has the outputs that were compared, and further outputs join it.
    let (annotations, outputs): (Vec<Source>, Vec<Source>) =
        sources.into_iter().partition(|source| source.kind == FileKind::AlpacaAnnotations);
    for record in annotations.into_iter().flat_map(|source| source.records) {
        reader.annotation(record)?;
    }
    for record in outputs.into_iter().flat_map(|source| source.records) {
        reader.output(record)?;
    }
    Ok(reader.collector.finish())
}

#[derive(Default)]
struct Reader {
    collector: Collector,
    /// The items of each instruction.
    of_instruction: HashMap<String, InstructionItems>,
    /// The item after the last one that a judge annotated with the same outputs of an instruction.
    next: HashMap<Annotated, usize>,
    /// The judge, item and pair of each annotation.
    annotated: HashSet<(String, String, [String; 2])>,
    items: usize,
}

/// What is annotated: the judge, the instruction, and the two systems and outputs.
#[derive(PartialEq, Eq, Hash)]
struct Annotated {
    judge: String,
    instruction: String,
    systems: [String; 2],
    outputs: [String; 2],
}

impl Reader {
    /// Adds outputs to the item of an instruction that has this number, and returns its id. It may be a new one.
    fn add(
        &mut self,
        record: &Record,
        instruction: &str,
        number: usize,
        outputs: &[(&str, &str)],
        dataset: Option<String>,
    ) -> Result<String> {
        let of = self.of_instruction.entry(instruction.to_owned()).or_default();
        let id = if let Some(id) = of.ids.get(number) {
            id.clone()
        } else {
            self.items += 1;
            let id = format!("alpaca-{:04}", self.items);
            of.ids.push(id.clone());
            let item = self.collector.item(&record.place, &id, Content::from(instruction))?;
            item.tags = tags([("dataset", dataset)]);
            id
        };
        for (system, output) in outputs {
            of.set(number, system, output);
            if let Some(item) = self.collector.known_mut(&id) {
                add_response(item, &record.place, system, Content::from(*output))?;
            }
        }
        Ok(id)
    }

    fn output(&mut self, mut record: Record) -> Result<()> {
        let instruction = instruction(&mut record)?;
        let (output, generator) = (record.take_text("output")?, record.take_name("generator")?);
        let dataset = record.take_optional_text("dataset")?;
        let outputs = [(generator.as_str(), output.as_str())];
        let known = self.of_instruction.get(&instruction);
        let number = known.map_or(0, |items| items.find(&outputs, 0, |_| true));
        self.add(&record, &instruction, number, &outputs, dataset).map(drop)
    }

    fn annotation(&mut self, mut record: Record) -> Result<()> {
        let instruction = instruction(&mut record)?;
        let outputs = [record.take_text("output_1")?, record.take_text("output_2")?];
        let mut systems = [
            record.take_optional_text("generator_1")?.unwrap_or_else(|| "output_1".to_owned()),
            record.take_optional_text("generator_2")?.unwrap_or_else(|| "output_2".to_owned()),
        ];
        if systems[0] == systems[1] {
            self.collector.notice(SAME_GENERATOR, &record.place);
            let name = &systems[0];
            systems = [format!("{name} (1)"), format!("{name} (2)")];
        }
        let person = record.take("annotator_index");
        let annotator = record.take_optional_text("annotator")?;
        if person.is_some() && !annotator.as_deref().is_none_or(names_people) {
            self.collector.notice(INDEX_OF_JUDGE, &record.place);
        }
        // A judge too may have a number among others.
        let person = person.filter(|_| annotator.as_deref().is_none_or(names_people));
        let judge = match &person {
            Some(index) => format!("annotator-{}", index.to_string().trim_matches('"')),
            None => annotator.unwrap_or_else(|| "alpaca_eval".to_owned()),
        };
        let dataset = record.take_optional_text("dataset")?;
        let probability = probability_of_first(&mut record)?;
        let pairs = [
            (systems[0].as_str(), outputs[0].as_str()),
            (systems[1].as_str(), outputs[1].as_str()),
        ];
        let annotated = Annotated {
            judge: judge.clone(),
            instruction: instruction.clone(),
            systems: systems.clone(),
            outputs: outputs.clone(),
        };
        let from = self.next.get(&annotated).copied().unwrap_or(0);
        let key = |id: &str| (judge.clone(), id.to_owned(), systems.clone());
        let number = self.of_instruction.get(&instruction).map_or(0, |items| {
            items.find(&pairs, from, |item| !self.annotated.contains(&key(&items.ids[item])))
        });
        let id = self.add(&record, &instruction, number, &pairs, dataset)?;
        self.annotated.insert(key(&id));
        self.next.insert(annotated, number + 1);
        let pair = systems.each_ref().map(String::as_str);
        if person.is_some() {
            let Some(probability) = probability else {
                return Err(record.missing("preference"));
            };
            let winner = if probability > 0.5 {
                Some(pair[0])
            } else if probability < 0.5 {
                Some(pair[1])
            } else {
                None
            };
            self.collector.label(&id, &judge, pair, winner);
            return Ok(());
        }
        let Some(probability) = probability else {
            self.collector.notice(NO_PREFERENCE, &id);
            let answer = RecordedAnswer {
                reply: Some(completion(&mut record).unwrap_or_default()),
                is_order_unknown: true,
                ..RecordedAnswer::default()
            };
            return self.collector.answer(&record.place, &judge, &id, pair, answer);
        };
        let reply = completion(&mut record);
        let is_swapped = reply.as_deref().and_then(|reply| is_swapped(reply, probability));
        if is_swapped.is_none() {
            let notice = match probability {
                0.5 => ORDER_OF_DRAW_UNKNOWN,
                _ => ORDER_UNKNOWN,
            };
            self.collector.notice(notice, &id);
        }
        let (order, of_first) = match is_swapped {
            Some(true) => ([pair[1], pair[0]], 1.0 - probability),
            _ => (pair, probability),
        };
        let vote = Some(RecordedVote::implied_by(of_first));
        let answer =
            RecordedAnswer { reply, vote, is_order_unknown: is_swapped.is_none(), grade: None };
        self.collector.answer(&record.place, &judge, &id, order, answer)
    }
}

/// Returns whether the name of an annotator says that people annotated.
fn names_people(annotator: &str) -> bool {
    matches!(annotator.to_ascii_lowercase().as_str(), "human" | "humans")
}

/// Returns the instruction, followed by the input that older files keep apart.
fn instruction(record: &mut Record) -> Result<String> {
    let instruction = record.take_text("instruction")?;
    Ok(match record.take_optional_text("input")? {
        Some(input) if !input.is_empty() => format!("{instruction}\n\n{input}"),
        _ => instruction,
    })
}

/// Returns the probability that `output_1` is better; `None` where there is no preference.
fn probability_of_first(record: &mut Record) -> Result<Option<f64>> {
    let Some(value) = record.take("preference") else { return Ok(None) };
    let preference = match &value {
        serde_json::Value::Number(number) => number.as_f64(),
        // What spreadsheets and pandas leave where there is none.
        serde_json::Value::String(text)
            if matches!(text.trim().to_ascii_lowercase().as_str(), "" | "nan" | "none") =>
        {
            return Ok(None);
        }
        serde_json::Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match preference {
        Some(0.0) => Ok(Some(0.5)),
        Some(preference) if (1.0..=2.0).contains(&preference) => Ok(Some(2.0 - preference)),
        Some(_) => Err(record
            .error(format!(
                "preference: expected a number from 1 to 2, or 0 for a draw, found {value}"
            ))
            .hint("1 is for output_1, 2 for output_2")),
        None => Err(record.expected("preference", "a number from 1 to 2", &value)),
    }
}

/// Returns what the judge wrote, where the file has it as a text.
fn completion(record: &mut Record) -> Option<String> {
    let fields = ["preference_raw_completion", "raw_completion"];
    let raw = fields.into_iter().find_map(|field| record.take(field))?;
    // With log probabilities it is the whole choice of the server.
    let text = raw.as_str().or_else(|| raw.get("text").and_then(serde_json::Value::as_str));
    text.map(ToOwned::to_owned)
}

/// Returns whether `output_2` was shown first, from the letter that a judge chose and the probability of `output_1`;
/// `None` where they do not say it.
fn is_swapped(completion: &str, probability: f64) -> Option<bool> {
    let chose_first = match completion.trim() {
        "m" => true,
        "M" => false,
        _ => return None,
    };
    let output_1_is_better = match probability {
        0.5 => return None,
        probability => probability > 0.5,
    };
    Some(chose_first != output_1_is_better)
}
