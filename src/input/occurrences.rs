//! Counts how often something unusual occurred and remembers the first case, for warnings.

/// How often something occurred, and an example: the first case.
#[derive(Debug, Default)]
pub(crate) struct Occurrences {
    /// How often it occurred.
    pub(crate) count: usize,
    /// The first case; empty if there was none.
    pub(crate) first: String,
}

impl Occurrences {
    /// Records one case.
    pub(crate) fn record(&mut self, case: &str) {
        self.record_many(1, || case.to_owned());
    }

    /// Records `count` cases at once; `case` describes the first of them.
    pub(crate) fn record_many(&mut self, count: usize, case: impl FnOnce() -> String) {
        if self.count == 0 && count > 0 {
            self.first = case();
        }
        self.count += count;
    }
}
