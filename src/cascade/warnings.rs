//! What changes how the numbers of a cascade may be used.

use super::cost::JudgeCosts;
use super::labelled::JoinedLabels;
use super::results::{CascadeReport, TestNumbers};
use crate::diff::{few_labels, left_out, unused_labels};
use crate::error::{Warning, counted};
use crate::stats::{Estimate, incomplete, incomplete_warnings};
use crate::store::RunFile;
use crate::verdict::CascadeRule;

/// One comparison, and several.
const COMPARISONS: [&str; 2] = ["comparison", "comparisons"];

/// Returns the warnings, those about what was compared first. The labels come with whether the cheap judge kept any
/// verdict with a margin.
pub(super) fn warnings(
    report: &CascadeReport,
    runs: [&RunFile; 2],
    costs: &[JudgeCosts; 2],
    (labels, has_margins): (&JoinedLabels, bool),
) -> Vec<Warning> {
    let texts_changed = (report.texts_changed, &report.texts_changed_ids[..]);
    let mut found = left_out(COMPARISONS, &report.runs, report.only, texts_changed);
    found.extend(Warning::counted(
        "pending",
        report.pending,
        COMPARISONS,
        "still to be asked in one of the runs: left out; complete that run",
    ));
    found.extend(different_rubrics(report, runs));
    for (side, costs) in costs.iter().enumerate() {
        found.extend(unknown_cost(report, side, costs));
    }
    found.extend(no_thresholds(report, has_margins));
    let unmatched = "about no comparison that both judges were asked about";
    found.extend(unused_labels(report.labels_unmatched, unmatched, labels.read.blank as u64));
    found.extend(about_parts(report));
    if let Some(test) = &report.test {
        found.extend(about_test(report, test));
    }
    found
}

fn different_rubrics(report: &CascadeReport, runs: [&RunFile; 2]) -> Option<Warning> {
    let [cheap, strong] = runs.map(|run| &run.manifest().rendering);
    let [of_cheap, of_strong] =
        report.rubrics.each_ref().map(|rubric| format!("{} {}", rubric.name, rubric.version));
    (cheap != strong).then(|| {
        Warning::new(
            "different-rubrics",
            format!(
                "the judges are asked in other words, by {of_cheap} and by {of_strong}: a difference between them is one \
                 of rubric or prompt, too"
            ),
        )
    })
}

fn unknown_cost(report: &CascadeReport, side: usize, costs: &JudgeCosts) -> Option<Warning> {
    if costs.usd.is_some() {
        return None;
    }
    let judge = &report.judges[side];
    let replies = |number: u64, rest: &str| {
        (number > 0).then(|| format!("{} {rest}", counted(number, "reply", "replies")))
    };
    let why: Vec<String> = [
        replies(costs.without_cost, "without tokens or price"),
        replies(costs.copied, "copied from another run"),
    ]
    .into_iter()
    .flatten()
    .collect();
    Some(Warning::new(
        ["unknown-cost-cheap", "unknown-cost-strong"][side],
        format!(
            "what {judge} costs is not known ({}): rules are compared by how much they send to {}",
            why.join(", "),
            report.judges[1]
        ),
    ))
}

fn no_thresholds(report: &CascadeReport, has_margins: bool) -> Option<Warning> {
    let judge = &report.judges[0];
    (report.thresholds == 0).then(|| {
        let message = if has_margins {
            format!("all kept verdicts of {judge} on the dev part have the same margin, so there is no threshold to try")
        } else {
            format!(
                "the kept verdicts of {judge} on the dev part have no margin, so there is no threshold to try: that needs \
                 log probabilities, or several repeats of each order"
            )
        };
        Warning::new("no-thresholds", message)
    })
}

fn about_parts(report: &CascadeReport) -> Vec<Warning> {
    let dev = &report.dev;
    let test = report.test.as_ref().map(|test| ("test", test.labelled, test.unanswered));
    let mut found = Vec::new();
    for (part, labelled, unanswered) in
        [("dev", dev.labelled, dev.unanswered)].into_iter().chain(test)
    {
        if labelled == 0 {
            found.push(Warning::new(
                "no-labels",
                format!(
                    "no comparison of the {part} part is labelled: what the chosen rule does there to agreement with people \
                     is unknown"
                ),
            ));
            continue;
        }
        let nouns = COMPARISONS.map(|noun| format!("{noun} of the {part} part"));
        found.extend(few_labels(labelled, nouns.each_ref().map(String::as_str)));
        found.extend(Warning::counted(
            "unanswered",
            unanswered,
            ["labelled comparison", "labelled comparisons"],
            &format!(
                "of the {part} part without any reply of one judge: left out of agreement and κ"
            ),
        ));
    }
    found
}

fn about_test(report: &CascadeReport, test: &TestNumbers) -> Vec<Warning> {
    if test.labelled == 0 {
        return Vec::new();
    }
    let against = &test.chosen_against_strong;
    let mut named: Vec<(String, Estimate)> = [
        ("agreement of the chosen rule", test.chosen.agreement),
        ("its κ", test.chosen.cohen_kappa),
    ]
    .map(|(name, estimate)| (name.to_owned(), estimate))
    .into();
    if report.chosen.rule != CascadeRule::StrongAlone {
        named.push(("its difference of agreement".to_owned(), against.agreement_difference));
        named.push(("its difference of κ".to_owned(), against.kappa_difference));
    }
    incomplete_warnings(&incomplete(&named), "label more comparisons of the test part")
}
