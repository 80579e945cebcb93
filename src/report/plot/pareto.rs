//! Pareto plots: what is gained against what it costs, with the line that no system is beyond.
//!
//! Points may lie anywhere, also on each other. Their names therefore stand below each other right of the axes, in the
//! order of the points from top to bottom, and a thin line leads from each point to its name.

use super::domain::finite;
use super::figure::Plot;
use super::frame::{Caption, Layout, svg};
use super::label::{Anchor, Label, SMALL, line_height, text, text_width};
use super::marks::{Shape, line, path, point};
use super::scale::{Scale, Ticks, extent};
use super::svg::Element;
use super::table::DataTable;
use super::unit::Unit;
use crate::report::quantities::count;
use crate::stats::Estimate;

/// What is gained against what it costs, in one or two panels.
#[derive(Debug, Clone, PartialEq)]
pub struct ParetoPlot {
    /// What the plot is called.
    pub caption: Caption,
    /// What the vertical axis of every panel shows: the more, the better.
    pub y: String,
    /// What its numbers are.
    pub y_unit: Unit,
    /// The panels, side by side where there is room.
    pub panels: Vec<ParetoPanel>,
}

/// A panel: its points over an axis on which less is better.
#[derive(Debug, Clone, PartialEq)]
pub struct ParetoPanel {
    /// What the horizontal axis shows, which begins at zero.
    pub x: String,
    /// What its numbers are.
    pub x_unit: Unit,
    /// The points.
    pub points: Vec<ParetoPoint>,
}

/// A point with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct ParetoPoint {
    name: String,
    x: Estimate,
    y: Estimate,
    is_best: Option<bool>,
}

impl ParetoPoint {
    /// Returns a point. `is_best` says whether no other one is better on both axes; `None` if that is not known.
    pub fn new(name: impl Into<String>, x: Estimate, y: Estimate, is_best: Option<bool>) -> Self {
        Self { name: name.into(), x: finite(x), y: finite(y), is_best }
    }

    /// Returns the value on both axes; `None` unless both are known.
    fn place(&self) -> Option<[f64; 2]> {
        Some([self.x.value?, self.y.value?])
    }
}

/// The height of the area between the axes; more where there are many names.
const HEIGHT: f64 = 176.0;
/// The distance of names that stand below each other.
const LANE: f64 = 17.0;
/// The width of the names.
const NAME_WIDTH: f64 = 116.0;
/// The room for the lines that lead to the names.
const LEADER: f64 = 24.0;
/// The distance between panels.
const GAP: f64 = 20.0;
/// The least distance between the numbers of an axis.
const TICK_GAP: f64 = 12.0;

/// Where a panel is, and its scales.
struct Frame {
    x: Scale,
    x_ticks: Ticks,
    y: Scale,
    /// The upper and the lower end of the axes.
    ends: [f64; 2],
}

impl ParetoPlot {
    fn drawn(panel: &ParetoPanel) -> Vec<(&ParetoPoint, [f64; 2])> {
        panel.points.iter().filter_map(|point| Some((point, point.place()?))).collect()
    }

    /// Returns the ticks of the vertical axis, which are the same in all panels.
    fn y_ticks(&self) -> Ticks {
        let drawn = self.panels.iter().flat_map(Self::drawn);
        let values = drawn.flat_map(|(point, _)| [point.y.value, point.y.low, point.y.high]);
        Ticks::around(extent(values.flatten()).unwrap_or([0.0, 1.0]), 6)
    }

    /// Returns the elements of a panel of some width with its upper left corner at a place, and where it ends.
    fn panel(&self, panel: &ParetoPanel, [left, top]: [f64; 2], width: f64) -> (Vec<Element>, f64) {
        let y_ticks = self.y_ticks();
        let y_name = Label::fit(&[&self.y], width, SMALL, 1);
        let y_numbers = y_ticks
            .values
            .iter()
            .map(|value| text_width(&self.y_unit.tick(*value, y_ticks.decimals), SMALL));
        let begin = left + y_numbers.fold(20.0, f64::max) + 8.0;
        let end = left + width - NAME_WIDTH - LEADER;
        let drawn = Self::drawn(panel);
        let top = top + line_height(SMALL) + 10.0;
        let bottom = top + HEIGHT.max(drawn.len() as f64 * LANE);
        let (x, x_ticks) = x_axis(panel.x_unit, &drawn, [begin, end]);
        let y = Scale::new(y_ticks.ends(), [bottom, top]);
        let frame = Frame { x, x_ticks, y, ends: [top, bottom] };
        let mut content = vec![
            self.y_axis(&frame, &y_ticks),
            x_lines(&frame, panel.x_unit),
            y_name[0].element(left, top - line_height(SMALL) - 10.0, "plot-axis-name"),
        ];
        // Below the numbers, and as wide as the panel.
        let x_name = Label::fit(&[&panel.x], left + width - begin, SMALL, 1);
        content.push(x_name[0].element(begin, bottom + SMALL + 9.0, "plot-axis-name"));
        if drawn.is_empty() {
            let middle = f64::midpoint(top, bottom);
            content.push(text(begin + 8.0, middle, Anchor::Start, "plot-note", "no values"));
        }
        content.extend(frontier(&frame, &drawn));
        content.extend(names(&frame, &drawn));
        content.extend(drawn.iter().map(|(point, place)| point_element(&frame, point, *place)));
        (content, bottom + SMALL + 9.0 + line_height(SMALL) + 4.0)
    }

