//! The comparisons that both runs have answered, with what each judge said of them.

use std::sync::Arc;

use crate::calibration::{ComparisonTable, Part, ReplyChoice};
use crate::diff::{Answers, Matched, nothing_in_common};
use crate::error::{Error, Result};
use crate::store::{JudgeChoice, RowSet, RunFile};
use crate::verdict::{CascadeRule, CheapAnswer};
use crate::vote::Preference;

/// A run, and the one of its judges that is replayed.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) run: RunFile,
    /// The place of the judge among those of the run.
    pub(super) judge: usize,
}

/// A comparison that both judges were asked about.
#[derive(Debug, Clone)]
pub(super) struct Compared {
    pub(super) id: Arc<str>,
    /// The two systems, in byte order.
    pub(super) between: [Arc<str>; 2],
    /// The number of its item in the table of the cheap run.
    pub(super) item: u32,
    pub(super) part: Part,
    /// Its rows in the run files.
    pub(super) stored: [i64; 2],
    /// Its rows in the tables.
    pub(super) rows: [u32; 2],
    pub(super) cheap: CheapAnswer,
}

/// What is left out, since only one run can say anything of it.
#[derive(Debug, Clone)]
pub(super) struct LeftOut {
    /// Comparisons that only one of the runs has.
    pub(super) only: [u64; 2],
    /// Comparisons with other texts in the strong run, and the ids of the first few.
    pub(super) texts_changed: (u64, Vec<String>),
    /// Comparisons that are still to be asked in one of the runs.
    pub(super) pending: u64,
}

/// Two runs with the comparisons that both judges were asked about, in the order of the cheap run.
#[derive(Debug)]
pub(super) struct Joined {
    /// The cheap run and the strong one, which read these comparisons only.
    pub(super) sides: [Side; 2],
    /// With a tie as a category in both if either rubric allows one.
    pub(super) tables: [ComparisonTable; 2],
    /// The place of a comparison is its row in the table of the cheap run.
    pub(super) compared: Vec<Compared>,
    pub(super) left_out: LeftOut,
}

impl Side {
    /// Returns a run with one of its judges; without a name the only one.
    pub(super) fn new(run: RunFile, judge: Option<&str>) -> Result<Self> {
        let run = run.of_judge(judge)?;
        if let Some(cascade) = run.cascade().filter(|_| run.reads_final_verdicts()) {
            let (path, names) = (run.path().display(), cascade.names().join(", "));
            return Err(Error::usage(format!("{path}: a cascade cannot be part of another one"))
                .hint(format!("name one of its judges: {names}")));
        }
        if let Some(cascade) = run.reads_sent_only() {
            return Err(Error::usage(format!(
                "{}: {} was asked only about what {} left to it, and a rule may send others",
                run.path().display(),
                cascade.strong,
                cascade.cheap
            ))
            .hint("name a run in which it was asked about everything"));
        }
        match run.choose_judge(judge)? {
            JudgeChoice::One(judge) => Ok(Self { run, judge }),
            JudgeChoice::Jury => {
                let names = run.judges().iter().map(|judge| judge.record.name.as_str());
                let names = names.collect::<Vec<_>>().join(", ");
                let path = run.path().display();
                Err(Error::usage(format!("{path}: a jury cannot be part of a cascade"))
                    .detail(
                        "a rule is chosen by the agreement of every reply, which is that of the jury's members and not \
                         of its verdicts",
                    )
                    .hint(format!("name one of its judges: {names}")))
            }
        }
    }

    /// Returns the name of the judge.
    pub(super) fn name(&self) -> &str {
        &self.run.judges()[self.judge].record.name
    }
}

