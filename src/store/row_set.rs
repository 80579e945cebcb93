//! A set of rows of the run file, one bit each: a million rows take 125 kB.

/// A set of comparisons, by their rows in the run file.
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

    /// Returns whether a row is in the set.
    pub fn contains(&self, row: i64) -> bool {
        place(row)
            .is_some_and(|(word, bit)| self.words.get(word).is_some_and(|word| word & bit != 0))
    }

    /// Returns the number of rows.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Returns whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// Returns the word and the bit of a row; `None` for a row that is not positive.
fn place(row: i64) -> Option<(usize, u64)> {
    let row = usize::try_from(row).ok()?;
    Some((row / 64, 1 << (row % 64)))
}
