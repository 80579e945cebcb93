//! Triples of systems that beat each other in a circle.

use std::collections::HashMap;

use super::results::Intransitive;
use super::votes::JudgedComparisons;

/// The most circles that are named.
const EXAMPLES: usize = 5;

/// A set of systems.
type Bits = Vec<u64>;

/// Counts the triples of systems that were all compared with each other, and those that are circles over all votes.
pub(super) fn intransitive(comparisons: &JudgedComparisons) -> Intransitive {
    let systems = comparisons.systems.len();
    let mut sums: HashMap<[u32; 2], (f64, f64)> = HashMap::new();
    for row in &comparisons.rows {
        if let Some(score) = row.score() {
            let (points, n) = sums.entry(row.between).or_default();
            (*points, *n) = (*points + score, *n + 1.0);
        }
    }
    let words = systems.div_ceil(64);
    let empty = || vec![vec![0_u64; words]; systems];
    let (mut compared, mut beats, mut beaten_by): (Vec<Bits>, Vec<Bits>, Vec<Bits>) =
        (empty(), empty(), empty());
    let set = |bits: &mut Bits, at: usize| bits[at / 64] |= 1 << (at % 64);
    for ([a, b], (points, n)) in &sums {
        let (a, b) = (*a as usize, *b as usize);
        set(&mut compared[a], b);
        set(&mut compared[b], a);
        let lead = points - n / 2.0;
        // Sums of fractions are level up to rounding.
        if lead.abs() > 1e-9 * n {
            let (winner, loser) = if lead > 0.0 { (a, b) } else { (b, a) };
            set(&mut beats[winner], loser);
            set(&mut beaten_by[loser], winner);
        }
    }
    let mut found = Intransitive::default();
    for a in 0..systems {
        for b in members(&compared[a]).filter(|b| *b > a) {
            let common = compared[a].iter().zip(&compared[b]).map(|(a, b)| a & b);
            let common: Bits = common.collect();
            found.triples += members(&common).filter(|c| *c > b).count() as u64;
        }
        for b in members(&beats[a]).filter(|b| *b > a) {
            // Each circle is found from the first of its systems.
            let closing = beats[b].iter().zip(&beaten_by[a]).map(|(b, a)| b & a);
            let closing: Bits = closing.collect();
            for c in members(&closing).filter(|c| *c > a) {
                found.cycles += 1;
                if found.examples.len() < EXAMPLES {
                    found.examples.push([a, b, c].map(|at| comparisons.systems[at].clone()));
                }
            }
        }
    }
    found
}

fn members(bits: &Bits) -> impl Iterator<Item = usize> + '_ {
    let of_word = |(at, word): (usize, &u64)| {
        let word = *word;
        (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit)
    };
    bits.iter().enumerate().flat_map(of_word)
}
