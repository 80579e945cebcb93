//! What the two orders of a comparison prefer.

use serde::Serialize;

use super::judged::Judged;
use crate::trial::{Order, Side};
use crate::verdict::Ballot;
use crate::vote::Preference;

/// What the two orders of the comparisons of a pair of systems prefer.
///
/// The diagonal is kept: both orders prefer the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OrderTable {
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// `counts[i][j]`: the order in which `between[0]` is shown first prefers `i`, the other order `j`; 0 is
    /// `between[0]`, 1 a tie, 2 `between[1]`.
    pub counts: [[u64; 3]; 3],
    /// Comparisons of which an order has no readable vote, no answer, or a vote of which nobody knows the order.
    pub left_out: u64,
}

/// Counts what the orders of each pair of systems prefer, in the order of the systems' names.
pub(super) fn order_tables(judged: &Judged<'_>) -> Vec<OrderTable> {
    if judged.is_jury {
        return Vec::new();
    }
    let table = judged.table;
    let empty = |pair: u32| OrderTable {
        between: table.pairs[pair as usize].between.clone(),
        counts: [[0; 3]; 3],
        left_out: 0,
    };
    let mut tables: Vec<OrderTable> = (0..table.pairs.len() as u32).map(empty).collect();
    for row in judged.rows() {
        let counted = &mut tables[table.rows[row as usize].pair as usize];
        match table.known_orders(row).next() {
            Some([Ballot::Cast(a_first), Ballot::Cast(b_first)]) => {
                let [i, j] =
                    [a_first.under(Order::AFirst), b_first.under(Order::BFirst)].map(place);
                counted.counts[i][j] += 1;
            }
            _ => counted.left_out += 1,
        }
    }
    tables.sort_by(|one, other| one.between.cmp(&other.between));
    tables
}

fn place(preference: Preference) -> usize {
    match preference {
        Preference::For(Side::A) => 0,
        Preference::Tie => 1,
        Preference::For(Side::B) => 2,
    }
}
