//! Why a number has no value or no interval: every one that is missing is named in a warning.

use super::Calibration;
use super::agreement::KeptAgreement;
use super::win_rates::Basis;
use crate::error::Warning;
use crate::stats::{Estimate, incomplete, incomplete_warnings};

/// Says of every number that has no value or no interval why that is so.
pub(super) fn undefined(found: &Calibration, all: &mut Vec<Warning>) {
    if found.kept.n == 0 {
        all.push(Warning::new(
            "nothing-kept",
            "no labelled comparison has a kept verdict, so nothing on kept verdicts is defined; look at \
             every reply instead",
        ));
    } else if found.pairs.len() > 1 {
        all.push(Warning::new(
            "several-pairs",
            "AC1, α, Matthews' correlation and balanced accuracy belong to a pair of systems and are given \
             by pair only; the κ over all is stratified",
        ));
    }
    if let Some(human) = &found.human
        && human.ratio.value.is_none()
    {
        all.push(Warning::new(
            "no-ratio",
            "agreement of people among themselves may be 0 or the judge did not answer both orders, so the \
             judge has no share of it; look at the difference",
        ));
    }
    let advice = "draw more labels with `evenhand sample`";
    all.extend(incomplete_warnings(&incomplete(&estimates(found)), advice));
}

/// Returns every estimate with its place in the JSON, but for those that another warning speaks of.
fn estimates(found: &Calibration) -> Vec<(String, Estimate)> {
    let mut all: Vec<(String, Estimate)> = Vec::new();
    let mut add = |name: String, estimate: Estimate| all.push((name, estimate));
    add("orders.agreement".to_owned(), found.orders.agreement);
    add("orders.cohen_kappa".to_owned(), found.orders.cohen_kappa);
    add("position.consistency".to_owned(), found.position.consistency);
    if found.kept.n > 0 {
        add("kept.cohen_kappa".to_owned(), found.kept.cohen_kappa);
    }
    for pair in &found.pairs {
        let KeptAgreement { n, gwet_ac1, krippendorff_alpha, mcc, balanced_accuracy, .. } =
            pair.kept;
        let several = found.pairs.len() > 1;
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
    for rates in &found.win_rates {
        let place = format!(" of {}", rates.system);
        add(format!("win_rates.order_averaged{place}"), rates.order_averaged);
        if found.kept.n > 0 {
            add(format!("win_rates.kept{place}"), rates.kept);
        }
        if rates.labels.n > 0 && rates.ppi_basis != Some(Basis::OnlyKept) {
            add(format!("win_rates.ppi{place}"), rates.ppi);
        }
    }
    for baseline in &found.baselines {
        // The first position agrees half of the time by its nature, and a judge with itself always.
        if baseline.name != "first" && found.judge != format!("builtin:{}", baseline.name) {
            add(format!("baselines.{}.cohen_kappa", baseline.name), baseline.cohen_kappa);
            add(format!("baselines.{}.difference", baseline.name), baseline.difference);
        }
    }
    for slice in &found.slices {
        let place = format!(" of {}={}", slice.tag, slice.value);
        add(format!("slices.agreement{place}"), slice.agreement);
        add(format!("slices.cohen_kappa{place}"), slice.cohen_kappa);
        if slice.kept_agreement.n > 0 {
            add(format!("slices.kept_agreement{place}"), slice.kept_agreement);
        }
    }
    if let Some(human) = &found.human {
        add("human.krippendorff_alpha".to_owned(), human.krippendorff_alpha);
        if human.krippendorff_alpha.value.is_none() {
            add("human.fleiss_kappa".to_owned(), human.fleiss_kappa);
        }
        add("human.judge".to_owned(), human.judge);
        add("human.ceiling".to_owned(), human.ceiling);
        add("human.difference".to_owned(), human.difference);
        if human.ratio.value.is_some() {
            add("human.ratio".to_owned(), human.ratio);
        }
        for pair in &human.pairwise_kappa {
            add(format!("human.pairwise_kappa of {}", pair.annotators.join(" and ")), pair.kappa);
        }
    }
    all
}
