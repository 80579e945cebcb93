//! What a report says beyond the summary and the calibration, as titles, rows and sentences: the table and the
//! Markdown both show these, each in its own form. The texts in them are not escaped.

use super::generated::{
    GENERATED_TITLE, SystemTable, generated_lead, generated_notes, generated_tables,
};
use crate::calibration::{Calibration, CorrectionBasis};
use crate::overview::{
    Closeness, ClosenessMeasure, CriterionReport, GeneratedReport, LengthReport, Margin,
    OrderTable, Overview, RequestReport, Reversals, TagReport,
};
use crate::ranking::{RankRange, RankedSystem};
use crate::report::cache::cache_sentence;
use crate::report::number_format::{NumberFormat, percent};
use crate::report::quantities::{count, counted, usd};
use crate::stats::Estimate;

/// A part of a report.
#[derive(Default)]
pub(in crate::report) struct Section<'a> {
    pub(in crate::report) title: &'static str,
    /// What matters most, above everything else.
    pub(in crate::report) lead: Vec<String>,
    pub(in crate::report) tables: Vec<SystemTable>,
    pub(in crate::report) groups: Vec<Group<'a>>,
    pub(in crate::report) grids: Vec<Grid<'a>>,
    pub(in crate::report) sentences: Vec<String>,
}

/// Numbers about the same thing.
pub(in crate::report) struct Group<'a> {
    /// What they are about; empty if that is the whole run.
    pub(in crate::report) name: String,
    pub(in crate::report) note: String,
    pub(in crate::report) rows: Vec<Row<'a>>,
}

/// A number with its interval and its n.
pub(in crate::report) struct Row<'a> {
    pub(in crate::report) label: String,
    pub(in crate::report) format: NumberFormat,
    pub(in crate::report) estimate: &'a Estimate,
    pub(in crate::report) note: &'static str,
}

/// What the two orders of the comparisons of a pair of systems prefer.
pub(in crate::report) struct Grid<'a> {
    /// The two systems and the tie, in the order of the rows and columns.
    pub(in crate::report) names: [&'a str; 3],
    pub(in crate::report) counts: &'a [[u64; 3]; 3],
}

/// Returns the parts that an overview has.
pub(in crate::report) fn sections(overview: &Overview) -> Vec<Section<'_>> {
    let is_jury = overview.is_jury();
    let all = [
        ranking(&overview.ranking),
        overview.generated.as_ref().map(generated).unwrap_or_default(),
        margins(overview),
        orders(&overview.order_tables),
        criteria(&overview.criteria),
    ];
    let closeness = overview.closeness.iter().map(closeness);
    let rest = [
        tags(&overview.tags, overview.tags_left_out, is_jury),
        lengths(&overview.lengths),
        requests(&overview.requests),
    ];
    all.into_iter().chain(closeness).chain(rest).filter(|section| !section.is_empty()).collect()
}

impl Section<'_> {
    pub(in crate::report) fn is_empty(&self) -> bool {
        self.groups.is_empty()
            && self.grids.is_empty()
            && self.tables.is_empty()
            && self.sentences.is_empty()
    }
}

/// Returns the row of a share.
pub(in crate::report) fn row<'a>(
    label: impl Into<String>,
    estimate: &'a Estimate,
    note: &'static str,
) -> Row<'a> {
    Row { label: label.into(), format: NumberFormat::Percent, estimate, note }
}

/// Returns a pair of systems in words, the counted one first.
fn against(between: &[String; 2], system: &str) -> String {
    format!("{system} against {}", other(between, system))
}

fn other<'a>(between: &'a [String; 2], system: &str) -> &'a str {
    &between[usize::from(between[0] == system)]
}

fn ranking(systems: &[RankedSystem]) -> Section<'_> {
    let sentence = |system: &RankedSystem| {
        let number = |rank: Option<u64>| rank.map_or("–".to_owned(), |rank| rank.to_string());
        let RankRange { value, low, high, .. } = system.rank;
        let range = match (low, high) {
            (Some(low), Some(high)) => format!(" ({low} – {high})"),
            _ => String::new(),
        };
        let plain = NumberFormat::Plain;
        let interval = match system.strength.low {
            Some(_) => format!(" ({})", plain.interval(&system.strength)),
            None => String::new(),
        };
        format!(
            "{}{range}: {}, strength {}{interval}, n {}",
            number(value),
            system.system,
            plain.value(system.strength.value),
            count(system.comparisons)
        )
    };
    let sentences = systems.iter().map(sentence).collect();
    Section { title: "systems by rank, with ranges", sentences, ..Section::default() }
}

