//! Recall, precision and their summaries by class, with the labels of people taken as correct.
//!
//! The rows of the table are the judge's classes, its columns those of people. None of these corrects for
//! chance except [`matthews`], and all but recall depend on how common the classes are, so they compare
//! judges on the same items only. A class that neither used has no recall and no precision, and is not part
//! of a mean.

use super::kappa::observations;
use super::{StatError, Table};

/// Returns Matthews' correlation coefficient of a table, for any number of classes.
///
/// `(c·n − Σ p_i·t_i) / √((n² − Σ p_i²)(n² − Σ t_i²))` for `c` agreements of `n` and the margins `p_i` of the
/// judge and `t_i` of people: from −1 (for two classes) to 1. The two raters may be exchanged, and the classes
/// renamed. It is 0 where one of them used a single class: no information, not a bad judge.
///
/// # Errors
///
/// [`StatError::Empty`] without observations; [`StatError::NoVariation`] if both used one and the same class
/// throughout; [`StatError::OutOfRange`] if the table is too large to add.
///
/// # Examples
///
/// ```
/// use evenhand::stats::{Table, matthews};
///
/// let coefficient = matthews(Table::new(2, &[40.0, 6.0, 9.0, 45.0])?)?;
/// assert!((coefficient - 0.700_785_836).abs() < 1e-9);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Matthews, B. W. (1975). Comparison of the predicted and observed secondary structure of T4 phage
/// lysozyme. *Biochimica et Biophysica Acta* 405, 442–451. Gorodkin, J. (2004). Comparing two K-category
/// assignments by a K-category correlation coefficient. *Computational Biology and Chemistry* 28, 367–374.
pub fn matthews(table: Table<'_>) -> Result<f64, StatError> {
    let n = observations(&table)?;
    // Shares, not counts: fourth powers of counts could overflow.
    let agreed = table.diagonal() / n;
    let (mut together, mut judge, mut people) = (0.0, 1.0, 1.0);
    for i in 0..table.categories() {
        let (predicted, truth) = (table.row(i) / n, table.column(i) / n);
        together += predicted * truth;
        judge -= predicted * predicted;
        people -= truth * truth;
    }
    let constant = 1e-12;
    if judge > constant && people > constant {
        return Ok(((agreed - together) / (judge * people).sqrt()).clamp(-1.0, 1.0));
    }
    if 1.0 - together < constant { Err(StatError::NoVariation) } else { Ok(0.0) }
}

/// Returns the share of each class of people that the judge put in the same class.
///
/// `cell(i, i)/column(i)`, from 0 to 1; `None` for a class that people did not use.
pub fn recall(table: Table<'_>) -> Vec<Option<f64>> {
    (0..table.categories()).map(|i| share(table.cell(i, i), table.column(i))).collect()
}

/// Returns the share of each class of the judge that people put in the same class.
///
/// `cell(i, i)/row(i)`, from 0 to 1; `None` for a class that the judge did not use.
pub fn precision(table: Table<'_>) -> Vec<Option<f64>> {
    (0..table.categories()).map(|i| share(table.cell(i, i), table.row(i))).collect()
}

fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// Returns the mean recall over the classes that people used.
///
/// From 0 to 1; a judge that ignores its input gets `1/k` for `k` classes, however common each is.
///
/// # Errors
///
/// [`StatError::Empty`] without observations; [`StatError::OutOfRange`] if the table is too large to add.
///
/// # References
///
/// Brodersen, K. H., Ong, C. S., Stephan, K. E. and Buhmann, J. M. (2010). The balanced accuracy and its
/// posterior distribution. *Proceedings of the 20th International Conference on Pattern Recognition*,
/// 3121–3124.
pub fn balanced_accuracy(table: Table<'_>) -> Result<f64, StatError> {
    observations(&table)?;
    mean((0..table.categories()).filter_map(|i| share(table.cell(i, i), table.column(i))))
}

/// Returns the mean F1 over the classes that the judge or people used.
///
/// The F1 of a class is `2·cell(i, i)/(row(i) + column(i))`, the harmonic mean of its precision and recall,
/// from 0 to 1. A class used by neither is omitted, not counted as 0.
///
/// # Errors
///
/// [`StatError::Empty`] without observations; [`StatError::OutOfRange`] if the table is too large to add.
///
/// # References
///
/// Van Rijsbergen, C. J. (1979). *Information Retrieval*, second edition, chapter 7. Butterworths. Averaged
/// by class: Opitz, J. and Burst, S. (2019). Macro F1 and macro F1. arXiv 1911.03347.
pub fn macro_f1(table: Table<'_>) -> Result<f64, StatError> {
    observations(&table)?;
    let class = |i: usize| share(2.0 * table.cell(i, i), table.row(i) + table.column(i));
    mean((0..table.categories()).filter_map(class))
}

fn mean(values: impl Iterator<Item = f64>) -> Result<f64, StatError> {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
    if n > 0.0 { Ok(sum / n) } else { Err(StatError::Empty) }
}
