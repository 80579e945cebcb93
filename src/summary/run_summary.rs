//! The numbers of every judge of a run, and of its jury.

use serde::Serialize;

use super::cascade::{CascadeSummary, summarise_cascade};
use super::judge_summary::{JudgeAccumulator, JudgeSummary};
use crate::deciding::{Decision, decide};
use crate::error::Result;
use crate::run::Session;
use crate::store::{ComparisonRecord, RunFile};

/// The numbers of a run, as `judge` reports them when it ends.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RunSummary {
    /// The rubric's name.
    pub rubric: String,
    /// The rubric's version.
    pub version: String,
    /// The seed of the orders.
    pub seed: u64,
    /// How often each order is asked.
    pub repeat: u32,
    /// Each judge; the last one is the jury, where there are several, or the final verdicts of a cascade.
    pub judges: Vec<JudgeSummary>,
    /// What was sent to the strong judge; `None` unless these are the final verdicts of a cascade.
    pub cascade: Option<CascadeSummary>,
    /// What the verdicts decide of the question that ended asking; `None` where everything was to be asked.
    pub until_decided: Option<Decision>,
}

/// Computes the numbers of a run in one pass over its comparisons, each of which is also passed to
/// `inspect`.
///
/// # Errors
///
/// The run file cannot be read.
pub fn summarise(run: &RunFile, mut inspect: impl FnMut(&ComparisonRecord)) -> Result<RunSummary> {
    let direction = run.manifest().direction();
    if let Some(cascade) = run.cascade().filter(|_| run.reads_final_verdicts()) {
        let (judges, cascade) = summarise_cascade(run, cascade, inspect)?;
        return Ok(RunSummary::of(run, judges, Some(cascade)));
    }
    let names: Vec<&str> = run.judges().iter().map(|judge| judge.record.name.as_str()).collect();
    let mut judges: Vec<JudgeAccumulator> =
        run.judges().iter().map(JudgeAccumulator::of_judge).collect();
    let mut jury = (names.len() > 1).then(JudgeAccumulator::of_jury);
    run.for_each(|record| {
        inspect(&record);
        let item = record.item as u32;
        let side = direction.counted(&record.between);
        for (judge, judged) in judges.iter_mut().zip(&record.judged) {
            judge.add_verdict(judged, &record.between, side, item);
            judge.add_orders(judged, &record.between, side, item);
        }
        if let Some(jury) = &mut jury {
            jury.add_verdict(&record.jury(), &record.between, side, item);
        }
        Ok(())
    })?;
    let judges = names.into_iter().zip(judges).chain(jury.map(|jury| ("jury", jury)));
    let mut judges: Vec<JudgeSummary> =
        judges.map(|(name, numbers)| numbers.summary(name, direction)).collect();
    let until_decided = decide(run)?;
    if let (Some(decision), Some(result)) = (&until_decided, judges.last_mut()) {
        for rate in &mut result.win_rates {
            let pair = decision.pair(&rate.between);
            rate.at_every_look =
                pair.map(|pair| pair.win_rate_at_95_percent(&rate.system, decision));
        }
    }
    Ok(RunSummary { until_decided, ..RunSummary::of(run, judges, None) })
}

impl RunSummary {
    fn of(run: &RunFile, judges: Vec<JudgeSummary>, cascade: Option<CascadeSummary>) -> Self {
        Self {
            rubric: run.rubric().name.clone(),
            version: run.rubric().version.clone(),
            seed: run.manifest().seed,
            repeat: run.manifest().repeat,
            judges,
            cascade,
            until_decided: None,
        }
    }

    /// Returns those of the judges that the result of the run is about: each judge, and the jury if there is one; of a
    /// cascade, its final verdicts alone.
    pub fn results(&self) -> &[JudgeSummary] {
        match &self.cascade {
            Some(_) => self.judges.last().map_or(&[], std::slice::from_ref),
            None => &self.judges,
        }
    }
}

impl Session {
    /// Computes the numbers of the session's run, as far as it is judged.
    ///
    /// # Errors
    ///
    /// The run file cannot be read.
    pub fn summary(&self) -> Result<RunSummary> {
        summarise(&self.run()?, |_| {})
    }
}
