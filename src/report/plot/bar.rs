//! A stacked bar: how a whole is divided, such as comparisons by outcome.
//!
//! Segments differ by pattern as well as by colour. A segment that is wide enough has its name and count inside, any
//! other below the bar, beside a sample of its pattern.

use super::figure::Plot;
use super::frame::{Caption, Layout, svg};
use super::label::{Anchor, Label, SMALL, TEXT, isolated, line_height, text, text_width};
use super::marks::line;
use super::svg::Element;
use super::table::DataTable;
use crate::report::quantities::count;

/// How a whole is divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackedBar {
    /// What the plot is called.
    pub caption: Caption,
    /// What is counted, in the plural, such as "comparisons".
    pub unit: String,
    /// The parts from left to right.
    pub segments: Vec<Segment>,
}

/// A part of a stacked bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// What the part is called.
    pub name: String,
    /// How much of the whole it is.
    pub count: u64,
    /// How it is filled.
    pub fill: Fill,
}

/// How an area is filled: each has a colour and a pattern of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// One solid colour.
    Solid,
    /// Lines that rise to the right.
    Rising,
    /// Dots.
    Dotted,
    /// Lines that fall to the right.
    Falling,
    /// Crossed lines.
    Crossed,
    /// Horizontal lines.
    Horizontal,
    /// No more than a border.
    Empty,
}

impl Fill {
    fn name(self) -> &'static str {
        match self {
            Self::Solid => "solid",
            Self::Rising => "rising",
            Self::Dotted => "dotted",
            Self::Falling => "falling",
            Self::Crossed => "crossed",
            Self::Horizontal => "horizontal",
            Self::Empty => "empty",
        }
    }

    /// Returns the definition of the pattern, over the colour of its class.
    pub(super) fn pattern(self, id: &str) -> Element {
        let background = Element::new("rect")
            .class(format!("plot-fill plot-fill-{}", self.name()))
            .numbers([("width", 8.0), ("height", 8.0)]);
        let lines: &[[[f64; 2]; 2]] = match self {
            Self::Solid | Self::Dotted | Self::Empty => &[],
            // With the corners, so that lines continue in the next tile.
            Self::Rising => &[
                [[-2.0, 10.0], [10.0, -2.0]],
                [[-2.0, 2.0], [2.0, -2.0]],
                [[6.0, 10.0], [10.0, 6.0]],
            ],
            Self::Falling => &[
                [[-2.0, -2.0], [10.0, 10.0]],
                [[6.0, -2.0], [10.0, 2.0]],
                [[-2.0, 6.0], [2.0, 10.0]],
            ],
            Self::Crossed => &[[[0.0, 4.0], [8.0, 4.0]], [[4.0, 0.0], [4.0, 8.0]]],
            Self::Horizontal => &[[[0.0, 2.0], [8.0, 2.0]], [[0.0, 6.0], [8.0, 6.0]]],
        };
        let dots: &[[f64; 2]] = if self == Self::Dotted { &[[2.0, 2.0], [6.0, 6.0]] } else { &[] };
        Element::new("pattern")
            .attribute("id", self.id(id))
            .attribute("patternUnits", "userSpaceOnUse")
            .numbers([("width", 8.0), ("height", 8.0)])
            .child(background)
            .children(lines.iter().map(|[from, to]| line("plot-hatch", *from, *to)))
            .children(dots.iter().map(|[x, y]| {
                let dot = Element::new("circle").class("plot-hatch-dot");
                dot.numbers([("cx", *x), ("cy", *y), ("r", 1.3)])
            }))
    }

    fn id(self, plot: &str) -> String {
        format!("{plot}-{}", self.name())
    }

    /// Returns a rectangle with this pattern.
    pub(super) fn area(self, id: &str, [x, y]: [f64; 2], [width, height]: [f64; 2]) -> Element {
        Element::new("rect")
            .class("plot-segment")
            .numbers([("x", x), ("y", y), ("width", width), ("height", height)])
            .attribute("fill", format!("url(#{})", self.id(id)))
    }
}

/// The height of the bar.
const HEIGHT: f64 = 30.0;
/// The side of a sample of a pattern below the bar.
const SAMPLE: f64 = 12.0;
/// The distance between texts beside each other.
const SPACE: f64 = 18.0;

/// The places of texts below the bar, filled from left to right and from top to bottom.
struct Legend {
    width: f64,
    next: [f64; 2],
}

impl Legend {
    /// Returns the place for an entry of some width.
    fn place(&mut self, width: f64) -> [f64; 2] {
        let [x, y] = self.next;
        let is_full = x > 0.0 && x + width > self.width;
        let place = if is_full { [0.0, y + line_height(TEXT) + 4.0] } else { [x, y] };
        self.next = [place[0] + width + SPACE, place[1]];
        place
    }

    /// Returns where the last entry ends.
    fn bottom(&self) -> f64 {
        self.next[1] + line_height(TEXT)
    }
}

/// A segment with the space that it covers.
struct Part<'a> {
    segment: &'a Segment,
    name: Label,
    begin: f64,
    width: f64,
}

