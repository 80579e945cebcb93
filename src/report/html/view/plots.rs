//! From the numbers of a report to its plots.

use super::parts::Figure;
use crate::calibration::{Baseline, Calibration, ConfidenceReport, WinBounds};
use crate::diff::PairedEstimates;
use crate::overview::RequestReport;
use crate::ranking::RankedSystem;
use crate::report::calibration::NumberRow;
use crate::report::plot::{
    Caption, Dot, DotKind, DotPlot, Fill, ForestPlot, ForestRow, LineAxis, LinePlot, Reference,
    Segment, Series, StackedBar, Unit,
};
use crate::stats::{Estimate, Interval};
use crate::summary::OutcomeCounts;
use crate::verdict::Outcome;

/// The fewest segments of a run that are worth a line.
const FEWEST_SEGMENTS: usize = 3;

/// Returns the win rates of a pair of systems, with the one that the sentence quotes, and the bounds last.
pub(super) fn win_rate_forest(
    number: usize,
    title: &str,
    rows: &[NumberRow<'_>],
    quoted: usize,
    bounds: Option<(&WinBounds, u64)>,
) -> Figure {
    let row = |(at, row): (usize, &NumberRow<'_>)| {
        let mark = ForestRow::new(row.label, *row.estimate).note(row.note);
        if at == quoted { mark.strong() } else { mark }
    };
    let mut marks: Vec<ForestRow> = rows.iter().enumerate().map(row).collect();
    if let Some((bounds, n)) = bounds {
        let note = "if all dropped comparisons had gone one way or the other";
        marks.push(ForestRow::bounds("bounds", [bounds.low, bounds.high], n).note(note));
    }
    let description =
        "Each estimate with its 95 % interval; beyond the line at 50 % a system is ahead.";
    Figure::of(&ForestPlot {
        caption: Caption::new(&format!("eh-win-rates-{number}"), title, description),
        unit: Unit::Percent,
        rows: marks,
        reference: Some(Reference::new(0.5, "50 %")),
        domain: Some([0.0, 1.0]),
    })
}

/// Returns the strengths of several systems, the strongest first.
pub(super) fn strength_forest(systems: &[RankedSystem]) -> Figure {
    let row = |system: &RankedSystem| {
        let rank = system.rank;
        let note = match (rank.value, rank.low, rank.high) {
            (Some(value), Some(low), Some(high)) => format!("rank {value} ({low}–{high})"),
            (Some(value), ..) => format!("rank {value}"),
            (None, ..) => "rank not known".to_owned(),
        };
        let reason = if system.comparisons == 0 {
            "no comparison with a vote"
        } else {
            "every difference to the others is infinite"
        };
        ForestRow::new(&system.system, system.strength).note(note).undefined(reason)
    };
    let description = "The strength of each system with its 95 % interval; right of the line it is above the average.";
    Figure::of(&ForestPlot {
        caption: Caption::new("eh-strengths", "Strengths", description),
        unit: Unit::Plain,
        rows: systems.iter().map(row).collect(),
        reference: Some(Reference::new(0.0, "average")),
        domain: None,
    })
}

/// Returns how often the judge, people and simple rules agree with the labels, on one scale.
pub(super) fn agreement_dots(results: &Calibration) -> Figure {
    let mut dots = vec![Dot::new(&results.judge, DotKind::Judge, results.orders.agreement)];
    if let Some(human) = &results.human {
        let person = "a person with the others";
        dots.push(Dot::new(person, DotKind::People, human.ceiling));
        if human.judge.value.is_some() {
            let judge = format!("{} in a person's place", results.judge);
            dots.push(Dot::new(judge, DotKind::Judge, human.judge));
        }
    }
    let rule = |rule: &Baseline| Dot::new(rule.judge.rule(), DotKind::Rule, rule.agreement);
    dots.extend(results.baselines.iter().map(rule));
    let title = "Agreement with people, every reply";
    let description =
        "The judge should be right of every simple rule, and as near to people as possible.";
    Figure::of(&DotPlot {
        caption: Caption::new("eh-agreement", title, description),
        unit: Unit::Percent,
        dots,
        reference: None,
        domain: None,
    })
}

/// Returns agreement with people before and after, on the same comparisons or responses.
pub(super) fn sides_forest(paired: &PairedEstimates, units: &str) -> Figure {
    let title = "Agreement with people, every reply";
    let description =
        format!("Agreement of both runs on the same {units}, each with its 95 % interval.");
    Figure::of(&ForestPlot {
        caption: Caption::new("eh-sides", title, &description),
        unit: Unit::Percent,
        rows: vec![
            ForestRow::new("before", paired.before),
            ForestRow::new("after", paired.after).strong(),
        ],
        reference: None,
        domain: None,
    })
}

/// Returns the paired difference of agreement.
pub(super) fn difference_forest(paired: &PairedEstimates) -> Figure {
    let title = "After minus before, in points";
    let description = "The paired difference of agreement with people, with its 95 % interval.";
    Figure::of(&ForestPlot {
        caption: Caption::new("eh-difference", title, description),
        unit: Unit::Points,
        rows: vec![ForestRow::new("difference", paired.difference).strong()],
        reference: Some(Reference::new(0.0, "no difference")),
        domain: None,
    })
}

/// Returns how often the judge is right, by its own confidence.
pub(super) fn reliability(confidence: &ConfidenceReport) -> Figure {
    let axis =
        |label: &str, domain| LineAxis { label: label.to_owned(), unit: Unit::Percent, domain };
    let point = |bin: &crate::stats::ReliabilityBin| {
        let interval = Interval { low: bin.low, high: bin.high };
        (bin.confidence, Estimate::new(bin.accuracy, interval, bin.n))
    };
    let title = "Agreement with people by the judge's confidence";
    let description = "On the diagonal the judge is right as often as its probabilities say.";
    Figure::of(&LinePlot {
        caption: Caption::new("eh-reliability", title, description),
        x: axis("mean confidence", Some([0.5, 1.0])),
        y: axis("agrees with people", Some([0.0, 1.0])),
        series: vec![Series::new("judge", confidence.bins.iter().map(point))],
        diagonal: true,
    })
}

/// Returns how what was judged ended, as one bar; `unit` is a word for it, in the plural.
pub(super) fn outcome_bar(outcomes: &OutcomeCounts, unit: &str) -> Figure {
    let segment = |(outcome, count): (Outcome, u64)| Segment {
        name: outcome.as_str().to_owned(),
        count,
        fill: match outcome {
            Outcome::Kept => Fill::Solid,
            Outcome::Flipped | Outcome::Changed | Outcome::Hung => Fill::Rising,
            Outcome::Split | Outcome::Undecided => Fill::Dotted,
            Outcome::Unparsed => Fill::Falling,
            Outcome::Failed => Fill::Crossed,
            Outcome::Pending => Fill::Empty,
        },
    };
    let description = format!("All planned {unit} by how they ended.");
    Figure::of(&StackedBar {
        caption: Caption::new("eh-outcomes", "Outcomes", description),
        unit: unit.to_owned(),
        segments: outcomes.iter().map(segment).collect(),
    })
}

/// Returns the median latency and the retries over the run; nothing where no server was asked.
pub(super) fn requests_over_run(requests: &RequestReport) -> Vec<Figure> {
    if requests.segments.len() < FEWEST_SEGMENTS {
        return Vec::new();
    }
    let mut figures = Vec::new();
    let x = || LineAxis { label: "part of the run".to_owned(), unit: Unit::Count, domain: None };
    let segments = || (1..).zip(&requests.segments);
    if requests.latency_ms.is_some() {
        let latency = segments().map(|(at, segment)| {
            (f64::from(at), Estimate::of(segment.latency_ms_p50, None, segment.attempts))
        });
        let description =
            "The median latency of replies in equal parts of the run, in the order of storing.";
        figures.push(Figure::of(&LinePlot {
            caption: Caption::new("eh-latency", "Latency over the run", description),
            x: x(),
            y: LineAxis {
                label: "median latency".to_owned(),
                unit: Unit::Milliseconds,
                domain: None,
            },
            series: vec![Series::new("latency", latency)],
            diagonal: false,
        }));
    }
    if requests.retries > 0 {
        let retries = segments().map(|(at, segment)| {
            (f64::from(at), Estimate::of(Some(segment.retries as f64), None, segment.attempts))
        });
        let description =
            "Attempts after the first one in equal parts of the run, in the order of storing.";
        figures.push(Figure::of(&LinePlot {
            caption: Caption::new("eh-retries", "Retries over the run", description),
            x: x(),
            y: LineAxis { label: "retries".to_owned(), unit: Unit::Count, domain: None },
            series: vec![Series::new("retries", retries)],
            diagonal: false,
        }));
    }
    figures
}
