//! A run of grades: a run file whose rubric grades single responses.
//!
//! It has the tables of a run of comparisons: a graded response is a comparison without a second system, and the order
//! says in which direction the steps of the scale were shown. Everything that does not depend on what is judged, such
//! as the manifest, the judges and the costs, is asked of [`GradeRun::file`].

use std::collections::BTreeMap;
use std::path::Path;

use super::attempt::Attempt;
use super::comparison_queries::StoredComparison;
use super::manifest::StoredJudge;
use super::planned_item::TaggedItem;
use super::records::{OrderRecord, take_orders};
use super::row_set::RowSet;
use super::run_file::RunFile;
use crate::error::{Error, Result};
use crate::input::{Item, LoadedRubric, Rubric, Scale};
use crate::verdict::{GradeVerdict, jury_grade, reconcile_grades};
use crate::vote::GradeReading;

/// What one judge said about a response.
#[derive(Debug)]
pub struct GradeRecord {
    /// The grade, reconciled from both directions of the scale.
    pub verdict: GradeVerdict,
    /// Both directions of the scale, that of the rubric first; a jury has none.
    pub orders: Vec<OrderRecord<GradeReading>>,
}

/// One response with the grades of all judges, in the order of [`RunFile::judges`].
#[derive(Debug)]
pub struct GradedResponse {
    /// Its row in the run file.
    pub row: i64,
    /// The row of its item.
    pub item: i64,
    /// The item's id.
    pub id: String,
    /// The system that gave the response.
    pub system: String,
    /// What each judge said.
    pub judged: Vec<GradeRecord>,
}

impl GradedResponse {
    /// Returns the grade of all judges together.
    pub fn jury(&self) -> GradeRecord {
        let verdicts: Vec<GradeVerdict> = self.judged.iter().map(|record| record.verdict).collect();
        GradeRecord { verdict: jury_grade(&verdicts), orders: Vec::new() }
    }
}

/// A run of grades, opened for reading.
#[derive(Debug)]
pub struct GradeRun {
    file: RunFile,
    scale: Scale,
}

impl GradeRun {
    /// Opens a run of grades for reading. A run that is being written can be read too.
    ///
    /// # Errors
    ///
    /// As for [`RunFile::open`]; or the run compares responses.
    pub fn open(path: &Path) -> Result<Self> {
        Self::of(RunFile::open_any(path)?)
    }

    /// Returns a run as one of grades.
    ///
    /// # Errors
    ///
    /// It compares responses.
    pub fn of(file: RunFile) -> Result<Self> {
        match file.rubric().scale.clone() {
            Some(scale) => Ok(Self { file, scale }),
            None => Err(Error::input(format!(
                "{}: this run compares responses, and has no grades",
                file.path().display()
            ))
            .hint("name a run whose rubric has mode = \"grade\"")),
        }
    }

    /// Returns the run file.
    pub fn file(&self) -> &RunFile {
        &self.file
    }

    /// Returns the run file, to select what is read of it.
    pub fn file_mut(&mut self) -> &mut RunFile {
        &mut self.file
    }

    /// Returns the run file, no longer known to be one of grades.
    pub fn into_file(self) -> RunFile {
        self.file
    }

    /// Returns the scale of the rubric that replies are read with.
    pub fn scale(&self) -> &Scale {
        &self.scale
    }

    /// Reads replies with another rubric from now on.
    ///
    /// # Errors
    ///
    /// As for [`RunFile::use_rubric`].
    pub fn use_rubric(&mut self, rubric: LoadedRubric) -> Result<()> {
        self.file.use_rubric(rubric)?;
        if let Some(scale) = self.file.rubric().scale.clone() {
            self.scale = scale;
        }
        Ok(())
    }

    /// Calls `read` with this run, restricted to the responses in `rows`; afterwards the run reads what it read before.
    ///
    /// # Errors
    ///
    /// Whatever `read` returns.
    pub fn within<T>(&mut self, rows: RowSet, read: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        let before = self.file.selected.clone();
        self.file.select(rows);
        let result = read(self);
        self.file.selected = before;
        result
    }