impl Joined {
    /// Joins two runs.
    ///
    /// # Errors
    ///
    /// A run cannot be read, or they have no comparison in common that both have asked about.
    pub(super) fn of(mut sides: [Side; 2]) -> Result<Self> {
        let [cheap, strong] = &sides;
        let answers = |side: &Side| Answers::read(&side.run, Some(side.name()));
        let matched = Matched::join(answers(cheap)?, answers(strong)?, None);
        if matched.pairs.is_empty() {
            return Err(nothing_in_common([&cheap.run, &strong.run], &matched));
        }
        let both = matched.pairs.iter().filter(|pair| !matched.is_pending(**pair));
        let asked: Vec<[usize; 2]> = both.map(|pair| [pair.before, pair.after]).collect();
        if asked.is_empty() {
            return Err(Error::incomplete("no comparison has been asked in both runs yet")
                .hint("complete the runs"));
        }
        let stored = |[before, after]: [usize; 2]| {
            [matched.before.rows[before].stored, matched.after.rows[after].stored]
        };
        for (at, side) in sides.iter_mut().enumerate() {
            let mut selected = RowSet::default();
            for pair in &asked {
                selected.insert(stored(*pair)[at]);
            }
            side.run.select(selected);
        }
        let [cheap, strong] = &sides;
        let table = |side: &Side| ComparisonTable::read(&side.run, Some(side.name()), None);
        let mut tables = [table(cheap)?, table(strong)?];
        let ties = tables.iter().any(|table| table.ties);
        for table in &mut tables {
            table.ties = ties;
        }
        let compared = asked.iter().map(|pair| {
            let row = &matched.before.rows[pair[0]];
            let places = tables.each_ref().map(|table| place(table, &row.id, &row.between));
            let [Some(of_cheap), Some(of_strong)] = places else {
                return Err(Error::internal("a comparison of both runs is not found again"));
            };
            Ok(Compared {
                id: Arc::clone(&row.id),
                between: row.between.clone(),
                item: tables[0].rows[of_cheap as usize].item,
                part: Part::of(&row.id),
                stored: stored(*pair),
                rows: [of_cheap, of_strong],
                cheap: CheapAnswer {
                    is_kept: tables[0].rows[of_cheap as usize].winner.is_some(),
                    margin: tables[0].distribution(of_cheap).map(|mean| mean.margin()),
                },
            })
        });
        let mut compared: Vec<Compared> = compared.collect::<Result<_>>()?;
        compared.sort_by_key(|one| one.rows[0]);
        let (changed, ids) = &matched.texts_changed;
        let left_out = LeftOut {
            only: matched.only,
            texts_changed: (*changed, ids.iter().map(ToString::to_string).collect()),
            pending: (matched.pairs.len() - asked.len()) as u64,
        };
        Ok(Self { sides, tables, compared, left_out })
    }

    /// Returns the numbers of the comparisons of a part.
    pub(super) fn of_part(&self, part: Part) -> Vec<usize> {
        (0..self.compared.len()).filter(|at| self.compared[*at].part == part).collect()
    }

    /// Returns the place of the judge, 0 for the cheap one, that decides a comparison by a rule.
    pub(super) fn decided_by(&self, rule: CascadeRule, at: usize) -> usize {
        usize::from(rule.sends(self.compared[at].cheap))
    }

    /// Returns what the verdict on a comparison prefers by a rule, if it is kept.
    pub(super) fn winner(&self, rule: CascadeRule, at: usize) -> Option<Preference> {
        let side = self.decided_by(rule, at);
        self.tables[side].rows[self.compared[at].rows[side] as usize].winner
    }

    /// Returns what every reply of one of the judges to a comparison prefers.
    pub(super) fn replies(&self, side: usize, at: usize) -> Vec<ReplyChoice> {
        self.tables[side].replies(self.compared[at].rows[side]).collect()
    }
}

/// Returns the row of a comparison in a table.
fn place(table: &ComparisonTable, id: &str, between: &[Arc<str>; 2]) -> Option<u32> {
    table.row(table.items.number(id)?, between.each_ref().map(|system| &**system))
}
