//! The count under BLEU, chrF and ROUGE-n: how many n-grams of a text are also in its references.
//!
//! All orders are counted at once and without a hash table. Each position of each text becomes one
//! integer: the N symbols from there on, and in the lowest bits which text it is from. In sorted order
//! the n-grams that are equal stand together, for every n, and where two neighbours first differ says
//! which n-grams end between them.

use std::iter;

/// Returns for each order 1 to `N` how many n-grams of `response` its references have too.
///
/// Each n-gram counts at most as often as in the reference that has it most often. Symbols are numbers of
/// characters or words. N symbols must fit in about 128 bits: six characters do, and four of any words
/// that memory can hold.
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
    match (needed <= u64::BITS, references.len()) {
        (true, 1) => count::<u64, [u32; 2], N>(&texts, layout),
        (false, 1) => count::<u128, [u32; 2], N>(&texts, layout),
        (true, _) => count::<u64, Vec<u32>, N>(&texts, layout),
        (false, _) => count::<u128, Vec<u32>, N>(&texts, layout),
    }
}

/// How a key is laid out: N codes from high to low, then the number of the text.
///
/// The codes below the number of texts are no symbols: each text is filled up behind its end with a code
/// of its own, so that what reaches beyond the end of one text is equal to nothing in another.
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
    /// Drops the last code and puts another in front, `top` bits up.
    fn slide(self, code: u64, code_bits: u32, top: u32) -> Self;
    /// Appends the number of the text.
    fn tagged(self, text: usize, text_bits: u32) -> Self;
    /// Returns the number of the text.
    fn text(self, text_bits: u32) -> usize;
    /// Returns how many of the highest bits are the same in both.
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

/// How often each text has one n-gram: an array for a response and its only reference, which is the usual
/// case and several times faster, or a vector.
trait Counts: AsMut<[u32]> {
    fn zeros(texts: usize) -> Self;
}

impl Counts for [u32; 2] {
    fn zeros(_: usize) -> Self {
        [0; 2]
    }
}

impl Counts for Vec<u32> {
    fn zeros(texts: usize) -> Self {
        vec![0; texts]
    }
}

fn count<K: Key, C: Counts, const N: usize>(texts: &[&[u32]], layout: Layout) -> [u64; N] {
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
    // Two neighbours with fewer bits in common than this differ in an n-gram of so many symbols.
    let limits: [u32; N] = std::array::from_fn(|order| unused + (order as u32 + 1) * code_bits);
    // The counts of the n-gram of each order that the keys now begin with. A key is only counted in the
    // longest: counts that are complete are added to those of the n-gram that is one shorter.
    let mut counts: [C; N] = std::array::from_fn(|_| C::zeros(texts.len()));
    let mut matches = [0; N];
    let mut close = |counts: &mut [C; N], shared: u32| {
        for order in (0..N).rev() {
            if shared >= limits[order] {
                break;
            }
            let (shorter, longer) = counts.split_at_mut(order);
            let mut in_response = 0;
            let mut in_references = 0;
            for (text, count) in longer[0].as_mut().iter_mut().enumerate() {
                let count = std::mem::take(count);
                if text == 0 {
                    in_response = count;
                } else {
                    in_references = count.max(in_references);
                }
                if let Some(shorter) = shorter.last_mut() {
                    shorter.as_mut()[text] += count;
                }
            }
            matches[order] += u64::from(in_response.min(in_references));
        }
    };
    let mut before = None;
    for &key in &keys {
        if let Some(before) = before.replace(key) {
            close(&mut counts, key.shared(before));
        }
        counts[N - 1].as_mut()[key.text(text_bits)] += 1;
    }
    close(&mut counts, 0);
    matches
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// The definition, word for word.
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
    fn matches_are_those_of_the_definition() {
        // A linear congruential generator is random enough, and the same every time.
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
