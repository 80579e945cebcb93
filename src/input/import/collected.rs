//! What an import has read, before it is written: items by id, labels, and the recorded answers of judges.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Serialize;

use super::graded::{GradeLabelLine, GradeLabels, GradeRecording, GradeRubric};
use crate::error::{Error, Result, counted};
use crate::input::conversation::Content;
use crate::input::items::Item;
use crate::input::occurrences::Occurrences;
use crate::input::recorded_answer::RecordedAnswer;
use crate::input::recorded_grade::RecordedGrade;
use crate::input::recording::RecordedReply;
use crate::input::system_name::check_system_name;

/// The rubric under which recorded votes are read. It is not asked for them; it asks new judges.
pub(super) const VOTE_RUBRIC: &str = "helpfulness";

const REPEATED_ANSWER: (&str, &str) = (
    "judgment repeats one of the same judge, item and order and is left out",
    "judgments repeat one of the same judge, item and order and are left out",
);

const REPEATED_GRADE: (&str, &str) = (
    "grade repeats one of the same judge and response and is left out",
    "grades repeat one of the same judge and response and are left out",
);

const REPEATED_LABEL: (&str, &str) = (
    "label repeats one of the same annotator and is left out",
    "labels repeat one of the same annotator and are left out",
);

/// What to do about two files that contradict each other.
const SAME_DATA: &str = "give files of the same data set and version";

/// The contents of a data set, before they are written to files.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) items: Vec<Item>,
    /// Labels of comparisons; no format has labels of grades too.
    pub(super) labels: Vec<LabelLine>,
    pub(super) grade_labels: Vec<GradeLabels>,
    /// Whether the labels are of responses that were chosen because a judge seemed wrong about them.
    pub(super) labels_are_corrections: bool,
    pub(super) judges: Vec<JudgeRecording>,
    pub(super) graders: Vec<GradeRecording>,
    /// Those by which the grades are read, each once.
    pub(super) rubrics: Vec<GradeRubric>,
    pub(super) notices: Vec<String>,
}

/// One line of the label file.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct LabelLine {
    pub(super) id: String,
    pub(super) annotator: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) between: Option<[String; 2]>,
    pub(super) winner: String,
}

/// The answers of one judge.
#[derive(Debug)]
pub(super) struct JudgeRecording {
    /// Its name in the settings.
    pub(super) judge: String,
    pub(super) rubric: &'static str,
    pub(super) replies: Vec<RecordedReply>,
}

/// Collects items, labels and votes that may come in any order and in several files.
#[derive(Debug, Default)]
pub(super) struct Collector {
    collected: Collected,
    /// The place of each item, by id.
    by_id: HashMap<String, usize>,
    /// The place of each judge, by its name in the files.
    judges: HashMap<String, usize>,
    /// The same of those that graded single responses.
    graders: HashMap<String, usize>,
    /// The place of each answer, by judge, item and order, and the answer.
    answered: HashMap<(usize, String, [String; 2]), (String, usize)>,
    /// The place of each grade, by judge, item and system, and the grade.
    graded: HashMap<(usize, String, String), (String, usize)>,
    /// Who labelled which item and pair.
    labelled: HashSet<(String, String, [String; 2])>,
    /// The place of each label of a grade, by file, and by item, annotator and system, and its line.
    grade_labelled: HashMap<(usize, [String; 3]), (String, usize)>,
    /// The names in the settings, and the last number that was appended to each.
    names: HashSet<String>,
    numbers: HashMap<String, usize>,
    /// Judges whose name in the settings is no longer like that in the files.
    renamed: Occurrences,
    notices: BTreeMap<(&'static str, &'static str), Occurrences>,
}