/// Returns quality, price and latency.
pub(in crate::report) fn generated(generated: &GeneratedReport) -> Section<'_> {
    Section {
        title: GENERATED_TITLE,
        lead: generated_lead(generated),
        tables: generated_tables(generated),
        sentences: generated_notes(generated),
        ..Section::default()
    }
}

fn margins(overview: &Overview) -> Section<'_> {
    let of_judge: Vec<String> = overview.margins.iter().flat_map(margin_sentences).collect();
    let sentences = match &overview.calibration {
        Some(_) if of_judge.is_empty() => Vec::new(),
        Some(results) => {
            let judge_alone =
                "What follows is about the preference of the judge alone, without the labels.";
            let of_people = label_margin_sentences(results).into_iter();
            of_people.chain([judge_alone.to_owned()]).chain(of_judge).collect()
        }
        None => of_judge,
    };
    Section { title: "what would change the winner", sentences, ..Section::default() }
}

/// Returns what would change what people prefer, for each pair of systems of which every comparison is labelled.
pub(in crate::report) fn label_margin_sentences(results: &Calibration) -> Vec<String> {
    let people = results.win_rates.iter().filter_map(|rates| {
        let is_simple = matches!(
            rates.ppi_basis,
            Some(CorrectionBasis::EveryLabel | CorrectionBasis::EveryAnswered)
        );
        let labels = rates.ppi.value.filter(|_| is_simple)?;
        let pair = against(&rates.between, &rates.system);
        // A label that is reversed moves the sum by 1 at most; rounding must not add one.
        let ahead = (labels - 0.5).abs() * rates.ppi.n as f64;
        let least = (ahead - 1e-9).ceil().max(0.0) as u64;
        Some(match least {
            0 => format!("{pair}: people prefer neither."),
            least => format!(
                "{pair}: people's preference would change, or there would be none, only if at least {} of the {} \
                 were reversed.",
                count(least),
                counted(rates.ppi.n, "labelled comparison")
            ),
        })
    });
    people.collect()
}

/// Returns what would change which system of a pair the judge prefers, whatever people prefer.
pub(in crate::report) fn margin_sentences(margin: &Margin) -> Vec<String> {
    let pair = against(&margin.between, &margin.system);
    let reversed = |Reversals { reversals, of, .. }: Reversals, by: &str, what: &str| {
        if reversals == 0 {
            return format!("{pair}, {by}: the judge prefers neither.");
        }
        format!(
            "{pair}, {by}: the judge's preference would change, or there would be none, if {} of {} {} reversed.",
            count(reversals),
            counted(of, what),
            if reversals == 1 { "was" } else { "were" }
        )
    };
    let order_averaged =
        margin.order_averaged.map(|one| reversed(one, "order-averaged", "comparison"));
    let kept = margin.kept.map(|one| reversed(one, "kept verdicts", "verdict"));
    let dropped = margin.dropped.map(|dropped| {
        let comparisons = counted(dropped.comparisons, "comparison");
        match dropped.tipping_share {
            Some(share) => format!(
                "{pair}: the judge would prefer neither if {} won {} of the {comparisons} without a kept verdict.",
                margin.system,
                percent(Some(share))
            ),
            None => {
                format!("{pair}: the {comparisons} without a kept verdict cannot change the judge's preference.")
            }
        }
    });
    [order_averaged, kept, dropped].into_iter().flatten().collect()
}

fn orders(tables: &[OrderTable]) -> Section<'_> {
    let grids = tables.iter().map(|table| Grid {
        names: [&table.between[0], "tie", &table.between[1]],
        counts: &table.counts,
    });
    let left_out: u64 = tables.iter().map(|table| table.left_out).sum();
    let sentence = (left_out > 0).then(|| {
        let are = if left_out == 1 { "is" } else { "are" };
        format!(
            "{} without a readable vote in an order {are} left out.",
            counted(left_out, "comparison")
        )
    });
    Section {
        title: "what each order prefers",
        grids: grids.collect(),
        sentences: sentence.into_iter().collect(),
        ..Section::default()
    }
}

fn criteria(criteria: &[CriterionReport]) -> Section<'_> {
    let groups = criteria.iter().map(|one| {
        let note = format!(
            "{}, {} flipped, {} split",
            counted(one.votes, "vote"),
            count(one.flipped),
            count(one.split)
        );
        let mut rows = vec![
            row("consistency", &one.consistency, "orders agree"),
            row("as the whole reply", &one.with_vote, "replies"),
            row("where criteria differ", &one.when_divided, "replies"),
        ];
        rows.extend(one.agreement.as_ref().map(|one| row("agreement", one, "with people")));
        Group { name: one.name.clone(), note, rows }
    });
    Section { title: "by criterion", groups: groups.collect(), ..Section::default() }
}

