//! Replaying a cascade from the stored replies of two runs.

use super::choose::choose;
use super::cost::JudgeCosts;
use super::join::{Joined, Side};
use super::labelled::JoinedLabels;
use super::measure::Measured;
use super::results::{CascadeReport, CostSource, DevNumbers, SCHEMA};
use super::rule::thresholds;
use super::verdicts::Cascade;
use super::warnings::warnings;
use crate::calibration::Part;
use crate::diff::RubricVersion;
use crate::error::{Error, Remedy, Result, counted};
use crate::input::DataFile;
use crate::store::RunFile;
use crate::verdict::CascadeRule;

/// What is said of one of the judges.
#[derive(Debug, Clone, Copy, Default)]
pub struct CascadeSide<'a> {
    /// Its name; needed only where its run has several.
    pub judge: Option<&'a str>,
    /// What a comparison costs with it, in USD, in place of what the run says.
    pub cost_per_comparison: Option<f64>,
}

/// What to replay.
#[derive(Debug, Clone, Copy, Default)]
pub struct CascadeOptions<'a> {
    /// The judge that is asked about everything.
    pub cheap: CascadeSide<'a>,
    /// The judge that is asked about the rest.
    pub strong: CascadeSide<'a>,
    /// How much less often than the best rule the chosen one may agree with people on the dev part, from 0 to 1.
    pub loss: f64,
    /// Look at the dev part alone.
    pub dev_only: bool,
}

/// Replays a cascade: measures every rule on the dev part, chooses one, and reports on it on the test part.
///
/// # Errors
///
/// A run or the labels cannot be read, a run has no such judge, or has several and none is named, the runs have no
/// comparison in common, no label is about one of these, no comparison of the dev part that both judges have replied to is
/// labelled, or the loss or a cost is not in its range.
pub fn replay_cascade(
    cheap: RunFile,
    strong: RunFile,
    label_file: &DataFile,
    options: CascadeOptions<'_>,
) -> Result<Cascade> {
    let CascadeOptions { loss, dev_only, .. } = options;
    let sides = [options.cheap, options.strong];
    check_range(loss, sides)?;
    let runs = [Side::new(cheap, sides[0].judge)?, Side::new(strong, sides[1].judge)?];
    let joined = Joined::of(runs)?;
    let labels = JoinedLabels::read(&joined, label_file)?;
    let costs = |side: usize| JudgeCosts::read(&joined, side, sides[side].cost_per_comparison);
    let costs = [costs(0)?, costs(1)?];

    let dev = Measured::new(&joined, &costs, &labels, Part::Dev);
    let (tried, distinct) = thresholds(dev.margins());
    let rules = dev.rules(&CascadeRule::all(&tried));
    let chosen = choose(&rules, loss).ok_or_else(|| no_dev_labels(&dev, label_file))?;
    let test = (!dev_only).then(|| Measured::new(&joined, &costs, &labels, Part::Test));

    let files = joined.sides.each_ref().map(|side| &side.run);
    let mut report = CascadeReport {
        schema: SCHEMA,
        runs: files.map(|run| run.path().display().to_string()),
        judges: joined.sides.each_ref().map(|side| side.name().to_owned()),
        rubrics: files.map(|run| RubricVersion::new(&run.rubric().name, &run.rubric().version)),
        repeats: files.map(|run| run.manifest().repeat),
        costs: costs.each_ref().map(source),
        loss,
        comparisons: joined.compared.len() as u64,
        only: joined.left_out.only,
        texts_changed: joined.left_out.texts_changed.0,
        texts_changed_ids: joined.left_out.texts_changed.1.clone(),
        pending: joined.left_out.pending,
        thresholds: distinct,
        annotators: labels.of(&joined).annotators(),
        labels_unmatched: labels.panels.unmatched(),
        chosen,
        dev: DevNumbers {
            comparisons: dev.comparisons(),
            labelled: dev.labelled.labelled,
            unanswered: dev.labelled.unanswered,
            no_majority: dev.labelled.no_majority,
            rules,
        },
        test: test.map(|test| test.test(chosen.rule)),
        looks: None,
        warnings: Vec::new(),
    };
    let has_margins = dev.margins().next().is_some();
    report.warnings = warnings(&report, files, &costs, (&labels, has_margins));
    Ok(Cascade::new(report, joined))
}

fn check_range(loss: f64, sides: [CascadeSide<'_>; 2]) -> Result<()> {
    if !(0.0..=1.0).contains(&loss) {
        return Err(Error::usage(format!("{loss} is no loss of agreement from 0 to 1")));
    }
    let given = sides.into_iter().filter_map(|side| side.cost_per_comparison);
    match given.into_iter().find(|cost| !cost.is_finite() || *cost < 0.0) {
        Some(cost) => Err(Error::usage(format!("{cost} is no amount in USD of 0 or more"))),
        None => Ok(()),
    }
}

fn source(costs: &JudgeCosts) -> CostSource {
    match costs.usd {
        Some(_) if costs.is_given => CostSource::Given,
        Some(_) => CostSource::Stored,
        None => CostSource::Unknown,
    }
}

/// Returns the error for a dev part by which no rule can be chosen.
fn no_dev_labels(dev: &Measured<'_>, file: &DataFile) -> Error {
    let path = file.path().display();
    let labelled = dev.labelled.labelled;
    if labelled > 0 {
        return Error::input(format!(
            "{path}: no labelled comparison of the dev part has a reply of both judges, so no rule can be chosen"
        ))
        .detail(counted(labelled, "comparison is labelled", "comparisons are labelled"))
        .hint("judge those that failed again");
    }
    Error::input(format!(
        "{path}: no comparison of the dev part is labelled, so no rule can be chosen"
    ))
    .detail("which part an item is in follows from its id; about half of the items are in each")
    .suggest(Remedy::DrawLabels)
}
