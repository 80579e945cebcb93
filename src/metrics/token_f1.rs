//! Token F1: the overlap of words between response and reference after the normalisation of `SQuAD`.

use std::collections::HashMap;

use super::exact_match::{SquadVersion, normalized_answer};
use super::rouge::Overlap;

/// Returns the F1 of the response's words against the reference with the highest F1, from 0 to 1.
///
/// `F1 = 2PR / (P + R)` after normalisation ([`super::normalized_answer`]), where P is the share of the response's
/// words that are in the reference, and R the share of the reference's words that are in the response; a word
/// matches as often as it occurs in the text that has it less often. The F1 of two empty answers is 0 in version
/// 1.1 and 1 in version 2.0. The score of several items is the mean. Without references it is 0.
///
/// Agrees with `SQuAD`'s scripts.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::{SquadVersion, token_f1};
///
/// assert_eq!(token_f1("york new", &["New York City"], SquadVersion::V1), 0.8);
/// assert_eq!(token_f1("", &["the"], SquadVersion::V2), 1.0);
/// ```
///
/// # References
///
/// As for [`super::exact_match()`].
pub fn token_f1(response: &str, references: &[&str], version: SquadVersion) -> f64 {
    let response = normalized_answer(response);
    let references = version.references(references);
    let scores = references.iter().map(|reference| f1(&response, reference, version));
    scores.fold(0.0, f64::max)
}

fn f1(response: &str, reference: &str, version: SquadVersion) -> f64 {
    if response.is_empty() && reference.is_empty() {
        return f64::from(version == SquadVersion::V2);
    }
    let words = |text| str::split_ascii_whitespace(text);
    let mut unmatched: HashMap<&str, usize> = HashMap::new();
    for word in words(reference) {
        *unmatched.entry(word).or_default() += 1;
    }
    let mut matches = 0;
    for word in words(response) {
        if let Some(count) = unmatched.get_mut(word).filter(|count| **count > 0) {
            *count -= 1;
            matches += 1;
        }
    }
    Overlap::new(matches, words(response).count() as u64, words(reference).count() as u64).f
}