impl Collector {
    /// Adds an item without responses, or checks that the one of this id has the same prompt.
    ///
    /// # Errors
    ///
    /// It has another prompt.
    pub(super) fn item(&mut self, place: &str, id: &str, prompt: Content) -> Result<&mut Item> {
        let items = &mut self.collected.items;
        let Some(at) = self.by_id.get(id).copied() else {
            let at = items.len();
            self.by_id.insert(id.to_owned(), at);
            items.push(Item { place: place.to_owned(), ..Item::new(id, prompt) });
            return Ok(&mut items[at]);
        };
        let known = &mut items[at];
        if known.prompt != prompt {
            return Err(Error::input(format!(
                "{place}: item {id} has another prompt here than in {}",
                known.place
            ))
            .hint(SAME_DATA));
        }
        Ok(known)
    }

    /// Returns the item of an id.
    pub(super) fn known(&self, id: &str) -> Option<&Item> {
        self.by_id.get(id).map(|at| &self.collected.items[*at])
    }

    /// Returns the item of an id, to be changed.
    pub(super) fn known_mut(&mut self, id: &str) -> Option<&mut Item> {
        self.by_id.get(id).map(|at| &mut self.collected.items[*at])
    }

    /// Records a case of something unusual. `words` are those for one case and for several.
    pub(super) fn notice(&mut self, words: (&'static str, &'static str), case: &str) {
        self.notices.entry(words).or_default().record(case);
    }

    /// Adds a label; a second one of the same annotator is left out and counted.
    pub(super) fn label(
        &mut self,
        id: &str,
        annotator: &str,
        systems: [&str; 2],
        winner: Option<&str>,
    ) {
        let mut between = systems.map(ToOwned::to_owned);
        between.sort();
        let key = (id.to_owned(), annotator.to_owned(), between.clone());
        if !self.labelled.insert(key) {
            self.notice(REPEATED_LABEL, id);
            return;
        }
        self.collected.labels.push(LabelLine {
            id: id.to_owned(),
            annotator: annotator.to_owned(),
            between: Some(between),
            winner: winner.unwrap_or("tie").to_owned(),
        });
    }

    /// Adds the answer of a judge with one system shown first; an equal one to the same is left out and counted.
    ///
    /// # Errors
    ///
    /// The judge has another answer to the same item in the same order.
    pub(super) fn answer(
        &mut self,
        place: &str,
        judge: &str,
        id: &str,
        [first, second]: [&str; 2],
        answer: RecordedAnswer,
    ) -> Result<()> {
        let at = self.judge(judge);
        let key = (at, id.to_owned(), [first, second].map(ToOwned::to_owned));
        if let Some((earlier, number)) = self.answered.get(&key) {
            if self.collected.judges[at].replies[*number].answer != answer {
                return Err(Error::input(format!(
                    "{place}: {judge} has another judgment of item {id} with {first} shown first here than in {earlier}"
                ))
                .hint(
                    "a judge has one judgment in each order: give each judge a name of its own, or remove one of the two",
                ));
            }
            self.notice(REPEATED_ANSWER, place);
            return Ok(());
        }
        let replies = &mut self.collected.judges[at].replies;
        self.answered.insert(key, (place.to_owned(), replies.len()));
        replies.push(RecordedReply {
            id: id.to_owned(),
            first: first.to_owned(),
            second: second.to_owned(),
            answer,
        });
        Ok(())
    }

    /// Adds the grade that a judge gave to a response: the name of a step, or none where its reply has none. An equal one
    /// is left out and counted.
    ///
    /// # Errors
    ///
    /// The judge has another grade of the same response.
    pub(super) fn grade(
        &mut self,
        place: &str,
        judge: &str,
        [id, system]: [&str; 2],
        grade: Option<String>,
        reply: Option<String>,
    ) -> Result<()> {
        let at = self.grader(judge);
        // A line without a grade has a reply, which may be empty.
        let reply = reply.or_else(|| grade.is_none().then(String::new));
        let grade = RecordedGrade { reply, grade, ..RecordedGrade::new(id, system, false) };
        let key = (at, id.to_owned(), system.to_owned());
        let grades = &mut self.collected.graders[at].grades;
        if let Some((earlier, number)) = self.graded.get(&key) {
            if grades[*number].grade != grade.grade {
                return Err(another_grade(place, judge, [id, system], earlier).hint(
                    "a judge has one grade of a response: give each judge a name of its own, or remove one of the two",
                ));
            }
            self.notice(REPEATED_GRADE, place);
            return Ok(());
        }
        self.graded.insert(key, (place.to_owned(), grades.len()));
        grades.push(grade);
        Ok(())
    }

