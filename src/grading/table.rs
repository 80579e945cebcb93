//! The graded responses of a run in memory, without any text: a few numbers and one ballot for each trial.

use std::collections::HashMap;
use std::ops::Range;

use crate::calibration::Part;
use crate::error::Result;
use crate::input::{KnownItems, Scale};
use crate::store::{GradeRun, GradedResponse, JudgeChoice};
use crate::trial::ScaleOrder;
use crate::verdict::{Ballot, GradeVerdict, Outcome, majority};
use crate::vote::Grade;

/// One response with its grade.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GradeRow {
    /// The number of the item in [`GradeTable::items`].
    pub(crate) item: u32,
    /// The number of the system in [`GradeTable::systems`].
    pub(crate) system: u32,
    /// How the grading ended.
    pub(crate) outcome: Outcome,
    /// The grade that was kept.
    pub(crate) grade: Option<Grade>,
}

/// Every response of the chosen part of a run, with every ballot of the chosen judge, or of all judges of a jury.
#[derive(Debug, Clone)]
pub(crate) struct GradeTable {
    /// The judge's name, or `jury`.
    pub(crate) judge: String,
    pub(crate) scale: Scale,
    /// Every item of the run, of all parts, with the systems whose responses are graded.
    pub(crate) items: KnownItems,
    /// The systems of the run, in byte order; those of items in the order in which they come.
    pub(crate) systems: Vec<String>,
    pub(crate) rows: Vec<GradeRow>,
    /// How often each direction was asked.
    pub(crate) repeat: usize,
    /// The numbers of the systems, by name.
    numbers: HashMap<String, u32>,
    choice: JudgeChoice,
    /// The judges whose ballots are here, by their places in the run.
    judges: Range<usize>,
    /// How many ballots each response has: for each judge both directions, that of the rubric first, with their repeats.
    stride: usize,
    ballots: Vec<Ballot<Grade>>,
}

/// How often a response passes, averaged over both directions of the scale.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PassScore {
    /// A direction without a readable grade is ½.
    pub(crate) score: f64,
    /// How much lower or higher the score would be if every direction without a readable grade failed, or passed.
    pub(crate) slack: f64,
    /// Directions without a readable grade.
    pub(crate) unreadable: u64,
}

impl GradeTable {
    /// Returns a table of a run without any response yet.
    ///
    /// # Errors
    ///
    /// The run cannot be read.
    pub(crate) fn new(run: &GradeRun, choice: JudgeChoice) -> Result<Self> {
        let file = run.file();
        let judges = match choice {
            JudgeChoice::One(at) => at..at + 1,
            JudgeChoice::Jury => 0..file.judges().len(),
        };
        let repeat = file.manifest().repeat as usize;
        let systems = file.systems()?;
        let mut items = KnownItems::default();
        // The run may have some of its responses only: those of one shard, or those that were selected.
        items.add_possible_systems(systems.iter().cloned());
        Ok(Self {
            judge: file.name_of(choice).to_owned(),
            scale: run.scale().clone(),
            items,
            stride: judges.len() * 2 * repeat,
            numbers: systems.iter().cloned().zip(0..).collect(),
            systems,
            choice,
            judges,
            rows: Vec::new(),
            repeat,
            ballots: Vec::new(),
        })
    }

    /// Returns the responses of items that no judge was asked about. `items` passes each item's id and systems to its
    /// argument; the rows are in that order.
    ///
    /// # Errors
    ///
    /// Those of `items`.
    pub(crate) fn of_items(
        scale: &Scale,
        items: impl FnOnce(&mut dyn FnMut(&str, &[&str])) -> Result<()>,
    ) -> Result<Self> {
        let mut table = Self {
            judge: String::new(),
            scale: scale.clone(),
            items: KnownItems::default(),
            systems: Vec::new(),
            rows: Vec::new(),
            repeat: 1,
            numbers: HashMap::new(),
            choice: JudgeChoice::Jury,
            judges: 0..0,
            stride: 0,
            ballots: Vec::new(),
        };
        items(&mut |id, systems| {
            let item = table.items.add(id, systems.iter().copied());
            for name in systems {
                let next = table.systems.len() as u32;
                let system = *table.numbers.entry((*name).to_owned()).or_insert(next);
                if system == next {
                    table.systems.push((*name).to_owned());
                }
                table.rows.push(GradeRow { item, system, outcome: Outcome::Pending, grade: None });
            }
        })?;
        table.items.add_possible_systems(table.systems.iter().cloned());
        Ok(table)
    }

