//! Tables of the numbers behind plots, for everyone who reads numbers more easily than marks.

use super::svg::Element;

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
}

/// A table with a heading for each row and each column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataTable {
    caption: String,
    columns: Vec<(String, Kind)>,
    rows: Vec<Vec<String>>,
}

impl DataTable {
    /// Returns a table without columns and rows. The first column holds the headings of the rows.
    pub fn new(caption: impl Into<String>) -> Self {
        Self { caption: caption.into(), columns: Vec::new(), rows: Vec::new() }
    }

    /// Adds a column of texts.
    #[must_use]
    pub fn text_column(mut self, name: impl Into<String>) -> Self {
        self.columns.push((name.into(), Kind::Text));
        self
    }

    /// Adds a column of numbers, which are aligned at their ends.
    #[must_use]
    pub fn number_column(mut self, name: impl Into<String>) -> Self {
        self.columns.push((name.into(), Kind::Number));
        self
    }

    /// Adds a row. Cells that are missing are empty; more cells than columns are left out.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let mut cells: Vec<String> = cells.into_iter().collect();
        cells.resize(self.columns.len(), String::new());
        self.rows.push(cells);
    }

    /// Returns the table as HTML.
    pub fn html(&self) -> String {
        self.element().to_string()
    }

    /// Returns the table in a region that opens on demand, and scrolls sideways where it is too wide.
    pub fn disclosure(&self) -> String {
        Element::new("details")
            .class("plot-data")
            .child(Element::new("summary").text("Numbers"))
            .child(scrolling(&self.caption, self.element()))
            .to_string()
    }

    fn element(&self) -> Element {
        let headings = self.columns.iter().map(|(name, kind)| {
            let heading = Element::new("th").attribute("scope", "col").text(name);
            with_class(heading, *kind)
        });
        let head = Element::new("thead").child(Element::new("tr").children(headings));
        let rows = self.rows.iter().map(|row| {
            let cells = row.iter().zip(&self.columns).enumerate();
            Element::new("tr").children(cells.map(|(column, (cell, (_, kind)))| {
                if column == 0 {
                    Element::new("th").attribute("scope", "row").child(isolated(cell))
                } else {
                    with_class(Element::new("td").child(isolated(cell)), *kind)
                }
            }))
        });
        Element::new("table")
            .class("plot-table")
            .child(Element::new("caption").text(&self.caption))
            .child(head)
            .child(Element::new("tbody").children(rows))
    }
}

/// Returns a table in a region that scrolls sideways where it is too wide, also by keys.
pub(super) fn scrolling(caption: &str, table: Element) -> Element {
    Element::new("div")
        .class("plot-scroll")
        .attribute("role", "region")
        .attribute("aria-label", caption)
        .attribute("tabindex", 0)
        .child(table)
}

fn with_class(cell: Element, kind: Kind) -> Element {
    match kind {
        Kind::Text => cell,
        Kind::Number => cell.class("plot-number"),
    }
}

/// Returns a text whose direction of writing does not affect what stands around it.
fn isolated(text: &str) -> Element {
    Element::new("bdi").text(text)
}
