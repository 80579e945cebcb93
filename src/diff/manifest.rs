//! What differs in the manifests of two runs: the rubric, the prompt, the judge, the plan.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value, json};
use similar::TextDiff;

use crate::error::Result;
use crate::input::{Criterion, LoadedRubric, PromptSource, ReplyFormat};
use crate::overview::{redact_model, redact_value};
use crate::store::{JudgeRecord, RunFile};

/// Lines before and after a change that are shown with it.
const CONTEXT: usize = 2;

/// A field of the manifest that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FieldChange {
    /// Its name, such as `rubric.criteria` or `judge.model`.
    pub field: String,
    /// Its value in the first run.
    pub before: Value,
    /// Its value in the second run.
    pub after: Value,
}

impl FieldChange {
    /// Returns a field whose values differ; `None` if they do not.
    fn of(field: impl Into<String>, before: Value, after: Value) -> Option<Self> {
        (before != after).then(|| Self { field: field.into(), before, after })
    }

    /// Leaves out texts of the author and addresses, and the folders of models that are called by their path.
    pub(super) fn redact(&mut self) {
        let redact: fn(&mut Value) = match self.field.rsplit('.').next() {
            _ if self.is_text() => |value| *value = Value::Null,
            Some("model" | "served") => redact_models,
            Some("extra") => redact_value,
            _ => return,
        };
        redact(&mut self.before);
        redact(&mut self.after);
    }

    /// Returns whether the values are texts of the author, or an address.
    fn is_text(&self) -> bool {
        let own = [
            "rubric.name",
            "rubric.version",
            "rubric.ties",
            "rubric.pass_from",
            "rubric.cannot_assess",
        ];
        let is_rubric = self.field.starts_with("rubric") && !own.contains(&self.field.as_str());
        is_rubric || self.field == "prompt" || self.field.ends_with(".base_url")
    }
}

/// Redacts a model or a list of models, each with the fingerprint that its server named, if any.
fn redact_models(value: &mut Value) {
    match value {
        Value::String(text) => match text.strip_suffix(')').and_then(|text| text.rsplit_once(" ("))
        {
            Some((model, print)) => {
                let (mut model, mut print) = (model.to_owned(), print.to_owned());
                redact_model(&mut model);
                redact_model(&mut print);
                *text = format!("{model} ({print})");
            }
            None => redact_model(text),
        },
        Value::Array(models) => models.iter_mut().for_each(redact_models),
        _ => {}
    }
}

/// Returns the fields that differ, those that decide what is asked first; `judges` are the names of those that are
/// compared.
pub(super) fn changed_fields(
    runs: [&RunFile; 2],
    judges: [&[String]; 2],
) -> Result<Vec<FieldChange>> {
    let rubrics = runs.map(RunFile::loaded_rubric);
    let mut changes = rubric_fields(rubrics);
    if let Some(change) = prompt_field(rubrics) {
        changes.push(change);
    }
    changes.extend(judge_fields(runs, judges)?);
    let manifests = runs.map(RunFile::manifest);
    let plan = [
        ("seed", manifests.map(|one| json!(one.seed))),
        ("repeat", manifests.map(|one| json!(one.repeat))),
        ("baseline", manifests.map(|one| json!(one.baseline))),
        ("evenhand", manifests.map(|one| json!(one.evenhand))),
    ];
    changes.extend(
        plan.into_iter().filter_map(|(name, [before, after])| FieldChange::of(name, before, after)),
    );
    Ok(changes)
}

