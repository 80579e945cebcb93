//! From a run to an entry of a history.

use std::collections::HashMap;

use serde_json::json;

use super::entry::{
    Entry, EntryComparison, EntryItem, EntryJudge, EntryLabels, EntryMetric, EntryModel, EntryRun,
    EntryServed, FORMAT, JudgeKind, short_digest,
};
use crate::calibration::PairedLabels;
use crate::error::{Error, Result};
use crate::input::{Content, DataFile, Item};
use crate::keyed_hash::KeyedHash;
use crate::overview::file_name;
use crate::store::{
    ComparisonRecord, JudgeChoice, JudgeRecord, RunFile, StoredJudge, VerdictRecord,
};
use crate::summary::OrderAveraged;
use crate::traffic::{TAGS_OF_DRAWING, language, probability_of, words_of_users};
use crate::trial::Side;
use crate::verdict::{Ballot, Verdict, jury, reconcile};
use crate::vote::Preference;

/// What an entry is made from, beside the run.
#[derive(Debug, Clone, Copy, Default)]
pub struct EntryOptions<'a> {
    /// The judge; by default the only one, or the jury.
    pub judge: Option<&'a str>,
    /// The labels of people.
    pub labels: Option<&'a DataFile>,
    /// Whether the run belongs to the baseline.
    pub baseline: bool,
    /// Whether it begins a new baseline, to which it belongs.
    pub begins: bool,
    /// When it is added, in seconds since 1970.
    pub now: u64,
}

impl Entry {
    /// Returns the entry of a run. Comparisons that are still to be asked are in it, too, without a verdict.
    ///
    /// # Errors
    ///
    /// The run or the labels cannot be read, the run has no such judge or no verdict at all, or no label matches.
    pub fn of_run(
        run: &RunFile,
        metrics: Vec<EntryMetric>,
        options: EntryOptions<'_>,
    ) -> Result<Self> {
        let choice = run.choose_judge(options.judge)?;
        let ties = run.rubric().ties;
        let labels =
            options.labels.map(|file| PairedLabels::read(run, None, ties, file)).transpose()?;
        let majorities: HashMap<u32, Preference> =
            labels.iter().flat_map(PairedLabels::majorities).collect();
        let mut rows = Rows { choice, ..Rows::default() };
        run.for_each_with_item(|record, item| {
            let label = majorities.get(&(rows.comparisons.len() as u32)).copied();
            rows.add(&record, &item, label);
            Ok(())
        })?;
        if !rows.comparisons.iter().any(EntryComparison::is_answered) {
            let path = run.path().display();
            return Err(Error::incomplete(format!(
                "{path}: the run has no verdict yet, so there is nothing to add"
            ))
            .hint("complete the run first"));
        }
        let manifest = run.manifest();
        let mut entry = Self {
            format: FORMAT,
            entry: String::new(),
            added: options.now,
            after: 0,
            seal: String::new(),
            baseline: options.baseline || options.begins,
            begins: options.begins,
            run: EntryRun {
                file: file_name(&run.path().display().to_string()).to_owned(),
                begun: manifest.created,
                manifest: manifest_digest(run),
                evenhand: manifest.evenhand.clone(),
                rubric: run.rubric().name.clone(),
                version: run.rubric().version.clone(),
                rubric_digest: short_digest(
                    &KeyedHash::new("evenhand: rubric of a history")
                        .texts([manifest.rendering.as_str(), run.rubric_text()]),
                ),
                repeat: manifest.repeat,
                baseline_system: manifest.baseline.clone(),
                listed: manifest.listed.clone(),
            },
            judge: judge(run, choice)?,
            labels: options.labels.map(|file| EntryLabels {
                file: file_name(&file.path().display().to_string()).to_owned(),
                labelled: majorities.len() as u64,
            }),
            items: rows.items,
            comparisons: rows.comparisons,
            metrics,
        };
        entry.entry = entry.digest()?;
        Ok(entry)
    }
}

/// The items and comparisons of a run, as far as they are read.
struct Rows {
    choice: JudgeChoice,
    items: Vec<EntryItem>,
    places: HashMap<String, u32>,
    comparisons: Vec<EntryComparison>,
}

impl Default for Rows {
    fn default() -> Self {
        Self {
            choice: JudgeChoice::Jury,
            items: Vec::new(),
            places: HashMap::new(),
            comparisons: Vec::new(),
        }
    }
}

