//! The nodes that a text becomes: the only thing that the page's script builds elements from.
//!
//! A node is a text or an element with one of a few names, which are not those of HTML; the script knows what each
//! looks like. So nothing of a text can become an element or an attribute of its own choice.

use std::ops::Range;

use serde::ser::{Serialize, SerializeTuple as _, Serializer};
use serde_json::Value;

/// A text, or an element that holds nodes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// A text.
    Text(String),
    /// An element: in JSON `[name, children]` or `[name, children, detail]`.
    Element {
        /// What it is.
        name: &'static str,
        /// What it holds.
        children: Vec<Self>,
        /// What the script must know besides, such as the address of a link.
        detail: Option<Value>,
    },
}

impl Node {
    /// Returns an element without a detail.
    pub(super) fn element(name: &'static str, children: Vec<Self>) -> Self {
        Self::Element { name, children, detail: None }
    }

    /// Returns an element with a detail.
    pub(super) fn detailed(name: &'static str, children: Vec<Self>, detail: Value) -> Self {
        Self::Element { name, children, detail: Some(detail) }
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Element { name, children, detail } => {
                let length = if detail.is_some() { 3 } else { 2 };
                let mut tuple = serializer.serialize_tuple(length)?;
                tuple.serialize_element(name)?;
                tuple.serialize_element(children)?;
                if let Some(detail) = detail {
                    tuple.serialize_element(detail)?;
                }
                tuple.end()
            }
        }
    }
}

/// Adds a node; a text is joined with a text before it.
pub(super) fn push(nodes: &mut Vec<Node>, node: Node) {
    if let (Some(Node::Text(last)), Node::Text(text)) = (nodes.last_mut(), &node) {
        last.push_str(text);
    } else {
        nodes.push(node);
    }
}

/// The parts of a text that differ from another text, as ranges of its bytes in ascending order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks<'a>(pub(super) &'a [Range<usize>]);

impl Marks<'_> {
    /// No marks.
    pub(super) const NONE: Self = Marks(&[]);

    /// Returns the marked parts of a range, as far as they lie in it.
    pub(super) fn within(self, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let first = self.0.partition_point(|mark| mark.end <= range.start);
        let marks = self.0[first..].iter().take_while(move |mark| mark.start < range.end);
        marks.map(move |mark| mark.start.max(range.start)..mark.end.min(range.end))
    }

    /// Returns whether any part of a range is marked.
    pub(super) fn touch(self, range: Range<usize>) -> bool {
        self.within(range).next().is_some()
    }
}

/// Returns a part of a text as nodes in which what differs is marked.
pub(super) fn marked(text: &str, range: Range<usize>, marks: Marks<'_>) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut from = range.start;
    let mut add = |from: usize, to: usize, is_marked: bool| {
        if from < to {
            let text = Node::Text(text[from..to].to_owned());
            nodes.push(if is_marked { Node::element("mark", vec![text]) } else { text });
        }
    };
    for mark in marks.within(range.clone()) {
        add(from, mark.start, false);
        add(mark.start, mark.end, true);
        from = mark.end;
    }
    add(from, range.end, false);
    nodes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn marks_are_cut_to_the_part_that_is_shown() {
        let marks = [0..3, 5..6, 8..20];
        let nodes = marked("0123456789", 1..9, Marks(&marks));
        let expected = json!([["mark", ["12"]], "34", ["mark", ["5"]], "67", ["mark", ["8"]]]);
        assert_eq!(serde_json::to_value(nodes).unwrap(), expected);
        assert!(!Marks(&marks).touch(3..5));
        assert!(Marks(&marks).touch(3..6));
    }

    #[test]
    fn an_element_has_its_name_its_children_and_a_detail_if_there_is_one() {
        let node = Node::detailed("list", vec![Node::element("item", vec![])], json!({"start": 3}));
        let expected = json!(["list", [["item", []]], {"start": 3}]);
        assert_eq!(serde_json::to_value(node).unwrap(), expected);
    }
}
