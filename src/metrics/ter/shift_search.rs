//! The greedy search for shifts and the beam-limited edit distance that define TER.
//!
//! Finding the minimum number of edits with shifts is intractable, so the search is part of the metric: the
//! candidates, their order and the beam of the edit distance determine the score. All of it follows sacrebleu's
//! TER, which follows tercom.

use std::cmp::Reverse;

/// The longest sequence of words that is shifted.
const MAX_SHIFT_LENGTH: usize = 10;
/// The largest distance between the positions of a sequence in the two texts.
const MAX_SHIFT_DISTANCE: usize = 50;
/// The most candidates that are tried for one pair of texts.
const MAX_CANDIDATES: usize = 1000;
/// Half the width of the beam around the diagonal of the edit distance.
const BEAM_WIDTH: usize = 25;

/// The cost of a cell outside the beam: far above every cost, and far below overflow.
const UNREACHABLE: u32 = u32::MAX / 2;

/// Returns the number of edits, including shifts, that turn `response` into `reference`.
pub(super) fn count_edits(response: &[u32], reference: &[u32]) -> usize {
    if reference.is_empty() {
        return response.len();
    }
    let mut search = Search::new(response, reference);
    let mut shifts = 0;
    // As in tercom, the best shift is discarded once the limit of candidates is reached.
    while let Some(best) = search.best_shift()
        && search.tried < MAX_CANDIDATES
        && best.saved > 0
    {
        search.apply(&best);
        shifts += 1;
    }
    shifts + search.distance()
}

/// A sequence of words of the response and its new position.
#[derive(Clone, Copy)]
struct Shift {
    start: usize,
    length: usize,
    target: usize,
}

impl Shift {
    /// Writes `words` with the sequence shifted to `shifted`.
    ///
    /// A target before the sequence, or after the position that follows it, is a position in `words`. A target
    /// inside the sequence is relative: the sequence shifts right by as many words as lie before the target in it.
    fn apply(self, words: &[u32], shifted: &mut Vec<u32>) {
        let Self { start, length, target } = self;
        let end = start + length;
        shifted.clear();
        if target < start {
            shifted.extend_from_slice(&words[..target]);
            shifted.extend_from_slice(&words[start..end]);
            shifted.extend_from_slice(&words[target..start]);
            shifted.extend_from_slice(&words[end..]);
        } else {
            let target = if target > end { target } else { (target + length).min(words.len()) };
            shifted.extend_from_slice(&words[..start]);
            shifted.extend_from_slice(&words[end..target]);
            shifted.extend_from_slice(&words[start..end]);
            shifted.extend_from_slice(&words[target..]);
        }
    }
}

/// A shift and the number of edits that it saves.
struct Candidate {
    saved: i64,
    shift: Shift,
}

/// The words of the response after the shifts so far, with the table of their edit distance.
struct Search<'a> {
    beam: Beam<'a>,
    words: Vec<u32>,
    rows: Vec<Row>,
    /// The number of candidates tried.
    tried: usize,
}

impl<'a> Search<'a> {
    fn new(response: &[u32], reference: &'a [u32]) -> Self {
        let beam = Beam::new(response.len(), reference);
        let mut rows = vec![Row::default(); response.len() + 1];
        rows[0].costs.extend(0..=reference.len() as u32);
        let mut search = Self { beam, words: response.to_vec(), rows, tried: 0 };
        search.fill(0);
        search
    }

    /// Computes the rows of the table after row `from`.
    fn fill(&mut self, from: usize) {
        for at in from..self.words.len() {
            let (above, below) = self.rows.split_at_mut(at + 1);
            self.beam.advance(at + 1, self.words[at], &above[at], &mut below[0]);
        }
    }

    fn distance(&self) -> usize {
        self.rows[self.words.len()].cost(self.beam.reference.len()) as usize
    }

    fn apply(&mut self, best: &Candidate) {
        let mut shifted = Vec::with_capacity(self.words.len());
        best.shift.apply(&self.words, &mut shifted);
        self.words = shifted;
        self.fill(best.shift.start.min(best.shift.target));
    }

    /// Returns the shift that saves the most edits, or `None` if there are no candidates.
    ///
    /// Of several, it is the longest, then the one with the smallest start, then the one with the smallest target.
    fn best_shift(&mut self) -> Option<Candidate> {
        let alignment = self.align();
        let (reference, distance) = (self.beam.reference, self.distance() as i64);
        let mut best: Option<Candidate> = None;
        let mut shifted = Vec::with_capacity(self.words.len());
        let mut scratch = (Row::default(), Row::default());
        for (start, length, place) in common_sequences(&self.words, reference) {
            if !alignment.is_worth_shifting(start, length, place) {
                continue;
            }
            let mut previous = None;
            for target in alignment.targets(place, length) {
                if previous.replace(target) == Some(target) {
                    continue;
                }
                let shift = Shift { start, length, target };
                shift.apply(&self.words, &mut shifted);
                let unchanged = start.min(target);
                let cost =
                    self.beam.finish(&self.rows[unchanged], unchanged, &shifted, &mut scratch);
                self.tried += 1;
                let candidate = Candidate { saved: distance - i64::from(cost), shift };
                if best.as_ref().is_none_or(|best| candidate.rank() > best.rank()) {
                    best = Some(candidate);
                }
            }
            if self.tried >= MAX_CANDIDATES {
                break;
            }
        }
        best
    }

