//! Quality beside price and latency: what is not beaten, the Pareto plot, and the tables.

use super::parts::{Figure, Part, TableView};
use crate::error::capitalised;
use crate::overview::{GeneratedReport, GeneratedSystem, Quality};
use crate::report::overview::{
    GENERATED_TITLE, SystemTable, generated_lead, generated_notes, generated_tables, quality_name,
};
use crate::report::plot::{Caption, ParetoPanel, ParetoPlot, ParetoPoint, Unit};
use crate::stats::Estimate;

/// The most systems in the plot; the tables have all.
const MOST: usize = 12;

/// Returns the parts on quality, price and latency; none where nothing is known of how responses were generated.
pub(super) fn generated(generated: Option<&GeneratedReport>) -> Vec<Part> {
    let Some(generated) = generated else { return Vec::new() };
    let mut notes = generated_notes(generated);
    let figure = pareto(generated);
    if figure.is_some() {
        notes.insert(
            0,
            "The line leads through the circles, the systems that no other one beats; squares are beaten. Lines \
             across a point are 95 % intervals; a median latency has none."
                .to_owned(),
        );
    }
    if generated.systems.len() > MOST {
        let quality = quality_name(generated.quality);
        notes.push(format!("The plot shows the {MOST} systems with the highest {quality}s."));
    }
    let first = Part {
        heading: capitalised(GENERATED_TITLE),
        sentences: generated_lead(generated),
        figures: figure.into_iter().collect(),
        notes,
        ..Part::default()
    };
    let tables = generated_tables(generated).into_iter();
    let tables = tables.map(|one| Part { table: Some(table(one)), ..Part::default() });
    std::iter::once(first).chain(tables).collect()
}

/// Returns a table of a report.
pub(super) fn table(table: SystemTable) -> TableView {
    let heads = std::iter::once((table.first.as_str(), false)).chain(table.columns());
    let heads: Vec<(&str, bool)> = heads.collect();
    let mut view = TableView::new(capitalised(&table.caption), &heads);
    let rows = table.rows.into_iter();
    view.rows = rows.map(|(name, cells)| std::iter::once(name).chain(cells).collect()).collect();
    view
}

/// Returns the plot of win rates against prices and latencies, as far as they are known; `None` if nothing is.
fn pareto(generated: &GeneratedReport) -> Option<Figure> {
    let shown = &generated.systems[..generated.systems.len().min(MOST)];
    let panel = |x: &str, x_unit, point: fn(&GeneratedSystem) -> (Estimate, Option<bool>)| {
        let points = shown.iter().map(|system| {
            let (x, is_best) = point(system);
            ParetoPoint::new(&system.system, x, system.quality(), is_best)
        });
        ParetoPanel { x: x.to_owned(), x_unit, points: points.collect() }
    };
    let price = panel("USD per 1,000 responses", Unit::UsdPerThousand, |system| {
        (system.cost_usd, system.on_cost_frontier)
    });
    let latency = panel("median latency in ms", Unit::Count, |system| {
        let median = system.latency_ms.map(|latency| latency.p50);
        let n = system.latency_ms.map_or(0, |latency| latency.n);
        (Estimate::of(median, None, n), system.on_latency_frontier)
    });
    let has_price = shown.iter().any(|system| system.on_cost_frontier.is_some());
    let has_latency = shown.iter().any(|system| system.on_latency_frontier.is_some());
    let panels = [has_price.then_some(price), has_latency.then_some(latency)];
    let panels: Vec<ParetoPanel> = panels.into_iter().flatten().collect();
    if panels.is_empty() {
        return None;
    }
    let quality = quality_name(generated.quality);
    let amounts = match (has_price, has_latency) {
        (true, true) => "price and latency",
        (true, false) => "price",
        (false, _) => "latency",
    };
    let title = format!("{} against {amounts}", capitalised(quality));
    let description = format!(
        "Each system by its {quality} and what a response costs or how long it takes: higher and further \
                       left is better. The line connects the systems that no other one beats."
    );
    Some(Figure::of(&ParetoPlot {
        caption: Caption::new("eh-pareto", title, description),
        y: quality.to_owned(),
        y_unit: match generated.quality {
            Quality::MeanStep => Unit::Step,
            _ => Unit::Percent,
        },
        panels,
    }))
}
