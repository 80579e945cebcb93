//! Line plots: how a number changes over the run, or how far confidence can be trusted.

use super::domain::finite;
use super::figure::Plot;
use super::frame::{Caption, Layout, svg};
use super::label::{Anchor, Label, SMALL, TEXT, isolated, line_height, text, text_width};
use super::marks::{Shape, horizontal_axis, line, path, point};
use super::scale::{Scale, Ticks, extent};
use super::svg::Element;
use super::table::DataTable;
use super::unit::Unit;
use crate::report::quantities::count;
use crate::stats::Estimate;

/// One or a few series of numbers over a common axis.
#[derive(Debug, Clone, PartialEq)]
pub struct LinePlot {
    /// What the plot is called.
    pub caption: Caption,
    /// What the horizontal axis shows.
    pub x: LineAxis,
    /// What the vertical axis shows. It begins at zero unless it has a domain.
    pub y: LineAxis,
    /// The series. More than three are hard to tell apart without colour.
    pub series: Vec<Series>,
    /// Whether to draw the line on which both numbers are equal.
    pub diagonal: bool,
}

/// An axis of a line plot.
#[derive(Debug, Clone, PartialEq)]
pub struct LineAxis {
    /// What it shows.
    pub label: String,
    /// What its numbers are.
    pub unit: Unit,
    /// The values at its ends; `None` for those of the points.
    pub domain: Option<[f64; 2]>,
}

/// Numbers that belong together, in the order of the horizontal axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    name: String,
    points: Vec<(f64, Estimate)>,
}

impl Series {
    /// Returns a series of places on the horizontal axis, each with its number. The line has a gap where a number is
    /// undefined; a place that is no number is left out.
    pub fn new(name: impl Into<String>, points: impl IntoIterator<Item = (f64, Estimate)>) -> Self {
        let points = points.into_iter().filter(|(x, _)| x.is_finite());
        let points = points.map(|(x, estimate)| (x, finite(estimate))).collect();
        Self { name: name.into(), points }
    }

    /// Returns the points of each part of the line that has no gap.
    fn runs(&self) -> impl Iterator<Item = Vec<(f64, f64)>> {
        let parts = self.points.split(|(_, estimate)| estimate.value.is_none());
        let points = |part: &[(f64, Estimate)]| -> Vec<(f64, f64)> {
            part.iter().filter_map(|(x, estimate)| Some((*x, estimate.value?))).collect()
        };
        parts.map(points).filter(|part| !part.is_empty())
    }
}

/// The scales of both axes with their ticks.
struct Scales {
    x: Scale,
    x_ticks: Ticks,
    y: Scale,
    y_ticks: Ticks,
}

/// The height of the area between the axes.
const HEIGHT: f64 = 150.0;
/// The shapes and classes of the first, second and third series.
const SERIES: [(Shape, &str); 3] = [
    (Shape::Circle, "plot-series plot-series-1"),
    (Shape::Square, "plot-series plot-series-2"),
    (Shape::Diamond, "plot-series plot-series-3"),
];

impl LinePlot {
    fn scales(&self, layout: Layout, top: f64) -> Scales {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let y_values = points()
            .flat_map(|(_, estimate)| [estimate.value, estimate.low, estimate.high])
            .flatten();
        let y_domain = self.y.domain.or_else(|| extent(y_values.chain([0.0])));
        let y_domain = y_domain.unwrap_or([0.0, 1.0]);
        let y_ticks = match self.y.domain {
            Some(domain) => Ticks::inside(domain, 6),
            None => Ticks::around(y_domain, 5),
        };
        let y_domain = self.y.domain.unwrap_or(y_ticks.ends());
        // The numbers of the vertical axis stand left of it.
        let numbers = y_ticks
            .values
            .iter()
            .map(|value| text_width(&self.y.unit.tick(*value, y_ticks.decimals), SMALL));
        let left = numbers.fold(20.0, f64::max) + 8.0;
        let right = layout.width() - 22.0;
        let x_domain = self.x.domain.or_else(|| extent(points().map(|(x, _)| *x)));
        let x_domain = x_domain.unwrap_or([0.0, 1.0]);
        let mut x_ticks = Ticks::inside(x_domain, ((right - left) / 60.0) as usize);
        if self.x.unit == Unit::Count {
            x_ticks.values.retain(|value| value.fract() == 0.0);
            x_ticks.decimals = 0;
        }
        Scales {
            x: Scale::new(x_domain, [left, right]),
            x_ticks,
            y: Scale::new(y_domain, [top + HEIGHT, top]),
            y_ticks,
        }
    }

    /// Returns the lines of the vertical axis with their numbers.
    fn vertical_axis(&self, scales: &Scales) -> Element {
        let [left, right] = scales.x.pixels();
        let mut axis = Element::new("g").class("plot-axis");
        for value in &scales.y_ticks.values {
            let y = scales.y.at(*value);
            let number = self.y.unit.tick(*value, scales.y_ticks.decimals);
            axis.push(line("plot-grid", [left, y], [right, y]));
            axis.push(
                text(left - 6.0, y + 4.0, Anchor::End, "plot-tick", &number)
                    .attribute("font-size", SMALL),
            );
        }
        axis
    }

