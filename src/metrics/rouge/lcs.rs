//! The longest common subsequence (LCS), computed bit-parallel for 64 columns of its table at a time.
//!
//! In a row of the table adjacent cells differ by at most 1, so a row is stored as one bit per column, and a row
//! follows from the row above by an addition (Hyyrö 2004, after Crochemore et al. 2001). A bit is 0 where the
//! length grows. Columns are the symbols of the text, rows those of the other text.
//!
//! The time is that of the whole table, but not the memory. The length needs a single row. The trace back, which
//! finds the symbols of the LCS, processes the rows in sections from the last to the first: only the row above
//! each section is stored, and the rows of a section are computed again when the trace reaches it.

/// A table of up to this many words of 64 columns is one section: half a megabyte.
const ONE_SECTION: usize = 1 << 16;

/// Returns the length of the LCS of two texts.
pub(super) fn length(text: &[u32], other: &[u32]) -> usize {
    let largest = text.iter().chain(other).copied().max();
    let mut row = vec![u64::MAX; text.len().div_ceil(64)];
    Sweep::new(largest.map_or(0, |largest| largest as usize + 1)).run(
        text,
        other,
        &mut row,
        |_, _, _| (),
    );
    row.iter().map(|bits| bits.count_zeros() as usize).sum()
}

/// A set of texts with which another text is compared.
pub(super) struct TextSet<'a> {
    distinct: Vec<&'a [u32]>,
    /// By symbol, its last occurrence; each text counts once.
    last: Vec<Option<usize>>,
    occurrences: Vec<Occurrence>,
    /// By symbol, the next occurrence to look at.
    next: Vec<Option<usize>>,
    /// By text, the number of the query for which it was last compared.
    compared: Vec<usize>,
    query: usize,
    table: Table,
}

/// The occurrence of a symbol in a text.
struct Occurrence {
    text: usize,
    /// The occurrence of the same symbol in an earlier text.
    previous: Option<usize>,
}

impl<'a> TextSet<'a> {
    /// Returns the set of these texts, all of whose symbols are below `symbols`.
    pub(super) fn new(mut texts: Vec<&'a [u32]>, symbols: usize) -> Self {
        texts.sort_unstable();
        texts.dedup();
        let mut last = vec![None; symbols];
        let mut occurrences: Vec<Occurrence> = Vec::new();
        for (number, text) in texts.iter().enumerate() {
            for &symbol in *text {
                let previous = last[symbol as usize];
                if previous.is_none_or(|previous: usize| occurrences[previous].text != number) {
                    last[symbol as usize] = Some(occurrences.len());
                    occurrences.push(Occurrence { text: number, previous });
                }
            }
        }
        Self {
            compared: vec![0; texts.len()],
            query: 0,
            next: vec![None; symbols],
            table: Table::new(symbols),
            distinct: texts,
            last,
            occurrences,
        }
    }

    /// Returns for each symbol of `text` whether it is in the LCS with at least one text of the set.
    ///
    /// If there are several LCS, the one of [`Table::mark`] counts.
    pub(super) fn union(&mut self, text: &[u32]) -> Vec<bool> {
        self.query += 1;
        for &symbol in text {
            self.next[symbol as usize] = self.last[symbol as usize];
        }
        let mut marked = vec![false; text.len()];
        // A text can only mark symbols that it contains, so a marked symbol needs no further texts.
        for (position, &symbol) in text.iter().enumerate() {
            while !marked[position]
                && let Some(occurrence) = self.next[symbol as usize]
            {
                let Occurrence { text: number, previous } = self.occurrences[occurrence];
                self.next[symbol as usize] = previous;
                if self.compared[number] != self.query {
                    self.compared[number] = self.query;
                    self.table.mark(text, self.distinct[number], &mut marked);
                }
            }
        }
        marked
    }
}

/// The LCS table of two texts; its memory is reused for the next pair.
struct Table {
    sweep: Sweep,
    /// The row above each section, one after the other.
    above: Vec<u64>,
    /// The rows of one section, ordered by blocks of 64 columns.
    rows: Vec<u64>,
}

impl Table {
    fn new(symbols: usize) -> Self {
        Self { sweep: Sweep::new(symbols), above: Vec::new(), rows: Vec::new() }
    }

