//! What a run of grades is: its rubric with the scale, its judges, its systems, and when it was begun.

use std::collections::{BTreeSet, HashSet};
use std::time::{Duration, UNIX_EPOCH};

use serde::Serialize;

use crate::calibration::Part;
use crate::error::Result;
use crate::input::{Criterion, Scale};
use crate::overview::run_description::JudgeDescription;
use crate::store::{GradeRun, RunFile};

/// What a run of grades is.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GradeRunDescription {
    /// The run file.
    pub file: String,
    /// When the run was begun, in RFC 3339.
    pub begun: String,
    /// The version of the program that began it.
    pub begun_by: String,
    /// The rubric that the replies were read with.
    pub rubric: GradeRubricDescription,
    /// The seed that decides which direction is asked first.
    pub seed: u64,
    /// How often each direction of the scale was asked.
    pub repeat: u32,
    /// The systems whose responses were graded, in byte order.
    pub systems: Vec<String>,
    /// The items that the numbers are about.
    pub items: u64,
    /// The responses that the numbers are about.
    pub responses: u64,
    /// How these were selected; left out where they are the whole run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub selection: Vec<String>,
    /// The half of the items that the numbers are about; `None` for both.
    pub part: Option<Part>,
    /// The judges of the run.
    pub judges: Vec<JudgeDescription>,
}

/// What a rubric that grades asks for.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GradeRubricDescription {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The question to the judge; `None` if it was redacted.
    pub description: Option<String>,
    /// The grades that it allows; without descriptions if it was redacted.
    pub scale: Scale,
    /// How grades are read from replies: `json` or `pattern`.
    pub format: &'static str,
    /// The named aspects, in the order in which they are asked.
    pub criteria: Vec<GradeCriterionDescription>,
    /// The BLAKE3 digest of the rubric file, in hexadecimal.
    pub digest: String,
    /// A digest of all that the requests depend on: rubric, prompts, and what they render to.
    pub requests: String,
}

/// One named aspect of a rubric that grades.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GradeCriterionDescription {
    /// Its name.
    pub name: String,
    /// What is asked; `None` if it was redacted.
    pub description: Option<String>,
    /// How much it counts where the grade is computed from those on the criteria; `None` where the judge gives it.
    pub weight: Option<f64>,
}

impl GradeRunDescription {
    /// Describes a run as far as it is selected.
    ///
    /// # Errors
    ///
    /// The run cannot be read.
    pub(super) fn of(run: &GradeRun, part: Option<Part>, selection: &[String]) -> Result<Self> {
        let file = run.file();
        let (mut systems, mut items, mut responses) = (BTreeSet::new(), HashSet::new(), 0);
        file.rows_where(|response| {
            let system = &response.between[0];
            if !systems.contains(system) {
                systems.insert(system.clone());
            }
            items.insert(response.item);
            responses += 1;
            false
        })?;
        let manifest = file.manifest();
        let begun = UNIX_EPOCH + Duration::from_secs(manifest.created);
        let judges = file.judges().iter().map(|judge| JudgeDescription::of(file, judge));
        Ok(Self {
            file: file.path().display().to_string(),
            begun: humantime::format_rfc3339_seconds(begun).to_string(),
            begun_by: manifest.evenhand.clone(),
            rubric: GradeRubricDescription::of(file, run.scale()),
            seed: manifest.seed,
            repeat: manifest.repeat,
            systems: systems.into_iter().collect(),
            items: items.len() as u64,
            responses,
            selection: selection.to_vec(),
            part,
            judges: judges.collect::<Result<_>>()?,
        })
    }
}

impl GradeRubricDescription {
    fn of(run: &RunFile, scale: &Scale) -> Self {
        let rubric = run.rubric();
        let criterion =
            |Criterion { name, description, weight, .. }: &Criterion| GradeCriterionDescription {
                name: name.clone(),
                description: Some(description.clone()),
                weight: *weight,
            };
        Self {
            name: rubric.name.clone(),
            version: rubric.version.clone(),
            description: Some(rubric.description.clone()),
            scale: scale.clone(),
            format: rubric.reply.name(),
            criteria: rubric.criteria.iter().map(criterion).collect(),
            digest: blake3::hash(run.rubric_text().as_bytes()).to_hex().to_string(),
            requests: run.manifest().rendering.clone(),
        }
    }
}