    /// Reads a run, or one part of it. By default the judge is the only one, or the jury.
    ///
    /// # Errors
    ///
    /// The run cannot be read, or has no such judge.
    pub(crate) fn read(run: &GradeRun, judge: Option<&str>, part: Option<Part>) -> Result<Self> {
        let mut table = Self::new(run, run.file().choose_judge(judge)?)?;
        run.for_each(|record| {
            if part.is_none_or(|part| Part::of(&record.id) == part) {
                table.add(&record);
            } else {
                table.items.add(&record.id, [record.system.as_str()]);
            }
            Ok(())
        })?;
        Ok(table)
    }

    /// Returns the responses of one part, with the items of both.
    pub(crate) fn of_part(&self, part: Part) -> Self {
        let is_of_part = |row: &GradeRow| Part::of(self.items.id(row.item)) == part;
        let rows = self.rows.iter().enumerate().filter(|(_, row)| is_of_part(row));
        self.of_rows(rows.map(|(at, _)| at))
    }

    /// Returns some of the responses, in this order, with all items.
    ///
    /// # Panics
    ///
    /// There is no such row.
    pub(crate) fn of_rows(&self, rows: impl Iterator<Item = usize>) -> Self {
        let mut table = Self { rows: Vec::new(), ballots: Vec::new(), ..self.clone() };
        for at in rows {
            table.rows.push(self.rows[at]);
            table
                .ballots
                .extend_from_slice(&self.ballots[at * self.stride..(at + 1) * self.stride]);
        }
        table
    }

    /// Returns the places in the run of the judges whose ballots are here.
    pub(crate) fn judges(&self) -> Range<usize> {
        self.judges.clone()
    }

    /// Returns the row of each response, by the numbers of its item and its system.
    pub(crate) fn row_index(&self) -> HashMap<(u32, u32), u32> {
        self.rows.iter().zip(0..).map(|(row, at)| ((row.item, row.system), at)).collect()
    }

    /// Returns the number of a system.
    pub(crate) fn system_number(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// Returns whether some judge has answered both directions of a response in every repeat, readably or not.
    pub(crate) fn is_answered(&self, row: usize) -> bool {
        let ballots = &self.ballots[row * self.stride..(row + 1) * self.stride];
        let is_answer =
            |ballot: &Ballot<Grade>| !matches!(ballot, Ballot::Pending | Ballot::Failed);
        ballots.chunks(2 * self.repeat).any(|judge| judge.iter().all(is_answer))
    }

    /// Adds a response.
    pub(crate) fn add(&mut self, record: &GradedResponse) {
        let item = self.items.add(&record.id, [record.system.as_str()]);
        let GradeVerdict { outcome, grade } = self.choice.grade(record);
        let system = self.numbers.get(&record.system).copied().unwrap_or_default();
        self.rows.push(GradeRow { item, system, outcome, grade });
        for judged in &record.judged[self.judges.clone()] {
            let trials = judged.orders.iter().flat_map(|order| &order.trials);
            self.ballots.extend(trials.map(|trial| trial.ballot));
        }
    }

    /// Returns the place of the best step, counted from 0.
    pub(crate) fn best_step(&self) -> f64 {
        self.scale.len() as f64 - 1.0
    }

    /// Returns every ballot about a response with the direction of its scale: judge by judge, the direction of the rubric
    /// first, repeat by repeat.
    pub(crate) fn ballots(
        &self,
        row: usize,
    ) -> impl Iterator<Item = (ScaleOrder, Ballot<Grade>)> + '_ {
        let repeat = self.repeat;
        let direction = move |at: usize| ScaleOrder::BOTH[at / repeat % 2];
        let ballots = &self.ballots[row * self.stride..(row + 1) * self.stride];
        ballots.iter().enumerate().map(move |(at, ballot)| (direction(at), *ballot))
    }

