//! Exact match: whether a response equals a reference after the normalisation of `SQuAD`.

use super::text::{Class, is_space};

/// The version of `SQuAD`'s evaluation script. The versions differ only in the treatment of empty answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SquadVersion {
    /// v1.1: every question has an answer. The F1 of two empty answers is 0.
    #[default]
    V1,
    /// v2.0: a question may have no answer. References that are empty after normalisation are ignored; if all are
    /// empty, only the empty answer is right, with an F1 of 1, and every other answer has an F1 of 0.
    V2,
}

impl SquadVersion {
    /// Returns the normalised references that count in this version.
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

/// Returns 1 if the response equals one of the references after normalisation ([`normalized_answer`]), else 0.
///
/// The score of several items is the mean. Without references it is 0.
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

/// Returns an answer normalised as `SQuAD` does before comparing it.
///
/// In this order: convert to lower case, remove ASCII punctuation, remove the words "a", "an" and "the", collapse
/// white space. Other punctuation is kept, so that “smart quotes” make a difference.
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
    // An article is a whole run of word characters, whatever surrounds it, and is replaced by a space.
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

/// Returns whether `\w` of Python's regular expressions matches a character; underscores do not occur here.
fn is_word(char: char) -> bool {
    if char.is_ascii() {
        char.is_ascii_alphanumeric()
    } else {
        matches!(Class::of(char), Class::Letter | Class::Number)
    }
}
