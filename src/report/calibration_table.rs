//! A calibration as a report for people: the conclusion first, what to do about it last.
//!
//! 80 columns, nothing that needs colour, no number without its interval and its n. Agreement on kept
//! verdicts is always beside agreement on every reply.

use super::calibration_sentences::{
    agreement, alternative_annotator_test, conclusion, labelled, robustness,
};
use super::columns::{pad_left, pad_right, shorten};
use super::quantities::count;
use super::text_report::{MAX_ROWS, TextReport, p_value, percent, printable};
use super::wording::Wording;
use crate::calibration::{
    Calibration, Confusion, CorrectionBasis, Finding, PairAgreement, TagSlice, TrivialJudge,
    WinBounds, WinRates,
};
use crate::stats::Estimate;

/// Columns of the label of a row.
const LABEL_WIDTH: usize = 27;

/// Returns a calibration as a report for people.
pub fn calibration_table(results: &Calibration, wording: Wording) -> String {
    let mut table = CalibrationTable { page: TextReport::new(wording) };
    table.summary(results);
    table.main_numbers(results);
    table.pairs(results);
    table.people(results);
    table.baselines(results);
    table.win_rates(results);
    table.slices(&results.slices);
    table.confidence(results);
    table.page.warnings(&results.warnings());
    table.page.text
}

/// A report as far as it is written.
struct CalibrationTable {
    page: TextReport,
}

/// How a number is written: a share in per cent, a difference of shares in points, or a plain number.
#[derive(Clone, Copy)]
enum NumberFormat {
    Percent,
    Points,
    Plain,
}

impl NumberFormat {
    fn value(self, value: Option<f64>) -> String {
        match (self, value) {
            (Self::Percent, value) => percent(value),
            (_, None) => "–".to_owned(),
            (Self::Points, Some(value)) => format!("{:.1}", value * 100.0),
            (Self::Plain, Some(value)) => format!("{value:.3}"),
        }
    }

    fn interval(self, estimate: &Estimate) -> String {
        match (self, estimate.low, estimate.high) {
            (Self::Percent | Self::Points, Some(low), Some(high)) => {
                format!("{:.1} – {:.1}", low * 100.0, high * 100.0)
            }
            (Self::Plain, Some(low), Some(high)) => format!("{low:.3} – {high:.3}"),
            _ => "no interval".to_owned(),
        }
    }
}

impl CalibrationTable {
    fn row(&mut self, label: &str, format: NumberFormat, estimate: &Estimate, note: &str) {
        let (value, interval) = (format.value(estimate.value), format.interval(estimate));
        let interval = if estimate.value.is_none() { String::new() } else { interval };
        let n = count(estimate.n);
        let label = pad_right(label, LABEL_WIDTH);
        self.page.line(format_args!("  {label}{value:>8}   {interval:<15}{n:>7}  {note}"));
    }

    /// Writes the conclusion, the numbers it is based on, and what was labelled.
    fn summary(&mut self, results: &Calibration) {
        self.page.paragraph(0, &conclusion(results));
        self.page.paragraph(2, &agreement(results));
        self.page.paragraph(2, &labelled(results));
        self.page.blank();
    }

    fn main_numbers(&mut self, results: &Calibration) {
        let Calibration { kept, orders, position, .. } = results;
        self.page.line(format_args!(
            "  {:<LABEL_WIDTH$}{:>8}   {:<15}{:>7}",
            "", "value", "95 % interval", "n"
        ));
        self.row("coverage", NumberFormat::Percent, &results.coverage, "kept / planned");
        if results.labelled < results.planned {
            let coverage = &results.labelled_coverage;
            self.row("coverage, labelled only", NumberFormat::Percent, coverage, "");
        }
        let selected = selected(results);
        self.row("agreement, kept verdicts", NumberFormat::Percent, &kept.agreement, selected);
        self.row("agreement, every reply", NumberFormat::Percent, &orders.agreement, "replies");
        self.row("Cohen's κ, kept verdicts", NumberFormat::Plain, &kept.cohen_kappa, "");
        self.row("Cohen's κ, every reply", NumberFormat::Plain, &orders.cohen_kappa, "");
        if results.pairs.len() == 1 && kept.n > 0 {
            self.row("Gwet's AC1, kept", NumberFormat::Plain, &kept.gwet_ac1, "");
            self.row("Krippendorff's α, kept", NumberFormat::Plain, &kept.krippendorff_alpha, "");
            self.row("Matthews' correlation, kept", NumberFormat::Plain, &kept.mcc, "");
            self.row("balanced accuracy, kept", NumberFormat::Percent, &kept.balanced_accuracy, "");
        }
        self.row("position consistency", NumberFormat::Percent, &position.consistency, "");
        let flips = format!("{} / {}", count(position.primacy), count(position.recency));
        let p = p_value(position.p_value);
        let n = count(position.primacy + position.recency);
        self.page.line(format_args!(
            "  {:<LABEL_WIDTH$}{flips:>8}   {p:<15}{n:>7}  flips",
            "primacy / recency"
        ));
        if let Some(net) = &position.net_of_noise {
            let format = NumberFormat::Percent;
            self.row("disagreement, same order", format, &net.within_order, "noise");
            let format = NumberFormat::Points;
            self.row("added by position", format, &net.difference, "points");
        }
        self.page.blank();
    }

