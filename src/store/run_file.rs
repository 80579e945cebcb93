//! A run file, opened for reading.

use std::path::Path;
use std::sync::Arc;

use super::attempt::{Attempt, TrialKey};
use super::attempt_queries::ServedModel;
use super::comparison_queries::{ComparisonPage, ComparisonRow, has_responses};
use super::database::Database;
use super::identity::rubric_differs;
use super::manifest::{Manifest, StoredJudge};
use super::planned_item::PlannedItem;
use super::request::{RequestRenderer, rendering_digest};
use super::row_set::RowSet;
use crate::error::{Error, Result};
use crate::input::{Item, LoadedRubric, Price, Rubric};
use crate::prompt::Prompt;
use crate::trial::{Comparison, Order, Subject, SystemResponse};
use crate::verdict::CascadeRule;

/// A run file, opened for reading.
#[derive(Debug)]
pub struct RunFile {
    pub(super) database: Database,
    pub(super) manifest: Manifest,
    /// Those whose verdicts are read; of a cascade one, for all of its final verdicts.
    pub(super) judges: Vec<StoredJudge>,
    /// Those whose replies are read.
    pub(super) asked: Vec<StoredJudge>,
    /// Says which judge of a cascade decides a comparison; `None` where each verdict that is read is one of a judge.
    pub(super) decider: Option<CascadeRule>,
    pub(super) rubric: LoadedRubric,
    /// The comparisons that are read; `None` is all.
    pub(super) selected: Option<RowSet>,
}