fn closeness(closeness: &Closeness) -> Section<'_> {
    let title = match closeness.measure {
        ClosenessMeasure::People => "by how close it is: what people chose",
        ClosenessMeasure::Confidence => "by how close it is: the judge's probability",
        ClosenessMeasure::Similarity => "by how close it is: similarity of the responses",
    };
    let groups = closeness.bands.iter().map(|band| {
        let mut rows = vec![
            row("coverage", &band.coverage, "kept / planned"),
            row("consistency", &band.consistency, "orders agree"),
        ];
        rows.extend(band.agreement.as_ref().map(|one| row("agreement", one, "every reply")));
        Group { name: band.name.clone(), note: counted(band.comparisons, "comparison"), rows }
    });
    Section { title, groups: groups.collect(), ..Section::default() }
}

fn tags(tags: &[TagReport], left_out: u64, is_jury: bool) -> Section<'_> {
    let groups = tags.iter().map(|tag| {
        let mut rows = vec![
            row("coverage", &tag.coverage, "kept / planned"),
            row("consistency", &tag.consistency, "orders agree"),
        ];
        for rate in &tag.win_rates {
            let (estimate, note) = if is_jury {
                (&rate.kept, "kept verdicts only")
            } else {
                (&rate.order_averaged, "order-averaged")
            };
            rows.push(row(against(&rate.between, &rate.system), estimate, note));
        }
        rows.extend(tag.agreement.as_ref().map(|one| row("agreement", one, "every reply")));
        let name = format!("{}={}", tag.tag, tag.value);
        Group { name, note: counted(tag.planned, "comparison"), rows }
    });
    let sentence = (left_out > 0).then(|| {
        let (values, are) = (counted(left_out, "value"), if left_out == 1 { "is" } else { "are" });
        format!("{values} of tags {are} not shown: too few comparisons, or too many values.")
    });
    Section {
        title: "by tag",
        groups: groups.collect(),
        sentences: sentence.into_iter().collect(),
        ..Section::default()
    }
}

fn lengths(lengths: &LengthReport) -> Section<'_> {
    let mut groups = Vec::new();
    let mut rows = vec![row("the judge", &lengths.judge, "prefers the longer")];
    rows.extend(lengths.people.as_ref().map(|people| row("people", people, "prefer the longer")));
    rows.retain(|row| row.estimate.n > 0);
    if !rows.is_empty() {
        groups.push(Group { name: String::new(), note: String::new(), rows });
    }
    for bands in lengths.bands.chunk_by(|one, next| one.between == next.between) {
        let Some(first) = bands.first() else { continue };
        let rows = bands.iter().flat_map(|band| {
            let ratio = format!("{:.2} – {:.2}", band.low, band.high);
            let people = band.people.as_ref().map(|one| row(ratio.clone(), one, "people"));
            [Some(row(ratio, &band.judge, "the judge")), people].into_iter().flatten()
        });
        let rows = rows.collect();
        let name = against(&first.between, &first.system);
        groups.push(Group { name, note: "by the ratio of their lengths".to_owned(), rows });
    }
    Section { title: "by length", groups, ..Section::default() }
}

/// Returns what was asked.
pub(in crate::report) fn requests(requests: &RequestReport) -> Section<'_> {
    let mut sentences = Vec::new();
    if requests.attempts > 0 {
        let copied = format!("{} of them copied", count(requests.reused));
        let parts = [
            Some(counted(requests.attempts, "attempt")),
            Some(counted(requests.replies, "reply")),
            Some(copied).filter(|_| requests.reused > 0),
            Some(counted(requests.retries, "retry")),
            requests.cost_usd.filter(|cost| *cost > 0.0).map(usd),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        sentences.push(format!("{}.", parts.join(", ")));
    }
    sentences.extend(cache_sentence(&requests.tokens).map(|sentence| format!("{sentence}.")));
    let errors = requests.errors.iter().map(|error| {
        let status = error.status.map_or("no response".to_owned(), |status| status.to_string());
        format!("{status} ({})", counted(error.attempts, "time"))
    });
    let errors: Vec<String> = errors.collect();
    if !errors.is_empty() {
        sentences.push(format!("Errors by HTTP status: {}.", errors.join(", ")));
    }
    if let Some(latency) = &requests.latency_ms {
        let seconds = |ms: f64| format!("{:.2} s", ms / 1000.0);
        sentences.push(format!(
            "Latency of {}: median {}, 90 % within {}, 99 % within {}, longest {}.",
            counted(latency.n, "reply"),
            seconds(latency.p50),
            seconds(latency.p90),
            seconds(latency.p99),
            seconds(latency.max)
        ));
    }
    Section { title: "requests", sentences, ..Section::default() }
}
