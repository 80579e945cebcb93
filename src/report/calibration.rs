//! A calibration as a letter to a colleague: the sentence that matters first, what to do last.
//!
//! 80 columns, nothing that needs colour, no number without its interval and its n. Agreement on kept
//! verdicts never stands without agreement on every reply next to it.

use super::columns::{left, right, shortened};
use super::page::{MOST_ROWS, Page, p_value, percent, shown};
use super::quantities::count;
use crate::calibration::{
    Basis, Calibration, Conclusion, Confusion, PairAgreement, Slice, WinRates,
};
use crate::stats::Estimate;

/// Returns the letter.
pub fn letter(found: &Calibration) -> String {
    let mut letter = Letter::default();
    letter.headline(found);
    letter.numbers(found);
    letter.pairs(found);
    letter.people(found);
    letter.baselines(found);
    letter.win_rates(found);
    letter.slices(&found.slices);
    letter.confidence(found);
    letter.page.warnings(&found.warnings);
    letter.page.text
}

#[derive(Default)]
struct Letter {
    page: Page,
}

/// How a number is written: a share in per cent, or a plain number.
#[derive(Clone, Copy)]
enum Unit {
    Percent,
    Plain,
}

impl Unit {
    fn value(self, value: Option<f64>) -> String {
        match (self, value) {
            (Self::Percent, value) => percent(value),
            (Self::Plain, Some(value)) => format!("{value:.3}"),
            (Self::Plain, None) => "–".to_owned(),
        }
    }

    fn interval(self, estimate: &Estimate) -> String {
        match (self, estimate.low, estimate.high) {
            (Self::Percent, Some(low), Some(high)) => {
                format!("{:.1} – {:.1}", low * 100.0, high * 100.0)
            }
            (Self::Plain, Some(low), Some(high)) => format!("{low:.3} – {high:.3}"),
            _ => "no interval".to_owned(),
        }
    }
}

impl Letter {
    fn row(&mut self, label: &str, unit: Unit, estimate: &Estimate, note: &str) {
        let (value, interval) = (unit.value(estimate.value), unit.interval(estimate));
        let interval = if estimate.value.is_none() { String::new() } else { interval };
        let n = count(estimate.n);
        let label = left(label, 27);
        self.page.line(format_args!("  {label}{value:>8}   {interval:<15}{n:>7}  {note}"));
    }

    fn headline(&mut self, found: &Calibration) {
        let judge = shown(&found.judge);
        self.page.paragraph(0, &sentence(found.conclusion, &judge));
        let kept = (found.coverage.value.unwrap_or(0.0) * found.coverage.n as f64).round() as u64;
        let scored = if found.kept.n == kept {
            "On those".to_owned()
        } else {
            format!("On the {} of them with a label", count(found.kept.n))
        };
        let on_kept = match found.kept.agreement.value {
            Some(share) if share >= 1.0 => format!("{scored} it always agrees with people"),
            Some(share) => {
                format!("{scored} it agrees with people {} of the time", percent(Some(share)))
            }
            None if kept == 0 => "There is no verdict to trust".to_owned(),
            None => "None of them has a label".to_owned(),
        };
        let longer = found.baselines.iter().find(|baseline| baseline.name == "longer");
        let longer = longer.map_or(String::new(), |longer| {
            format!("; \"the longer one wins\" agrees {}", percent(longer.agreement.value))
        });
        let text = format!(
            "It keeps {} of {} comparisons. {on_kept}; over all its replies it agrees {}{longer}.",
            count(kept),
            count(found.planned),
            percent(found.orders.agreement.value)
        );
        self.page.paragraph(2, &text);
        self.page.paragraph(2, &labelled(found));
        self.page.blank();
    }

