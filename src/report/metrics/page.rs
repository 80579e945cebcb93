//! Systems by reference metrics as a page for people: what the metrics say together first, then the numbers.
//!
//! A system is marked as the best only where the interval of its difference from every other one excludes
//! zero, because the highest of several scores always exists and proves nothing.

use super::MetricsDocument;
use super::details::{classes, fields, items, signatures};
use crate::calibration::PreferenceReport;
use crate::metrics::{
    Better, Evaluation, MetricReport, MetricSlice, PairDifference, Scale, SystemScore,
};
use crate::report::columns::{left, right, shortened};
use crate::report::page::{MOST_ROWS, Page, p_value, percent, shown};
use crate::report::table::{count, counted};
use crate::stats::Estimate;

/// Columns of a metric's name.
pub(super) const NAME: usize = 18;
/// Columns of a system's scores.
pub(super) const COLUMN: usize = 15;
/// Most systems that stand side by side.
pub(super) const MOST_COLUMNS: usize = 4;
/// Most metrics whose slices are listed.
pub const MOST_SLICED_METRICS: usize = 3;

/// Returns the page.
pub fn metrics_page(document: MetricsDocument<'_>) -> String {
    let MetricsDocument { found, people, per_item } = document;
    let mut page = Page::default();
    headline(&mut page, found, people);
    scores(&mut page, &found.metrics);
    differences(&mut page, &found.metrics);
    if let Some(people) = people {
        preferences(&mut page, people);
    }
    slices(&mut page, found);
    classes(&mut page, &found.classes);
    fields(&mut page, &found.fields);
    if let Some(scores) = found.scores.as_ref().filter(|_| per_item) {
        items(&mut page, &found.metrics, scores);
    }
    signatures(&mut page, &found.metrics);
    page.warnings(document.warnings());
    page.text
}

/// Returns what the metrics say together, in a sentence or two.
pub(super) fn sentences(found: &Evaluation, labelled: bool) -> Vec<String> {
    let directed: Vec<&MetricReport> =
        found.metrics.iter().filter(|report| report.better.is_some()).collect();
    let systems = found.metrics.first().map_or(0, |report| report.systems.len());
    if systems < 2 || directed.is_empty() {
        return Vec::new();
    }
    let best = grouped(
        directed
            .iter()
            .filter_map(|report| Some((report.best.as_deref()?, report.metric.as_str()))),
    );
    let open = directed.iter().filter(|report| report.best.is_none()).count() as u64;
    let mut sentences = vec![match best.as_slice() {
        [] if directed.len() == 1 => {
            format!("{} does not show that one system is better than the rest.", directed[0].metric)
        }
        [] => "No metric shows that one system is better than the rest.".to_owned(),
        [(system, metrics)] => {
            let rest = match open {
                0 => String::new(),
                1 => "; 1 metric leaves it open".to_owned(),
                open => format!("; {open} metrics leave it open"),
            };
            format!("{system} is the best by {}{rest}.", listed(metrics))
        }
        several => {
            let said: Vec<String> = several
                .iter()
                .map(|(system, metrics)| format!("{system} is the best by {}", listed(metrics)))
                .collect();
            format!("The metrics contradict each other: {}.", said.join("; "))
        }
    }];
    let leaders = grouped(
        directed.iter().filter_map(|report| Some((leader(report)?, report.metric.as_str()))),
    );
    if best.len() < 2 && leaders.len() > 1 {
        let said: Vec<String> = leaders
            .iter()
            .map(|(system, metrics)| format!("{system} by {}", listed(metrics)))
            .collect();
        sentences
            .push(format!("By the scores alone they disagree on who leads: {}.", said.join("; ")));
    }
    if (best.len() > 1 || leaders.len() > 1) && !labelled {
        sentences.push(
            "Which of them to believe only people can say: --labels shows how often each prefers what \
             people prefer."
                .to_owned(),
        );
    }
    sentences
}

