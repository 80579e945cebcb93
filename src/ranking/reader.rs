//! Reading runs one after another: items, systems and judges are numbered as they come, and at the end by their names.

use std::collections::HashMap;

use super::joining::ItemTexts;
use super::results::RankedJudge;
use super::votes::{JudgedComparison, JudgedComparisons};
use crate::error::{Error, Result, Warning, listed};
use crate::store::{JudgeRecord, RunFile};
use crate::trial::Side;

/// Returns the numbers of the judges of a run whose verdicts count: all of them if none is named.
pub(super) fn chosen(run: &RunFile, wanted: &[String]) -> Vec<usize> {
    let names = run.judges().iter().map(|judge| &judge.record.name).enumerate();
    let is_wanted = |name: &String| wanted.is_empty() || wanted.contains(name);
    names.filter(|(_, name)| is_wanted(name)).map(|(at, _)| at).collect()
}

/// Returns names in a list, without characters that would change how it looks.
fn escaped(names: &[String]) -> String {
    listed(&names.iter().map(|name| name.escape_debug().to_string()).collect::<Vec<_>>())
}

/// Refuses names that no run has.
pub(super) fn check_judges<'a>(
    runs: impl Iterator<Item = &'a RunFile>,
    wanted: &[String],
) -> Result<()> {
    let judges = runs.flat_map(RunFile::judges);
    let mut known: Vec<&String> = judges.map(|judge| &judge.record.name).collect();
    known.sort();
    known.dedup();
    match wanted.iter().find(|name| !known.contains(name)) {
        None => Ok(()),
        Some(name) => Err(Error::input(format!("no run has a judge `{name}`"))
            .hint(format!("their judges are: {}", listed(&known)))),
    }
}

/// Reads runs one after another, and numbers names as they come.
#[derive(Default)]
pub(super) struct Reader {
    texts: ItemTexts,
    pub(super) items: Names,
    pub(super) systems: Names,
    judges: Vec<KnownJudge>,
    /// The runs without a chosen judge.
    left_out: Vec<String>,
    /// Judges of one name and rubric that differ in a field.
    different: Vec<Warning>,
    pub(super) rows: Vec<JudgedComparison>,
    counted: HashMap<[u32; 2], Side>,
    /// The runs that were begun.
    pub(super) paths: Vec<String>,
}

/// A judge with everything by which another one of the same name may differ.
struct KnownJudge {
    judge: RankedJudge,
    record: JudgeRecord,
    rubric: String,
}

#[derive(Debug, Default)]
pub(super) struct Names {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Names {
    /// Returns the number of a name.
    pub(super) fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.numbers.insert(name.to_owned(), number);
        self.names.push(name.to_owned());
        number
    }

    /// Returns a name by its number.
    pub(super) fn name(&self, number: u32) -> &str {
        &self.names[number as usize]
    }

    /// Returns the place that each name has in byte order.
    fn places(&self) -> Vec<u32> {
        let mut order: Vec<usize> = (0..self.names.len()).collect();
        order.sort_by_key(|at| &self.names[*at]);
        let mut places = vec![0; order.len()];
        for (place, at) in order.into_iter().enumerate() {
            places[at] = place as u32;
        }
        places
    }
}

impl Reader {
    /// Begins a run and returns the places of its chosen judges with their numbers. A run without one is left out.
    ///
    /// # Errors
    ///
    /// The run cannot be read, or is not about the same items as the others.
    pub(super) fn begin(&mut self, run: &RunFile, judges: &[String]) -> Result<Vec<(usize, u32)>> {
        let (chosen, path) = (chosen(run, judges), run.path().display().to_string());
        if chosen.is_empty() {
            self.left_out.push(path);
            return Ok(Vec::new());
        }
        self.texts.add(run)?;
        let numbers = chosen.into_iter().map(|at| (at, self.judge(run, at, &path))).collect();
        self.paths.push(path);
        Ok(numbers)
    }

    /// Returns the name of a judge by its number.
    pub(super) fn judge_name(&self, number: u32) -> &str {
        &self.judges[number as usize].judge.judge
    }

    /// Returns by how many characters the response of the first system is longer.
    pub(super) fn longer(&self, id: &str, [a, b]: [&str; 2]) -> f64 {
        let length = |system: &str| f64::from(self.texts.length(id, system).unwrap_or(0));
        length(a) - length(b)
    }

