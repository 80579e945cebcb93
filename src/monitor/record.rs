//! From a run to an entry of a history.

use serde_json::json;

use super::entry::{
    Entry, EntryJudge, EntryLabels, EntryMetric, EntryModel, EntryRun, EntryScale, EntryServed,
    EntryUnit, FORMAT, JudgeKind, short_digest,
};
use super::recorded_comparisons::comparisons;
use super::recorded_grades::grades;
use super::recorded_items::RecordedUnits;
use crate::error::{Error, Result};
use crate::input::DataFile;
use crate::keyed_hash::KeyedHash;
use crate::overview::file_name;
use crate::store::{
    GradeRun, JudgeCascade, JudgeChoice, JudgeRecord, RunFile, StoredJudge, reading_of,
};

/// The format of entries of comparisons, which older programs read, too.
const FORMAT_OF_COMPARISONS: u32 = 1;

/// What an entry is made from, beside the run.
#[derive(Debug, Clone, Copy, Default)]
pub struct EntryOptions<'a> {
    /// The judge; by default the only one, or the jury.
    pub judge: Option<&'a str>,
    /// The labels of people.
    pub labels: Option<&'a DataFile>,
    /// Whether the run belongs to the baseline.
    pub baseline: bool,
    /// Whether it begins a new baseline, to which it belongs.
    pub begins: bool,
    /// When it is added, in seconds since 1970.
    pub now: u64,
}

impl Entry {
    /// Returns the entry of a run of comparisons. Those that are still to be asked are in it, too, without a verdict.
    ///
    /// # Errors
    ///
    /// The run or the labels cannot be read, the run has no such judge or no verdict at all, or no label matches.
    pub fn of_run(
        run: &RunFile,
        metrics: Vec<EntryMetric>,
        options: EntryOptions<'_>,
    ) -> Result<Self> {
        let choice = run.choose_judge(options.judge)?;
        let recorded = comparisons(run, choice, options.labels)?;
        entry(run, choice, recorded, metrics, options)
    }

    /// Returns the entry of a run of grades. Responses that are still to be graded are in it, too, without a grade.
    ///
    /// # Errors
    ///
    /// As for [`Entry::of_run`].
    pub fn of_grades(
        run: &GradeRun,
        metrics: Vec<EntryMetric>,
        options: EntryOptions<'_>,
    ) -> Result<Self> {
        let choice = run.file().choose_judge(options.judge)?;
        let recorded = grades(run, choice, options.labels)?;
        entry(run.file(), choice, recorded, metrics, options)
    }
}

fn entry(
    run: &RunFile,
    choice: JudgeChoice,
    recorded: RecordedUnits,
    metrics: Vec<EntryMetric>,
    options: EntryOptions<'_>,
) -> Result<Entry> {
    if !recorded.units.iter().any(EntryUnit::is_answered) {
        return Err(nothing_to_add(run));
    }
    let manifest = run.manifest();
    let scale = run.rubric().scale.as_ref().map(|scale| EntryScale {
        steps: scale.steps.iter().map(|step| step.name.clone()).collect(),
        pass_from: scale.pass_from.map(u32::from),
        cannot_assess: scale.cannot_assess,
    });
    let mut entry = Entry {
        format: if scale.is_some() { FORMAT } else { FORMAT_OF_COMPARISONS },
        entry: String::new(),
        added: options.now,
        after: 0,
        seal: String::new(),
        baseline: options.baseline || options.begins,
        begins: options.begins,
        run: EntryRun {
            file: file_name(&run.path().display().to_string()).to_owned(),
            begun: manifest.created,
            manifest: manifest_digest(run),
            evenhand: manifest.evenhand.clone(),
            rubric: run.rubric().name.clone(),
            version: run.rubric().version.clone(),
            rubric_digest: rubric_digest(run),
            repeat: manifest.repeat,
            baseline_system: manifest.baseline.clone(),
            listed: manifest.listed.clone(),
            scale,
        },
        judge: judge(run, choice)?,
        labels: options.labels.map(|file| EntryLabels {
            file: file_name(&file.path().display().to_string()).to_owned(),
            labelled: recorded.labelled,
        }),
        items: recorded.items,
        units: recorded.units,
        metrics,
    };
    entry.entry = entry.digest()?;
    Ok(entry)
}

/// Returns the error about a run of which nothing was asked in both orders, or in both directions of the scale.
fn nothing_to_add(run: &RunFile) -> Error {
    let path = run.path().display();
    let (verdict, both) = match run.rubric().scale {
        None => ("verdict", "both orders"),
        Some(_) => ("grade", "both directions of the scale"),
    };
    let error = Error::incomplete(format!(
        "{path}: the run has no {verdict} yet, so there is nothing to add"
    ));
    // A recording of one direction cannot be completed.
    error.hint(format!(
        "what is added was asked in {both}: complete the run, or ask a judge that answers in {both}"
    ))
}

/// Returns a digest of what the rubric asks and of how replies are read. What passes is no part of that of grades: it is read
/// when grades are.
fn rubric_digest(run: &RunFile) -> String {
    let rubric = run.rubric();
    let read = match rubric.scale {
        // Histories of comparisons have digests of the text.
        None => run.rubric_text().to_owned(),
        Some(_) => reading_of(&rubric.reply).to_string(),
    };
    short_digest(
        &KeyedHash::new("evenhand: rubric of a history")
            .texts([run.manifest().rendering.as_str(), &read]),
    )
}

fn judge(run: &RunFile, choice: JudgeChoice) -> Result<EntryJudge> {
    let models: Result<Vec<EntryModel>> =
        run.judges_of(choice).iter().map(|judge| model(run, judge)).collect();
    Ok(EntryJudge { name: run.name_of(choice).to_owned(), models: models? })
}

fn model(run: &RunFile, judge: &StoredJudge) -> Result<EntryModel> {
    let record = &judge.record;
    let served = run.served_models(&record.name)?.into_iter().map(|one| EntryServed {
        model: one.model,
        fingerprint: one.fingerprint,
        replies: one.replies,
    });
    Ok(EntryModel {
        judge: record.name.clone(),
        model: record.model.clone(),
        kind: match record {
            _ if record.has_endpoint() => JudgeKind::Endpoint,
            _ if record.is_program() => JudgeKind::Program,
            _ if record.is_rule() => JudgeKind::Rule,
            _ if record.is_recording() => JudgeKind::Recording,
            _ => JudgeKind::Supplied,
        },
        settings: settings_digest(record, run.cascade().filter(|_| run.reads_final_verdicts())),
        served: served.collect(),
    })
}

/// Returns a digest of what the replies of a judge depend on. The port of a server that is started is no part of it.
fn settings_digest(record: &JudgeRecord, cascade: Option<&JudgeCascade>) -> String {
    let mut settings = vec![
        json!(record.model),
        // At most one of the two is there.
        json!(record.start.as_ref().or(record.command.as_ref())),
        json!(record.base_url),
        json!(record.temperature),
        json!(record.max_tokens),
        json!(record.extra),
    ];
    // Which judge is the cheap one, and the rule by which the other one decides.
    settings.extend(cascade.map(|cascade| json!(cascade)));
    let settings = json!(settings);
    short_digest(&KeyedHash::new("evenhand: judge of a history").text(&settings.to_string()))
}

fn manifest_digest(run: &RunFile) -> String {
    let judges: Vec<&JudgeRecord> = run.asked_judges().iter().map(|judge| &judge.record).collect();
    let everything = json!([run.manifest(), judges]);
    short_digest(&KeyedHash::new("evenhand: manifest of a history").text(&everything.to_string()))
}