    fn numbers(&mut self, found: &Calibration) {
        let Calibration { kept, orders, position, .. } = found;
        self.page
            .line(format_args!("  {:<27}{:>8}   {:<15}{:>7}", "", "value", "95 % interval", "n"));
        self.row("coverage", Unit::Percent, &found.coverage, "kept / planned");
        if found.labelled < found.planned {
            self.row("coverage, labelled ones", Unit::Percent, &found.labelled_coverage, "");
        }
        self.row("agreement, kept verdicts", Unit::Percent, &kept.agreement, selected(found));
        self.row("agreement, every reply", Unit::Percent, &orders.agreement, "replies");
        self.row("Cohen's κ, kept verdicts", Unit::Plain, &kept.cohen_kappa, "");
        self.row("Cohen's κ, every reply", Unit::Plain, &orders.cohen_kappa, "");
        if found.pairs.len() == 1 && kept.n > 0 {
            self.row("Gwet's AC1, kept", Unit::Plain, &kept.gwet_ac1, "");
            self.row("Krippendorff's α, kept", Unit::Plain, &kept.krippendorff_alpha, "");
            self.row("Matthews' correlation, kept", Unit::Plain, &kept.mcc, "");
            self.row("balanced accuracy, kept", Unit::Percent, &kept.balanced_accuracy, "");
        }
        self.row("position consistency", Unit::Percent, &position.consistency, "");
        let flips = format!("{} / {}", count(position.primacy), count(position.recency));
        let p = p_value(position.p_value);
        let n = count(position.primacy + position.recency);
        self.page
            .line(format_args!("  {:<27}{flips:>8}   {p:<15}{n:>7}  flips", "primacy / recency"));
        if let Some(net) = &position.net_of_noise {
            self.row("flips that noise explains", Unit::Percent, &net.within_order, "same order");
            self.row("flips beyond noise", Unit::Percent, &net.difference, "by position");
        }
        self.page.blank();
    }

    fn pairs(&mut self, found: &Calibration) {
        match found.pairs.as_slice() {
            [pair] if pair.kept.n > 0 => self.confusion(&pair.confusion),
            [_] => {}
            pairs => {
                self.page
                    .line(format_args!("  by pair of systems; κ over all pairs is stratified"));
                for pair in pairs.iter().take(MOST_ROWS) {
                    self.pair(pair);
                }
                self.page.more(pairs.len());
                self.page.blank();
            }
        }
    }

    fn pair(&mut self, pair: &PairAgreement) {
        let [a, b] = &pair.between;
        let [a, b] = [a, b].map(|system| shortened(&shown(system), 36));
        self.page.line(format_args!("  {a} and {b}"));
        self.row("  agreement, kept", Unit::Percent, &pair.kept.agreement, "");
        self.row("  agreement, every reply", Unit::Percent, &pair.orders.agreement, "");
        self.row("  κ, every reply", Unit::Plain, &pair.orders.cohen_kappa, "");
    }

    fn confusion(&mut self, confusion: &Confusion) {
        let name = |label: &str| shortened(&shown(label), 15);
        self.page.line(format_args!("  kept verdicts (rows) against people (columns)"));
        let mut header = format!("  {:<16}", "");
        for label in &confusion.labels {
            header += &right(&name(label), 16);
        }
        self.page.line(format_args!("{header}"));
        for (label, counts) in confusion.labels.iter().zip(&confusion.counts) {
            let mut row = format!("  {}", left(&name(label), 16));
            for number in counts {
                row += &right(&count(*number), 16);
            }
            self.page.line(format_args!("{row}"));
        }
        self.page.blank();
    }

