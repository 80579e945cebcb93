//! Limits of agreement.

use evenhand::stats::{Interval, StatError, limits_of_agreement};

use super::assert_close;

#[test]
fn limits_of_agreement_equal_those_of_pycompare() {
    // numpy 1.26.4, scipy 1.12.0; pyCompare 1.5.4, calculateConfidenceIntervals(…, 1.96, 95, "approximate").
    let differences = [1.5, -0.5, 0.0, 2.0, 1.0, -1.0, 0.5, 0.5, 1.0, 0.0];
    let found = limits_of_agreement(&differences, 0.95).unwrap();
    assert_close(found.mean, 0.5, 1e-12);
    assert_close(found.deviation, 0.912_870_929_175_276_9, 1e-12);
    assert_close(found.low, -1.289_227_021_183_542_6, 1e-12);
    assert_close(found.high, 2.289_227_021_183_542_4, 1e-12);
    for (interval, low, high) in [
        (found.mean_interval, -0.153_028_523_428_875_74, 1.153_028_523_428_875_8),
        (found.low_interval, -2.445_331_394_020_238, -0.133_122_648_346_846_84),
        (found.high_interval, 1.133_122_648_346_846_6, 3.445_331_394_020_238),
    ] {
        let Interval { low: found_low, high: found_high } = interval.unwrap();
        assert_close(found_low, low, 1e-9);
        assert_close(found_high, high, 1e-9);
    }
    assert_eq!(found.n, 10);
}

#[test]
fn equal_differences_have_limits_without_an_interval() {
    let found = limits_of_agreement(&[0.1 + 0.2, 0.3, 0.3], 0.95).unwrap();
    assert_close(found.low, 0.3, 1e-12);
    assert_close(found.high, 0.3, 1e-12);
    assert_eq!([found.mean_interval, found.low_interval, found.high_interval], [None; 3]);
}

#[test]
fn limits_need_two_finite_differences() {
    assert_eq!(limits_of_agreement(&[], 0.95), Err(StatError::Empty));
    assert_eq!(limits_of_agreement(&[1.0], 0.95), Err(StatError::TooFew));
    assert_eq!(limits_of_agreement(&[1.0, f64::NAN], 0.95), Err(StatError::OutOfRange));
    assert_eq!(limits_of_agreement(&[1.0, 2.0], 1.0), Err(StatError::OutOfRange));
}
