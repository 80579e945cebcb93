//! Which thresholds of the margin are tried.

/// The most thresholds that are tried.
const MOST_THRESHOLDS: usize = 20;

/// Returns the thresholds that send different comparisons, ascending: the distinct margins of kept verdicts without the
/// smallest, below which no verdict is. Of more than [`MOST_THRESHOLDS`] as many are left, evenly from the first to the
/// last. Also returns how many there were.
pub(super) fn thresholds(margins: impl Iterator<Item = f64>) -> (Vec<f64>, u64) {
    let mut distinct: Vec<f64> = margins.collect();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    let all = distinct.get(1..).unwrap_or_default();
    let last = all.len().saturating_sub(1);
    let kept = all.len().min(MOST_THRESHOLDS);
    let place = |at: usize| if kept > 1 { (at * last + (kept - 1) / 2) / (kept - 1) } else { 0 };
    ((0..kept).map(|at| all[place(at)]).collect(), all.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::thresholds;

    #[test]
    fn thresholds_are_the_distinct_margins_but_the_smallest() {
        assert_eq!(thresholds([].into_iter()), (vec![], 0));
        assert_eq!(thresholds([0.5, 0.5].into_iter()), (vec![], 0));
        assert_eq!(thresholds([0.6, 0.2, 1.0, 0.2].into_iter()), (vec![0.6, 1.0], 2));
        let many = |n: u32| thresholds((0..=n).map(|at| f64::from(at) / f64::from(n)));
        let (few, all) = many(20);
        assert_eq!((few.len(), all), (20, 20));
        let (some, all) = many(1000);
        assert_eq!((some.len(), all), (20, 1000));
        assert_eq!((some.first(), some.last()), (Some(&0.001), Some(&1.0)));
        assert!(some.is_sorted_by(|one, other| one < other), "{some:?}");
        let (some, _) = many(21);
        assert!(some.is_sorted_by(|one, other| one < other), "{some:?}");
    }
}
