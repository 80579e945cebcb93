//! The page itself: the template with style and script, and the data of a file that needs no server.

use std::sync::LazyLock;

use minijinja::{Value as TemplateValue, context};
use serde_json::{Value, json};

use crate::error::Result;
use crate::labelling::Question;
use crate::report::html::{Requests, embedded_json, embedded_packed, policy, render_plain};

const TEMPLATE: &str = include_str!("page.j2");
/// The look of all pages, and then that of this one.
static STYLE: LazyLock<String> =
    LazyLock::new(|| format!("{}\n{}", include_str!("../html/page.css"), include_str!("page.css")));
const SCRIPT: &str = concat!(
    include_str!("../html/dom.js"),
    include_str!("content.js"),
    include_str!("seal.js"),
    include_str!("stores.js"),
    include_str!("clock.js"),
    include_str!("notices.js"),
    include_str!("remarks.js"),
    include_str!("kinds.js"),
    include_str!("keys.js"),
    include_str!("label.js"),
);
/// How many comparisons are compressed together.
const CHUNK_SIZE: usize = 20;

/// The form of one annotator, for a page that needs no server.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedForm {
    /// Who is to label.
    pub annotator: String,
    /// What is asked about every comparison.
    pub question: Question,
    /// The comparisons in the order of their places, each made by [`task_json`](super::task_json).
    pub tasks: Vec<Value>,
    /// The digest of the form: it says to which form answers belong.
    pub form: [u8; 32],
    /// The key of the seal of the answers.
    pub seal_key: [u8; 32],
}

/// Returns the page of an annotator that gets tasks from the server that it came from, and gives it the answers.
///
/// # Errors
///
/// The page cannot be rendered.
pub fn served_label_page(question: &Question, annotator: &str) -> Result<String> {
    let about = json!({ "mode": "served", "annotator": annotator, "question": question });
    page(&embedded_json("eh-about", &about), question, Requests::OwnServer)
}

/// Returns the page of an annotator as a file of its own, which keeps the answers in the browser and saves them as a
/// file.
///
/// # Errors
///
/// The page cannot be rendered.
pub fn exported_label_page(export: &ExportedForm) -> Result<String> {
    let ExportedForm { annotator, question, tasks, form, seal_key } = export;
    let hex = |bytes: &[u8; 32]| blake3::Hash::from_bytes(*bytes).to_hex().to_string();
    let about = json!({
        "mode": "exported",
        "annotator": annotator,
        "question": question,
        "form": hex(form),
        "seal_key": hex(seal_key),
        "total": tasks.len(),
        "chunk_size": CHUNK_SIZE,
    });
    let mut data = embedded_json("eh-about", &about);
    for (number, chunk) in tasks.chunks(CHUNK_SIZE).enumerate() {
        data.push_str(&embedded_packed(&format!("eh-tasks-{number}"), &chunk)?);
    }
    page(&data, question, Requests::None)
}

fn page(data: &str, question: &Question, requests: Requests) -> Result<String> {
    let context = context! {
        policy => TemplateValue::from_safe_string(policy(&STYLE, SCRIPT, requests)),
        style => TemplateValue::from_safe_string(STYLE.clone()),
        version => env!("CARGO_PKG_VERSION"),
        graded => question.scale.is_some(),
    };
    let head = render_plain(TEMPLATE, context)?;
    Ok(format!("{head}{data}<script>{SCRIPT}</script>\n</body>\n</html>\n"))
}
