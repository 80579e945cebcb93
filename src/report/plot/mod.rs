//! Plots as SVG and tables as HTML: values in, markup out.
//!
//! Nothing is computed here but places: a [`Plot`] holds estimates, and its marks stand where the numbers say. What is
//! drawn is also written: every number stands beside its mark or in the table behind the plot, with its interval and
//! its n. Kinds of marks differ by shape or pattern and not by colour alone.
//!
//! Markup has no colours, fonts and inline styles, but classes whose names begin with `plot-`. [`STYLE`] gives them a
//! look through custom properties that a page may set. Texts from outside are escaped, and shortened where their place
//! is too narrow; the full text is then in the `<title>` beside them and in the table.

mod bar;
mod domain;
mod dots;
mod figure;
mod forest;
mod frame;
mod label;
mod lines;
mod marks;
mod matrix;
mod pareto;
mod scale;
mod step_bars;
mod svg;
mod table;
mod unit;
mod win_matrix;

pub use bar::{Fill, Segment, StackedBar};
pub use dots::{Dot, DotKind, DotPlot};
pub use figure::Plot;
pub use forest::{ForestPlot, ForestRow};
pub use frame::{Caption, Layout};
pub use lines::{LineAxis, LinePlot, Series};
pub use marks::Reference;
pub use matrix::OrderMatrix;
pub use pareto::{ParetoPanel, ParetoPlot, ParetoPoint};
pub use step_bars::{StepBar, StepBars};
pub use table::DataTable;
pub use unit::Unit;
pub use win_matrix::WinMatrix;

/// The style sheet of plots. Colours are custom properties, which the page sets for light, dark and print:
/// `--plot-ink`, `--plot-muted`, `--plot-grid`, `--plot-accent`, `--plot-paper` and `--plot-fill-1` to `--plot-fill-6`.
pub const STYLE: &str = include_str!("plot.css");
