//! Whether the judge has changed: its verdicts on texts that did not.

use std::collections::BTreeSet;

use serde::Serialize;

use super::entry::{Entry, EntryModel, EntryServed, EntryUnit, JudgeKind};
use super::kappa::kappa;
use super::matched::{Both, Change, Matched, means_by_item};
use super::rated::{Rated, rates, worth};
use crate::diff::{PairedEstimates, paired};
use crate::overview::names_version;
use crate::stats::{Estimate, clustered_share, mcnemar};
use crate::summary::ItemScores;

/// Of `McNemar`'s test: how sure a difference is to be seen.
const POWER_QUANTILES: f64 = 1.959_964 + 0.841_621;

/// What the judge says of texts that did not change, in the baseline and now.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct JudgeDrift {
    /// What the runs ask differently: model, settings, rubric.
    pub changed: Vec<FieldOfJudge>,
    /// What the servers say of themselves differently: model and fingerprint.
    pub served: Vec<ServedChange>,
    /// Models whose name fixes no version, so that another model may answer tomorrow.
    pub floating: Vec<String>,
    /// What has unchanged texts and both runs have answered: comparisons, or responses.
    #[serde(rename = "comparisons")]
    pub units: u64,
    /// Their items.
    pub items: u64,
    /// The share of their verdicts that are other ones.
    pub verdicts_changed: Estimate,
    /// The share that changes when the same judge is asked the same again, from the baseline: by its repeats, or by
    /// its runs; `None` if that is not known.
    pub noise: Option<Estimate>,
    /// Verdicts that name another winner, or another grade.
    pub reversed: u64,
    /// The share of replies that agree with people; `None` without labels.
    pub agreement: Option<PairedEstimates>,
    /// Cohen's κ of every reply with people, of grades on more than two steps with quadratic weights; `None` without labels.
    pub kappa: Option<PairedEstimates>,
    /// On how many items the judge has more or fewer right verdicts than it had; `None` without labels.
    pub right_verdicts: Option<RightVerdicts>,
    /// `McNemar`'s two-sided mid-p-value of the hypothesis that it is right as often as it was, over the items with fewer and
    /// those with more right verdicts; `None` without labels. It is for one look: at a check every night it is below 0.05
    /// every few weeks.
    pub mcnemar_mid_p: Option<f64>,
    /// The difference of the share of right verdicts that such a test sees with a power of 80 %, with as many
    /// items that differ as there are; `None` without labels.
    pub detectable: Option<f64>,
    /// The share of comparisons that the judge decides, or of responses whose grade is kept.
    pub coverage: PairedEstimates,
    /// The share of replies that say that a response cannot be assessed, which are in no rate; `None` where neither run
    /// allows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_assessed: Option<PairedEstimates>,
    /// The rates on unchanged responses.
    #[serde(rename = "win_rates")]
    pub rates: Vec<RateDrift>,
}

/// How the right verdicts changed, by item: the comparisons of one item are not independent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RightVerdicts {
    /// Items with a labelled comparison.
    pub items: u64,
    /// Items with fewer right verdicts than in the baseline.
    pub items_with_fewer: u64,
    /// Items with more.
    pub items_with_more: u64,
}

/// What was asked for in the baseline and now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FieldOfJudge {
    /// The field, such as `model` or `rubric`.
    pub field: &'static str,
    /// In the baseline.
    pub before: String,
    /// Now.
    pub after: String,
}

/// What the server of a judge named in the baseline and now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ServedChange {
    /// The judge.
    pub judge: String,
    /// `model` or `fingerprint`.
    pub field: &'static str,
    /// In the baseline.
    pub before: Vec<String>,
    /// Now.
    pub after: Vec<String>,
}

/// The rate of a system in the baseline and now: see [`RateKind`](super::RateKind).
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RateDrift {
    /// The two systems of a pair, in byte order, or the one that was graded.
    #[serde(rename = "between")]
    pub systems: Vec<String>,
    /// The system that the rate is of.
    pub system: String,
    /// Comparisons, or responses, that both runs have answered; on new items, those of the newest run.
    #[serde(rename = "comparisons")]
    pub units: u64,
    /// Those of them that are in neither number, since one of the two runs has no score of them: a reply is unreadable, or
    /// says that the response cannot be assessed.
    pub left_out: u64,
    /// The numbers.
    #[serde(flatten)]
    pub rate: PairedEstimates,
}

impl RateDrift {
    /// Returns the system that the wins are over; `None` for the rate of a system by itself.
    pub fn opponent(&self) -> Option<&str> {
        self.systems.iter().find(|system| **system != self.system).map(String::as_str)
    }
}