    fn pairs(&mut self, results: &Calibration) {
        match results.pairs.as_slice() {
            [pair] if pair.kept.n > 0 => self.confusion(&pair.confusion),
            [_] => {}
            pairs => {
                self.page
                    .line(format_args!("  by pair of systems; κ over all pairs is stratified"));
                for pair in pairs.iter().take(MAX_ROWS) {
                    self.pair(pair);
                }
                self.page.more(pairs.len());
                self.page.blank();
            }
        }
    }

    fn pair(&mut self, pair: &PairAgreement) {
        let [a, b] = &pair.between;
        let [a, b] = [a, b].map(|system| shorten(&printable(system), 36));
        self.page.line(format_args!("  {a} and {b}"));
        self.row("  agreement, kept", NumberFormat::Percent, &pair.kept.agreement, "");
        self.row("  agreement, every reply", NumberFormat::Percent, &pair.orders.agreement, "");
        self.row("  κ, every reply", NumberFormat::Plain, &pair.orders.cohen_kappa, "");
    }

    fn confusion(&mut self, confusion: &Confusion) {
        let name = |label: &str| shorten(&printable(label), 15);
        self.page.line(format_args!("  kept verdicts in rows, what people chose in columns"));
        let mut header = format!("  {:<16}", "");
        for label in &confusion.labels {
            header += &pad_left(&name(label), 16);
        }
        self.page.line(format_args!("{header}"));
        for (label, counts) in confusion.labels.iter().zip(&confusion.counts) {
            let mut row = format!("  {}", pad_right(&name(label), 16));
            for number in counts {
                row += &pad_left(&count(*number), 16);
            }
            self.page.line(format_args!("{row}"));
        }
        self.page.blank();
    }

    fn people(&mut self, results: &Calibration) {
        let Some(human) = &results.human else { return };
        self.page
            .line(format_args!("  people with each other, and the judge with the same people"));
        for pair in human.pairwise_kappa.iter().take(MAX_ROWS) {
            let [one, other] = &pair.annotators;
            let [one, other] = [one, other].map(|name| shorten(&printable(name), 11));
            let label = format!("κ {one}, {other}");
            self.row(&label, NumberFormat::Plain, &pair.kappa, "");
        }
        self.page.more(human.pairwise_kappa.len());
        if human.fleiss_kappa.value.is_some() {
            self.row("Fleiss' κ", NumberFormat::Plain, &human.fleiss_kappa, "");
        }
        self.row("Krippendorff's α", NumberFormat::Plain, &human.krippendorff_alpha, "");
        let ceiling = &human.ceiling;
        self.row("typical annotator vs others", NumberFormat::Percent, ceiling, "the ceiling");
        self.row("judge vs the same people", NumberFormat::Percent, &human.judge, "");
        self.row("judge / ceiling", NumberFormat::Plain, &human.ratio, "");
        self.row("judge − ceiling", NumberFormat::Points, &human.difference, "points");
        if let Some(test) = &human.alt_test {
            let annotators = results.annotators.saturating_sub(test.skipped.len() as u64);
            self.page.paragraph(2, &alternative_annotator_test(test, annotators));
        }
        self.page.blank();
    }

    fn baselines(&mut self, results: &Calibration) {
        if results.baselines.is_empty() {
            return;
        }
        self.page.line(format_args!("  agreement of simple rules on the same labels"));
        for baseline in &results.baselines {
            let label = match baseline.judge {
                TrivialJudge::Longer => "longer response wins",
                TrivialJudge::First => "first position wins",
                TrivialJudge::Lexical => "nearer to reference wins",
            };
            self.row(label, NumberFormat::Percent, &baseline.agreement, "");
            let difference = baseline.difference;
            let (label, difference) = if difference.value.is_some_and(|value| value < 0.0) {
                ("  the judge is worse by", negated(&difference))
            } else {
                ("  the judge is better by", difference)
            };
            self.row(label, NumberFormat::Points, &difference, "points, paired");
        }
        self.page.blank();
    }

