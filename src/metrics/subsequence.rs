//! The longest common subsequence, 64 columns of its table at a time.
//!
//! In a row of the table neighbouring cells differ by at most 1, so a row is one bit per column and a row
//! follows from the one above by an addition (Hyyrö 2004, after Crochemore et al. 2001). A bit is 0
//! where the length grows.

/// Returns the length of the longest common subsequence of two texts.
pub(super) fn length(text: &[u32], other: &[u32]) -> usize {
    let mut length = 0;
    sweep(text, other, |row, _, bits| {
        if row + 1 == text.len() {
            length += bits.count_zeros() as usize;
        }
    });
    length
}

/// Marks the symbols of `text` that are in one longest common subsequence with `other`.
///
/// There may be several; this is the one that is found from the end when, of two ways that are equally
/// long, the one without the last symbol of `text` is taken.
pub(super) fn mark(text: &[u32], other: &[u32], marked: &mut [bool]) {
    let blocks = other.len().div_ceil(64);
    let mut rows = vec![u64::MAX; (text.len() + 1) * blocks];
    sweep(text, other, |row, block, bits| rows[(row + 1) * blocks + block] = bits);
    let length = |row: usize, columns: usize| -> u32 {
        let row = &rows[row * blocks..][..blocks];
        let (whole, rest) = (columns / 64, columns % 64);
        let last = row.get(whole).map_or(0, |bits| (!bits & ((1 << rest) - 1)).count_ones());
        row[..whole].iter().map(|bits| bits.count_zeros()).sum::<u32>() + last
    };
    let (mut row, mut column) = (text.len(), other.len());
    while row > 0 && column > 0 {
        if text[row - 1] == other[column - 1] {
            marked[row - 1] = true;
            (row, column) = (row - 1, column - 1);
        } else if length(row, column - 1) > length(row - 1, column) {
            column -= 1;
        } else {
            row -= 1;
        }
    }
}

/// Calls `visit` with row, block and bits for every block of 64 columns and every row in it.
fn sweep(text: &[u32], other: &[u32], mut visit: impl FnMut(usize, usize, u64)) {
    let symbols = text.iter().chain(other).copied().max().map_or(0, |largest| largest as usize + 1);
    let mut masks = vec![0_u64; symbols];
    let mut carries = vec![false; text.len()];
    for (number, block) in other.chunks(64).enumerate() {
        for (column, &symbol) in block.iter().enumerate() {
            masks[symbol as usize] |= 1 << column;
        }
        let mut bits = u64::MAX;
        for (row, (&symbol, carry)) in text.iter().zip(&mut carries).enumerate() {
            let mask = masks[symbol as usize];
            let (sum, overflow) = bits.carrying_add(bits & mask, *carry);
            (bits, *carry) = (sum | (bits & !mask), overflow);
            visit(row, number, bits);
        }
        for &symbol in block {
            masks[symbol as usize] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn length_and_marks_are_those_of_the_table() {
        let mut state = 7_u64;
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        for round in 0..300 {
            let symbols = [1, 2, 5, 40][round % 4];
            let mut text = || {
                let length = draw(200);
                (0..length).map(|_| draw(symbols) as u32).collect::<Vec<_>>()
            };
            let (one, other) = (text(), text());
            let (expected, marks) = by_table(&one, &other);
            assert_eq!(length(&one, &other), expected);
            let mut marked = vec![false; one.len()];
            mark(&one, &other, &mut marked);
            assert_eq!(marked, marks);
        }
    }
}