/// Compares what the judge says of unchanged texts.
pub(super) fn judge_drift(matched: &Matched<'_>, noise: Option<Estimate>) -> JudgeDrift {
    let anchors: Vec<Both<'_>> = matched.answered(Change::Anchor).collect();
    let ended_otherwise =
        |(before, after): &Both<'_>| f64::from(u8::from(!before.ended_like(after)));
    let items: Vec<u32> = anchors.iter().map(|(_, after)| after.item).collect();
    let changes: Vec<f64> = anchors.iter().map(ended_otherwise).collect();
    let labelled: Vec<(Both<'_>, &str)> = anchors
        .iter()
        .filter_map(|both| Some((*both, both.1.label.as_deref().or(both.0.label.as_deref())?)))
        .collect();
    let gains = gains(&labelled);
    let right = (!gains.is_empty()).then(|| RightVerdicts::of(&gains));
    let kept = |one: &EntryUnit| Some(f64::from(u8::from(one.is_kept())));
    let reversed = anchors.iter().filter(|(before, after)| {
        before.verdict.is_some() && after.verdict.is_some() && before.verdict != after.verdict
    });
    JudgeDrift {
        changed: fields(matched.before, matched.after),
        served: served(matched.before, matched.after),
        floating: floating(matched.after),
        units: anchors.len() as u64,
        items: {
            let mut items = items.clone();
            items.dedup();
            items.len() as u64
        },
        verdicts_changed: clustered_share(&changes, &items),
        noise,
        reversed: reversed.count() as u64,
        agreement: right.map(|_| agreement(&labelled)),
        kappa: right.map(|_| kappa(matched.after, &labelled)),
        mcnemar_mid_p: right
            .and_then(|right| mcnemar(right.items_with_fewer, right.items_with_more).ok())
            .map(|test| test.mid_p),
        detectable: right.map(|_| detectable(&gains)),
        right_verdicts: right,
        coverage: of_units(&anchors, kept),
        not_assessed: [matched.before, matched.after]
            .iter()
            .any(|entry| entry.may_be_not_assessed())
            .then(|| of_units(&anchors, EntryUnit::not_assessed)),
        rates: rate_drifts(matched, &anchors),
    }
}

/// Returns a number of both entries over what both have.
pub(super) fn of_units(
    units: &[Both<'_>],
    value: impl Fn(&EntryUnit) -> Option<f64>,
) -> PairedEstimates {
    let mut scores = [ItemScores::default(), ItemScores::default()];
    for (before, after) in units {
        if let (Some(earlier), Some(now)) = (value(before), value(after)) {
            scores[0].push(earlier, after.item);
            scores[1].push(now, after.item);
        }
    }
    paired(&scores)
}

/// Returns each rate over what both entries have.
pub(super) fn rate_drifts(matched: &Matched<'_>, units: &[Both<'_>]) -> Vec<RateDrift> {
    let drift = |rated: Rated| {
        let of_systems: Vec<Both<'_>> =
            units.iter().copied().filter(|(one, _)| one.systems == rated.systems).collect();
        let has_score = |one: &EntryUnit| one.score.is_some();
        let left_out =
            of_systems.iter().filter(|(one, other)| !has_score(one) || !has_score(other));
        (!of_systems.is_empty()).then(|| RateDrift {
            system: rated.system().to_owned(),
            units: of_systems.len() as u64,
            left_out: left_out.count() as u64,
            rate: of_units(&of_systems, |one| worth(one, rated.side)),
            systems: rated.systems,
        })
    };
    rates(matched.after).into_iter().filter_map(drift).collect()
}

impl RightVerdicts {
    /// Counts items by what they gained.
    fn of(gains: &[f64]) -> Self {
        let number = |sign: f64| gains.iter().filter(|gain| **gain * sign > 0.0).count() as u64;
        let items = gains.len() as u64;
        Self { items, items_with_fewer: number(-1.0), items_with_more: number(1.0) }
    }
}

/// Returns by item the share of its verdicts that are right now, minus the share that was: the comparisons of one item
/// are not independent.
fn gains(labelled: &[(Both<'_>, &str)]) -> Vec<f64> {
    let share = |now: bool| {
        means_by_item(labelled.iter().map(|((before, after), label)| {
            let one = if now { after } else { before };
            (after.item, f64::from(u8::from(one.verdict.as_deref() == Some(*label))))
        }))
    };
    share(true).into_values().zip(share(false).into_values()).map(|(now, was)| now - was).collect()
}

/// Returns the difference that such a test sees with a power of 80 %: `(1.96 + 0.84)·√(Σd²)/n` for the differences `d` of
/// `n` items, of which at least one is taken to differ.
fn detectable(gains: &[f64]) -> f64 {
    let squares: f64 = gains.iter().map(|gain| gain * gain).sum();
    (POWER_QUANTILES * squares.max(1.0).sqrt() / gains.len() as f64).min(1.0)
}

fn agreement(labelled: &[(Both<'_>, &str)]) -> PairedEstimates {
    let mut scores = [ItemScores::default(), ItemScores::default()];
    for ((before, after), label) in labelled {
        if let (Some(earlier), Some(now)) = (before.disagreement(label), after.disagreement(label))
        {
            scores[0].push(1.0 - earlier, after.item);
            scores[1].push(1.0 - now, after.item);
        }
    }
    paired(&scores)
}

fn fields(before: &Entry, after: &Entry) -> Vec<FieldOfJudge> {
    let models = |entry: &Entry, field: fn(&EntryModel) -> &String| {
        entry.judge.models.iter().map(|model| field(model).clone()).collect::<Vec<_>>().join(", ")
    };
    let rubric = |entry: &Entry| format!("{} {}", entry.run.rubric, entry.run.version);
    let text = |entry: &Entry| format!("{} ({})", rubric(entry), entry.run.rubric_digest);
    let both = [before, after];
    let fields = [
        ("judge", both.map(|entry| entry.judge.name.clone())),
        ("model", both.map(|entry| models(entry, |model| &model.model))),
        ("settings", both.map(|entry| models(entry, |model| &model.settings))),
        ("rubric", both.map(text)),
        ("repeat", both.map(|entry| entry.run.repeat.to_string())),
    ];
    let differ = fields.into_iter().filter(|(_, [before, after])| before != after);
    let mut changed: Vec<FieldOfJudge> =
        differ.map(|(field, [before, after])| FieldOfJudge { field, before, after }).collect();
    // The model is among the settings.
    if changed.iter().any(|field| field.field == "model") {
        changed.retain(|field| field.field != "settings");
    }
    changed
}

fn served(before: &Entry, after: &Entry) -> Vec<ServedChange> {
    let mut changes = Vec::new();
    for now in &after.judge.models {
        let Some(earlier) = before.judge.models.iter().find(|one| one.judge == now.judge) else {
            continue;
        };
        let names = |model: &EntryModel, field: &str| {
            let of_reply = |one: &EntryServed| match field {
                "model" => one.model.clone(),
                _ => one.fingerprint.clone(),
            };
            let names: BTreeSet<String> = model.served.iter().filter_map(of_reply).collect();
            names.into_iter().collect::<Vec<String>>()
        };
        for field in ["model", "fingerprint"] {
            let [before, after] = [earlier, now].map(|model| names(model, field));
            // What a server does not say is no change.
            if before != after && !before.is_empty() && !after.is_empty() {
                changes.push(ServedChange { judge: now.judge.clone(), field, before, after });
            }
        }
    }
    changes
}

/// Returns the models of an entry whose name fixes no version.
pub(super) fn floating(entry: &Entry) -> Vec<String> {
    let models = entry.judge.models.iter();
    models
        .filter(|model| model.kind == JudgeKind::Endpoint && !names_version(&model.model))
        .map(|model| model.model.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(item: u32, winner: &str) -> EntryUnit {
        let comparison = serde_json::json!({
            "item": item, "between": ["a", "b"], "responses": ["1", "2"], "length": 1, "outcome": "kept",
            "winner": winner, "orders": [], "score": 0.5,
        });
        serde_json::from_value(comparison).unwrap()
    }

    #[test]
    fn comparisons_of_one_item_are_one_change() {
        let right: Vec<_> = (0..60).map(|at| comparison(at / 6, "a")).collect();
        let wrong: Vec<_> = (0..60).map(|at| comparison(at / 6, "b")).collect();
        let labelled: Vec<(Both<'_>, &str)> =
            right.iter().zip(&wrong).map(|both| (both, "a")).collect();
        let lost = gains(&labelled);
        assert_eq!(lost, [-1.0; 10]);
        let counted = RightVerdicts::of(&lost);
        assert_eq!((counted.items, counted.items_with_fewer, counted.items_with_more), (10, 10, 0));
        assert!((detectable(&lost) - POWER_QUANTILES / 10_f64.sqrt()).abs() < 1e-12);
        let none: Vec<(Both<'_>, &str)> =
            right.iter().zip(&right).map(|both| (both, "a")).collect();
        assert!((detectable(&gains(&none)) - POWER_QUANTILES / 10.0).abs() < 1e-12);
    }
}