    fn win_rates(&mut self, results: &Calibration) {
        for rates in results.win_rates.iter().take(MAX_ROWS) {
            self.win_rate(rates);
        }
        self.page.more(results.win_rates.len());
        if results.win_rates.iter().filter_map(|rates| rates.bounds.as_ref()).any(has_dropped) {
            self.page.paragraph(
                2,
                "Robustness to dropped comparisons does not cover verdicts that the judge gets wrong in both \
                 orders.",
            );
            self.page.blank();
        }
    }

    fn win_rate(&mut self, rates: &WinRates) {
        self.page.win_rate_heading(&rates.between, &rates.system);
        let format = NumberFormat::Percent;
        self.row("  order-averaged", format, &rates.order_averaged, "all comparisons");
        self.row("  kept verdicts only", format, &rates.kept, "");
        self.row("  labels only", format, &rates.labels, "");
        let note = match rates.ppi_basis {
            Some(CorrectionBasis::KnownProbabilities) => Some(""),
            Some(CorrectionBasis::AsIfRandom | CorrectionBasis::IncompleteSample) => {
                Some("if at random")
            }
            // Without a label it is undefined, and with all of them it is the mean label.
            _ => None,
        };
        if let Some(note) = note {
            self.row("  corrected with labels", format, &rates.ppi, note);
        }
        if let Some(corrected) = &rates.rogan_gladen {
            self.row("  corrected by error rates", format, corrected, "");
        }
        if let Some(bounds) = rates.bounds.as_ref().filter(|bounds| has_dropped(bounds)) {
            self.page.paragraph(4, &robustness(bounds));
        }
        self.page.blank();
    }

    fn slices(&mut self, slices: &[TagSlice]) {
        if slices.is_empty() {
            return;
        }
        let p = |slice: &TagSlice| slice.p_adjusted.unwrap_or(2.0);
        self.page.line(format_args!(
            "  agreement of every reply by tag; p adjusted over all tags (Holm)"
        ));
        let mut slices: Vec<&TagSlice> = slices.iter().collect();
        slices.sort_by(|one, other| p(one).total_cmp(&p(other)));
        for slice in slices.iter().take(MAX_ROWS) {
            let value = shorten(&printable(&slice.value), 14);
            let label = shorten(&format!("{}={value}", printable(&slice.tag)), 26);
            let note = slice.p_adjusted.map_or(String::new(), p_value);
            self.row(&label, NumberFormat::Percent, &slice.agreement, &note);
        }
        self.page.more(slices.len());
        self.page.blank();
    }

    fn confidence(&mut self, results: &Calibration) {
        let Some(confidence) = &results.confidence else { return };
        self.page.line(format_args!(
            "  confidence of {} labelled comparisons: stated, agreement with people, n",
            count(confidence.n)
        ));
        for bin in &confidence.bins {
            let n = count(bin.n);
            self.page.line(format_args!(
                "  {:>8} {:>12} {n:>10}",
                percent(Some(bin.confidence)),
                percent(Some(bin.accuracy))
            ));
        }
        let plain = |value| NumberFormat::Plain.value(value);
        self.page.paragraph(
            2,
            &format!(
                "calibration error {}, Brier score {}, area under the ROC curve {}",
                plain(confidence.ece),
                plain(confidence.brier),
                plain(confidence.auroc)
            ),
        );
        if let Some(threshold) = &confidence.threshold {
            self.page.paragraph(
                2,
                &format!(
                    "with a confidence of at least {:.3} ({} comparisons), at most one verdict in ten is \
                     wrong, with 95 % confidence",
                    threshold.threshold,
                    count(threshold.kept)
                ),
            );
        }
        self.page.blank();
    }
}

/// Returns what was selected by keeping only verdicts on which both orders agree.
fn selected(results: &Calibration) -> &'static str {
    let selection = results.findings.iter().find_map(|finding| match finding {
        Finding::KeptSelection { difference } => Some(*difference),
        _ => None,
    });
    match selection {
        Some(difference) if difference > 0.0 => "easy comparisons",
        Some(_) => "misleading ones",
        None => "",
    }
}

/// Returns a difference with the opposite sign.
fn negated(difference: &Estimate) -> Estimate {
    let opposite = |value: Option<f64>| value.map(|value| -value);
    Estimate {
        value: opposite(difference.value),
        low: opposite(difference.high),
        high: opposite(difference.low),
        n: difference.n,
    }
}

/// Returns whether any comparison was dropped: then the bounds differ.
fn has_dropped(bounds: &WinBounds) -> bool {
    bounds.low < bounds.high
}
