//! Descriptors of a response: length, diversity and repetition. They do not measure quality.

use std::collections::{HashMap, HashSet};

use super::ratio::Ratio;
use super::text::{Vocabulary, words};

/// Returns the length ratio: the words of the response over the words of the reference, so that 1 means equal
/// length.
///
/// Words are separated by white space. Of several references the one closest in length counts, the shorter of
/// two equally close ones, as in BLEU. The value of several items is the ratio of the sums; it is undefined if the
/// references have no words.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::length_ratio;
///
/// assert_eq!(length_ratio("one two three", &["one two"]).value(), Some(1.5));
/// assert_eq!(length_ratio("one two three", &[""]).value(), None);
/// ```
pub fn length_ratio(response: &str, references: &[&str]) -> Ratio {
    let length = words(response).count();
    let lengths = references.iter().map(|reference| words(reference).count());
    let closest = lengths.min_by_key(|other| (other.abs_diff(length), *other)).unwrap_or(0);
    Ratio { part: length as f64, whole: closest as f64 }
}

/// Returns distinct-n: the number of distinct word n-grams of the response over the number of all its n-grams.
///
/// Words are separated by white space, and case is kept. The value is above 0 and at most 1, which means that no
/// n-gram is repeated. It falls with the length of a text, so only texts of similar length are comparable. The
/// value of several items is the ratio of the sums, where an n-gram of two items counts in both; it is undefined
/// if no item has n words, or if n = 0.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::distinct;
///
/// assert_eq!(distinct("no no no yes", 1).value(), Some(0.5));
/// assert_eq!(distinct("no no no yes", 2).value(), Some(2.0 / 3.0));
/// assert_eq!(distinct("no", 2).value(), None);
/// ```
///
/// # References
///
/// Li, J., Galley, M., Brockett, C., Gao, J. and Dolan, B. (2016). A diversity-promoting objective function
/// for neural conversation models. *NAACL 2016*, 110–119.
pub fn distinct(response: &str, n: usize) -> Ratio {
    if n == 0 {
        return Ratio::default();
    }
    let numbers = Vocabulary::default().numbers(words(response));
    let all = numbers.windows(n);
    let whole = all.len() as f64;
    Ratio { part: all.collect::<HashSet<_>>().len() as f64, whole }
}

/// Returns the compression ratio: the size of the response over its size after LZ78 compression.
///
/// The bytes are parsed into c phrases, each the longest earlier phrase plus one byte (Lempel–Ziv 1978), and each
/// phrase costs `log2(c + 1) + 8` bits, so the ratio is `8 · bytes / (c · (log2(c + 1) + 8))`. It is about 1 for a
/// paragraph of prose, lower for a text too short for repetition, and much higher for a text that repeats itself.
/// It grows slowly with the length of a text, so only texts of similar length are comparable. It is not the ratio
/// of gzip, which depends on the program and its level. The value of several items is the ratio of the sums; it
/// is undefined if all responses are empty.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::compression;
///
/// let once = compression("I am sorry, I cannot do that.").value();
/// let looping = compression(&"I am sorry, I cannot do that. ".repeat(20)).value();
/// assert!(once < Some(1.0) && looping > Some(1.9));
/// assert_eq!(compression("").value(), None);
/// ```
///
/// # References
///
/// Ziv, J. and Lempel, A. (1978). Compression of individual sequences via variable-rate coding. *IEEE
/// Transactions on Information Theory* 24(5), 530–536. For its use on responses: Shaib, C., Barrow, J.,
/// Sun, J., Siu, A. F., Wallace, B. C. and Nenkova, A. (2024). Standardizing the measurement of text
/// diversity: a tool and a comparative analysis of scores. arXiv:2403.00553.
pub fn compression(response: &str) -> Ratio {
    let mut phrases: HashMap<(usize, u8), usize> = HashMap::new();
    let mut phrase = 0;
    let mut count = 0_usize;
    for byte in response.bytes() {
        let next = phrases.len() + 1;
        phrase = phrases.get(&(phrase, byte)).copied().unwrap_or_else(|| {
            phrases.insert((phrase, byte), next);
            count += 1;
            0
        });
    }
    // The text may end inside a known phrase.
    count += usize::from(phrase != 0);
    let phrases = count as f64;
    Ratio { part: 8.0 * response.len() as f64, whole: phrases * ((phrases + 1.0).log2() + 8.0) }
}
