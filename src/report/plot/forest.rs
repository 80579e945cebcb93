//! Forest plots: estimates below each other on one scale, each with what it estimates, its interval and its n.

use super::domain::{finite, scale_and_ticks};
use super::figure::Plot;
use super::frame::{Caption, Layout, svg};
use super::label::{Anchor, Label, SMALL, TEXT, line_height, text};
use super::marks::{Reference, Shape, horizontal_axis, mark, reference_line};
use super::scale::Scale;
use super::svg::Element;
use super::table::DataTable;
use super::unit::Unit;
use crate::report::quantities::count;
use crate::stats::Estimate;

/// Estimates below each other on one scale.
#[derive(Debug, Clone, PartialEq)]
pub struct ForestPlot {
    /// What the plot is called.
    pub caption: Caption,
    /// What its numbers are.
    pub unit: Unit,
    /// The estimates, from top to bottom.
    pub rows: Vec<ForestRow>,
    /// A value to compare with.
    pub reference: Option<Reference>,
    /// The values at the ends of the scale; `None` for round numbers around everything that is drawn. What reaches
    /// beyond them ends with an arrow.
    pub domain: Option<[f64; 2]>,
}

/// An estimate in a forest plot.
#[derive(Debug, Clone, PartialEq)]
pub struct ForestRow {
    label: String,
    note: String,
    estimate: Estimate,
    shape: Shape,
    is_strong: bool,
    undefined: String,
}

impl ForestRow {
    /// Returns a row for an estimate.
    pub fn new(label: impl Into<String>, estimate: Estimate) -> Self {
        Self {
            label: label.into(),
            note: String::new(),
            estimate: finite(estimate),
            shape: Shape::Square,
            is_strong: false,
            undefined: "no value".to_owned(),
        }
    }

    /// Returns a row for the least and the largest possible value of a number, which has no best guess between them.
    pub fn bounds(label: impl Into<String>, [low, high]: [f64; 2], n: u64) -> Self {
        let bounds = Estimate { value: None, low: Some(low), high: Some(high), n };
        Self { shape: Shape::Bounds, ..Self::new(label, bounds) }
    }

    /// Says in a few words what the number estimates.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Marks the row as the one to read first.
    #[must_use]
    pub fn strong(mut self) -> Self {
        self.is_strong = true;
        self
    }

    /// Says in a few words why there is no value, where there is none.
    #[must_use]
    pub fn undefined(mut self, reason: impl Into<String>) -> Self {
        self.undefined = reason.into();
        self
    }

    fn is_defined(&self) -> bool {
        self.estimate.value.is_some() || self.is_bounds()
    }

    fn is_bounds(&self) -> bool {
        self.shape == Shape::Bounds && self.estimate.low.is_some()
    }

    /// Returns the value, the interval and n in words.
    fn numbers(&self, unit: Unit) -> [String; 3] {
        let Estimate { value, low, .. } = self.estimate;
        let interval = if self.is_bounds() {
            // Bounds are written as an interval around any of them.
            unit.interval(&Estimate { value: low, ..self.estimate })
        } else {
            unit.interval(&self.estimate)
        };
        let value = if self.is_bounds() { String::new() } else { unit.value(value) };
        [value, interval, count(self.estimate.n)]
    }
}

/// Where the parts of a row are, and how wide.
struct Columns {
    label: f64,
    plot: [f64; 2],
    value: f64,
    interval: f64,
    n: f64,
}

impl Columns {
    fn of(layout: Layout) -> Self {
        match layout {
            Layout::Wide => {
                Self { label: 218.0, plot: [238.0, 472.0], value: 546.0, interval: 558.0, n: 718.0 }
            }
            Layout::Narrow => {
                Self { label: 338.0, plot: [22.0, 318.0], value: 56.0, interval: 68.0, n: 338.0 }
            }
        }
    }
}

/// A row with the texts that fit its columns.
struct RowLayout<'a> {
    row: &'a ForestRow,
    label: Label,
    note: Label,
    top: f64,
}

const GAP: f64 = 10.0;
const MARK_HEIGHT: f64 = 16.0;

