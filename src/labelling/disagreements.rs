//! Comparisons on which others disagree, for one person to decide.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::entry::{ComparisonKey, FormEntry};
use super::material::Material;
use super::state::State;
use crate::error::Result;
use crate::input::{Disagreement, LabelAnswer, LabelLine, LabelTask};
use crate::keyed_hash::KeyedHash;
use crate::trial::Side;
use crate::vote::Preference;

/// The context of the keys that put the comparisons in order, so that it does not tell who disagreed.
const ORDER: &str = "evenhand: order of comparisons to adjudicate";

/// The choices of people about one comparison, without those who skipped it.
struct Choices {
    /// What the first said, the better system or neither.
    first: Option<Arc<str>>,
    is_unanimous: bool,
}

/// Returns the comparisons on which people who labelled them differ, and those on which they agree and the judge has a
/// kept verdict that differs.
///
/// # Errors
///
/// The run cannot be read or has no such judge.
pub(super) fn disagreements(
    material: &Material,
    state: &State,
    judge: Option<&str>,
) -> Result<Vec<FormEntry>> {
    let mut choices: BTreeMap<&ComparisonKey, Choices> = BTreeMap::new();
    for (task, line) in state.answers() {
        let Some(LabelLine { task: LabelTask::Compare, answer, .. }) = line.comparison() else {
            continue;
        };
        let (key, LabelAnswer::Winner(winner)) = (&task.comparison, answer) else { continue };
        choices
            .entry(key)
            .and_modify(|choices| choices.is_unanimous &= choices.first == *winner)
            .or_insert_with(|| Choices { first: winner.clone(), is_unanimous: true });
    }
    let mut found: Vec<(&ComparisonKey, Disagreement)> = choices
        .iter()
        .filter(|(_, choices)| !choices.is_unanimous)
        .map(|(key, _)| (*key, Disagreement::People))
        .collect();
    if let Some(run) = material.run() {
        let judge = run.choose_judge(judge)?;
        run.for_each_ballots(|ballots| {
            let Some(verdict) = judge.verdict_of_ballots(&ballots).winner else { return };
            let Some(key) = material.key(&ballots.id, &ballots.between) else { return };
            let Some((key, choices)) = choices.get_key_value(&key) else { return };
            let said = match verdict {
                Preference::For(Side::A) => Some(&key.between[0]),
                Preference::For(Side::B) => Some(&key.between[1]),
                Preference::Tie => None,
            };
            if choices.is_unanimous && choices.first.as_ref() != said {
                found.push((key, Disagreement::Judge));
            }
        })?;
    }
    found.sort_by_cached_key(|(key, _)| {
        let [a, b] = &key.between;
        KeyedHash::new(ORDER).texts([&**material.id(key), a, b]).digest()
    });
    let probabilities: BTreeMap<&ComparisonKey, Option<f64>> =
        state.sample().iter().map(|(key, probability)| (key, *probability)).collect();
    let entry = |(key, why): (&ComparisonKey, Disagreement)| FormEntry {
        key: key.clone(),
        task: LabelTask::Adjudicate(why),
        probability: probabilities.get(key).copied().flatten(),
    };
    Ok(found.into_iter().map(entry).collect())
}
