//! Finds the ways to answer a question, and the cheapest of them.

use super::cascade_way::cascade_way;
use super::judge_terms::JudgeTerms;
use super::judge_ways::{Known, judge_ways};
use super::label_ways::{label_ways, labelled_half_width, labels_alone};
use super::people::{People, PeopleFacts};
use super::pilot::Pilot;
use super::planned::Planned;
use super::question::{CostOptions, CostQuestion, PlannedComparisons, check};
use super::results::{CostReport, JudgeFacts, Needed, SCHEMA};
use super::ways::{Amount, Answers, Leaves, Way, WayKind};
use crate::calibration::people_scores;
use crate::error::{Error, Result, Warning, count};
use crate::input::{DataFile, LoadedRubric};
use crate::store::RunFile;

/// Pilot comparisons below which what they show is rough.
const SMALL_PILOT: u64 = 50;

/// Returns the ways to answer a question about one system, each with its cost and what it leaves uncertain.
///
/// `judges` has the terms of each judge, in the order in which they are to be reported. A judge of a pilot belongs to the one
/// of the same name. Labels are about comparisons of the pilots. `rubric` is the one that is to be asked with.
///
/// # Errors
///
/// A number is outside its range, nothing is to be compared, no judge is given or a pilot has none of them, two pilots are of
/// one judge, or a run or the labels cannot be read.
pub fn cost_ways(
    question: &CostQuestion,
    options: &CostOptions,
    comparisons: &PlannedComparisons,
    judges: &[JudgeTerms],
    (pilots, labels, rubric): (&[RunFile], Option<&DataFile>, &LoadedRubric),
) -> Result<CostReport> {
    check(question, options)?;
    let planned = Planned {
        question,
        options,
        items: comparisons.items(),
        comparisons: comparisons.comparisons(),
        pairs: comparisons.pairs(),
    };
    if planned.comparisons == 0 {
        return Err(Error::input(format!(
            "no item has responses of `{}` and of another system",
            question.system
        )));
    }
    if judges.is_empty() {
        return Err(Error::usage("no judge is given"));
    }
    let found = read_pilots(&planned, judges, pilots, comparisons)?;
    let mut people = People::default();
    if let Some(labels) = labels {
        for pilot in pilots {
            people.add(people_scores(pilot, labels, &question.system)?);
        }
        if people.labelled() == 0 {
            return Err(Error::input(format!(
                "{}: no label is about a comparison of `{}` in a pilot",
                labels.path().display(),
                question.system
            ))
            .hint("name labels of comparisons that a pilot has, and the pilot"));
        }
    }
    let error = planned.error_of_pair();
    let facts: Vec<Option<PeopleFacts>> =
        found.iter().map(|pilot| people.facts(pilot.as_ref()?, &planned.pairs, error)).collect();
    let known: Vec<Known<'_>> = judges
        .iter()
        .zip(&found)
        .zip(&facts)
        .map(|((terms, pilot), people)| Known {
            terms,
            pilot: pilot.as_ref(),
            people: people.as_ref(),
        })
        .collect();

    let mut ways = Vec::new();
    for one in &known {
        ways.extend(judge_ways(*one, &planned)?);
        ways.extend(label_ways(*one, &people, &planned));
    }
    for (cheap, strong) in cascades(&known, &planned) {
        ways.push(cascade_way(cheap, strong, &people, labels, &planned));
    }
    let deviations = facts.iter().flatten().filter_map(|facts| facts.deviation);
    ways.push(labels_alone(deviations.reduce(f64::max), &people, &planned));
    for way in &mut ways {
        way.total_usd = total(way, options.hourly_rate);
    }
    let cheapest_for_people = cheapest(&ways, |answers| answers == Answers::People);
    let cheapest = cheapest(&ways, |answers| answers != Answers::Nothing);
    Ok(CostReport {
        schema: SCHEMA,
        question: question.clone(),
        error_of_pair: error,
        items: planned.items,
        comparisons: planned.comparisons,
        labelled: people.labelled(),
        hourly_rate_usd: options.hourly_rate,
        seconds_per_label: options.seconds_per_label,
        seed: options.seed,
        judges: known.iter().map(|known| judge_facts(*known, &people, &planned)).collect(),
        needed: cheapest_for_people.is_none().then(|| needed(&ways, cheapest.is_some())),
        cheapest_for_people,
        cheapest,
        warnings: warnings(&known, pilots, rubric),
        pairs: planned.pairs,
        ways,
    })
}

