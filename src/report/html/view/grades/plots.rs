//! From the numbers of grades to their plots.

use crate::grading::{GradeDifference, JudgeGrades, SystemGrades};
use crate::input::Grade;
use crate::overview::GradeOverview;
use crate::report::html::view::parts::Figure;
use crate::report::plot::{
    Caption, Dot, DotKind, DotPlot, ForestPlot, ForestRow, Reference, StepBar, StepBars, Unit,
};

/// The most systems and pairs of systems in a plot; the tables have all.
pub(super) const MOST: usize = 24;

/// Returns the pass rate of each system, or its mean step where the rubric does not say what passes.
pub(super) fn quality_dots(overview: &GradeOverview, judge: &JudgeGrades) -> Figure {
    let scale = &overview.summary.scale;
    let dot = |system: &SystemGrades| {
        let estimate = system.pass_rate.as_ref().map_or(system.mean_step, |rate| rate.averaged);
        Dot::new(&system.system, DotKind::Judge, estimate)
    };
    let (title, description, unit, domain) = match scale.pass_from {
        Some(_) => (
            "How often responses pass, over both directions of the scale",
            "The pass rate of each system with its 95 % interval, by the judge alone.",
            Unit::Percent,
            [0.0, 1.0],
        ),
        None => (
            "Mean step, over both directions of the scale",
            "The mean step of each system with its 95 % interval, by the judge alone.",
            Unit::Step,
            [1.0, scale.len() as f64],
        ),
    };
    Figure::of(&DotPlot {
        caption: Caption::new("eh-quality", title, description),
        unit,
        dots: judge.systems.iter().take(MOST).map(dot).collect(),
        reference: None,
        domain: Some(domain),
    })
}

/// Returns how often each step was kept, for each system.
pub(super) fn step_bars(overview: &GradeOverview, judge: &JudgeGrades) -> Figure {
    let scale = &overview.summary.scale;
    let has_unassessed = judge.systems.iter().any(|system| system.cannot_assess > 0);
    let bar = |system: &SystemGrades| StepBar {
        name: system.system.clone(),
        counts: system.steps.iter().copied().chain([system.cannot_assess]).collect(),
    };
    let description =
        "The kept grades of each system, from the worst step on the left to the best on the right.";
    Figure::of(&StepBars {
        caption: Caption::new("eh-steps", "Kept grades by step", description),
        unit: "kept grades".to_owned(),
        steps: scale.steps.iter().map(|step| step.name.clone()).collect(),
        apart: has_unassessed.then(|| Grade::CANNOT_ASSESS.to_owned()),
        pass_from: scale.pass_from.map(usize::from),
        bars: judge.systems.iter().take(MOST).map(bar).collect(),
    })
}

/// Returns the differences of the pairs of systems.
pub(super) fn difference_forest(judge: &JudgeGrades, passes: bool) -> Figure {
    let row = |pair: &GradeDifference| {
        let [first, second] = &pair.between;
        let estimate = pair.pass_rate.unwrap_or(pair.mean_step);
        ForestRow::new(format!("{second} − {first}"), estimate).undefined("no item of both")
    };
    let (title, unit) = if passes {
        ("Difference of pass rates, in points", Unit::Points)
    } else {
        ("Difference of mean steps", Unit::Plain)
    };
    let description = "Each difference over the items of both systems, with its 95 % interval; on one side of the line a \
                       system is ahead.";
    Figure::of(&ForestPlot {
        caption: Caption::new("eh-differences", title, description),
        unit,
        rows: judge.pairs.iter().take(MOST).map(row).collect(),
        reference: Some(Reference::new(0.0, "no difference")),
        domain: None,
    })
}