    /// Returns the line on which both numbers are equal, as far as both axes reach.
    fn diagonal(&self, scales: &Scales) -> Option<Element> {
        let ends = |axis: &LineAxis, ticks: &Ticks| axis.domain.unwrap_or(ticks.ends());
        let [x, y] = [ends(&self.x, &scales.x_ticks), ends(&self.y, &scales.y_ticks)];
        let [low, high] = [x[0].max(y[0]), x[1].min(y[1])];
        let place = |value: f64| [scales.x.at(value), scales.y.at(value)];
        (low < high).then(|| line("plot-diagonal", place(low), place(high)))
    }

    /// Returns the names of the series with their marks above the plot, and where they end. A single series is what
    /// the vertical axis is called.
    fn legend(&self, layout: Layout, top: f64) -> (Vec<Element>, f64) {
        if self.series.len() < 2 {
            return (Vec::new(), top);
        }
        let names: Vec<&String> = self.series.iter().map(|series| &series.name).collect();
        let names = Label::fit(&names, layout.width() - 60.0, TEXT, 1);
        let (mut x, mut y) = (0.0, top);
        let mut entries = Vec::new();
        for (name, (shape, class)) in names.iter().zip(SERIES.iter().cycle()) {
            let width = 34.0 + text_width(name.shown(), TEXT);
            if x > 0.0 && x + width > layout.width() {
                (x, y) = (0.0, y + line_height(TEXT) + 2.0);
            }
            let middle = y + line_height(TEXT) / 2.0;
            let mut words = text(x + 34.0, middle + 4.0, Anchor::Start, "plot-label", "");
            if let Some(full) = name.full() {
                words.push(Element::new("title").text(full));
            }
            let sample = line("plot-line", [x, middle], [x + 28.0, middle]);
            let entry = Element::new("g").class(class).child(sample);
            let entry = entry.children(point(x + 14.0, middle, *shape, "plot-point"));
            entries.push(entry.child(words.child(isolated(name.shown()))));
            x += width + 18.0;
        }
        (entries, y + line_height(TEXT) + 4.0)
    }
}

/// Returns a line with its points and intervals.
fn series_element(series: &Series, scales: &Scales, (shape, class): (Shape, &str)) -> Element {
    let place = |x: f64, y: f64| [scales.x.at(x), scales.y.at(y)];
    let mut group = Element::new("g").class(class);
    for run in series.runs() {
        let places: Vec<[f64; 2]> = run.iter().map(|(x, y)| place(*x, *y)).collect();
        group.push(Element::new("path").class("plot-line").attribute("d", path(&places, false)));
    }
    for (x, estimate) in &series.points {
        if let (Some(low), Some(high)) = (estimate.low, estimate.high) {
            group.push(line("plot-interval", place(*x, low), place(*x, high)));
        }
        if let Some(value) = estimate.value {
            let [x, y] = place(*x, value);
            group = group.children(point(x, y, shape, "plot-point"));
        }
    }
    group
}

impl Plot for LinePlot {
    fn caption(&self) -> &Caption {
        &self.caption
    }

    fn svg(&self, layout: Layout) -> String {
        let (legend, top) = self.legend(layout, 4.0);
        // The vertical axis is named above itself, where its name may be as long as the plot is wide.
        let y_name = Label::fit(&[&self.y.label], layout.width(), SMALL, 1);
        let top = top + line_height(SMALL) + 8.0;
        let scales = self.scales(layout, top);
        let bottom = top + HEIGHT;
        let [left, right] = scales.x.pixels();
        let x_name = Label::fit(&[&self.x.label], right - left, SMALL, 1);
        let mut content = legend;
        content.push(self.vertical_axis(&scales));
        content.push(horizontal_axis(&scales.x, &scales.x_ticks, self.x.unit, [top, bottom]));
        content.extend(
            y_name
                .iter()
                .map(|name| name.element(0.0, top - line_height(SMALL) - 8.0, "plot-axis-name")),
        );
        content.extend(
            x_name.iter().map(|name| name.element(left, bottom + SMALL + 9.0, "plot-axis-name")),
        );
        content.extend(self.diagonal.then(|| self.diagonal(&scales)).flatten());
        let kinds = SERIES.into_iter().cycle();
        let series = self.series.iter().zip(kinds);
        content.extend(series.map(|(series, kind)| series_element(series, &scales, kind)));
        let height = bottom + SMALL + 9.0 + line_height(SMALL) + 4.0;
        svg(layout, &self.caption, height, content).to_string()
    }

    fn table(&self) -> DataTable {
        let mut table = DataTable::new(&self.caption.title).text_column(&self.x.label);
        if self.series.len() > 1 {
            table = table.text_column("series");
        }
        let mut table =
            table.number_column(&self.y.label).number_column("95 % interval").number_column("n");
        for Series { name, points } in &self.series {
            for (x, estimate) in points {
                let series = (self.series.len() > 1).then(|| name.clone());
                let numbers = [
                    self.y.unit.value(estimate.value),
                    self.y.unit.interval(estimate),
                    count(estimate.n),
                ];
                let row = [self.x.unit.value(Some(*x))].into_iter().chain(series).chain(numbers);
                table.row(row);
            }
        }
        table
    }
}
