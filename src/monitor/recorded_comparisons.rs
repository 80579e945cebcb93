//! What an entry takes of a run of comparisons.

use std::collections::HashMap;

use super::entry::EntryUnit;
use super::recorded_items::{RecordedUnits, digest_of_response, share_of_changes};
use crate::calibration::PairedLabels;
use crate::error::Result;
use crate::input::{DataFile, Item};
use crate::store::{ComparisonRecord, JudgeChoice, OrderRecord, RunFile, VerdictRecord};
use crate::trial::Side;
use crate::verdict::{Ballot, OrderAveraged, Verdict, jury, reconcile};
use crate::vote::Preference;

/// Reads the comparisons of a run.
///
/// # Errors
///
/// The run or the labels cannot be read, or no label matches.
pub(super) fn comparisons(
    run: &RunFile,
    choice: JudgeChoice,
    labels: Option<&DataFile>,
) -> Result<RecordedUnits> {
    let ties = run.rubric().ties;
    let labels = labels.map(|file| PairedLabels::read(run, None, ties, file)).transpose()?;
    let majorities: HashMap<u32, Preference> =
        labels.iter().flat_map(PairedLabels::majorities).collect();
    let mut recorded = RecordedUnits::default();
    recorded.labelled = majorities.len() as u64;
    run.for_each_with_item(|record, item| {
        let label = majorities.get(&(recorded.units.len() as u32)).copied();
        let place = recorded.place_of(&item);
        recorded.units.push(unit(choice, place, &record, &item, label));
        Ok(())
    })?;
    Ok(recorded)
}

fn unit(
    choice: JudgeChoice,
    place: u32,
    record: &ComparisonRecord,
    item: &Item,
    label: Option<Preference>,
) -> EntryUnit {
    let between = &record.between;
    let responses = between.each_ref().map(|system| item.responses.get(system));
    let lengths = responses.iter().flatten().map(|response| response.to_text().chars().count());
    let verdict = choice.verdict(record);
    let judged: Vec<&VerdictRecord> = record
        .judged
        .iter()
        .enumerate()
        .filter(|(at, _)| choice == JudgeChoice::Jury || choice == JudgeChoice::One(*at))
        .map(|(_, judged)| judged)
        .collect();
    let orders = match (choice, judged.as_slice()) {
        (JudgeChoice::One(_), [one]) => {
            let named = |order: &OrderRecord| {
                order.preference().map(|preference| preference.name_in(between).to_owned())
            };
            one.orders.iter().map(named).collect()
        }
        _ => Vec::new(),
    };
    let scores = judged.iter().filter_map(|one| {
        let [a_first, b_first] = one.orders.as_slice() else { return None };
        OrderAveraged::of([a_first.ballot, b_first.ballot], Side::B)
    });
    EntryUnit {
        item: place,
        systems: between.to_vec(),
        responses: responses.map(digest_of_response).to_vec(),
        length: lengths.sum::<usize>() as u64 / 2,
        outcome: verdict.outcome.as_str().to_owned(),
        verdict: verdict.winner.map(|winner| winner.name_in(between).to_owned()),
        orders,
        score: OrderAveraged::mean(scores).map(|mean| mean.score),
        noise: noise(choice, &judged),
        label: label.map(|label| label.name_in(between).to_owned()),
    }
}

/// Returns the share of pairs of repeats that give different verdicts; `None` without repeats, or while one is missing.
fn noise(choice: JudgeChoice, judged: &[&VerdictRecord]) -> Option<f64> {
    let repeats = judged.first()?.orders.first()?.trials.len();
    let ballot = |one: &VerdictRecord, order: usize, repeat: usize| {
        one.orders.get(order).and_then(|order| order.trials.get(repeat)).map(|trial| trial.ballot)
    };
    let verdict = |repeat: usize| -> Option<Verdict> {
        let of_judge = |one: &&VerdictRecord| {
            let [a_first, b_first] = [0, 1].map(|order| ballot(one, order, repeat));
            let both = [a_first?, b_first?];
            let is_absent = |ballot: &Ballot| matches!(ballot, Ballot::Pending | Ballot::Failed);
            (!both.iter().any(is_absent)).then(|| reconcile(both[0], both[1]))
        };
        let verdicts: Vec<Verdict> = judged.iter().map(of_judge).collect::<Option<_>>()?;
        Some(match choice {
            JudgeChoice::One(_) => *verdicts.first()?,
            JudgeChoice::Jury => jury(&verdicts),
        })
    };
    share_of_changes((0..repeats).map(verdict))
}