fn rubric_fields(rubrics: [&LoadedRubric; 2]) -> Vec<FieldChange> {
    let field = |name: &str, value: &dyn Fn(&LoadedRubric) -> Value| {
        let [before, after] = rubrics.map(value);
        FieldChange::of(name, before, after)
    };
    // Weights and descriptions of steps are only there where the rubric has them.
    let criterion = |one: &Criterion| json!(one);
    let scale = |one: &LoadedRubric| one.rubric.scale.clone();
    let mut changes: Vec<FieldChange> = [
        field("rubric.name", &|one| json!(one.rubric.name)),
        field("rubric.version", &|one| json!(one.rubric.version)),
        field("rubric.description", &|one| json!(one.rubric.description)),
        field("rubric.ties", &|one| json!(one.rubric.ties)),
        field("rubric.scale", &|one| json!(scale(one).map(|scale| scale.steps))),
        field("rubric.pass_from", &|one| {
            json!(scale(one).map(|scale| json!(scale)["pass_from"].take()))
        }),
        field("rubric.cannot_assess", &|one| json!(scale(one).map(|scale| scale.cannot_assess))),
        field("rubric.criteria", &|one| {
            one.rubric.criteria.iter().map(criterion).collect::<Vec<_>>().into()
        }),
        field("rubric.reply", &|one| reply(&one.rubric.reply)),
    ]
    .into_iter()
    .flatten()
    .collect();
    // Comments and the layout of the file decide nothing, but its text is another one.
    if changes.is_empty() {
        changes.extend(field("rubric", &|one| json!(one.text)));
    }
    changes
}

fn reply(format: &ReplyFormat) -> Value {
    let mut fields = Map::new();
    fields.insert("format".to_owned(), json!(format.name()));
    let more = match format {
        ReplyFormat::Json { take } => json!({ "take": take }),
        ReplyFormat::Pattern { first, second, tie, take } => json!({
            "first": first.as_str(),
            "second": second.as_str(),
            "tie": tie.as_ref().map(regex::Regex::as_str),
            "take": take,
        }),
        ReplyFormat::GradePattern { grade, take } => {
            json!({ "grade": grade.as_str(), "take": take })
        }
        ReplyFormat::Logprobs { first, second } => json!({ "first": first, "second": second }),
    };
    if let Value::Object(more) = more {
        fields.extend(more);
    }
    Value::Object(fields)
}

/// Returns the names of the templates that differ, among those that are used.
fn prompt_field(rubrics: [&LoadedRubric; 2]) -> Option<FieldChange> {
    let differs = changed_templates(rubrics);
    let names = |side: usize| -> Vec<String> {
        let sources = differs.iter().filter_map(|pair| pair[side]);
        sources.map(|source| source.name.clone()).collect()
    };
    (!differs.is_empty()).then(|| FieldChange {
        field: "prompt".to_owned(),
        before: only_or_list(&names(0)),
        after: only_or_list(&names(1)),
    })
}

/// Returns the only name as a string, or several as a list.
fn only_or_list(names: &[String]) -> Value {
    match names {
        [only] => json!(only),
        several => json!(several),
    }
}

/// Returns the templates that are used and differ, each in both rubrics: first the one that a rubric names, whatever
/// its file is called, then those of the same name.
fn changed_templates<'a>(rubrics: [&'a LoadedRubric; 2]) -> Vec<[Option<&'a PromptSource>; 2]> {
    let used = rubrics.map(used_templates);
    let [before, after] = [&used[0], &used[1]];
    let mut pairs = vec![[before.first().copied(), after.first().copied()]];
    let included = |templates: &[&'a PromptSource], name: &str| {
        templates.iter().skip(1).copied().find(|source| source.name == name)
    };
    let all = before.iter().skip(1).chain(after.iter().skip(1));
    let names: BTreeSet<&str> = all.map(|source| source.name.as_str()).collect();
    pairs.extend(names.into_iter().map(|name| [included(before, name), included(after, name)]));
    let text = |source: Option<&'a PromptSource>| source.map(|source| &source.text);
    pairs.retain(|[one, other]| text(*one) != text(*other));
    pairs
}

/// Returns the template that a rubric names, and those that it may include: whose names it contains, or the names of
/// which are in such a template.
fn used_templates(rubric: &LoadedRubric) -> Vec<&PromptSource> {
    let mut used: Vec<&PromptSource> = rubric.prompts.first().into_iter().collect();
    let mut next = 0;
    while let Some(source) = used.get(next).copied() {
        let is_new = |one: &&PromptSource| {
            source.text.contains(&one.name) && used.iter().all(|known| known.name != one.name)
        };
        let found: Vec<&PromptSource> = rubric.prompts.iter().skip(1).filter(is_new).collect();
        used.extend(found);
        next += 1;
    }
    used
}

