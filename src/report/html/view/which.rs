//! Which system is better, by how much, and how sure that is.

use super::generated::generated;
use super::parts::{Part, Section, TableView, other_system};
use super::plots::win_rate_forest;
use super::ranking::ranking;
use crate::calibration::WinRates;
use crate::error::capitalised;
use crate::overview::Overview;
use crate::report::calibration::{NumberRow, calibration_headline, robustness, win_rate_rows};
use crate::report::number_format::NumberFormat;
use crate::report::overview::{label_margin_sentences, margin_sentences, overview_headline};
use crate::report::quantities::{count, counted};
use crate::report::summary::judge_win_rate_rows;
use crate::report::text_report::MAX_ROWS;
use crate::report::wording::{AT_EVERY_LOOK, UNREADABLE_EITHER_WAY};
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
    let pairs: Vec<Part> = if let Some(results) = &overview.calibration {
        let rates = results.win_rates.iter().take(MAX_ROWS).enumerate();
        rates.map(|(at, rates)| calibrated_pair(overview, at, rates)).collect()
    } else {
        let judge = overview.judge_summary();
        let rates = judge.map(|judge| judge.win_rates.as_slice()).unwrap_or_default();
        let rates = rates.iter().take(MAX_ROWS).enumerate();
        rates.map(|(at, rate)| judged_pair(overview, at, rate)).collect()
    };
    // The single pairs of several systems are details; the only pair is the answer.
    let mut parts: Vec<Part> = match ranking(overview) {
        Some(all) => std::iter::once(all)
            .chain(generated(overview.generated.as_ref()))
            .chain(pairs)
            .collect(),
        None => pairs.into_iter().chain(generated(overview.generated.as_ref())).collect(),
    };
    if let Some(results) = &overview.calibration {
        // Before the parts, whose sentences are about the judge alone.
        let sentences = label_margin_sentences(results);
        if !sentences.is_empty() {
            parts.insert(0, Part { sentences, ..Part::default() });
        }
    }
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

/// Returns the win rates of a pair with labels, the corrected one first.
fn calibrated_pair(overview: &Overview, number: usize, rates: &WinRates) -> Part {
    let rows = win_rate_rows(rates, overview.is_jury());
    pair(overview, number, [&rates.between[0], &rates.between[1]], &rates.system, (&rows, 0))
}

/// Returns the win rates of a pair by the judge alone.
fn judged_pair(overview: &Overview, number: usize, rate: &WinRate) -> Part {
    let rows = judge_win_rate_rows(rate, overview.is_jury());
    // The headline quotes the interval that holds at every look, or the one that covers unreadable replies, where there
    // is one.
    let labelled = |label: &str| rows.iter().position(|row| row.label == label);
    let quoted = labelled(AT_EVERY_LOOK).or_else(|| labelled(UNREADABLE_EITHER_WAY)).unwrap_or(0);
    pair(overview, number, [&rate.between[0], &rate.between[1]], &rate.system, (&rows, quoted))
}

/// Returns the win rates of a pair, the bounds below them, and what would change them.
fn pair(
    overview: &Overview,
    number: usize,
    between: [&str; 2],
    system: &str,
    (rows, quoted): (&[NumberRow<'_>], usize),
) -> Part {
    let mut margins = overview.margins.iter();
    let margin = margins.find(|margin| margin.between.each_ref().map(String::as_str) == between);
    let bounds = margin.and_then(|margin| {
        let bounds = margin.bounds.as_ref().filter(|bounds| bounds.has_dropped())?;
        Some((bounds, margin.comparisons))
    });
    let other = if between[0] == system { between[1] } else { between[0] };
    let title = format!("Win rate of {system} against {other}");
    let forest = win_rate_forest(number, &title, rows, quoted, bounds);
    let mut notes: Vec<String> = bounds
        .map(|(bounds, _)| format!("{}.", capitalised(&robustness(bounds))))
        .into_iter()
        .collect();
    notes.extend(margin.map(margin_sentences).unwrap_or_default());
    Part { figures: vec![forest], notes, ..Part::default() }
}

/// Returns the gates with their results.
pub(super) fn gate_table(gates: &[Gate]) -> TableView {
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
