//! How many clusters hold systems together: the fewest whose removal separates two of them.
//!
//! Divide the systems into two parts. At the estimate the scores of the contests that cross the division add up to 0. If
//! one cluster alone has such contests, its score is 0: the sandwich shows no variance there, although nothing is known of
//! how far another cluster would move the two parts. A system of one cluster is the smallest such part. So what a
//! difference of strengths is known from are the clusters that cross a division of the two systems, and the fewest of any
//! division count.
//!
//! These are minimum cuts of a hypergraph, whose edges are the systems that contests of one cluster connect. By the method
//! of Gusfield, one maximum flow for each system but the first gives the fewest edges of every pair. They are clusters
//! unless a cluster has several edges, of systems that it does not connect. Then the clusters across each division that was
//! found are counted, and a division with even fewer of them may be missed.
//!
//! # References
//!
//! Gusfield, D. (1990). Very simple methods for all pairs network flow analysis. *SIAM Journal on Computing* 19, 143–155.

use std::collections::{BTreeMap, VecDeque};

use super::contest::Contest;

/// From so many clusters on a division need not be found: Student's t is near to the normal distribution then.
const MANY: usize = 30;
/// The capacity of what does not limit a flow.
const UNLIMITED: usize = usize::MAX / 2;

/// How many clusters are about each system, and about the difference of each two.
#[derive(Debug, Clone)]
pub(super) struct ClusterCuts {
    of_system: Vec<usize>,
    /// Row by row.
    between: Vec<usize>,
    link: Option<ClusterLink>,
}

/// A part of the systems that few clusters join to the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterLink {
    /// How many clusters have contests between the part and the others.
    pub clusters: usize,
    /// The systems of the part, ascending: at most half of all, and at least two.
    pub systems: Vec<usize>,
}

impl ClusterCuts {
    /// Counts the clusters; `degrees` are those that each system is in.
    pub(super) fn new(degrees: &[usize], contests: &[Contest], clusters: &[u32]) -> Self {
        let systems = degrees.len();
        let mut order: Vec<usize> = (0..contests.len()).collect();
        order.sort_by_key(|at| clusters[*at]);
        let of_clusters: Vec<&[usize]> =
            order.chunk_by(|one, other| clusters[*one] == clusters[*other]).collect();
        let mut network = Network::new(systems, &edges(systems, contests, &of_clusters));
        let (mut parents, mut weights) = (vec![0; systems], vec![MANY; systems]);
        let mut cuts = Vec::new();
        for system in 1..systems {
            let parent = parents[system];
            let Some((edges, side)) = network.least_cut(system, parent) else { continue };
            weights[system] = edges;
            for later in system + 1..systems {
                if parents[later] == parent && side[later] {
                    parents[later] = system;
                }
            }
            let crosses = |at: &usize| side[contests[*at].first] != side[contests[*at].second];
            let clusters = of_clusters.iter().filter(|all| all.iter().any(crosses)).count();
            cuts.push(Cut { edges, clusters, side });
        }
        let mut of_system = degrees.to_vec();
        let mut link: Option<ClusterLink> = None;
        for Cut { clusters, side, .. } in &cuts {
            for is_inside in [true, false] {
                let part: Vec<usize> = (0..systems).filter(|at| side[*at] == is_inside).collect();
                if 2 * part.len() > systems {
                    continue;
                }
                for system in &part {
                    of_system[*system] = of_system[*system].min(*clusters);
                }
                if part.len() > 1 && link.as_ref().is_none_or(|least| *clusters < least.clusters) {
                    link = Some(ClusterLink { clusters: *clusters, systems: part });
                }
            }
        }
        let mut between = between(degrees, &parents, &weights);
        for Cut { clusters, side, .. } in cuts.iter().filter(|cut| cut.clusters < cut.edges) {
            for (place, fewest) in between.iter_mut().enumerate() {
                if side[place / systems] != side[place % systems] {
                    *fewest = (*fewest).min(*clusters);
                }
            }
        }
        Self { of_system, between, link }
    }

    /// Returns the fewest clusters that join a system, or a part of at most half of all systems with it, to the others.
    pub(super) fn of_system(&self, system: usize) -> usize {
        self.of_system[system]
    }

    /// Returns the fewest clusters that join one system, and any others with it, to the other one.
    pub(super) fn between(&self, one: usize, other: usize) -> usize {
        self.between[one * self.of_system.len() + other]
    }

    /// Returns the part of several systems that the fewest clusters join to the others; `None` if many do.
    pub(super) fn link(&self) -> Option<&ClusterLink> {
        self.link.as_ref()
    }
}

/// A division of the systems.
struct Cut {
    /// The edges across it.
    edges: usize,
    /// The clusters with a contest across it.
    clusters: usize,
    /// Whether each system is in the one part.
    side: Vec<bool>,
}

/// Returns for each pair of systems the least weight on the path between them in a tree; of those without a small one the
/// clusters of the system that is in fewer.
fn between(degrees: &[usize], parents: &[usize], weights: &[usize]) -> Vec<usize> {
    let systems = degrees.len();
    let mut neighbours = vec![Vec::new(); systems];
    for system in 1..systems {
        neighbours[system].push((parents[system], weights[system]));
        neighbours[parents[system]].push((system, weights[system]));
    }
    let mut between = vec![0; systems * systems];
    let mut open = Vec::new();
    for from in 0..systems {
        open.push((from, from, MANY));
        while let Some((system, before, least)) = open.pop() {
            between[from * systems + system] =
                if least < MANY { least } else { degrees[from].min(degrees[system]) };
            let next = neighbours[system].iter().filter(|(next, _)| *next != before);
            open.extend(next.map(|(next, weight)| (*next, system, least.min(*weight))));
        }
    }
    between
}

