//! Which systems can be ordered by the contests between them: the components of the graph of wins.

use std::collections::BTreeSet;

/// The strongly connected components of a graph of wins: groups of systems in which each has a path of wins to every
/// other one. A tie is a win for both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WinComponents {
    /// The groups, those that win first; each in ascending order.
    pub groups: Vec<Vec<usize>>,
    /// Whether the order of the groups is the only one: each has a win against the next.
    pub is_chain: bool,
}

/// Finds the strongly connected components of the graph of wins among `systems` systems, by pairs of a winner and a
/// loser.
///
/// The strengths of a Bradley-Terry model have finite maximum likelihood estimates exactly if there is one component.
/// Otherwise some group never loses to another one, and wins there say only that it is better, not by how much.
///
/// # Examples
///
/// ```
/// let found = evenhand::stats::win_components(3, &[(0, 1), (1, 0), (1, 2)]);
/// assert_eq!(found.groups, [vec![0, 1], vec![2]]);
/// assert!(found.is_chain);
/// ```
///
/// # References
///
/// Ford, L. R. (1957). Solution of a ranking problem from binary comparisons. *American Mathematical Monthly* 64,
/// 28–33. Tarjan, R. (1972). Depth-first search and linear graph algorithms. *SIAM Journal on Computing* 1, 146–160.
pub fn win_components(systems: usize, wins: &[(usize, usize)]) -> WinComponents {
    let graph = Graph::new(systems, wins);
    let group_of = graph.components();
    let groups = group_of.iter().max().map_or(0, |last| last + 1);
    let mut members = vec![Vec::new(); groups];
    for (system, group) in group_of.iter().enumerate() {
        members[*group].push(system);
    }
    let order = order_of_groups(&group_of, &members, wins);
    let mut place = vec![0; groups];
    for (at, group) in order.iter().enumerate() {
        place[*group] = at;
    }
    let mut joined = vec![false; groups.saturating_sub(1)];
    for (winner, loser) in wins {
        let (winner, loser) = (place[group_of[*winner]], place[group_of[*loser]]);
        if winner + 1 == loser {
            joined[winner] = true;
        }
    }
    let groups = order.into_iter().map(|group| std::mem::take(&mut members[group])).collect();
    WinComponents { groups, is_chain: joined.into_iter().all(|joined| joined) }
}

/// Returns the groups of systems that contests connect, whoever won: each in ascending order, by their first system.
pub fn connected_groups(systems: usize, contests: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let both = contests.iter().flat_map(|(one, other)| [(*one, *other), (*other, *one)]);
    let mut groups = win_components(systems, &both.collect::<Vec<_>>()).groups;
    groups.sort_unstable();
    groups
}

/// Sorts the groups so that those that win come first; of groups that could change places, the one with the smallest
/// system comes first.
fn order_of_groups(
    group_of: &[usize],
    members: &[Vec<usize>],
    wins: &[(usize, usize)],
) -> Vec<usize> {
    let between = wins.iter().map(|(winner, loser)| (group_of[*winner], group_of[*loser]));
    let mut between: Vec<(usize, usize)> =
        between.filter(|(winner, loser)| winner != loser).collect();
    between.sort_unstable();
    between.dedup();
    let mut better = vec![0_usize; members.len()];
    let mut worse = vec![Vec::new(); members.len()];
    for (winner, loser) in between {
        better[loser] += 1;
        worse[winner].push(loser);
    }
    let first = |group: usize| (members[group].first().copied(), group);
    let ready = (0..members.len()).filter(|group| better[*group] == 0);
    let mut ready: BTreeSet<_> = ready.map(first).collect();
    let mut order = Vec::with_capacity(members.len());
    while let Some((_, group)) = ready.pop_first() {
        order.push(group);
        for loser in &worse[group] {
            better[*loser] -= 1;
            if better[*loser] == 0 {
                ready.insert(first(*loser));
            }
        }
    }
    order
}

/// The losers of each system, one after another.
struct Graph {
    starts: Vec<usize>,
    losers: Vec<usize>,
}

impl Graph {
    fn new(systems: usize, wins: &[(usize, usize)]) -> Self {
        let mut starts = vec![0; systems + 1];
        for (winner, _) in wins {
            starts[winner + 1] += 1;
        }
        for at in 0..systems {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut losers = vec![0; wins.len()];
        for (winner, loser) in wins {
            losers[next[*winner]] = *loser;
            next[*winner] += 1;
        }
        Self { starts, losers }
    }

    fn losers(&self, system: usize) -> &[usize] {
        &self.losers[self.starts[system]..self.starts[system + 1]]
    }

    /// Returns the component of each system, by Tarjan's algorithm with a stack of its own: a chain of wins may be as
    /// long as there are systems.
    fn components(&self) -> Vec<usize> {
        const NONE: usize = usize::MAX;
        let systems = self.starts.len() - 1;
        let (mut index, mut low) = (vec![NONE; systems], vec![NONE; systems]);
        let (mut component, mut components) = (vec![NONE; systems], 0);
        let (mut open, mut path, mut visited) = (Vec::new(), Vec::new(), 0);
        for root in 0..systems {
            if index[root] == NONE {
                path.push((root, 0));
            }
            while let Some((system, next)) = path.pop() {
                if next == 0 {
                    (index[system], low[system]) = (visited, visited);
                    visited += 1;
                    open.push(system);
                }
                if let Some(&loser) = self.losers(system).get(next) {
                    path.push((system, next + 1));
                    if index[loser] == NONE {
                        path.push((loser, 0));
                    } else if component[loser] == NONE {
                        low[system] = low[system].min(index[loser]);
                    }
                    continue;
                }
                if let Some((parent, _)) = path.last() {
                    low[*parent] = low[*parent].min(low[system]);
                }
                if low[system] == index[system] {
                    while let Some(member) = open.pop() {
                        component[member] = components;
                        if member == system {
                            break;
                        }
                    }
                    components += 1;
                }
            }
        }
        component
    }
}
