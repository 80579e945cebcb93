//! BLEU: the geometric mean of n-gram precisions with a penalty for short responses, as in sacrebleu.

use std::borrow::Cow;
use std::ops::AddAssign;

use super::ngrams;
use super::text::Vocabulary;
use super::tokenize::BleuTokenizer;
use super::{SACREBLEU, references_in_signature, yes_or_no};

const ORDER: usize = 4;

/// How an n-gram order without a match is smoothed, whose logarithm would be infinite.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Smoothing {
    /// The k-th order without a match has the precision 1 / (2^k · number of n-grams).
    #[default]
    Exp,
    /// An order without a match counts as this number of matches.
    Floor(f64),
    /// This number is added to the matches and to the n-grams of every order above 1.
    AddK(f64),
    /// No smoothing: the score is 0.
    None,
}

impl Smoothing {
    /// [`Smoothing::Floor`] with sacrebleu's default.
    pub const FLOOR: Self = Self::Floor(0.1);
    /// [`Smoothing::AddK`] with sacrebleu's default.
    pub const ADD_K: Self = Self::AddK(1.0);
}

/// The settings of BLEU.
///
/// `BLEU = 100 · BP · exp(Σ ln pₙ / 4)`, n from 1 to 4, where pₙ is the share of the response's n-grams that are
/// in a reference, each counted at most as often as in the reference that has it most often. `BP = exp(1 − r/c)`
/// if the response's length c is below the length r of the reference closest in length (the shorter of two
/// equally close ones), else 1. All counts are summed over the items before anything is divided.
///
/// The score is from 0 to 100. It is 0 if nothing matches, whatever the smoothing. Without `effective_order` it
/// is also 0 if no response has four words, unless [`Smoothing::AddK`] adds 4-grams.
///
/// Agrees with sacrebleu 2.6.0.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::{Bleu, total};
///
/// let bleu = Bleu::default();
/// let corpus = total([
///     bleu.statistics("The cat sat on the mat.", &["The cat sat on a mat."]),
///     bleu.statistics("It slept.", &["It slept well.", "Then it slept."]),
/// ]);
/// assert!((bleu.score(&corpus).score - 44.065_752).abs() < 1e-6);
/// assert_eq!(bleu.signature(None), "nrefs:var|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0");
/// ```
///
/// # References
///
/// Papineni, K., Roukos, S., Ward, T. and Zhu, W.-J. (2002). BLEU: a method for automatic evaluation of
/// machine translation. *ACL 2002*, 311–318. Post, M. (2018). A call for clarity in reporting BLEU scores.
/// *WMT 2018*, 186–191. Smoothing: Chen, B. and Cherry, C. (2014). A systematic comparison of smoothing
/// techniques for sentence-level BLEU. *WMT 2014*, 362–367.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bleu {
    /// How texts are split into words.
    pub tokenizer: BleuTokenizer,
    /// How orders without a match are smoothed.
    pub smoothing: Smoothing,
    /// Whether case is ignored.
    pub lowercase: bool,
    /// Whether orders for which the response is too short are left out of the mean; meant for the score of a
    /// single item ([`Bleu::sentence`]).
    pub effective_order: bool,
}

/// The statistics of one item, or their sum over items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BleuStatistics {
    /// The number of words of the response.
    pub response_length: u64,
    /// The number of words of the reference closest in length.
    pub reference_length: u64,
    /// For n from 1 to 4, the number of the response's n-grams that are in a reference.
    pub matches: [u64; ORDER],
    /// For n from 1 to 4, the number of n-grams of the response.
    pub totals: [u64; ORDER],
}

impl AddAssign for BleuStatistics {
    fn add_assign(&mut self, other: Self) {
        self.response_length += other.response_length;
        self.reference_length += other.reference_length;
        for n in 0..ORDER {
            self.matches[n] += other.matches[n];
            self.totals[n] += other.totals[n];
        }
    }
}

/// BLEU and its components.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BleuScore {
    /// The score, from 0 to 100.
    pub score: f64,
    /// The smoothed precisions for n from 1 to 4, in percent; all are 0 if nothing matches.
    pub precisions: [f64; ORDER],
    /// The brevity penalty, from 0 to 1.
    pub brevity_penalty: f64,
}