impl Rows {
    fn add(&mut self, record: &ComparisonRecord, item: &Item, label: Option<Preference>) {
        let next = self.items.len() as u32;
        let place = *self.places.entry(item.id.clone()).or_insert_with(|| {
            let prompt = item.prompt.to_text();
            self.items.push(EntryItem {
                id: item.id.clone(),
                text: text_digest(&json!([item.prompt, item.reference, item.context])),
                length: prompt.chars().count() as u64,
                language: language(&words_of_users(&json!(item.prompt))).to_owned(),
                weight: probability_of(&item.tags).map(|probability| 1.0 / probability),
                tags: item
                    .tags
                    .iter()
                    .filter(|(tag, _)| !TAGS_OF_DRAWING.contains(&tag.as_str()))
                    .map(|(tag, value)| (tag.clone(), value.clone()))
                    .collect(),
            });
            next
        });
        let between = &record.between;
        let responses = between.each_ref().map(|system| item.responses.get(system));
        let lengths = responses.iter().flatten().map(|response| response.to_text().chars().count());
        let verdict = self.choice.verdict(record);
        let judged: Vec<&VerdictRecord> = record
            .judged
            .iter()
            .enumerate()
            .filter(|(at, _)| {
                self.choice == JudgeChoice::Jury || self.choice == JudgeChoice::One(*at)
            })
            .map(|(_, judged)| judged)
            .collect();
        let orders = match (self.choice, judged.as_slice()) {
            (JudgeChoice::One(_), [one]) => {
                let named = |order: &crate::store::OrderRecord| {
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
        self.comparisons.push(EntryComparison {
            item: place,
            between: between.clone(),
            responses: responses.map(digest_of_response),
            length: lengths.sum::<usize>() as u64 / 2,
            outcome: verdict.outcome.as_str().to_owned(),
            winner: verdict.winner.map(|winner| winner.name_in(between).to_owned()),
            orders,
            score: OrderAveraged::mean(scores).map(|mean| mean.score),
            noise: noise(self.choice, &judged),
            label: label.map(|label| label.name_in(between).to_owned()),
        });
    }
}

/// Returns the share of pairs of repeats that give different verdicts; `None` without repeats, or while one is missing.
fn noise(choice: JudgeChoice, judged: &[&VerdictRecord]) -> Option<f64> {
    let repeats = judged.first()?.orders.first()?.trials.len();
    if repeats < 2 {
        return None;
    }
    let ballot = |one: &VerdictRecord, order: usize, repeat: usize| {
        one.orders.get(order).and_then(|order| order.trials.get(repeat)).map(|trial| trial.ballot)
    };
    let verdict = |repeat: usize| -> Option<Verdict> {
        let of_judge = |one: &&VerdictRecord| {
            let [a_first, b_first] = [0, 1].map(|order| ballot(one, order, repeat));
            let is_absent = |ballot: &Ballot| matches!(ballot, Ballot::Pending | Ballot::Failed);
            let both = [a_first?, b_first?];
            (!both.iter().any(is_absent)).then(|| reconcile(both[0], both[1]))
        };
        let verdicts: Option<Vec<Verdict>> = judged.iter().map(of_judge).collect();
        let verdicts = verdicts?;
        Some(match choice {
            JudgeChoice::One(_) => *verdicts.first()?,
            JudgeChoice::Jury => jury(&verdicts),
        })
    };
    let verdicts: Option<Vec<Verdict>> = (0..repeats).map(verdict).collect();
    let verdicts = verdicts?;
    let pairs = verdicts
        .iter()
        .enumerate()
        .flat_map(|(at, one)| verdicts[at + 1..].iter().map(move |other| u32::from(one != other)));
    let (mut different, mut all) = (0, 0);
    for pair in pairs {
        different += pair;
        all += 1;
    }
    Some(f64::from(different) / f64::from(all))
}

fn digest_of_response(response: Option<&Content>) -> String {
    text_digest(&json!(response))
}

fn text_digest(value: &serde_json::Value) -> String {
    short_digest(&KeyedHash::new("evenhand: text of a history").text(&value.to_string()))
}

fn judge(run: &RunFile, choice: JudgeChoice) -> Result<EntryJudge> {
    let chosen = run.judges().iter().enumerate().filter(|(at, _)| match choice {
        JudgeChoice::One(chosen) => chosen == *at,
        JudgeChoice::Jury => true,
    });
    let models: Result<Vec<EntryModel>> = chosen.map(|(_, judge)| model(run, judge)).collect();
    Ok(EntryJudge { name: run.name_of(choice).to_owned(), models: models? })
}

fn model(run: &RunFile, judge: &StoredJudge) -> Result<EntryModel> {
    let record = &judge.record;
    let served = run.served_models(&record.name)?.into_iter().map(|one| EntryServed {
        model: one.model,
        fingerprint: one.fingerprint,
        replies: one.replies,
    });
    Ok(EntryModel {
        judge: record.name.clone(),
        model: record.model.clone(),
        kind: match record {
            _ if record.has_endpoint() => JudgeKind::Endpoint,
            _ if record.is_program() => JudgeKind::Program,
            _ if record.is_rule() => JudgeKind::Rule,
            _ if record.is_recording() => JudgeKind::Recording,
            _ => JudgeKind::Supplied,
        },
        settings: settings_digest(record),
        served: served.collect(),
    })
}

/// Returns a digest of what the replies of a judge depend on. The port of a server that is started is no part of it.
fn settings_digest(record: &JudgeRecord) -> String {
    let settings = json!([
        record.model,
        // At most one of the two is there.
        record.start.as_ref().or(record.command.as_ref()),
        record.base_url,
        record.temperature,
        record.max_tokens,
        record.extra
    ]);
    short_digest(&KeyedHash::new("evenhand: judge of a history").text(&settings.to_string()))
}

fn manifest_digest(run: &RunFile) -> String {
    let judges: Vec<&JudgeRecord> = run.judges().iter().map(|judge| &judge.record).collect();
    let everything = json!([run.manifest(), judges]);
    short_digest(&KeyedHash::new("evenhand: manifest of a history").text(&everything.to_string()))
}