    /// Reads the replies about every selected response on all processors and calls `each` with each response, in the
    /// order of the plan, in constant memory.
    ///
    /// # Errors
    ///
    /// The file cannot be read, and whatever `each` returns.
    pub fn for_each(&self, mut each: impl FnMut(GradedResponse) -> Result<()>) -> Result<()> {
        let (rubrics, judges) = (self.file.rubrics(), self.file.judges());
        let repeat = self.file.manifest().repeat;
        let read = |stored| graded_response(stored, judges, &rubrics, repeat);
        self.file.map_comparisons(false, read, &mut each)
    }

    /// Calls `each` with every selected response and the tags of its item, like [`GradeRun::for_each`].
    ///
    /// # Errors
    ///
    /// The file cannot be read, an item in it is damaged, and whatever `each` returns.
    pub fn for_each_with_tags(
        &self,
        mut each: impl FnMut(GradedResponse, BTreeMap<String, String>) -> Result<()>,
    ) -> Result<()> {
        self.for_each_decoded(|record, item: TaggedItem| each(record, item.tags))
    }

    /// Calls `each` with every selected response and its item, like [`GradeRun::for_each`].
    ///
    /// # Errors
    ///
    /// The file cannot be read, an item in it is damaged, and whatever `each` returns.
    pub fn for_each_with_item(
        &self,
        mut each: impl FnMut(GradedResponse, Item) -> Result<()>,
    ) -> Result<()> {
        self.for_each_decoded(|record, item: Item| {
            self.file.check_responses(&item, &[record.system.clone(), String::new()])?;
            each(record, item)
        })
    }

    /// Returns one response with what all judges said of it, and its item.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or has no such item.
    pub(crate) fn response_with_item(
        &self,
        row: i64,
        id: &str,
        system: &str,
    ) -> Result<(GradedResponse, Item)> {
        let file = &self.file;
        let found = file.database().item_digest(id)?.zip(file.item(id)?);
        let ((item_row, _), item) = found.ok_or_else(|| {
            let path = file.path().display();
            Error::input(format!("{path}: item {id} is missing from the run file"))
        })?;
        file.check_responses(&item, &[system.to_owned(), String::new()])?;
        let repeat = file.manifest().repeat;
        let mut judged = Vec::with_capacity(file.judges().len());
        for (judge, rubric) in file.judges().iter().zip(file.rubrics()) {
            let mut attempts = file.attempts_at(row, judge.row)?;
            judged.push(take_grade_record(&mut attempts, judge.row, &rubric, repeat));
        }
        let (id, system) = (id.to_owned(), system.to_owned());
        Ok((GradedResponse { row, item: item_row, id, system, judged }, item))
    }

    fn for_each_decoded<I: serde::de::DeserializeOwned + Send>(
        &self,
        mut each: impl FnMut(GradedResponse, I) -> Result<()>,
    ) -> Result<()> {
        let (rubrics, judges) = (self.file.rubrics(), self.file.judges());
        let repeat = self.file.manifest().repeat;
        let read = |stored: StoredComparison| {
            let item = serde_json::from_str(stored.json.as_deref().unwrap_or_default());
            (graded_response(stored, judges, &rubrics, repeat), item)
        };
        let mut each_decoded = |(record, item): (_, serde_json::Result<I>)| {
            each(record, item.map_err(|error| self.file.database().damaged("item", error))?)
        };
        self.file.map_comparisons(true, read, &mut each_decoded)
    }
}

fn graded_response(
    stored: StoredComparison,
    judges: &[StoredJudge],
    rubrics: &[Rubric],
    repeat: u32,
) -> GradedResponse {
    let StoredComparison { row, item, id, between: [system, _], mut attempts, .. } = stored;
    let records = judges
        .iter()
        .zip(rubrics)
        .map(|(judge, rubric)| take_grade_record(&mut attempts, judge.row, rubric, repeat));
    GradedResponse { row, item, id, system, judged: records.collect() }
}

/// Removes the attempts of one judge from those at a response and reads its grade from them.
fn take_grade_record(
    attempts: &mut Vec<Attempt>,
    judge: i64,
    rubric: &Rubric,
    repeat: u32,
) -> GradeRecord {
    let orders = take_orders(attempts, judge, rubric, repeat);
    let verdict = reconcile_grades(orders[0].ballot, orders[1].ballot);
    GradeRecord { verdict, orders: orders.into() }
}
