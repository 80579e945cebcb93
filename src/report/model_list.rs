//! The models that can be fetched, for people and for programs.

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

use super::columns::wrap;
use super::escape::for_terminal;
use super::quantities::{bytes, count, counted};
use crate::models::{Manifest, Model, ModelCache, ModelState};

const WIDTH: usize = 80;

/// Returns the models of a manifest as text, with what a cache has of them.
pub fn model_table(manifest: &Manifest, cache: &ModelCache) -> String {
    let mut lines = Vec::new();
    let mut installed = 0;
    for model in manifest.models() {
        let state = cache.state(model);
        installed += u64::from(matches!(state, ModelState::Installed(_)));
        lines.extend(model_lines(model, &state));
        lines.push(String::new());
    }
    let models = counted(manifest.models().len() as u64, "model");
    let folder = cache.folder().display().to_string();
    lines.push(format!("{models}, {} installed", count(installed)));
    lines.push(format!("folder: {}", for_terminal(&folder, false)));
    lines.join("\n") + "\n"
}

/// Returns the lines about one model: its name as it is typed and its state, what it is for, what it is, and where.
fn model_lines(model: &Model, state: &ModelState) -> Vec<String> {
    let shown = match state {
        ModelState::Installed(_) => "installed".to_owned(),
        ModelState::Damaged(_) => "damaged".to_owned(),
        ModelState::Partial(done) => {
            format!("{} % fetched", done.saturating_mul(100) / model.size().max(1))
        }
        ModelState::Absent => "not installed".to_owned(),
    };
    let gap = WIDTH.saturating_sub(model.name.width() + shown.width()).max(2);
    let mut lines = vec![format!("{}{:gap$}{shown}", model.name, "")];
    let files = counted(model.files.len() as u64, "file");
    let what = [bytes(model.size()), files, model.licence.clone()].into_iter();
    let what = what.chain(model.hub.as_ref().map(|hub| hub.repository.clone()));
    lines.push(format!("  {}", model.purpose));
    lines.push(format!("  {}", what.collect::<Vec<_>>().join(", ")));
    match state {
        // The path is never shortened, since it is copied into commands.
        ModelState::Installed(path) => {
            lines.push(format!("  {}", for_terminal(&path.display().to_string(), false)));
        }
        ModelState::Damaged(damage) => {
            let damage = for_terminal(damage, false);
            lines.extend(wrap(&damage, WIDTH - 2).into_iter().map(|line| format!("  {line}")));
        }
        ModelState::Partial(_) | ModelState::Absent => {}
    }
    lines
}

/// Returns the models of a manifest as JSON, with what a cache has of them.
pub fn model_list_json(manifest: &Manifest, cache: &ModelCache) -> Value {
    let models = manifest.models().iter().map(|model| model_json(model, &cache.state(model)));
    json!({ "models": models.collect::<Vec<_>>(), "folder": cache.folder().display().to_string() })
}

fn model_json(model: &Model, state: &ModelState) -> Value {
    let (name, path, fetched) = match state {
        ModelState::Installed(path) => {
            ("installed", Some(path.display().to_string()), model.size())
        }
        ModelState::Damaged(_) => ("damaged", None, 0),
        ModelState::Partial(done) => ("partial", None, *done),
        ModelState::Absent => ("absent", None, 0),
    };
    json!({
        "model": model.name,
        "kind": model.kind,
        "purpose": model.purpose,
        "licence": model.licence,
        "bytes": model.size(),
        "state": name,
        "path": path,
        "fetched_bytes": fetched,
        "problem": match state {
            ModelState::Damaged(damage) => Some(damage),
            _ => None,
        },
        "hub": model.hub.as_ref().map(|hub| {
            json!({ "repository": hub.repository, "revision": hub.revision })
        }),
        "package": model.package.as_ref().map(|package| {
            json!({ "name": package.name, "version": package.version })
        }),
        "files": model.files.iter().map(|file| {
            json!({ "name": file.name, "bytes": file.size, "sha256": file.sha256.to_string() })
        }).collect::<Vec<_>>(),
    })
}
