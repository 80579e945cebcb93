//! The order table: what a judge prefers in one order against what it prefers in the other.
//!
//! It is a table of HTML with shaded cells, so that it is read as any other table.

use super::svg::Element;
use super::table::scrolling;
use crate::report::quantities::count;
use crate::report::short_names::shorten_unique;
use crate::report::text_report::printable;

/// The comparisons of two systems by the preference in each order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderMatrix {
    /// What the table is called.
    pub title: String,
    /// The two systems.
    pub systems: [String; 2],
    /// How many comparisons there are by the preference where the first system is shown first (rows) and where the
    /// second one is (columns); a preference is for the first system, a tie, or for the second system.
    pub counts: [[u64; 3]; 3],
    /// Comparisons with an order that has no vote.
    pub left_out: u64,
}

/// The number of shades.
const SHADES: f64 = 9.0;
/// How many columns of text a system name in the table may have.
const NAME_COLUMNS: usize = 24;

/// Returns what a cell says of the judge, for its class and in words.
fn meaning(row: usize, column: usize) -> (&'static str, &'static str) {
    match (row, column) {
        (0, 2) => ("plot-position", "first both times"),
        (2, 0) => ("plot-position", "second both times"),
        _ if row == column => ("plot-same", "same"),
        _ => ("plot-partly", "one tie"),
    }
}

impl OrderMatrix {
    /// Returns the table as HTML, in a region that scrolls sideways where it is too wide.
    pub fn html(&self) -> String {
        let names =
            shorten_unique(&self.systems.each_ref().map(|name| printable(name)), NAME_COLUMNS);
        let [one, other] = [0, 1].map(|at| Name { full: &self.systems[at], short: &names[at] });
        let preferences = || [one.element(), Element::new("span").text("tie"), other.element()];
        let heading = |scope: &str| Element::new("th").attribute("scope", scope);
        let first_row = Element::new("tr")
            .child(
                heading("col")
                    .attribute("rowspan", 2)
                    .text("prefers, with ")
                    .child(one.element())
                    .text(" shown first"),
            )
            .child(
                heading("colgroup")
                    .attribute("colspan", 3)
                    .text("prefers, with ")
                    .child(other.element())
                    .text(" shown first"),
            )
            .child(heading("col").attribute("rowspan", 2).text("all"));
        let second_row = Element::new("tr")
            .children(preferences().map(|preference| heading("col").child(preference)));
        let rows =
            self.counts.iter().enumerate().zip(preferences()).map(|((row, counts), name)| {
                let cells = counts.iter().enumerate().map(|(column, n)| self.cell(row, column, *n));
                Element::new("tr")
                    .child(heading("row").child(name))
                    .children(cells)
                    .child(Self::sum(counts.iter().sum()))
            });
        let columns = [0, 1, 2].map(|column| self.counts.iter().map(|row| row[column]).sum());
        let last = Element::new("tr")
            .child(heading("row").text("all"))
            .children(columns.map(Self::sum))
            .child(Self::sum(self.total()));
        let table = Element::new("table")
            .class("plot-table plot-matrix")
            .child(Element::new("caption").text(self.caption()))
            .child(Element::new("thead").child(first_row).child(second_row))
            .child(Element::new("tbody").children(rows))
            .child(Element::new("tfoot").child(last));
        scrolling(&self.title, table).to_string()
    }

    fn caption(&self) -> String {
        let total = count(self.total());
        let title = &self.title;
        match self.left_out {
            0 => format!("{title} (n {total})"),
            left_out => {
                let left_out = count(left_out);
                format!("{title} (n {total}; {left_out} left out, with no vote in an order)")
            }
        }
    }

    fn total(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    fn share(&self, n: u64) -> Option<f64> {
        let total = self.total();
        (total > 0).then(|| n as f64 / total as f64)
    }

    fn cell(&self, row: usize, column: usize, n: u64) -> Element {
        let (class, words) = meaning(row, column);
        // Nothing has no shade; anything else has one.
        let shade = (self.share(n).unwrap_or(0.0) * SHADES).ceil() as u64;
        Self::number(n)
            .class(format!("plot-number {class} plot-shade-{shade}"))
            .child(Element::new("small").class("plot-note").text(words))
    }

    fn sum(n: u64) -> Element {
        Self::number(n).class("plot-number plot-sum")
    }

    fn number(n: u64) -> Element {
        Element::new("td").child(Element::new("b").text(count(n)))
    }
}

/// The name of a system as a heading.
struct Name<'a> {
    full: &'a str,
    short: &'a str,
}

impl Name<'_> {
    fn element(&self) -> Element {
        let name = Element::new("bdi").class("plot-label").text(self.short);
        if printable(self.full) == self.short { name } else { name.attribute("title", self.full) }
    }
}
