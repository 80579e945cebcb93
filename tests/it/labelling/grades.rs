//! Forms and answers where single responses are graded.

use std::collections::BTreeSet;
use std::path::Path;

use evenhand::Result;
use evenhand::calibration::SampleDesign;
use evenhand::input::{
    DataFile, Grade, GradeLabels, GradeLine, GradeTask, KnownItems, LabelColumns, SkipReason,
    read_grade_labels, read_grade_lines,
};
use evenhand::labelling::{FormOptions, Material, PageAnswer, PlaceState, Session};

use super::{label_path, options};
use crate::support::Folder;
use crate::support::graded_run::{GradedRun, graded, graded_rows};

/// Twenty responses of two systems to ten items: 8 fair, 6 that were not kept, 6 good.
pub(super) fn twenty() -> GradedRun {
    graded(&graded_rows(&["alpha", "beta"], &[(8, "1/1"), (6, "2/0"), (6, "2/2")]))
}

pub(super) fn material(run: &GradedRun) -> Material {
    let file = evenhand::store::RunFile::open_any(&run.path()).unwrap();
    Material::of_run(file).unwrap()
}

pub(super) fn open(run: &GradedRun, labels: &Path, options: &FormOptions) -> Result<Session> {
    Session::open(material(run), labels, options)
}

pub(super) fn grade(name: &str) -> PageAnswer {
    PageAnswer { grade: Some(name.to_owned()), ..PageAnswer::default() }
}

pub(super) fn known(run: &GradedRun) -> KnownItems {
    material(run).known_items().clone()
}

pub(super) fn labels(run: &GradedRun, path: &Path) -> GradeLabels {
    let file = DataFile::labels(path, LabelColumns::default());
    read_grade_labels(&file, &known(run), run.open().scale()).unwrap()
}

pub(super) fn lines(run: &GradedRun, path: &Path) -> Vec<GradeLine> {
    let (mut lines, items) = (Vec::new(), known(run));
    let file = DataFile::labels(path, LabelColumns::default());
    read_grade_lines(&file, &items, run.open().scale(), |_, line| {
        lines.push(line);
        Ok(())
    })
    .unwrap();
    lines
}

/// The responses of an annotator's form in its order.
fn form(lines: &[GradeLine], annotator: &str) -> Vec<(String, String)> {
    let of_annotator = lines.iter().filter(|line| *line.annotator == *annotator);
    of_annotator.map(|line| (line.id.to_string(), line.system.to_string())).collect()
}

#[test]
fn an_answer_is_a_label_of_a_grade_at_once_and_stays_when_the_session_is_opened_again() {
    let (run, folder) = (twenty(), Folder::new());
    let path = label_path(&folder);
    let mut session = open(&run, &path, &options(&["ana"])).unwrap();
    assert_eq!(session.progress(0).total, 20);
    let answer = PageAnswer {
        seconds: Some(2.5),
        at: Some("2026-03-01T09:30:00Z".to_owned()),
        grades: [("tone".to_owned(), "good".to_owned())].into(),
        note: Some("<b>so</b>".to_owned()),
        ..grade("fair")
    };
    session.answer(0, 3, answer.clone()).unwrap();
    session.answer(0, 4, grade("cannot assess")).unwrap();
    let skip = PageAnswer { skipped: Some(SkipReason::Unclear), ..PageAnswer::default() };
    session.answer(0, 5, skip.clone()).unwrap();
    let shown = session.shown(0, 3).unwrap();
    let found = labels(&run, &path);
    let [fair, cannot] = &found.labels[..] else { panic!("{found:?}") };
    assert_eq!((fair.grade, cannot.grade), (Grade::Step(1), Grade::CannotAssess));
    assert_eq!((fair.criteria["tone"], fair.seconds), (Grade::Step(2), Some(2.5)));
    assert_eq!(fair.note.as_deref(), Some("<b>so</b>"));
    assert_eq!((found.skipped.len(), found.blank), (1, 17));
    // The response that was shown is that of the label.
    let items = known(&run);
    let text = format!("{} answers {}.", fair.system, items.id(fair.item));
    assert!(format!("{:?}", shown.responses).contains(&text), "{shown:?}");
    drop(session);
    let again = open(&run, &path, &options(&["ana"])).unwrap();
    assert_eq!(again.shown(0, 3).unwrap().answer, Some(answer));
    assert_eq!(again.standing(0, 5).unwrap(), Some(skip));
    assert_eq!(again.standing(0, 6).unwrap(), None);
    let progress = again.progress(0);
    assert_eq!((progress.answered, progress.skipped, progress.next), (2, 1, Some(0)));
    assert_eq!(progress.places[4..6], [PlaceState::Answered, PlaceState::Skipped]);
    assert!(again.notes().is_empty(), "{:?}", again.notes());
}

