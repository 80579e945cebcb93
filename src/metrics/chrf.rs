//! chrF: the F-score of character n-grams.

use std::collections::HashMap;

const ORDER: usize = 6;
const BETA_SQUARED: f64 = 4.0;

/// Returns the chrF2 score of one text against one reference, from 0 to 100.
///
/// Character n-grams of 1 to 6 without white space; precision and recall are averaged over the orders
/// that both texts have, and recall weighs twice (`β = 2`). It is 0 where no order is in both, as for an
/// empty text. Agrees with sacrebleu 2.6.0 (`nc:6|nw:0|eff:yes`) on single sentences.
///
/// # Examples
///
/// ```
/// assert_eq!(evenhand::metrics::chrf("the same", "the same"), 100.0);
/// assert_eq!(evenhand::metrics::chrf("", "the same"), 0.0);
/// ```
///
/// # References
///
/// Popović, M. (2015). chrF: character n-gram F-score for automatic MT evaluation. *WMT 2015*, 392–395.
pub fn chrf(hypothesis: &str, reference: &str) -> f64 {
    let hypothesis = without_space(hypothesis);
    let reference = without_space(reference);
    let (mut precision, mut recall, mut orders) = (0.0, 0.0, 0.0);
    for n in 1..=ORDER {
        if hypothesis.len() < n || reference.len() < n {
            break;
        }
        let matches = shared(&hypothesis, &reference, n) as f64;
        precision += matches / (hypothesis.len() - n + 1) as f64;
        recall += matches / (reference.len() - n + 1) as f64;
        orders += 1.0;
    }
    if orders == 0.0 || precision + recall == 0.0 {
        return 0.0;
    }
    let (precision, recall) = (precision / orders, recall / orders);
    100.0 * (1.0 + BETA_SQUARED) * precision * recall / (BETA_SQUARED * precision + recall)
}

/// White space as Python's `str.split` has it, which the oracle uses.
fn without_space(text: &str) -> Vec<char> {
    text.chars()
        .filter(|char| !char.is_whitespace() && !('\u{1c}'..='\u{1f}').contains(char))
        .collect()
}

/// Returns how many n-grams the two share, each counted as often as in the one that has fewer.
fn shared(hypothesis: &[char], reference: &[char], n: usize) -> usize {
    let mut counts: HashMap<&[char], usize> = HashMap::with_capacity(reference.len());
    for gram in reference.windows(n) {
        *counts.entry(gram).or_default() += 1;
    }
    let hit = |gram: &&[char]| {
        counts.get_mut(*gram).filter(|left| **left > 0).map(|left| *left -= 1).is_some()
    };
    let mut hit = hit;
    hypothesis.windows(n).filter(|gram| hit(gram)).count()
}
