//! What to do about findings: how many labels to add, and where they come from.

use super::findings::{FEW_LABELS, Finding, JuryAgainstBest, MoreData, NeededLabels};
use super::self_preference::SelfPreference;
use crate::error::{Remedy, counted, listed};
use crate::store::JudgeCascade;

const LABEL_MORE: &str = "label more comparisons";

impl NeededLabels {
    /// Returns the advice to label so many comparisons; `about` is `about` or `at most about`, and `aim` what so many of
    /// them would do.
    pub(super) fn advice(self, about: &str, aim: &str) -> String {
        let labels = self.labels;
        if self.has_enough {
            format!("{about} {labels} labelled comparisons would {aim}")
        } else {
            format!("judge and label further items: {about} {labels} labelled ones would {aim}")
        }
    }
}

/// Returns the advice to label as many comparisons as it takes to measure κ.
pub(super) fn label_for_kappa(labels: Option<NeededLabels>) -> String {
    labels.map_or(LABEL_MORE.to_owned(), |labels| labels.advice("about", "measure κ to ±0.1"))
}

/// Returns a share as a percentage with one decimal.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// Returns that a sample is not labelled completely, with what is known of the rest.
pub(super) fn incomplete_sample(skipped: u64, blank: u64) -> String {
    let mut reasons = Vec::new();
    if skipped > 0 {
        reasons.push(counted(skipped, "comparison was skipped", "comparisons were skipped"));
    }
    if blank > 0 {
        reasons.push(counted(blank, "form is not filled in", "forms are not filled in"));
    }
    let why = if reasons.is_empty() {
        "some that were drawn are not labelled, or the run has grown".to_owned()
    } else {
        format!("of those that were drawn, {}", reasons.join(" and "))
    };
    format!(
        "by their probabilities the labelled comparisons do not represent this run: {why}; label the rest, or \
         draw a new sample"
    )
}

impl MoreData {
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::Readable => "settle first why most replies cannot be read",
            Self::Comparisons => "all comparisons have labels, so judge and label further items",
            Self::Labels => LABEL_MORE,
        }
    }
}

impl Finding {
    /// Returns what a caller can do about the finding: draw comparisons to label, where labels are what is lacking and
    /// the run has comparisons without.
    pub(super) fn remedy(&self) -> Option<Remedy> {
        let draws = match self {
            Self::NoBetterThanTrivial { labels, .. } => {
                labels.is_some_and(|needed| needed.has_enough)
            }
            Self::NoWinnerShown { labels, excludes_lead, to_exclude_lead, .. } => {
                let smaller = to_exclude_lead.filter(|_| !excludes_lead);
                labels.or(smaller).is_some_and(|needed| needed.has_enough)
            }
            Self::OneClassLabels { labels }
            | Self::KappaParadox { labels, .. }
            | Self::UnstableInterval { labels, .. } => {
                labels.is_none_or(|needed| needed.has_enough)
            }
            Self::Undefined { remedy, .. } | Self::NoInterval { remedy, .. } => {
                *remedy == MoreData::Labels
            }
            Self::UnknownSampling | Self::OnlyKeptLabelled => true,
            _ => false,
        };
        draws.then_some(Remedy::DrawLabels)
    }
}

/// Returns a difference of shares in points, with its sign.
fn points(share: f64) -> String {
    format!("{:+.1}", share * 100.0).replace('-', "−")
}

/// Returns the name of a judge as a sentence has it.
pub(super) fn spoken(judge: &str) -> &str {
    match judge {
        "jury" => "the jury",
        JudgeCascade::NAME => "the cascade",
        judge => judge,
    }
}

/// Returns the sentence about a judge and a system of its own family.
pub(super) fn same_family(judge: &str, measured: &SelfPreference) -> String {
    let SelfPreference { family, system, other, excess } = measured;
    let judge = spoken(judge);
    let number = match (excess.value, excess.low, excess.high) {
        (Some(value), Some(low), Some(high)) => format!(
            "on {} the judge's win rate of {system} minus people's is {} points ({} – {}): {}",
            counted(excess.n, "labelled comparison", "labelled comparisons"),
            points(value),
            points(low),
            points(high),
            if low > 0.0 {
                "it prefers its own family"
            } else if high < 0.0 {
                "it prefers the other"
            } else {
                "no preference for its own family is shown"
            }
        ),
        (Some(value), ..) => format!(
            "the judge's win rate of {system} minus people's is {} points on {}, too few for an interval",
            points(value),
            counted(excess.n, "labelled comparison", "labelled comparisons")
        ),
        _ => format!(
            "no labelled comparison of {system} with {other} shows whether the judge prefers its own"
        ),
    };
    format!(
        "{judge} and {system} are models of one family ({family}), which {other} is not: {number}; quote the win rate \
         that is corrected with labels, or add judges of other families"
    )
}

/// Returns that a jury is not shown to be better than its best member: on some of the pairs of systems that were measured.
pub(super) fn jury_no_better(pairs: &[JuryAgainstBest], of: usize) -> String {
    let [only] = pairs else {
        let named: Vec<String> = pairs
            .iter()
            .map(|JuryAgainstBest { between: [a, b], best_member, .. }| {
                format!("{a} and {b} ({best_member})")
            })
            .collect();
        return format!(
            "on the test part the jury is not shown to agree with people more often than its best member by the dev \
             part, for {} of {of} pairs of systems: {}",
            pairs.len(),
            listed(&named)
        );
    };
    let JuryAgainstBest { between: [a, b], best_member, difference, share_of_cost } = only;
    let costs = share_of_cost
        .map(|share| format!(" (it costs {:.0} % of what the jury costs)", share * 100.0))
        .unwrap_or_default();
    let on = counted(difference.n, "labelled comparison", "labelled comparisons");
    let of_pair = if of > 1 { format!(" of {a} and {b}") } else { String::new() };
    let (Some(value), Some(low), Some(high)) = (difference.value, difference.low, difference.high)
    else {
        return format!(
            "the {on}{of_pair} of the test part do not show whether the jury agrees with people more often than \
             {best_member} alone, its best member by the dev part{costs}"
        );
    };
    let so = if high < 0.0 {
        format!("the interval is below 0: {best_member} is better alone{costs}")
    } else if value <= 0.0 {
        format!("{best_member} does at least as well alone on these labels{costs}")
    } else {
        format!(
            "the interval includes 0: the jury is not shown to be better than {best_member}{costs}"
        )
    };
    let few = if difference.n < FEW_LABELS { "so few labels" } else { "these labels" };
    let unseen = if high < 0.0 {
        String::new()
    } else {
        let half = (high - low) / 2.0 * 100.0;
        format!("; {few} do not show a difference of less than about {half:.0} points")
    };
    format!(
        "agreement of the jury with people minus that of {best_member}, its best member by the dev part, is {} points \
         ({} – {}) on {on}{of_pair} of the test part; {so}{unseen}",
        points(value),
        points(low),
        points(high)
    )
}

/// Returns that the strong judge of a cascade has answered a selection only.
pub(super) fn sent_only(judge: &str, cheap: &str, rule: &str) -> String {
    format!(
        "{judge} was asked only about what {cheap} left to it ({rule}), which are the hard comparisons: its numbers are \
         about these and not about all; judge everything with {judge} alone to measure it"
    )
}
