//! Reading a run: stored replies become votes, votes become verdicts.
//!
//! Nothing of this is stored, so a better pattern or a mended parser costs no request.

use std::path::Path;
use std::sync::Arc;

use super::attempt::{Attempt, Ending, ballot};
use super::ballots::{BallotRecord, ballots};
use super::contents::StoredComparison;
use super::identity::{Requests, changed_part, differs, rendering_digest};
use super::manifest::{Manifest, StoredJudge};
use super::parallel::in_parallel;
use super::store::Database;
use super::survey::Draft;
use crate::error::{Error, Result};
use crate::input::{Item, LoadedRubric, Price, Rubric};
use crate::judge::Reply;
use crate::prompt::Prompt;
use crate::trial::{Comparison, Order};
use crate::verdict::{Ballot, Verdict, jury, majority, reconcile};
use crate::vote::{Preference, Reading};

/// A run file, opened for reading.
#[derive(Debug)]
pub struct RunFile {
    database: Database,
    manifest: Manifest,
    judges: Vec<StoredJudge>,
    rubric: LoadedRubric,
}

/// One trial of a run: its ballot, and the attempts behind it.
#[derive(Debug)]
pub struct TrialRecord {
    /// How it stands.
    pub ballot: Ballot,
    /// What was read, where there is a vote.
    pub reading: Option<Reading>,
    /// Which of the replies it was read from.
    decided_by: Option<usize>,
    /// Every stored attempt, in order.
    pub attempts: Vec<Attempt>,
}

impl TrialRecord {
    /// Returns the stored replies, readable or not.
    pub fn replies(&self) -> impl Iterator<Item = &Reply> {
        let replies = self.attempts.iter().filter(|attempt| attempt.ending == Ending::Reply);
        replies.map(|attempt| &attempt.reply)
    }

    /// Returns the reply that decides: the first readable one, else the last.
    pub fn deciding_reply(&self) -> Option<&Reply> {
        self.decided_by.and_then(|at| self.replies().nth(at)).or_else(|| self.replies().last())
    }
}

/// One presentation order of a judged comparison.
#[derive(Debug)]
pub struct JudgedOrder {
    /// The order.
    pub order: Order,
    /// Its repeats.
    pub trials: Vec<TrialRecord>,
    /// The ballot of all repeats together.
    pub ballot: Ballot,
}

impl JudgedOrder {
    /// Returns what this order prefers, by system.
    pub fn preference(&self) -> Option<Preference> {
        match self.ballot {
            Ballot::Cast(vote) => Some(vote.under(self.order)),
            _ => None,
        }
    }

    /// Returns the reading that speaks for the order: the first of those with its vote.
    pub fn reading(&self) -> Option<&Reading> {
        let Ballot::Cast(vote) = self.ballot else { return None };
        self.trials
            .iter()
            .filter_map(|trial| trial.reading.as_ref())
            .find(|reading| reading.vote == vote)
    }
}

/// What one judge made of a comparison, or all of them as a jury.
#[derive(Debug)]
pub struct VerdictRecord {
    /// The verdict.
    pub verdict: Verdict,
    /// Both orders, `AFirst` first; a jury has none.
    pub orders: Vec<JudgedOrder>,
}

/// One comparison with the verdicts of all judges, in the order of the judges.
#[derive(Debug)]
pub struct ComparisonRecord {
    /// Its row in the run file.
    pub row: i64,
    /// The row of its item.
    pub item: i64,
    /// The item's id.
    pub id: String,
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// What each judge made of it.
    pub judged: Vec<VerdictRecord>,
}

impl ComparisonRecord {
    /// Returns the verdict of all judges together.
    pub fn jury(&self) -> VerdictRecord {
        let verdicts: Vec<Verdict> = self.judged.iter().map(|record| record.verdict).collect();
        VerdictRecord { verdict: jury(&verdicts), orders: Vec::new() }
    }
}

impl RunFile {
    /// Opens a run file for reading. A run that is being written can be read too.
    ///
    /// # Errors
    ///
    /// There is no such file, it is no run file, it is damaged, or of a newer format.
    pub fn open(path: &Path) -> Result<Self> {
        let database = Database::read(path)?;
        let manifest = database.manifest()?;
        let judges = database.judges()?;
        let rubric = manifest.loaded_rubric(path)?;
        Ok(Self { database, manifest, judges, rubric })
    }

    /// Opens a run file that may have been stopped before it began; `None` if it was.
    ///
    /// # Errors
    ///
    /// As for [`RunFile::open`].
    pub fn open_begun(path: &Path) -> Result<Option<Self>> {
        if Database::is_empty(path)? { Ok(None) } else { Self::open(path).map(Some) }
    }