    fn y_axis(&self, frame: &Frame, ticks: &Ticks) -> Element {
        let [begin, end] = frame.x.pixels();
        let mut axis = Element::new("g").class("plot-axis");
        for value in &ticks.values {
            let y = frame.y.at(*value);
            let number = self.y_unit.tick(*value, ticks.decimals);
            axis.push(line("plot-grid", [begin, y], [end, y]));
            axis.push(
                text(begin - 6.0, y + 4.0, Anchor::End, "plot-tick", &number)
                    .attribute("font-size", SMALL),
            );
        }
        axis
    }
}

/// Returns the scale and the ticks of a horizontal axis from zero: as many as have room for their numbers.
fn x_axis(unit: Unit, drawn: &[(&ParetoPoint, [f64; 2])], pixels: [f64; 2]) -> (Scale, Ticks) {
    let values = drawn.iter().flat_map(|(point, _)| [point.x.value, point.x.low, point.x.high]);
    let domain = extent(values.flatten().chain([0.0])).unwrap_or([0.0, 1.0]);
    let has_room = |ticks: &Ticks| {
        let widths = ticks
            .values
            .iter()
            .map(|value| text_width(&unit.tick(*value, ticks.decimals), SMALL) + TICK_GAP);
        widths.fold(0.0, f64::max) * (ticks.values.len().saturating_sub(1)) as f64
            <= pixels[1] - pixels[0]
    };
    let most = (3..=6).rev().find(|most| has_room(&Ticks::around(domain, *most))).unwrap_or(2);
    let mut ticks = Ticks::around(domain, most);
    let ends = ticks.ends();
    if !has_room(&ticks) {
        // Both ends say how far the axis reaches.
        ticks.values = ends.to_vec();
    }
    (Scale::new(ends, pixels), ticks)
}

fn x_lines(frame: &Frame, unit: Unit) -> Element {
    let [top, bottom] = frame.ends;
    let [begin, end] = frame.x.pixels();
    let mut axis = Element::new("g").class("plot-axis");
    for value in &frame.x_ticks.values {
        let x = frame.x.at(*value);
        let number = unit.tick(*value, frame.x_ticks.decimals);
        axis.push(line("plot-grid", [x, top], [x, bottom]));
        axis.push(
            text(x, bottom + SMALL + 4.0, Anchor::Middle, "plot-tick", &number)
                .attribute("font-size", SMALL),
        );
    }
    axis.child(line("plot-baseline", [begin, bottom], [end, bottom]))
}

/// Returns the line of the best value that is to be had for an amount: a step at each point that no other one beats.
fn frontier(frame: &Frame, drawn: &[(&ParetoPoint, [f64; 2])]) -> Option<Element> {
    let best = drawn.iter().filter(|(point, _)| point.is_best == Some(true));
    let mut places: Vec<[f64; 2]> = best.map(|(_, place)| *place).collect();
    places.sort_by(|one, other| one[0].total_cmp(&other[0]).then(one[1].total_cmp(&other[1])));
    let mut steps: Vec<[f64; 2]> = Vec::new();
    for [x, y] in places {
        let [x, y] = [frame.x.at(x), frame.y.at(y)];
        if let Some([_, before]) = steps.last().copied() {
            steps.push([x, before]);
        }
        steps.push([x, y]);
    }
    let [_, last] = *steps.last()?;
    steps.push([frame.x.pixels()[1], last]);
    Some(Element::new("path").class("plot-frontier").attribute("d", path(&steps, false)))
}

/// Returns the names of the points, each with the line from its point.
fn names(frame: &Frame, drawn: &[(&ParetoPoint, [f64; 2])]) -> Vec<Element> {
    let mut ordered: Vec<&(&ParetoPoint, [f64; 2])> = drawn.iter().collect();
    ordered.sort_by(|(_, one), (_, other)| {
        other[1].total_cmp(&one[1]).then(one[0].total_cmp(&other[0]))
    });
    let texts: Vec<&String> = ordered.iter().map(|(point, _)| &point.name).collect();
    let labels = Label::fit_bold(&texts, NAME_WIDTH, SMALL, 1);
    let wanted: Vec<f64> = ordered.iter().map(|(_, [_, y])| frame.y.at(*y)).collect();
    let begin = frame.x.pixels()[1] + LEADER;
    let mut elements = Vec::new();
    for (((point, [x, y]), label), middle) in
        ordered.iter().zip(&labels).zip(spread_lanes(&wanted, frame.ends))
    {
        let from = [frame.x.at(*x), frame.y.at(*y)];
        let class = if point.is_best == Some(true) { "plot-row plot-strong" } else { "plot-row" };
        elements.push(
            Element::new("g")
                .class(class)
                .child(line("plot-leader", from, [begin - 4.0, middle]))
                .child(label.element(begin, middle - label.height() / 2.0 - 1.0, "plot-label")),
        );
    }
    elements
}

