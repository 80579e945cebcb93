//! Counts how many n-grams of a text are also in its references, for BLEU, chrF and ROUGE-N.
//!
//! All orders are counted at once and without a hash table. Each position of each text becomes one integer key:
//! the N symbols that begin there, and in the lowest bits the number of the text. In sorted order, equal n-grams
//! are adjacent for every n, and the first bit in which two adjacent keys differ determines which n-grams differ.

use std::{array, iter};

/// The most orders; a multiple of the width of vector registers.
const LANES: usize = 8;

/// Returns for each order from 1 to `N` the number of n-grams of `response` that are in a reference.
///
/// Each n-gram counts at most as often as in the reference that has it most often. Symbols are the numbers of
/// characters or words. N symbols must fit into about 128 bits, which six characters always do, and four words of
/// any vocabulary that fits into memory.
pub(super) fn matches<const N: usize>(
    response: &[u32],
    references: &[impl AsRef<[u32]>],
) -> [u64; N] {
    let texts: Vec<&[u32]> =
        iter::once(response).chain(references.iter().map(AsRef::as_ref)).collect();
    let largest = texts.iter().flat_map(|text| text.iter().copied()).max().unwrap_or(0);
    let layout = Layout {
        code_bits: bits(u64::from(largest) + texts.len() as u64),
        text_bits: bits(texts.len() as u64 - 1),
    };
    let needed = N as u32 * layout.code_bits + layout.text_bits;
    debug_assert!(needed <= u128::BITS, "{needed} bits");
    if needed <= u64::BITS {
        count::<u64, N>(&texts, layout)
    } else {
        count::<u128, N>(&texts, layout)
    }
}

/// The layout of a key: N codes from high to low bits, then the number of the text.
///
/// The codes below the number of texts are not symbols: each text is padded at its end with a code of its own, so
/// that an n-gram beyond the end of one text equals none of another.
#[derive(Clone, Copy)]
struct Layout {
    code_bits: u32,
    text_bits: u32,
}

fn bits(value: u64) -> u32 {
    u64::BITS - value.leading_zeros()
}

/// An integer that holds N codes and the number of a text.
trait Key: Copy + Ord + Default {
    const BITS: u32;
    /// Drops the lowest code and inserts `code` above the others, `top` bits up.
    fn slide(self, code: u64, code_bits: u32, top: u32) -> Self;
    /// Appends the number of the text.
    fn tagged(self, text: usize, text_bits: u32) -> Self;
    /// Returns the number of the text.
    fn text(self, text_bits: u32) -> usize;
    /// Returns the number of leading bits that are equal in both.
    fn shared(self, other: Self) -> u32;
}

macro_rules! impl_key {
    ($($integer:ty),*) => {$(
        impl Key for $integer {
            const BITS: u32 = <$integer>::BITS;
            fn slide(self, code: u64, code_bits: u32, top: u32) -> Self {
                (self >> code_bits) | (Self::from(code) << top)
            }
            fn tagged(self, text: usize, text_bits: u32) -> Self {
                (self << text_bits) | text as Self
            }
            fn text(self, text_bits: u32) -> usize {
                (self & ((1 << text_bits) - 1)) as usize
            }
            fn shared(self, other: Self) -> u32 {
                (self ^ other).leading_zeros()
            }
        }
    )*};
}

impl_key!(u64, u128);

fn count<K: Key, const N: usize>(texts: &[&[u32]], layout: Layout) -> [u64; N] {
    let Layout { code_bits, text_bits } = layout;
    let mut keys: Vec<K> = Vec::with_capacity(texts.iter().map(|text| text.len()).sum());
    let top = code_bits * (N as u32 - 1);
    for (number, text) in texts.iter().enumerate() {
        let end = (0..N).fold(K::default(), |key, _| key.slide(number as u64, code_bits, top));
        keys.extend(text.iter().rev().scan(end, |key, &symbol| {
            *key = key.slide(u64::from(symbol) + texts.len() as u64, code_bits, top);
            Some(key.tagged(number, text_bits))
        }));
    }
    keys.sort_unstable();

    let unused = K::BITS - (N as u32 * code_bits + text_bits);
    // Adjacent keys with fewer leading bits in common than this differ in their n-gram of that order.
    let limits = array::from_fn(|order| unused + (order as u32 + 1) * code_bits);
    if let [_, _] = texts { in_both(&keys, limits) } else { in_any(&keys, limits, texts.len()) }
}

