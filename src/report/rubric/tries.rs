//! The tries of a rubric, with their numbers.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::calibration::{Calibration, Finding, Part};
use crate::error::Warning;
use crate::report::calibration_headline;
use crate::report::number_format::percent;
use crate::report::quantities::{count, counted, usd};
use crate::report::run_table::date;
use crate::report::text_report::{TextReport, printable};
use crate::report::wording::Wording;
use crate::stats::Estimate;
use crate::tries::{BegunTry, Try, TryChanges};

/// Columns of the label of a number.
const LABEL: usize = 31;

/// Returns the numbers of a try that has just been made.
pub fn try_table(one: &Try, results: &Calibration, wording: Wording) -> String {
    let mut page = TextReport::new(wording);
    page.line(format_args!(
        "try {} of {} {}, judge {}, {} half",
        one.number,
        printable(&one.rubric),
        printable(&one.version),
        printable(&one.judge),
        one.part.as_str()
    ));
    page.blank();
    for sentence in calibration_headline(results) {
        page.paragraph(2, &printable(&sentence));
    }
    page.blank();
    for (label, estimate, is_share) in [
        ("agreement, every reply", one.agreement, true),
        ("κ, every reply", one.cohen_kappa, false),
        ("agreement, kept verdicts", one.kept_agreement, true),
        ("coverage", one.coverage, true),
        ("position consistency", one.consistency, true),
    ] {
        let number = if is_share { percent(estimate.value) } else { plain(estimate.value) };
        let (interval, n) = (interval(&estimate, is_share), count(estimate.n));
        page.line(format_args!("  {label:LABEL$}{number:>8}  {interval:<16}n = {n}"));
    }
    page.line(format_args!("  {}", replies_and_cost(one)));
    page.blank();
    let warnings: Vec<Warning> = results.findings.iter().filter_map(about_try).collect();
    page.warnings(&warnings);
    page.text
}

/// Returns what a finding says about the numbers of a try; `None` if it is about others, which a try does not show.
fn about_try(finding: &Finding) -> Option<Warning> {
    let is_shown = |number: &String| {
        let whole = ["orders.agreement", "orders.cohen_kappa", "position.consistency"];
        whole.contains(&number.as_str()) || number.starts_with("win_rates.ppi")
    };
    let mut finding = finding.clone();
    match &mut finding {
        Finding::SeveralPairs => return None,
        Finding::Undefined { numbers, .. }
        | Finding::NoInterval { numbers, .. }
        | Finding::PerfectAgreement { numbers } => {
            numbers.retain(is_shown);
            if numbers.is_empty() {
                return None;
            }
        }
        _ => {}
    }
    Some(finding.warning())
}

/// Returns the tries of histories as text, the earliest first.
pub fn history_table(tries: &[&Try], begun: &[&BegunTry]) -> String {
    let mut page = TextReport::new(Wording::default());
    let mut rubrics: Vec<&str> = tries.iter().map(|one| one.rubric.as_str()).collect();
    rubrics.extend(begun.iter().map(|one| one.rubric.as_str()));
    rubrics.sort_unstable();
    rubrics.dedup();
    for (at, rubric) in rubrics.iter().enumerate() {
        if at > 0 {
            page.blank();
        }
        page.line(format_args!("{}", printable(rubric)));
        for one in tries.iter().filter(|one| one.rubric == *rubric) {
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
    let looks = one.looks.map(|looks| format!(", look {looks}")).unwrap_or_default();
    page.line(format_args!(
        "  try {}  {}  version {}, judge {}, {} half{looks}",
        one.number,
        day(one.at),
        printable(&one.version),
        printable(&one.judge),
        one.part.as_str()
    ));
    let shares = |label: &str, estimate: &Estimate, is_share: bool| {
        let number = if is_share { percent(estimate.value) } else { plain(estimate.value) };
        let interval = interval(estimate, is_share);
        format!("{label} {number} ({interval}, n = {})", count(estimate.n))
    };
    page.paragraph(4, &shares("agreement", &one.agreement, true));
    page.paragraph(4, &shares("κ", &one.cohen_kappa, false));
    page.paragraph(4, &shares("coverage", &one.coverage, true));
    page.paragraph(4, &replies_and_cost(one));
    let changes = match &one.changes {
        Some(changes) => changes_sentence(changes),
        // The test half is reported on, and not compared.
        None if one.part == Part::Test => return,
        None => "not compared with an earlier try".to_owned(),
    };
    page.paragraph(4, &printable(&changes));
}

/// Returns what a try changed, as one sentence.
fn changes_sentence(changes: &TryChanges) -> String {
    let since = match changes.against_number {
        Some(number) => format!("try {number}"),
        None => changes.against.clone(),
    };
    let what = match changes.changed.as_slice() {
        [] => "nothing".to_owned(),
        fields => fields.join(", "),
    };
    let verdicts = format!(
        "of {}: {} reversed, {} gained, {} lost",
        counted(changes.comparisons, "comparison"),
        changes.reversed,
        changes.gained,
        changes.lost
    );
    let agreement = changes.agreement_difference.filter(|difference| difference.value.is_some());
    let agreement = agreement.map(|difference| {
        let points = difference.value.unwrap_or_default() * 100.0;
        let interval = match (difference.low, difference.high) {
            (Some(low), Some(high)) => {
                format!("{} – {}, ", signed(low * 100.0), signed(high * 100.0))
            }
            _ => String::new(),
        };
        format!("; agreement {} points ({interval}n = {})", signed(points), count(difference.n))
    });
    format!("changed since {since}: {what}; {verdicts}{}", agreement.unwrap_or_default())
}

/// Returns a number with its sign, and a true minus.
fn signed(number: f64) -> String {
    let shown = format!("{number:+.1}");
    // What rounds to nothing has no sign.
    if shown.trim_start_matches(['+', '-']) == "0.0" {
        "0.0".to_owned()
    } else {
        shown.replace('-', "−")
    }
}

fn replies_and_cost(one: &Try) -> String {
    let cost = one.cost_usd.map_or("cost unknown".to_owned(), usd);
    format!("{}, of which {} copied; {cost}", counted(one.replies, "reply"), count(one.reused))
}

fn plain(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.3}").replace('-', "−"))
}

fn interval(estimate: &Estimate, is_share: bool) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) if is_share => format!("{:.1} – {:.1}", low * 100.0, high * 100.0),
        (Some(low), Some(high)) => format!("{low:.3} – {high:.3}").replace('-', "−"),
        _ => "no interval".to_owned(),
    }
}

fn day(seconds: u64) -> String {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).map(date).unwrap_or_default()
}