/// Returns what differs between the judges: of one judge each its fields, of juries the names of their judges and the
/// fields of those that both have.
fn judge_fields(runs: [&RunFile; 2], names: [&[String]; 2]) -> Result<Vec<FieldChange>> {
    let mut changes: Vec<FieldChange> =
        FieldChange::of("judge", only_or_list(names[0]), only_or_list(names[1]))
            .into_iter()
            .collect();
    let record = |side: usize, name: &str| {
        let judges = runs[side].judges().iter();
        judges.map(|judge| &judge.record).find(|record| record.name == name)
    };
    let single = names.iter().all(|names| names.len() == 1);
    let pairs: Vec<(&String, &String, String)> = if single {
        vec![(&names[0][0], &names[1][0], "judge".to_owned())]
    } else {
        let common = names[0].iter().filter(|name| names[1].contains(name));
        common.map(|name| (name, name, format!("judges.{name}"))).collect()
    };
    for (one, other, prefix) in pairs {
        if let (Some(before), Some(after)) = (record(0, one), record(1, other)) {
            changes.extend(record_fields([before, after], &prefix));
        }
        let served = [served(runs[0], one)?, served(runs[1], other)?];
        if served.iter().all(|models| !models.is_empty()) {
            let [before, after] = served.map(|models| json!(models));
            changes.extend(FieldChange::of(format!("{prefix}.served"), before, after));
        }
    }
    Ok(changes)
}

fn record_fields(records: [&JudgeRecord; 2], prefix: &str) -> Vec<FieldChange> {
    let field = |name: &str, value: &dyn Fn(&JudgeRecord) -> Value| {
        let [before, after] = records.map(value);
        FieldChange::of(format!("{prefix}.{name}"), before, after)
    };
    // The order of the keys in a settings file means nothing.
    let sorted = |map: &Map<String, Value>| {
        json!(map.iter().collect::<std::collections::BTreeMap<&String, &Value>>())
    };
    let changes = [
        field("model", &|one| json!(one.model)),
        field("api", &|one| json!(one.api)),
        field("start", &|one| json!(one.start)),
        field("command", &|one| json!(one.command)),
        field("base_url", &|one| json!(one.base_url)),
        field("temperature", &|one| json!(one.temperature)),
        field("max_tokens", &|one| json!(one.max_tokens)),
        field("extra", &|one| sorted(&one.extra)),
    ];
    changes.into_iter().flatten().collect()
}

/// Returns the models that a judge's server named, in the order of their names.
fn served(run: &RunFile, judge: &str) -> Result<BTreeSet<String>> {
    let named = run.served_models(judge)?.into_iter().filter_map(|served| {
        let model = served.model?;
        Some(served.fingerprint.map_or(model.clone(), |print| format!("{model} ({print})")))
    });
    Ok(named.collect())
}

/// Returns the unified difference of two rubric files; `None` if they are equal.
pub(super) fn rubric_diff(rubrics: [&LoadedRubric; 2]) -> Option<String> {
    let [before, after] = rubrics;
    let name = |rubric: &LoadedRubric| format!("{} {}", rubric.rubric.name, rubric.rubric.version);
    unified([&before.text, &after.text], [&name(before), &name(after)])
}

/// Returns the unified difference of the templates that are used; `None` if they are equal.
pub(super) fn prompt_diff(rubrics: [&LoadedRubric; 2]) -> Option<String> {
    let of_pair = |pair: [Option<&PromptSource>; 2]| {
        let text = pair.map(|source| source.map_or("", |source| source.text.as_str()));
        let name = pair.map(|source| source.map_or("/dev/null", |source| source.name.as_str()));
        unified(text, name)
    };
    let parts: Vec<String> = changed_templates(rubrics).into_iter().filter_map(of_pair).collect();
    (!parts.is_empty()).then(|| parts.concat())
}

fn unified(texts: [&str; 2], names: [&str; 2]) -> Option<String> {
    let [before, after] = texts;
    if before == after {
        return None;
    }
    let diff = TextDiff::from_lines(before, after);
    let mut unified = diff.unified_diff();
    unified.context_radius(CONTEXT).missing_newline_hint(false);
    unified.header(&format!("before: {}", names[0]), &format!("after: {}", names[1]));
    Some(unified.to_string())
}
