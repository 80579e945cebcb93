//! Where the numbers of a calibration come from, so that they can be checked and made again.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::error::Result;
use crate::store::{RunFile, ServedModel};

/// Where the numbers of a calibration come from.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Provenance {
    /// The run file.
    pub run: String,
    /// When the run was begun, in RFC 3339. A run file records no other time, so it is not known when it was resumed.
    pub begun: String,
    /// The version of the program that began it.
    pub begun_by: String,
    /// The version of this program.
    pub calibrated_by: &'static str,
    /// The rubric that the replies were read with.
    pub rubric: RubricProvenance,
    /// The judges of the run.
    pub judges: Vec<JudgeProvenance>,
    /// The label file.
    pub labels: LabelProvenance,
    /// The seed of the orders.
    pub seed: u64,
    /// How often each order was asked.
    pub repeat: u32,
}

/// A rubric, by its digest.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RubricProvenance {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The BLAKE3 digest of the rubric file, in hexadecimal.
    pub digest: String,
    /// A digest of all that the requests depend on: rubric, prompts, and what they render to.
    pub requests: String,
}

/// A judge, and the models that answered for it.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct JudgeProvenance {
    /// Its name.
    pub name: String,
    /// The model that was asked for.
    pub model: String,
    /// The models that the server named in its replies.
    pub served: Vec<ServedModel>,
}

/// A label file, by its digest.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct LabelProvenance {
    /// The file.
    pub file: String,
    /// The BLAKE3 digest of it, in hexadecimal; `None` for a pipe, which cannot be read again.
    pub digest: Option<String>,
}

impl Provenance {
    /// Returns where the numbers of a run and a label file come from.
    ///
    /// # Errors
    ///
    /// The run cannot be read.
    pub(crate) fn of(run: &RunFile, label_file: &Path) -> Result<Self> {
        let manifest = run.manifest();
        let begun = UNIX_EPOCH + Duration::from_secs(manifest.created);
        let judges = run.asked_judges().iter().map(|judge| {
            Ok(JudgeProvenance {
                name: judge.record.name.clone(),
                model: judge.record.model.clone(),
                served: run.served_models(&judge.record.name)?,
            })
        });
        Ok(Self {
            run: run.path().display().to_string(),
            begun: rfc_3339(begun),
            begun_by: manifest.evenhand.clone(),
            calibrated_by: env!("CARGO_PKG_VERSION"),
            rubric: RubricProvenance {
                name: run.rubric().name.clone(),
                version: run.rubric().version.clone(),
                digest: blake3::hash(run.rubric_text().as_bytes()).to_hex().to_string(),
                requests: manifest.rendering.clone(),
            },
            judges: judges.collect::<Result<_>>()?,
            labels: LabelProvenance {
                file: label_file.display().to_string(),
                digest: digest_of_file(label_file),
            },
            seed: manifest.seed,
            repeat: manifest.repeat,
        })
    }
}

fn rfc_3339(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

/// Returns the digest of a regular file; `None` where there is none that can be read.
fn digest_of_file(path: &Path) -> Option<String> {
    let file = path.is_file().then(|| File::open(path).ok())??;
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file).ok()?;
    Some(hasher.finalize().to_hex().to_string())
}
