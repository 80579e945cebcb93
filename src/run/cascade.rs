//! What a session does where two judges are asked one after the other.
//!
//! The cheap judge is asked about everything first. What it has answered decides which comparisons are sent to the strong
//! one, which is asked in a second phase of the same session, within the same budget. So no request is spent on the strong
//! judge before every comparison has had its cheap answer, and each phase is read from the run file like any other: a
//! session that resumes another one has the same two phases.

use std::ops::Range;
use std::sync::Arc;

use super::outstanding::{RetryScope, trials_to_ask};
use super::prepared::PreparedTask;
use super::session::Session;
use super::task::Task;
use crate::error::{Error, Result};
use crate::input::{Connection, ReplyFormat};
use crate::store::{ComparisonRecord, JudgeCascade, RowSet};
use crate::trial::Unit;
use crate::verdict::{CascadeRule, GivenBy};

impl Task {
    /// Returns the cascade of the task, if there is one.
    ///
    /// # Errors
    ///
    /// It cannot be one: it has not two judges, or what else is asked for is about all judges at once.
    pub(super) fn check_cascade(&self, unit: Unit) -> Result<Option<JudgeCascade>> {
        let Some(rule) = self.cascade else { return Ok(None) };
        let refused = |why: String, what: &str| {
            Err(Error::usage(format!("judges cannot be asked one after the other: {why}"))
                .hint(what.to_owned()))
        };
        if unit == Unit::Response {
            return refused(
                "the rubric grades single responses".to_owned(),
                "a cascade is of comparisons; grade with each judge by itself",
            );
        }
        let names: Vec<&String> = self.judges.iter().map(|judge| &judge.settings.name).collect();
        let [cheap, strong] = names.as_slice() else {
            return refused(
                format!("that needs two judges, and there are {}", names.len()),
                "name one judge to be asked about everything and one to be asked about the rest",
            );
        };
        if let Some(name) = names.iter().find(|name| ***name == JudgeCascade::NAME) {
            return refused(
                format!("a judge is called {name}, as the final verdicts of both are"),
                "give the judge another name",
            );
        }
        if self.until_decided.is_some() {
            return refused(
                "asking ends when a win rate is decided, which needs the final verdicts in the order in which \
                 comparisons are drawn"
                    .to_owned(),
                "ask everything, or ask one of the judges until it is decided",
            );
        }
        if !rule.asks_both() {
            return refused(
                format!("by the rule {rule} only one of them is asked"),
                "name that judge alone",
            );
        }
        Ok(Some(JudgeCascade { cheap: (*cheap).clone(), strong: (*strong).clone(), rule }))
    }
}

impl PreparedTask {
    /// Checks that the verdicts of the cheap judge of a cascade can have a margin, if its rule is by the margin. `stored`
    /// is how often each order of the run was asked before.
    ///
    /// # Errors
    ///
    /// They cannot.
    pub(super) fn check_margins(&self, stored: u32) -> Result<()> {
        let rule = self.cascade.as_ref().map(|cascade| cascade.rule);
        let (Some(CascadeRule::Margin { .. }), Some(cheap)) = (rule, self.judges.first()) else {
            return Ok(());
        };
        let has_probabilities = match &cheap.settings.connection {
            Connection::Builtin(_) => false,
            Connection::Endpoint(_) => {
                matches!(self.rubric.rubric.reply, ReplyFormat::Logprobs { .. })
            }
            // Their answers may come with a probability.
            Connection::Recorded(_) | Connection::Program(_) | Connection::Supplied(_) => true,
        };
        if has_probabilities || self.repeat.unwrap_or(1).max(stored) > 1 {
            return Ok(());
        }
        Err(Error::usage(format!(
            "the verdicts of {} have no margin: that needs log probabilities, or several repeats of each order",
            cheap.settings.name
        ))
        .hint(
            "use a rubric whose reply format is logprobs, ask each order several times, or send what was not kept",
        ))
    }
}

impl Session {
    /// Returns the judges that are asked together, one group after the other.
    pub(super) fn phases(&self) -> Vec<Range<usize>> {
        match self.task.cascade {
            Some(_) => vec![0..1, 1..2],
            None => std::iter::once(0..self.task.judges.len()).collect(),
        }
    }

    /// Returns the comparisons that a judge is asked about, as far as they are open for it: all of the plan, and in a
    /// cascade those that it decides as the run is now. What the cheap judge is still to be asked about, since it failed for
    /// a temporary reason or could not be read, is not sent yet. What has failed is asked again of the judge that decides
    /// it.
    ///
    /// # Errors
    ///
    /// The run file cannot be read.
    pub(super) fn rows_to_ask(&self, judge: usize, scope: RetryScope) -> Result<Arc<RowSet>> {
        let all = Arc::clone(&self.opened.rows);
        let is_cheap = judge == GivenBy::Cheap.place();
        if self.task.cascade.is_none() || (is_cheap && scope == RetryScope::Open) {
            return Ok(all);
        }
        let mut rows = RowSet::default();
        self.run()?.for_each(|record| {
            if all.contains(record.row) && is_cheap != self.is_sent(&record) {
                rows.insert(record.row);
            }
            Ok(())
        })?;
        Ok(Arc::new(rows))
    }

    /// Returns whether the rule sends a comparison to the strong judge, and the cheap judge is not to be asked about it any
    /// more.
    fn is_sent(&self, record: &ComparisonRecord) -> bool {
        let given_by = record.judged.first().and_then(|judged| judged.given_by);
        let (Some(GivenBy::Strong), Some(cheap)) = (given_by, &record.beside) else { return false };
        let retries = self.task.judges[GivenBy::Cheap.place()].max_parse_retries();
        trials_to_ask(&cheap.orders, RetryScope::Open, retries).is_empty()
    }
}
