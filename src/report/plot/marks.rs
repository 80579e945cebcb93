//! The marks of a plot with a horizontal scale: the scale itself, and values with their intervals on it.

use std::cmp::Ordering;
use std::fmt::Write as _;

use super::label::{Anchor, SMALL, text};
use super::scale::{Scale, Ticks};
use super::svg::{Element, coordinate};
use super::unit::Unit;
use crate::stats::Estimate;

/// How far the arrow at the end of a cut interval reaches.
const ARROW: [f64; 2] = [7.0, 4.0];

/// A line from top to bottom at a value that others are compared with, such as 50 %.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    pub(super) value: f64,
    pub(super) label: String,
}

impl Reference {
    /// Returns a line at a value; the label stands above it.
    pub fn new(value: f64, label: impl Into<String>) -> Self {
        Self { value, label: label.into() }
    }
}

/// Returns lines from `top` to `bottom` at the ticks, with their numbers below.
pub(super) fn horizontal_axis(
    scale: &Scale,
    ticks: &Ticks,
    unit: Unit,
    [top, bottom]: [f64; 2],
) -> Element {
    let mut axis = Element::new("g").class("plot-axis");
    for value in &ticks.values {
        let x = scale.at(*value);
        axis.push(line("plot-grid", [x, top], [x, bottom]));
        let number = unit.tick(*value, ticks.decimals);
        axis.push(
            text(x, bottom + SMALL + 4.0, Anchor::Middle, "plot-tick", &number)
                .attribute("font-size", SMALL),
        );
    }
    let [begin, end] = scale.pixels();
    axis.child(line("plot-baseline", [begin, bottom], [end, bottom]))
}

/// Returns the line of a reference with its label above; nothing if its value is not on the scale.
pub(super) fn reference_line(
    scale: &Scale,
    reference: &Reference,
    [top, bottom]: [f64; 2],
) -> Option<Element> {
    if scale.side(reference.value) != Ordering::Equal {
        return None;
    }
    let x = scale.at(reference.value);
    let label = text(x, top - 4.0, Anchor::Middle, "plot-reference-label", &reference.label);
    Some(
        Element::new("g")
            .class("plot-reference")
            .child(line("plot-reference-line", [x, top], [x, bottom]))
            .child(label.attribute("font-size", SMALL)),
    )
}

/// The shape of the mark of a value, so that kinds of values differ also without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Circle,
    Square,
    Diamond,
    /// No mark: only the interval is meant.
    Bounds,
}

/// Returns the mark of a value on a scale with its interval; arrows stand where the interval, or the value, reaches
/// beyond the scale.
pub(super) fn mark(scale: &Scale, estimate: &Estimate, y: f64, shape: Shape) -> Element {
    let mut group = Element::new("g").class("plot-mark");
    if let (Some(low), Some(high)) = (estimate.low, estimate.high) {
        let [begin, end] = [low, high].map(|value| scale.at(value));
        let class = if shape == Shape::Bounds { "plot-bounds" } else { "plot-interval" };
        group.push(line(class, [begin, y], [end, y]));
        for (value, x) in [(low, begin), (high, end)] {
            if shape == Shape::Bounds && scale.side(value) == Ordering::Equal {
                group.push(line(class, [x, y - 5.0], [x, y + 5.0]));
            }
        }
    }
    // The arrow of a value beyond the scale is that of its interval too.
    let ends = [estimate.low.or(estimate.value), estimate.high.or(estimate.value)];
    let is_beyond = |side| ends.into_iter().flatten().any(|value| scale.side(value) == side);
    let [begin, end] = scale.pixels();
    if is_beyond(Ordering::Less) {
        group.push(arrow(begin, ARROW[0], y));
    }
    if is_beyond(Ordering::Greater) {
        group.push(arrow(end, -ARROW[0], y));
    }
    match estimate.value {
        Some(value) if scale.side(value) == Ordering::Equal => {
            let has_interval = estimate.low.is_some() && estimate.high.is_some();
            let class = if has_interval { "plot-point" } else { "plot-point plot-open" };
            group.children(point(scale.at(value), y, shape, class))
        }
        _ => group,
    }
}

