//! What a report on grades says beyond the summary, as titles, rows and sentences: the table and the Markdown both show
//! these, each in its own form, and the page shows the tables. The texts in them are not escaped.

use crate::overview::{
    ChangedGrade, DirectionTable, GradeCriterionReport, GradeLengthReport, GradeOverview,
    GradeTagReport, LengthCorrelation,
};
use crate::report::number_format::NumberFormat;
use crate::report::overview::{
    Group, Row, Section, SystemTable, generated_section, requests_section, share_row,
};
use crate::report::quantities::{count, counted};
use crate::report::text_report::p_value;
use crate::stats::Estimate;

/// Returns the parts that an overview has.
pub(super) fn grade_sections(overview: &GradeOverview) -> Vec<Section<'_>> {
    let sections = [
        overview.generated.as_ref().map(generated_section).unwrap_or_default(),
        directions(overview),
        changed(overview),
        criteria(overview),
        tags(&overview.tags, overview.tags_left_out),
        lengths(&overview.lengths),
        requests_section(&overview.requests),
    ];
    sections.into_iter().filter(|section| !section.is_empty()).collect()
}

fn step_row<'a>(label: impl Into<String>, estimate: &'a Estimate, note: &'static str) -> Row<'a> {
    Row { format: NumberFormat::Step, ..share_row(label, estimate, note) }
}

fn directions(overview: &GradeOverview) -> Section<'_> {
    let title = "what each direction of the scale gives";
    let Some(table) = direction_table(&overview.directions) else {
        return Section { title, ..Section::default() };
    };
    let left_out = overview.directions.left_out;
    let sentence = (left_out > 0).then(|| {
        let are = if left_out == 1 { "is" } else { "are" };
        let responses = counted(left_out, "response");
        format!("{responses} without a readable grade in a direction {are} left out.")
    });
    Section {
        title,
        tables: vec![table],
        sentences: sentence.into_iter().collect(),
        ..Section::default()
    }
}

/// Returns how often the scale as written gave which grade, and the reversed one which; `None` where no response has a
/// grade in both directions.
pub(in crate::report) fn direction_table(directions: &DirectionTable) -> Option<SystemTable> {
    let grades = &directions.grades;
    let row = |(grade, counts): (&String, &Vec<u64>)| {
        (grade.clone(), counts.iter().map(|number| count(*number)).collect())
    };
    let rows: Vec<(String, Vec<String>)> = grades.iter().zip(&directions.counts).map(row).collect();
    let is_any = directions.counts.iter().flatten().any(|number| *number > 0);
    is_any.then(|| SystemTable {
        first: "as written".to_owned(),
        heads: grades.clone(),
        ..SystemTable::of_numbers("the scale as written in rows, reversed in columns", &[], rows)
    })
}

/// Returns a response in words.
pub(in crate::report) fn change_name(overview: &GradeOverview, change: &ChangedGrade) -> String {
    let judge = if overview.is_jury() { format!(", {}", change.judge) } else { String::new() };
    format!("{} of {}{judge}", change.id, change.system)
}

fn changed(overview: &GradeOverview) -> Section<'_> {
    let sentence = |change: &ChangedGrade| {
        let name = change_name(overview, change);
        format!("{name}: {} as written, {} reversed", change.written, change.reversed)
    };
    let mut sentences: Vec<String> = overview.changed.iter().map(sentence).collect();
    if overview.changed_left_out > 0 {
        sentences.push(format!("{} more are not listed.", count(overview.changed_left_out)));
    }
    Section { title: "grades that changed with the direction", sentences, ..Section::default() }
}

fn criteria(overview: &GradeOverview) -> Section<'_> {
    let groups = overview.criteria.iter().map(|one| {
        let note = format!("{}, {} changed", counted(one.grades, "grade"), count(one.changed));
        let rows = vec![
            step_row("mean step", &one.mean_step, "both directions"),
            share_row("consistency", &one.consistency, "directions agree"),
            share_row("as the whole reply", &one.with_grade, "replies"),
            share_row("where criteria differ", &one.when_divided, "replies"),
        ];
        Group { name: one.name.clone(), note, rows }
    });
    let steps = criterion_steps(overview);
    Section {
        title: "by criterion",
        tables: steps.into_iter().collect(),
        groups: groups.collect(),
        ..Section::default()
    }
}