    fn people(&mut self, found: &Calibration) {
        let Some(human) = &found.human else { return };
        self.page.line(format_args!("  people among themselves, and the judge on the same panels"));
        for pair in human.pairwise_kappa.iter().take(MOST_ROWS) {
            let [one, other] = &pair.annotators;
            let [one, other] = [one, other].map(|name| shortened(&shown(name), 11));
            let label = format!("κ {one}, {other}");
            self.row(&label, Unit::Plain, &pair.kappa, "");
        }
        self.page.more(human.pairwise_kappa.len());
        if human.fleiss_kappa.value.is_some() {
            self.row("Fleiss' κ", Unit::Plain, &human.fleiss_kappa, "");
        }
        self.row("Krippendorff's α", Unit::Plain, &human.krippendorff_alpha, "");
        self.row("one person with the others", Unit::Percent, &human.ceiling, "the ceiling");
        self.row("the judge with the same", Unit::Percent, &human.judge, "");
        self.row("judge / ceiling", Unit::Plain, &human.ratio, "");
        self.row("judge − ceiling", Unit::Percent, &human.difference, "");
        if let Some(test) = &human.alt_test {
            let curve: Vec<String> = test
                .curve
                .iter()
                .map(|point| format!("{:.2} at ε {:.2}", point.omega, point.epsilon))
                .collect();
            self.page.paragraph(
                2,
                &format!(
                    "alternative annotator test: the share ω of people whom the judge may replace, by \
                     what one gives away for it (ε): {}; ρ {:.2}",
                    curve.join(", "),
                    test.rho
                ),
            );
        }
        self.page.blank();
    }

    fn baselines(&mut self, found: &Calibration) {
        if found.baselines.is_empty() {
            return;
        }
        self.page.line(format_args!("  agreement of trivial judges on the same labels"));
        for baseline in &found.baselines {
            let label = match baseline.name.as_str() {
                "longer" => "longer response wins",
                "first" => "first position wins",
                _ => "nearer to reference wins",
            };
            self.row(label, Unit::Percent, &baseline.agreement, "");
            self.row("  the judge is better by", Unit::Percent, &baseline.difference, "paired");
        }
        self.page.blank();
    }

    fn win_rates(&mut self, found: &Calibration) {
        for rates in found.win_rates.iter().take(MOST_ROWS) {
            self.win_rate(rates);
        }
        self.page.more(found.win_rates.len());
        self.page.paragraph(
            2,
            "Robust to dropped pairs says nothing about verdicts that the judge gets wrong in both orders.",
        );
        self.page.blank();
    }

    fn win_rate(&mut self, rates: &WinRates) {
        let other = usize::from(rates.between[0] == rates.system);
        let [system, other] =
            [&rates.system, &rates.between[other]].map(|name| shortened(&shown(name), 29));
        self.page.line(format_args!("  win rate of {system} against {other}"));
        self.row("  order-averaged", Unit::Percent, &rates.order_averaged, "no selection");
        self.row("  kept verdicts only", Unit::Percent, &rates.kept, "");
        self.row("  what the labels say", Unit::Percent, &rates.labels, "");
        let label = match rates.ppi_basis {
            Some(Basis::KnownProbabilities) => Some("  human-equivalent"),
            Some(Basis::AsIfRandom | Basis::IncompleteSample) => Some("  corrected by labels"),
            Some(Basis::EveryLabel | Basis::EveryAnswered | Basis::OnlyKept) | None => None,
        };
        if let Some(label) = label {
            let note = if label == "  corrected by labels" { "if at random" } else { "" };
            self.row(label, Unit::Percent, &rates.ppi, note);
        }
        if let Some(corrected) = &rates.rogan_gladen {
            self.row("  by known error rates", Unit::Percent, corrected, "");
        }
        if let Some(bounds) = &rates.bounds {
            let robust = if bounds.robust { "yes" } else { "no" };
            self.page.paragraph(
                4,
                &format!(
                    "whatever became of the dropped comparisons: {:.1} – {:.1} % (95 % interval {:.1} – {:.1})",
                    bounds.low * 100.0,
                    bounds.high * 100.0,
                    bounds.ci_low * 100.0,
                    bounds.ci_high * 100.0
                ),
            );
            self.page.line(format_args!("    robust to dropped pairs: {robust}"));
        }
        self.page.blank();
    }

