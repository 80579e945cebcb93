//! Whether the judge can be trusted: agreement beside people and simple rules, what was validated, the effect of the
//! order, of closeness and of each criterion.

use super::annotators::{annotator_table, people_who_label_part};
use super::juries::jury_parts;
use super::parts::{
    CheckView, Figure, Part, Section, TableView, WarningView, no_share, share_cells, shown_share,
};
use super::plots::{agreement_dots, reliability};
use crate::calibration::{Calibration, HumanReport};
use crate::error::Warning;
use crate::overview::{Closeness, ClosenessMeasure, CriterionReport, OrderTable, Overview};
use crate::report::calibration::{
    LABELLING_TITLES, RULE_TITLES, calibration_headline, conclusion_sentence, labelled,
    labelling_cells, labelling_sentences, main_rows, margin_rule_sentences, rule_cells,
};
use crate::report::number_format::NumberFormat;
use crate::report::plot::OrderMatrix;
use crate::report::quantities::{count, counted};
use crate::report::text_report::{MAX_ROWS, p_value};
use crate::report::wording::order_unknown;

/// Returns the second section.
pub(super) fn trust(overview: &Overview, warnings: &[Warning]) -> Section {
    let results = overview.calibration.as_ref();
    let (lead, sentences) = match results {
        Some(results) => {
            let conclusion = conclusion_sentence(results);
            let rest = calibration_headline(results).pop().unwrap_or_default();
            let rest = rest.strip_prefix(&conclusion).map(|rest| rest.trim_start().to_owned());
            (conclusion, rest.into_iter().chain([labelled(results)]).collect())
        }
        None => (
            "Whether this judge agrees with people is not known: there are no labels.".to_owned(),
            Vec::new(),
        ),
    };
    let parts = [
        results.map(agreement),
        (!warnings.is_empty()).then(|| Part {
            heading: "What changes how these numbers may be used".to_owned(),
            warnings: WarningView::all(warnings),
            ..Part::default()
        }),
        Some(Part {
            heading: "What was validated, and what was not".to_owned(),
            checks: overview.checklist.iter().map(CheckView::of).collect(),
            ..Part::default()
        }),
        annotators(overview),
        results.and_then(people),
        results.and_then(people_who_label),
        results.and_then(by_confidence),
        results.and_then(margin_rule),
    ];
    let juries = results.map(jury_parts).unwrap_or_default().into_iter().map(Some);
    let by_comparison = [order_tables(overview), closeness(overview)];
    Section {
        id: "trust",
        short: "Can this judge be trusted?",
        heading: "Can this judge be trusted?".to_owned(),
        lead: vec![lead],
        sentences,
        parts: parts
            .into_iter()
            .chain(juries)
            .chain(by_comparison)
            .chain(criteria(overview))
            .flatten()
            .collect(),
    }
}

/// Returns agreement of the judge, of people and of simple rules, on one scale.
fn agreement(results: &Calibration) -> Part {
    Part {
        figures: vec![agreement_dots(results)],
        table: Some(main_numbers(results)),
        ..Part::default()
    }
}

/// Returns the numbers that say how far the judge can be trusted.
fn main_numbers(results: &Calibration) -> TableView {
    let heads =
        [("", false), ("value", true), ("95 % interval", true), ("n", true), ("what it is", false)];
    let mut table = TableView::new("The judge and people", &heads);
    for row in main_rows(results) {
        table.rows.push(vec![
            row.label.to_owned(),
            row.format.value(row.estimate.value),
            row.format.interval(row.estimate),
            count(row.estimate.n),
            row.note.to_owned(),
        ]);
    }
    table
}

/// Returns how people agree with each other.
fn people(results: &Calibration) -> Option<Part> {
    let human: &HumanReport = results.human.as_ref()?;
    let heads = [("annotators", false), ("Cohen's κ", true), ("95 % interval", true), ("n", true)];
    let mut table = TableView::new("Cohen's κ of each pair of annotators", &heads);
    for pair in human.pairwise_kappa.iter().take(MAX_ROWS) {
        let format = NumberFormat::Plain;
        table.rows.push(vec![
            pair.annotators.join(" and "),
            format.value(pair.kappa.value),
            format.interval(&pair.kappa),
            count(pair.kappa.n),
        ]);
    }
    let left_out = human.pairwise_kappa.len().saturating_sub(MAX_ROWS) + human.pairs_left_out;
    if left_out > 0 {
        table.note = format!("{} more are in the JSON document.", counted(left_out as u64, "pair"));
    }
    Some(Part {
        heading: "People with each other".to_owned(),
        table: Some(table),
        ..Part::default()
    })
}

