//! An overview without texts, to share outside the team: numbers, and the names of systems, tags, criteria and
//! ids.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::results::Overview;
use super::run_description::{JudgeDescription, RunDescription};
use crate::calibration::{
    Calibration, Finding, LabellingDifference, Provenance, pairwise_kappa_name,
};
use crate::store::ServedModel;

/// The longest word that an additional field of a request may have without being a text.
const LONGEST_WORD: usize = 40;

/// What numbers were redacted with, so that the same can be done to what is shown beside it.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Redaction {
    annotators: Vec<String>,
}

impl Redaction {
    /// Numbers annotators in the order of their names.
    pub(crate) fn of(annotators: impl IntoIterator<Item = String>) -> Self {
        let mut annotators: Vec<String> = annotators.into_iter().collect();
        annotators.sort();
        annotators.dedup();
        Self { annotators }
    }

    /// Returns what stands for the name of an annotator, such as "annotator 1".
    pub fn annotator(&self, name: &str) -> String {
        match self.annotators.iter().position(|known| known == name) {
            Some(at) => format!("annotator {}", at + 1),
            None => "annotator".to_owned(),
        }
    }
}

impl Overview {
    /// Leaves out every text, names of annotators, folders and addresses; returns how annotators are named instead.
    pub fn redact(&mut self) -> Redaction {
        let names = self.calibration.as_ref().map(|results| results.annotator_names.clone());
        let redaction = Redaction::of(names.unwrap_or_default());
        for report in &mut self.annotators {
            report.annotator = redaction.annotator(&report.annotator);
        }
        self.redact_sentences();
        redact_run(&mut self.run);
        let systems = self.generated.iter_mut().flat_map(|generated| &mut generated.systems);
        systems.flat_map(|system| &mut system.models).for_each(|one| redact_model(&mut one.model));
        for judge in &mut self.summary.judges {
            judge.unreadable_example = None;
        }
        if let Some(calibration) = &mut self.calibration {
            redact_calibration(calibration, &redaction);
        }
        redaction
    }

    /// Replaces the paths that occur in sentences and commands by file names.
    fn redact_sentences(&mut self) {
        let labels = self.calibration.as_ref().map(|results| &results.provenance.labels.file);
        let models = self.run.judges.iter().flat_map(|judge| {
            std::iter::once(&judge.model)
                .chain(judge.served.iter().filter_map(|one| one.model.as_ref()))
        });
        let models = models.filter(|model| is_absolute(model));
        let paths: Vec<String> =
            std::iter::once(&self.run.file).chain(labels).chain(models).cloned().collect();
        for path in paths.iter().filter(|path| !path.is_empty()) {
            for entry in &mut self.checklist {
                entry.sentence = entry.sentence.replace(path, file_name(path));
                entry.command =
                    entry.command.take().map(|command| command.replace(path, file_name(path)));
            }
        }
    }
}

fn redact_run(run: &mut RunDescription) {
    run.file = file_name(&run.file).to_owned();
    run.rubric.description = None;
    for criterion in &mut run.rubric.criteria {
        criterion.description = None;
    }
    redact_selection(&mut run.selection);
    redact_judges(&mut run.judges);
}

/// Replaces the path of a file of items by its name.
pub(super) fn redact_selection(selection: &mut [String]) {
    for selected in selection {
        if let Some(path) = selected.strip_prefix("items=") {
            *selected = format!("items={}", file_name(path));
        }
    }
}

/// Leaves out the addresses of judges, and the texts and paths in their settings.
pub(super) fn redact_judges(judges: &mut [JudgeDescription]) {
    for judge in judges {
        judge.base_url = None;
        judge.replicas.clear();
        redact_model(&mut judge.model);
        redact_served(&mut judge.served);
        judge.extra.values_mut().for_each(redact_value);
    }
}

