//! The results of promptfoo as JSON, JSONL or YAML (`promptfoo eval -o results.json`): one entry for each test with each
//! prompt and provider. What is no result is read by `promptfoo_tests`.
//!
//! A test is an item and each output a response. Its system is the provider, the prompt, or both, by what differs in the
//! file. A `select-best` between two outputs is a vote in one order: that of the prompts in the file. What models and
//! people say about one output alone are grades (`promptfoo_assertions`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::collected::{Collected, Collector, add_response};
use super::graded::GradeLabelLine;
use super::layouts::FileKind;
use super::promptfoo_assertions::{
    Assessed, Graded, Questions, Rating, read as read_assertions, rubric_of_ratings, step,
};
use super::promptfoo_tests::{self, reference_of, shown_variables};
use super::source::Source;
use crate::error::{Error, Result};
use crate::input::conversation::Content;
use crate::input::recorded_answer::RecordedAnswer;
use crate::input::reference::Reference;
use crate::input::vote::{RecordedVote, Vote};

const NO_OUTPUT: (&str, &str) =
    ("result has no output and is left out", "results have no output and are left out");
const REPEATED: (&str, &str) = (
    "result repeats a test with the same prompt and provider and is left out",
    "results repeat a test with the same prompt and provider and are left out",
);
const BEST_OF_MANY: (&str, &str) = (
    "select-best chose among more than two outputs, which is no vote between two, and is left out",
    "select-bests chose among more than two outputs, which is no vote between two, and are left out",
);
const NOT_ONE_BEST: (&str, &str) = (
    "select-best passed not exactly one output and is recorded as an empty reply",
    "select-bests passed not exactly one output and are recorded as empty replies",
);
/// Who rated outputs in the viewer of promptfoo, which does not store a name.
const RATER: &str = "human";

/// The longest label of a prompt that is the name of a system.
const LONGEST_LABEL: usize = 40;

/// One output of a test.
struct Output {
    provider: String,
    label: String,
    text: String,
    prompt: Option<String>,
    assessed: Assessed,
    column: u64,
}

/// The outputs of one test, with its variables.
#[derive(Default)]
struct Test {
    vars: Value,
    reference: Option<String>,
    outputs: Vec<Output>,
}

/// Reads results, or configurations and tests that hold outputs.
pub(super) fn collect(sources: Vec<Source>) -> Result<Collected> {
    let is_result =
        |source: &Source| matches!(source.kind, FileKind::Promptfoo | FileKind::PromptfooLines);
    let results = sources.iter().filter(|source| is_result(source)).count();
    match results {
        0 => promptfoo_tests::collect(sources),
        all if all == sources.len() => collect_results(sources),
        _ => Err(Error::input("some of these files of promptfoo are results, and others are not")
            .hint("give the results alone: they hold the variables of the tests")),
    }
}

fn collect_results(sources: Vec<Source>) -> Result<Collected> {
    let mut collector = Collector::default();
    let mut questions = Questions::default();
    let mut tests: BTreeMap<(usize, u64), Test> = BTreeMap::new();
    let several = sources.len() > 1;
    for (file, source) in sources.into_iter().enumerate() {
        let is_line = source.kind == FileKind::PromptfooLines;
        for (line, mut record) in source.records.into_iter().enumerate() {
            if is_line {
                let place = record.place.clone();
                let result = Value::Object(record.into_fields());
                read(&mut collector, &mut questions, &mut tests, [file, line], &place, &result)?;
                continue;
            }
            let results = match record.take("results") {
                Some(Value::Object(mut fields)) => fields.remove("results"),
                results => results,
            };
            let Some(Value::Array(results)) = results else {
                return Err(record
                    .error("results.results is missing: expected a list of results")
                    .hint("export them again: promptfoo export eval ID -o results.json"));
            };
            for (at, result) in results.iter().enumerate() {
                let place = format!("{}: results[{at}]", record.place);
                read(&mut collector, &mut questions, &mut tests, [file, at], &place, result)?;
            }
        }
    }
    let of = |name: fn(&Output) -> &String| -> BTreeSet<String> {
        tests.values().flat_map(|test| &test.outputs).map(|output| name(output).clone()).collect()
    };
    let (providers, labels) = (of(|output| &output.provider), of(|output| &output.label));
    let labels: Vec<String> = labels.into_iter().collect();
    let naming = Naming { by_provider: providers.len() > 1, labels };
    for ((file, number), test) in tests {
        let id =
            if several { format!("test-{}-{number}", file + 1) } else { format!("test-{number}") };
        add_test(&mut collector, &naming, &id, test)?;
    }
    let mut collected = collector.finish();
    let has_references = collected.items.iter().all(|item| item.reference.is_some());
    collected.set_rubrics(|grader| questions.rubric(grader, has_references));
    if collected.rubrics.is_empty() && !collected.grade_labels.is_empty() {
        collected.rubrics.push(rubric_of_ratings());
    }
    Ok(collected)
}

/// How systems are named.
struct Naming {
    by_provider: bool,
    /// Every label of a prompt.
    labels: Vec<String>,
}

impl Naming {
    fn system(&self, output: &Output) -> String {
        let label = &output.label;
        if self.labels.len() < 2 {
            return output.provider.clone();
        }
        let is_name = label.chars().count() <= LONGEST_LABEL && !label.contains('\n');
        let number = self.labels.iter().position(|known| known == label).unwrap_or(0) + 1;
        let prompt = if is_name { label.clone() } else { format!("prompt-{number}") };
        if self.by_provider { format!("{} {prompt}", output.provider) } else { prompt }
    }
}