    /// Records the side of a pair whose wins are counted. One that runs disagree on depends on the names alone, whatever
    /// the order of the runs.
    pub(super) fn count_side(&mut self, between: [u32; 2], counted: Side) {
        self.counted
            .entry(between)
            .and_modify(|side| {
                if *side != counted {
                    *side = Side::B;
                }
            })
            .or_insert(counted);
    }

    /// Returns the number of a judge: the same one in two runs if it was asked the same way by the same rubric.
    fn judge(&mut self, run: &RunFile, at: usize, path: &str) -> u32 {
        let (record, rubric) = (&run.judges()[at].record, run.rubric());
        let has_name = |known: &KnownJudge| {
            known.record.name == record.name && known.rubric == run.rubric_text()
        };
        let mut different = None;
        for (number, known) in self.judges.iter_mut().enumerate() {
            if !has_name(known) {
                continue;
            }
            match known.record.difference(record) {
                None => {
                    known.judge.runs.push(path.to_owned());
                    return number as u32;
                }
                Some((field, ..)) => different = Some((field, known.judge.runs[0].clone())),
            }
        }
        if let Some((field, other)) = different {
            let [one, other] = if *path < *other { [path, &other] } else { [&other, path] };
            self.different.push(Warning::new(
                "different-judges",
                format!(
                    "{} differs in {field} between {one} and {other}: it counts as two judges",
                    record.name
                ),
            ));
        }
        let judge = RankedJudge {
            judge: record.name.clone(),
            model: record.model.clone(),
            rubric: rubric.name.clone(),
            version: rubric.version.clone(),
            runs: vec![path.to_owned()],
        };
        let rubric = run.rubric_text().to_owned();
        self.judges.push(KnownJudge { judge, record: record.clone(), rubric });
        self.judges.len() as u32 - 1
    }

    /// Numbers items, systems and judges in the order of their names.
    ///
    /// # Errors
    ///
    /// There is no such baseline, or no comparison.
    pub(super) fn finish(self, baseline: Option<&str>) -> Result<JudgedComparisons> {
        let comparisons = self.numbered();
        if let Some(baseline) = baseline
            && !comparisons.systems.iter().any(|system| system == baseline)
        {
            return Err(Error::input(format!("the baseline is an unknown system `{baseline}`"))
                .hint(format!("the systems are: {}", escaped(&comparisons.systems))));
        }
        if let [system] = &comparisons.systems[..] {
            // Comparisons have two systems each, so these are grades.
            return Err(Error::input(format!(
                "the runs have responses of one system, `{}`, and there is nothing to rank",
                system.escape_debug()
            ))
            .hint("add a run with grades of other systems for the same items, or show the report of this one"));
        }
        if comparisons.rows.is_empty() {
            return Err(Error::input("the runs have no comparison of these judges")
                .hint("judge the items first, or select more of them"));
        }
        Ok(comparisons)
    }

    fn numbered(mut self) -> JudgedComparisons {
        let (items, systems) = (self.items.places(), self.systems.places());
        for known in &mut self.judges {
            known.judge.runs.sort();
        }
        let mut order: Vec<usize> = (0..self.judges.len()).collect();
        order.sort_by_key(|at| &self.judges[*at].judge);
        let mut judges = vec![0; order.len()];
        for (place, at) in order.into_iter().enumerate() {
            judges[at] = place as u32;
        }
        let place = |between: [u32; 2]| between.map(|system| systems[system as usize]);
        for row in &mut self.rows {
            row.item = items[row.item as usize];
            row.between = place(row.between);
            row.judge = judges[row.judge as usize];
        }
        self.rows.sort_by_key(|row| (row.item, row.between, row.judge));
        self.judges.sort_by(|one, other| one.judge.cmp(&other.judge));
        self.systems.names.sort();
        self.items.names.sort();
        self.left_out.sort();
        let mut notes = self.different;
        notes.sort_by(|one, other| one.message.cmp(&other.message));
        if !self.left_out.is_empty() {
            notes.push(Warning::new(
                "runs-without-judge",
                format!(
                    "left out, since none of the judges is in them: {}",
                    listed(&self.left_out)
                ),
            ));
        }
        JudgedComparisons {
            counted: self.counted.iter().map(|(pair, side)| (place(*pair), *side)).collect(),
            items: self.items.names,
            systems: self.systems.names,
            notes,
            judges: self.judges.into_iter().map(|known| known.judge).collect(),
            rows: self.rows,
        }
    }
}
