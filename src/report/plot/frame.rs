//! What all plots have in common: their title and description for readers who do not see them, and their two widths.

use super::label::TEXT;
use super::svg::Element;

/// What a plot is called and what it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caption {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) description: String,
}

impl Caption {
    /// Returns a caption.
    ///
    /// The `id` is unique on its page and consists of ASCII letters, digits and hyphens; any other character becomes
    /// a hyphen. The description says in one or two sentences what is to be seen.
    pub fn new(id: &str, title: impl Into<String>, description: impl Into<String>) -> Self {
        let allowed = |char: char| if char.is_ascii_alphanumeric() { char } else { '-' };
        Self {
            id: id.chars().map(allowed).collect(),
            title: title.into(),
            description: description.into(),
        }
    }
}

/// How much room there is for a plot.
///
/// A plot is drawn for a width instead of being scaled to it, since its text would become too small to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// 720 units wide: a page on a desk or on paper.
    Wide,
    /// 340 units wide: a phone.
    Narrow,
}

impl Layout {
    /// Returns the width of the view box.
    pub(super) fn width(self) -> f64 {
        match self {
            Self::Wide => 720.0,
            Self::Narrow => 340.0,
        }
    }

    /// Returns the beginning of the ids of a plot: a page holds each plot in both widths.
    pub(super) fn id(self, caption: &Caption) -> String {
        match self {
            Self::Wide => caption.id.clone(),
            Self::Narrow => format!("{}-narrow", caption.id),
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Wide => "plot plot-wide",
            Self::Narrow => "plot plot-narrow",
        }
    }
}

/// Returns the root of a plot: one image with a title and a description, which scales with its view box.
pub(super) fn svg(
    layout: Layout,
    caption: &Caption,
    height: f64,
    content: impl IntoIterator<Item = Element>,
) -> Element {
    let id = layout.id(caption);
    let size = format!("0 0 {} {}", layout.width(), height.ceil());
    Element::new("svg")
        .attribute("xmlns", "http://www.w3.org/2000/svg")
        .class(layout.class())
        .attribute("viewBox", size)
        .attribute("role", "img")
        .attribute("aria-labelledby", format!("{id}-title"))
        .attribute("aria-describedby", format!("{id}-description"))
        .attribute("font-size", TEXT)
        .attribute("fill", "currentColor")
        .child(Element::new("title").attribute("id", format!("{id}-title")).text(&caption.title))
        .child(
            Element::new("desc")
                .attribute("id", format!("{id}-description"))
                .text(&caption.description),
        )
        .children(content)
}
