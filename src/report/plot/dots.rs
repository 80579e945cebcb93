//! Dot plots: who agrees how far with people, all on one scale, each with its name and numbers beside its mark.
//!
//! Judges, people and simple rules differ by the shape of their mark. The text stands right of the interval, left of
//! it where there is no room, and else above it.

use super::domain::{finite, scale_and_ticks};
use super::figure::Plot;
use super::frame::{Caption, Layout, svg};
use super::label::{Anchor, BOLD, Label, SMALL, TEXT, isolated, line_height, text, text_width};
use super::marks::{Reference, Shape, horizontal_axis, mark, reference_line};
use super::scale::Scale;
use super::svg::Element;
use super::table::DataTable;
use super::unit::Unit;
use crate::report::quantities::count;
use crate::stats::Estimate;

/// Several estimates on one scale.
#[derive(Debug, Clone, PartialEq)]
pub struct DotPlot {
    /// What the plot is called.
    pub caption: Caption,
    /// What its numbers are.
    pub unit: Unit,
    /// The estimates, from top to bottom.
    pub dots: Vec<Dot>,
    /// A value to compare with.
    pub reference: Option<Reference>,
    /// The values at the ends of the scale; `None` for round numbers around everything that is drawn.
    pub domain: Option<[f64; 2]>,
}

/// Whose number a dot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DotKind {
    /// A judge, or a jury: a circle.
    Judge,
    /// People among themselves, or one of them: a diamond.
    People,
    /// A simple rule, such as "the longer response": a square.
    Rule,
}

impl DotKind {
    fn shape(self) -> Shape {
        match self {
            Self::Judge => Shape::Circle,
            Self::People => Shape::Diamond,
            Self::Rule => Shape::Square,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Judge => "plot-row plot-judge plot-strong",
            Self::People => "plot-row plot-people",
            Self::Rule => "plot-row plot-rule",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Judge => "judge",
            Self::People => "people",
            Self::Rule => "simple rule",
        }
    }
}

/// An estimate in a dot plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Dot {
    name: String,
    kind: DotKind,
    estimate: Estimate,
}

impl Dot {
    /// Returns the dot of an estimate.
    pub fn new(name: impl Into<String>, kind: DotKind, estimate: Estimate) -> Self {
        Self { name: name.into(), kind, estimate: finite(estimate) }
    }

    /// Returns the value with its interval and n in words.
    fn numbers(&self, unit: Unit) -> String {
        let n = count(self.estimate.n);
        if self.estimate.value.is_none() {
            return format!("no value, n {n}");
        }
        let [value, interval] = [unit.value(self.estimate.value), unit.interval(&self.estimate)];
        format!("{value} ({interval}), n {n}")
    }
}

/// The distance of the text from the interval.
const SPACE: f64 = 10.0;
/// The height of a line with a mark.
const LANE: f64 = 22.0;

/// Where the text of a dot stands.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Right(f64),
    Left(f64),
    /// Above the interval, from this place on.
    Above(f64),
}

impl Place {
    /// Returns where a text of some width has room beside an interval.
    fn of(width: f64, [begin, end]: [f64; 2], total: f64) -> Self {
        if end + SPACE + width <= total {
            Self::Right(end + SPACE)
        } else if begin - SPACE - width >= 0.0 {
            Self::Left(begin - SPACE)
        } else {
            Self::Above(begin.min(total - width).max(0.0))
        }
    }

    fn height(self) -> f64 {
        match self {
            Self::Right(_) | Self::Left(_) => LANE,
            Self::Above(_) => LANE + line_height(TEXT),
        }
    }
}

