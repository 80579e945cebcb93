//! The ways to answer a question, in sentences.

use super::leaves::points;
use crate::costing::{Amount, Answers, CostReport, JudgeFacts, Way, WayKind};
use crate::report::number_format::{NumberFormat, percent};
use crate::report::quantities::{count, counted, usd};
use crate::report::text_report::{printable, share_with_interval};

/// Returns the first thing to say: the cheapest way that answers, with its cost; or what it would take.
pub fn cost_headline(report: &CostReport) -> String {
    let question = &report.question;
    let system = printable(&question.system);
    let to = format!(
        "to ±{:.1} points, with a certainty of {}",
        question.margin * 100.0,
        certainty(report)
    );
    let people = report.cheapest_for_people.map(|at| &report.ways[at]);
    let first = report.cheapest.map(|at| &report.ways[at]);
    match (first, people) {
        (Some(first), Some(people)) if std::ptr::eq(first, people) => {
            format!(
                "The cheapest way to know how often people prefer {system}, {to}: {}.",
                whole(first)
            )
        }
        (Some(first), Some(people)) => format!(
            "The cheapest answer, {to}: {}; it is about what {} prefers. What people prefer costs {} at least: {}.",
            whole(first),
            judge(first),
            cost(people),
            what(people)
        ),
        (Some(first), None) => format!(
            "The cheapest answer, {to}: {}; it is about what {} prefers. {}",
            whole(first),
            judge(first),
            missing(report, "No way says what people prefer")
        ),
        (None, _) => missing(report, &format!("No way says how often {system} wins, {to}")),
    }
}

fn certainty(report: &CostReport) -> String {
    percent(Some(1.0 - report.question.error))
}

/// Returns what would be needed where no way answers.
fn missing(report: &CostReport, so: &str) -> String {
    let needed = report.needed;
    let comparisons = needed.and_then(|needed| needed.comparisons);
    let there = counted(report.comparisons, "comparison");
    let margin = needed.and_then(|needed| needed.margin);
    let margin = margin
        .filter(|margin| *margin > report.question.margin)
        .map(|margin| format!(", or a margin of {:.1} points", (margin * 1000.0).ceil() / 10.0));
    match comparisons {
        Some(needed) if needed > report.comparisons => format!(
            "{so}: there are {there}, and it takes at least {}{}.",
            count(needed),
            margin.unwrap_or_default()
        ),
        _ => format!("{so} with {there}."),
    }
}

/// Returns a way with its cost.
fn whole(way: &Way) -> String {
    format!("{}, {}", what(way), cost(way))
}

/// Returns the judge that a way is about.
fn judge(way: &Way) -> String {
    match (&way.judge, &way.then) {
        (Some(judge), Some(then)) => {
            format!("the cascade of {} and {}", printable(judge), printable(then))
        }
        (Some(judge), None) => printable(judge),
        (None, _) => "people".to_owned(),
    }
}

/// Returns what is done.
pub(super) fn what(way: &Way) -> String {
    let name = way.judge.as_deref().map(printable).unwrap_or_default();
    let comparisons = way.comparisons.expected.unwrap_or(way.comparisons.low).round() as u64;
    let comparisons = counted(comparisons, "comparison");
    let labels = match way.labels {
        0 => "the labels that there are".to_owned(),
        labels => counted(labels, "further label"),
    };
    let batch = if way.is_batch { " in a batch" } else { "" };
    match way.kind {
        WayKind::All => format!("{name} on all {comparisons}{batch}"),
        WayKind::Subset => format!("{name} on {comparisons} drawn at random{batch}"),
        WayKind::UntilDecided => {
            format!("{name} until it is decided, after about {comparisons}")
        }
        WayKind::Cascade => {
            let then = way.then.as_deref().map(printable).unwrap_or_default();
            format!("{name} on all {comparisons}, and {then} on what it does not keep")
        }
        WayKind::Labels => format!("{name} on all {comparisons}{batch}, with {labels}"),
        WayKind::LabelsAlone => format!("{labels} without a judge"),
    }
}

