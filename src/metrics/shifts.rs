//! The fewest edits that TER's search finds: single words and moves of stretches.
//!
//! The fewest edits with moves cannot be found in reasonable time, so the search is part of the metric:
//! which moves are tried, in which order, and how far the edit distance looks from the diagonal decides
//! the number. All of it follows sacrebleu's TER, which follows tercom.

use std::cmp::Reverse;

/// The longest stretch that is moved.
const LONGEST_MOVE: usize = 10;
/// How far apart a stretch may stand in the two texts.
const FARTHEST_MOVE: usize = 50;
/// How many moves are tried for one pair of texts.
const MOST_MOVES: usize = 1000;
/// How far from the diagonal the edit distance looks.
const BEAM: usize = 25;

/// Stands for a cell beyond the beam. Far above every cost, and far below overflow.
const UNREACHED: u32 = u32::MAX / 2;

/// Returns the number of edits that turn `response` into `reference`.
pub(super) fn edits(response: &[u32], reference: &[u32]) -> usize {
    if reference.is_empty() {
        return response.len();
    }
    let mut search = Search::new(response, reference);
    let mut moves = 0;
    // A move that is found when the limit is reached is not made any more.
    while let Some(best) = search.best_move()
        && search.tried < MOST_MOVES
        && best.saved > 0
    {
        search.make(&best);
        moves += 1;
    }
    moves + search.distance()
}

/// A stretch of the response and where it goes.
#[derive(Clone, Copy)]
struct Move {
    start: usize,
    length: usize,
    target: usize,
}

impl Move {
    /// Writes the words with the stretch moved.
    ///
    /// A target before the stretch, or behind the place after it, is a place in the words as they are. One
    /// within it says by how many words the stretch moves on.
    fn apply(self, words: &[u32], moved: &mut Vec<u32>) {
        let Self { start, length, target } = self;
        let end = start + length;
        moved.clear();
        if target < start {
            moved.extend_from_slice(&words[..target]);
            moved.extend_from_slice(&words[start..end]);
            moved.extend_from_slice(&words[target..start]);
            moved.extend_from_slice(&words[end..]);
        } else {
            let target = if target > end { target } else { (target + length).min(words.len()) };
            moved.extend_from_slice(&words[..start]);
            moved.extend_from_slice(&words[end..target]);
            moved.extend_from_slice(&words[start..end]);
            moved.extend_from_slice(&words[target..]);
        }
    }
}

/// A move and how many edits it saves.
struct Candidate {
    saved: i64,
    stretch: Move,
}

/// The words as they stand after the moves so far, with the table of their edit distance.
struct Search<'a> {
    beam: Beam<'a>,
    words: Vec<u32>,
    rows: Vec<Row>,
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

    /// Computes the rows of the table behind this one.
    fn fill(&mut self, from: usize) {
        for at in from..self.words.len() {
            let (above, below) = self.rows.split_at_mut(at + 1);
            self.beam.advance(at + 1, self.words[at], &above[at], &mut below[0]);
        }
    }

    fn distance(&self) -> usize {
        self.rows[self.words.len()].cost(self.beam.reference.len()) as usize
    }

    fn make(&mut self, best: &Candidate) {
        let mut moved = Vec::with_capacity(self.words.len());
        best.stretch.apply(&self.words, &mut moved);
        self.words = moved;
        self.fill(best.stretch.start.min(best.stretch.target));
    }

    /// Returns the move that saves most; of several the longest, then the one that starts first, then the
    /// one that goes to the front most. `None` if there is nothing to try.
    fn best_move(&mut self) -> Option<Candidate> {
        let alignment = self.align();
        let (reference, distance) = (self.beam.reference, self.distance() as i64);
        let mut best: Option<Candidate> = None;
        let mut moved = Vec::with_capacity(self.words.len());
        let mut scratch = (Row::default(), Row::default());
        for (start, length, place) in stretches(&self.words, reference) {
            if !alignment.is_worth_moving(start, length, place) {
                continue;
            }
            let mut before = None;
            for target in alignment.targets(place, length) {
                if before.replace(target) == Some(target) {
                    continue;
                }
                let stretch = Move { start, length, target };
                stretch.apply(&self.words, &mut moved);
                let unchanged = start.min(target);
                let cost = self.beam.finish(&self.rows[unchanged], unchanged, &moved, &mut scratch);
                self.tried += 1;
                let candidate = Candidate { saved: distance - i64::from(cost), stretch };
                if best.as_ref().is_none_or(|best| candidate.rank() > best.rank()) {
                    best = Some(candidate);
                }
            }
            if self.tried >= MOST_MOVES {
                break;
            }
        }
        best
    }

    /// Follows the table from its end to its beginning.
    ///
    /// Where several edits cost the same, a word is kept or replaced rather than deleted, and deleted
    /// rather than inserted.
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
        let Move { start, length, target } = self.stretch;
        (self.saved, length, Reverse(start), Reverse(target))
    }
}

