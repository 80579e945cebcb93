//! The part of a calibration report of grades that needs some statistics to read: all coefficients, the confusion matrix,
//! people among themselves, every step as a threshold, criteria, slices, and what is left of each system.

use super::rows::no_correction;
use super::table::GradeCalibrationTable;
use crate::grading::{GradeCalibration, GradeRule, KeptGrades};
use crate::report::calibration::confusion_matrix;
use crate::report::columns::shorten;
use crate::report::number_format::NumberFormat;
use crate::report::text_report::{MAX_ROWS, p_value, printable, share_with_interval};
use crate::stats::Estimate;

impl GradeCalibrationTable {
    /// Writes every number that the page does not show without it.
    pub(super) fn all_numbers(&mut self, results: &GradeCalibration) {
        self.coefficients(results);
        if results.kept.n > 0 {
            let title = "kept grades in rows, what people gave in columns";
            confusion_matrix(&mut self.page, &results.kept.confusion, title);
        }
        self.direction(results);
        self.baselines(results);
        self.people(results);
        self.people_who_label_in_full(results);
        self.thresholds(results);
        self.systems(results);
        self.criteria(results);
        self.slices(results);
    }

    fn plain(&mut self, label: &str, estimate: &Estimate, note: &str) {
        self.row(label, NumberFormat::Plain, estimate, note);
    }

    fn percent(&mut self, label: &str, estimate: &Estimate, note: &str) {
        self.row(label, NumberFormat::Percent, estimate, note);
    }

    fn coefficients(&mut self, results: &GradeCalibration) {
        let GradeCalibration { kept, replies, .. } = results;
        self.page.line(format_args!("  all coefficients"));
        if results.labelled < results.planned {
            self.percent("coverage, labelled only", &results.labelled_coverage, "kept / labelled");
        }
        self.plain("Cohen's κ, every reply", &replies.cohen_kappa, "all grades");
        self.plain("weighted κ, every reply", &replies.weighted_kappa, "steps, quadratic");
        self.kept(kept);
        if results.scale.pass_from.is_some() {
            self.percent("passes found, kept", &kept.true_positive_rate, "of kept grades");
            self.percent("fails found, kept", &kept.true_negative_rate, "of kept grades");
        }
        self.page.blank();
    }

    fn kept(&mut self, kept: &KeptGrades) {
        self.plain("Cohen's κ, kept", &kept.cohen_kappa, "all grades");
        self.plain("weighted κ, kept", &kept.weighted_kappa, "steps, quadratic");
        self.plain("linear κ, kept", &kept.linear_kappa, "steps, linear");
        self.plain("Gwet's AC1, kept", &kept.gwet_ac1, "for one-sided labels");
        self.plain("Krippendorff's α, kept", &kept.krippendorff_alpha, "ordinal");
        self.plain("ICC(A,1), kept", &kept.icc, "steps of both");
        self.plain("Spearman's ρ, kept", &kept.spearman, "ranks");
        self.plain("Kendall's τ-b, kept", &kept.kendall, "ranks with ties");
        self.plain("judge − people, kept", &kept.bias, "in steps");
        self.plain("  lower limit", &kept.limits.low, "of single responses");
        self.plain("  upper limit", &kept.limits.high, "of single responses");
    }

    fn direction(&mut self, results: &GradeCalibration) {
        let order = &results.order;
        let p = p_value(order.p_value);
        self.plain("reversed − written", &order.step_difference, &format!("in steps, {p}"));
        if let Some(stability) = &results.stability {
            self.percent("repeats agree", stability, "of pairs");
        }
        self.page.blank();
    }

    fn baselines(&mut self, results: &GradeCalibration) {
        let number = if results.scale.pass_from.is_some() { "AUC" } else { "ρ" };
        let judge = if results.is_jury() { "jury" } else { "judge" };
        if !results.baselines.is_empty() {
            self.page.line(format_args!(
                "  simple rules beside the {judge}: telling better responses from worse ones"
            ));
        }
        for baseline in &results.baselines {
            let label = match baseline.rule {
                GradeRule::Longer => "longer is better",
                GradeRule::Lexical => "nearer to reference",
            };
            self.plain(label, &baseline.value, number);
            self.plain(&format!("  {judge}"), &baseline.judge, "by mean steps");
            self.plain(&format!("  {judge} − rule"), &baseline.difference, "paired");
        }
        if !results.baselines.is_empty() {
            self.page.blank();
        }
    }

