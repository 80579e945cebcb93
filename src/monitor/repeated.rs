//! What one entry says of the items of the baseline: of anchors, which show the judge, and of other responses, which show
//! the systems.

use std::collections::BTreeMap;

use super::entry::{Entry, EntryUnit};
use super::limits::{Noise, limit_of_repeated, limit_of_sample, usable};
use super::matched::{Change, Index, Matched, means_by_item};
use super::one_check::{OneCheck, mean};
use super::rated::worth;
use super::stream::Measure;
use crate::trial::Side;

/// What is judged of items that the baseline has, too, with what all runs of the baseline say of it.
pub(super) struct Repeated<'a> {
    pub(super) matched: &'a Matched<'a>,
    pub(super) indices: &'a [(&'a Entry, Index<'a>)],
    pub(super) noise: Noise,
    pub(super) is_fresh: &'a [bool],
}

impl Repeated<'_> {
    /// Returns the check of one measure, of everything or of the systems of one rate; `None` without any unit or limit.
    pub(super) fn check(
        &self,
        change: Change,
        measure: Measure,
        scored: Option<(&[String], Side)>,
    ) -> Option<OneCheck> {
        let mut after = Vec::new();
        // Unchanged texts are asked anew; other responses are evidence once, however often they are judged.
        let mut evidence = Vec::new();
        let mut before: Vec<Vec<(u32, f64)>> = vec![Vec::new(); self.indices.len()];
        for (at, earlier, unit) in self.matched.answered_at(change) {
            if scored.is_some_and(|(systems, _)| *systems != unit.systems) {
                continue;
            }
            let label = unit.label.as_ref().or(earlier.label.as_ref());
            let value = |one: &EntryUnit| match (measure, scored) {
                (Measure::Disagreement, _) => one.disagreement(label?),
                (Measure::Undecided, _) => Some(f64::from(u8::from(!one.is_kept()))),
                (Measure::NotAssessed, _) => one.not_assessed(),
                (Measure::ChangedVerdicts, _) => {
                    Some(f64::from(u8::from(!one.ended_like(earlier))))
                }
                (_, Some((_, side))) => worth(one, side).map(|worth| 1.0 - worth),
                _ => None,
            };
            let Some(now) = value(unit) else { continue };
            let item = self.matched.after.item(unit);
            let key = (item.id.as_str(), &unit.systems);
            for ((entry, index), values) in self.indices.iter().zip(&mut before) {
                let same = index.get(&key).filter(|one| {
                    one.is_answered()
                        && one.responses == earlier.responses
                        && entry.item(one).text == item.text
                });
                values.extend(same.and_then(|one| value(one)).map(|value| (unit.item, value)));
            }
            after.push((unit.item, now));
            if change == Change::Anchor || self.is_fresh[at] {
                evidence.push((unit.item, now));
            }
        }
        let after = means_by_item(after);
        let before: Vec<BTreeMap<u32, f64>> = before.into_iter().map(means_by_item).collect();
        let units: Vec<Vec<f64>> = after
            .keys()
            .map(|item| before.iter().filter_map(|run| run.get(item).copied()).collect())
            .collect();
        let limit = match measure {
            Measure::ChangedVerdicts => self.limit_of_changes(&units)?,
            // Other responses: only one set of them is known, whatever the judge says of it twice.
            _ if change == Change::Responses => limit_of_sample(&last_of_each(&units)?)?,
            _ => limit_of_repeated(&units, self.noise)?,
        };
        let reference = match measure {
            Measure::ChangedVerdicts => match self.noise {
                Noise::Share { value, .. } => value,
                _ => 0.0,
            },
            _ => mean(units.iter().map(|values| mean(values.iter().copied()))),
        };
        if after.is_empty() {
            return None;
        }
        let now = mean(after.into_values());
        let values: Vec<f64> = means_by_item(evidence).into_values().collect();
        OneCheck::of(self.matched.after, &values, limit, [reference, now])
    }

    /// Returns the most that verdicts may change by noise alone; `None` if that is not known.
    fn limit_of_changes(&self, units: &[Vec<f64>]) -> Option<f64> {
        match self.noise {
            Noise::Unknown => None,
            // A rule never changes; a share of 0 has no limit of its own.
            Noise::Rule => limit_of_repeated(&vec![vec![0.0]; units.len()], Noise::Rule),
            Noise::Share { high, .. } => usable(high),
        }
    }
}

fn last_of_each(units: &[Vec<f64>]) -> Option<Vec<f64>> {
    units.iter().map(|values| values.last().copied()).collect()
}