    /// Marks the symbols of `text` that are in its LCS with `other`.
    ///
    /// Of several LCS, it is the one that the trace back from the end finds if it drops the last symbol of `text`
    /// whenever that does not shorten the subsequence.
    ///
    /// With n symbols in `other` and b = ⌈`text.len()` / 64⌉ it takes at most 2nb steps and at most
    /// b(⌊√n⌋ + 2) + max([`ONE_SECTION`], b⌊√n⌋) words of 8 bytes.
    fn mark(&mut self, text: &[u32], other: &[u32], marked: &mut [bool]) {
        let blocks = text.len().div_ceil(64).max(1);
        let rows = (ONE_SECTION / blocks).max(other.len().isqrt()).max(1);
        self.mark_by_sections(rows, text, other, marked);
    }

    /// Marks the symbols in sections of `rows` rows.
    fn mark_by_sections(&mut self, rows: usize, text: &[u32], other: &[u32], marked: &mut [bool]) {
        let Self { sweep, above, rows: kept } = self;
        let blocks = text.len().div_ceil(64);
        let sections = other.chunks(rows);
        above.clear();
        above.resize(blocks * sections.len(), u64::MAX);
        for (number, section) in (1..sections.len()).zip(sections.clone()) {
            above.copy_within((number - 1) * blocks..number * blocks, number * blocks);
            sweep.run(text, section, &mut above[number * blocks..][..blocks], |_, _, _| ());
        }
        let largest = rows.min(other.len()) * blocks;
        if kept.len() < largest {
            *kept = vec![0; largest];
        }
        let mut column = text.len();
        for (number, section) in sections.enumerate().rev() {
            let height = section.len();
            // Columns to the right of the current one are no longer needed.
            let remaining_blocks = column.div_ceil(64);
            let start = &mut above[number * blocks..][..remaining_blocks];
            sweep.run(&text[..column], section, start, |row, block, bits| {
                kept[block * height + row] = bits;
            });
            let mut row = height;
            while row > 0 && column > 0 {
                let (block, bit) = ((column - 1) / 64, (column - 1) % 64);
                if text[column - 1] == section[row - 1] {
                    marked[column - 1] = true;
                    (row, column) = (row - 1, column - 1);
                } else if kept[block * height + row - 1] >> bit & 1 == 0 {
                    // Dropping this symbol of the text would shorten the LCS, so the symbol of the other is
                    // dropped.
                    row -= 1;
                } else {
                    column -= 1;
                }
            }
        }
    }
}

/// Computes rows from the row above them.
struct Sweep {
    /// By symbol, its positions in the current 64 columns; all 0 between two runs.
    masks: Vec<u64>,
    /// By row, the carry of its addition into the next 64 columns.
    carries: Vec<bool>,
}

impl Sweep {
    /// Returns a sweep for texts all of whose symbols are below `symbols`.
    fn new(symbols: usize) -> Self {
        Self { masks: vec![0; symbols], carries: Vec::new() }
    }

