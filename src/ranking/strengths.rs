//! The strengths of the systems of a component.

use std::collections::{BTreeMap, BTreeSet};

use super::components::{Component, Contests};
use crate::stats::{
    ClusterLink, Estimate, Interval, StatError, StrengthOrder, Strengths, bradley_terry,
};

/// The confidence of every interval.
pub(super) const CONFIDENCE: f64 = 0.95;

/// The order of a component's systems, with the fits of those groups whose strengths are finite.
#[derive(Debug)]
pub(super) struct ComponentStrengths {
    pub(super) order: StrengthOrder,
    pub(super) contests: Contests,
    /// A fit for each group of `order` with more than one system.
    fits: Vec<Option<GroupFit>>,
    /// The group of each system, and its place there.
    places: Vec<(usize, usize)>,
}

#[derive(Debug)]
pub(super) struct GroupFit {
    pub(super) fit: Strengths,
    /// What standard errors are multiplied with, by the number of items; nothing for one item.
    factors: BTreeMap<usize, f64>,
}

impl GroupFit {
    pub(super) fn new(fit: Strengths) -> Self {
        let systems = fit.values.len();
        let mut items: BTreeSet<usize> = (0..systems).map(|at| fit.clusters_of(at)).collect();
        items.insert(fit.clusters);
        for one in 0..systems {
            items.extend((0..one).map(|other| fit.clusters_between(one, other)));
        }
        let factor =
            |items: usize| Some((items, Strengths::interval_factor(items, CONFIDENCE).ok()?));
        let factors = items.into_iter().filter_map(factor).collect();
        Self { fit, factors }
    }

    /// Returns an estimate of a value with a standard error, which `items` items are about.
    fn estimate(&self, value: f64, error: f64, items: usize, n: u64) -> Estimate {
        // Without any variation the uncertainty is not known, and not 0.
        let interval = self.factors.get(&items).filter(|_| error > 1e-12).map(|factor| {
            let half = factor * error;
            Interval { low: value - half, high: value + half }
        });
        Estimate::of(Some(value), interval, n)
    }

    /// Returns the coefficient, if the model has one.
    pub(super) fn coefficient(&self, n: u64) -> Option<Estimate> {
        let (value, error) = self.fit.coefficient.zip(self.fit.coefficient_error())?;
        Some(self.estimate(value, error, self.fit.clusters, n))
    }

    /// Returns the strength of a system.
    pub(super) fn strength(&self, system: usize, n: u64) -> Estimate {
        let (value, error) = (self.fit.values[system], self.fit.standard_error(system));
        self.estimate(value, error, self.fit.clusters_of(system), n)
    }

    /// Returns the strength of one system minus that of the other.
    pub(super) fn difference(&self, one: usize, other: usize, n: u64) -> (Estimate, Option<f64>) {
        let value = self.fit.values[one] - self.fit.values[other];
        let error = self.fit.difference_error(one, other);
        let items = self.fit.clusters_between(one, other);
        (self.estimate(value, error, items, n), Strengths::p_value(value, error, items).ok())
    }
}

impl ComponentStrengths {
    /// Fits strengths within every group of systems that exchange wins.
    pub(super) fn new(component: &Component<'_>) -> Result<Self, StatError> {
        let contests = component.contests();
        let systems = component.systems.len();
        let whole = bradley_terry(systems, &contests.list, &contests.items).ok();
        let order = StrengthOrder::new(
            systems,
            &contests.by_pair(),
            whole.as_ref().map(|fit| fit.values.as_slice()),
        )?;
        let mut places = vec![(0, 0); systems];
        for (group, members) in order.groups.iter().enumerate() {
            for (place, system) in members.iter().enumerate() {
                places[*system] = (group, place);
            }
        }
        let fits = if let Some(fit) = whole {
            vec![Some(GroupFit::new(fit))]
        } else {
            let of_group = |(group, members): (usize, &Vec<usize>)| {
                group_fit(group, members.len(), &contests, &places)
            };
            order.groups.iter().enumerate().map(of_group).collect()
        };
        Ok(Self { order, contests, fits, places })
    }

    /// Returns the part of a group that the fewest items join to the others of that group, as the places of its systems.
    pub(super) fn weakest_link(&self) -> Option<ClusterLink> {
        let of_group = |(fit, members): (&Option<GroupFit>, &Vec<usize>)| {
            let ClusterLink { clusters, systems } = fit.as_ref()?.fit.weakest_link()?.clone();
            let systems = systems.into_iter().map(|place| members[place]).collect();
            Some(ClusterLink { clusters, systems })
        };
        let links = self.fits.iter().zip(&self.order.groups).filter_map(of_group);
        links.min_by_key(|link| link.clusters)
    }

    /// Returns the fit of all systems; `None` if some strength is infinite.
    pub(super) fn whole(&self) -> Option<&GroupFit> {
        match self.fits.as_slice() {
            [one] => one.as_ref(),
            _ => None,
        }
    }

    /// Returns the strength of a system within its group.
    pub(super) fn strength(&self, system: usize, n: u64) -> Estimate {
        let (group, place) = self.places[system];
        let fit = self.fits[group].as_ref();
        fit.map_or(Estimate::undefined(n), |fit| fit.strength(place, n))
    }

    /// Returns the strength of one system minus that of another one, with the p-value of no difference; undefined
    /// unless they are in one group.
    pub(super) fn difference(&self, one: usize, other: usize, n: u64) -> (Estimate, Option<f64>) {
        let ((group, one), (other_group, other)) = (self.places[one], self.places[other]);
        match &self.fits[group] {
            Some(fit) if group == other_group => fit.difference(one, other, n),
            _ => (Estimate::undefined(n), None),
        }
    }
}

/// Fits the strengths of one group by the contests within it.
fn group_fit(
    group: usize,
    size: usize,
    contests: &Contests,
    places: &[(usize, usize)],
) -> Option<GroupFit> {
    let mut inside = Contests::default();
    for (contest, item) in contests.list.iter().zip(&contests.items) {
        let [first, second] = [places[contest.first], places[contest.second]];
        if first.0 == group && second.0 == group {
            inside.push([first.1, second.1], contest.score, contest.weight, *item);
        }
    }
    bradley_terry(size, &inside.list, &inside.items).ok().map(GroupFit::new)
}