/// Returns the system with the best score, if it is one alone and all were scored on as many items.
fn leader(report: &MetricReport) -> Option<&str> {
    let n = report.systems.first()?.score.n;
    if report.systems.iter().any(|system| system.score.n != n) {
        return None;
    }
    let sign = if report.better == Some(Better::Lower) { -1.0 } else { 1.0 };
    let mut scored: Vec<(f64, &str)> = report
        .systems
        .iter()
        .filter_map(|system| Some((sign * system.score.value?, system.system.as_str())))
        .collect();
    scored.sort_by(|one, other| other.0.total_cmp(&one.0));
    match scored.as_slice() {
        [first, second, ..] if first.0 - second.0 <= 1e-12 => None,
        [first, ..] => Some(first.1),
        [] => None,
    }
}

/// Puts metrics together by system, in the order in which the systems come first.
fn grouped<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<(String, Vec<&'a str>)> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for (system, metric) in pairs {
        match groups.iter_mut().find(|(known, _)| *known == system) {
            Some((_, metrics)) => metrics.push(metric),
            None => groups.push((system, vec![metric])),
        }
    }
    // Shortened only now: two long names may look alike then, and are still two systems.
    let named =
        groups.into_iter().map(|(system, metrics)| (shortened(&shown(system), 40), metrics));
    named.collect()
}

fn listed(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| shown(name)).collect();
    match names.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn headline(page: &mut Page, found: &Evaluation, people: Option<&PreferenceReport>) {
    let systems = found.metrics.first().map_or(0, |report| report.systems.len()) as u64;
    let said = sentences(found, people.is_some());
    let mut what = format!(
        "{}, {}; 95 % intervals over items.",
        counted(found.items, "item"),
        counted(systems, "system")
    );
    if found.metrics.iter().any(|report| report.best.is_some()) {
        what += " * is better than every other system: no interval of a difference holds 0, and p ≤ 0.05.";
    }
    match said.split_first() {
        Some((first, rest)) => {
            page.paragraph(0, first);
            for sentence in rest {
                page.paragraph(2, sentence);
            }
            page.paragraph(2, &what);
        }
        None => page.paragraph(0, &what),
    }
    page.blank();
}

/// Writes a number on the scale of a metric.
pub(super) fn number(scale: Scale, value: f64) -> String {
    let decimals = if scale == Scale::Hundred { 1 } else { 3 };
    if scale == Scale::Open && value != 0.0 && !(1e-3..1e6).contains(&value.abs()) {
        return format!("{value:.2e}");
    }
    let written = format!("{value:.decimals$}");
    // What rounds to nothing has no sign.
    match written.strip_prefix('-') {
        Some(positive) if positive.chars().all(|char| matches!(char, '0' | '.')) => {
            positive.to_owned()
        }
        _ => written,
    }
}

pub(super) fn value(scale: Scale, value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| number(scale, value))
}

fn interval(scale: Scale, estimate: &Estimate) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!("{} – {}", number(scale, low), number(scale, high)),
        _ if estimate.value.is_some() => "no interval".to_owned(),
        _ => String::new(),
    }
}

/// Returns a metric's name, with an arrow where lower is better.
pub(super) fn titled(report: &MetricReport) -> String {
    let name = shortened(&shown(&report.metric), NAME - 2);
    if report.better == Some(Better::Lower) { format!("{name} ↓") } else { name }
}

fn scores(page: &mut Page, metrics: &[MetricReport]) {
    let Some(first) = metrics.first() else { return };
    if first.systems.len() > MOST_COLUMNS {
        return list_of_scores(page, metrics);
    }
    let names = first.systems.iter().map(|system| shortened(&shown(&system.system), COLUMN - 2));
    let header: String = names.map(|name| right(&name, COLUMN)).collect();
    page.line(format_args!("  {:NAME$}{header}", ""));
    let all = first.systems.first().map(|system| system.score.n);
    let systems = || metrics.iter().flat_map(|report| &report.systems);
    let same = systems().all(|system| Some(system.score.n) == all);
    for report in metrics {
        let row = |cell: &dyn Fn(&SystemScore) -> String| -> String {
            report.systems.iter().map(|system| right(&cell(system), COLUMN)).collect()
        };
        let values = row(&|system| marked(report, system));
        page.line(format_args!("  {}{values}", left(&titled(report), NAME)));
        let intervals = row(&|system| interval(report.scale, &system.score));
        page.line(format_args!("  {:NAME$}{intervals}", ""));
        if !same {
            let numbers = row(&|system| format!("n = {}", count(system.score.n)));
            page.line(format_args!("  {:NAME$}{numbers}", ""));
        }
    }
    if same && let Some(n) = all {
        let lower = metrics.iter().any(|report| report.better == Some(Better::Lower));
        let lower = if lower { "; ↓ lower is better" } else { "" };
        page.line(format_args!("  each score over {}{lower}", counted(n, "item")));
    }
    page.blank();
}