    /// Traces the table back from its end.
    ///
    /// Of edits with equal cost, keeping or replacing a word is preferred to deletion, and deletion to insertion.
    fn align(&self) -> Alignment {
        let reference = self.beam.reference;
        let mut alignment = Alignment {
            ends: vec![0; reference.len()],
            wrong: vec![false; self.words.len()],
            missed: vec![false; reference.len()],
        };
        let (mut row, mut column) = (self.words.len(), reference.len());
        while row > 0 || column > 0 {
            let cost = self.rows[row].cost(column);
            let differs = row > 0 && column > 0 && self.words[row - 1] != reference[column - 1];
            if row > 0
                && column > 0
                && self.rows[row - 1].cost(column - 1) + u32::from(differs) == cost
            {
                alignment.ends[column - 1] = row;
                alignment.wrong[row - 1] = differs;
                alignment.missed[column - 1] = differs;
                (row, column) = (row - 1, column - 1);
            } else if row > 0 && self.rows[row - 1].cost(column) + 1 == cost {
                alignment.wrong[row - 1] = true;
                row -= 1;
            } else {
                alignment.ends[column - 1] = row;
                alignment.missed[column - 1] = true;
                column -= 1;
            }
        }
        alignment
    }
}

impl Candidate {
    fn rank(&self) -> (i64, usize, Reverse<usize>, Reverse<usize>) {
        let Shift { start, length, target } = self.shift;
        (self.saved, length, Reverse(start), Reverse(target))
    }
}

/// The alignment of response and reference.
struct Alignment {
    /// By word of the reference: the end of the part of the response that is aligned up to this word.
    ends: Vec<usize>,
    /// By word of the response: whether it is deleted or replaced.
    wrong: Vec<bool>,
    /// By word of the reference: whether it is inserted or replaces another word.
    missed: Vec<bool>,
}

impl Alignment {
    /// Returns whether a sequence has a wrong word where it is, a missed word where it should be, and is not
    /// already aligned with that place.
    fn is_worth_shifting(&self, start: usize, length: usize, place: usize) -> bool {
        self.wrong[start..start + length].contains(&true)
            && self.missed[place..place + length].contains(&true)
            && !(start + 1..=start + length).contains(&self.ends[place])
    }

    /// Returns the targets for a sequence: after what is aligned with the word before its place in the reference,
    /// and after what is aligned with each word of that place.
    fn targets(&self, place: usize, length: usize) -> impl Iterator<Item = usize> {
        let first = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        [first].into_iter().chain(self.ends[place..place + length].iter().copied())
    }
}

/// Returns start, length and place in the reference of each sequence that both texts have.
fn common_sequences(
    words: &[u32],
    reference: &[u32],
) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..words.len()).flat_map(move |start| {
        let nearby = start.saturating_sub(MAX_SHIFT_DISTANCE)
            ..reference.len().min(start + MAX_SHIFT_DISTANCE + 1);
        nearby.flat_map(move |place| {
            let pairs = words[start..].iter().zip(&reference[place..]).take(MAX_SHIFT_LENGTH);
            let longest = pairs.take_while(|(word, other)| word == other).count();
            (1..=longest).map(move |length| (start, length, place))
        })
    })
}

/// The part of a row of the edit distance table that lies in the beam.
#[derive(Clone, Default)]
struct Row {
    first: usize,
    costs: Vec<u32>,
}

impl Row {
    fn cost(&self, column: usize) -> u32 {
        let cell = column.checked_sub(self.first).and_then(|at| self.costs.get(at));
        cell.copied().unwrap_or(UNREACHABLE)
    }
}

/// The edit distance to a reference, restricted to a beam around the diagonal.
struct Beam<'a> {
    reference: &'a [u32],
    rows: usize,
    slope: f64,
    width: usize,
}

impl<'a> Beam<'a> {
    fn new(rows: usize, reference: &'a [u32]) -> Self {
        let slope = if rows == 0 { 1.0 } else { reference.len() as f64 / rows as f64 };
        // A steeper diagonal would leave the beam from one row to the next.
        let half = slope / 2.0;
        let width = if half > BEAM_WIDTH as f64 {
            (half + BEAM_WIDTH as f64).ceil() as usize
        } else {
            BEAM_WIDTH
        };
        Self { reference, rows, slope, width }
    }

    /// Computes a row from the row above.
    fn advance(&self, at: usize, word: u32, above: &Row, row: &mut Row) {
        let columns = self.reference.len() + 1;
        let diagonal = (at as f64 * self.slope).floor() as usize;
        let first = diagonal.saturating_sub(self.width);
        let end = if at == self.rows { columns } else { columns.min(diagonal + self.width) };
        row.first = first;
        row.costs.clear();
        let mut left = UNREACHABLE;
        let mut corner = first.checked_sub(1).map_or(UNREACHABLE, |column| above.cost(column));
        for column in first..end {
            let up = above.cost(column);
            let differs = column == 0 || word != self.reference[column - 1];
            let cost = (corner + u32::from(differs)).min(up + 1).min(left + 1).min(UNREACHABLE);
            row.costs.push(cost);
            (left, corner) = (cost, up);
        }
    }

    /// Returns the distance of `words`, given row `at` of their table.
    fn finish(&self, known: &Row, at: usize, words: &[u32], scratch: &mut (Row, Row)) -> u32 {
        let (above, row) = scratch;
        above.clone_from(known);
        for (at, &word) in words.iter().enumerate().skip(at) {
            self.advance(at + 1, word, above, row);
            std::mem::swap(above, row);
        }
        above.cost(self.reference.len())
    }
}