impl RowLayout<'_> {
    fn text_height(&self) -> f64 {
        self.label.height() + self.note.height()
    }

    fn height(&self, layout: Layout) -> f64 {
        match layout {
            Layout::Wide => f64::max(self.text_height(), MARK_HEIGHT),
            Layout::Narrow => self.text_height() + line_height(TEXT) + MARK_HEIGHT,
        }
    }

    /// Returns the baseline of the numbers, and the middle of the mark.
    fn lines(&self, layout: Layout) -> [f64; 2] {
        match layout {
            Layout::Wide => [self.top + TEXT - 1.0, self.top + MARK_HEIGHT / 2.0],
            Layout::Narrow => {
                let numbers = self.top + self.text_height();
                [numbers + TEXT, numbers + line_height(TEXT) + MARK_HEIGHT / 2.0]
            }
        }
    }

    fn element(&self, layout: Layout, scale: &Scale, unit: Unit) -> Element {
        let Self { row, top, .. } = self;
        let columns = Columns::of(layout);
        let [baseline, middle] = self.lines(layout);
        let class = if row.is_strong { "plot-row plot-strong" } else { "plot-row" };
        let mut group = Element::new("g")
            .class(class)
            .child(self.label.element(0.0, *top, "plot-label"))
            .child(self.note.element(0.0, top + self.label.height(), "plot-note"));
        if row.is_defined() {
            group.push(mark(scale, &row.estimate, middle, row.shape));
        } else {
            let x = columns.plot[0];
            group.push(text(x, middle + 4.0, Anchor::Start, "plot-note", &row.undefined));
        }
        let [value, interval, n] = row.numbers(unit);
        let n = if layout == Layout::Narrow { format!("n {n}") } else { n };
        group
            .child(text(columns.value, baseline, Anchor::End, "plot-number plot-value", &value))
            .child(text(columns.interval, baseline, Anchor::Start, "plot-number", &interval))
            .child(text(columns.n, baseline, Anchor::End, "plot-number plot-n", &n))
    }
}

impl ForestPlot {
    /// Returns the rows with their places, and where the last one ends.
    fn rows(&self, layout: Layout, top: f64) -> (Vec<RowLayout<'_>>, f64) {
        let width = Columns::of(layout).label;
        let texts =
            |text: fn(&ForestRow) -> &String| self.rows.iter().map(text).collect::<Vec<_>>();
        let labels = Label::fit_bold(&texts(|row| &row.label), width, TEXT, 2);
        let notes = Label::fit(&texts(|row| &row.note), width, SMALL, 2);
        let mut bottom = top;
        let rows = self.rows.iter().zip(labels).zip(notes);
        let rows = rows.map(|((row, label), note)| {
            let row = RowLayout { row, label, note, top: bottom };
            bottom += row.height(layout) + GAP;
            row
        });
        let rows = rows.collect();
        (rows, bottom)
    }
}

impl Plot for ForestPlot {
    fn caption(&self) -> &Caption {
        &self.caption
    }

    fn svg(&self, layout: Layout) -> String {
        let columns = Columns::of(layout);
        let reference = self.reference.as_ref();
        let estimates = self.rows.iter().map(|row| &row.estimate);
        let others = reference.map(|reference| reference.value);
        let (scale, ticks) = scale_and_ticks(estimates, others, self.domain, columns.plot);
        let top = line_height(SMALL) + 6.0;
        let (rows, bottom) = self.rows(layout, top);
        let mut content = vec![horizontal_axis(&scale, &ticks, self.unit, [top, bottom])];
        content.extend(reference.and_then(|line| reference_line(&scale, line, [top, bottom])));
        if layout == Layout::Wide {
            let heads =
                [(columns.interval, Anchor::Start, "95 % interval"), (columns.n, Anchor::End, "n")];
            content.extend(heads.map(|(x, anchor, head)| {
                text(x, top - 4.0, anchor, "plot-head", head).attribute("font-size", SMALL)
            }));
        }
        content.extend(rows.iter().map(|row| row.element(layout, &scale, self.unit)));
        svg(layout, &self.caption, bottom + SMALL + 10.0, content).to_string()
    }

    fn table(&self) -> DataTable {
        let mut table = DataTable::new(&self.caption.title)
            .text_column("number")
            .number_column("value")
            .number_column("95 % interval")
            .number_column("n")
            .text_column("what it estimates");
        for row in &self.rows {
            let [value, interval, n] = row.numbers(self.unit);
            let interval = if row.is_defined() { interval } else { row.undefined.clone() };
            table.row([row.label.clone(), value, interval, n, row.note.clone()]);
        }
        table
    }
}