/// Returns how often each step was given on each criterion; `None` without criteria.
pub(in crate::report) fn criterion_steps(overview: &GradeOverview) -> Option<SystemTable> {
    if overview.criteria.is_empty() {
        return None;
    }
    let row = |one: &GradeCriterionReport| {
        let unassessed = overview.directions.grades.len() > one.steps.len();
        let numbers = one.steps.iter().chain(unassessed.then_some(&one.cannot_assess));
        (one.name.clone(), numbers.map(|number| count(*number)).collect())
    };
    let rows = overview.criteria.iter().map(row).collect();
    Some(SystemTable {
        first: "criterion".to_owned(),
        heads: overview.directions.grades.clone(),
        ..SystemTable::of_numbers("replies by grade", &[], rows)
    })
}

fn tags(tags: &[GradeTagReport], left_out: u64) -> Section<'_> {
    let groups = tags.iter().map(|tag| {
        let mut rows = vec![
            share_row("coverage", &tag.coverage, "kept / planned"),
            share_row("consistency", &tag.consistency, "directions agree"),
        ];
        for system in &tag.systems {
            let name = system.system.as_str();
            match &system.pass_rate {
                Some(rate) => rows.push(share_row(name, &rate.averaged, "pass rate")),
                None => rows.push(step_row(name, &system.mean_step, "mean step")),
            }
        }
        let name = format!("{}={}", tag.tag, tag.value);
        Group { name, note: counted(tag.planned, "response"), rows }
    });
    let sentence = (left_out > 0).then(|| {
        let (values, are) = (counted(left_out, "value"), if left_out == 1 { "is" } else { "are" });
        format!("{values} of tags {are} not shown: too few responses, or too many values.")
    });
    Section {
        title: "by tag",
        groups: groups.collect(),
        sentences: sentence.into_iter().collect(),
        ..Section::default()
    }
}

/// Returns whether longer responses are graded higher, in a sentence; `None` where that is not known.
pub(in crate::report) fn lengths_lead(lengths: &GradeLengthReport) -> Option<String> {
    let LengthCorrelation { correlation, p_value: p, .. } = &lengths.all;
    let value = correlation.value?;
    let said = match (correlation.low, correlation.high) {
        (Some(low), _) if low > 0.0 => "Longer responses are graded higher",
        (_, Some(high)) if high < 0.0 => "Longer responses are graded lower",
        _ => "No relation of length and grade is shown",
    };
    let format = NumberFormat::Plain;
    let interval = format.interval(correlation);
    let p = p.map(|p| format!(", {}", p_value(p))).unwrap_or_default();
    Some(format!(
        "{said}: rank correlation {} ({interval}, n {}{p}).",
        format.value(Some(value)),
        count(correlation.n)
    ))
}

fn lengths(lengths: &GradeLengthReport) -> Section<'_> {
    let rows = lengths.systems.iter().filter(|one| one.correlation.n > 0).map(|one| Row {
        format: NumberFormat::Plain,
        ..share_row(one.system.clone().unwrap_or_default(), &one.correlation, "of this system")
    });
    let rows: Vec<Row<'_>> = rows.collect();
    let name = "correlation of length and grade".to_owned();
    let group = (!rows.is_empty()).then(|| Group { name, note: String::new(), rows });
    Section {
        title: "by length",
        lead: lengths_lead(lengths).into_iter().collect(),
        tables: length_bands(lengths).into_iter().collect(),
        groups: group.into_iter().collect(),
        ..Section::default()
    }
}

/// Returns the grades by length; `None` without any.
pub(in crate::report) fn length_bands(lengths: &GradeLengthReport) -> Option<SystemTable> {
    let first = lengths.bands.first()?;
    let pass_heads: &[&str] = &["responses", "pass rate", "95 % interval", "mean step"];
    let step_heads: &[&str] = &["responses", "mean step", "95 % interval"];
    let rows = lengths.bands.iter().map(|band| {
        let mut cells = vec![count(band.responses)];
        let step = NumberFormat::Step.value(band.mean_step.value);
        match &band.pass_rate {
            Some(rate) => {
                let format = NumberFormat::Percent;
                cells.extend([format.value(rate.value), format.interval(rate), step]);
            }
            None => cells.extend([step, NumberFormat::Step.interval(&band.mean_step)]),
        }
        (format!("{} – {}", count(band.low), count(band.high)), cells)
    });
    let heads = if first.pass_rate.is_some() { pass_heads } else { step_heads };
    let caption = "grades by the length of the response in characters";
    Some(SystemTable {
        first: "characters".to_owned(),
        ..SystemTable::of_numbers(caption, heads, rows.collect())
    })
}