/// Returns what a way costs: USD, and hours where they have no rate.
pub(super) fn cost(way: &Way) -> String {
    let hours = (way.hours > 0.0).then(|| hours(way.hours));
    match (way.total_usd, way.usd, hours) {
        (Some(total), _, Some(hours)) => format!("{} with {hours} of people", amount(total)),
        (Some(total), _, None) => amount(total),
        (None, Some(usd), Some(hours)) if usd.expected == Some(0.0) => format!("{hours} of people"),
        (None, Some(usd), Some(hours)) => format!("{} and {hours} of people", amount(usd)),
        (None, _, Some(hours)) => format!("an unknown amount and {hours} of people"),
        (None, _, None) => "an unknown amount".to_owned(),
    }
}

/// Returns hours with one decimal.
pub(super) fn hours(hours: f64) -> String {
    let written = format!("{hours:.1}");
    if written == "1.0" { "1.0 hour".to_owned() } else { format!("{written} hours") }
}

/// Returns an amount with its range.
fn amount(amount: Amount) -> String {
    match (amount.expected, amount.high) {
        (Some(expected), Some(high)) if high > amount.low => {
            format!("about {} ({} – {})", usd(expected), usd(amount.low), usd(high))
        }
        (Some(expected), _) => usd(expected),
        (None, Some(high)) => format!("{} to {}", usd(amount.low), usd(high)),
        (None, None) => format!("{} or more", usd(amount.low)),
    }
}

/// Returns what is known of a judge.
pub(super) fn judge_sentence(facts: &JudgeFacts, report: &CostReport) -> String {
    let name = printable(&facts.judge);
    let price = match facts.usd_per_comparison {
        Some(usd) => format!("{} for 1,000 comparisons", amount(usd.times(1000.0))),
        None => "cost unknown".to_owned(),
    };
    let Some(pilot) = &facts.pilot else {
        return format!("{name}: no pilot; {price}.");
    };
    let mut parts = vec![
        format!(
            "{name}: pilot {}, {}",
            printable(&pilot.run),
            counted(pilot.comparisons, "comparison")
        ),
        format!("coverage {}", share_with_interval(&pilot.coverage)),
        format!("{:.2} requests for each trial", pilot.requests_per_trial),
    ];
    if pilot.reply_tokens.value.is_some() {
        let tokens = NumberFormat::Whole;
        parts.push(format!(
            "{} tokens in a reply ({})",
            tokens.value(pilot.reply_tokens.value),
            tokens.interval(&pilot.reply_tokens)
        ));
    }
    if pilot.unreadable > 0.0 {
        parts.push(format!("{} of orders unreadable", percent(Some(pilot.unreadable))));
    }
    parts.push(price);
    let system = printable(&report.question.system);
    for pair in &pilot.pairs {
        parts.push(format!(
            "{system} wins {} against {}, standard deviation {:.3}",
            share_with_interval(&pair.win_rate),
            printable(&pair.other),
            pair.deviation
        ));
    }
    if let Some(people) = &facts.people {
        for pair in &people.pairs {
            parts.push(format!(
                "off from people by {} against {}, of {}",
                points(&pair.bias),
                printable(&pair.other),
                counted(pair.bias.n, "label")
            ));
        }
        if let Some(correlation) = people.correlation {
            parts.push(format!("correlation with people {correlation:.3}"));
        }
        if let Some(width) = facts.half_width_with_labels {
            parts.push(format!(
                "people's rate to ±{:.1} points with the {} so far",
                width * 100.0,
                counted(report.labelled, "label")
            ));
        }
    }
    if facts.answered > 0 {
        parts.push(format!("{} answered already", counted(facts.answered, "comparison")));
    }
    format!("{}.", parts.join("; "))
}

/// Returns the word for what a way answers.
pub(super) fn answers(answers: Answers) -> &'static str {
    match answers {
        Answers::People => "people",
        Answers::Judge => "judge",
        Answers::Nothing => "no",
    }
}
