//! What assistive technology knows of a page.

use serde_json::Value;

/// An element as a screen reader knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccessibleNode {
    /// What it is, such as `heading`, `button`, `image` or `rowheader`.
    pub(crate) role: String,
    /// What it is called.
    pub(crate) name: String,
    /// What is said of it besides.
    pub(crate) description: String,
    /// Whether it can have the focus.
    pub(crate) is_focusable: bool,
}

impl AccessibleNode {
    /// Returns the nodes of a tree that are not ignored, in its order.
    pub(super) fn all(tree: &Value) -> Vec<Self> {
        let text = |value: &Value| value["value"].as_str().unwrap_or_default().to_owned();
        let nodes = tree["nodes"].as_array().unwrap().iter();
        let nodes = nodes.filter(|node| node["ignored"] == false).map(|node| Self {
            role: text(&node["role"]),
            name: text(&node["name"]),
            description: text(&node["description"]),
            is_focusable: node["properties"].as_array().into_iter().flatten().any(|property| {
                property["name"] == "focusable" && property["value"]["value"] == true
            }),
        });
        nodes.collect()
    }
}
