//! A set of rows of the run file: one bit each, so that a million cost as much as one page of text.

/// Which rows of the comparisons a command means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowSet {
    words: Vec<u64>,
    len: u64,
}

impl RowSet {
    /// Adds a row.
    pub fn insert(&mut self, row: i64) {
        let Some((word, bit)) = place(row) else { return };
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        self.len += u64::from(self.words[word] & bit == 0);
        self.words[word] |= bit;
    }

    /// Returns whether it has a row.
    pub fn has(&self, row: i64) -> bool {
        place(row)
            .is_some_and(|(word, bit)| self.words.get(word).is_some_and(|word| word & bit != 0))
    }

    /// Returns how many rows it has.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Returns whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// Rows are positive; there are none beyond what memory could count.
fn place(row: i64) -> Option<(usize, u64)> {
    let row = usize::try_from(row).ok()?;
    Some((row / 64, 1 << (row % 64)))
}