    /// Returns where the run file lies.
    pub fn path(&self) -> &Path {
        self.database.path()
    }

    /// Returns the provenance of the run.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Returns the judges with their rows and what was learnt about their servers.
    pub fn judges(&self) -> &[StoredJudge] {
        &self.judges
    }

    /// Returns the place of a judge among [`RunFile::judges`] by its name.
    ///
    /// # Errors
    ///
    /// There is no such judge; the message names those that there are.
    pub fn judge_named(&self, name: &str) -> Result<usize> {
        let mut names = self.judges.iter().map(|judge| judge.record.name.as_str());
        names.position(|known| known == name).ok_or_else(|| {
            let names: Vec<&str> =
                self.judges.iter().map(|judge| judge.record.name.as_str()).collect();
            let path = self.path().display();
            Error::input(format!("{path}: the run has no judge `{name}`"))
                .hint(format!("its judges are: {}", names.join(", ")))
        })
    }

    /// Returns the rubric by which replies are read.
    pub fn rubric(&self) -> &Rubric {
        &self.rubric.rubric
    }

    /// Returns the rubric with its prompts.
    pub(super) fn loaded_rubric(&self) -> &LoadedRubric {
        &self.rubric
    }

    /// Returns one item of the run by its id.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn item(&self, id: &str) -> Result<Option<Item>> {
        self.database.item(id)
    }

    /// Reads replies by another rubric from now on.
    ///
    /// # Errors
    ///
    /// The rubric asks something else than what the replies answered; the message names an item.
    pub fn use_rubric(&mut self, rubric: LoadedRubric) -> Result<()> {
        self.check_requests(&rubric)?;
        self.rubric = rubric;
        Ok(())
    }

    /// Checks that a rubric and its prompt make the requests that the stored replies answered.
    ///
    /// # Errors
    ///
    /// A stored reply answers another request; the message names its item.
    pub fn check_requests(&self, rubric: &LoadedRubric) -> Result<()> {
        if rendering_digest(rubric) == self.manifest.rendering {
            return Ok(());
        }
        let prompt = Arc::new(Prompt::compile(rubric)?);
        let judges: Vec<(i64, Requests)> = self
            .judges
            .iter()
            .map(|judge| (judge.row, Requests::new(&judge.record, rubric, &prompt)))
            .collect();
        let path = self.database.path();
        self.database.comparisons(|stored| {
            if stored.attempts.is_empty() {
                return Ok(());
            }
            let item = self.item(&stored.id)?.ok_or_else(|| {
                Error::input(format!(
                    "{}: item {} is missing in the run file",
                    path.display(),
                    stored.id
                ))
            })?;
            if stored.between.iter().any(|system| !item.responses.contains_key(system)) {
                return Err(self.database.damaged_item(&stored.id));
            }
            let comparison = Comparison { item: item.into(), between: stored.between };
            for (row, requests) in &judges {
                for order in Order::BOTH {
                    let digests = stored.attempts.iter().filter_map(|attempt| {
                        let here = attempt.key.judge == *row && attempt.key.order == order;
                        here.then_some(attempt.request)
                    });
                    let digests: Vec<[u8; 32]> = digests.collect();
                    if digests.is_empty() {
                        continue;
                    }
                    let request = requests.request(&comparison, order)?;
                    if digests.iter().any(|stored| *stored != request.digest) {
                        let field = changed_part(&self.rubric, rubric);
                        let was =
                            format!("replies to what it said before, as in item {}", stored.id);
                        return Err(differs(path, &field, &was, "something else"));
                    }
                }
            }
            Ok(())
        })
    }

    /// Reads the replies to every comparison on all processors and hands each comparison to `each`, in the
    /// order of the plan, in constant memory.
    ///
    /// # Errors
    ///
    /// The file cannot be read, and whatever `each` returns.
    pub fn for_each(&self, mut each: impl FnMut(ComparisonRecord) -> Result<()>) -> Result<()> {
        let (rubrics, judges, repeat) = (self.rubrics(), &self.judges, self.manifest.repeat);
        self.in_parallel(|stored| record(stored, judges, &rubrics, repeat), &mut each)
    }

    /// The same with the ballots alone.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn ballots(&self, mut each: impl FnMut(BallotRecord)) -> Result<()> {
        let (rubrics, judges, repeat) = (self.rubrics(), &self.judges, self.manifest.repeat);
        let read = |stored| ballots(stored, judges, &rubrics, repeat);
        self.in_parallel(read, &mut |record| {
            each(record);
            Ok(())
        })
    }

    fn in_parallel<T: Send>(
        &self,
        read: impl Fn(StoredComparison) -> T + Sync,
        each: &mut impl FnMut(T) -> Result<()>,
    ) -> Result<()> {
        in_parallel(read, each, |batches| self.database.comparisons(|stored| batches.push(stored)))
    }

    /// Decodes every item whose id is wanted on all processors and hands what `map` makes of each to
    /// `each`, in the order of the run, in constant memory.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or an item in it is damaged.
    pub fn map_items<T: Send>(
        &self,
        wanted: impl Fn(&str) -> bool,
        map: impl Fn(Item) -> T + Sync,
        mut each: impl FnMut(T),
    ) -> Result<()> {
        let decode = |json: String| serde_json::from_str(&json).map(&map);
        let mut handed = |decoded: std::result::Result<T, _>| {
            each(decoded.map_err(|error| self.database.damaged("item", &error))?);
            Ok(())
        };
        in_parallel(decode, &mut handed, |batches| {
            self.database.items(wanted, |json| batches.push(json))
        })
    }

    fn rubrics(&self) -> Vec<Rubric> {
        self.judges.iter().map(|judge| judge.record.reading(&self.rubric.rubric)).collect()
    }

    /// Finds the comparisons of a draft; `None` for one that the run does not hold.
    ///
    /// # Errors
    ///
    /// The text of the item is not what the run holds, or the file cannot be read.
    pub fn rows_of(&self, draft: &Draft) -> Result<Vec<Option<i64>>> {
        let Some((item, digest)) = self.database.item_digest(&draft.item.id)? else {
            return Ok(vec![None; draft.comparisons.len()]);
        };
        if digest != draft.digest {
            self.database.unchanged(&draft.item)?;
        }
        let comparisons = draft.comparisons.iter();
        comparisons
            .map(|(_, comparison)| self.database.comparison(item, &comparison.between))
            .collect()
    }

    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    /// Returns what the run may have cost so far, in USD, over all its invocations. A request whose cost is
    /// not known counts as its worst case, a reply from before its judge had a price as `price` says.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn cost(&self, price: impl Fn(&str) -> Option<Price>) -> Result<f64> {
        let costs = self.database.costs()?;
        Ok(costs
            .into_iter()
            .map(|(row, usd, unpriced)| {
                let judge = self.judges.iter().find(|judge| judge.row == row);
                let price = judge.and_then(|judge| price(&judge.record.name));
                usd + price.map_or(0.0, |price| price.of(unpriced.prompt, unpriced.completion))
            })
            .sum())
    }

    /// Returns whether anything in the run may have been paid for.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn has_cost(&self) -> Result<bool> {
        self.database.has_cost()
    }

    /// Returns the first error that ended a trial of a judge.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn first_error(&self, judge: &str) -> Result<Option<String>> {
        self.database.first_error(judge)
    }
}