impl DotPlot {
    /// Returns the elements of a dot below `top`, and where they end.
    fn dot(
        &self,
        layout: Layout,
        dot: &Dot,
        name: &Label,
        scale: &Scale,
        top: f64,
    ) -> (Element, f64) {
        let numbers = dot.numbers(self.unit);
        let width =
            text_width(name.shown(), TEXT) * BOLD + text_width(&format!(" {numbers}"), TEXT);
        let Estimate { value, low, high, .. } = dot.estimate;
        let ends = [low.or(value), high.or(value)];
        let place = match ends {
            // The marks are as wide as an interval of a few pixels.
            [Some(low), Some(high)] => {
                Place::of(width, [scale.at(low) - 6.0, scale.at(high) + 6.0], layout.width())
            }
            _ => Place::Right(scale.pixels()[0]),
        };
        let bottom = top + place.height();
        let middle = bottom - LANE / 2.0;
        let (x, y, anchor) = match place {
            Place::Right(x) => (x, middle + 4.0, Anchor::Start),
            Place::Left(x) => (x, middle + 4.0, Anchor::End),
            Place::Above(x) => (x, top + TEXT, Anchor::Start),
        };
        let mut words = text(x, y, anchor, "plot-direct", "");
        if let Some(full) = name.full() {
            words.push(Element::new("title").text(full));
        }
        let words = words
            .child(isolated(name.shown()).class("plot-label"))
            .child(Element::new("tspan").class("plot-number").text(format!(" {numbers}")));
        let mark = mark(scale, &dot.estimate, middle, dot.kind.shape());
        (Element::new("g").class(dot.kind.class()).child(mark).child(words), bottom)
    }
}

impl Plot for DotPlot {
    fn caption(&self) -> &Caption {
        &self.caption
    }

    fn svg(&self, layout: Layout) -> String {
        let pixels = [22.0, layout.width() - 22.0];
        let reference = self.reference.as_ref();
        let estimates = self.dots.iter().map(|dot| &dot.estimate);
        let others = reference.map(|reference| reference.value);
        let (scale, ticks) = scale_and_ticks(estimates, others, self.domain, pixels);
        let names: Vec<&String> = self.dots.iter().map(|dot| &dot.name).collect();
        // A name has the room that the longest numbers leave beside them.
        let numbers = self.dots.iter().map(|dot| text_width(&dot.numbers(self.unit), TEXT));
        let room = layout.width() - numbers.fold(0.0, f64::max) - SPACE;
        let names = Label::fit_bold(&names, room, TEXT, 1);
        let top = if reference.is_some() { line_height(SMALL) + 4.0 } else { 2.0 };
        let mut bottom = top;
        let mut dots = Vec::new();
        for (dot, name) in self.dots.iter().zip(&names) {
            let (element, end) = self.dot(layout, dot, name, &scale, bottom);
            dots.push(element);
            bottom = end;
        }
        let mut content = vec![horizontal_axis(&scale, &ticks, self.unit, [top, bottom])];
        content.extend(reference.and_then(|line| reference_line(&scale, line, [top, bottom])));
        content.extend(dots);
        svg(layout, &self.caption, bottom + SMALL + 10.0, content).to_string()
    }

    fn table(&self) -> DataTable {
        let mut table = DataTable::new(&self.caption.title)
            .text_column("name")
            .text_column("kind")
            .number_column("value")
            .number_column("95 % interval")
            .number_column("n");
        for Dot { name, kind, estimate } in &self.dots {
            let [value, interval] = [self.unit.value(estimate.value), self.unit.interval(estimate)];
            table.row([name.clone(), kind.name().to_owned(), value, interval, count(estimate.n)]);
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_text_stands_where_there_is_room() {
        assert_eq!(Place::of(100.0, [300.0, 400.0], 720.0), Place::Right(410.0));
        assert_eq!(Place::of(100.0, [500.0, 650.0], 720.0), Place::Left(490.0));
        assert_eq!(Place::of(300.0, [50.0, 650.0], 720.0), Place::Above(50.0));
        assert_eq!(Place::of(300.0, [200.0, 300.0], 340.0), Place::Above(40.0));
    }
}
