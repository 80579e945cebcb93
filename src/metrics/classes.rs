//! Answers that name a class: how often the right one, by class and over all of them.
//!
//! Which classes there are, the references say. An answer that names none of them, be it prose, is a miss of
//! the class that was right and belongs to no class of its own. Nothing here decides whether a text is such
//! an answer at all.

use std::ops::AddAssign;

/// Returns the class that an answer names: the answer in lower case, white space trimmed and squeezed.
///
/// Nothing else is taken away: "A" is a class and no article, "C++" is not "C", and "spam." is not "spam".
/// Characters are compared as they are coded, so that "é" in one character is not "é" in two.
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

/// How many items are of one class; drawn or weighted items may count other than once.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::{ClassSums, total};
///
/// // Found, missed, and twice taken for it.
/// let items = [(true, true), (false, true), (true, false), (true, false)];
/// let class = total(items.map(|(predicted, actual)| ClassSums::of(predicted, actual)));
/// assert_eq!(class.precision(), 1.0 / 3.0);
/// assert_eq!(class.recall(), 0.5);
/// assert_eq!(class.f1(), 0.4);
/// ```
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct ClassSums {
    /// The items where response and reference are of the class.
    pub both: f64,
    /// The items where the response is.
    pub predicted: f64,
    /// The items where the reference is.
    pub actual: f64,
}

impl ClassSums {
    /// Returns what an item contributes whose response is of the class, or not, and whose reference is.
    pub fn of(predicted: bool, actual: bool) -> Self {
        let count = |is| f64::from(u8::from(is));
        Self {
            both: count(predicted && actual),
            predicted: count(predicted),
            actual: count(actual),
        }
    }

    /// Returns the share of the class's responses that are right, from 0 to 1.
    ///
    /// It is 0, not undefined, where no response is of the class: it was never found.
    pub fn precision(&self) -> f64 {
        share(self.both, self.predicted)
    }

    /// Returns the share of the class's references that were found, from 0 to 1.
    ///
    /// It is 0 where no reference is of the class.
    pub fn recall(&self) -> f64 {
        share(self.both, self.actual)
    }

    /// Returns the harmonic mean of precision and recall, `2·both/(predicted + actual)`, from 0 to 1.
    ///
    /// It is 0 where neither a response nor a reference is of the class.
    pub fn f1(&self) -> f64 {
        share(2.0 * self.both, self.predicted + self.actual)
    }

    fn scores(&self) -> ClassScores {
        ClassScores { precision: self.precision(), recall: self.recall(), f1: self.f1() }
    }
}

impl AddAssign for ClassSums {
    fn add_assign(&mut self, other: Self) {
        self.both += other.both;
        self.predicted += other.predicted;
        self.actual += other.actual;
    }
}

/// How the scores of several classes become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Average {
    /// The scores of the sums over the classes: every item counts the same.
    Micro,
    /// The mean of the scores: every class counts the same, however rare it is.
    Macro,
    /// The mean of the scores, each as often as the class is right.
    Weighted,
}

/// Scores of one class or averaged over several, each from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassScores {
    /// The share of what was answered that is right.
    pub precision: f64,
    /// The share of what is right that was answered.
    pub recall: f64,
    /// Of one class or of sums, the harmonic mean of the two; of a mean, the mean of the classes' F1 and
    /// not the F1 of their means.
    pub f1: f64,
}

/// Returns the scores over all classes that a reference is of, or `None` if there is no such class.
///
/// A class with `actual` 0 is left out: answers in free text would each bring one, and each would drag the
/// mean down. They count as misses of the class that was right. For the same reason micro precision can be
/// above micro recall; recall, micro or weighted, is the accuracy.
///
/// Agrees with scikit-learn, given the references' classes as `labels` and `zero_division=0`.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::{Average, ClassSums, averaged};
///
/// let spam = ClassSums { both: 8.0, predicted: 8.0, actual: 10.0 };
/// let ham = ClassSums { both: 1.0, predicted: 3.0, actual: 1.0 };
/// let neither = ClassSums { both: 0.0, predicted: 1.0, actual: 0.0 };
/// let scores = |average| averaged(&[spam, ham, neither], average);
///
/// assert_eq!(scores(Average::Micro).map(|scores| scores.recall), Some(9.0 / 11.0));
/// assert_eq!(scores(Average::Macro).map(|scores| scores.recall), Some(0.9));
/// assert_eq!(averaged(&[neither], Average::Macro), None);
/// ```
///
/// # References
///
/// Sokolova, M. and Lapalme, G. (2009). A systematic analysis of performance measures for classification
/// tasks. *Information Processing & Management* 45(4), 427–437. The mean of F1 against the F1 of means: Opitz,
/// J. and Burst, S. (2019). Macro F1 and macro F1. arXiv 1911.03347.
pub fn averaged(classes: &[ClassSums], average: Average) -> Option<ClassScores> {
    let classes = || classes.iter().filter(|class| class.actual > 0.0);
    classes().next()?;
    Some(match average {
        Average::Micro => super::total(classes().copied()).scores(),
        Average::Macro => mean(classes().map(|class| (class.scores(), 1.0))),
        Average::Weighted => mean(classes().map(|class| (class.scores(), class.actual))),
    })
}

/// The mean of scores with their weights, of which one at least must be above 0.
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
