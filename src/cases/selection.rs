//! Which comparisons of a run are looked at, and reading them.

use std::collections::BTreeSet;

use super::case::Case;
use super::labels::CaseLabels;
use crate::error::{Error, Result, listed, nearest};
use crate::input::{DataFile, alike};
use crate::store::{JudgeChoice, RowSet, RunFile, StoredJudge, VerdictRecord};
use crate::summary::OutcomeCounts;
use crate::verdict::Outcome;

/// The most names that are kept for a message.
const MOST_NAMES: usize = 10_000;

/// Which comparisons or graded responses of a run are looked at; the default is all of them.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct CaseFilter {
    /// The judge whose verdict is meant; `None` is the only one, or the jury.
    pub judge: Option<String>,
    /// The outcome of the verdict; `None` is any.
    pub outcome: Option<Outcome>,
    /// The ids of the items; empty for any.
    pub ids: Vec<String>,
    /// The systems that take part: in a comparison all of them, of graded responses any; empty for any.
    pub systems: Vec<String>,
    /// Read at most so many, the first ones of the plan.
    pub limit: Option<u64>,
}

/// The cases of a run that a filter selects.
#[derive(Debug)]
pub struct Cases {
    run: RunFile,
    judge: JudgeChoice,
    filter: CaseFilter,
    outcomes: OutcomeCounts,
    matching: u64,
    shown: u64,
    labels: Option<CaseLabels>,
}

impl Cases {
    /// Selects cases among the comparisons that a run reads, and reads the labels of people in a file.
    ///
    /// # Errors
    ///
    /// The run has no such judge, item or system, the run or the labels cannot be read, or no label is about one of
    /// the comparisons.
    pub fn select(mut run: RunFile, filter: CaseFilter, labels: Option<&DataFile>) -> Result<Self> {
        let judge = run.choose_judge(filter.judge.as_deref())?;
        let rows = named_rows(&run, &filter)?;
        run.select(rows);
        let mut outcomes = match judge {
            JudgeChoice::One(_) => OutcomeCounts::of_judge(),
            JudgeChoice::Jury => OutcomeCounts::of_jury(),
        };
        let mut rows = RowSet::default();
        run.for_each_ballots(|ballots| {
            let outcome = judge.verdict_of_ballots(&ballots).outcome;
            outcomes.add(outcome);
            if filter.outcome.is_none_or(|wanted| wanted == outcome) {
                rows.insert(ballots.row);
            }
        })?;
        let labels = labels.map(|file| CaseLabels::read(file, &run)).transpose()?;
        let matching = rows.len();
        let rows = filter.limit.map_or_else(|| rows.clone(), |limit| rows.first(limit));
        let shown = rows.len();
        run.select(rows);
        Ok(Self { run, judge, filter, outcomes, matching, shown, labels })
    }

    /// Returns the run; it reads only the cases.
    pub fn run(&self) -> &RunFile {
        &self.run
    }

    /// Returns the run; from now on it reads only the cases.
    pub fn into_run(self) -> RunFile {
        self.run
    }

    /// Returns the judge whose verdicts are meant.
    pub fn judge(&self) -> JudgeChoice {
        self.judge
    }

    /// Returns the filter.
    pub fn filter(&self) -> &CaseFilter {
        &self.filter
    }

    /// Returns how the comparisons ended that match the filter apart from its outcome.
    pub fn outcomes(&self) -> &OutcomeCounts {
        &self.outcomes
    }

    /// Returns how many comparisons match the filter.
    pub fn matching(&self) -> u64 {
        self.matching
    }

    /// Returns how many of them are read: all, or as many as the limit allows.
    pub fn shown(&self) -> u64 {
        self.shown
    }

    /// Returns whether labels of people were given.
    pub fn has_labels(&self) -> bool {
        self.labels.is_some()
    }

    /// Returns the chosen judge with its verdict on a case, or every judge of the jury, or of a cascade the judge that
    /// decides it, after the cheap one where that is not the same.
    pub fn judged<'a>(
        &'a self,
        case: &'a Case,
    ) -> impl Iterator<Item = (&'a StoredJudge, &'a VerdictRecord)> {
        self.run.judged(self.judge, &case.record).into_iter()
    }

    /// Returns the chosen judge with its verdict on a case, or every judge of the jury, or of a cascade the judge that
    /// decides it.
    pub fn deciding<'a>(
        &'a self,
        case: &'a Case,
    ) -> impl Iterator<Item = (&'a StoredJudge, &'a VerdictRecord)> {
        self.run.deciding(self.judge, &case.record).into_iter()
    }

    /// Calls `each` with one case after another, in the order of the plan, in constant memory.
    ///
    /// # Errors
    ///
    /// The run cannot be read, and whatever `each` returns.
    pub fn for_each(&self, mut each: impl FnMut(Case) -> Result<()>) -> Result<()> {
        let mut number = 0;
        self.run.for_each_with_item(|record, item| {
            number += 1;
            let verdict = self.judge.verdict(&record);
            let labels = self.labels.as_ref();
            let labels = labels.map(|labels| labels.of(&record.id, &record.between));
            each(Case { number, item, record, verdict, labels: labels.unwrap_or_default() })
        })
    }
}

/// Returns the comparisons of the named items and systems.
///
/// # Errors
///
/// There is no such item or system; the message names those that there are.
fn named_rows(run: &RunFile, filter: &CaseFilter) -> Result<RowSet> {
    let (mut ids, mut systems) = (Names::default(), Names::default());
    let rows = run.rows_where(|comparison| {
        ids.add(&filter.ids, &comparison.id);
        comparison.between.iter().for_each(|system| systems.add(&filter.systems, system));
        (filter.ids.is_empty() || filter.ids.contains(&comparison.id))
            && filter.systems.iter().all(|system| comparison.between.contains(system))
    })?;
    ids.check(&filter.ids, run, "item")?;
    systems.check(&filter.systems, run, "system")?;
    Ok(rows)
}

/// The names that a run has, as far as they are needed to say which of the wanted ones it lacks.
#[derive(Default)]
pub(super) struct Names {
    known: BTreeSet<String>,
    found: BTreeSet<String>,
}

impl Names {
    pub(super) fn add(&mut self, wanted: &[String], name: &str) {
        if wanted.is_empty() {
            return;
        }
        if wanted.iter().any(|wanted| wanted == name) && !self.found.contains(name) {
            self.found.insert(name.to_owned());
        }
        if self.known.len() < MOST_NAMES && !self.known.contains(name) {
            self.known.insert(name.to_owned());
        }
    }

    /// Fails if one of the wanted names is not in the run.
    pub(super) fn check(&self, wanted: &[String], run: &RunFile, what: &str) -> Result<()> {
        let Some(missing) = wanted.iter().find(|name| !self.found.contains(*name)) else {
            return Ok(());
        };
        let path = run.path().display();
        let message = if run.has_selection() {
            let unit = if run.rubric().scale.is_some() { "response" } else { "comparison" };
            format!("{path}: no {unit} that was selected has the {what} `{missing}`")
        } else {
            format!("{path}: the run has no {what} `{missing}`")
        };
        let known: Vec<&str> = self.known.iter().map(String::as_str).collect();
        let error = Error::input(message).detail(format!("there are: {}", listed(&known)));
        let lookalike = alike([missing.as_str()], known.iter().copied()).map(|alike| alike.known);
        let close = || nearest(missing, known).map(ToOwned::to_owned);
        Err(match lookalike.or_else(close) {
            Some(meant) => error.hint(format!("did you mean `{meant}`?")),
            None => error,
        })
    }
}
