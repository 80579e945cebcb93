//! Which numbers of an overview have no value or no interval; those of its calibration are explained there.

use super::results::Overview;
use crate::calibration::Calibration;
use crate::error::Warning;
use crate::stats::{Estimate, incomplete, incomplete_warnings};
use crate::summary::WinRate;

const ADVICE: &str = "judge or label comparisons of this kind";
/// What can be done where nothing is known of how responses were generated.
const GENERATED_ADVICE: &str = "costs and tokens are those that were stored with the responses";

impl Overview {
    /// Returns what changes how these numbers may be used, the most serious first: what the calibration found, what may be
    /// wrong with the ranking, and which other numbers have no value or no interval.
    pub fn warnings(&self) -> Vec<Warning> {
        let found = self.calibration.as_ref().map_or_else(Vec::new, Calibration::warnings);
        let undefined = incomplete_warnings(&incomplete(&estimates(self)), ADVICE);
        let generated = incomplete_warnings(&incomplete(&of_generated(self)), GENERATED_ADVICE);
        let of_ranking = self.ranking_warnings.iter().cloned();
        // A calibration has found it, too.
        let sent_only = self.sent_only.iter().filter(|_| self.calibration.is_none()).cloned();
        sent_only.chain(found).chain(of_ranking).chain(undefined).chain(generated).collect()
    }
}

/// Returns every estimate with its place in the JSON, except those of the calibration and of [`of_generated`].
fn estimates(overview: &Overview) -> Vec<(String, Estimate)> {
    let mut all = Estimates { is_jury: overview.is_jury(), all: Vec::new() };
    if overview.calibration.is_none()
        && let Some(judge) = overview.judge_summary()
    {
        all.add("summary.coverage".to_owned(), judge.coverage);
        all.add_win_rates("summary.win_rates", "", &judge.win_rates);
        if let Some(position) = &judge.position {
            all.add("summary.position.consistency".to_owned(), position.consistency);
            // A sentence says of replies of an unknown order that no position is known.
            if position.first_share.n > 0 || position.order_unknown == 0 {
                all.add("summary.position.first_share".to_owned(), position.first_share);
            }
        }
    }
    for criterion in &overview.criteria {
        let place = format!(" of {}", criterion.name);
        all.add(format!("criteria.consistency{place}"), criterion.consistency);
        all.add(format!("criteria.with_vote{place}"), criterion.with_vote);
        all.add(format!("criteria.when_divided{place}"), criterion.when_divided);
        all.add_known(format!("criteria.agreement{place}"), criterion.agreement);
    }
    for band in overview.closeness.iter().flat_map(|closeness| &closeness.bands) {
        let place = format!(" of {}", band.name);
        all.add(format!("closeness.coverage{place}"), band.coverage);
        all.add(format!("closeness.consistency{place}"), band.consistency);
        all.add_known(format!("closeness.agreement{place}"), band.agreement);
    }
    for report in &overview.annotators {
        let name = &report.annotator;
        all.add(format!("annotators.judge of {name}"), report.judge);
        all.add_known(format!("annotators.others of {name}"), report.others);
    }
    for tag in &overview.tags {
        let place = format!(" of {}={}", tag.tag, tag.value);
        all.add(format!("tags.coverage{place}"), tag.coverage);
        all.add(format!("tags.consistency{place}"), tag.consistency);
        all.add_win_rates("tags.win_rates", &place, &tag.win_rates);
        all.add_known(format!("tags.agreement{place}"), tag.agreement);
    }
    all.add("lengths.judge".to_owned(), overview.lengths.judge);
    all.add_known("lengths.people".to_owned(), overview.lengths.people);
    for band in &overview.lengths.bands {
        let place = format!(" of {} at {:.2} to {:.2}", band.system, band.low, band.high);
        all.add(format!("lengths.bands.judge{place}"), band.judge);
        all.add_known(format!("lengths.bands.people{place}"), band.people);
    }
    for system in overview.generated.iter().flat_map(|generated| &generated.systems) {
        all.add(format!("generated.win_rate of {}", system.system), system.quality());
    }
    all.all
}

/// Returns every estimate of what was stored with the responses. A mean of 0 needs no interval: nothing was paid.
fn of_generated(overview: &Overview) -> Vec<(String, Estimate)> {
    let systems = overview.generated.iter().flat_map(|generated| &generated.systems);
    let all = systems.flat_map(|system| {
        let estimates = [
            ("cost_usd", system.cost_usd),
            ("prompt_tokens", system.prompt_tokens),
            ("completion_tokens", system.completion_tokens),
        ];
        estimates.map(|(key, estimate)| (format!("generated.{key} of {}", system.system), estimate))
    });
    all.filter(|(_, estimate)| estimate.value != Some(0.0)).collect()
}

struct Estimates {
    is_jury: bool,
    all: Vec<(String, Estimate)>,
}

impl Estimates {
    fn add(&mut self, name: String, estimate: Estimate) {
        self.all.push((name, estimate));
    }

    fn add_known(&mut self, name: String, estimate: Option<Estimate>) {
        self.all.extend(estimate.map(|estimate| (name, estimate)));
    }

    fn add_win_rates(&mut self, name: &str, place: &str, rates: &[WinRate]) {
        for rate in rates {
            let system = &rate.system;
            // A jury has no orders to average.
            if !self.is_jury {
                self.add(format!("{name}.order_averaged of {system}{place}"), rate.order_averaged);
            }
            self.add(format!("{name}.kept of {system}{place}"), rate.kept);
            self.add_known(format!("{name}.one_order of {system}{place}"), rate.one_order);
        }
    }
}