    /// Replaces `row`, the row above those of `other`, by the last of them, and calls `visit` with row, block and
    /// bits for every row of every block of 64 columns.
    fn run(
        &mut self,
        text: &[u32],
        other: &[u32],
        row: &mut [u64],
        mut visit: impl FnMut(usize, usize, u64),
    ) {
        self.carries.clear();
        self.carries.resize(other.len(), false);
        for (number, (block, last)) in text.chunks(64).zip(row).enumerate() {
            for (column, &symbol) in block.iter().enumerate() {
                self.masks[symbol as usize] |= 1 << column;
            }
            let mut bits = *last;
            for (row, (&symbol, carry)) in other.iter().zip(&mut self.carries).enumerate() {
                let mask = self.masks[symbol as usize];
                let (sum, overflow) = bits.carrying_add(bits & mask, *carry);
                (bits, *carry) = (sum | (bits & !mask), overflow);
                visit(row, number, bits);
            }
            *last = bits;
            for &symbol in block {
                self.masks[symbol as usize] = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Computes the table cell by cell and traces it back.
    fn by_table(text: &[u32], other: &[u32]) -> (usize, Vec<bool>) {
        let mut table = vec![vec![0_usize; other.len() + 1]; text.len() + 1];
        for (i, symbol) in text.iter().enumerate() {
            for (j, another) in other.iter().enumerate() {
                table[i + 1][j + 1] = if symbol == another {
                    table[i][j] + 1
                } else {
                    table[i][j + 1].max(table[i + 1][j])
                };
            }
        }
        let mut marked = vec![false; text.len()];
        let (mut i, mut j) = (text.len(), other.len());
        while i > 0 && j > 0 {
            if text[i - 1] == other[j - 1] {
                marked[i - 1] = true;
                (i, j) = (i - 1, j - 1);
            } else if table[i][j - 1] > table[i - 1][j] {
                j -= 1;
            } else {
                i -= 1;
            }
        }
        (table[text.len()][other.len()], marked)
    }

    /// Two texts of up to 200 symbols out of 1 to 40.
    fn two_texts() -> impl Strategy<Value = (Vec<u32>, Vec<u32>)> {
        (1..=40_u32).prop_flat_map(|symbols| (vec(0..symbols, 0..200), vec(0..symbols, 0..200)))
    }

    /// Lines with few words, so that many have some in common and some are there again.
    fn lines() -> impl Strategy<Value = Vec<Vec<u32>>> {
        vec(vec(0..6_u32, 1..7), 0..60)
    }

    proptest! {
        #[test]
        fn length_and_marks_are_those_of_the_table_however_it_is_cut(
            (text, other) in two_texts(),
            rows in 1..210_usize,
        ) {
            let (expected, marks) = by_table(&text, &other);
            prop_assert_eq!(length(&text, &other), expected);
            let mut table = Table::new(40);
            // The second pass reuses the memory of the first.
            for rows in [rows, ONE_SECTION] {
                let mut marked = vec![false; text.len()];
                table.mark_by_sections(rows, &text, &other, &mut marked);
                prop_assert_eq!(&marked, &marks);
            }
        }

        #[test]
        fn the_union_equals_that_of_the_tables_of_all_texts(asked in lines(), lines in lines()) {
            let mut texts = TextSet::new(lines.iter().map(Vec::as_slice).collect(), 6);
            for text in &asked {
                let mut expected = vec![false; text.len()];
                for other in &lines {
                    for (expected, marked) in expected.iter_mut().zip(by_table(text, other).1) {
                        *expected |= marked;
                    }
                }
                prop_assert_eq!(texts.union(text), expected);
            }
        }
    }

    #[test]
    fn memory_grows_with_the_square_root_of_the_rows() {
        let mut state = 7_u64;
        let mut text = |length: usize| -> Vec<u32> {
            let mut draw = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                ((state >> 33) % 1000) as u32
            };
            (0..length).map(|_| draw()).collect()
        };
        // Some 200 KB of English each.
        let (text, other) = (text(40_000), text(36_000));
        let mut table = Table::new(1000);
        let mut marked = vec![false; text.len()];
        table.mark(&text, &other, &mut marked);
        assert_eq!(marked.iter().filter(|&&marked| marked).count(), length(&text, &other));
        let (root, blocks) = (189, 625);
        assert!(table.above.capacity() <= (root + 2) * blocks, "{}", table.above.capacity());
        assert!(table.rows.capacity() <= root * blocks, "{}", table.rows.capacity());
    }

    #[test]
    fn texts_that_cannot_mark_further_symbols_are_not_compared() {
        // 1000 lines of two words, of which the first is the same everywhere.
        let lines: Vec<_> = (1..=1000).map(|word| [0, word]).collect();
        let mut texts = TextSet::new(lines.iter().map(<[u32; 2]>::as_slice).collect(), 1002);
        let mut compared = |text: &[u32], marked: &[bool]| {
            assert_eq!(texts.union(text), marked);
            texts.compared.iter().filter(|&&query| query == texts.query).count()
        };
        assert_eq!(compared(&[0, 500], &[true, true]), 2);
        assert_eq!(compared(&[0, 1001], &[true, false]), 1);
        assert_eq!(compared(&[1001], &[false]), 0);
    }

    #[test]
    fn repeated_texts_are_compared_once() {
        let line = [0, 0];
        let mut texts = TextSet::new(vec![&line[..1]; 1000], 1);
        assert_eq!(texts.distinct.len(), 1);
        assert_eq!(texts.union(&line), [false, true]);
    }
}