fn redact_calibration(results: &mut Calibration, redaction: &Redaction) {
    redact_provenance(&mut results.provenance);
    let rename = |name: &mut String| *name = redaction.annotator(name);
    redact_numbers(results, redaction);
    if let Some(human) = &mut results.human {
        human.pairwise_kappa.iter_mut().flat_map(|pair| &mut pair.annotators).for_each(rename);
        human.alt_test.iter_mut().flat_map(|test| &mut test.skipped).for_each(rename);
    }
    let labelling = &mut results.labelling;
    labelling.annotators.iter_mut().map(|report| &mut report.annotator).for_each(rename);
    redact_differences(&mut labelling.differences, redaction);
    results.skipped.annotators.iter_mut().for_each(rename);
    for finding in &mut results.findings {
        match finding {
            Finding::SkippedAnnotators { annotators } => annotators.iter_mut().for_each(rename),
            Finding::SkippedComparisons { annotators, .. } => {
                annotators.iter_mut().for_each(rename);
            }
            Finding::SimilarAnnotators { annotators } => annotators.iter_mut().for_each(rename),
            _ => {}
        }
    }
    // Which fields a label file has is its owner's affair, and the message names the file.
    results.findings.retain(|finding| !matches!(finding, Finding::UnusedLabelField { .. }));
    results.annotator_names.clear();
}

/// Replaces the names of annotators who differ from others.
pub(super) fn redact_differences(differences: &mut [LabellingDifference], redaction: &Redaction) {
    for difference in differences {
        let names = std::iter::once(&mut difference.annotator).chain(&mut difference.other);
        names.for_each(|name| *name = redaction.annotator(name));
    }
}

/// Leaves out folders, in the names of models too.
pub(super) fn redact_provenance(provenance: &mut Provenance) {
    for path in [&mut provenance.run, &mut provenance.labels.file] {
        *path = file_name(path).to_owned();
    }
    for judge in &mut provenance.judges {
        redact_model(&mut judge.model);
        redact_served(&mut judge.served);
    }
}

/// Replaces the names of annotators in the names of numbers that findings list.
fn redact_numbers(results: &mut Calibration, redaction: &Redaction) {
    let pairs = results.human.iter().flat_map(|human| &human.pairwise_kappa);
    let renamed = pairs.map(|pair| {
        let names = pair.annotators.each_ref().map(|name| redaction.annotator(name));
        (pairwise_kappa_name(&pair.annotators), pairwise_kappa_name(&names))
    });
    let renamed: HashMap<String, String> = renamed.collect();
    for finding in &mut results.findings {
        let (Finding::Undefined { numbers, .. }
        | Finding::NoInterval { numbers, .. }
        | Finding::PerfectAgreement { numbers }) = finding
        else {
            continue;
        };
        for number in numbers {
            if let Some(other) = renamed.get(number) {
                number.clone_from(other);
            }
        }
    }
}

fn redact_served(served: &mut [ServedModel]) {
    let names = |one: &mut ServedModel| {
        one.model.iter_mut().chain(&mut one.fingerprint).for_each(redact_model);
    };
    served.iter_mut().for_each(names);
}

/// A local server may call its model by the path of its file.
pub(crate) fn redact_model(model: &mut String) {
    if is_absolute(model) {
        *model = file_name(model).to_owned();
    }
}

/// Replaces texts and addresses in the additional fields of a request, and paths by file names.
pub(crate) fn redact_value(value: &mut Value) {
    match value {
        Value::String(text) => {
            redact_model(text);
            let is_address = text.contains("://");
            if is_address || text.contains(char::is_whitespace) || text.len() > LONGEST_WORD {
                "(text)".clone_into(text);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(redact_value),
        Value::Object(fields) => fields.values_mut().for_each(redact_value),
        _ => {}
    }
}

/// Returns whether a name is an absolute path, of any system.
fn is_absolute(name: &str) -> bool {
    name.starts_with(['/', '\\']) || name.get(1..3).is_some_and(|drive| drive == ":\\")
}

/// Returns the last part of a path, of any system.
pub(crate) fn file_name(path: &str) -> &str {
    let name = Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.rsplit('\\').next().unwrap_or(name)
}
