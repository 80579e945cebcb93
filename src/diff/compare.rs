//! Comparing two runs.

use super::agreement::agreement;
use super::answers::Answers;
use super::cases::{ComparedRuns, DiffCases};
use super::criteria::criteria;
use super::manifest::{changed_fields, prompt_diff, rubric_diff};
use super::matched::Matched;
use super::noise::noise;
use super::results::{RubricVersion, RunDiff, SCHEMA};
use super::warnings::warnings;
use super::win_rates::win_rates;
use crate::calibration::{PairedLabels, Part};
use crate::error::{Error, Result};
use crate::input::DataFile;
use crate::store::RunFile;

/// What to compare.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiffOptions<'a> {
    /// One judge of the first run; by default the only one, or the jury.
    pub judge: Option<&'a str>,
    /// One judge of the second run; by default the one of this name as `judge`.
    pub judge_after: Option<&'a str>,
    /// One half of the items; by default all.
    pub part: Option<Part>,
    /// The labels of people.
    pub labels: Option<&'a DataFile>,
}

/// Compares the comparisons that two runs read.
///
/// # Errors
///
/// A run or the labels cannot be read, a run has no such judge, the runs have no comparison in common, or no label is
/// about one of these.
pub fn compare_runs(
    mut before: RunFile,
    mut after: RunFile,
    options: DiffOptions<'_>,
) -> Result<ComparedRuns> {
    let DiffOptions { judge, judge_after, part, labels } = options;
    let matched = Matched::join(
        Answers::read(&before, judge)?,
        Answers::read(&after, judge_after.or(judge))?,
        part,
    );
    if matched.pairs.is_empty() {
        return Err(nothing_in_common([&before, &after], &matched));
    }
    before.select(matched.rows_before());
    after.select(matched.rows_after());
    let ties = before.rubric().ties || after.rubric().ties;
    let labels = labels.map(|file| PairedLabels::read(&before, part, ties, file)).transpose()?;
    let runs = [&before, &after];
    let rubrics = runs.map(RunFile::loaded_rubric);
    let judges = [matched.before.judges.as_slice(), matched.after.judges.as_slice()];
    let manifest = changed_fields(runs, judges)?;
    let (agreement, kappa) = labels.as_ref().map(|labels| agreement(&matched, labels)).unzip();
    let of_after = || matched.pairs.iter().map(|pair| pair.after);
    let names = [(&before, &matched.before), (&after, &matched.after)];
    let mut diff = RunDiff {
        schema: SCHEMA,
        runs: runs.map(|run| run.path().display().to_string()),
        begun: runs.map(|run| run.manifest().created),
        judges: names.map(|(run, answers)| run.name_of(answers.choice).to_owned()),
        rubrics: runs.map(|run| RubricVersion::new(&run.rubric().name, &run.rubric().version)),
        repeats: runs.map(|run| run.manifest().repeat),
        part,
        looks: None,
        changed: manifest.iter().map(|change| change.field.clone()).collect(),
        manifest,
        rubric_diff: rubric_diff(rubrics),
        prompt_diff: prompt_diff(rubrics),
        comparisons: matched.pairs.len() as u64,
        items: matched.items(),
        only_before: matched.only[0],
        only_after: matched.only[1],
        texts_changed: matched.texts_changed.0,
        texts_changed_ids: matched.texts_changed.1.iter().map(ToString::to_string).collect(),
        asked: of_after().filter(|at| matched.after.is_asked(*at)).count() as u64,
        copied: of_after().filter(|at| matched.after.is_copied(*at)).count() as u64,
        outcomes: matched.outcomes(),
        coverage: matched.coverage(),
        noise: noise(&matched),
        win_rates: win_rates(&matched, before.manifest().direction()),
        agreement,
        kappa,
        criteria: criteria(&matched, labels.as_ref()),
        redacted: false,
        warnings: Vec::new(),
    };
    diff.warnings = warnings(&diff, &matched, labels.as_ref());
    let cases = DiffCases::new([before, after], &matched, labels.as_ref());
    Ok(ComparedRuns::new(diff, cases))
}

/// Returns the error for runs of which no comparison is the same.
pub(crate) fn nothing_in_common(runs: [&RunFile; 2], matched: &Matched) -> Error {
    let [before, after] = runs.map(|run| run.path().display().to_string());
    let error = Error::input(format!("{after}: no comparison is the same as in {before}"));
    let (changed, ids) = &matched.texts_changed;
    if *changed > 0 {
        let ids: Vec<&str> = ids.iter().map(|id| &**id).collect();
        return error
            .detail(format!(
                "{changed} have the same id and systems, but another prompt, response, reference or context: {}",
                crate::error::listed(&ids)
            ))
            .hint("compare runs of the same items: what changed here is not the judge alone");
    }
    let [only_before, only_after] = matched.only;
    error
        .detail(format!("{before} has {only_before} other comparisons, {after} {only_after}"))
        .hint("compare runs of the same items, with the same ids and names of systems")
}
