//! The history of an evaluation: whether anything has changed, the judge, the systems, the traffic, numbers over time.

use super::parts::{Figure, Part, Section, TableView, WarningView};
use crate::error::capitalised;
use crate::monitor::{Check, FeatureDrift, History, StreamKind, Trend};
use crate::report::monitor::{
    PairedRow, Words, check_headline, check_rows, day, feature_cells, feature_words,
    input_sentence, judge_sentences, kind_words, measure_words, metric_tag_rows, stream_cells,
    system_sentences, tag_rows,
};
use crate::report::number_format::NumberFormat;
use crate::report::plot::{Caption, LineAxis, LinePlot, Series, Unit};
use crate::report::quantities::count;
use crate::report::text_report::MAX_ROWS;

/// The most plots of numbers over time; the JSON document has all numbers.
const MOST_PLOTS: usize = 20;

/// Returns the sections of a page about a history.
pub(super) fn history(history: &History, trends: &[Trend], check: &Check) -> Vec<Section> {
    let [judge_rows, changed, new, metrics] = check_rows(check);
    vec![
        changes(check),
        judge(check, &judge_rows),
        systems(check, [&changed, &tag_rows(check), &new, &metrics]),
        traffic(check),
        over_time(trends, Words::of(check.rate)),
        entries(history, check),
    ]
}

fn changes(check: &Check) -> Section {
    let mut sentences = check_headline(check);
    let lead = sentences.drain(..1).collect();
    let mut parts = Vec::new();
    for kind in [StreamKind::Judge, StreamKind::System, StreamKind::NewItems] {
        let of_kind = check.streams.iter().filter(|stream| stream.name.kind == kind);
        let heads = [
            ("", false),
            ("baseline", true),
            ("now", true),
            ("limit", true),
            ("evidence", true),
            ("visible change", true),
        ];
        let mut table =
            TableView::new(format!("What the alarm watches on {}", kind_words(kind)), &heads);
        for stream in of_kind {
            let label = measure_words(&stream.name, Words::of(check.rate));
            table.rows.push(std::iter::once(label).chain(stream_cells(stream)).collect());
        }
        if !table.rows.is_empty() {
            parts.push(Part { table: Some(table), ..Part::default() });
        }
    }
    let last = parts.last_mut().and_then(|part| part.table.as_mut());
    if let (Some(table), Some(stream)) = (last, check.streams.first()) {
        table.note = format!(
            "Evidence of {} raises the alarm. A number above its limit adds evidence, and one below it takes evidence \
             away. The visible change is the smallest one that would have been seen by now, in points.",
            count(stream.threshold.round() as u64)
        );
    }
    let warnings = WarningView::all(&check.warnings);
    if !warnings.is_empty() {
        let heading = "What changes how these numbers may be used".to_owned();
        parts.push(Part { heading, warnings, ..Part::default() });
    }
    Section {
        id: "changes",
        short: "Has anything changed?",
        heading: "Has anything changed?".to_owned(),
        lead,
        sentences,
        parts,
    }
}

fn judge(check: &Check, rows: &[PairedRow]) -> Section {
    Section {
        id: "judge",
        short: "The judge",
        heading: "Has the judge changed?".to_owned(),
        lead: Vec::new(),
        sentences: judge_sentences(check),
        parts: vec![Part { table: paired_table("On unchanged texts", rows), ..Part::default() }],
    }
}

fn systems(check: &Check, tables: [&[PairedRow]; 4]) -> Section {
    let words = Words::of(check.rate);
    let rates = capitalised(words.rates);
    let captions = [
        format!("{rates} on changed responses"),
        format!("{rates} by tag, not adjusted for their number"),
        format!("{rates} on new items"),
        "Metrics, on changed responses where there are any".to_owned(),
    ];
    let parts = captions
        .into_iter()
        .zip(tables)
        .map(|(caption, rows)| Part { table: paired_table(&caption, rows), ..Part::default() });
    let by_tag = metric_tag_rows(check);
    let by_tag = by_tag.iter().map(|(heading, rows)| {
        let caption = format!("{heading}, not adjusted for their number");
        Part { table: paired_table(&caption, rows), ..Part::default() }
    });
    Section {
        id: "systems",
        short: "The systems",
        heading: "Have the systems changed?".to_owned(),
        sentences: system_sentences(check),
        parts: parts.chain(by_tag).collect(),
        ..Section::default()
    }
}

fn paired_table(caption: &str, rows: &[PairedRow]) -> Option<TableView> {
    let heads = [
        ("", false),
        ("baseline", true),
        ("now", true),
        ("change", true),
        ("95 % interval", true),
        ("n", true),
    ];
    let mut table = TableView::new(caption, &heads);
    for row in rows {
        table.rows.push(std::iter::once(row.label.clone()).chain(row.cells.clone()).collect());
    }
    (!rows.is_empty()).then_some(table)
}

