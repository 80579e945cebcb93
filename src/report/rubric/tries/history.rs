//! The tries of rubrics in the order in which they were made.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

use super::cost::replies_and_cost;
use crate::calibration::Part;
use crate::report::number_format::NumberFormat;
use crate::report::quantities::{count, counted};
use crate::report::run_table::date;
use crate::report::text_report::{TextReport, printable};
use crate::report::wording::Wording;
use crate::stats::Estimate;
use crate::tries::{BegunTry, GradeNumbers, Try, TryChanges, TryNumbers, VerdictNumbers};

/// Returns the tries of histories as text, the earliest first.
pub fn history_table(tries: &[&Try], begun: &[&BegunTry]) -> String {
    let mut page = TextReport::new(Wording::default());
    let mut rubrics: Vec<&str> = tries.iter().map(|one| one.facts.rubric.as_str()).collect();
    rubrics.extend(begun.iter().map(|one| one.rubric.as_str()));
    rubrics.sort_unstable();
    rubrics.dedup();
    for (at, rubric) in rubrics.iter().enumerate() {
        if at > 0 {
            page.blank();
        }
        page.line(format_args!("{}", printable(rubric)));
        let mut complete = tries.iter().filter(|one| one.facts.rubric == *rubric).peekable();
        if complete.peek().is_some() {
            page.number_titles();
        }
        for one in complete {
            write_try(&mut page, one);
        }
        for one in begun.iter().filter(|one| one.rubric == *rubric) {
            page.line(format_args!(
                "  try {}  {}  {} half, not complete",
                one.begun,
                day(one.at),
                one.part.as_str()
            ));
            page.paragraph(4, &printable(&one.run));
        }
    }
    page.text
}

/// Returns the tries of histories as JSON.
pub fn history_json(tries: &[&Try], begun: &[&BegunTry]) -> Value {
    json!({ "tries": tries, "begun": begun })
}

fn write_try(page: &mut TextReport, one: &Try) {
    let facts = &one.facts;
    let looks = facts.looks.map(|looks| format!(", look {looks}")).unwrap_or_default();
    page.line(format_args!(
        "  try {}  {}  version {}, judge {}, {} half{looks}",
        facts.number,
        day(facts.at),
        printable(&facts.version),
        printable(&facts.judge),
        facts.part.as_str()
    ));
    let changes = match &one.numbers {
        TryNumbers::Verdicts(numbers) => {
            verdict_rows(page, numbers);
            numbers.changes.as_ref().map(|changes| {
                let counts = &changes.counts;
                let changed = format!(
                    "of {}: {} reversed, {} gained, {} lost",
                    counted(counts.comparisons, "comparison"),
                    counts.reversed,
                    counts.gained,
                    counts.lost
                );
                changes_sentence(changes, &changed)
            })
        }
        TryNumbers::Grades(numbers) => {
            grade_rows(page, numbers);
            numbers.changes.as_ref().map(|changes| {
                let counts = &changes.counts;
                let changed = format!(
                    "of {}: {} with another grade ({} higher, {} lower), {} gained, {} lost",
                    counted(counts.responses, "response"),
                    counts.regraded,
                    counts.raised,
                    counts.lowered,
                    counts.gained,
                    counts.lost
                );
                let kappa = counts.kappa_difference.and_then(|difference| {
                    difference_words(kappa_name(numbers), NumberFormat::Plain, &difference)
                });
                changes_sentence(changes, &changed) + &kappa.unwrap_or_default()
            })
        }
    };
    page.paragraph(4, &replies_and_cost(facts));
    match changes {
        Some(changes) => page.paragraph(4, &printable(&changes)),
        // The test half is reported on, and not compared.
        None if facts.part == Part::Test => {}
        None => page.paragraph(4, "not compared with an earlier try"),
    }
}

fn verdict_rows(page: &mut TextReport, numbers: &VerdictNumbers) {
    let (share, plain) = (NumberFormat::Percent, NumberFormat::Plain);
    page.number_row("  agreement", share, &numbers.agreement, "every reply");
    page.number_row("  κ", plain, &numbers.cohen_kappa, "every reply");
    page.number_row("  coverage", share, &numbers.coverage, "of comparisons");
}

fn grade_rows(page: &mut TextReport, numbers: &GradeNumbers) {
    let (share, plain) = (NumberFormat::Percent, NumberFormat::Plain);
    page.number_row("  agreement", share, &numbers.agreement, "every reply");
    page.number_row(&format!("  {}", kappa_name(numbers)), plain, &numbers.kappa, "every reply");
    for (label, rate) in [
        ("  passes that it finds", numbers.true_positive_rate),
        ("  fails that it finds", numbers.true_negative_rate),
    ] {
        if let Some(rate) = rate {
            page.number_row(label, share, &rate, "of replies");
        }
    }
    page.number_row("  judge − people", plain, &numbers.bias, "in steps, kept");
    page.number_row("  coverage", share, &numbers.coverage, "of responses");
}

fn kappa_name(numbers: &GradeNumbers) -> &'static str {
    if numbers.scale.steps.len() > 2 { "weighted κ" } else { "κ" }
}

/// Returns what a try changed, as one sentence; `counts` says how many verdicts or grades.
fn changes_sentence<C>(changes: &TryChanges<C>, counts: &str) -> String {
    let since = match changes.against_number {
        Some(number) => format!("try {number}"),
        None => changes.against.clone(),
    };
    let what = match changes.changed.as_slice() {
        [] => "nothing".to_owned(),
        fields => fields.join(", "),
    };
    let agreement = changes
        .agreement_difference
        .and_then(|found| difference_words("agreement", NumberFormat::Points, &found));
    format!("changed since {since}: {what}; {counts}{}", agreement.unwrap_or_default())
}

/// Returns by how much a number changed, as the end of a sentence; `None` if that is not defined.
fn difference_words(number: &str, format: NumberFormat, difference: &Estimate) -> Option<String> {
    let unit = if matches!(format, NumberFormat::Points) { " points" } else { "" };
    let interval = match (difference.low, difference.high) {
        (Some(low), Some(high)) => format!("{} – {}, ", signed(format, low), signed(format, high)),
        _ => String::new(),
    };
    let (value, n) = (signed(format, difference.value?), count(difference.n));
    Some(format!("; {number} {value}{unit} ({interval}n = {n})"))
}

/// Returns a number with its sign; what rounds to nothing has none.
fn signed(format: NumberFormat, number: f64) -> String {
    let shown = format.value(Some(number));
    let is_zero = shown.bytes().all(|byte| b"0.".contains(&byte));
    if is_zero || shown.starts_with('−') { shown } else { format!("+{shown}") }
}

fn day(seconds: u64) -> String {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).map(date).unwrap_or_default()
}