/// Returns how people labelled, where there is more to say than who chose what.
fn people_who_label(results: &Calibration) -> Option<Part> {
    let report = &results.labelling;
    let table = report.has_details().then(|| {
        let rows = report.annotators.iter().map(labelling_cells);
        annotator_table(&LABELLING_TITLES, rows, report.annotators_left_out)
    });
    people_who_label_part(labelling_sentences(results, true), table)
}

/// Returns how the judge, and the other people, agree with each annotator.
fn annotators(overview: &Overview) -> Option<Part> {
    if overview.annotators.is_empty() {
        return None;
    }
    let heads = [
        ("annotator", false),
        ("labelled", true),
        ("the judge agrees in", true),
        ("95 % interval", true),
        ("n", true),
        ("the others agree in", true),
        ("95 % interval", true),
        ("n", true),
    ];
    let mut table = TableView::new("Agreement with each annotator", &heads);
    for report in &overview.annotators {
        let mut row = vec![report.annotator.clone(), count(report.labelled)];
        row.extend(share_cells(&report.judge));
        match &report.others {
            Some(others) => row.extend(share_cells(others)),
            None => row.extend(no_share()),
        }
        table.rows.push(row);
    }
    if overview.annotators_left_out > 0 {
        let left_out = counted(overview.annotators_left_out, "annotator");
        table.note = format!("{left_out} with fewer labels are left out.");
    }
    let heading = "Annotator by annotator".to_owned();
    Some(Part { heading, table: Some(table), ..Part::default() })
}

/// Returns whether the judge's probabilities predict agreement.
fn by_confidence(results: &Calibration) -> Option<Part> {
    let confidence = results.confidence.as_ref()?;
    let error = confidence.ece.map_or("not known".to_owned(), |error| format!("{error:.3}"));
    let sentence = format!(
        "Over {}, the expected calibration error is {error}: 0 means that the judge is right as often as its \
         probabilities say.",
        counted(confidence.n, "labelled comparison")
    );
    Some(Part {
        heading: "Reliability by confidence".to_owned(),
        sentences: vec![sentence],
        figures: vec![reliability(confidence)],
        ..Part::default()
    })
}

/// Returns the margin rule beside the default one.
fn margin_rule(results: &Calibration) -> Option<Part> {
    let report = results.margin_rule.as_ref()?;
    let table = report.test.as_ref().map(|test| {
        let mut table = TableView::titled("Both rules on the test part", &RULE_TITLES);
        table.rows = test.rules.iter().map(rule_cells).collect();
        table
    });
    Some(Part {
        heading: "Verdicts by agreement of both orders, or by their mean".to_owned(),
        sentences: margin_rule_sentences(report, results.looks).into(),
        table,
        ..Part::default()
    })
}

/// Returns what both orders prefer, as a 3×3 table for each pair of systems.
fn order_tables(overview: &Overview) -> Option<Part> {
    if overview.order_tables.is_empty() {
        return None;
    }
    let position = overview.judge_summary()?.position.as_ref()?;
    let mut sentences = vec![format!(
        "Position consistency {}; {} chose the response shown first twice, {} the second twice; the first position \
         was chosen in {} of {}.",
        shown_share(&position.consistency),
        counted(position.primacy, "flip"),
        count(position.recency),
        shown_share(&position.first_share),
        counted(position.first_share.n, "readable reply"),
    )];
    sentences.push(format!(
        "Flips that chose the first response twice against those that chose the second twice: {} (exact test that both \
         are equally likely).",
        p_value(position.p_value)
    ));
    sentences.extend(order_unknown(position.order_unknown));
    let several = overview.order_tables.len() > 1;
    if several {
        sentences.insert(0, "Over all pairs of systems:".to_owned());
    }
    if overview.order_tables.len() > MAX_ROWS {
        let others = (overview.order_tables.len() - MAX_ROWS) as u64;
        sentences.push(format!("{} more are in the JSON document.", counted(others, "pair")));
    }
    let matrix = |table: &OrderTable| {
        let [a, b] = &table.between;
        let of = if several { format!(" of {a} and {b}") } else { String::new() };
        let matrix = OrderMatrix {
            title: format!("Comparisons{of} by what both orders prefer; the diagonal is kept"),
            systems: table.between.clone(),
            counts: table.counts,
            left_out: table.left_out,
        };
        Figure::matrix(&matrix.html())
    };
    Some(Part {
        heading: "What the order does".to_owned(),
        sentences,
        figures: overview.order_tables.iter().take(MAX_ROWS).map(matrix).collect(),
        ..Part::default()
    })
}