/// Which word belongs to which.
struct Alignment {
    /// For each word of the reference, where the part of the response ends that is aligned up to it.
    ends: Vec<usize>,
    /// Whether a word of the response is deleted or replaced.
    wrong: Vec<bool>,
    /// Whether a word of the reference is inserted or put in place of another.
    missed: Vec<bool>,
}

impl Alignment {
    /// Whether a stretch is wrong where it stands, missed where it should be, and not aligned to itself.
    fn is_worth_moving(&self, start: usize, length: usize, place: usize) -> bool {
        self.wrong[start..start + length].contains(&true)
            && self.missed[place..place + length].contains(&true)
            && !(start + 1..=start + length).contains(&self.ends[place])
    }

    /// Returns where a stretch could go: behind what is aligned to the word before its place in the
    /// reference, and behind what is aligned to each word of that place.
    fn targets(&self, place: usize, length: usize) -> impl Iterator<Item = usize> {
        let first = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        [first].into_iter().chain(self.ends[place..place + length].iter().copied())
    }
}

/// Returns start, length and place in the reference of each stretch that both have.
fn stretches(words: &[u32], reference: &[u32]) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..words.len()).flat_map(move |start| {
        let nearest =
            start.saturating_sub(FARTHEST_MOVE)..reference.len().min(start + FARTHEST_MOVE + 1);
        nearest.flat_map(move |place| {
            let pairs = words[start..].iter().zip(&reference[place..]).take(LONGEST_MOVE);
            let longest = pairs.take_while(|(word, other)| word == other).count();
            (1..=longest).map(move |length| (start, length, place))
        })
    })
}

/// A row of the table of the edit distance, as far as it is in the beam.
#[derive(Clone, Default)]
struct Row {
    first: usize,
    costs: Vec<u32>,
}

impl Row {
    fn cost(&self, column: usize) -> u32 {
        let cell = column.checked_sub(self.first).and_then(|at| self.costs.get(at));
        cell.copied().unwrap_or(UNREACHED)
    }
}

/// The edit distance to a reference, near the diagonal only.
struct Beam<'a> {
    reference: &'a [u32],
    rows: usize,
    slope: f64,
    width: usize,
}

impl<'a> Beam<'a> {
    fn new(rows: usize, reference: &'a [u32]) -> Self {
        let slope = if rows == 0 { 1.0 } else { reference.len() as f64 / rows as f64 };
        // So steep a diagonal would leave the beam between one row and the next.
        let half = slope / 2.0;
        let width = if half > BEAM as f64 { (half + BEAM as f64).ceil() as usize } else { BEAM };
        Self { reference, rows, slope, width }
    }

    /// Computes a row from the one above.
    fn advance(&self, at: usize, word: u32, above: &Row, row: &mut Row) {
        let columns = self.reference.len() + 1;
        let diagonal = (at as f64 * self.slope).floor() as usize;
        let first = diagonal.saturating_sub(self.width);
        let end = if at == self.rows { columns } else { columns.min(diagonal + self.width) };
        row.first = first;
        row.costs.clear();
        let mut left = UNREACHED;
        let mut corner = first.checked_sub(1).map_or(UNREACHED, |column| above.cost(column));
        for column in first..end {
            let up = above.cost(column);
            let differs = column == 0 || word != self.reference[column - 1];
            let cost = (corner + u32::from(differs)).min(up + 1).min(left + 1).min(UNREACHED);
            row.costs.push(cost);
            (left, corner) = (cost, up);
        }
    }

    /// Returns the distance of words whose first rows are known up to this one.
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
