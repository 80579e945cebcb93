//! Which replica gets a request: the one that the item prefers, unless it has clearly more requests in flight than
//! another (consistent hashing with bounded loads, by the highest random weight). Pure decisions.

use std::cmp::Reverse;

use crate::keyed_hash::KeyedHash;

/// A replica may have this many requests in flight more than the least busy one before items leave it: as many as
/// a comparison of three systems has besides the first, so that an item stays whole on an idle fleet.
const MIN_SLACK: usize = 5;
/// The same as a share of the requests of the least busy one.
const SLACK: f64 = 0.25;

/// How fit a replica is for another request, the fittest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fitness {
    /// It answers, and has room.
    Free,
    /// It answers, and has as many requests in flight as it has sustained.
    Full,
    /// It has failed so many times in a row, and is left alone for now.
    Resting(u32),
}

/// What placement knows about a replica.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) fitness: Fitness,
    pub(super) in_flight: usize,
}

/// Returns how many requests in flight a replica may have more than the least busy one, which has `fewest`, to be given
/// one of an item that has none in flight. An item that has some there may use twice as much: it is not divided because
/// of the load that it makes itself.
pub(super) fn slack(fewest: usize) -> usize {
    ((fewest as f64 * SLACK) as usize).max(MIN_SLACK)
}

/// Returns the replicas, by their place in `urls`, in the order in which an item prefers them. The order of two of
/// them depends on nothing but the two and the item, so one that joins or leaves moves no item between others.
pub(super) fn ranking<'a>(item: &str, urls: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let weight = |url| KeyedHash::new("evenhand: replica of an item").texts([item, url]).digest();
    let mut ranking: Vec<_> = urls.map(weight).enumerate().collect();
    ranking.sort_by_key(|(_, weight)| Reverse(*weight));
    ranking.into_iter().map(|(at, _)| at).collect()
}

/// Returns which replica gets a request: among the fittest, the one where the item has requests in flight, or else the
/// first of the item's ranking, that has not too many. There is at least one candidate.
pub(super) fn place(candidates: &[Candidate], ranking: &[usize], home: Option<usize>) -> usize {
    let best = candidates.iter().map(|candidate| candidate.fitness).min();
    let fittest = || ranking.iter().copied().filter(|at| Some(candidates[*at].fitness) == best);
    let in_flight = |at: usize| candidates[at].in_flight;
    let fewest = fittest().map(in_flight).min().unwrap_or_default();
    let stays = |at: &usize| Some(*at) == home && in_flight(*at) <= fewest + 2 * slack(fewest);
    let may_get_it = |at: &usize| in_flight(*at) <= fewest + slack(fewest);
    fittest().find(stays).or_else(|| fittest().find(may_get_it)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: Fitness = Fitness::Free;
    const FULL: Fitness = Fitness::Full;

    /// Places a request of an item that prefers the replicas in the order in which they are given.
    fn placed(replicas: &[(Fitness, usize)]) -> usize {
        let candidate = |&(fitness, in_flight)| Candidate { fitness, in_flight };
        let candidates: Vec<Candidate> = replicas.iter().map(candidate).collect();
        let ranking: Vec<usize> = (0..candidates.len()).collect();
        place(&candidates, &ranking, None)
    }

    #[test]
    fn an_item_leaves_its_replica_only_for_one_with_clearly_fewer_requests_or_better_health() {
        let rests = Fitness::Resting;
        for (replicas, expected) in [
            // Equal loads, and loads within the slack.
            (&[(FREE, 0), (FREE, 0), (FREE, 0)][..], 0),
            (&[(FREE, 21), (FREE, 21), (FREE, 21)], 0),
            (&[(FREE, 5), (FREE, 0), (FREE, 0)], 0),
            (&[(FREE, 50), (FREE, 40), (FREE, 45)], 0),
            // Too many in flight: the next one of the item's own order, not the least busy one.
            (&[(FREE, 6), (FREE, 3), (FREE, 0)], 1),
            (&[(FREE, 51), (FREE, 50), (FREE, 40)], 1),
            (&[(FREE, 60), (FREE, 55), (FREE, 40)], 2),
            // One with room goes before one without, however many requests it has.
            (&[(FULL, 3), (FREE, 30)], 1),
            (&[(FULL, 3), (FULL, 3)], 0),
            (&[(FULL, 9), (FULL, 3)], 1),
            // One that answers goes before one that rests.
            (&[(rests(1), 0), (FULL, 30)], 1),
            (&[(rests(1), 0), (rests(1), 0), (FREE, 30)], 2),
            // Where all rest, one that has failed less often.
            (&[(rests(6), 0), (rests(1), 30)], 1),
            (&[(rests(1), 6), (rests(1), 0)], 1),
            (&[(FREE, 100)], 0),
        ] {
            assert_eq!(placed(replicas), expected, "{replicas:?}");
        }
    }

    #[test]
    fn an_item_with_requests_in_flight_stays_whole_for_as_much_load_again() {
        let rests = Fitness::Resting(1);
        for (replicas, expected) in [
            ([(FREE, 0), (FREE, 5), (FREE, 0)], 1),
            ([(FREE, 0), (FREE, 10), (FREE, 0)], 1),
            ([(FREE, 0), (FREE, 11), (FREE, 0)], 0),
            ([(FREE, 40), (FREE, 60), (FREE, 45)], 1),
            ([(FREE, 40), (FREE, 61), (FREE, 45)], 0),
            ([(FREE, 30), (FULL, 3), (FREE, 30)], 0),
            ([(FREE, 30), (rests, 0), (FREE, 30)], 0),
        ] {
            let candidate = |(fitness, in_flight)| Candidate { fitness, in_flight };
            let home = Some(1);
            assert_eq!(place(&replicas.map(candidate), &[0, 1, 2], home), expected, "{replicas:?}");
        }
    }

    fn names(replicas: usize) -> Vec<String> {
        (0..replicas).map(|at| format!("http://vllm-{at}:8000/v1")).collect()
    }

    fn preferred<'a>(item: &str, urls: &'a [String]) -> &'a str {
        &urls[ranking(item, urls.iter().map(String::as_str))[0]]
    }

    #[test]
    fn a_replica_that_joins_or_leaves_moves_only_its_own_items() {
        let items: Vec<String> = (0..3000).map(|number| format!("q-{number}")).collect();
        let (three, four) = (names(3), names(4));
        let mut moved = 0;
        for item in &items {
            let (before, after) = (preferred(item, &three), preferred(item, &four));
            assert!(after == before || after == four[3], "{item} moves from {before} to {after}");
            moved += usize::from(after != before);
        }
        // A quarter of all items, give or take six standard deviations.
        assert!((600..900).contains(&moved), "{moved}");
    }

    #[test]
    fn the_order_of_the_settings_does_not_matter() {
        let (one, mut other) = (names(5), names(5));
        other.reverse();
        for number in 0..200 {
            let item = format!("q-{number}");
            assert_eq!(preferred(&item, &one), preferred(&item, &other));
        }
    }
}
