//! Whether what people labelled represents the run, by the probabilities with which it was drawn.

/// How much the labelled comparisons or responses represent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct DrawnWeights {
    /// The sum of the inverse probabilities.
    represented: f64,
    /// The least and the largest inverse probability.
    range: Option<[f64; 2]>,
}

impl DrawnWeights {
    /// Adds one that was drawn with a probability.
    pub(crate) fn add(&mut self, probability: f64) {
        let weight = 1.0 / probability;
        self.represented += weight;
        let [least, most] = self.range.unwrap_or([weight; 2]);
        self.range = Some([least.min(weight), most.max(weight)]);
    }

    /// Returns whether they represent so many by their probabilities: whether the draw that has these probabilities has
    /// all of its labels.
    ///
    /// The inverse probabilities of a draw with equal probabilities add up to what was drawn from, those of one by
    /// uncertainty to within their range ([`systematic_draw`](crate::stats::systematic_draw)); twice the range, since
    /// that of the labelled ones is smaller than that of all.
    pub(crate) fn represent(&self, population: f64) -> bool {
        let range = self.range.map_or(0.0, |[least, most]| most - least);
        (self.represented - population).abs() <= 0.01 * population + 2.0 * range
    }
}