    /// Adds the grade that a person gave to a response; an equal one is left out and counted. `judge` is the one whose
    /// question the label answers, by its name in the files; without it the label is about the response as a whole.
    ///
    /// # Errors
    ///
    /// The person gave the response another grade.
    pub(super) fn grade_label(
        &mut self,
        place: &str,
        judge: Option<&str>,
        label: GradeLabelLine,
    ) -> Result<()> {
        let judge = judge.map(|judge| {
            let at = self.grader(judge);
            self.collected.graders[at].judge.clone()
        });
        let files = &mut self.collected.grade_labels;
        let file = files.iter().position(|file| file.judge == judge).unwrap_or_else(|| {
            files.push(GradeLabels { judge, lines: Vec::new() });
            files.len() - 1
        });
        let lines = &mut files[file].lines;
        let key = (file, [&label.id, &label.annotator, &label.system].map(Clone::clone));
        if let Some((earlier, number)) = self.grade_labelled.get(&key) {
            if lines[*number].grade != label.grade {
                let [id, annotator, system] = key.1.each_ref().map(String::as_str);
                return Err(another_grade(place, annotator, [id, system], earlier)
                    .hint("an annotator has one label of a response: remove one of the two"));
            }
            self.notice(REPEATED_LABEL, place);
            return Ok(());
        }
        self.grade_labelled.insert(key, (place.to_owned(), lines.len()));
        lines.push(label);
        Ok(())
    }

    /// Returns the names of all systems, sorted.
    pub(super) fn systems(&self) -> BTreeSet<&str> {
        let items = self.collected.items.iter();
        items.flat_map(|item| item.responses.keys().map(String::as_str)).collect()
    }

    /// Checks that not all of the judgments were left out.
    ///
    /// # Errors
    ///
    /// There were some, and none could be used. `left_out` names one of them.
    pub(super) fn check_some_used(&self, judgments: usize, what: &str) -> Result<()> {
        if judgments == 0 || !self.collected.judges.is_empty() {
            return Ok(());
        }
        let systems: Vec<&str> = self.systems().into_iter().collect();
        Err(Error::input(format!(
            "none of the {judgments} judgments could be used: {what}"
        ))
        .detail(format!("answers were given of {}", systems.join(", ")))
        .hint("give the answers of every model that was judged, and name the baseline as the files of answers do"))
    }

    /// Returns the place of a judge, which is added if it is new.
    fn judge(&mut self, name: &str) -> usize {
        if let Some(at) = self.judges.get(name) {
            return *at;
        }
        let judge = self.name_in_settings(name);
        let recording = JudgeRecording { judge, rubric: VOTE_RUBRIC, replies: Vec::new() };
        self.judges.insert(name.to_owned(), self.collected.judges.len());
        self.collected.judges.push(recording);
        self.collected.judges.len() - 1
    }

    /// Returns the place of a judge that graded responses, which is added if it is new.
    fn grader(&mut self, name: &str) -> usize {
        if let Some(at) = self.graders.get(name) {
            return *at;
        }
        let (judge, source) = (self.name_in_settings(name), name.to_owned());
        let recording = GradeRecording { judge, source, rubric: String::new(), grades: Vec::new() };
        self.graders.insert(name.to_owned(), self.collected.graders.len());
        self.collected.graders.push(recording);
        self.collected.graders.len() - 1
    }