fn marked(report: &MetricReport, system: &SystemScore) -> String {
    let best = if report.best.as_ref() == Some(&system.system) { "* " } else { "" };
    format!("{best}{}", value(report.scale, system.score.value))
}

/// Writes a row for each system: for more than fit side by side.
fn list_of_scores(page: &mut Page, metrics: &[MetricReport]) {
    for report in metrics {
        let title = left(&titled(report), 38);
        page.line(format_args!("  {title}{:>9}   {:<17}{:>8}", "score", "95 % interval", "n"));
        let mut systems: Vec<&SystemScore> = report.systems.iter().collect();
        let sign = if report.better == Some(Better::Lower) { 1.0 } else { -1.0 };
        let key =
            |system: &SystemScore| system.score.value.map_or(f64::INFINITY, |value| sign * value);
        systems.sort_by(|one, other| key(one).total_cmp(&key(other)));
        for system in &systems {
            let name = left(&shortened(&shown(&system.system), 34), 36);
            let n = count(system.score.n);
            page.line(format_args!(
                "    {name}{:>9}   {:<17}{n:>8}",
                marked(report, system),
                interval(report.scale, &system.score)
            ));
        }
    }
    page.blank();
}

fn differences(page: &mut Page, metrics: &[MetricReport]) {
    if metrics.iter().all(|report| report.pairs.is_empty()) {
        return;
    }
    page.line(format_args!(
        "  paired differences, over the items that both have answered; p by exchanging"
    ));
    page.line(format_args!(
        "  the two systems' responses, adjusted over the pairs of each metric (Holm)"
    ));
    for report in metrics {
        let mut pairs: Vec<&PairDifference> = report.pairs.iter().collect();
        if pairs.len() > MOST_ROWS {
            let p = |pair: &PairDifference| pair.p_adjusted.unwrap_or(2.0);
            pairs.sort_by(|one, other| p(one).total_cmp(&p(other)));
        }
        for (at, pair) in pairs.into_iter().take(MOST_ROWS).enumerate() {
            let name = if at == 0 { titled(report) } else { String::new() };
            difference(page, report.scale, &name, pair);
        }
        page.more(report.pairs.len());
    }
    page.blank();
}

fn difference(page: &mut Page, scale: Scale, name: &str, pair: &PairDifference) {
    let [a, b] = pair.between.each_ref().map(|system| shortened(&shown(system), 10));
    let p = pair.p_adjusted.map_or(String::new(), p_value);
    page.line(format_args!(
        "  {}{}{:>8}  {:<16}{p}",
        left(name, NAME),
        left(&format!("{a} − {b}"), 24),
        value(scale, pair.difference.value),
        interval(scale, &pair.difference)
    ));
}

fn preferences(page: &mut Page, people: &PreferenceReport) {
    let by = counted(people.annotators, "annotator");
    let tied = people.ties as f64 / people.labelled.max(1) as f64;
    page.paragraph(
        2,
        &format!(
            "against {} by {by}, who see{} a tie in {}: how often the response with the better score is the \
             one that people prefer, a tie being a choice; \"names\": how often the metric names a winner at \
             all; \"right\": how often people prefer it then",
            counted(people.labelled, "labelled comparison"),
            if people.annotators == 1 { "s" } else { "" },
            percent(Some(tied))
        ),
    );
    page.paragraph(2, &beyond_chance(people));
    page.line(format_args!(
        "  {:17}{:>7}  {:<12}{:>7}  {:<16}{:>7} {:>7}",
        "", "agrees", "95 %", "κ", "95 %", "names", "right"
    ));
    let share = |estimate: &Estimate| match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!("{:.1} – {:.1}", low * 100.0, high * 100.0),
        _ => String::new(),
    };
    for metric in &people.metrics {
        let kappa = &metric.cohen_kappa;
        page.line(format_args!(
            "  {}{:>7}  {:<12}{:>7}  {:<16}{:>7} {:>7}",
            left(&shortened(&shown(&metric.metric), 16), 17),
            percent(metric.agreement.value),
            share(&metric.agreement),
            value(Scale::Unit, kappa.value),
            interval(Scale::Unit, kappa),
            percent(metric.coverage.value),
            percent(metric.decided_agreement.value)
        ));
    }
    let left_out: Vec<String> = [
        (people.no_majority, "comparison has no majority", "comparisons have no majority"),
        (
            people.labels_unmatched,
            "label is of another comparison",
            "labels are of other comparisons",
        ),
        (people.labels_blank, "line is still blank", "lines are still blank"),
    ]
    .into_iter()
    .filter(|(number, ..)| *number > 0)
    .map(|(number, one, more)| {
        format!("{} {}", count(number), if number == 1 { one } else { more })
    })
    .collect();
    if !left_out.is_empty() {
        page.paragraph(2, &format!("{}.", left_out.join(", ")));
    }
    page.blank();
}

