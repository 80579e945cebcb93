//! How many items each system responds to, and names that are probably mistyped.
//!
//! A mistyped name is no error: the row silently becomes a comparison with another system. It shows in two ways: the
//! name is near another one, and stands only in items where that one is missing; or it responds to few items.

use std::collections::HashMap;

use serde::Serialize;

use super::items::Item;
use super::similar_names::shape;
use crate::error::{Warning, counted, nearest};

/// A system that responds to at most this share of the items of the most frequent one responds to few.
const FEW: f64 = 0.1;
/// So many systems are compared by name; more are no typing errors.
const MOST_SYSTEMS: usize = 200;
/// The most warnings of one kind that are given one by one.
const MOST_WARNINGS: usize = 5;

/// How many items a system responds to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SystemCount {
    /// The system.
    pub system: String,
    /// The items with a response of it.
    pub items: u64,
    /// The place of the first of them.
    #[serde(skip)]
    pub first: String,
}

/// Counts the items of each system.
#[derive(Debug, Default)]
pub(crate) struct SystemCounts {
    /// The items of each set of systems that respond together, with the place of the first.
    sets: HashMap<Vec<String>, (u64, String)>,
    /// The set of the previous item, which is often that of the next one too, and its items since.
    last: (Vec<String>, u64),
}

impl SystemCounts {
    /// Adds an item.
    pub(crate) fn add(&mut self, item: &Item) {
        let systems = item.responses.keys();
        let (last, items) = &mut self.last;
        if *items > 0 && last.len() == item.responses.len() && systems.clone().eq(last.iter()) {
            *items += 1;
            return;
        }
        self.flush();
        let systems: Vec<String> = systems.cloned().collect();
        self.sets.entry(systems.clone()).or_insert_with(|| (0, item.place.clone()));
        self.last = (systems, 1);
    }

    /// Adds the items of the last set to its count.
    fn flush(&mut self) {
        let (systems, items) = std::mem::take(&mut self.last);
        if let Some((count, _)) = self.sets.get_mut(&systems) {
            *count += items;
        }
    }

    /// Returns the count of each system, in the order of their names.
    pub(crate) fn counts(&mut self) -> Vec<SystemCount> {
        self.flush();
        let mut counts: HashMap<&str, SystemCount> = HashMap::new();
        for (systems, (items, first)) in &self.sets {
            for system in systems {
                let count = counts.entry(system).or_insert_with(|| SystemCount {
                    system: system.clone(),
                    items: 0,
                    first: first.clone(),
                });
                count.items += items;
                // Sets are in no order; the shorter place is the earlier line.
                if (first.len(), first) < (count.first.len(), &count.first) {
                    count.first.clone_from(first);
                }
            }
        }
        let mut counts: Vec<SystemCount> = counts.into_values().collect();
        counts.sort_by(|one, other| one.system.cmp(&other.system));
        counts
    }

    /// Returns in how many items two systems respond together.
    fn together(&self, one: &str, other: &str) -> u64 {
        let both = |systems: &&Vec<String>| {
            [one, other].iter().all(|name| systems.iter().any(|system| system == name))
        };
        let sets = self.sets.iter().filter(|(systems, _)| both(systems));
        sets.map(|(_, (items, _))| items).sum()
    }

    /// Returns the warnings about systems that are probably mistyped, or respond to few items.
    pub(crate) fn warnings(&self, counts: &[SystemCount]) -> Vec<Warning> {
        let most = counts.iter().map(|count| count.items).max().unwrap_or(0);
        let (mut similar, mut rare) = (Vec::new(), Vec::new());
        for count in counts {
            let found = if counts.len() <= MOST_SYSTEMS { self.meant(count, counts) } else { None };
            let SystemCount { system, items, first } = count;
            let answers = format!("system `{system}` responds only to {}", items_of(*items, first));
            if let Some(meant) = found {
                similar.push(format!(
                    "{answers}; did you mean `{}`, which responds to {}?",
                    meant.system,
                    counted(meant.items, "item", "items")
                ));
            } else if is_few(*items, most) {
                rare.push(format!(
                    "{answers}, others to {most}: few comparisons say little about it; check its name, or add its \
                     responses"
                ));
            }
        }
        let mut warnings = limited("similar-systems", similar);
        warnings.extend(limited("rare-systems", rare));
        warnings
    }

    /// Returns the system that a rarer one is probably meant to be.
    fn meant<'a>(&self, rare: &SystemCount, counts: &'a [SystemCount]) -> Option<&'a SystemCount> {
        let others = || {
            counts.iter().filter(|other| {
                (other.items, &rare.system) > (rare.items, &other.system)
                    && self.together(&rare.system, &other.system) == 0
            })
        };
        let shape_of_rare = shape(&rare.system);
        let alike = others().find(|other| shape(&other.system) == shape_of_rare);
        alike.or_else(|| {
            let frequent = || {
                others().filter(|other| {
                    other.items > rare.items && (rare.items == 1 || is_few(rare.items, other.items))
                })
            };
            let name = nearest(&rare.system, frequent().map(|other| other.system.as_str()))?;
            frequent().find(|other| other.system == name)
        })
    }
}

