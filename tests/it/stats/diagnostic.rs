//! The rates of two classes.

use evenhand::stats::{StatError, Table, diagnostic};

use super::assert_close;

#[test]
fn rates_and_their_intervals_equal_those_of_statsmodels() {
    // statsmodels 0.15.0: proportion_confint(…, method="wilson"), and confint_proportions_2indep(41, 50, 13, 40,
    // method="newcomb", compare="diff") for Youden's J.
    let table = Table::new(2, &[27.0, 9.0, 13.0, 41.0]).unwrap();
    let found = diagnostic(table, 0.95).unwrap();
    let (rate, interval) = found.true_positive_rate.unwrap();
    assert_close(rate, 0.82, 1e-12);
    assert_close(interval.low, 0.692_039_463_256_992, 1e-9);
    assert_close(interval.high, 0.902_298_073_297_658, 1e-9);
    let (rate, interval) = found.true_negative_rate.unwrap();
    assert_close(rate, 0.675, 1e-12);
    assert_close(interval.low, 0.520_177_461_898_776_7, 1e-9);
    assert_close(interval.high, 0.799_154_977_682_173_1, 1e-9);
    let youden = found.youden.unwrap();
    assert_close(youden.value, 0.495, 1e-12);
    assert_close(youden.interval.low, 0.294_142_047_039_049_34, 1e-9);
    assert_close(youden.interval.high, 0.643_954_460_664_216_2, 1e-9);
    let (accuracy, interval) = found.balanced_accuracy.unwrap();
    assert_close(accuracy, 0.747_5, 1e-12);
    assert_close(interval.low, f64::midpoint(1.0, 0.294_142_047_039_049_34), 1e-9);
    assert_close(found.positives + found.negatives, 90.0, 1e-12);
}

#[test]
fn a_class_that_people_never_chose_has_no_rate() {
    let found = diagnostic(Table::new(2, &[0.0, 1.0, 0.0, 4.0]).unwrap(), 0.95).unwrap();
    assert_close(found.true_positive_rate.unwrap().0, 0.8, 1e-12);
    assert_eq!(found.true_negative_rate, None);
    assert_eq!((found.youden, found.balanced_accuracy), (None, None));
    assert_eq!(diagnostic(Table::new(2, &[0.0; 4]).unwrap(), 0.95), Err(StatError::Empty));
    assert_eq!(diagnostic(Table::new(1, &[4.0]).unwrap(), 0.95), Err(StatError::OutOfRange));
}
