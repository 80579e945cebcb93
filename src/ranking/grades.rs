//! Comparisons made of grades: of two responses to a prompt, the one with the higher grade wins.
//!
//! Equal grades are a tie. A response without a kept grade is in no comparison that can be decided, and neither is one
//! that cannot be assessed. Grades are compared within a judge only: the steps of two rubrics have nothing to do with
//! each other.

use std::collections::{BTreeMap, HashMap};

use super::reader::{Reader, check_judges};
use super::votes::{Ending, JudgedComparison, JudgedComparisons};
use crate::error::{Error, Result};
use crate::input::Grade;
use crate::store::{GradeRun, GradedResponse};
use crate::trial::Side;
use crate::verdict::Outcome;
use crate::vote::Preference;

/// Reads the chosen judges of runs of grades, all of them if none is named, and compares the grades of each item. With a
/// baseline, the wins of the other system of a pair are counted.
///
/// # Errors
///
/// A run cannot be read, or is not about the same items as the others; no run has one of the judges; a response was
/// graded twice by one judge; there is no such baseline, or no comparison.
pub(super) fn read_grades(
    runs: &[GradeRun],
    judges: &[String],
    baseline: Option<&str>,
) -> Result<JudgedComparisons> {
    check_judges(runs.iter().map(GradeRun::file), judges)?;
    let (mut reader, mut grades) = (Reader::default(), Grades::default());
    let mut directions = Vec::new();
    for run in runs {
        let chosen = reader.begin(run.file(), judges)?;
        if chosen.is_empty() {
            continue;
        }
        let mut direction = run.file().manifest().direction();
        if baseline.is_some() {
            direction.baseline = baseline;
        }
        directions.push(direction);
        run.for_each(|record| {
            chosen.iter().try_for_each(|(at, judge)| grades.add(&mut reader, &record, *at, *judge))
        })?;
    }
    for ((item, judge), mut responses) in grades.responses {
        responses.sort_by(|one, other| {
            reader.systems.name(one.system).cmp(reader.systems.name(other.system))
        });
        for (at, a) in responses.iter().enumerate() {
            for b in &responses[at + 1..] {
                let names = [a, b].map(|one| reader.systems.name(one.system).to_owned());
                let between = [a.system, b.system];
                for direction in &directions {
                    reader.count_side(between, direction.counted(&names));
                }
                let id = reader.items.name(item).to_owned();
                let longer = reader.longer(&id, names.each_ref().map(String::as_str));
                let ending = ending(*a, *b);
                let score = match ending {
                    Ending::Kept(preference) => Some(preference.worth(Side::A)),
                    _ => None,
                };
                reader.rows.push(JudgedComparison {
                    item,
                    between,
                    judge,
                    ending,
                    // Nothing was shown first: one result, which has no order.
                    votes: [score, None],
                    unknown_orders: [false; 2],
                    soft: None,
                    longer,
                });
            }
        }
    }
    reader.finish(baseline)
}

/// The grades of all runs.
#[derive(Default)]
struct Grades {
    /// By item and judge.
    responses: BTreeMap<(u32, u32), Vec<SystemGrade>>,
    /// The run of each response, by item, system and judge.
    known: HashMap<[u32; 3], usize>,
}

/// The grade of a system's response to an item.
#[derive(Debug, Clone, Copy)]
struct SystemGrade {
    system: u32,
    /// The grade, if it was kept.
    grade: Option<Grade>,
    is_pending: bool,
}

impl Grades {
    fn add(
        &mut self,
        reader: &mut Reader,
        record: &GradedResponse,
        at: usize,
        judge: u32,
    ) -> Result<()> {
        let item = reader.items.number(&record.id);
        let system = reader.systems.number(&record.system);
        let run = reader.paths.len() - 1;
        if let Some(earlier) = self.known.insert([item, system, judge], run) {
            let [before, now] = [earlier, run].map(|run| &reader.paths[run]);
            return Err(Error::input(format!(
                "{now}: item {}, {}: {} has graded this response in {before} too",
                record.id,
                record.system,
                reader.judge_name(judge)
            ))
            .detail("the same grade would count twice")
            .hint(
                "leave out one of the runs; several grades of one judge are repeats within a run",
            ));
        }
        let verdict = record.judged[at].verdict;
        self.responses.entry((item, judge)).or_default().push(SystemGrade {
            system,
            grade: verdict.grade,
            is_pending: verdict.outcome == Outcome::Pending,
        });
        Ok(())
    }
}

/// Returns how a comparison of two grades ends.
fn ending(a: SystemGrade, b: SystemGrade) -> Ending {
    let step = |one: SystemGrade| one.grade.and_then(Grade::step);
    match (step(a), step(b)) {
        (Some(a), Some(b)) if a == b => Ending::Kept(Preference::Tie),
        (Some(a), Some(b)) => Ending::Kept(Preference::For(if a > b { Side::A } else { Side::B })),
        _ => Ending::Missing { pending: a.is_pending || b.is_pending },
    }
}