/// Returns whether a system that responds to `items` responds to few, where another one responds to `most`.
fn is_few(items: u64, most: u64) -> bool {
    items as f64 <= FEW * most as f64
}

/// Returns a number of items with the place of the first.
fn items_of(items: u64, first: &str) -> String {
    let place = if items == 1 { first.to_owned() } else { format!("first: {first}") };
    format!("{} ({place})", counted(items, "item", "items"))
}

/// Returns messages as warnings: the first few, and how many more there are.
fn limited(code: &'static str, mut messages: Vec<String>) -> Vec<Warning> {
    let more = messages.len().saturating_sub(MOST_WARNINGS);
    messages.truncate(MOST_WARNINGS);
    if let Some(last) = messages.last_mut().filter(|_| more > 0) {
        *last = format!("{last} (and {} like it)", counted(more as u64, "system", "systems"));
    }
    messages.into_iter().map(|message| Warning::new(code, message)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes and messages for items with these systems, each so many times.
    fn warnings(items: &[(&[&str], usize)]) -> Vec<Warning> {
        let mut counter = SystemCounts::default();
        let mut line = 0;
        for (systems, times) in items {
            for _ in 0..*times {
                line += 1;
                let mut item = Item::new(line.to_string(), "?");
                for system in *systems {
                    item = item.with_response(*system, "yes");
                }
                item.place = format!("items.jsonl:{line}");
                counter.add(&item);
            }
        }
        let counts = counter.counts();
        counter.warnings(&counts)
    }

    fn codes(items: &[(&[&str], usize)]) -> Vec<&'static str> {
        warnings(items).into_iter().map(|warning| warning.code).collect()
    }

    #[test]
    fn a_mistyped_system_is_pointed_out_with_the_one_that_is_meant() {
        let found = warnings(&[(&["Bot A", "Bot B"], 4), (&["Bot A", "Bot C"], 1)]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            found[0].message,
            "system `Bot C` responds only to 1 item (items.jsonl:5); did you mean `Bot B`, which responds to 4 \
             items?"
        );
        for typo in ["bot b", "Bot  B", "Bot-B", "Bot\u{a0}B", "\u{ff22}ot B", "Bot BB"] {
            let found = codes(&[(&["Bot A", "Bot B"], 40), (&["Bot A", typo], 3)]);
            assert_eq!(found, ["similar-systems"], "{typo}");
        }
    }

    #[test]
    fn a_name_that_looks_alike_is_pointed_out_however_often_it_occurs() {
        assert_eq!(codes(&[(&["x", "Bot B"], 5), (&["x", "bot b"], 5)]), ["similar-systems"]);
    }

    #[test]
    fn systems_with_similar_names_that_respond_together_are_different() {
        for [one, other] in [["prompt-v1", "prompt-v2"], ["model-a", "model-b"], ["m", "n"]] {
            assert!(codes(&[(&[one, other], 30)]).is_empty());
            assert!(codes(&[(&[one, other], 1)]).is_empty());
            assert!(codes(&[(&["base", one], 30), (&["base", other], 20)]).is_empty());
        }
        assert!(
            codes(&[(&["a", "prompt-v1", "prompt-v2"], 20), (&["a", "prompt-v2"], 9)]).is_empty()
        );
    }

    #[test]
    fn a_system_that_responds_to_few_items_is_pointed_out() {
        assert_eq!(codes(&[(&["base", "new"], 50), (&["base", "other"], 5)]), ["rare-systems"]);
        assert!(codes(&[(&["base", "new"], 50), (&["base", "other"], 9)]).is_empty());
    }

    #[test]
    fn many_systems_that_respond_to_equally_few_items_are_a_plan() {
        let names: Vec<String> = (0..40).map(|number| format!("system {number}")).collect();
        let pairs: Vec<[&str; 2]> = names.chunks(2).map(|pair| [&*pair[0], &*pair[1]]).collect();
        let items: Vec<(&[&str], usize)> = pairs.iter().map(|pair| (&pair[..], 3)).collect();
        assert!(codes(&items).is_empty());
    }

    #[test]
    fn only_the_first_of_many_are_listed() {
        let names: Vec<String> = (0..30).map(|number| format!("{number}-{number}")).collect();
        let pairs: Vec<[&str; 2]> = names.iter().map(|name| ["base", name.as_str()]).collect();
        let items: Vec<(&[&str], usize)> = pairs.iter().map(|pair| (&pair[..], 1)).collect();
        let found = warnings(&items);
        assert_eq!(found.len(), MOST_WARNINGS);
        assert!(found[4].message.ends_with("(and 25 systems like it)"), "{found:?}");
    }
}
