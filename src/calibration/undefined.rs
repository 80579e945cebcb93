//! Which numbers have no value or no interval: each of them is named in a finding.

use super::agreement::KeptAgreement;
use super::corrected_rate::CorrectionBasis;
use super::findings::{Finding, MoreData};
use super::jury_members::{ErrorCorrelation, JuryMember, JuryReport, PairJury};
use super::results::Calibration;
use crate::stats::{Estimate, incomplete};

/// Adds the findings that explain every number without a value or an interval.
pub(super) fn findings(results: &Calibration, all: &mut Vec<Finding>) {
    if results.kept.n == 0 {
        all.push(Finding::NothingKept);
    } else if results.pairs.len() > 1 {
        all.push(Finding::SeveralPairs);
    }
    if let Some(human) = results.human.as_ref().filter(|human| human.ratio.value.is_none()) {
        all.push(Finding::NoRatio { is_judged: human.judge.value.is_some() });
    }
    let all_estimates = estimates(results);
    let [undefined, no_interval] = incomplete(&all_estimates);
    if !undefined.is_empty() {
        all.push(Finding::Undefined { numbers: undefined, remedy: remedy(results) });
    }
    let (perfect, no_interval): (Vec<String>, Vec<String>) =
        no_interval.into_iter().partition(|name| is_perfect(&all_estimates, name));
    if !no_interval.is_empty() {
        all.push(Finding::NoInterval { numbers: no_interval, remedy: remedy(results) });
    }
    if !perfect.is_empty() {
        all.push(Finding::PerfectAgreement { numbers: perfect });
    }
}

/// Returns what would define more numbers.
fn remedy(results: &Calibration) -> MoreData {
    let Calibration { orders, labelled, planned, .. } = results;
    if orders.unreadable * 2 > orders.n {
        MoreData::Readable
    } else if labelled == planned {
        MoreData::Comparisons
    } else {
        MoreData::Labels
    }
}

/// Returns whether a number is a coefficient of agreement with people that is 1: then it has no interval because every
/// observation agrees, and more of them would not give it one. Other numbers of 1, such as a difference, have no interval
/// because nothing varies.
fn is_perfect(estimates: &[(String, Estimate)], name: &str) -> bool {
    let estimate = estimates.iter().find(|(known, _)| known == name);
    let is_agreement = name.starts_with("kept.") || name.starts_with("orders.");
    is_agreement
        && estimate.and_then(|(_, estimate)| estimate.value).is_some_and(|value| value >= 1.0)
}

/// Returns the name under which findings list the κ of two annotators.
pub(crate) fn pairwise_kappa_name(annotators: &[String; 2]) -> String {
    format!("human.pairwise_kappa of {}", annotators.join(" and "))
}

