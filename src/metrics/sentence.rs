//! Metrics of a single response, selected by name, with default settings.

use super::{Bleu, Chrf, Rouge, RougeKind, SquadVersion, Ter, exact_match, token_f1};

/// A metric that is defined on a single response, with default settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SentenceMetric {
    /// [`exact_match`] as in `SQuAD` v1.1: 0 or 1.
    ExactMatch,
    /// [`token_f1`] as in `SQuAD` v1.1: from 0 to 1.
    TokenF1,
    /// The F of [`Rouge`] without the stemmer: from 0 to 1.
    Rouge(RougeKind),
    /// [`Bleu::sentence`]: from 0 to 100.
    Bleu,
    /// [`Chrf::PLAIN`]: from 0 to 100.
    Chrf,
    /// [`Chrf::PLUS_PLUS`]: from 0 to 100.
    ChrfPlusPlus,
    /// [`Ter`]: 0 or more; lower is better.
    Ter,
}

impl SentenceMetric {
    /// All metrics, in the order in which they are listed.
    pub const ALL: [Self; 10] = [
        Self::ExactMatch,
        Self::TokenF1,
        Self::Rouge(RougeKind::One),
        Self::Rouge(RougeKind::Two),
        Self::Rouge(RougeKind::L),
        Self::Rouge(RougeKind::Lsum),
        Self::Bleu,
        Self::Chrf,
        Self::ChrfPlusPlus,
        Self::Ter,
    ];

    /// Returns the metric of that name, if there is one.
    ///
    /// # Examples
    ///
    /// ```
    /// use evenhand::metrics::SentenceMetric;
    ///
    /// assert_eq!(SentenceMetric::from_name("chrf"), Some(SentenceMetric::Chrf));
    /// assert_eq!(SentenceMetric::from_name("rouge"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// Returns the name.
    pub fn name(self) -> &'static str {
        match self {
            Self::ExactMatch => "exact-match",
            Self::TokenF1 => "token-f1",
            Self::Rouge(RougeKind::One) => "rouge-1",
            Self::Rouge(RougeKind::Two) => "rouge-2",
            Self::Rouge(RougeKind::L) => "rouge-l",
            Self::Rouge(RougeKind::Lsum) => "rouge-lsum",
            Self::Bleu => "bleu",
            Self::Chrf => "chrf",
            Self::ChrfPlusPlus => "chrf++",
            Self::Ter => "ter",
        }
    }

    /// Returns whether a higher score is better.
    pub fn higher_is_better(self) -> bool {
        self != Self::Ter
    }

    /// Returns the score of a response against one or more references.
    ///
    /// Without references it is 0.
    ///
    /// # Examples
    ///
    /// ```
    /// use evenhand::metrics::SentenceMetric;
    ///
    /// let score = |metric: SentenceMetric| metric.score("a b c x", &["a b c d"]);
    /// assert_eq!(score(SentenceMetric::TokenF1), 2.0 / 3.0);
    /// assert_eq!(score(SentenceMetric::Ter), 25.0);
    /// ```
    pub fn score(self, response: &str, references: &[&str]) -> f64 {
        let squad = SquadVersion::default();
        match self {
            Self::ExactMatch => exact_match(response, references, squad),
            Self::TokenF1 => token_f1(response, references, squad),
            Self::Rouge(kind) => {
                let scores = Rouge::default().scores(&[kind], response, references);
                scores.first().map_or(0.0, |overlap| overlap.f)
            }
            Self::Bleu => {
                let bleu = Bleu::default().sentence();
                bleu.score(&bleu.statistics(response, references)).score
            }
            Self::Chrf => chrf(Chrf::PLAIN, response, references),
            Self::ChrfPlusPlus => chrf(Chrf::PLUS_PLUS, response, references),
            Self::Ter => Ter::default().statistics(response, references).score(),
        }
    }
}

fn chrf(settings: Chrf, response: &str, references: &[&str]) -> f64 {
    settings.score(&settings.statistics(response, references))
}
