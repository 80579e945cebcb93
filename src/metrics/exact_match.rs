//! Exact match: whether an answer is one of the right ones, after the normalisation of `SQuAD`.

use super::text::{Class, is_space};

/// Which of `SQuAD`'s two scripts is followed. They normalise alike and differ in empty answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SquadVersion {
    /// v1.1: every question has an answer. Two empty answers have an F1 of 0.
    #[default]
    V1,
    /// v2.0: no answer is an answer. Right answers that are empty after normalisation are left out, and if
    /// none is left, the empty one is right; F1 is then 1 for an empty answer and 0 for another.
    V2,
}

impl SquadVersion {
    /// Returns the right answers, normalised, as far as they count.
    pub(super) fn references(self, references: &[&str]) -> Vec<String> {
        let mut normalized: Vec<_> = references.iter().copied().map(normalized_answer).collect();
        if self == Self::V2 {
            normalized.retain(|reference| !reference.is_empty());
            if normalized.is_empty() && !references.is_empty() {
                normalized.push(String::new());
            }
        }
        normalized
    }
}

/// Returns 1 if the response is one of the references after normalisation ([`normalized_answer`]), else 0.
///
/// The score of several items is the mean. Without any reference it is 0.
///
/// Agrees with `SQuAD`'s scripts.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::{SquadVersion, exact_match};
///
/// assert_eq!(exact_match("eiffel tower", &["Paris", "The Eiffel Tower!"], SquadVersion::V1), 1.0);
/// assert_eq!(exact_match("tower", &["The Eiffel Tower!"], SquadVersion::V1), 0.0);
/// ```
///
/// # References
///
/// Rajpurkar, P., Zhang, J., Lopyrev, K. and Liang, P. (2016). `SQuAD`: 100,000+ questions for machine
/// comprehension of text. *EMNLP 2016*, 2383–2392. Rajpurkar, P., Jia, R. and Liang, P. (2018). Know what you
/// don't know: unanswerable questions for `SQuAD`. *ACL 2018*, 784–789.
pub fn exact_match(response: &str, references: &[&str], version: SquadVersion) -> f64 {
    f64::from(version.references(references).contains(&normalized_answer(response)))
}

/// Returns an answer as `SQuAD` compares it.
///
/// In this order: lower case, ASCII punctuation removed, the words "a", "an" and "the" removed, white space
/// squeezed. Other punctuation stays, so that “smart quotes” make a difference.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::normalized_answer;
///
/// assert_eq!(normalized_answer(" The  U.S.,\nan example "), "us example");
/// ```
pub fn normalized_answer(text: &str) -> String {
    let text: String =
        text.to_lowercase().chars().filter(|char| !char.is_ascii_punctuation()).collect();
    let mut words = String::with_capacity(text.len());
    // An article is a whole run of word characters, whatever is around it, and leaves a space behind.
    let mut rest = text.as_str();
    while let Some(char) = rest.chars().next() {
        let run = rest.find(|char| !is_word(char)).unwrap_or(rest.len());
        let end = if run == 0 { char.len_utf8() } else { run };
        let (piece, after) = rest.split_at(end);
        rest = after;
        if is_space(char) || matches!(piece, "a" | "an" | "the") {
            if !words.is_empty() && !words.ends_with(' ') {
                words.push(' ');
            }
        } else {
            words.push_str(piece);
        }
    }
    words.truncate(words.trim_end_matches(' ').len());
    words
}

/// What a word is made of for the regular expressions of Python, the underscore aside.
fn is_word(char: char) -> bool {
    if char.is_ascii() {
        char.is_ascii_alphanumeric()
    } else {
        matches!(Class::of(char), Class::Letter | Class::Number)
    }
}
