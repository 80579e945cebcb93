//! Whether the grades can be trusted: what the direction of the scale does, the criteria, the lengths.

use crate::error::Warning;
use crate::grading::{GradeCalibration, JudgeGrades, ScaleOrderEffect};
use crate::overview::{GradeLengthReport, GradeOverview};
use crate::report::calibration::NumberRow;
use crate::report::grading::{
    GRADE_LABELLING_TITLES, calibrated_pass_rate_rows, calibrated_rows, change_name,
    criterion_steps, direction_table, grade_calibration_headline, grade_labelling_cells,
    grade_labelling_sentences, length_bands, lengths_lead,
};
use crate::report::html::view::annotators::{annotator_table, people_who_label_part};
use crate::report::html::view::generated::table as system_table;
use crate::report::html::view::parts::{
    Part, Section, TableView, WarningView, share_cells, shown_share,
};
use crate::report::number_format::NumberFormat;
use crate::report::quantities::{count, counted};
use crate::report::text_report::p_value;
use crate::report::wording::Wording;

/// The most changed grades in the table; the cases have all.
const MOST_CHANGED: usize = 12;

/// Returns the second section.
pub(super) fn trust(overview: &GradeOverview, wording: Wording) -> Section {
    let people = overview.calibration.as_ref();
    let agreement: Vec<String> = match overview.judge_grades() {
        Some(judge) if judge.is_jury() => overview
            .summary
            .judges
            .iter()
            .filter_map(|one| agreement(&one.judge, one.order.as_ref()?))
            .collect(),
        Some(judge) => {
            judge.order.iter().filter_map(|order| agreement(&judge.judge, order)).collect()
        }
        None => Vec::new(),
    };
    let without = "Whether people would give these grades is not known without labels.";
    let (lead, sentences) = match people {
        Some(results) => {
            (grade_calibration_headline(results).into_iter().take(1).collect(), agreement)
        }
        None => (agreement, vec![without.to_owned()]),
    };
    let mut parts: Vec<Part> =
        people.map(|results| against_people(results, wording)).into_iter().flatten().collect();
    parts.extend(people.and_then(people_who_label));
    parts.push(direction(overview));
    parts.extend(changed(overview));
    parts.extend(criteria(overview));
    parts.extend(lengths(&overview.lengths));
    Section {
        id: "trust",
        short: "Can it be trusted?",
        heading: "Can the grades be trusted?".to_owned(),
        lead,
        sentences,
        parts,
    }
}

/// Returns the numbers of the judge against people, and the warnings.
fn against_people(results: &GradeCalibration, wording: Wording) -> Vec<Part> {
    let heads = [
        ("number", false),
        ("value", true),
        ("95 % interval", true),
        ("n", true),
        ("what it is", false),
    ];
    let row = |label: String, row: &NumberRow<'_>| {
        vec![
            label,
            row.format.value(row.estimate.value),
            row.format.interval(row.estimate),
            count(row.estimate.n),
            row.note.to_owned(),
        ]
    };
    let mut table = TableView::new("The judge against people", &heads);
    table.rows.extend(calibrated_rows(results).iter().map(|one| row(one.label.to_owned(), one)));
    let mut rates = TableView::new("Pass rates with labels", &heads);
    for system in &results.systems {
        let rows = calibrated_pass_rate_rows(system, results.is_jury());
        let label = |one: &NumberRow<'_>| format!("{}, {}", system.system, one.label);
        rates.rows.extend(rows.iter().map(|one| row(label(one), one)));
    }
    let warnings: Vec<Warning> =
        results.warnings().iter().map(|warning| wording.apply(warning)).collect();
    let rates = (!rates.rows.is_empty()).then_some(rates);
    vec![
        Part {
            heading: "The judge against people".to_owned(),
            table: Some(table),
            ..Part::default()
        },
        Part { table: rates, warnings: WarningView::all(&warnings), ..Part::default() },
    ]
}

/// Returns how people labelled, where there is more to say than who gave which grade.
fn people_who_label(results: &GradeCalibration) -> Option<Part> {
    let report = &results.labelling;
    let table = report.has_details().then(|| {
        let rows = report.annotators.iter().map(grade_labelling_cells);
        annotator_table(&GRADE_LABELLING_TITLES, rows, report.annotators_left_out)
    });
    people_who_label_part(grade_labelling_sentences(results), table)
}

/// Returns how often both directions of a judge agree; `None` where no response has a grade in both.
fn agreement(judge: &str, order: &ScaleOrderEffect) -> Option<String> {
    (order.consistency.n > 0).then(|| {
        format!(
            "{judge} gives the same grade in both directions of the scale in {}.",
            shown_share(&order.consistency)
        )
    })
}

