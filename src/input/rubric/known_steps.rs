//! Words for grades whose order need not be given.

use super::scale::{Scale, Step};

/// Steps, worst first, that are known by their names.
#[derive(Debug)]
pub(in crate::input) struct KnownSteps {
    names: &'static [&'static str],
    /// Whether the question decides which word is the good one: "yes" may say that a response is rude.
    pub(in crate::input) depends_on_question: bool,
}

const fn steps(names: &'static [&'static str]) -> KnownSteps {
    KnownSteps { names, depends_on_question: false }
}

const fn answers(names: &'static [&'static str]) -> KnownSteps {
    KnownSteps { names, depends_on_question: true }
}

/// Of those that have the same words, the first counts.
static KNOWN: [KnownSteps; 12] = [
    steps(&["fail", "pass"]),
    steps(&["failed", "passed"]),
    steps(&["incorrect", "correct"]),
    steps(&["wrong", "right"]),
    steps(&["unacceptable", "acceptable"]),
    steps(&["reject", "accept"]),
    steps(&["rejected", "accepted"]),
    steps(&["bad", "good"]),
    steps(&["incorrect", "partially correct", "correct"]),
    steps(&["poor", "fair", "good", "excellent"]),
    answers(&["no", "yes"]),
    answers(&["false", "true"]),
];

impl KnownSteps {
    /// Returns the steps that have all of some words, in upper or lower case; without any word the first.
    pub(in crate::input) fn of(words: &[&str]) -> Option<&'static Self> {
        let has = |known: &Self, word: &str| {
            known.names.iter().any(|name| name.eq_ignore_ascii_case(word))
        };
        KNOWN.iter().find(|known| words.iter().all(|word| has(known, word)))
    }

    /// Returns their scale: of two, the better one passes.
    pub(in crate::input) fn scale(&self) -> Scale {
        let step = |name: &&str| Step { name: (*name).to_owned(), description: None };
        let pass_from = (self.names.len() == 2).then_some(1);
        Scale { steps: self.names.iter().map(step).collect(), pass_from, cannot_assess: false }
    }
}
