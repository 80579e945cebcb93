//! Classification: precision, recall and F1 by class and averaged over classes.
//!
//! The classes are those of the references. A response that names none of them, such as free text, counts as a
//! miss of the right class and does not form a class of its own.

use std::ops::AddAssign;

/// Returns the class that a text names: the text in lower case, with white space trimmed and collapsed.
///
/// Nothing else is normalised: "A" is a class and not an article, "C++" is not "C", and "spam." is not "spam".
/// Unicode is not normalised either, so that "é" as one character differs from "é" as two.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::class_of;
///
/// assert_eq!(class_of("  Very\nGOOD "), "very good");
/// assert_ne!(class_of("good."), class_of("good"));
/// ```
pub fn class_of(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The counts of one class, from which its precision, recall and F1 are computed.
///
/// They are not integers because items may have weights.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::{ClassCounts, total};
///
/// // A true positive, a false negative and two false positives.
/// let items = [(true, true), (false, true), (true, false), (true, false)];
/// let class = total(items.map(|(predicted, actual)| ClassCounts::of(predicted, actual)));
/// assert_eq!(class.precision(), 1.0 / 3.0);
/// assert_eq!(class.recall(), 0.5);
/// assert_eq!(class.f1(), 0.4);
/// ```
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct ClassCounts {
    /// The items whose response and reference both have the class.
    pub true_positives: f64,
    /// The items whose response has the class.
    pub predicted: f64,
    /// The items whose reference has the class.
    pub actual: f64,
}

impl ClassCounts {
    /// Returns the counts of one item, given whether its response and its reference have the class.
    pub fn of(predicted: bool, actual: bool) -> Self {
        let count = |is| f64::from(is);
        Self {
            true_positives: count(predicted && actual),
            predicted: count(predicted),
            actual: count(actual),
        }
    }

    /// Returns the share of the responses with the class that are right, from 0 to 1.
    ///
    /// It is 0, not undefined, if no response has the class.
    pub fn precision(&self) -> f64 {
        share(self.true_positives, self.predicted)
    }

    /// Returns the share of the references with the class that were found, from 0 to 1.
    ///
    /// It is 0 where no reference is of the class.
    pub fn recall(&self) -> f64 {
        share(self.true_positives, self.actual)
    }

    /// Returns the harmonic mean of precision and recall, `2·true_positives/(predicted + actual)`, from 0 to 1.
    ///
    /// It is 0 if neither a response nor a reference has the class.
    pub fn f1(&self) -> f64 {
        share(2.0 * self.true_positives, self.predicted + self.actual)
    }

    fn scores(&self) -> ClassScores {
        ClassScores { precision: self.precision(), recall: self.recall(), f1: self.f1() }
    }
}

impl AddAssign for ClassCounts {
    fn add_assign(&mut self, other: Self) {
        self.true_positives += other.true_positives;
        self.predicted += other.predicted;
        self.actual += other.actual;
    }
}

/// How the scores of several classes are averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Average {
    /// The scores of the summed counts: every item has the same weight.
    Micro,
    /// The mean of the scores: every class has the same weight, however rare it is.
    Macro,
    /// The mean of the scores, weighted by the number of references with the class.
    Weighted,
}

/// The scores of one class, or averages over classes, each from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassScores {
    /// The share of the predicted items that are right.
    pub precision: f64,
    /// The share of the actual items that were found.
    pub recall: f64,
    /// The harmonic mean of the two; of an average over classes it is the mean of their F1, not the F1 of their
    /// means.
    pub f1: f64,
}

/// Returns the scores averaged over the classes of the references, or `None` if there are none.
///
/// A class with `actual` 0 is left out, because every free-text response would add such a class and lower the
/// mean. These responses count as misses of the right class. For the same reason micro precision can be above
/// micro recall. Micro recall and weighted recall both equal the accuracy.
///
/// Agrees with scikit-learn with the classes of the references as `labels` and `zero_division=0`.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::{Average, ClassCounts, average_scores};
///
/// let spam = ClassCounts { true_positives: 8.0, predicted: 8.0, actual: 10.0 };
/// let ham = ClassCounts { true_positives: 1.0, predicted: 3.0, actual: 1.0 };
/// let neither = ClassCounts { true_positives: 0.0, predicted: 1.0, actual: 0.0 };
/// let scores = |average| average_scores(&[spam, ham, neither], average);
///
/// assert_eq!(scores(Average::Micro).map(|scores| scores.recall), Some(9.0 / 11.0));
/// assert_eq!(scores(Average::Macro).map(|scores| scores.recall), Some(0.9));
/// assert_eq!(average_scores(&[neither], Average::Macro), None);
/// ```
///
/// # References
///
/// Sokolova, M. and Lapalme, G. (2009). A systematic analysis of performance measures for classification
/// tasks. *Information Processing & Management* 45(4), 427–437. The mean of F1 against the F1 of means: Opitz,
/// J. and Burst, S. (2019). Macro F1 and macro F1. arXiv 1911.03347.
pub fn average_scores(classes: &[ClassCounts], average: Average) -> Option<ClassScores> {
    let classes = || classes.iter().filter(|class| class.actual > 0.0);
    classes().next()?;
    Some(match average {
        Average::Micro => super::total(classes().copied()).scores(),
        Average::Macro => mean(classes().map(|class| (class.scores(), 1.0))),
        Average::Weighted => mean(classes().map(|class| (class.scores(), class.actual))),
    })
}

/// Returns the weighted mean of scores; at least one weight must be above 0.
fn mean(scores: impl Iterator<Item = (ClassScores, f64)>) -> ClassScores {
    let mut sum = ClassScores { precision: 0.0, recall: 0.0, f1: 0.0 };
    let mut weights = 0.0;
    for (scores, weight) in scores {
        sum.precision += weight * scores.precision;
        sum.recall += weight * scores.recall;
        sum.f1 += weight * scores.f1;
        weights += weight;
    }
    ClassScores {
        precision: sum.precision / weights,
        recall: sum.recall / weights,
        f1: sum.f1 / weights,
    }
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}
