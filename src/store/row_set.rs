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

    /// Returns the rows that are in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let words: Vec<u64> =
            self.words.iter().zip(&other.words).map(|(one, two)| one & two).collect();
        let len = words.iter().map(|word| u64::from(word.count_ones())).sum();
        Self { words, len }
    }

    /// Returns the rows that are not in the other set.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let others = other.words.iter().copied().chain(std::iter::repeat(0));
        let words: Vec<u64> =
            self.words.iter().zip(others).map(|(word, other)| word & !other).collect();
        let len = words.iter().map(|word| u64::from(word.count_ones())).sum();
        Self { words, len }
    }

    /// Returns the rows, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = i64> {
        (0..self.words.len() as i64 * 64).filter(|row| self.contains(*row))
    }

    /// Returns the rows that are in either set.
    #[must_use]
    pub fn union(mut self, other: &Self) -> Self {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
        self.len = self.words.iter().map(|word| u64::from(word.count_ones())).sum();
        self
    }

    /// Returns the smallest rows of the set, at most `most`.
    #[must_use]
    pub fn first(&self, most: u64) -> Self {
        let mut first = Self::default();
        self.iter()
            .take(usize::try_from(most).unwrap_or(usize::MAX))
            .for_each(|row| first.insert(row));
        first
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
