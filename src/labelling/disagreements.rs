//! Comparisons or responses on which others disagree, for one person to decide.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::entry::{ComparisonKey, FormEntry};
use super::material::Material;
use super::session_line::SessionLine;
use super::state::State;
use crate::error::Result;
use crate::input::{
    Disagreement, Grade, GradeAnswer, GradeLine, GradeTask, LabelAnswer, LabelLine, LabelTask,
};
use crate::keyed_hash::KeyedHash;
use crate::trial::Side;
use crate::vote::Preference;

/// The context of the keys that put the comparisons in order, so that it does not tell who disagreed.
const ORDER: &str = "evenhand: order of comparisons to adjudicate";

/// What somebody chose.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Choice {
    /// The better system, or neither.
    Winner(Option<Arc<str>>),
    /// The grade of a response.
    Grade(Grade),
}

impl Choice {
    /// Returns what a line chooses as a label; `None` for a line that is none, or skips.
    fn of(line: &SessionLine) -> Option<Self> {
        match line {
            SessionLine::Comparison(LabelLine {
                task: LabelTask::Compare,
                answer: LabelAnswer::Winner(winner),
                ..
            }) => Some(Self::Winner(winner.clone())),
            SessionLine::Grade(GradeLine {
                task: GradeTask::Grade,
                answer: GradeAnswer::Grade(grade),
                ..
            }) => Some(Self::Grade(*grade)),
            _ => None,
        }
    }
}

/// The choices of people about one comparison or response, without those who skipped it.
struct Choices {
    /// What the first said.
    first: Choice,
    is_unanimous: bool,
}

/// Returns what people who labelled it differ on, and what they agree on where the judge has a kept verdict or grade that
/// differs.
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
        let Some(choice) = Choice::of(line).filter(|_| material.has(&task.comparison)) else {
            continue;
        };
        choices
            .entry(&task.comparison)
            .and_modify(|choices| choices.is_unanimous &= choices.first == choice)
            .or_insert_with(|| Choices { first: choice.clone(), is_unanimous: true });
    }
    let mut found: Vec<(&ComparisonKey, Disagreement)> = choices
        .iter()
        .filter(|(_, choices)| !choices.is_unanimous)
        .map(|(key, _)| (*key, Disagreement::People))
        .collect();
    for_each_kept(material, judge, |key, kept| {
        let Some((key, choices)) = choices.get_key_value(&key) else { return };
        if choices.is_unanimous && choices.first != kept {
            found.push((key, Disagreement::Judge));
        }
    })?;
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

/// Calls `each` with what the judge of the material's run keeps, if it has one.
fn for_each_kept(
    material: &Material,
    judge: Option<&str>,
    mut each: impl FnMut(ComparisonKey, Choice),
) -> Result<()> {
    let Some(run) = material.run() else { return Ok(()) };
    let judge = run.choose_judge(judge)?;
    if let Some(run) = material.graded_run() {
        return run.for_each(|graded| {
            let key = material.response_key(&graded.id, &graded.system);
            if let Some((key, grade)) = key.zip(judge.grade(&graded).grade) {
                each(key, Choice::Grade(grade));
            }
            Ok(())
        });
    }
    run.for_each_ballots(|ballots| {
        let Some(winner) = judge.verdict_of_ballots(&ballots).winner else { return };
        let Some(key) = material.key(&ballots.id, &ballots.between) else { return };
        let winner = match winner {
            Preference::For(Side::A) => Some(Arc::clone(&key.between[0])),
            Preference::For(Side::B) => Some(Arc::clone(&key.between[1])),
            Preference::Tie => None,
        };
        each(key, Choice::Winner(winner));
    })
}
