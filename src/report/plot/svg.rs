//! Elements of SVG and HTML, which escape everything that is put into them.
//!
//! A text from outside cannot become markup: names of elements and attributes are constants of this program, and
//! values are escaped. Control characters and direction marks are shown as `\u{…}` as in a terminal, so that a name
//! can neither hide nor reorder what stands beside it. Nothing has a `style` attribute, since the policy of the
//! page forbids them: looks come from classes, and positions from presentation attributes.

use std::fmt;

use crate::report::escape::for_terminal;

/// An element with its attributes and children.
#[derive(Debug, Clone)]
pub(super) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Child>,
}

#[derive(Debug, Clone)]
enum Child {
    Element(Element),
    Text(String),
}

impl Element {
    /// Returns an element without attributes and children.
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, attributes: Vec::new(), children: Vec::new() }
    }

    /// Adds an attribute.
    pub(super) fn attribute(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        debug_assert!(name != "style" && !name.starts_with("on"), "{name} is never written");
        self.attributes.push((name, value.to_string()));
        self
    }

    /// Adds the attribute `class`.
    pub(super) fn class(self, classes: impl fmt::Display) -> Self {
        self.attribute("class", classes)
    }

    /// Adds attributes that are coordinates, with at most two decimals.
    pub(super) fn numbers<const N: usize>(mut self, numbers: [(&'static str, f64); N]) -> Self {
        for (name, value) in numbers {
            self = self.attribute(name, coordinate(value));
        }
        self
    }

    /// Adds text.
    pub(super) fn text(mut self, text: impl Into<String>) -> Self {
        self.children.push(Child::Text(text.into()));
        self
    }

    /// Adds an element at the end.
    pub(super) fn child(mut self, child: Self) -> Self {
        self.push(child);
        self
    }

    /// Adds elements at the end.
    pub(super) fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children.into_iter().map(Child::Element));
        self
    }

    /// Adds an element at the end.
    pub(super) fn push(&mut self, child: Self) {
        self.children.push(Child::Element(child));
    }
}

/// Writes the markup. Every element has an end tag, which both HTML and XML read in the same way.
impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}", self.name)?;
        for (name, value) in &self.attributes {
            write!(f, " {name}=\"{}\"", Escaped(value))?;
        }
        f.write_str(">")?;
        for child in &self.children {
            match child {
                Child::Element(element) => element.fmt(f)?,
                Child::Text(text) => Escaped(text).fmt(f)?,
            }
        }
        write!(f, "</{}>", self.name)
    }
}

/// A text in an element or in an attribute with double quotes.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in for_terminal(self.0, false).chars() {
            match char {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // XML does not allow these two.
                '\u{fffe}' | '\u{ffff}' => write!(f, "\\u{{{:x}}}", char as u32)?,
                char => write!(f, "{char}")?,
            }
        }
        Ok(())
    }
}

/// Returns a coordinate with at most two decimals.
pub(super) fn coordinate(value: f64) -> String {
    debug_assert!(value.is_finite(), "a coordinate is a number");
    let rounded = (value * 100.0).round() / 100.0;
    // Adding zero turns −0 into 0.
    format!("{}", rounded + 0.0)
}

#[cfg(test)]
mod tests {
    use super::{Element, coordinate};

    #[test]
    fn text_and_attributes_are_escaped() {
        let element = Element::new("text")
            .class("a\" onload=\"x")
            .text("</text><script>'&\0\u{202e}\u{61c}\u{ffff}\n")
            .child(Element::new("title").text("]]>"));
        assert_eq!(
            element.to_string(),
            "<text class=\"a&quot; onload=&quot;x\">&lt;/text&gt;&lt;script&gt;&#39;&amp;\
             \\u{0}\\u{202e}\\u{61c}\\u{ffff}\\u{a}<title>]]&gt;</title></text>"
        );
    }

    #[test]
    fn coordinates_are_short() {
        assert_eq!([0.1 + 0.2, -0.001, 12.0, 7.125].map(coordinate), ["0.3", "0", "12", "7.13"]);
    }
}