impl Bleu {
    /// Returns the same settings with effective order, for the score of a single item.
    #[must_use]
    pub fn sentence(self) -> Self {
        Self { effective_order: true, ..self }
    }

    /// Returns the statistics of one item.
    ///
    /// Without references, nothing matches and the reference length is 0.
    pub fn statistics(&self, response: &str, references: &[&str]) -> BleuStatistics {
        let response = self.prepare(response);
        let references: Vec<_> =
            references.iter().map(|reference| self.prepare(reference)).collect();
        let mut vocabulary = Vocabulary::for_bytes(2 * response.len());
        let mut numbers = |text| vocabulary.numbers(self.tokenizer.split(text));
        let response = numbers(&response);
        let references: Vec<_> = references.iter().map(|reference| numbers(reference)).collect();

        let length = response.len();
        let lengths = references.iter().map(Vec::len);
        let closest = lengths.min_by_key(|other| (other.abs_diff(length), *other)).unwrap_or(0);
        BleuStatistics {
            response_length: length as u64,
            reference_length: closest as u64,
            matches: ngrams::matches(&response, &references),
            totals: [0, 1, 2, 3].map(|missing| length.saturating_sub(missing) as u64),
        }
    }

    /// Returns the score of one item's statistics, or of a sum of them.
    pub fn score(&self, statistics: &BleuStatistics) -> BleuScore {
        let brevity_penalty = brevity_penalty(statistics);
        if statistics.matches == [0; ORDER] {
            return BleuScore { score: 0.0, precisions: [0.0; ORDER], brevity_penalty };
        }
        let mut precisions = [0.0; ORDER];
        let mut orders = ORDER;
        let mut halves = 1.0;
        for (n, precision) in precisions.iter_mut().enumerate() {
            let mut matches = statistics.matches[n] as f64;
            let mut total = statistics.totals[n] as f64;
            if let Smoothing::AddK(k) = self.smoothing
                && n > 0
            {
                matches += k;
                total += k;
            }
            if total == 0.0 {
                break;
            }
            if self.effective_order {
                orders = n + 1;
            }
            if matches == 0.0 {
                matches = match self.smoothing {
                    Smoothing::Exp => {
                        halves /= 2.0;
                        halves
                    }
                    Smoothing::Floor(floor) => floor,
                    Smoothing::AddK(_) | Smoothing::None => 0.0,
                };
            }
            *precision = 100.0 * matches / total;
        }
        // The logarithm of 0 is minus infinity, and the score then 0.
        let logarithms: f64 = precisions[..orders].iter().map(|precision| precision.ln()).sum();
        let score = brevity_penalty * (logarithms / orders as f64).exp();
        BleuScore { score, precisions, brevity_penalty }
    }

    /// Returns sacrebleu's signature of these settings; `references` is the number of references per item, or
    /// `None` if it differs between items.
    pub fn signature(&self, references: Option<usize>) -> String {
        let case = if self.lowercase { "lc" } else { "mixed" };
        let smoothing = match self.smoothing {
            Smoothing::Exp => "exp".to_owned(),
            Smoothing::Floor(value) => format!("floor[{value:.2}]"),
            Smoothing::AddK(value) => format!("add-k[{value:.2}]"),
            Smoothing::None => "none".to_owned(),
        };
        format!(
            "nrefs:{}|case:{case}|eff:{}|tok:{}|smooth:{smoothing}|version:{SACREBLEU}",
            references_in_signature(references),
            yes_or_no(self.effective_order),
            self.tokenizer.name(),
        )
    }

    fn prepare<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.lowercase {
            Cow::Owned(self.tokenizer.prepare(&text.to_lowercase()).into_owned())
        } else {
            self.tokenizer.prepare(text)
        }
    }
}

fn brevity_penalty(statistics: &BleuStatistics) -> f64 {
    let (length, reference) = (statistics.response_length, statistics.reference_length);
    if length >= reference {
        1.0
    } else if length == 0 {
        0.0
    } else {
        (1.0 - reference as f64 / length as f64).exp()
    }
}