/// Moves places that are given from top to bottom apart, so that each has a lane, without leaving the ends.
fn spread_lanes(wanted: &[f64], [top, bottom]: [f64; 2]) -> Vec<f64> {
    let mut places = wanted.to_vec();
    let mut least = top + LANE / 2.0;
    for place in &mut places {
        *place = place.max(least);
        least = *place + LANE;
    }
    let mut most = bottom - LANE / 2.0;
    for place in places.iter_mut().rev() {
        *place = place.min(most);
        most = *place - LANE;
    }
    places
}

/// Returns a point with its intervals. A point that no other one beats is a circle, any other a square.
fn point_element(frame: &Frame, of: &ParetoPoint, place: [f64; 2]) -> Element {
    let [x, y] = [frame.x.at(place[0]), frame.y.at(place[1])];
    let mut mark = Element::new("g").class("plot-mark");
    if let (Some(low), Some(high)) = (of.x.low, of.x.high) {
        mark.push(line("plot-interval", [frame.x.at(low), y], [frame.x.at(high), y]));
    }
    if let (Some(low), Some(high)) = (of.y.low, of.y.high) {
        mark.push(line("plot-interval", [x, frame.y.at(low)], [x, frame.y.at(high)]));
    }
    let is_best = of.is_best == Some(true);
    let shape = if is_best { Shape::Circle } else { Shape::Square };
    let class = if is_best { "plot-row plot-best" } else { "plot-row plot-beaten" };
    let mark = mark.children(point(x, y, shape, "plot-point"));
    Element::new("g").class(class).child(mark)
}

impl Plot for ParetoPlot {
    fn caption(&self) -> &Caption {
        &self.caption
    }

    fn svg(&self, layout: Layout) -> String {
        let columns = match layout {
            Layout::Wide => 2.0,
            Layout::Narrow => 1.0,
        };
        let width = (layout.width() - GAP * (columns - 1.0)) / columns;
        let (mut content, mut top, mut bottom) = (Vec::new(), 4.0, 0.0);
        let mut left = 0.0;
        for panel in &self.panels {
            if left + width > layout.width() + 1.0 {
                (left, top) = (0.0, bottom + GAP);
            }
            let (elements, end) = self.panel(panel, [left, top], width);
            content.extend(elements);
            bottom = f64::max(bottom, end);
            left += width + GAP;
        }
        svg(layout, &self.caption, bottom, content).to_string()
    }

    fn table(&self) -> DataTable {
        let mut table = DataTable::new(&self.caption.title)
            .text_column("name")
            .text_column("of")
            .number_column("value")
            .number_column("95 % interval")
            .number_column("n")
            .number_column(&self.y)
            .number_column("95 % interval")
            .number_column("n")
            .text_column("beaten");
        for panel in &self.panels {
            for ParetoPoint { name, x, y, is_best } in &panel.points {
                let cells = |unit: Unit, estimate: &Estimate| {
                    [unit.value(estimate.value), unit.interval(estimate), count(estimate.n)]
                };
                let beaten = match is_best {
                    Some(true) => "no",
                    Some(false) => "yes",
                    None => "–",
                };
                let row = [name.clone(), panel.x.clone()].into_iter();
                let row = row.chain(cells(panel.x_unit, x)).chain(cells(self.y_unit, y));
                table.row(row.chain([beaten.to_owned()]));
            }
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::{LANE, spread_lanes};

    #[test]
    fn names_have_a_lane_each_between_the_ends() {
        let ends = [0.0, 10.0 * LANE];
        assert_eq!(spread_lanes(&[50.0], ends), [50.0]);
        assert_eq!(spread_lanes(&[50.0, 50.0], ends), [50.0, 50.0 + LANE]);
        assert_eq!(spread_lanes(&[0.0], ends), [LANE / 2.0]);
        let bottom = spread_lanes(&[ends[1]; 3], ends);
        assert_eq!(bottom, [7.5, 8.5, 9.5].map(|lanes| lanes * LANE));
        let full = spread_lanes(&[80.0; 10], ends);
        assert!(full.windows(2).all(|pair| pair[1] - pair[0] >= LANE - 1e-9), "{full:?}");
        assert!(full[0] >= LANE / 2.0 - 1e-9 && full[9] <= ends[1] - LANE / 2.0 + 1e-9);
    }
}