/// Returns consistency by how close a comparison is.
fn closeness(overview: &Overview) -> Option<Part> {
    if overview.closeness.is_empty() {
        return None;
    }
    let with_labels = overview.calibration.is_some();
    let mut heads = vec![
        ("comparisons that are", false),
        ("comparisons", true),
        ("coverage", true),
        ("95 % interval", true),
    ];
    heads.extend([("consistency", true), ("95 % interval", true), ("n", true)]);
    if with_labels {
        heads.extend([("agreement", true), ("95 % interval", true), ("n", true)]);
    }
    let mut table =
        TableView::new("Coverage and consistency by how close the comparisons are", &heads);
    for Closeness { measure, bands, .. } in &overview.closeness {
        for band in bands {
            let [coverage, interval, _] = share_cells(&band.coverage);
            let mut row = vec![
                format!("{}: {}", measure_words(*measure), band.name),
                count(band.comparisons),
                coverage,
                interval,
            ];
            row.extend(share_cells(&band.consistency));
            match &band.agreement {
                Some(agreement) => row.extend(share_cells(agreement)),
                None if with_labels => row.extend(no_share()),
                None => {}
            }
            table.rows.push(row);
        }
    }
    Some(Part {
        heading: "Close and clear comparisons".to_owned(),
        sentences: vec![
            "A verdict that changes with the order is a lesser fault where the responses are about equally good. \
             Similarity is the share of words that both responses have (F1), so it says only how alike they look."
                .to_owned(),
        ],
        table: Some(table),
        ..Part::default()
    })
}

fn measure_words(measure: ClosenessMeasure) -> &'static str {
    match measure {
        ClosenessMeasure::People => "people",
        ClosenessMeasure::Confidence => "probability of the likelier system",
        ClosenessMeasure::Similarity => "similarity of the responses",
    }
}

/// Returns the votes on single criteria: which one the order changes, and which one goes with the vote and with people.
fn criteria(overview: &Overview) -> [Option<Part>; 2] {
    if overview.criteria.is_empty() {
        return [None, None];
    }
    let sentence = "Consistency tells which criterion changes with the order; \"as the vote\", most of all where the \
                    criteria of a reply differ, which one decides it.";
    let by_order = Part {
        heading: "Criterion by criterion".to_owned(),
        sentences: vec![sentence.to_owned()],
        table: Some(criteria_by_order(&overview.criteria)),
        ..Part::default()
    };
    let with_labels = overview.calibration.is_some();
    let table = Some(criteria_by_vote(&overview.criteria, with_labels));
    [Some(by_order), Some(Part { table, ..Part::default() })]
}

fn criteria_by_order(criteria: &[CriterionReport]) -> TableView {
    let heads = [
        ("criterion", false),
        ("votes", true),
        ("flipped", true),
        ("split", true),
        ("consistency", true),
        ("95 % interval", true),
        ("n", true),
    ];
    let mut table = TableView::new("Votes on each criterion in both orders", &heads);
    for criterion in criteria {
        let mut row = vec![criterion.name.clone()];
        row.extend([criterion.votes, criterion.flipped, criterion.split].map(count));
        row.extend(share_cells(&criterion.consistency));
        table.rows.push(row);
    }
    table
}

fn criteria_by_vote(criteria: &[CriterionReport], with_labels: bool) -> TableView {
    let mut heads = vec![
        ("criterion", false),
        ("as the vote", true),
        ("95 % interval", true),
        ("n", true),
        ("where criteria differ", true),
        ("95 % interval", true),
        ("n", true),
    ];
    if with_labels {
        heads.extend([("agreement with people", true), ("95 % interval", true), ("n", true)]);
    }
    let with_choices = criteria.iter().any(|criterion| criterion.by_criterion.is_some());
    if with_choices {
        heads.extend([("with people on it", true), ("95 % interval", true), ("n", true)]);
    }
    let mut table = TableView::new("What each criterion goes with", &heads);
    for criterion in criteria {
        let mut row = vec![criterion.name.clone()];
        row.extend(share_cells(&criterion.with_vote));
        row.extend(share_cells(&criterion.when_divided));
        if let Some(agreement) = &criterion.agreement {
            row.extend(share_cells(agreement));
        }
        if let Some(agreement) = &criterion.by_criterion {
            row.extend(share_cells(agreement));
        }
        table.rows.push(row);
    }
    table
}