/// Returns the sets of systems that contests of one cluster connect, each with how many clusters have it.
fn edges(
    systems: usize,
    contests: &[Contest],
    of_clusters: &[&[usize]],
) -> BTreeMap<Vec<usize>, usize> {
    let mut edges = BTreeMap::new();
    // A forest of the systems of one cluster: each leads to another one of its set, or is the root.
    let mut leads_to: Vec<usize> = (0..systems).collect();
    let mut touched = Vec::new();
    for of_cluster in of_clusters {
        for at in *of_cluster {
            let Contest { first, second, .. } = contests[*at];
            let [one, other] = [root(&mut leads_to, first), root(&mut leads_to, second)];
            leads_to[one] = other;
            touched.extend([first, second]);
        }
        touched.sort_unstable();
        touched.dedup();
        let mut sets: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for system in &touched {
            sets.entry(root(&mut leads_to, *system)).or_default().push(*system);
        }
        for set in sets.into_values() {
            *edges.entry(set).or_default() += 1;
        }
        for system in touched.drain(..) {
            leads_to[system] = system;
        }
    }
    edges
}

/// Returns the root of a system in a forest, and shortens the way to it.
fn root(leads_to: &mut [usize], mut system: usize) -> usize {
    while leads_to[system] != system {
        leads_to[system] = leads_to[leads_to[system]];
        system = leads_to[system];
    }
    system
}

/// A flow network of systems and sets: a set lets as much through as there are clusters that have it.
struct Network {
    systems: usize,
    /// The sets of each system with the clusters of each, ascending.
    sets: Vec<Vec<(usize, usize)>>,
    /// The arcs that leave each node.
    leaving: Vec<Vec<usize>>,
    /// Where each arc leads to; its opposite is the other one of the two at an even number and the next.
    heads: Vec<usize>,
    capacities: Vec<usize>,
}

impl Network {
    fn new(systems: usize, edges: &BTreeMap<Vec<usize>, usize>) -> Self {
        let nodes = systems + 2 * edges.len();
        let (heads, capacities) = (Vec::new(), Vec::new());
        let leaving = vec![Vec::new(); nodes];
        let mut network =
            Self { systems, sets: vec![Vec::new(); systems], leaving, heads, capacities };
        for (number, (set, clusters)) in edges.iter().enumerate() {
            let entrance = systems + 2 * number;
            network.join(entrance, entrance + 1, *clusters);
            for system in set {
                network.join(*system, entrance, UNLIMITED);
                network.join(entrance + 1, *system, UNLIMITED);
                network.sets[*system].push((number, *clusters));
            }
        }
        network
    }

    fn join(&mut self, from: usize, to: usize, capacity: usize) {
        for (tail, head, capacity) in [(from, to, capacity), (to, from, 0)] {
            self.leaving[tail].push(self.heads.len());
            self.heads.push(head);
            self.capacities.push(capacity);
        }
    }

    /// Returns how many clusters contain both systems in one set: each of them is a connection of its own.
    fn in_common(&self, one: usize, other: usize) -> usize {
        let (mut sum, mut others) = (0, self.sets[other].iter().peekable());
        for (set, clusters) in &self.sets[one] {
            while others.next_if(|(known, _)| known < set).is_some() {}
            if others.peek().is_some_and(|(known, _)| known == set) {
                sum += clusters;
            }
        }
        sum
    }

    /// Returns the fewest clusters that separate two systems, with the systems on the side of the first; `None` if they
    /// are many.
    fn least_cut(&mut self, from: usize, to: usize) -> Option<(usize, Vec<bool>)> {
        if self.in_common(from, to) >= MANY {
            return None;
        }
        let (mut flow, mut changed) = (0, Vec::new());
        let side = loop {
            if flow >= MANY {
                break None;
            }
            match self.path(from, to) {
                Ok(path) => {
                    let left = path.iter().map(|arc| self.capacities[*arc]).min().unwrap_or(0);
                    flow += left;
                    for arc in path {
                        self.capacities[arc] -= left;
                        self.capacities[arc ^ 1] += left;
                        changed.push((arc, left));
                    }
                }
                Err(side) => break Some(side),
            }
        };
        for (arc, amount) in changed.into_iter().rev() {
            self.capacities[arc] += amount;
            self.capacities[arc ^ 1] -= amount;
        }
        side.map(|side| (flow, side))
    }

    /// Returns the arcs of a shortest path that has capacity left; without one, which systems can be reached.
    fn path(&self, from: usize, to: usize) -> Result<Vec<usize>, Vec<bool>> {
        // The arc by which a node was reached.
        let mut reached_by = vec![None; self.leaving.len()];
        let mut reached = vec![false; self.leaving.len()];
        reached[from] = true;
        let mut open = VecDeque::from([from]);
        while let Some(node) = open.pop_front() {
            for arc in &self.leaving[node] {
                let head = self.heads[*arc];
                if self.capacities[*arc] == 0 || reached[head] {
                    continue;
                }
                (reached[head], reached_by[head]) = (true, Some(*arc));
                open.push_back(head);
            }
            if reached[to] {
                break;
            }
        }
        if !reached[to] {
            reached.truncate(self.systems);
            return Err(reached);
        }
        let (mut path, mut node) = (Vec::new(), to);
        while let Some(arc) = reached_by[node] {
            path.push(arc);
            node = self.heads[arc ^ 1];
        }
        Ok(path)
    }
}