/// Counts for a response (text 0) and a single reference (text 1), the usual case, several times faster.
///
/// Of an n-gram that occurs a times in one text and b times in the other, min(a, b) = (a + b − |a − b|) / 2 match,
/// and the sum of all a + b is known. So a running balance is enough, without branches. The texts must have fewer
/// than 2³¹ symbols.
fn in_both<K: Key, const N: usize>(keys: &[K], limits: [u32; N]) -> [u64; N] {
    let Some(last) = keys.last() else {
        return [0; N];
    };
    let step = |key: K| 1 - 2 * key.text(1) as i32;
    let mut balance = 0;
    // By number of equal leading bits, the number of equal leading symbols.
    let mut symbols = [0_u8; u128::BITS as usize + 1];
    for (order, limit) in (1..).zip(limits) {
        symbols[limit as usize..].fill(order);
    }
    // By number of equal leading symbols, a mask of the orders in which the next key has another n-gram. With
    // this table instead of a branch, the loop below compiles to vector instructions for all orders at once.
    let ends: [[i32; LANES]; LANES] =
        array::from_fn(|shared| array::from_fn(|order| -i32::from(shared <= order)));
    // By order, the balance before the current n-gram, and the sum of |a − b|.
    let mut before = [0_i32; LANES];
    let mut differences = [0_i32; LANES];
    for neighbours in keys.windows(2) {
        balance += step(neighbours[0]);
        let shared = symbols[neighbours[0].shared(neighbours[1]) as usize];
        let ends = &ends[usize::from(shared) % LANES];
        for order in 0..LANES {
            let change = (balance - before[order]) & ends[order];
            differences[order] += change.abs();
            before[order] += change;
        }
    }
    balance += step(*last);
    array::from_fn(|order| {
        let difference = differences[order] + i32::abs(balance - before[order]);
        (keys.len() as u64 - u64::from(difference.unsigned_abs())) / 2
    })
}

/// Counts for a response (text 0) and any number of references.
fn in_any<K: Key, const N: usize>(keys: &[K], limits: [u32; N], texts: usize) -> [u64; N] {
    let text_bits = bits(texts as u64 - 1);
    let mut counts = vec![0; texts];
    limits.map(|limit| {
        let equal = keys.chunk_by(|one, other| one.shared(*other) >= limit);
        let matches = equal.map(|keys| {
            counts.fill(0);
            for key in keys {
                counts[key.text(text_bits)] += 1;
            }
            let (response, references) = counts.split_first().unwrap_or((&0, &[]));
            references.iter().copied().max().unwrap_or(0).min(*response)
        });
        matches.sum()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// The definition, implemented directly.
    fn by_definition(response: &[u32], references: &[Vec<u32>], n: usize) -> u64 {
        let count = |text: &[u32]| {
            let mut counts: HashMap<Vec<u32>, u64> = HashMap::new();
            for gram in text.windows(n) {
                *counts.entry(gram.to_vec()).or_default() += 1;
            }
            counts
        };
        let references: Vec<_> = references.iter().map(|reference| count(reference)).collect();
        count(response)
            .iter()
            .map(|(gram, &times)| {
                let most = references.iter().filter_map(|counts| counts.get(gram)).max();
                times.min(most.copied().unwrap_or(0))
            })
            .sum()
    }

    #[test]
    fn matches_equal_the_definition() {
        // A linear congruential generator is random enough, and reproducible.
        let mut state = 20_u64;
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        for round in 0..400 {
            let symbols = [1, 2, 3, 7, 300, 0x0011_0000][round % 6];
            let mut text = |longest| {
                let length = draw(longest);
                (0..length).map(|_| draw(symbols) as u32).collect::<Vec<_>>()
            };
            let response = text(40);
            let references: Vec<_> = (0..round % 4).map(|_| text(40)).collect();
            let expected: Vec<_> =
                (1..=4).map(|n| by_definition(&response, &references, n)).collect();
            assert_eq!(matches::<4>(&response, &references).to_vec(), expected);
            let one = &references[..references.len().min(1)];
            let expected: Vec<_> = (1..=6).map(|n| by_definition(&response, one, n)).collect();
            assert_eq!(matches::<6>(&response, one).to_vec(), expected);
        }
    }
}