    /// Returns the name in the settings for a judge that has this one in the files: no other judge has it.
    fn name_in_settings(&mut self, name: &str) -> String {
        let base = judge_name(name).unwrap_or_else(|| "judge".to_owned());
        let mut judge = base.clone();
        let number = self.numbers.entry(base.clone()).or_insert(1);
        while !self.names.insert(judge.clone()) {
            *number += 1;
            judge = format!("{base}-{number}");
        }
        if judge != judge_name(name).unwrap_or_default() {
            self.renamed.record(&format!("{name} became {judge}"));
        }
        judge
    }

    /// Returns what was collected, with the items in the order in which they were added.
    pub(super) fn finish(mut self) -> Collected {
        let between_is_clear: HashSet<&str> = self
            .collected
            .items
            .iter()
            .filter(|item| item.responses.len() == 2)
            .map(|item| item.id.as_str())
            .collect();
        for label in &mut self.collected.labels {
            if between_is_clear.contains(label.id.as_str()) {
                label.between = None;
            }
        }
        if self.renamed.count > 0 {
            let judges = counted(self.renamed.count as u64, "judge has", "judges have");
            self.collected.notices.push(format!(
                "{judges} another name in the settings than in the files (first: {})",
                self.renamed.first
            ));
        }
        for ((one, several), found) in &self.notices {
            let cases = counted(found.count as u64, one, several);
            self.collected.notices.push(format!("{cases} (first: {})", found.first));
        }
        self.collected
    }
}

impl Collected {
    /// Names the rubric of every judge that graded responses, which is written beside its grades.
    pub(super) fn set_rubrics(&mut self, mut rubric: impl FnMut(&GradeRecording) -> GradeRubric) {
        for grader in &mut self.graders {
            let rubric = rubric(grader);
            grader.rubric.clone_from(&rubric.name);
            if !self.rubrics.contains(&rubric) {
                self.rubrics.push(rubric);
            }
        }
    }
}

fn another_grade(place: &str, who: &str, [id, system]: [&str; 2], earlier: &str) -> Error {
    Error::input(format!(
        "{place}: {who} has another grade of the response of {system} to item {id} here than in {earlier}"
    ))
}

/// Adds a response to an item of a data set.
///
/// # Errors
///
/// The system's name is reserved, or the system has another response already.
pub(super) fn add_response(
    item: &mut Item,
    place: &str,
    system: &str,
    response: Content,
) -> Result<()> {
    add_response_or(item, place, system, response, SAME_DATA)
}

/// Adds a response to an item. `advice` says what to do where the system has another one already.
///
/// # Errors
///
/// As for [`add_response`].
pub(super) fn add_response_or(
    item: &mut Item,
    place: &str,
    system: &str,
    response: Content,
    advice: &str,
) -> Result<()> {
    check_system_name(system).map_err(|why| {
        Error::input(format!("{place}: {why}")).hint("rename the system in the file")
    })?;
    if let Some(known) = item.responses.get(system) {
        if *known == response {
            return Ok(());
        }
        return Err(Error::input(format!(
            "{place}: {system} has another response to item {} here than in {}",
            item.id, item.place
        ))
        .hint(advice));
    }
    item.responses.insert(system.to_owned(), response);
    Ok(())
}

/// Returns a judge's name made of `text` that is valid as a file name and in the settings; `None` if it is
/// reserved or does not begin with a letter or digit.
pub(super) fn judge_name(text: &str) -> Option<String> {
    let replace = |char: char| match char {
        'a'..='z' | '0'..='9' | '-' | '.' => char,
        _ => '-',
    };
    let name: String = text.to_ascii_lowercase().chars().map(replace).collect();
    let valid = name.starts_with(|char: char| char.is_ascii_alphanumeric());
    (valid && name != "all" && name != "jury").then_some(name)
}

/// Returns two responses by system: `a` is the one that is published first, `b` the second.
pub(super) fn responses(first: String, second: String) -> BTreeMap<String, Content> {
    let text = Content::Text;
    [("a".to_owned(), text(first)), ("b".to_owned(), text(second))].into()
}