    fn people(&mut self, results: &GradeCalibration) {
        let Some(human) = &results.human else { return };
        self.page.line(format_args!("  people with each other"));
        self.percent("agreement", &human.agreement, "of pairs of people");
        for pair in human.pairwise_kappa.iter().take(MAX_ROWS) {
            let [one, other] = &pair.annotators;
            let [one, other] = [one, other].map(|name| shorten(&printable(name), 11));
            self.plain(&format!("κ {one}, {other}"), &pair.kappa, "");
        }
        self.page.more(human.pairwise_kappa.len());
        self.plain("Krippendorff's α", &human.krippendorff_alpha, "ordinal");
        let judge = if results.is_jury() { "jury" } else { "judge" };
        self.plain(&format!("{judge} − people, κ"), &human.judge_difference, "");
        self.page.blank();
    }

    fn thresholds(&mut self, results: &GradeCalibration) {
        let Some(thresholds) = &results.thresholds else { return };
        self.page.line(format_args!("  where the judge's grade passes from a step on, dev part"));
        for rates in &thresholds.dev {
            let from = shorten(&printable(&rates.from), 40);
            self.page.line(format_args!("  from {from}"));
            self.percent("  passes that it finds", &rates.true_positive_rate, "");
            self.percent("  fails that it finds", &rates.true_negative_rate, "");
            self.plain("  Youden's J", &rates.youden, "");
        }
        if let Some(test) = &thresholds.test {
            let chosen = shorten(&printable(&thresholds.chosen), 40);
            self.page.line(format_args!("  from {chosen}, test part"));
            self.percent("  passes that it finds", &test.true_positive_rate, "");
            self.percent("  fails that it finds", &test.true_negative_rate, "");
            self.plain("  Youden's J", &test.youden, "");
            self.plain("  Cohen's κ", &test.cohen_kappa, "of pass and fail");
        }
        self.page.blank();
    }

    /// Writes what the labels alone say of each system, its mean step, and why a correction is missing.
    fn systems(&mut self, results: &GradeCalibration) {
        for system in results.systems.iter().take(MAX_ROWS) {
            let name = shorten(&printable(&system.system), 60);
            self.page.line(format_args!("  {name}"));
            if let Some(rates) = &system.pass_rate {
                self.percent("  labels only, passes", &rates.labels, "the labelled ones");
            }
            self.plain("  mean step, corrected", &system.mean_step.ppi, "by people");
            self.plain("  mean step, labels only", &system.mean_step.labels, "the labelled ones");
            self.plain("  mean step, judge", &system.mean_step.averaged, "direction-averaged");
            let reason = system.pass_rate.as_ref().and_then(|rates| rates.rogan_gladen_reason);
            if let Some(reason) = reason {
                let reason = no_correction(reason);
                self.page.paragraph(4, &format!("not corrected by error rates: {reason}"));
            }
        }
        self.page.more(results.systems.len());
        self.page.blank();
    }

    fn criteria(&mut self, results: &GradeCalibration) {
        if results.criteria.is_empty() {
            return;
        }
        self.page.line(format_args!("  agreement of every reply by criterion"));
        for criterion in results.criteria.iter().take(MAX_ROWS) {
            let label = shorten(&printable(&criterion.criterion), 23);
            self.percent(&label, &criterion.agreement, "");
            self.plain("  weighted κ", &criterion.weighted_kappa, "steps, quadratic");
        }
        self.page.more(results.criteria.len());
        self.page.blank();
    }

    fn slices(&mut self, results: &GradeCalibration) {
        if results.slices.is_empty() {
            return;
        }
        self.page.line(format_args!("  agreement of every reply by tag"));
        for slice in results.slices.iter().take(MAX_ROWS) {
            let value = shorten(&printable(&slice.value), 14);
            let label = shorten(&format!("{}={value}", printable(&slice.tag)), 23);
            self.percent(&label, &slice.agreement, "");
            if slice.true_positive_rate.value.or(slice.true_negative_rate.value).is_some() {
                let [passes, fails] =
                    [&slice.true_positive_rate, &slice.true_negative_rate].map(share_with_interval);
                self.page.paragraph(4, &format!("finds {passes} of passes, {fails} of fails"));
            }
        }
        self.page.more(results.slices.len());
        self.page.blank();
    }
}