/// Returns a point; none for bounds.
pub(super) fn point(x: f64, y: f64, shape: Shape, class: &str) -> Option<Element> {
    let element = match shape {
        Shape::Bounds => return None,
        Shape::Circle => Element::new("circle").numbers([("cx", x), ("cy", y), ("r", 4.5)]),
        Shape::Square => Element::new("rect").numbers([
            ("x", x - 4.0),
            ("y", y - 4.0),
            ("width", 8.0),
            ("height", 8.0),
        ]),
        Shape::Diamond => {
            let corners = [[x, y - 5.5], [x + 5.5, y], [x, y + 5.5], [x - 5.5, y]];
            Element::new("path").attribute("d", path(&corners, true))
        }
    };
    Some(element.class(class))
}

/// Returns an arrow head with its tip at `x`, which reaches `back` from there.
fn arrow(x: f64, back: f64, y: f64) -> Element {
    let corners = [[x + back, y - ARROW[1]], [x, y], [x + back, y + ARROW[1]]];
    Element::new("path").class("plot-arrow").attribute("d", path(&corners, true))
}

/// Returns a straight line.
pub(super) fn line(class: &str, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) -> Element {
    Element::new("line").class(class).numbers([("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2)])
}

/// Returns the path along some points, which ends where it began if it is closed.
pub(super) fn path(points: &[[f64; 2]], is_closed: bool) -> String {
    let mut path = String::new();
    for (number, [x, y]) in points.iter().enumerate() {
        let command = if number == 0 { 'M' } else { 'L' };
        // Writing to a string cannot fail.
        let _infallible = write!(path, "{command}{} {}", coordinate(*x), coordinate(*y));
    }
    if is_closed {
        path.push('Z');
    }
    path
}

#[cfg(test)]
mod tests {
    use super::{Shape, mark, path};
    use crate::report::plot::scale::Scale;
    use crate::stats::{Estimate, Interval};

    fn drawn(value: f64, low: f64, high: f64) -> String {
        let scale = Scale::new([0.0, 1.0], [0.0, 200.0]);
        let estimate = Estimate::new(value, Interval { low, high }, 10);
        mark(&scale, &estimate, 20.0, Shape::Circle).to_string()
    }

    #[test]
    fn marks_stand_where_the_numbers_say() {
        let inside = drawn(0.5, 0.25, 0.75);
        assert!(inside.contains("x1=\"50\" y1=\"20\" x2=\"150\" y2=\"20\""), "{inside}");
        assert!(inside.contains("<circle cx=\"100\" cy=\"20\""), "{inside}");
        assert!(!inside.contains("plot-arrow"), "{inside}");
    }

    #[test]
    fn what_reaches_beyond_the_scale_has_an_arrow() {
        let below = drawn(0.1, -0.2, 0.4);
        assert_eq!(below.matches("plot-arrow").count(), 1);
        assert!(below.contains("d=\"M7 16L0 20L7 24Z\""), "{below}");
        let both = drawn(0.5, -1.0, 2.0);
        assert_eq!(both.matches("plot-arrow").count(), 2);
        assert!(both.contains("d=\"M193 16L200 20L193 24Z\""), "{both}");
        let outside = drawn(1.5, 1.2, 1.8);
        assert!(outside.contains("plot-arrow") && !outside.contains("circle"), "{outside}");
    }

    #[test]
    fn a_value_without_interval_is_an_open_mark_and_bounds_have_none() {
        let scale = Scale::new([0.0, 1.0], [0.0, 200.0]);
        let alone = mark(&scale, &Estimate::of(Some(0.5), None, 1), 20.0, Shape::Square);
        assert!(alone.to_string().contains("plot-point plot-open"), "{alone}");
        let bounds = Estimate { value: None, low: Some(0.09), high: Some(0.93), n: 100 };
        let bounds = mark(&scale, &bounds, 20.0, Shape::Bounds).to_string();
        assert!(bounds.contains("x1=\"18\"") && bounds.contains("x2=\"186\""), "{bounds}");
        assert!(!bounds.contains("plot-point"), "{bounds}");
    }

    #[test]
    fn a_path_goes_through_its_points() {
        assert_eq!(path(&[[0.0, 1.0], [2.5, 3.0]], false), "M0 1L2.5 3");
    }
}