fn direction(overview: &GradeOverview) -> Part {
    let jury = overview.is_jury();
    let judges = overview.summary.judges.iter();
    let judges = judges.filter(|one| jury || one.judge == overview.judge);
    let mut sentences: Vec<String> = judges.flat_map(direction_sentences).collect();
    let left_out = overview.directions.left_out;
    let table = direction_table(&overview.directions).map(system_table);
    if table.is_none() {
        sentences.push("No response has a grade in both directions of the scale.".to_owned());
    } else if left_out > 0 {
        let responses = counted(left_out, "response");
        sentences.push(format!("{responses} without a readable grade in a direction: left out."));
    }
    Part { heading: "Direction of the scale".to_owned(), sentences, table, ..Part::default() }
}

fn direction_sentences(judge: &JudgeGrades) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(order) = judge.order.as_ref().filter(|order| order.consistency.n > 0) {
        let unassessed = match order.assessed_once {
            0 => String::new(),
            once => format!(", {} assessed in one direction only", count(once)),
        };
        let step = &order.step_difference;
        sentences.push(format!(
            "With the scale reversed {} grades {} higher and {} lower{unassessed} ({}); its mean step differs by {} ({}).",
            judge.judge,
            counted(order.higher_when_reversed, "response"),
            count(order.lower_when_reversed),
            p_value(order.p_value),
            NumberFormat::Plain.value(step.value),
            NumberFormat::Plain.interval(step)
        ));
    }
    sentences.extend(judge.stability.as_ref().map(|stability| {
        format!(
            "Repeats of {} in one direction give the same grade in {}.",
            judge.judge,
            shown_share(stability)
        )
    }));
    sentences
}

fn changed(overview: &GradeOverview) -> Option<Part> {
    if overview.changed.is_empty() {
        return None;
    }
    let heads = [("response", false), ("as written", false), ("reversed", false)];
    let mut table = TableView::new("Grades that changed with the direction", &heads);
    for change in overview.changed.iter().take(MOST_CHANGED) {
        table.rows.push(vec![
            change_name(overview, change),
            change.written.clone(),
            change.reversed.clone(),
        ]);
    }
    let all = overview.changed.len() as u64 + overview.changed_left_out;
    let more = all - table.rows.len() as u64;
    if more > 0 {
        table.note = format!(
            "{} more, with smaller changes; the cases below can be filtered by the outcome \"changed\".",
            count(more)
        );
    }
    Some(Part { table: Some(table), ..Part::default() })
}

fn criteria(overview: &GradeOverview) -> Vec<Part> {
    if overview.criteria.is_empty() {
        return Vec::new();
    }
    let heads = [
        ("criterion", false),
        ("mean step", true),
        ("95 % interval", true),
        ("consistency", true),
        ("95 % interval", true),
        ("n", true),
        ("as the grade", true),
        ("where criteria differ", true),
        ("n", true),
    ];
    let mut table = TableView::new("Criteria", &heads);
    for one in &overview.criteria {
        let step = NumberFormat::Step;
        let mut row =
            vec![one.name.clone(), step.value(one.mean_step.value), step.interval(&one.mean_step)];
        row.extend(share_cells(&one.consistency));
        let [with_grade, ..] = share_cells(&one.with_grade);
        let [divided, _, n] = share_cells(&one.when_divided);
        row.extend([with_grade, divided, n]);
        table.rows.push(row);
    }
    "Consistency: both directions give the same grade on it. As the grade: how often a reply gives it the \
                  grade of the whole, also over the replies alone whose criteria differ.".clone_into(&mut table.note);
    let steps = Part { table: criterion_steps(overview).map(system_table), ..Part::default() };
    let numbers =
        Part { heading: "By criterion".to_owned(), table: Some(table), ..Part::default() };
    vec![numbers, steps]
}

fn lengths(lengths: &GradeLengthReport) -> Option<Part> {
    let lead = lengths_lead(lengths)?;
    let mut sentences = vec![lead];
    let known: Vec<String> = lengths
        .systems
        .iter()
        .filter(|one| one.correlation.value.is_some())
        .map(|one| {
            let format = NumberFormat::Plain;
            format!(
                "{} {} ({}, n {})",
                one.system.as_deref().unwrap_or_default(),
                format.value(one.correlation.value),
                format.interval(&one.correlation),
                count(one.correlation.n)
            )
        })
        .collect();
    if !known.is_empty() {
        sentences.push(format!("Within each system: {}.", known.join("; ")));
    }
    Some(Part {
        heading: "Length and grades".to_owned(),
        sentences,
        table: length_bands(lengths).map(system_table),
        ..Part::default()
    })
}
