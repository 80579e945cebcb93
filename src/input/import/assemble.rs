//! What was collected as the texts of files, with settings in which every recorded judge is.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::collected::{Collected, JudgeRecording};
use super::graded::GradeRecording;
use super::{ImportFormat, Imported, ImportedJudge};
use crate::error::{Error, Result, counted};
use crate::input::items::Item;
use crate::input::recording::RecordedReply;

/// How many judges with replies to some of the items are named one by one.
const MOST_JUDGES_NAMED: usize = 5;

/// Writes what was collected as the texts of files.
pub(super) fn assemble(format: ImportFormat, collected: Collected) -> Result<Imported> {
    let baseline = baseline(&collected);
    let mut notices = collected.notices;
    let mut files = vec![("items.jsonl".to_owned(), lines(&collected.items)?)];
    if !collected.labels.is_empty() {
        files.push(("labels.jsonl".to_owned(), lines(&collected.labels)?));
    }
    for labels in &collected.grade_labels {
        files.push((labels.path(), lines(&labels.lines)?));
    }
    let (mut judges, mut incomplete) = (Vec::new(), Vec::new());
    for recording in collected.judges {
        let judge = described(&recording);
        let ids: BTreeSet<&str> = recording.replies.iter().map(|reply| reply.id.as_str()).collect();
        if ids.len() < collected.items.len() {
            incomplete.push(format!(
                "{} has replies to {} of {} items; the other items will stay pending",
                judge.name,
                ids.len(),
                collected.items.len()
            ));
        }
        files.push((format!("replies/{}.jsonl", judge.name), lines(&recording.replies)?));
        judges.push(judge);
    }
    let responses: usize = collected.items.iter().map(|item| item.responses.len()).sum();
    for recording in collected.graders {
        let graded = recording.grades.len();
        if graded < responses {
            incomplete.push(format!(
                "{} has grades of {graded} of {responses} responses; the other responses will stay pending",
                recording.judge
            ));
        }
        files.push((format!("replies/{}.jsonl", recording.judge), lines(&recording.grades)?));
        judges.push(of_grader(&recording));
    }
    let further = incomplete.len().saturating_sub(MOST_JUDGES_NAMED);
    notices.extend(incomplete.into_iter().take(MOST_JUDGES_NAMED));
    if further > 0 {
        let judges = counted(further as u64, "further judge has", "further judges have");
        notices.push(format!("{judges} replies to some of the items only"));
    }
    if !judges.is_empty() {
        files.push(("evenhand.toml".to_owned(), settings(&judges)));
    }
    let grade_labels: usize = collected.grade_labels.iter().map(|file| file.lines.len()).sum();
    let (rubric, extras) = format.rubric();
    files.extend(extras.iter().map(|file| (file.path.to_owned(), file.text.to_owned())));
    files.extend(collected.rubrics.iter().map(|rubric| (rubric.path(), rubric.text())));
    let rubric = match collected.rubrics.first() {
        Some(graded) if judges.iter().all(|judge| judge.grades) => &graded.name,
        _ => rubric,
    };
    Ok(Imported {
        format,
        files,
        items: collected.items.len(),
        labels: collected.labels.len() + grade_labels,
        labels_are_grades: grade_labels > 0,
        labels_are_corrections: collected.labels_are_corrections,
        rubric: rubric.to_owned(),
        judges,
        baseline,
        notices,
    })
}

/// Counts the comparisons of a judge by the orders in which it was asked.
fn described(recording: &JudgeRecording) -> ImportedJudge {
    let mut orders: HashMap<(&str, [&str; 2]), BTreeSet<bool>> = HashMap::new();
    for RecordedReply { id, first, second, .. } in &recording.replies {
        let is_swapped = first > second;
        let pair = if is_swapped { [second.as_str(), first] } else { [first.as_str(), second] };
        orders.entry((id.as_str(), pair)).or_default().insert(is_swapped);
    }
    let in_both_orders = orders.values().filter(|orders| orders.len() == 2).count();
    ImportedJudge {
        name: recording.judge.clone(),
        rubric: recording.rubric.to_owned(),
        grades: false,
        replies: recording.replies.len(),
        in_both_orders,
        in_one_order: orders.len() - in_both_orders,
        of_unknown_order: recording
            .replies
            .iter()
            .filter(|reply| reply.answer.is_order_unknown)
            .count(),
    }
}

/// Counts the responses that a judge graded, all of them in one direction of the scale.
fn of_grader(GradeRecording { judge, rubric, grades, .. }: &GradeRecording) -> ImportedJudge {
    ImportedJudge {
        name: judge.clone(),
        rubric: rubric.clone(),
        grades: true,
        replies: grades.len(),
        in_both_orders: 0,
        in_one_order: grades.len(),
        of_unknown_order: 0,
    }
}

/// Returns the system that takes part in every judged or labelled comparison, where some item has further responses.
fn baseline(collected: &Collected) -> Option<String> {
    if collected.items.iter().all(|item| item.responses.len() <= 2) {
        return None;
    }
    let judged = collected.judges.iter().flat_map(|judge| &judge.replies);
    let mut pairs = judged.map(|reply| [&reply.first, &reply.second]).chain(
        collected.labels.iter().filter_map(|label| label.between.as_ref().map(|[a, b]| [a, b])),
    );
    let mut common: Vec<&String> = pairs.next()?.into();
    for pair in pairs {
        common.retain(|system| pair.contains(system));
    }
    let [only] = common.as_slice() else { return None };
    let has = |item: &Item| item.responses.contains_key(*only);
    collected.items.iter().all(has).then(|| (*only).clone())
}

/// Returns the text of a settings file with every recorded judge.
fn settings(judges: &[ImportedJudge]) -> String {
    let head = "# Judges that replay recorded replies: no API key, no network.\n".to_owned();
    let table = |ImportedJudge { name, rubric, .. }: &ImportedJudge| {
        format!(
            "\n[judges.\"{name}\"]    # --rubric {rubric}\nrecorded = \"replies/{name}.jsonl\"\n"
        )
    };
    std::iter::once(head).chain(judges.iter().map(table)).collect::<Vec<_>>().concat()
}

/// Returns the values as JSONL.
fn lines<T: Serialize>(values: &[T]) -> Result<String> {
    let mut text = String::new();
    for value in values {
        let line = serde_json::to_string(value)
            .map_err(|error| Error::internal(format!("cannot write a line of JSON: {error}")))?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}
