//! Which system is better, by how much, and how sure that is.

use super::parts::{Part, Section, TableView, other_system};
use super::plots::win_rate_forest;
use crate::calibration::WinRates;
use crate::overview::Overview;
use crate::report::calibration::{calibration_headline, has_dropped, robustness, win_rate_rows};
use crate::report::diff::capitalised;
use crate::report::number_format::NumberFormat;
use crate::report::overview::{margin_sentences, overview_headline};
use crate::report::quantities::{count, counted};
use crate::report::summary::judge_win_rate_rows;
use crate::report::text_report::MAX_ROWS;
use crate::report::wording::UNREADABLE_EITHER_WAY;
use crate::summary::{Gate, GateResult, WinRate};

/// Returns the first section.
pub(super) fn which(overview: &Overview, gates: &[Gate]) -> Section {
    let mut sentences = match &overview.calibration {
        Some(results) => {
            let mut sentences = calibration_headline(results);
            // The last one is about the judge: it leads the next section.
            sentences.pop();
            sentences
        }
        None => overview_headline(overview),
    };
    // Each pair of systems has a sentence, up to the number that a headline has.
    let leading = overview.judge_summary().map_or(1, |judge| judge.win_rates.len()).clamp(1, 3);
    let rest = sentences.split_off(sentences.len().min(leading));
    let pairs = if let Some(results) = &overview.calibration {
        let rates = results.win_rates.iter().take(MAX_ROWS).enumerate();
        rates.map(|(at, rates)| calibrated_pair(overview, at, rates)).collect()
    } else {
        let judge = overview.judge_summary();
        let rates = judge.map(|judge| judge.win_rates.as_slice()).unwrap_or_default();
        let rates = rates.iter().take(MAX_ROWS).enumerate();
        rates.map(|(at, rate)| judged_pair(overview, at, rate)).collect()
    };
    let mut parts: Vec<Part> = pairs;
    if !gates.is_empty() {
        let table = Some(gate_table(gates));
        parts.push(Part { heading: "Gates".to_owned(), table, ..Part::default() });
    }
    Section {
        id: "which",
        short: "Which is better?",
        heading: question(overview),
        lead: sentences,
        sentences: rest,
        parts,
    }
}

/// Returns what is compared by whom, as the title of the page.
pub(super) fn title(overview: &Overview) -> String {
    let rates = overview.judge_summary().map(|judge| judge.win_rates.as_slice());
    let judge = &overview.judge;
    match rates.unwrap_or_default() {
        [only] => {
            format!(
                "{} against {}, judged by {judge}",
                only.system,
                other_system(&only.between, &only.system)
            )
        }
        _ => format!("{}, judged by {judge}", counted(overview.run.systems.len() as u64, "system")),
    }
}

/// Returns the question that the section answers.
fn question(overview: &Overview) -> String {
    let rates = overview.judge_summary().map(|judge| judge.win_rates.as_slice());
    match rates.unwrap_or_default() {
        [only] => {
            format!("Is {} better than {}?", only.system, other_system(&only.between, &only.system))
        }
        _ => "Which system is better?".to_owned(),
    }
}

/// Returns the win rates of a pair with labels: the corrected one first, and the bounds last.
fn calibrated_pair(overview: &Overview, number: usize, rates: &WinRates) -> Part {
    let bounds = rates.bounds.as_ref().filter(|bounds| has_dropped(bounds));
    let title = title_of_rates(&rates.between, &rates.system);
    let forest = win_rate_forest(
        number,
        &title,
        &win_rate_rows(rates, overview.is_jury()),
        0,
        bounds.map(|bounds| (bounds, planned(overview, &rates.between))),
    );
    let mut notes: Vec<String> =
        bounds.map(|bounds| format!("{}.", capitalised(&robustness(bounds)))).into_iter().collect();
    notes.extend(changes(overview, &rates.between));
    Part { figures: vec![forest], notes, ..Part::default() }
}

/// Returns the win rates of a pair by the judge alone.
fn judged_pair(overview: &Overview, number: usize, rate: &WinRate) -> Part {
    let rows = judge_win_rate_rows(rate, overview.is_jury());
    let title = title_of_rates(&rate.between, &rate.system);
    // The headline quotes the interval that covers unreadable replies, where there are any.
    let quoted = rows.iter().position(|row| row.label == UNREADABLE_EITHER_WAY).unwrap_or(0);
    Part {
        figures: vec![win_rate_forest(number, &title, &rows, quoted, None)],
        notes: changes(overview, &rate.between),
        ..Part::default()
    }
}

/// Returns how many comparisons of a pair the bounds are about: the kept ones and all others.
fn planned(overview: &Overview, between: &[String; 2]) -> u64 {
    let tables = overview.margins.iter().filter(|margin| margin.between == *between);
    tables
        .map(|margin| {
            let kept = margin.kept.map_or(0, |kept| kept.of);
            kept + margin.dropped.map_or(0, |dropped| dropped.comparisons)
        })
        .sum()
}

fn title_of_rates(between: &[String; 2], system: &str) -> String {
    format!("Win rate of {system} against {}", other_system(between, system))
}

/// Returns what would change the winner of a pair of systems.
fn changes(overview: &Overview, between: &[String; 2]) -> Vec<String> {
    let margin = overview.margins.iter().find(|margin| margin.between == *between);
    margin.map(margin_sentences).unwrap_or_default()
}

/// Returns the gates with their results.
fn gate_table(gates: &[Gate]) -> TableView {
    let heads = [
        ("gate", false),
        ("threshold", true),
        ("value", true),
        ("95 % interval", true),
        ("n", true),
        ("result", false),
    ];
    let mut table = TableView::new("Gates", &heads);
    for gate in gates {
        let format = NumberFormat::Plain;
        let result = match gate.result() {
            GateResult::Passed => "✓ passed",
            GateResult::Missed => "✗ missed",
            GateResult::Inconclusive => "? inconclusive",
        };
        table.rows.push(vec![
            gate.quantity.clone(),
            gate.threshold.to_string(),
            format.value(gate.estimate.value),
            format.interval(&gate.estimate),
            count(gate.estimate.n),
            result.to_owned(),
        ]);
    }
    table
}
