//! The matrix of win rates: how often each system wins against each other one.
//!
//! It is a table of HTML with shaded cells, so that it is read as any other table.

use super::svg::Element;
use super::table::scrolling;
use crate::report::number_format::NumberFormat;
use crate::report::quantities::count;
use crate::report::short_names::shorten_unique;
use crate::report::text_report::printable;
use crate::stats::Estimate;

/// How often each of some systems wins against each other one.
#[derive(Debug, Clone, PartialEq)]
pub struct WinMatrix {
    /// What the table is called.
    pub title: String,
    /// The systems, the strongest first.
    pub systems: Vec<String>,
    /// By row and column: the win rate of the system of the row against that of the column; `None` for a system against
    /// itself, and for two that were not compared.
    pub rates: Vec<Vec<Option<Estimate>>>,
}

/// The number of shades.
const SHADES: f64 = 9.0;
/// How many columns of text a system name in the table may have.
const NAME_COLUMNS: usize = 24;

impl WinMatrix {
    /// Returns the table as HTML, in a region that scrolls sideways where it is too wide.
    pub fn html(&self) -> String {
        let names: Vec<String> = self.systems.iter().map(|name| printable(name)).collect();
        let short = shorten_unique(&names, NAME_COLUMNS);
        let heading = |scope: &str| Element::new("th").attribute("scope", scope);
        // Numbers stand for names above the columns, which would be too wide otherwise.
        let numbers = self.systems.iter().enumerate().map(|(at, name)| {
            let number = Element::new("abbr").attribute("title", name).text((at + 1).to_string());
            heading("col").class("plot-number").child(number)
        });
        let first = Element::new("tr").child(heading("col").text("wins against")).children(numbers);
        let rows = self.rates.iter().enumerate().map(|(row, rates)| {
            let name = Element::new("bdi").class("plot-label").text(&short[row]);
            let name = if short[row] == self.systems[row] {
                name
            } else {
                name.attribute("title", &self.systems[row])
            };
            let cells = rates
                .iter()
                .enumerate()
                .map(|(column, rate)| Self::cell(rate.as_ref(), row == column));
            Element::new("tr")
                .child(heading("row").text(format!("{} ", row + 1)).child(name))
                .children(cells)
        });
        let table = Element::new("table")
            .class("plot-table plot-matrix")
            .child(Element::new("caption").text(&self.title))
            .child(Element::new("thead").child(first))
            .child(Element::new("tbody").children(rows));
        scrolling(&self.title, table).to_string()
    }

    fn cell(rate: Option<&Estimate>, is_itself: bool) -> Element {
        let cell = |class: &str| Element::new("td").class(class);
        match rate {
            Some(rate @ Estimate { value: Some(value), n, .. }) => {
                // Nothing has no shade; anything else has one.
                let shade = (value.clamp(0.0, 1.0) * SHADES).ceil() as u64;
                let note = |text: String| Element::new("small").class("plot-note").text(text);
                cell(&format!("plot-number plot-shade-{shade}"))
                    .child(Element::new("b").text(NumberFormat::Percent.value(Some(*value))))
                    .child(note(NumberFormat::Percent.interval(rate)))
                    .child(note(format!("n {}", count(*n))))
            }
            _ if is_itself => cell("plot-number"),
            _ => cell("plot-number").text("–"),
        }
    }
}