fn traffic(check: &Check) -> Section {
    let words = Words::of(check.rate);
    let features = check.input.iter().flat_map(|input| &input.features).take(MAX_ROWS);
    Section {
        id: "traffic",
        short: "The traffic",
        heading: "Has the traffic changed?".to_owned(),
        sentences: check.input.iter().map(|input| input_sentence(input, words)).collect(),
        parts: features.map(|one| feature(one, words)).collect(),
        ..Section::default()
    }
}

fn feature(feature: &FeatureDrift, words: Words) -> Part {
    let heads =
        [("", false), ("anchors", true), ("share", true), ("new items", true), ("share", true)];
    let mut table = TableView::new("Anchors and new items", &heads);
    for category in &feature.categories {
        let share = |share: f64| NumberFormat::Percent.value(Some(share));
        let cells = [
            category.category.clone(),
            count(category.anchors),
            share(category.anchors_share),
            count(category.new),
            share(category.new_share),
        ];
        table.rows.push(cells.into());
    }
    let [p, v, psi] = feature_cells(feature);
    let difference = feature.difference.map_or(String::new(), |found| {
        let points = NumberFormat::Points;
        format!(
            " New items minus anchors: {} ({}) points.",
            points.value(found.value),
            points.interval(&found)
        )
    });
    table.note = format!(
        "Adjusted p: {p}. Size (Cramér's V): {v}. PSI, a familiar number without a test: {psi}.{difference}{}",
        if feature.alarm { " This raises the alarm." } else { "" }
    );
    Part {
        heading: capitalised(&feature_words(&feature.feature, words)),
        table: Some(table),
        ..Part::default()
    }
}

fn over_time(trends: &[Trend], words: Words) -> Section {
    let figures = trends.iter().take(MOST_PLOTS).enumerate().map(|(at, trend)| line(at, trend));
    let more = trends.len().saturating_sub(MOST_PLOTS);
    let notes = (more > 0).then(|| format!("{more} more numbers are in the JSON document."));
    Section {
        id: "over-time",
        short: "Over time",
        heading: "Numbers over time".to_owned(),
        sentences: vec![format!(
            "Each point is a run with its 95 % interval, over all of its {}: judge, systems and items together.",
            words.units[1]
        )],
        parts: vec![Part {
            figures: figures.collect(),
            notes: notes.into_iter().collect(),
            ..Part::default()
        }],
        ..Section::default()
    }
}

fn line(at: usize, trend: &Trend) -> Figure {
    let unit = if trend.is_share { Unit::Percent } else { Unit::Plain };
    let points = (1..).zip(&trend.points).map(|(run, point)| (f64::from(run), *point));
    let name = capitalised(&trend.name);
    Figure::of(&LinePlot {
        caption: Caption::new(&format!("eh-trend-{at}"), name, "By run, the earliest first."),
        x: LineAxis { label: "run".to_owned(), unit: Unit::Count, domain: None },
        y: LineAxis {
            label: trend.name.clone(),
            unit,
            domain: trend.is_share.then_some([0.0, 1.0]),
        },
        series: vec![Series::new(&trend.name, points)],
        diagonal: false,
    })
}

fn entries(history: &History, check: &Check) -> Section {
    let heads = [
        ("run", false),
        ("begun", false),
        ("file", false),
        ("judge", false),
        ("model", false),
        (Words::of(check.rate).units[1], true),
        ("entry", false),
    ];
    let mut table = TableView::new("Runs", &heads);
    for (number, entry) in (1_u64..).zip(&history.entries) {
        let models = entry.judge.models.iter().map(|model| {
            let served = model.served.iter().find_map(|one| one.model.as_deref());
            match served.filter(|served| *served != model.model) {
                Some(served) => format!("{} ({served})", model.model),
                None => model.model.clone(),
            }
        });
        let is_baseline = check.baseline.iter().any(|one| one.entry == entry.entry);
        let name =
            if is_baseline { format!("{}, baseline", entry.entry) } else { entry.entry.clone() };
        table.rows.push(vec![
            count(number),
            day(entry.run.begun),
            entry.run.file.clone(),
            entry.judge.name.clone(),
            models.collect::<Vec<_>>().join(", "),
            count(entry.units.len() as u64),
            name,
        ]);
    }
    Section {
        id: "runs",
        short: "Runs",
        heading: "What the history contains".to_owned(),
        parts: vec![Part { table: Some(table), ..Part::default() }],
        ..Section::default()
    }
}
