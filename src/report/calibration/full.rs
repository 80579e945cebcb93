//! The part of a calibration report that needs some statistics to read: all coefficients, the confusion matrix,
//! people among themselves, simple rules, slices, and confidence.

use super::sentences::alternative_annotator_test;
use super::table::CalibrationTable;
use crate::calibration::{
    Calibration, Confusion, PairAgreement, TagSlice, TrivialJudge, WinBounds,
};
use crate::report::columns::{pad_left, pad_right, shorten};
use crate::report::number_format::{NumberFormat, percent};
use crate::report::quantities::count;
use crate::report::text_report::{LABEL_WIDTH, MAX_ROWS, TextReport, p_value, printable};
use crate::report::wording::order_unknown;
use crate::stats::Estimate;

impl CalibrationTable {
    /// Writes every number that the page does not show without it.
    pub(super) fn all_numbers(&mut self, results: &Calibration) {
        self.coefficients(results);
        self.error_correlations(results);
        self.pairs(results);
        self.people(results);
        self.people_who_label_in_full(results);
        self.baselines(results);
        self.labels_and_bounds(results);
        self.slices(&results.slices);
        self.confidence(results);
    }

    fn coefficients(&mut self, results: &Calibration) {
        let Calibration { kept, position, .. } = results;
        self.page.line(format_args!("  all coefficients"));
        if results.labelled < results.planned {
            let coverage = &results.labelled_coverage;
            self.row("coverage, labelled only", NumberFormat::Percent, coverage, "kept / labelled");
        }
        self.row("Cohen's κ, kept verdicts", NumberFormat::Plain, &kept.cohen_kappa, "");
        if results.pairs.len() == 1 && kept.n > 0 {
            self.row(
                "Gwet's AC1, kept",
                NumberFormat::Plain,
                &kept.gwet_ac1,
                "for one-sided labels",
            );
            let alpha = &kept.krippendorff_alpha;
            self.row("Krippendorff's α, kept", NumberFormat::Plain, alpha, "like κ");
            self.row("Matthews' corr., kept", NumberFormat::Plain, &kept.mcc, "−1 to 1");
            let balanced = &kept.balanced_accuracy;
            self.row(
                "balanced accuracy, kept",
                NumberFormat::Percent,
                balanced,
                "mean of both sides",
            );
        }
        self.row(
            "position consistency",
            NumberFormat::Percent,
            &position.consistency,
            "orders agree",
        );
        let flips = format!("{} / {}", count(position.primacy), count(position.recency));
        let p = p_value(position.p_value);
        let n = count(position.primacy + position.recency);
        self.page.line(format_args!(
            "  {:<LABEL_WIDTH$}{flips:>8}  {p:<14}{n:>6}  flips",
            "primacy / recency"
        ));
        if let Some(sentence) = order_unknown(position.order_unknown) {
            self.page.paragraph(2, &sentence);
        }
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
            [pair] if pair.kept.n > 0 => {
                let title = "kept verdicts in rows, what people chose in columns";
                confusion_matrix(&mut self.page, &pair.confusion, title);
            }
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

    fn people(&mut self, results: &Calibration) {
        let Some(human) = &results.human else { return };
        let judge = if results.is_jury() { "jury" } else { "judge" };
        self.page
            .line(format_args!("  people with each other, and the {judge} with the same people"));
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
        self.row(&format!("{judge} / people"), NumberFormat::Plain, &human.ratio, "in their place");
        self.row(&format!("{judge} − people"), NumberFormat::Points, &human.difference, "points");
        if let Some(test) = &human.alt_test {
            let annotators = results.annotators.saturating_sub(test.skipped.len() as u64);
            self.page
                .paragraph(2, &alternative_annotator_test(test, annotators, results.is_jury()));
        }
        self.page.blank();
    }

    fn baselines(&mut self, results: &Calibration) {
        if results.baselines.is_empty() {
            return;
        }
        let judge = if results.is_jury() { "jury" } else { "judge" };
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
                ("worse", negated(&difference))
            } else {
                ("better", difference)
            };
            let label = format!("  the {judge} is {label} by");
            self.row(&label, NumberFormat::Points, &difference, "points, paired");
        }
        self.page.blank();
    }

    /// Writes the win rate among the labels alone, and what the bounds do not cover.
    fn labels_and_bounds(&mut self, results: &Calibration) {
        for rates in results.win_rates.iter().take(MAX_ROWS) {
            self.page.win_rate_heading(&rates.between, &rates.system);
            self.row("  labels only", NumberFormat::Percent, &rates.labels, "the labelled ones");
        }
        if results
            .win_rates
            .iter()
            .filter_map(|rates| rates.bounds.as_ref())
            .any(WinBounds::has_dropped)
        {
            self.page.paragraph(
                2,
                "Robustness to dropped comparisons does not cover kept verdicts that are wrong.",
            );
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

/// Writes how often each category was kept, by the category that people chose.
pub(in crate::report) fn confusion_matrix(
    page: &mut TextReport,
    confusion: &Confusion,
    title: &str,
) {
    // As many columns as fit beside each other, where there are more than those of a comparison.
    let width = (62 / confusion.labels.len().max(1)).clamp(6, 16);
    let name = |label: &str, width: usize| shorten(&printable(label), width);
    page.line(format_args!("  {title}"));
    let mut header = format!("  {:<16}", "");
    for label in &confusion.labels {
        header += &pad_left(&name(label, width - 1), width);
    }
    page.line(format_args!("{header}"));
    for (label, counts) in confusion.labels.iter().zip(&confusion.counts) {
        let mut row = format!("  {}", pad_right(&name(label, 15), 16));
        for number in counts {
            row += &pad_left(&count(*number), width);
        }
        page.line(format_args!("{row}"));
    }
    page.blank();
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
