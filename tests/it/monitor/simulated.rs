//! Entries as judges, systems and traffic leave them, drawn at random: what the rates of a check are measured with.
//!
//! The baseline is two runs. Each run has anchors with labels, items of the baseline with other responses and the scores of
//! a metric for them, and new items. The judge is wrong on each anchor with a probability of its own, from 0
//! to 0.3, and leaves a tenth undecided; each item is won with a probability of its own, from 0.2 to 0.8.

use evenhand::monitor::{
    Check, CheckOptions, CheckResult, Entry, EntryItem, EntryUnit, History, ItemScore, check,
};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;

/// The runs of a baseline.
const BASELINE: usize = 2;

/// How many items of each kind a run has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) anchors: usize,
    pub(crate) matched: usize,
    pub(crate) new: usize,
}

/// What differs from the baseline.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Change {
    /// How much more often the judge is wrong on an anchor.
    pub(crate) judge: f64,
    /// How much more often `cand` loses, everywhere but on anchors.
    pub(crate) systems: f64,
    /// By how many standard deviations the score of a response of `cand` is lower.
    pub(crate) metric: f64,
    /// How much larger the share of German prompts is among the new items; it is 0.2.
    pub(crate) traffic: f64,
}

/// The histories of one kind, with a random number generator.
#[derive(Debug)]
pub(crate) struct Simulation {
    random: StdRng,
    sizes: Sizes,
    template: Entry,
    unit: EntryUnit,
    item: EntryItem,
}

/// The first alarm of a history.
#[derive(Debug)]
pub(crate) struct FirstAlarm {
    /// After how many checks.
    pub(crate) checks: usize,
    /// The check that raised it.
    pub(crate) check: Check,
}

impl Simulation {
    pub(crate) fn new(seed: u64, sizes: Sizes) -> Self {
        let template = json!({
            "format": 1, "entry": "", "seal": "", "added": 0, "after": 0, "baseline": false, "begins": false,
            "run": {
                "file": "run.db", "begun": 0, "manifest": "m", "evenhand": "0", "rubric": "r", "version": "1",
                "rubric_digest": "d", "repeat": 1, "baseline_system": "base",
            },
            "judge": {"name": "j", "models": [
                {"judge": "j", "model": "m", "kind": "supplied", "settings": "s", "served": []},
            ]},
            "labels": null,
            "items": [{"id": "", "text": "", "length": 0, "language": "en"}],
            "comparisons": [{
                "item": 0, "between": ["base", "cand"], "responses": ["", ""], "length": 10, "outcome": "kept",
                "winner": null, "orders": [null, null], "score": 0.5,
            }],
            "metrics": [{
                "metric": "chrf", "signature": "1",
                "systems": [{"system": "cand", "score": {"value": 0.5, "low": null, "high": null, "n": 100}}],
                "items": [],
            }],
        });
        let mut template: Entry = serde_json::from_value(template).unwrap();
        let (unit, item) = (template.units.pop().unwrap(), template.items.pop().unwrap());
        Self { random: StdRng::seed_from_u64(seed), sizes, template, unit, item }
    }

    /// Draws a history: the baseline, and then so many entries with what has changed.
    pub(crate) fn history(&mut self, nights: usize, change: Change) -> History {
        let Sizes { anchors, matched, .. } = self.sizes;
        let wrong: Vec<f64> = (0..anchors).map(|_| self.random.random_range(0.0..0.3)).collect();
        let wins: Vec<f64> = (0..matched).map(|_| self.random.random_range(0.2..0.8)).collect();
        let mut history = History::default();
        history.entries = (0..BASELINE + nights)
            .map(|number| {
                let change = if number < BASELINE { Change::default() } else { change };
                self.entry(number, &wrong, &wins, change)
            })
            .collect();
        history
    }

    fn entry(&mut self, number: usize, wrong: &[f64], wins: &[f64], change: Change) -> Entry {
        let mut entry = self.template.clone();
        entry.entry = format!("{number:016x}");
        (entry.added, entry.after) = (number as u64, number as u64);
        entry.run.begun = number as u64;
        entry.baseline = number < BASELINE;
        for (at, wrong) in wrong.iter().enumerate() {
            let [better, worse] = if at % 2 == 0 { ["cand", "base"] } else { ["base", "cand"] };
            let is_wrong = self.random.random_bool((wrong + change.judge).min(1.0));
            let winner = if is_wrong { worse } else { better };
            self.add(&mut entry, format!("a{at}"), "a", winner, 0.2);
            entry.units[at].label = Some(better.to_owned());
        }
        let night = format!("n{number}");
        for (at, wins) in wins.iter().enumerate() {
            let wins = self.random.random_bool((wins - change.systems).max(0.0));
            let id = format!("m{at}");
            self.add(&mut entry, id.clone(), &night, if wins { "cand" } else { "base" }, 0.2);
            // A sum of uniform numbers with a standard deviation of 1.
            let spread: f64 = (0..12).map(|_| self.random.random_range(-0.5..0.5)).sum();
            let value = at as f64 + spread - change.metric;
            let system = "cand".to_owned();
            entry.metrics[0].items.push(ItemScore { id, system, value });
        }
        for at in 0..self.sizes.new {
            let wins = self.random.random_bool((0.5 - change.systems).max(0.0));
            let id = format!("{night}-{at}");
            let winner = if wins { "cand" } else { "base" };
            self.add(&mut entry, id, &night, winner, 0.2 + change.traffic);
        }
        entry
    }

    /// Adds a comparison of a new item; a tenth is undecided.
    fn add(&mut self, entry: &mut Entry, id: String, responses: &str, winner: &str, german: f64) {
        let mut item = self.item.clone();
        item.text.clone_from(&id);
        item.id = id;
        item.length = self.random.random_range(20..200_u64);
        if self.random.random_bool(german) {
            "de".clone_into(&mut item.language);
        }
        let mut one = self.unit.clone();
        one.item = entry.items.len() as u32;
        one.responses = vec![responses.to_owned(); 2];
        if self.random.random_bool(0.1) {
            "flipped".clone_into(&mut one.outcome);
            one.orders = vec![Some("base".to_owned()), Some("cand".to_owned())];
        } else {
            one.verdict = Some(winner.to_owned());
            one.orders = vec![one.verdict.clone(); 2];
            one.score = Some(f64::from(u8::from(winner == "cand")));
        }
        entry.items.push(item);
        entry.units.push(one);
    }
}

/// Checks the first entries of a history, with 1,000 checks between false alarms.
pub(crate) fn checked(history: &History, entries: usize) -> Check {
    let mut part = History::default();
    part.entries.extend_from_slice(&history.entries[..entries]);
    check(std::path::Path::new("x"), &part, CheckOptions::default()).unwrap()
}

/// Returns the first alarm of a history: the numbers of all checks are those of the last, and the traffic has a test at each.
pub(crate) fn first_alarm(history: &History) -> Option<FirstAlarm> {
    let all = checked(history, history.entries.len());
    let is_raised = |at: usize| {
        let of_number = all.streams.iter().any(|stream| {
            let entry = &history.entries[BASELINE + at].entry;
            stream
                .points
                .iter()
                .any(|point| point.entry == *entry && point.evidence >= stream.threshold)
        });
        of_number || all.input.as_ref().is_some_and(|input| input.alarm)
    };
    let possible = (0..history.entries.len() - BASELINE).filter(|at| is_raised(*at));
    possible
        .map(|at| FirstAlarm { checks: at + 1, check: checked(history, BASELINE + at + 1) })
        .find(|alarm| alarm.check.result == CheckResult::Alarm)
}
