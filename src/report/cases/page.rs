//! A page of text for a terminal: headings, texts below them, and two columns where there is room for them.

use super::difference::MarkedText;
use super::layout::{Line, SEPARATOR, heading, shown, wrap, write_columns, write_lines};
use super::replies::Part;

/// From this width on, the two responses and the two orders are side by side.
const SIDE_BY_SIDE: usize = 76;
/// The widths that a page can have.
const WIDTHS: std::ops::RangeInclusive<usize> = 24..=160;
/// Columns before a text under a heading, and under a label.
pub(super) const INDENT: usize = 2;
const DEEP_INDENT: usize = 4;

/// How cases are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaseLayout {
    /// The width of the page in columns.
    width: usize,
    /// Whether headings and differences are also bold.
    colour: bool,
}

impl CaseLayout {
    /// Returns a layout for a terminal of so many columns; texts are wrapped to at most 160.
    pub fn new(columns: usize, colour: bool) -> Self {
        Self { width: columns.clamp(*WIDTHS.start(), *WIDTHS.end()), colour }
    }

    /// Returns the width of each of two columns.
    fn half(self) -> usize {
        (self.width - SEPARATOR.chars().count()) / 2
    }

    fn is_side_by_side(self) -> bool {
        self.width >= SIDE_BY_SIDE
    }
}

/// A page as far as it is written.
pub(super) struct Page {
    pub(super) text: String,
    layout: CaseLayout,
}

impl Page {
    pub(super) fn new(layout: CaseLayout) -> Self {
        Self { text: String::new(), layout }
    }

    pub(super) fn rule(&mut self) {
        self.text.extend(std::iter::repeat_n('─', self.layout.width));
        self.text.push('\n');
    }

    pub(super) fn heading(&mut self, text: &str) {
        let lines = heading(text, self.layout.width);
        write_lines(&mut self.text, &lines, self.layout.colour);
    }

    pub(super) fn paragraph(&mut self, indent: usize, text: &str) {
        let lines = wrap(&MarkedText::plain(&shown(text)), self.layout.width, indent);
        write_lines(&mut self.text, &lines, self.layout.colour);
    }

    /// Writes a heading and a text below it.
    pub(super) fn section(&mut self, title: &str, text: &str) {
        self.text.push('\n');
        self.heading(title);
        self.paragraph(INDENT, if text.is_empty() { "(empty)" } else { text });
    }

    /// Writes two columns of equally many blocks: each pair of blocks side by side, or one column below the other.
    pub(super) fn columns(&mut self, columns: impl Fn(usize) -> [Vec<Vec<Line>>; 2]) {
        let layout = self.layout;
        if layout.is_side_by_side() {
            let half = layout.half();
            let [left, right] = columns(half);
            for blocks in left.into_iter().zip(right) {
                write_columns(&mut self.text, &blocks.into(), half, layout.colour);
            }
            return;
        }
        let [first, second] = columns(layout.width);
        write_lines(&mut self.text, &first.concat(), layout.colour);
        self.text.push('\n');
        write_lines(&mut self.text, &second.concat(), layout.colour);
    }

    /// Writes the blocks of two orders, or of two directions of a scale.
    pub(super) fn columns_of_blocks(&mut self, orders: &[Vec<Vec<Part>>; 2]) {
        let lines = |blocks: &Vec<Vec<Part>>, width| {
            blocks.iter().map(|parts| part_lines(parts, width)).collect()
        };
        self.columns(|width| orders.each_ref().map(|blocks| lines(blocks, width)));
    }
}

/// Returns two lists of parts as two columns of a page of a width.
pub(in crate::report) fn columns_of_parts(parts: &[Vec<Part>; 2], width: usize) -> String {
    let half = CaseLayout::new(width, false).half();
    let mut text = String::new();
    let columns = parts.each_ref().map(|parts| part_lines(parts, half));
    write_columns(&mut text, &columns, half, false);
    text
}

/// Returns a block of what is shown of an order as lines.
fn part_lines(parts: &[Part], width: usize) -> Vec<Line> {
    let wrapped = |text: &str, indent| wrap(&MarkedText::plain(&shown(text)), width, indent);
    let lines = |part: &Part| match part {
        Part::Heading(text) => heading(text, width),
        Part::Fact(text) => wrapped(&text.replace('\n', " "), INDENT),
        Part::Label(text) => wrapped(text, INDENT),
        Part::Text(text) if text.is_empty() => wrapped("(empty)", DEEP_INDENT),
        Part::Text(text) => wrapped(text, DEEP_INDENT),
    };
    parts.iter().flat_map(lines).collect()
}