/// Returns every estimate with its place in the JSON, except those that another finding explains.
fn estimates(results: &Calibration) -> Vec<(String, Estimate)> {
    let mut all: Vec<(String, Estimate)> = Vec::new();
    let mut add = |name: String, estimate: Estimate| all.push((name, estimate));
    add("orders.agreement".to_owned(), results.orders.agreement);
    add("orders.cohen_kappa".to_owned(), results.orders.cohen_kappa);
    // Where no comparison is answered in both orders, a finding says so.
    let both_orders = results.win_rates.iter().any(|rates| rates.order_averaged.n > 0);
    if both_orders {
        add("position.consistency".to_owned(), results.position.consistency);
    }
    if results.kept.n > 0 {
        add("kept.cohen_kappa".to_owned(), results.kept.cohen_kappa);
    }
    for pair in &results.pairs {
        let KeptAgreement { n, gwet_ac1, krippendorff_alpha, mcc, balanced_accuracy, .. } =
            pair.kept;
        let several = results.pairs.len() > 1;
        let place = if several {
            format!(" of {} and {}", pair.between[0], pair.between[1])
        } else {
            String::new()
        };
        if n > 0 {
            let kept = [
                ("gwet_ac1", gwet_ac1),
                ("krippendorff_alpha", krippendorff_alpha),
                ("mcc", mcc),
                ("balanced_accuracy", balanced_accuracy),
            ];
            for (name, estimate) in kept {
                add(format!("kept.{name}{place}"), estimate);
            }
        }
        if several {
            add(format!("kept.agreement{place}"), pair.kept.agreement);
            add(format!("orders.agreement{place}"), pair.orders.agreement);
            add(format!("kept.cohen_kappa{place}"), pair.kept.cohen_kappa);
            add(format!("orders.cohen_kappa{place}"), pair.orders.cohen_kappa);
        }
    }
    for rates in &results.win_rates {
        let place = format!(" of {}", rates.system);
        if both_orders {
            add(format!("win_rates.order_averaged{place}"), rates.order_averaged);
        }
        if results.kept.n > 0 {
            add(format!("win_rates.kept{place}"), rates.kept);
        }
        if let Some(votes) = rates.one_order {
            add(format!("win_rates.one_order{place}"), votes);
        }
        if rates.labels.n > 0 && rates.ppi_basis != Some(CorrectionBasis::OnlyKept) {
            add(format!("win_rates.ppi{place}"), rates.ppi);
        }
    }
    for baseline in &results.baselines {
        if baseline.applies_to(&results.judge) {
            let name = baseline.judge.as_str();
            add(format!("baselines.{name}.cohen_kappa"), baseline.cohen_kappa);
            add(format!("baselines.{name}.difference"), baseline.difference);
        }
    }
    for slice in &results.slices {
        let place = format!(" of {}={}", slice.tag, slice.value);
        add(format!("slices.agreement{place}"), slice.agreement);
        add(format!("slices.cohen_kappa{place}"), slice.cohen_kappa);
        if slice.kept_agreement.n > 0 {
            add(format!("slices.kept_agreement{place}"), slice.kept_agreement);
        }
    }
    let test = results.margin_rule.as_ref().and_then(|measured| measured.test.as_ref());
    for numbers in test.map(|test| test.rules.as_slice()).unwrap_or_default() {
        let rule = numbers.rule.as_str();
        add(format!("margin_rule.test.coverage by {rule}"), numbers.coverage);
        add(format!("margin_rule.test.error by {rule}"), numbers.error);
    }
    for (name, estimate) in results.jury_members.iter().flat_map(jury_estimates) {
        add(name, estimate);
    }
    if let Some(human) = &results.human {
        add("human.krippendorff_alpha".to_owned(), human.krippendorff_alpha);
        if human.krippendorff_alpha.value.is_none() {
            add("human.fleiss_kappa".to_owned(), human.fleiss_kappa);
        }
        add("human.ceiling".to_owned(), human.ceiling);
        // Otherwise the finding about the ratio says why there is none.
        if human.judge.value.is_some() {
            add("human.judge".to_owned(), human.judge);
            add("human.difference".to_owned(), human.difference);
        }
        if human.ratio.value.is_some() {
            add("human.ratio".to_owned(), human.ratio);
        }
        for pair in &human.pairwise_kappa {
            add(pairwise_kappa_name(&pair.annotators), pair.kappa);
        }
    }
    all
}

/// Returns every estimate of a jury beside its members with its place in the JSON.
fn jury_estimates(report: &JuryReport) -> Vec<(String, Estimate)> {
    let mut all = Vec::new();
    for PairJury { between: [a, b], members, errors, test, .. } in &report.pairs {
        let mut add = |number: &str, estimate: Estimate| {
            all.push((format!("jury_members.{number} of {a} and {b}"), estimate));
        };
        for JuryMember { judge, agreement, coverage, .. } in members {
            add(&format!("agreement of {judge}"), *agreement);
            add(&format!("coverage of {judge}"), *coverage);
        }
        for ErrorCorrelation { judges: [one, other], correlation } in &errors.pairs {
            add(&format!("correlation of {one} with {other}"), *correlation);
        }
        add("mean_correlation", errors.mean_correlation);
        add("effective_judges", errors.effective_judges);
        if let Some(test) = test {
            add("jury_minus_best_member", test.jury_minus_best_member);
        }
    }
    all
}