/// Says which metrics agree with people beyond chance.
fn beyond_chance(people: &PreferenceReport) -> String {
    let shown: Vec<&str> = people
        .metrics
        .iter()
        .filter(|metric| metric.cohen_kappa.low.is_some_and(|low| low > 0.0))
        .map(|metric| metric.metric.as_str())
        .collect();
    let all = people.metrics.len();
    if shown.is_empty() {
        "None of them is shown to agree with people beyond chance.".to_owned()
    } else if shown.len() == all {
        format!("Beyond chance (κ above 0): {}.", listed(&shown))
    } else {
        format!(
            "Beyond chance (κ above 0): {}, of {all} that were tried. Whether one metric agrees more than another \
             is not tested here.",
            listed(&shown)
        )
    }
}

fn slices(page: &mut Page, found: &Evaluation) {
    if found.tags.is_empty() {
        return;
    }
    let systems = found.metrics.first().map_or(0, |report| report.systems.len());
    if found.metrics.len() > MOST_SLICED_METRICS || systems > MOST_COLUMNS {
        let tags: Vec<String> = found.tags.iter().map(|tag| shown(tag)).collect();
        let here = if systems > MOST_COLUMNS {
            String::new()
        } else {
            format!(", or here for up to {MOST_SLICED_METRICS} metrics (--metric)")
        };
        page.paragraph(2, &format!("slices by {}: with --format json{here}", tags.join(", ")));
        page.blank();
        return;
    }
    if found.slices.is_empty() {
        return;
    }
    for report in &found.metrics {
        let names = report.systems.iter().map(|system| shortened(&shown(&system.system), 10));
        let header: String = names.map(|name| right(&name, 11)).collect();
        page.line(format_args!(
            "  {}{header}{:>6}  least p",
            left(&shortened(&titled(report), 16), 17),
            "n"
        ));
        let of_metric = || found.slices.iter().filter(|slice| slice.metric == report.metric);
        for slice in of_metric().take(MOST_ROWS) {
            slice_row(page, report.scale, slice);
        }
        page.more(of_metric().count());
        page.blank();
    }
}

fn slice_row(page: &mut Page, scale: Scale, slice: &MetricSlice) {
    let name = shortened(&format!("{}={}", shown(&slice.tag), shown(&slice.value)), 16);
    let n = slice.systems.iter().map(|system| system.score.n).max().unwrap_or_default();
    let values: String =
        slice.systems.iter().map(|system| right(&value(scale, system.score.value), 11)).collect();
    let least = slice.pairs.iter().filter_map(|pair| pair.p_adjusted).min_by(f64::total_cmp);
    page.line(format_args!(
        "  {}{values}{:>6}  {}",
        left(&name, 17),
        count(n),
        least.map_or(String::new(), p_value)
    ));
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn systems_that_look_alike_when_shortened_are_still_two() {
        let name = |middle: &str| format!("{}{middle}{}", "a".repeat(40), "z".repeat(40));
        let (one, other) = (name("1"), name("2"));
        let found = grouped([(one.as_str(), "bleu"), (&other, "chrf"), (&one, "ter")].into_iter());
        assert_eq!(found[0].0, found[1].0);
        assert_eq!([&found[0].1[..], &found[1].1[..]], [&["bleu", "ter"][..], &["chrf"]]);
    }
}