fn read(
    collector: &mut Collector,
    questions: &mut Questions,
    tests: &mut BTreeMap<(usize, u64), Test>,
    [file, at]: [usize; 2],
    place: &str,
    result: &Value,
) -> Result<()> {
    let text = |path: &str| result.pointer(path).and_then(Value::as_str).map(ToOwned::to_owned);
    let provider = text("/provider/label").filter(|label| !label.is_empty());
    let provider = provider.or_else(|| text("/provider/id")).or_else(|| text("/provider"));
    let Some(provider) = provider else {
        return Err(Error::input(format!("{place}.provider.id is missing")));
    };
    let Some(number) = result.get("testIdx").and_then(Value::as_u64) else {
        return Err(Error::input(format!("{place}.testIdx is missing")).hint(
            "results of promptfoo before 0.97 do not say which test they are of; evaluate again",
        ));
    };
    let output = match result.pointer("/response/output") {
        None | Some(Value::Null) => {
            collector.notice(NO_OUTPUT, place);
            return Ok(());
        }
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let of_test = tests.entry((file, number)).or_default();
    of_test.vars = result.get("vars").cloned().unwrap_or_default();
    of_test.reference = reference_of(result.pointer("/testCase/assert"), &of_test.vars);
    let raw = text("/prompt/raw");
    let label = text("/prompt/label").or_else(|| raw.clone()).unwrap_or_default();
    let column = result.get("promptIdx").and_then(Value::as_u64).unwrap_or(at as u64);
    // Two columns may have the same provider and label; repeats of one column are left out.
    let is_known = |known: &Output| {
        known.column == column && known.provider == provider && known.label == label
    };
    if of_test.outputs.iter().any(is_known) {
        collector.notice(REPEATED, place);
        return Ok(());
    }
    let assessed = read_assertions(collector, questions, place, result.get("gradingResult"))?;
    of_test.outputs.push(Output { provider, label, text: output, prompt: raw, assessed, column });
    Ok(())
}

fn add_test(collector: &mut Collector, naming: &Naming, id: &str, mut test: Test) -> Result<()> {
    test.outputs.sort_by_key(|output| output.column);
    let first = test.outputs[0].prompt.clone();
    let is_same = test.outputs.iter().all(|output| output.prompt == first);
    let prompt = match first.filter(|_| is_same) {
        Some(prompt) => prompt,
        None => shown_variables(&test.vars),
    };
    let place = format!("test {id}");
    let item = collector.item(&place, id, Content::Text(prompt))?;
    item.reference = test.reference.take().map(Reference::Text);
    item.context = test.vars.as_object().filter(|vars| !vars.is_empty()).map(|_| test.vars.clone());
    let mut names: Vec<String> = Vec::new();
    for output in &test.outputs {
        let name = naming.system(output);
        let has_name = |known: &&String| **known == name || known.starts_with(&format!("{name} ("));
        let equal = names.iter().filter(has_name).count();
        names.push(if equal == 0 { name } else { format!("{name} ({})", equal + 1) });
    }
    for (output, name) in test.outputs.iter().zip(&names) {
        add_response(item, &place, name, Content::Text(output.text.clone()))?;
    }
    for (output, name) in test.outputs.iter_mut().zip(&names) {
        add_grades(collector, &place, [id, name], &mut output.assessed)?;
    }
    if test.outputs.iter().all(|output| output.assessed.best.is_none()) {
        return Ok(());
    }
    let [one, other] = test.outputs.as_slice() else {
        if test.outputs.len() > 2 {
            collector.notice(BEST_OF_MANY, id);
        }
        return Ok(());
    };
    let passed = |output: &Output| output.assessed.best.as_ref().is_some_and(|(passed, _)| *passed);
    let vote = match (passed(one), passed(other)) {
        (true, false) => Some(Vote::First),
        (false, true) => Some(Vote::Second),
        _ => None,
    };
    let winner = if vote == Some(Vote::Second) { other } else { one };
    let answer = if let Some(vote) = vote {
        let reply = winner.assessed.best.as_ref().and_then(|(_, reason)| reason.clone());
        RecordedAnswer { reply, vote: Some(RecordedVote::of(vote)), ..RecordedAnswer::default() }
    } else {
        collector.notice(NOT_ONE_BEST, id);
        RecordedAnswer::of_text("")
    };
    collector.answer(&place, "select-best", id, [&names[0], &names[1]], answer)
}

/// Adds what models and people said about one output.
fn add_grades(
    collector: &mut Collector,
    place: &str,
    response: [&str; 2],
    assessed: &mut Assessed,
) -> Result<()> {
    for Graded { judge, pass, reason } in assessed.grades.drain(..) {
        let grade = pass.map(|pass| step(pass).to_owned());
        collector.grade(place, &judge, response, grade, reason)?;
    }
    if let Some(Rating { pass, comment }) = assessed.rating.take() {
        let [id, system] = response.map(ToOwned::to_owned);
        let (annotator, grade) = (RATER.to_owned(), step(pass).to_owned());
        let label = GradeLabelLine { id, annotator, system, grade, note: comment };
        collector.grade_label(place, None, label)?;
    }
    Ok(())
}