#[test]
fn an_answer_is_changed_withdrawn_and_not_written_twice() {
    let (run, folder) = (twenty(), Folder::new());
    let path = label_path(&folder);
    let mut session = open(&run, &path, &options(&["ana"])).unwrap();
    session.answer(0, 0, grade("good")).unwrap();
    let before = std::fs::read(&path).unwrap();
    session.answer(0, 0, PageAnswer { seconds: Some(9.0), ..grade("good") }).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), before);
    session.answer(0, 0, grade("poor")).unwrap();
    assert_eq!(labels(&run, &path).labels[0].grade, Grade::Step(0));
    session.undo(0, 0).unwrap();
    let found = labels(&run, &path);
    assert_eq!((found.labels.len(), found.blank, session.progress(0).next), (0, 20, Some(0)));
    // A form line, three answers, and two withdrawals.
    assert_eq!(lines(&run, &path).len(), 20 + 2 + 2);
}

#[test]
fn two_sessions_see_each_others_grades() {
    let (run, folder) = (twenty(), Folder::new());
    let path = label_path(&folder);
    let mut one = open(&run, &path, &options(&["ana"])).unwrap();
    let mut other = open(&run, &path, &options(&["ana"])).unwrap();
    one.answer(0, 2, grade("good")).unwrap();
    let error = other.answer(0, 2, grade("poor")).unwrap_err();
    assert_eq!(error.kind(), evenhand::ErrorKind::Conflict);
    assert!(error.to_string().contains("answered this response elsewhere"), "{error}");
    other.refresh().unwrap();
    assert_eq!(other.standing(0, 2).unwrap(), Some(grade("good")));
}

#[test]
fn what_is_no_grade_of_the_question_is_refused() {
    let (run, folder) = (twenty(), Folder::new());
    let path = label_path(&folder);
    let mut session = open(&run, &path, &options(&["ana"])).unwrap();
    let left = Some(evenhand::input::LabelSide::Left);
    for (answer, message) in [
        (grade("best"), "the question has no grade `best`"),
        (PageAnswer::default(), "the answer has neither a grade nor a reason for none"),
        (
            PageAnswer { skipped: Some(SkipReason::Unclear), ..grade("good") },
            "the answer has both a grade and a reason for none",
        ),
        (
            PageAnswer { skipped: Some(SkipReason::BothWrong), ..PageAnswer::default() },
            "skipped: `both-wrong` is no reason to skip a single response",
        ),
        (PageAnswer { choice: left, ..PageAnswer::default() }, "the answer compares two responses"),
        (PageAnswer { both_acceptable: Some(true), ..grade("good") }, "the answer compares two"),
        (
            PageAnswer { grades: [("tone".to_owned(), "nice".to_owned())].into(), ..grade("good") },
            "the question has no grade `nice`",
        ),
        (
            PageAnswer { grades: [("tune".to_owned(), "good".to_owned())].into(), ..grade("good") },
            "criteria.tune: the question has no such criterion",
        ),
    ] {
        let before = std::fs::read(&path).unwrap();
        let error = session.answer(0, 0, answer).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), before, "{message}");
    }
    // And a grade is no answer to a comparison.
    let mut comparing = super::open(2, &folder.path().join("other.jsonl"), &["ana"]).unwrap();
    let error = comparing.answer(0, 0, grade("good")).unwrap_err();
    assert!(error.to_string().contains("the question is which response is better"), "{error}");
}

