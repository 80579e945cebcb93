//! Stacked bars of the steps of a scale: how often each group, such as a system, got each step, worst first.
//!
//! Steps are ordered, so they differ by shade, from light for the worst to full for the best; what is apart from the scale
//! is hatched. A segment that is wide enough has its count inside, and the table has all counts. A thick line stands where
//! the steps that pass begin.

use super::bar::Fill;
use super::figure::Plot;
use super::frame::{Caption, Layout, svg};
use super::label::{Anchor, Label, SMALL, TEXT, isolated, line_height, text, text_width};
use super::marks::line;
use super::svg::Element;
use super::table::DataTable;
use crate::report::quantities::count;

/// How often each group got each step of a scale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepBars {
    /// What the plot is called.
    pub caption: Caption,
    /// What is counted, in the plural, such as "kept grades".
    pub unit: String,
    /// The names of the steps, worst first.
    pub steps: Vec<String>,
    /// The name of what is apart from the scale, which comes last; `None` if there is nothing.
    pub apart: Option<String>,
    /// The place of the lowest step that passes, counted from 0; `None` if nothing says what passes.
    pub pass_from: Option<usize>,
    /// The groups, from top to bottom.
    pub bars: Vec<StepBar>,
}

/// How often one group got each step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepBar {
    /// What the group is called.
    pub name: String,
    /// How often each step was given, worst first; what is apart from the scale comes last.
    pub counts: Vec<u64>,
}

/// The height of a bar.
const HEIGHT: f64 = 22.0;
/// The distance between a bar and the name of the next one.
const GAP: f64 = 9.0;
/// The side of a sample of a shade.
const SAMPLE: f64 = 12.0;
/// The distance between texts beside each other.
const SPACE: f64 = 16.0;
/// The opacity of the worst step.
const LIGHTEST: f64 = 0.1;

impl StepBars {
    /// Returns the area of a step, or of what is apart from the scale.
    fn area(&self, id: &str, step: usize, [x, y]: [f64; 2], [width, height]: [f64; 2]) -> Element {
        if step >= self.steps.len() {
            return Fill::Falling.area(id, [x, y], [width, height]);
        }
        let share = step as f64 / (self.steps.len().max(2) - 1) as f64;
        let opacity = LIGHTEST + (1.0 - LIGHTEST) * share;
        Element::new("rect")
            .class("plot-segment plot-step")
            .numbers([("x", x), ("y", y), ("width", width), ("height", height)])
            .attribute("fill-opacity", format!("{opacity:.2}"))
    }

    /// Adds a sample of each shade with its name, from a place on; returns where they end.
    fn legend(&self, id: &str, layout: Layout, content: &mut Vec<Element>) -> f64 {
        let names: Vec<&String> = self.steps.iter().chain(&self.apart).collect();
        let labels = Label::fit(&names, layout.width() - SAMPLE - 8.0, TEXT, 1);
        let (mut x, mut y) = (0.0, 0.0);
        for (step, label) in labels.iter().enumerate() {
            let width = SAMPLE + 6.0 + text_width(label.shown(), TEXT);
            if x > 0.0 && x + width > layout.width() {
                (x, y) = (0.0, y + line_height(TEXT) + 4.0);
            }
            content.push(self.area(id, step, [x + 1.0, y + 3.0], [SAMPLE, SAMPLE]));
            let mut words = text(x + SAMPLE + 6.0, y + TEXT, Anchor::Start, "plot-direct", "");
            if let Some(full) = label.full() {
                words.push(Element::new("title").text(full));
            }
            content.push(words.child(isolated(label.shown()).class("plot-label")));
            x += width + SPACE;
        }
        y + line_height(TEXT) + GAP
    }

    /// Adds a bar below its name; returns where it ends.
    fn bar(
        &self,
        id: &str,
        layout: Layout,
        (bar, name): (&StepBar, &Label),
        top: f64,
        content: &mut Vec<Element>,
    ) -> f64 {
        let total: u64 = bar.counts.iter().sum();
        let mut words = text(0.0, top + TEXT, Anchor::Start, "plot-direct", "");
        if let Some(full) = name.full() {
            words.push(Element::new("title").text(full));
        }
        content.push(words.child(isolated(name.shown()).class("plot-label")));
        let n = format!("{} {}", count(total), self.unit);
        content.push(
            text(layout.width(), top + TEXT, Anchor::End, "plot-note", &n)
                .attribute("font-size", SMALL),
        );
        let (y, full) = (top + line_height(TEXT) + 2.0, layout.width() - 2.0);
        let mut before = 0;
        for (step, number) in bar.counts.iter().enumerate().filter(|(_, number)| **number > 0) {
            let begin = 1.0 + full * before as f64 / total as f64;
            let width = full * *number as f64 / total as f64;
            content.push(self.area(id, step, [begin, y], [width, HEIGHT]));
            let shown = count(*number);
            let room = text_width(&shown, TEXT) + 8.0;
            if room + 4.0 <= width {
                let middle = begin + width / 2.0;
                let backing = [("x", middle - room / 2.0), ("y", y + 3.0), ("width", room)];
                content.push(
                    Element::new("rect")
                        .class("plot-backing")
                        .numbers(backing)
                        .numbers([("height", HEIGHT - 6.0), ("rx", 2.0)]),
                );
                content.push(text(middle, y + 15.5, Anchor::Middle, "plot-number", &shown));
            }
            before += number;
        }
        if let (Some(pass_from), true) = (self.pass_from, total > 0) {
            let failing: u64 = bar.counts.iter().take(pass_from).sum();
            let x = 1.0 + full * failing as f64 / total as f64;
            content.push(line("plot-passes", [x, y - 2.0], [x, y + HEIGHT + 2.0]));
        }
        if total == 0 {
            let nothing = format!("no {}", self.unit);
            content.push(text(0.0, y + 15.5, Anchor::Start, "plot-note", &nothing));
        }
        y + HEIGHT + GAP
    }
}

impl Plot for StepBars {
    fn caption(&self) -> &Caption {
        &self.caption
    }

    fn svg(&self, layout: Layout) -> String {
        let id = layout.id(&self.caption);
        let patterns = self.apart.iter().map(|_| Fill::Falling.pattern(&id));
        let mut content = vec![Element::new("defs").children(patterns)];
        let mut bottom = self.legend(&id, layout, &mut content);
        let names: Vec<&String> = self.bars.iter().map(|bar| &bar.name).collect();
        let counts = format!("0,000,000 {}", self.unit);
        let room = layout.width() - text_width(&counts, SMALL) - SPACE;
        let names = Label::fit(&names, room, TEXT, 1);
        for bar in self.bars.iter().zip(&names) {
            bottom = self.bar(&id, layout, bar, bottom, &mut content);
        }
        svg(layout, &self.caption, bottom, content).to_string()
    }

    fn table(&self) -> DataTable {
        let mut table = DataTable::new(&self.caption.title).text_column("system");
        for name in self.steps.iter().chain(&self.apart) {
            table = table.number_column(name);
        }
        table = table.number_column("total");
        for bar in &self.bars {
            let total: u64 = bar.counts.iter().sum();
            let numbers = bar.counts.iter().chain([&total]).map(|number| count(*number));
            table.row(std::iter::once(bar.name.clone()).chain(numbers));
        }
        table
    }
}
