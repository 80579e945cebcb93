//! The cases of a page as compressed data in it.
//!
//! The page's script decompresses a chunk of cases when one of them is opened, so that a page with many thousand
//! cases opens quickly. What filters and sorting need is apart from the texts, in an index of columns.
//!
//! ```text
//! PageCase ┬ CaseIndex (columns) ─embedded→ <script id="eh-cases-index">
//!          └ view ─chunks, embedded→ <script id="eh-cases-0">, <script id="eh-cases-1">, …
//! ```

use serde_json::{Value, json};

use super::case_index::CaseIndex;
use super::embedded::{embedded_json, embedded_packed};
use super::page_case::PageCase;
use crate::cases::{Cases, GradeCases};
use crate::diff::{ComparedGrades, ComparedRuns};
use crate::error::Result;
use crate::overview::Redaction;
use crate::store::JudgeChoice;

/// How many cases are compressed together: fewer make the page larger, more make a case slower to open.
const CHUNK_SIZE: usize = 100;

/// What a case is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum CaseUnit {
    /// Two responses that were compared.
    #[default]
    Comparison,
    /// A response that was graded.
    Response,
}

/// The cases of a page, compressed.
#[derive(Default)]
pub(super) struct CasesData {
    pub(super) unit: CaseUnit,
    /// What the form of filters is made of.
    pub(super) index: CaseIndex,
    /// The judges of a jury; empty for one judge.
    pub(super) judges: Vec<String>,
    /// Each is the text of its element.
    chunks: Vec<String>,
    chunk: Vec<Value>,
}

impl CasesData {
    /// Reads and compresses the cases of a run; with a redaction, without texts.
    ///
    /// # Errors
    ///
    /// The run cannot be read.
    pub(super) fn read(cases: &Cases, redaction: Option<&Redaction>) -> Result<Self> {
        let mut data = Self::default();
        if matches!(cases.judge(), JudgeChoice::Jury) {
            let judges = cases.run().judges().iter();
            data.judges = judges.map(|judge| judge.record.name.clone()).collect();
        }
        cases.for_each(|case| data.add(PageCase::of(cases, &case, redaction)))?;
        data.end_chunk()?;
        Ok(data)
    }

    /// Reads and compresses the graded responses of a run; with a redaction, without texts.
    ///
    /// # Errors
    ///
    /// The run cannot be read.
    pub(super) fn read_grades(cases: &GradeCases, redaction: Option<&Redaction>) -> Result<Self> {
        let mut data = Self { unit: CaseUnit::Response, ..Self::default() };
        if cases.judge() == JudgeChoice::Jury {
            let judges = cases.run().file().judges().iter();
            data.judges = judges.map(|judge| judge.record.name.clone()).collect();
        }
        cases.for_each(|case| data.add(PageCase::of_grade(cases, &case, redaction)))?;
        data.end_chunk()?;
        Ok(data)
    }

    /// Reads and compresses the first `limit` comparisons of two runs.
    ///
    /// # Errors
    ///
    /// A run cannot be read.
    pub(super) fn read_changes(compared: &ComparedRuns, limit: u64) -> Result<Self> {
        let mut data = Self::default();
        compared.for_each_case(limit, |case| data.add(PageCase::of_change(compared, &case)))?;
        data.end_chunk()?;
        Ok(data)
    }

    /// Reads and compresses the first `limit` responses of two runs of grades.
    ///
    /// # Errors
    ///
    /// A run cannot be read.
    pub(super) fn read_changed_grades(compared: &ComparedGrades, limit: u64) -> Result<Self> {
        let mut data = Self { unit: CaseUnit::Response, ..Self::default() };
        compared
            .for_each_case(limit, |case| data.add(PageCase::of_changed_grade(compared, &case)))?;
        data.end_chunk()?;
        Ok(data)
    }

    /// Adds a case; after the last one, [`CasesData::end_chunk`] must be called.
    pub(super) fn add(&mut self, case: PageCase) -> Result<()> {
        self.index.add(&case);
        self.chunk.push(case.view);
        if self.chunk.len() == CHUNK_SIZE { self.end_chunk() } else { Ok(()) }
    }

    /// Compresses the cases that are in no chunk yet.
    pub(super) fn end_chunk(&mut self) -> Result<()> {
        if !self.chunk.is_empty() {
            let id = format!("eh-cases-{}", self.chunks.len());
            self.chunks.push(embedded_packed(&id, &self.chunk)?);
            self.chunk.clear();
        }
        Ok(())
    }

    /// Returns how many bytes the compressed cases have in the page.
    pub(super) fn bytes(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.len() as u64).sum()
    }

    /// Returns the elements of the page that hold the data.
    ///
    /// # Errors
    ///
    /// The index cannot be compressed.
    pub(super) fn elements(&self) -> Result<Vec<String>> {
        let index = &self.index;
        let about = json!({
            "chunk_size": CHUNK_SIZE,
            "pairs": index.pairs.values,
            "systems": index.preferences(),
            "states": index.states.values,
            "verdicts": index.verdicts.values,
            "people": index.people.values,
            "criteria": index.criteria.values,
        });
        let mut elements = vec![embedded_json("eh-cases-about", &about)];
        elements.push(embedded_packed("eh-cases-index", &index.columns)?);
        elements.extend(self.chunks.iter().cloned());
        Ok(elements)
    }
}
