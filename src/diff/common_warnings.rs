//! The warnings that differences between comparisons and between grades have in common.

use super::agreement::PairedEstimates;
use crate::error::{Warning, counted, listed, listed_of};
use crate::stats::Estimate;

/// Fewer labelled items than this make intervals of κ unreliable.
const FEW_LABELS: u64 = 50;

/// The nouns of what both runs are about: one, and several.
pub(crate) type Nouns = [&'static str; 2];

/// Warns of what only one of the runs has, and of what has other texts in the second one.
pub(crate) fn left_out(
    nouns: Nouns,
    [before, after]: &[String; 2],
    [only_before, only_after]: [u64; 2],
    (texts_changed, ids): (u64, &[String]),
) -> Vec<Warning> {
    let several = |number: u64| counted(number, nouns[0], nouns[1]);
    let mut found = Vec::new();
    if texts_changed > 0 {
        found.push(Warning::new(
            "texts-changed",
            format!(
                "{} left out, with another prompt, response, reference or context in {after}: {}",
                several(texts_changed),
                listed_of(ids, texts_changed)
            ),
        ));
    }
    if only_before + only_after > 0 {
        found.push(Warning::new(
            "different-items",
            format!(
                "{} only in {before} and {} only in {after} are left out",
                several(only_before),
                several(only_after)
            ),
        ));
    }
    found
}

/// Warns that nothing in the manifests explains a difference.
pub(super) fn same_manifest(changed: &[String], runs: &[String; 2], asked: u64) -> Option<Warning> {
    (changed.is_empty() && runs[0] != runs[1] && asked > 0).then(|| {
        Warning::new(
            "same-manifest",
            "nothing differs in the manifests: what changed is noise, or the judge behind the name is another one",
        )
    })
}

/// Warns of labels that are about nothing that is compared, `rest` says why, and of lines without a winner.
pub(crate) fn unused_labels(unmatched: u64, rest: &str, blank: u64) -> Vec<Warning> {
    let unmatched =
        Warning::counted("labels-unmatched", unmatched, ["label is", "labels are"], rest);
    let blank = Warning::counted(
        "labels-blank",
        blank,
        ["line of the labels is", "lines of the labels are"],
        "without a winner yet",
    );
    unmatched.into_iter().chain(blank).collect()
}

/// Warns of too few labels to see a difference with.
pub(crate) fn few_labels(labelled: u64, [one, several]: [&str; 2]) -> Option<Warning> {
    (labelled < FEW_LABELS).then(|| {
        let verb = if labelled == 1 { "is" } else { "are" };
        Warning::new(
            "few-labels",
            format!(
                "only {} {verb} labelled: differences of less than about {:.0} points cannot be seen, and intervals of \
                 κ are unreliable below {FEW_LABELS}",
                counted(labelled, one, several),
                detectable_points(labelled)
            ),
        )
    })
}

/// Warns of differences against labels that have no interval.
pub(super) fn without_interval(
    agreement: Estimate,
    kappa: Option<PairedEstimates>,
) -> Option<Warning> {
    let without: Vec<&str> = [
        ("the difference of agreement", Some(agreement)),
        ("the difference of κ", kappa.map(|kappa| kappa.difference)),
    ]
    .into_iter()
    .filter_map(|(name, estimate)| estimate.filter(|one| one.low.is_none()).map(|_| name))
    .collect();
    (!without.is_empty()).then(|| {
        Warning::new(
            "no-interval",
            format!(
                "no interval for {}: it is undefined, or the same in every resample of the items, so the uncertainty \
                 is unknown, not 0",
                listed(&without)
            ),
        )
    })
}

/// Returns the difference of agreement that a sample of `n` can show with a power of 80 % where a tenth of them is
/// right in only one run: `(1.96 + 0.84)·√(0.1/n)`, in points.
fn detectable_points(n: u64) -> f64 {
    100.0 * (1.96 + 0.84) * (0.1 / n.max(1) as f64).sqrt()
}