/// Reads the pilot of each judge, if it has one.
fn read_pilots(
    planned: &Planned<'_>,
    judges: &[JudgeTerms],
    pilots: &[RunFile],
    comparisons: &PlannedComparisons,
) -> Result<Vec<Option<Pilot>>> {
    let mut found: Vec<Option<Pilot>> = judges.iter().map(|_| None).collect();
    for run in pilots {
        let path = run.path().display();
        let mut is_used = false;
        for (at, stored) in run.judges().iter().enumerate() {
            let place = judges.iter().position(|judge| judge.name == stored.record.name);
            let Some(place) = place else { continue };
            is_used = true;
            let mut pilot = Pilot::read(run, at, &planned.question.system, &planned.pairs)?;
            let ids: std::collections::HashSet<&str> = pilot.items().into_iter().collect();
            pilot.facts.is_first_part = comparisons.begins_with(|id| ids.contains(id));
            if let Some(other) = found[place].replace(pilot) {
                return Err(Error::usage(format!(
                    "{path}: the judge `{}` has another pilot, {}",
                    judges[place].name, other.facts.run
                ))
                .hint("name one pilot for each judge"));
            }
        }
        if !is_used {
            let names: Vec<&str> =
                run.judges().iter().map(|judge| judge.record.name.as_str()).collect();
            return Err(Error::input(format!("{path}: the pilot is of another judge"))
                .detail(format!("its judges are: {}", names.join(", ")))
                .hint("name the judge of the pilot, or leave the pilot out"));
        }
    }
    Ok(found)
}

/// Returns the cheapest judge with each dearer one; none if a cost is unknown.
fn cascades<'a>(known: &[Known<'a>], planned: &Planned<'_>) -> Vec<(Known<'a>, Known<'a>)> {
    let usd = |known: &Known<'_>| {
        let usd = known.terms.usd(known.pilot, planned.trials(), false);
        usd.map_or(f64::INFINITY, Amount::compared)
    };
    let mut sorted: Vec<Known<'a>> = known.to_vec();
    sorted.sort_by(|one, other| usd(one).total_cmp(&usd(other)));
    match sorted.as_slice() {
        [cheap, dearer @ ..] => dearer.iter().map(|strong| (*cheap, *strong)).collect(),
        [] => Vec::new(),
    }
}

fn judge_facts(known: Known<'_>, people: &People, planned: &Planned<'_>) -> JudgeFacts {
    JudgeFacts {
        judge: known.terms.name.clone(),
        usd_per_comparison: known.terms.usd(known.pilot, planned.trials(), false),
        requests_per_comparison: known.requests_per_comparison(planned),
        answered: known.terms.answered,
        pilot: known.pilot.map(|pilot| pilot.facts.clone()),
        people: known.people.cloned(),
        half_width_with_labels: labelled_half_width(people.labelled(), known, planned),
    }
}

/// Returns what requests and hours cost together.
fn total(way: &Way, hourly_rate: Option<f64>) -> Option<Amount> {
    let usd = way.usd?;
    match hourly_rate {
        Some(rate) => Some(usd.plus(Amount::exactly(way.hours * rate))),
        None if way.labels == 0 => Some(usd),
        None => None,
    }
}

/// Returns the place of the cheapest way. Where hours have no rate, fewer hours are cheaper, whatever the requests cost.
fn cheapest(ways: &[Way], does: impl Fn(Answers) -> bool) -> Option<usize> {
    let is_known =
        |way: &Way| !way.leaves.iter().any(|leaves| matches!(leaves, Leaves::PilotMissing { .. }));
    let price = |way: &Way| {
        let hours = if way.total_usd.is_some() { 0.0 } else { way.hours };
        let usd = way.total_usd.or(way.usd).map_or(f64::INFINITY, Amount::compared);
        (hours, usd, way.requests.compared())
    };
    let answering = ways.iter().enumerate().filter(|(_, way)| does(way.answers) && is_known(way));
    let cheapest = answering.min_by(|(_, one), (_, other)| {
        let (one, other) = (price(one), price(other));
        let hours = one.0.total_cmp(&other.0);
        hours.then(one.1.total_cmp(&other.1)).then(one.2.total_cmp(&other.2))
    });
    cheapest.map(|(at, _)| at)
}

/// Returns what it would take for a way to answer, or, where a judge does, for one that says what people prefer.
fn needed(ways: &[Way], a_judge_answers: bool) -> Needed {
    let is_meant =
        |way: &&Way| !a_judge_answers || matches!(way.kind, WayKind::Labels | WayKind::LabelsAlone);
    let margins = ways.iter().filter(is_meant).filter_map(|way| way.half_width);
    Needed {
        comparisons: ways.iter().filter(is_meant).filter_map(|way| way.needs).min(),
        margin: margins.reduce(f64::min),
    }
}

fn warnings(known: &[Known<'_>], pilots: &[RunFile], rubric: &LoadedRubric) -> Vec<Warning> {
    let mut all = Vec::new();
    for one in known {
        let Some(pilot) = one.pilot.filter(|pilot| pilot.facts.comparisons < SMALL_PILOT) else {
            continue;
        };
        all.push(Warning::new(
            "small-pilot",
            format!(
                "the pilot of {} has only {} comparisons: costs and widths that follow from it are rough",
                one.terms.name,
                count(pilot.facts.comparisons)
            ),
        ));
    }
    let rubric = &rubric.rubric;
    for run in pilots {
        let of_run = run.rubric();
        if (&of_run.name, &of_run.version) != (&rubric.name, &rubric.version) {
            all.push(Warning::new(
                "other-rubric",
                format!(
                    "{} was asked with the rubric {} {}, and not with {} {}: costs and scores may differ",
                    run.path().display(),
                    of_run.name,
                    of_run.version,
                    rubric.name,
                    rubric.version
                ),
            ));
        }
    }
    all
}
