//! Whether the longer response is preferred, by the judge and by people.

use serde::Serialize;

use super::bands::equal_count_bands;
use super::judged::Judged;
use super::texts::ItemTexts;
use crate::calibration::WeightedScores;
use crate::stats::Estimate;
use crate::summary::ItemScores;
use crate::trial::Side;

/// The bands of the ratio of lengths.
const BANDS: usize = 5;
/// The pairs of systems that have bands.
const MOST_PAIRS: usize = 3;

/// How often the longer response is preferred. Lengths are characters; a tie is one half.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct LengthReport {
    /// How often the judge prefers the longer response, over both orders of every answered comparison; an order
    /// without a readable vote is one half. Comparisons of responses of equal length are left out.
    pub judge: Estimate,
    /// How often people do, over labelled comparisons; `None` without labels.
    pub people: Option<Estimate>,
    /// Win rates by the ratio of the lengths, for the first three pairs of systems.
    pub bands: Vec<LengthBand>,
}

/// The comparisons of a pair of systems whose lengths have about the same ratio.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct LengthBand {
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// The system whose wins are counted.
    pub system: String,
    /// The least ratio in the band: the length of the counted system's response to that of the other one. An
    /// empty response counts as one character.
    pub low: f64,
    /// The greatest ratio.
    pub high: f64,
    /// How many comparisons there are.
    pub comparisons: u64,
    /// The judge's order-averaged win rate of the counted system.
    pub judge: Estimate,
    /// Its win rate by the labels; `None` without labels.
    pub people: Option<Estimate>,
}

impl Default for LengthReport {
    fn default() -> Self {
        Self { judge: Estimate::undefined(0), people: None, bands: Vec::new() }
    }
}

/// Computes how often the longer response is preferred, and the win rates by the ratio of the lengths.
pub(super) fn lengths(judged: &Judged<'_>, texts: &ItemTexts) -> LengthReport {
    let mut longer = LengthScores::default();
    for row in judged.rows() {
        let Some([a, b]) = lengths_of(texts, row).filter(|[a, b]| a != b) else { continue };
        longer.add(judged, row, if a > b { Side::A } else { Side::B });
    }
    let pairs = judged.pairs().into_iter().take(MOST_PAIRS);
    LengthReport {
        judge: longer.judge(),
        people: judged.by_people(&longer.people),
        bands: pairs.flat_map(|pair| bands(judged, texts, pair)).collect(),
    }
}

/// Returns the win rates of a pair of systems by the ratio of the lengths.
fn bands(judged: &Judged<'_>, texts: &ItemTexts, pair: u32) -> Vec<LengthBand> {
    let systems = &judged.table.pairs[pair as usize];
    let ratio = |row: u32| {
        let [a, b] = lengths_of(texts, row)?.map(|length| f64::from(length.max(1)));
        let ratio = match systems.counted {
            Side::A => a / b,
            Side::B => b / a,
        };
        Some((ratio, row))
    };
    let of_pair = judged.rows().filter(|row| judged.table.rows[*row as usize].pair == pair);
    let mut sorted: Vec<(f64, u32)> = of_pair.filter_map(ratio).collect();
    sorted.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let band = |ratios: &[(f64, u32)]| {
        let mut scores = LengthScores::default();
        for (_, row) in ratios {
            scores.add(judged, *row, systems.counted);
        }
        LengthBand {
            between: systems.between.clone(),
            system: systems.system().to_owned(),
            low: ratios[0].0,
            high: ratios[ratios.len() - 1].0,
            comparisons: ratios.len() as u64,
            judge: scores.judge(),
            people: judged.by_people(&scores.people),
        }
    };
    equal_count_bands(&sorted, BANDS).into_iter().map(band).collect()
}

fn lengths_of(texts: &ItemTexts, row: u32) -> Option<[u32; 2]> {
    texts.responses[row as usize].map(|numbers| numbers.lengths)
}

/// What comparisons are worth to one of their sides, by the judge and by people.
#[derive(Default)]
struct LengthScores {
    judge: ItemScores,
    /// Whether any reply behind them could be read.
    readable: bool,
    people: WeightedScores,
}

impl LengthScores {
    fn add(&mut self, judged: &Judged<'_>, row: u32, side: Side) {
        let table = judged.table;
        if let Some(counted) = table.order_averaged(row).map(|found| found.score) {
            let is_counted = table.pairs[table.rows[row as usize].pair as usize].counted == side;
            let score = if is_counted { counted } else { 1.0 - counted };
            self.judge.push(score, judged.item(row));
            self.readable |= table.has_readable_reply(row);
        }
        judged.add_worth(row, side, &mut self.people);
    }

    /// Returns the judge's share; undefined where every score is that of an unreadable order.
    fn judge(&self) -> Estimate {
        if self.readable { self.judge.estimate() } else { Estimate::undefined(self.judge.n()) }
    }
}
