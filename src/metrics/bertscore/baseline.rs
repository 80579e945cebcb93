//! The scores of unrelated texts, by which scores are rescaled to a range that is easier to read.

use std::path::Path;

use super::BertScores;
use crate::error::{Error, Result};
use crate::input::read_text;
use crate::metrics::short_digest;

/// The precision, recall and F1 that unrelated texts have, for one layer of an encoder.
///
/// A score is rescaled to `(score - baseline) / (1 - baseline)`: 0 is what unrelated texts have, 1 remains 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    precision: f64,
    recall: f64,
    f1: f64,
    digest: String,
}

impl Baseline {
    /// Returns a baseline for precision, recall and F1.
    pub fn new(precision: f64, recall: f64, f1: f64) -> Self {
        let numbers = [precision, recall, f1].map(f64::to_le_bytes).concat();
        Self { precision, recall, f1, digest: short_digest(&numbers) }
    }

    /// Reads the baseline of a layer from a file as `bert_score` has them: lines of layer, precision, recall and F1,
    /// separated by commas or tabs, under the header `LAYER,P,R,F`.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is not such a table, or has no line for the layer.
    pub fn read(path: &Path, layer: usize) -> Result<Self> {
        let place = path.display();
        let text = read_text(path)?;
        let mut lines = (1..).zip(text.lines());
        let header = lines.next().map_or(String::new(), |(_, line)| line.trim().to_owned());
        let separator = if header.contains('\t') { '\t' } else { ',' };
        let titles: Vec<String> =
            header.split(separator).map(|title| title.trim().to_uppercase()).collect();
        if titles != ["LAYER", "P", "R", "F"] {
            return Err(Error::input(format!(
                "{place}:1: expected the header LAYER,P,R,F, found `{header}`"
            ))
            .hint("use a file of rescale_baseline in bert_score, or one of the same form"));
        }
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let cells: Vec<&str> = line.split(separator).map(str::trim).collect();
            let numbers: Vec<f64> =
                cells.iter().skip(1).map_while(|cell| cell.parse().ok()).collect();
            let (Some(Ok(of)), [precision, recall, f1], 4) =
                (cells.first().map(|cell| cell.parse::<usize>()), numbers.as_slice(), cells.len())
            else {
                return Err(Error::input(format!(
                    "{place}:{number}: expected a layer and three numbers, found `{line}`"
                )));
            };
            if of != layer {
                continue;
            }
            for value in [precision, recall, f1] {
                if !value.is_finite() || *value >= 1.0 {
                    return Err(Error::input(format!(
                        "{place}:{number}: a baseline must be a number below 1, found {value}"
                    )));
                }
            }
            return Ok(Self::new(*precision, *recall, *f1));
        }
        Err(Error::input(format!("{place}: there is no line for layer {layer}"))
            .hint("use the file of this encoder, or choose a layer that it has"))
    }

    /// Returns a short digest of the three numbers.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns rescaled scores.
    ///
    /// # Examples
    ///
    /// ```
    /// use evenhand::metrics::{Baseline, BertScores};
    ///
    /// let scores = BertScores { precision: Some(0.9), recall: Some(1.0), f1: Some(0.75) };
    /// let rescaled = Baseline::new(0.8, 0.8, 0.5).rescale(scores);
    /// assert!((rescaled.precision.unwrap() - 0.5).abs() < 1e-12);
    /// assert_eq!(rescaled.recall, Some(1.0));
    /// assert_eq!(rescaled.f1, Some(0.5));
    /// ```
    pub fn rescale(&self, scores: BertScores) -> BertScores {
        let rescaled = |score: Option<f64>, by: f64| score.map(|score| (score - by) / (1.0 - by));
        BertScores {
            precision: rescaled(scores.precision, self.precision),
            recall: rescaled(scores.recall, self.recall),
            f1: rescaled(scores.f1, self.f1),
        }
    }
}