impl Part<'_> {
    fn text_width(&self) -> f64 {
        text_width(&format!("{} {}", self.name.shown(), count(self.segment.count)), TEXT)
    }

    /// Returns the name and the count on one line.
    fn words(&self, x: f64, y: f64, anchor: Anchor) -> Element {
        let mut words = text(x, y, anchor, "plot-direct", "");
        if let Some(full) = self.name.full() {
            words.push(Element::new("title").text(full));
        }
        words.child(isolated(self.name.shown()).class("plot-label")).child(
            Element::new("tspan")
                .class("plot-number")
                .text(format!(" {}", count(self.segment.count))),
        )
    }

    /// Returns the area with its words inside, on a background that makes them readable on any pattern.
    fn inside(&self, id: &str) -> Element {
        let width = self.text_width() + 10.0;
        let middle = self.begin + self.width / 2.0;
        let backing = Element::new("rect").class("plot-backing").numbers([
            ("x", middle - width / 2.0),
            ("y", 5.0),
            ("width", width),
            ("height", HEIGHT - 8.0),
            ("rx", 2.0),
        ]);
        Element::new("g")
            .child(self.segment.fill.area(id, [self.begin, 1.0], [self.width, HEIGHT]))
            .child(backing)
            .child(self.words(middle, HEIGHT / 2.0 + 5.5, Anchor::Middle))
    }

    /// Returns the area with its words below.
    fn below(&self, id: &str, legend: &mut Legend) -> Element {
        let width = self.text_width() + SAMPLE + 6.0;
        let [x, y] = legend.place(width);
        let fill = self.segment.fill;
        Element::new("g")
            .child(fill.area(id, [self.begin, 1.0], [self.width, HEIGHT]))
            .child(fill.area(id, [x + 1.0, y + 2.0], [SAMPLE, SAMPLE]))
            .child(self.words(x + SAMPLE + 6.0, y + TEXT, Anchor::Start))
    }
}

impl StackedBar {
    fn total(&self) -> u64 {
        self.segments.iter().map(|segment| segment.count).sum()
    }

    /// Returns the segments that hold something, with their places.
    fn parts(&self, layout: Layout) -> Vec<Part<'_>> {
        let total = self.total().max(1) as f64;
        // The border of the bar lies within the view box.
        let width = layout.width() - 2.0;
        let held: Vec<&Segment> = self.segments.iter().filter(|part| part.count > 0).collect();
        let names: Vec<&String> = held.iter().map(|segment| &segment.name).collect();
        let names = Label::fit(&names, layout.width() * 0.5, TEXT, 1);
        let mut before = 0;
        let parts = held.into_iter().zip(names).map(|(segment, name)| {
            let begin = 1.0 + width * before as f64 / total;
            before += segment.count;
            // A single one of many would be too thin to see.
            let part = (width * segment.count as f64 / total).max(1.5);
            let begin = begin.min(1.0 + width - part);
            Part { segment, name, begin, width: part }
        });
        parts.collect()
    }
}

impl Plot for StackedBar {
    fn caption(&self) -> &Caption {
        &self.caption
    }

    fn svg(&self, layout: Layout) -> String {
        let id = layout.id(&self.caption);
        let parts = self.parts(layout);
        let mut fills: Vec<Fill> = Vec::new();
        for part in &parts {
            if !fills.contains(&part.segment.fill) {
                fills.push(part.segment.fill);
            }
        }
        let patterns = fills.iter().map(|fill| fill.pattern(&id));
        let mut content = vec![Element::new("defs").children(patterns)];
        let mut legend = Legend { width: layout.width(), next: [0.0, HEIGHT + 8.0] };
        for part in &parts {
            content.push(if part.text_width() + 22.0 <= part.width {
                part.inside(&id)
            } else {
                part.below(&id, &mut legend)
            });
        }
        if parts.is_empty() {
            let nothing = format!("no {}", self.unit);
            content.push(text(0.0, HEIGHT / 2.0, Anchor::Start, "plot-note", &nothing));
        } else {
            let total = format!("{} {}", count(self.total()), self.unit);
            let width = text_width(&total, SMALL);
            let [_, y] = legend.place(width);
            content.push(
                text(layout.width(), y + TEXT, Anchor::End, "plot-note", &total)
                    .attribute("font-size", SMALL),
            );
        }
        svg(layout, &self.caption, legend.bottom() + 2.0, content).to_string()
    }

    fn table(&self) -> DataTable {
        let mut table =
            DataTable::new(&self.caption.title).text_column("part").number_column(&self.unit);
        for segment in &self.segments {
            table.row([segment.name.clone(), count(segment.count)]);
        }
        table.row(["total".to_owned(), count(self.total())]);
        table
    }
}

#[cfg(test)]
mod tests {
    use super::Legend;

    #[test]
    fn texts_below_the_bar_do_not_overlap() {
        let mut legend = Legend { width: 340.0, next: [0.0, 40.0] };
        let places = [100.0, 100.0, 120.0, 400.0, 50.0].map(|width| legend.place(width));
        assert_eq!(places, [[0.0, 40.0], [118.0, 40.0], [0.0, 60.0], [0.0, 80.0], [0.0, 100.0]]);
        assert_eq!(legend.bottom().round() as u32, 116);
    }
}
