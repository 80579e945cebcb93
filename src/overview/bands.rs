//! Divides comparisons into groups of about equal size by a number.

/// Divides values in ascending order into at most `most` groups of about equal size. Equal values stay together, so
/// there are fewer groups where there are few different values.
pub(super) fn equal_count_bands<T>(sorted: &[(f64, T)], most: usize) -> Vec<&[(f64, T)]> {
    let n = sorted.len();
    let mut bands = Vec::new();
    let mut start = 0;
    for band in 1..=most {
        let end = nearest_edge(sorted, band * n / most);
        if end > start {
            bands.push(&sorted[start..end]);
            start = end;
        }
    }
    bands
}

/// Returns the place nearest to `cut` at which no two equal values are separated.
fn nearest_edge<T>(sorted: &[(f64, T)], cut: usize) -> usize {
    let Some((value, _)) = sorted.get(cut) else { return sorted.len() };
    let before = sorted.partition_point(|(other, _)| other < value);
    let after = sorted.partition_point(|(other, _)| other <= value);
    if cut - before <= after - cut { before } else { after }
}

#[cfg(test)]
mod tests {
    use super::equal_count_bands;

    fn sizes(values: &[f64], most: usize) -> Vec<usize> {
        let sorted: Vec<(f64, ())> = values.iter().map(|value| (*value, ())).collect();
        equal_count_bands(&sorted, most).iter().map(|band| band.len()).collect()
    }

    #[test]
    fn bands_have_about_equal_sizes_and_keep_equal_values_together() {
        assert_eq!(sizes(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3), [2, 2, 2]);
        assert_eq!(sizes(&[1.0, 2.0, 3.0, 4.0, 5.0], 3), [1, 2, 2]);
        // The cut after two of six would separate the ones; all three stay in the first band.
        assert_eq!(sizes(&[1.0, 1.0, 1.0, 2.0, 3.0, 4.0], 3), [3, 1, 2]);
        assert_eq!(sizes(&[1.0; 7], 3), [7]);
        assert_eq!(sizes(&[1.0], 5), [1]);
        assert_eq!(sizes(&[], 3), [] as [usize; 0]);
    }
}
