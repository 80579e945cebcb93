//! A calibration as Markdown, for a pull request.

use super::rows::{NumberRow, main_rows, win_rate_rows};
use super::sentences::{calibration_headline, labelled, robustness};
use super::table::has_dropped;
use crate::calibration::Calibration;
use crate::report::escape::markdown;
use crate::report::quantities::count;
use crate::report::wording::Wording;

/// Returns a calibration as Markdown: the numbers that every reader needs.
pub fn calibration_markdown(results: &Calibration, wording: Wording) -> String {
    let mut text = String::new();
    for (at, sentence) in calibration_headline(results).iter().enumerate() {
        let sentence = markdown(sentence);
        text += &if at == 0 { format!("**{sentence}**\n\n") } else { format!("{sentence}\n\n") };
    }
    text += &markdown(&labelled(results));
    text += "\n\n| | value | 95 % interval | n | |\n| --- | ---: | --- | ---: | --- |\n";
    main_rows(results).iter().for_each(|one| text += &row(one.label, one));
    text += "\n| win rate | value | 95 % interval | n | what it estimates |\n";
    text += "| --- | ---: | --- | ---: | --- |\n";
    for rates in &results.win_rates {
        let other = &rates.between[usize::from(rates.between[0] == rates.system)];
        let [system, other] = [&rates.system, other].map(|name| markdown(name));
        for one in win_rate_rows(rates) {
            text += &row(&format!("{system} against {other}, {}", one.label), &one);
        }
    }
    for rates in &results.win_rates {
        if let Some(bounds) = rates.bounds.as_ref().filter(|bounds| has_dropped(bounds)) {
            text += &format!("\n{} against the other system: ", markdown(&rates.system));
            text += &markdown(&robustness(bounds));
            text += "\n";
        }
    }
    text += "\n";
    for warning in results.warnings() {
        let message = wording.apply(&warning).message;
        text += &format!("- warning, {}: {}\n", markdown(warning.code), markdown(&message));
    }
    text
}

fn row(label: &str, row: &NumberRow<'_>) -> String {
    format!(
        "| {label} | {} | {} | {} | {} |\n",
        row.format.value(row.estimate.value),
        row.format.interval(row.estimate),
        count(row.estimate.n),
        row.note
    )
}