    fn slices(&mut self, slices: &[Slice]) {
        if slices.is_empty() {
            return;
        }
        let p = |slice: &Slice| slice.p_adjusted.unwrap_or(2.0);
        self.page.line(format_args!(
            "  agreement of every reply by tag; p adjusted over all tags (Holm)"
        ));
        let mut slices: Vec<&Slice> = slices.iter().collect();
        slices.sort_by(|one, other| p(one).total_cmp(&p(other)));
        for slice in slices.iter().take(MOST_ROWS) {
            let value = shortened(&shown(&slice.value), 14);
            let label = shortened(&format!("{}={value}", shown(&slice.tag)), 26);
            let note = slice.p_adjusted.map_or(String::new(), p_value);
            self.row(&label, Unit::Percent, &slice.agreement, &note);
        }
        self.page.more(slices.len());
        self.page.blank();
    }

    fn confidence(&mut self, found: &Calibration) {
        let Some(confidence) = &found.confidence else { return };
        self.page.line(format_args!(
            "  confidence of {} labelled comparisons: stated, and how often people agree",
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
        let plain = |value| Unit::Plain.value(value);
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
                    "from a confidence of {:.3} on ({} comparisons) at most one verdict in ten is wrong, \
                     with 95 % confidence",
                    threshold.threshold,
                    count(threshold.kept)
                ),
            );
        }
        self.page.blank();
    }
}

/// The sentence that matters.
fn sentence(conclusion: Conclusion, judge: &str) -> String {
    match conclusion {
        Conclusion::TooFewLabels => {
            format!("Too few labels to say how far {judge} can be trusted.")
        }
        Conclusion::MayBeChance => format!(
            "Do not rely on {judge} with this rubric yet: it may agree with people by chance."
        ),
        Conclusion::NoBetterThanTrivial => format!(
            "Do not rely on {judge} with this rubric yet: a judge without a model may do as well."
        ),
        Conclusion::NotAsGoodAsKept => {
            format!("{judge} is better than chance, but not as good as its kept verdicts look.")
        }
        Conclusion::LikePeople => {
            format!("{judge} agrees with people as well as they agree with each other.")
        }
        Conclusion::BeyondChance => format!(
            "{judge} agrees with people beyond chance, and more than a judge without a model."
        ),
    }
}

/// What keeping only agreeing verdicts picked out.
fn selected(found: &Calibration) -> &'static str {
    match found.selection {
        Some(points) if points >= 0.1 => "the easy ones",
        Some(points) if points <= -0.1 => "misleading ones",
        _ => "",
    }
}

/// What was labelled, by how many, and everything that is left out of some number.
fn labelled(found: &Calibration) -> String {
    let people = match found.annotators {
        1 => "one person".to_owned(),
        more => format!("{} people", count(more)),
    };
    let mut text = format!(
        "Labelled by {people}: {} of {} comparisons; {} of them have a kept verdict and a majority.",
        count(found.labelled),
        count(found.planned),
        count(found.kept.n)
    );
    let left_out: Vec<String> = [
        (
            found.orders.unreadable,
            ["unreadable reply counts as wrong", "unreadable replies count as wrong"],
        ),
        (found.orders.absent, ["reply is absent and left out", "replies are absent and left out"]),
        (found.no_majority, ["comparison has no majority", "comparisons have no majority"]),
        (
            found.labels_unmatched,
            ["label is of another comparison", "labels are of other comparisons"],
        ),
        (found.labels_other_part, ["label is of the other part", "labels are of the other part"]),
        (found.labels_blank, ["line is still blank", "lines are still blank"]),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, [one, more])| {
        format!("{} {}", count(number), if number == 1 { one } else { more })
    })
    .collect();
    if !left_out.is_empty() {
        text = format!("{text} {}.", left_out.join(", "));
    }
    match (found.part, found.looks) {
        (None, _) => text,
        (Some(part), None) => format!("{text} Only the {} part of the items.", part.as_str()),
        (Some(part), Some(looks)) => {
            format!(
                "{text} Only the {} part of the items: look {looks} with this rubric.",
                part.as_str()
            )
        }
    }
}