#[test]
fn each_annotator_has_an_order_of_their_own_and_repeats_later() {
    let (run, folder) = (twenty(), Folder::new());
    let path = label_path(&folder);
    let options = FormOptions { repeats: 3, overlap: Some(20), ..options(&["ana", "ben"]) };
    let mut session = open(&run, &path, &options).unwrap();
    let all = lines(&run, &path);
    let first: Vec<GradeLine> =
        all.iter().filter(|line| line.task == GradeTask::Grade).cloned().collect();
    let [ana, ben] = ["ana", "ben"].map(|name| form(&first, name));
    assert_ne!(ana, ben);
    assert_eq!(ana.iter().collect::<BTreeSet<_>>(), ben.iter().collect::<BTreeSet<_>>());
    assert_eq!((ana.len(), session.progress(0).total), (20, 23));
    for place in 0..23 {
        session.answer(0, place, grade("fair")).unwrap();
    }
    let found = labels(&run, &path);
    assert_eq!((found.labels.len(), found.repeats.len()), (20, 3));
    let whole = form(&all, "ana");
    for repeat in found.repeats {
        let response = (known(&run).id(repeat.item).to_string(), repeat.system.to_string());
        let places: Vec<usize> = (0..23).filter(|place| whole[*place] == response).collect();
        assert!(places[0] < 10 + 3 && places[1] > places[0] + 5, "{places:?}");
    }
    // Somebody who joins grades all of them, in another order.
    let mut joined = options.clone();
    joined.annotators = vec!["cy".to_owned()];
    joined.overlap = None;
    open(&run, &path, &joined).unwrap();
    let first: Vec<GradeLine> = lines(&run, &path)
        .into_iter()
        .filter(|line| {
            line.task == GradeTask::Grade && line.answer == evenhand::input::GradeAnswer::Blank
        })
        .collect();
    let cy = form(&first, "cy");
    assert_eq!(cy.len(), 20);
    assert!(cy != ana && cy != ben);
}

#[test]
fn a_drawn_form_has_the_probabilities_of_the_draw() {
    let (run, folder) = (twenty(), Folder::new());
    let path = label_path(&folder);
    let drawn = FormOptions { n: Some(8), design: SampleDesign::ByOutcome, ..options(&["ana"]) };
    open(&run, &path, &drawn).unwrap();
    let sample =
        evenhand::grading::sample_grades(&run.open(), None, 8, 0, SampleDesign::ByOutcome).unwrap();
    let expected: BTreeSet<_> = sample
        .responses
        .iter()
        .map(|one| (one.id.clone(), one.system.clone(), one.probability.to_bits()))
        .collect();
    let held: BTreeSet<_> = lines(&run, &path)
        .iter()
        .map(|line| {
            (line.id.to_string(), line.system.to_string(), line.probability.unwrap().to_bits())
        })
        .collect();
    assert_eq!(held, expected);
    // The same options go on; others are refused.
    open(&run, &path, &drawn).unwrap();
    let error = open(&run, &path, &FormOptions { n: Some(9), ..drawn }).unwrap_err();
    assert!(error.to_string().contains("the label file asks for 8 responses, not 9"), "{error}");
    let all = folder.path().join("all.jsonl");
    open(&run, &all, &options(&["ana"])).unwrap();
    assert!(lines(&run, &all).iter().all(|line| line.probability == Some(1.0)));
}

#[test]
fn what_only_comparisons_have_is_refused() {
    let (run, folder) = (twenty(), Folder::new());
    let path = label_path(&folder);
    let base = options(&["ana"]);
    for (options, message) in [
        (FormOptions { equal_pairs: 1, ..base.clone() }, "is on no side of the screen"),
        (FormOptions { repeats: 11, ..base.clone() }, "a form of 20 responses has room for 10"),
        (
            FormOptions { n: Some(3), design: SampleDesign::ByUncertainty, ..base },
            "cannot be drawn by uncertainty",
        ),
    ] {
        let error = open(&run, &path, &options).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert!(!path.exists(), "{message}");
    }
}

#[test]
fn a_label_file_of_comparisons_is_no_file_of_grades() {
    let (run, folder) = (twenty(), Folder::new());
    let path = folder.write(
        "labels.jsonl",
        "{\"id\":\"q000\",\"annotator\":\"ana\",\"between\":[\"alpha\",\"beta\"],\"winner\":null}\n",
    );
    let error = open(&run, &path, &options(&["ana"])).unwrap_err();
    assert!(error.to_string().contains("belongs to a label of a comparison"), "{error}");
}
