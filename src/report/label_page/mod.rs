//! Pages for labels.

mod owner;

pub use owner::owner_page;
/// Stub.
pub fn served_label_page(
    question: &crate::labelling::Question,
    annotator: &str,
) -> crate::error::Result<String> {
    Ok(format!("<html>{annotator} {}", question.text))
}
/// Stub.
pub fn exported_label_page(export: &ExportedForm) -> crate::error::Result<String> {
    Ok(format!("{} {:?}", export.annotator, export.tasks))
}
/// Stub.
pub fn task_json(task: &crate::labelling::ShownTask) -> crate::error::Result<serde_json::Value> {
    Ok(
        serde_json::json!({"prompt": format!("{:?}", task.prompt), "left": format!("{:?}", task.left), "right": format!("{:?}", task.right), "answer": task.answer}),
    )
}
/// Stub.
#[derive(Debug)]
pub struct ExportedForm {
    /// a
    pub annotator: String,
    /// a
    pub question: crate::labelling::Question,
    /// a
    pub tasks: Vec<serde_json::Value>,
    /// a
    pub form: String,
    /// a
    pub seal_key: String,
}
