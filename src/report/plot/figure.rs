//! A plot in both widths with the table behind it.

use super::frame::{Caption, Layout};
use super::svg::Element;
use super::table::DataTable;

/// A plot.
pub trait Plot {
    /// Returns what the plot is called.
    fn caption(&self) -> &Caption;

    /// Returns the plot as an SVG document.
    fn svg(&self, layout: Layout) -> String;

    /// Returns the numbers of the plot.
    fn table(&self) -> DataTable;

    /// Returns a figure: the title, the plot for wide and for narrow pages, of which the style sheet shows one, and
    /// its numbers as a table that opens on demand.
    fn figure(&self) -> String {
        let caption = Element::new("figcaption").class("plot-title").text(&self.caption().title);
        let [wide, narrow] = [Layout::Wide, Layout::Narrow].map(|layout| self.svg(layout));
        let table = self.table().disclosure();
        format!("<figure class=\"plot-figure\">{caption}{wide}{narrow}{table}</figure>")
    }
}