fn record(
    stored: StoredComparison,
    judges: &[StoredJudge],
    rubrics: &[Rubric],
    repeat: u32,
) -> ComparisonRecord {
    let StoredComparison { row, item, id, between, mut attempts } = stored;
    let verdicts = judges
        .iter()
        .zip(rubrics)
        .map(|(judge, rubric)| verdict_of(&mut attempts, judge.row, rubric, repeat));
    ComparisonRecord { row, item, id, between, judged: verdicts.collect() }
}

/// Takes the attempts of one judge at a comparison and reads its verdict from them.
pub(super) fn verdict_of(
    attempts: &mut Vec<Attempt>,
    judge: i64,
    rubric: &Rubric,
    repeat: u32,
) -> VerdictRecord {
    let orders = Order::BOTH.map(|order| {
        let trials: Vec<TrialRecord> = (0..repeat)
            .map(|repeat| {
                let mine = attempts.extract_if(.., |attempt| {
                    let key = &attempt.key;
                    key.judge == judge && key.order == order && key.repeat == repeat
                });
                let attempts: Vec<Attempt> = mine.collect();
                let (ballot, found) = ballot(attempts.iter(), rubric);
                let (decided_by, reading) = found.unzip();
                TrialRecord { ballot, reading, decided_by, attempts }
            })
            .collect();
        let ballots: Vec<Ballot> = trials.iter().map(|trial| trial.ballot).collect();
        JudgedOrder { order, ballot: majority(&ballots), trials }
    });
    let verdict = reconcile(orders[0].ballot, orders[1].ballot);
    VerdictRecord { verdict, orders: orders.into() }
}
