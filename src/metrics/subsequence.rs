//! The longest common subsequence, 64 columns of its table at a time.
//!
//! In a row of the table neighbouring cells differ by at most 1, so a row is one bit per column and a row
//! follows from the one above by an addition (Hyyrö 2004, after Crochemore et al. 2001). A bit is 0
//! where the length grows. The columns are here the symbols of the text that is asked about, the rows those
//! of the other.
//!
//! The time is that of the whole table. The memory is not: a length needs one row, and the way back through
//! the rows, which tells what the subsequence is made of, goes through one section of them after the other. Only
//! the row above each section is kept, and its own rows are made again when the way back comes to it.

/// Up to this many words of 64 columns a table is one section: half a megabyte.
const WHOLE: usize = 1 << 16;

/// Returns the length of the longest common subsequence of two texts.
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

/// Several texts, of which is asked what another text has in common with any of them.
pub(super) struct Texts<'a> {
    distinct: Vec<&'a [u32]>,
    /// For each symbol its last occurrence, each text counted once.
    last: Vec<Option<usize>>,
    occurrences: Vec<Occurrence>,
    /// For each symbol the next occurrence to look at.
    next: Vec<Option<usize>>,
    /// For each text the number of the question it was last compared for.
    compared: Vec<usize>,
    question: usize,
    table: Table,
}

/// That a symbol is in a text.
struct Occurrence {
    text: usize,
    /// The occurrence of the same symbol in a text before.
    before: Option<usize>,
}

impl<'a> Texts<'a> {
    /// Takes texts all of whose symbols are below `symbols`.
    pub(super) fn new(mut texts: Vec<&'a [u32]>, symbols: usize) -> Self {
        texts.sort_unstable();
        texts.dedup();
        let mut last = vec![None; symbols];
        let mut occurrences: Vec<Occurrence> = Vec::new();
        for (number, text) in texts.iter().enumerate() {
            for &symbol in *text {
                let before = last[symbol as usize];
                if before.is_none_or(|before: usize| occurrences[before].text != number) {
                    last[symbol as usize] = Some(occurrences.len());
                    occurrences.push(Occurrence { text: number, before });
                }
            }
        }
        Self {
            compared: vec![0; texts.len()],
            question: 0,
            next: vec![None; symbols],
            table: Table::new(symbols),
            distinct: texts,
            last,
            occurrences,
        }
    }

    /// Returns which symbols of `text` are in its longest common subsequence with at least one of the texts.
    ///
    /// Where several are equally long, it is the one of [`Table::mark`].
    pub(super) fn union(&mut self, text: &[u32]) -> Vec<bool> {
        self.question += 1;
        for &symbol in text {
            self.next[symbol as usize] = self.last[symbol as usize];
        }
        let mut marked = vec![false; text.len()];
        // A text can only mark symbols that it has, so for a symbol that is marked no other text is needed.
        for (position, &symbol) in text.iter().enumerate() {
            while !marked[position]
                && let Some(occurrence) = self.next[symbol as usize]
            {
                let Occurrence { text: number, before } = self.occurrences[occurrence];
                self.next[symbol as usize] = before;
                if self.compared[number] != self.question {
                    self.compared[number] = self.question;
                    self.table.mark(text, self.distinct[number], &mut marked);
                }
            }
        }
        marked
    }
}

/// The table of two texts, whose memory is used again for the next two.
struct Table {
    sweep: Sweep,
    /// The row above each section.
    above: Vec<u64>,
    /// The rows of one section, those of the first 64 columns first.
    rows: Vec<u64>,
}

impl Table {
    fn new(symbols: usize) -> Self {
        Self { sweep: Sweep::new(symbols), above: Vec::new(), rows: Vec::new() }
    }

    /// Marks the symbols of `text` that are in one longest common subsequence with `other`.
    ///
    /// There may be several; this is the one that is found from the end when, of two ways that are equally
    /// long, the one without the last symbol of `text` is taken.
    ///
    /// With n symbols in `other` and b = ⌈`text.len()` / 64⌉ these are at most 2nb steps, and the table takes
    /// at most b(⌊√n⌋ + 2) + max([`WHOLE`], b⌊√n⌋) words of 8 bytes.
    fn mark(&mut self, text: &[u32], other: &[u32], marked: &mut [bool]) {
        let blocks = text.len().div_ceil(64).max(1);
        let rows = (WHOLE / blocks).max(other.len().isqrt()).max(1);
        self.mark_by_sections(rows, text, other, marked);
    }

    /// Does it in sections of so many rows.
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
            // Columns behind the one that the way back has come to are not needed any more.
            let blocks_left = column.div_ceil(64);
            let start = &mut above[number * blocks..][..blocks_left];
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
                    // Without this symbol of the text it would be shorter, so it is as long without the other's.
                    row -= 1;
                } else {
                    column -= 1;
                }
            }
        }
    }
}

/// Makes rows out of the row above them.
struct Sweep {
    /// For each symbol where it stands in the 64 columns at hand: all 0 between two runs.
    masks: Vec<u64>,
    /// What each row's addition carries over to the next 64 columns.
    carries: Vec<bool>,
}

impl Sweep {
    /// Takes texts all of whose symbols are below `symbols`.
    fn new(symbols: usize) -> Self {
        Self { masks: vec![0; symbols], carries: Vec::new() }
    }

    /// Turns `row`, the one above those of `other`, into the last of them, and calls `visit` with row, block
    /// and bits for every block of 64 columns and every row in it.
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

    /// The table, cell by cell, and the way back through it.
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
            // The second time finds the memory as the first has left it.
            for rows in [rows, WHOLE] {
                let mut marked = vec![false; text.len()];
                table.mark_by_sections(rows, &text, &other, &mut marked);
                prop_assert_eq!(&marked, &marks);
            }
        }

        #[test]
        fn a_union_is_that_of_all_tables(asked in lines(), lines in lines()) {
            let mut texts = Texts::new(lines.iter().map(Vec::as_slice).collect(), 6);
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
    fn memory_grows_with_the_root_of_the_rows() {
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
    fn only_texts_that_can_mark_more_are_compared() {
        // 1000 lines of two words, of which the first is the same everywhere.
        let lines: Vec<_> = (1..=1000).map(|word| [0, word]).collect();
        let mut texts = Texts::new(lines.iter().map(<[u32; 2]>::as_slice).collect(), 1002);
        let mut compared = |text: &[u32], marked: &[bool]| {
            assert_eq!(texts.union(text), marked);
            texts.compared.iter().filter(|&&question| question == texts.question).count()
        };
        assert_eq!(compared(&[0, 500], &[true, true]), 2);
        assert_eq!(compared(&[0, 1001], &[true, false]), 1);
        assert_eq!(compared(&[1001], &[false]), 0);
    }

    #[test]
    fn texts_that_are_there_again_are_compared_once() {
        let line = [0, 0];
        let mut texts = Texts::new(vec![&line[..1]; 1000], 1);
        assert_eq!(texts.distinct.len(), 1);
        assert_eq!(texts.union(&line), [false, true]);
    }
}