    /// Returns the ballots of both directions, that of the rubric first, judge by judge, each after its repeats.
    pub(crate) fn directions(&self, row: usize) -> impl Iterator<Item = [Ballot<Grade>; 2]> + '_ {
        let ballots = &self.ballots[row * self.stride..(row + 1) * self.stride];
        ballots.chunks(2 * self.repeat).map(|ballots| {
            let (written, reversed) = ballots.split_at(self.repeat);
            [majority(written), majority(reversed)]
        })
    }

    /// Returns the ballots of the repeats of each direction, judge by judge.
    pub(crate) fn repeats(&self, row: usize) -> impl Iterator<Item = &[Ballot<Grade>]> + '_ {
        self.ballots[row * self.stride..(row + 1) * self.stride].chunks(self.repeat)
    }

    /// Returns the mean of a score over both directions, and then over the judges that have one in both; `None` if there
    /// is none. `score` is `None` for a grade that has no score, such as that a response cannot be assessed.
    pub(crate) fn averaged(&self, row: usize, score: impl Fn(Grade) -> Option<f64>) -> Option<f64> {
        let of = |ballot| match ballot {
            Ballot::Cast(grade) => score(grade),
            _ => None,
        };
        let (mut sum, mut n) = (0.0, 0.0);
        for [written, reversed] in self.directions(row) {
            if let (Some(one), Some(other)) = (of(written), of(reversed)) {
                (sum, n) = (sum + f64::midpoint(one, other), n + 1.0);
            }
        }
        (n > 0.0).then(|| sum / n)
    }

    /// Returns how often a response passes that was graded in one direction only, averaged over the judges; `None` if
    /// there is no such grade, or the rubric does not say what passes.
    pub(crate) fn one_direction_pass(&self, row: usize) -> Option<f64> {
        let (mut sum, mut n) = (0.0, 0.0);
        for both in self.directions(row) {
            let ([Ballot::Cast(grade), Ballot::Pending] | [Ballot::Pending, Ballot::Cast(grade)]) =
                both
            else {
                continue;
            };
            if let Some(passes) = self.scale.passes(grade) {
                (sum, n) = (sum + f64::from(passes), n + 1.0);
            }
        }
        (n > 0.0).then(|| sum / n)
    }

    /// Returns how often a response passes, averaged over both directions and then over the judges that answered both;
    /// `None` if there is none, if the response could not be assessed, or if the rubric does not say what passes.
    pub(crate) fn pass_score(&self, row: usize) -> Option<PassScore> {
        let (mut sum, mut n) = (PassScore::default(), 0.0);
        for both in self.directions(row) {
            let Some(found) = self.pass_of_directions(both) else { continue };
            sum.score += found.score;
            sum.slack += found.slack;
            sum.unreadable += found.unreadable;
            n += 1.0;
        }
        (n > 0.0).then(|| PassScore { score: sum.score / n, slack: sum.slack / n, ..sum })
    }

    fn pass_of_directions(&self, both: [Ballot<Grade>; 2]) -> Option<PassScore> {
        let mut found = PassScore::default();
        for ballot in both {
            match ballot {
                Ballot::Cast(grade) => found.score += f64::from(self.scale.passes(grade)?) / 2.0,
                Ballot::Unreadable => {
                    found.score += 0.25;
                    found.slack += 0.25;
                    found.unreadable += 1;
                }
                Ballot::Failed | Ballot::Pending => return None,
            }
        }
        self.scale.pass_from.map(|_| found)
    }

    /// Returns the score of [`Self::pass_score`].
    pub(crate) fn averaged_pass(&self, row: usize) -> Option<f64> {
        self.pass_score(row).map(|found| found.score)
    }

    /// Returns what the judge's grades let expect of a response that people grade, from 0 for the worst to `best`: the mean
    /// of `score` over both directions and then over the judges, where a direction without a score is in the middle; `None`
    /// if no judge has answered both directions. So that no label is left out because of what the judge said.
    pub(crate) fn expected(
        &self,
        row: usize,
        best: f64,
        score: impl Fn(Grade) -> Option<f64>,
    ) -> Option<f64> {
        let of = |ballot| match ballot {
            Ballot::Cast(grade) => Some(score(grade).unwrap_or(best / 2.0)),
            Ballot::Unreadable => Some(best / 2.0),
            Ballot::Failed | Ballot::Pending => None,
        };
        let of_judges = self
            .directions(row)
            .filter_map(|[written, reversed]| Some(f64::midpoint(of(written)?, of(reversed)?)));
        let (sum, n) = of_judges.fold((0.0, 0.0), |(sum, n), score| (sum + score, n + 1.0));
        (n > 0.0).then(|| sum / n)
    }

    /// Returns how far the judge's grades let expect that a response passes by people.
    pub(crate) fn expected_pass(&self, row: usize) -> Option<f64> {
        self.scale.pass_from?;
        self.expected(row, 1.0, |grade| self.scale.passes(grade).map(f64::from))
    }

    /// Returns the step that the judge's grades let expect by people, counted from 0.
    pub(crate) fn expected_step(&self, row: usize) -> Option<f64> {
        self.expected(row, self.best_step(), |grade| grade.step().map(f64::from))
    }

    /// Returns the step of a response, counted from 0, averaged over both directions.
    pub(crate) fn averaged_step(&self, row: usize) -> Option<f64> {
        self.averaged(row, |grade| grade.step().map(f64::from))
    }
}