impl RunFile {
    /// Opens a run file for reading. A run that is being written can be read too.
    ///
    /// # Errors
    ///
    /// There is no such file, it is no run file, it has grades of single responses, it is damaged, or its format is newer.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_any(path)?.of_comparisons()
    }

    /// Opens a run file for reading, whether its rubric compares responses or grades them.
    ///
    /// # Errors
    ///
    /// As for [`RunFile::open`], except that grades are read too.
    pub fn open_any(path: &Path) -> Result<Self> {
        Self::of(Database::read(path)?, path)
    }

    /// Returns the run, if it is one of comparisons.
    fn of_comparisons(self) -> Result<Self> {
        if self.rubric.rubric.scale.is_none() {
            return Ok(self);
        }
        Err(Error::input(format!(
            "{}: this run has grades of single responses, and no comparisons",
            self.path().display()
        ))
        .hint("name a run whose rubric compares responses"))
    }

    /// Opens a run file as it is on the disk, to look at it without any effect on a process that writes it: it is
    /// neither locked nor written, and nothing is created beside it. What such a process has not moved into the file
    /// yet is not seen.
    ///
    /// # Errors
    ///
    /// As for [`RunFile::open`].
    pub fn open_snapshot(path: &Path) -> Result<Self> {
        Self::open_any_snapshot(path)?.of_comparisons()
    }

    /// As [`RunFile::open_snapshot`], whether its rubric compares responses or grades them.
    pub(crate) fn open_any_snapshot(path: &Path) -> Result<Self> {
        Self::of(Database::read_snapshot(path)?, path)
    }

    fn of(database: Database, path: &Path) -> Result<Self> {
        let manifest = database.manifest()?;
        let asked = database.judges()?;
        let rubric = manifest.loaded_rubric(path)?;
        let judges = asked.clone();
        let run = Self { database, manifest, judges, asked, decider: None, rubric, selected: None };
        run.of_cascade()
    }

    /// Opens a run file that may contain no run yet, since the process that created it may have been killed;
    /// `None` if it contains none.
    ///
    /// # Errors
    ///
    /// As for [`RunFile::open`].
    pub fn open_if_started(path: &Path) -> Result<Option<Self>> {
        if Database::is_empty(path)? { Ok(None) } else { Self::open(path).map(Some) }
    }

    /// As [`RunFile::open_if_started`], whether its rubric compares responses or grades them.
    pub(crate) fn open_any_if_started(path: &Path) -> Result<Option<Self>> {
        if Database::is_empty(path)? { Ok(None) } else { Self::open_any(path).map(Some) }
    }

    /// Returns the path of the run file.
    pub fn path(&self) -> &Path {
        self.database.path()
    }

    /// Returns the provenance of the run.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Returns the judges whose verdicts are read, with their rows and the profiles of their servers, in the order they
    /// were given. Of a [cascade](Self::cascade) that is one, which stands for both judges; see
    /// [`RunFile::asked_judges`].
    pub fn judges(&self) -> &[StoredJudge] {
        &self.judges
    }

    /// Returns the index of a judge in [`RunFile::judges`] by its name.
    ///
    /// # Errors
    ///
    /// There is no such judge; the hint names those that there are.
    pub fn judge_named(&self, name: &str) -> Result<usize> {
        let mut names = self.judges.iter().map(|judge| judge.record.name.as_str());
        names.position(|known| known == name).ok_or_else(|| self.unknown_judge(name))
    }

    /// Returns the rubric that replies are read with.
    pub fn rubric(&self) -> &Rubric {
        &self.rubric.rubric
    }

    /// Returns the text of the rubric that replies are read with.
    pub fn rubric_text(&self) -> &str {
        &self.rubric.text
    }

    /// Returns the models that a judge's server named in its replies, the most frequent first.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn served_models(&self, judge: &str) -> Result<Vec<ServedModel>> {
        self.database.served_models(judge)
    }

    /// Returns the rubric with its prompts.
    pub(crate) fn loaded_rubric(&self) -> &LoadedRubric {
        &self.rubric
    }

    /// Returns the systems that the run compares, in byte order.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn systems(&self) -> Result<Vec<String>> {
        self.database.systems()
    }

    /// Returns the numbers of items and of comparisons.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn size(&self) -> Result<(u64, u64)> {
        let count = |table: &str| self.database.count(&format!("SELECT count(*) FROM {table}"));
        Ok((count("item")?, count("comparison")?))
    }

    /// Returns one item of the run by its id.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn item(&self, id: &str) -> Result<Option<Item>> {
        self.database.item(id)
    }

    /// Reads replies with another rubric from now on.
    ///
    /// # Errors
    ///
    /// A stored reply answers a request that this rubric does not make; the message names its item. Or one of the rubrics
    /// compares and the other one grades.
    pub fn use_rubric(&mut self, rubric: LoadedRubric) -> Result<()> {
        if rubric.rubric.scale.is_some() != self.rubric.rubric.scale.is_some() {
            let [this, that] = match rubric.rubric.scale {
                Some(_) => ["grades single responses", "compares them"],
                None => ["compares responses", "grades single ones"],
            };
            return Err(Error::input(format!(
                "{}: this rubric {this}, and the run {that}",
                rubric.path.display()
            ))
            .hint("replies can be read anew with a rubric of the same mode"));
        }
        self.check_requests(&rubric)?;
        self.rubric = rubric;
        Ok(())
    }

    /// Checks that a rubric and its prompt make the requests that the stored replies answer.
    ///
    /// # Errors
    ///
    /// A stored reply answers another request; the message names its item.
    pub fn check_requests(&self, rubric: &LoadedRubric) -> Result<()> {
        if rendering_digest(rubric) == self.manifest.rendering {
            return Ok(());
        }
        let prompt = Arc::new(Prompt::compile(rubric)?);
        let judges: Vec<(i64, RequestRenderer)> = self
            .asked
            .iter()
            .map(|judge| (judge.row, RequestRenderer::new(&judge.record, rubric, &prompt)))
            .collect();
        let path = self.database.path();
        self.database.comparisons(None, false, |stored| {
            if stored.attempts.is_empty() {
                return Ok(());
            }
            let item = self.item(&stored.id)?.ok_or_else(|| {
                Error::input(format!(
                    "{}: item {} is missing from the run file",
                    path.display(),
                    stored.id
                ))
            })?;
            self.check_responses(&item, &stored.between)?;
            let subject = self.subject(item.into(), stored.between);
            for (row, renderer) in &judges {
                for order in Order::BOTH {
                    let digests = stored.attempts.iter().filter_map(|attempt| {
                        let here = attempt.key.judge == *row && attempt.key.order == order;
                        here.then_some(attempt.request)
                    });
                    let digests: Vec<[u8; 32]> = digests.collect();
                    if digests.is_empty() {
                        continue;
                    }
                    let request = renderer.render(&subject, order)?;
                    if digests.iter().any(|stored| *stored != request.digest) {
                        return Err(rubric_differs(path, &self.rubric, rubric, &stored.id));
                    }
                }
            }
            Ok(())
        })
    }

    /// Returns the rows of the subjects of a planned item; `None` for one that the run does not contain.
    ///
    /// # Errors
    ///
    /// The text of the item is not the stored one, or the file cannot be read.
    pub fn rows_of(&self, planned: &PlannedItem) -> Result<Vec<Option<i64>>> {
        let Some((item, digest)) = self.database.item_digest(&planned.item.id)? else {
            return Ok(vec![None; planned.subjects.len()]);
        };
        if digest != planned.digest {
            self.database.check_unchanged(&planned.item)?;
        }
        let subjects = planned.subjects.iter();
        let systems = subjects.map(|(_, subject)| subject.systems().map(ToOwned::to_owned));
        systems.map(|systems| self.database.comparison(item, &systems)).collect()
    }

    /// Adds the rows of those comparisons of the run for which an item of a file has both responses.
    pub(crate) fn add_rows_of(&self, item: &Item, rows: &mut RowSet) -> Result<()> {
        self.database.add_rows_of(item, rows)
    }

    /// Returns how many comparisons the run has.
    pub(crate) fn comparison_count(&self) -> Result<u64> {
        self.database.comparison_count()
    }

    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    /// Returns those of the next comparisons after a row that are in `wanted`, with the attempts of one judge
    /// at any of them, sorted by comparison; `None` at the end.
    pub(crate) fn page_after(
        &self,
        after: i64,
        wanted: &RowSet,
        judge: i64,
    ) -> Result<Option<(ComparisonPage, Vec<Attempt>)>> {
        let Some(page) = self.database.comparisons_after(after, Some(wanted))? else {
            return Ok(None);
        };
        let attempts = self.database.attempts(after + 1..=page.last, judge)?;
        Ok(Some((page, attempts)))
    }

    /// Returns one comparison by its row, with the attempts of one judge at it; `None` if there is none.
    pub(crate) fn comparison_at(
        &self,
        row: i64,
        judge: i64,
    ) -> Result<Option<(ComparisonRow, Vec<Attempt>)>> {
        let Some(found) = self.database.comparison_at(row)? else { return Ok(None) };
        Ok(Some((found, self.attempts_at(row, judge)?)))
    }

    /// Returns the attempts of one judge at one comparison, trial by trial in the order they were made.
    pub(crate) fn attempts_at(&self, comparison: i64, judge: i64) -> Result<Vec<Attempt>> {
        self.database.attempts(comparison..=comparison, judge)
    }

    /// Calls `each` for every stored reply with its request, its trial, whether it was requested by a JSON
    /// schema, and the item's id.
    pub(crate) fn for_each_reply(
        &self,
        each: impl FnMut(&[u8; 32], TrialKey, bool, &str),
    ) -> Result<()> {
        self.database.replies(each)
    }

    /// Decodes the item of a pair and checks that it has the pair's responses.
    pub(crate) fn decode_item(&self, pair: &ComparisonRow) -> Result<Item> {
        let item = self.database.decode_item(&pair.json)?;
        self.check_responses(&item, &pair.between)?;
        Ok(item)
    }

    /// Checks that a stored item has the responses that a comparison needs.
    pub(crate) fn check_responses(&self, item: &Item, between: &[String; 2]) -> Result<()> {
        if has_responses(item, between) {
            return Ok(());
        }
        Err(self.database.damaged_item(&item.id))
    }

    /// Returns what is judged in a row with these systems.
    pub(crate) fn subject(&self, item: Arc<Item>, between: [String; 2]) -> Subject {
        match (self.rubric.rubric.scale.is_some(), between) {
            (false, between) => Subject::Comparison(Comparison { item, between }),
            (true, [system, _]) => Subject::Response(SystemResponse { item, system }),
        }
    }

    /// Returns what the run may have cost so far, in USD, over all its invocations. A request whose cost is
    /// unknown counts with its worst case. A reply that was stored before its judge had a price counts with
    /// `price`.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn cost(&self, price: impl Fn(&str) -> Option<Price>) -> Result<f64> {
        self.database.cost(&self.asked, price)
    }

    /// Returns whether the run has a reply of any kind.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn has_reply(&self) -> Result<bool> {
        self.database.has_reply()
    }

    /// Returns whether the run has a reply of any kind, a request that may have been charged, or a batch whose answers are
    /// not stored yet.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn has_replies_or_cost(&self) -> Result<bool> {
        Ok(self.database.has_replies_or_cost()? || !self.open_batches()?.is_empty())
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
