//! Answering, changing, withdrawing, several sessions on one file, and blindness.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Barrier};

use evenhand::ErrorKind;
use evenhand::input::{Item, LabelAnswer, LabelSide, Reference, SkipReason, load_rubric};
use evenhand::labelling::{FormOptions, Material, PageAnswer, PlaceState, Session};
use evenhand::store::RunFile;
use serde_json::json;

use super::{
    SYSTEMS, choice, for_system, form, items, label_path, labels_in, lines, material, open, options,
};
use crate::support::Folder;
use crate::support::labelled_run::{RunSpec, rows};

fn skip(reason: SkipReason) -> PageAnswer {
    PageAnswer { skipped: Some(reason), ..PageAnswer::default() }
}

/// A rubric with two criteria, whose prompt shows the reference, the context, both or neither.
fn rubric(folder: &Folder, fields: &[&str]) -> evenhand::input::LoadedRubric {
    let uses =
        crate::support::lines_of(fields.iter().map(|field| format!("{{{{ item.{field} }}}}")));
    folder.write(
        "prompts/p.j2",
        &format!(
            "{{% block user %}}{{{{ item.prompt }}}}\n{uses}{{{{ first }}}}{{{{ second }}}}{{% endblock %}}"
        ),
    );
    let text = "name = \"r\"\ndescription = \"Which is kinder?\"\nprompt = \"p.j2\"\nties = false\n\
                [[criteria]]\nname = \"tone\"\ndescription = \"Is it polite?\"\n\
                [[criteria]]\nname = \"facts\"\ndescription = \"Is it true?\"\n";
    let path = folder.write("rubrics/r.toml", text);
    load_rubric(path.to_str().unwrap(), folder.path()).unwrap()
}

#[test]
fn an_answer_is_in_the_file_at_once_and_stays_when_the_session_is_opened_again() {
    let folder = Folder::new();
    let path = label_path(&folder);
    let material = || Material::of_items(items(5), None, Some(&rubric(&folder, &[]))).unwrap();
    let open = || Session::open(material(), &path, &options(&["ana"])).unwrap();
    let mut session = open();
    assert_eq!(session.question().text, "Which is kinder?");
    assert_eq!(session.question().criteria[1].name, "facts");
    let answer = PageAnswer {
        seconds: Some(12.5),
        at: Some("2026-03-01T09:30:00.250Z".to_owned()),
        both_acceptable: Some(true),
        criteria: [("tone", LabelSide::Right), ("facts", LabelSide::Tie)]
            .map(|(name, side)| (name.to_owned(), side))
            .into(),
        note: Some("close <b>call</b>\u{202e}\n".to_owned()),
        ..choice(LabelSide::Left)
    };
    session.answer(0, 2, answer.clone()).unwrap();
    session.answer(0, 3, skip(SkipReason::BothWrong)).unwrap();
    let shown = session.shown(0, 2).unwrap();
    let first = format!("{:?}", super::sides(&shown)[0]).contains("first");
    let [left, right] = if first { SYSTEMS } else { [SYSTEMS[1], SYSTEMS[0]] };
    let label = &labels_in(&path, 5).labels[0];
    assert_eq!((&*label.annotator, label.winner.as_deref()), ("ana", Some(left)));
    assert_eq!(label.details.left.as_deref(), Some(left));
    assert_eq!(label.details.criteria["tone"].as_deref(), Some(right));
    assert_eq!(label.details.criteria["facts"], None);
    assert_eq!(labels_in(&path, 5).skipped[0].reason, SkipReason::BothWrong);
    drop(session);
    let again = open();
    assert_eq!(again.shown(0, 2).unwrap().answer, Some(answer));
    assert_eq!(again.shown(0, 3).unwrap().answer, Some(skip(SkipReason::BothWrong)));
    assert_eq!(again.shown(0, 4).unwrap().answer, None);
    let progress = again.progress(0);
    assert_eq!((progress.answered, progress.skipped, progress.next), (1, 1, Some(0)));
    assert_eq!(progress.places[2..4], [PlaceState::Answered, PlaceState::Skipped]);
    assert!(again.notes().is_empty());
}

#[test]
fn a_changed_answer_takes_the_place_of_the_first_and_an_undo_opens_the_place() {
    let folder = Folder::new();
    let path = label_path(&folder);
    let mut session = open(3, &path, &["ana"]).unwrap();
    session.answer(0, 0, for_system(&session, 0, 0, "first")).unwrap();
    session.answer(0, 0, for_system(&session, 0, 0, "second")).unwrap();
    let labels = labels_in(&path, 3);
    assert_eq!(labels.labels.len(), 1);
    assert_eq!(labels.labels[0].winner.as_deref(), Some(SYSTEMS[1]));
    let answers: Vec<LabelAnswer> =
        lines(&path, 3).into_iter().skip(3).map(|line| line.answer).collect();
    assert_eq!(answers[1], LabelAnswer::Undone);
    assert_eq!(answers.len(), 3);
    // A skip, a label, and a skip again.
    session.answer(0, 0, skip(SkipReason::Unclear)).unwrap();
    session.answer(0, 0, choice(LabelSide::Tie)).unwrap();
    session.answer(0, 0, skip(SkipReason::CannotJudge)).unwrap();
    assert_eq!((session.progress(0).answered, session.progress(0).skipped), (0, 1));
    session.undo(0, 0).unwrap();
    session.undo(0, 0).unwrap();
    assert_eq!((session.progress(0).skipped, session.progress(0).next), (0, Some(0)));
    let labels = labels_in(&path, 3);
    assert_eq!((labels.labels.len(), labels.skipped.len(), labels.blank), (0, 0, 3));
    open(3, &path, &["ana"]).unwrap();
}

#[test]
fn the_same_answer_once_more_writes_nothing() {
    let folder = Folder::new();
    let path = label_path(&folder);
    let mut session = open(3, &path, &["ana"]).unwrap();
    let answer = PageAnswer { note: Some("so".to_owned()), ..choice(LabelSide::Right) };
    session.answer(0, 1, PageAnswer { seconds: Some(3.0), ..answer.clone() }).unwrap();
    let before = std::fs::read(&path).unwrap();
    session.answer(0, 1, PageAnswer { seconds: Some(9.0), ..answer.clone() }).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), before);
    session.answer(0, 1, PageAnswer { note: None, ..answer }).unwrap();
    assert_eq!(session.shown(0, 1).unwrap().answer.unwrap().note, None);
}

#[test]
fn repeats_and_equal_pairs_are_answers_and_no_labels() {
    let folder = Folder::new();
    let path = label_path(&folder);
    let options = FormOptions { repeats: 2, equal_pairs: 3, ..options(&["ana"]) };
    let mut session = Session::open(material(8), &path, &options).unwrap();
    for place in 0..session.progress(0).total {
        session.answer(0, place, choice(LabelSide::Left)).unwrap();
    }
    let labels = labels_in(&path, 8);
    assert_eq!(labels.labels.len(), 8);
    assert_eq!((labels.repeats.len(), labels.equal_pairs.len(), labels.blank), (2, 3, 0));
    assert!(labels.equal_pairs.iter().all(|one| one.side == LabelSide::Left));
    // Who always chooses the left contradicts herself in every repeat.
    for repeat in &labels.repeats {
        let first = labels.labels.iter().find(|label| label.id == repeat.id).unwrap();
        assert_ne!(first.winner, repeat.winner);
    }
    assert_eq!(session.progress(0).next, None);
}

#[test]
fn answers_that_no_page_gives_are_refused() {
    let folder = Folder::new();
    let path = label_path(&folder);
    let material = Material::of_items(items(5), None, Some(&rubric(&folder, &[]))).unwrap();
    let mut session = Session::open(material, &path, &options(&["ana"])).unwrap();
    let before = std::fs::read(&path).unwrap();
    let left = || choice(LabelSide::Left);
    for (wrong, part) in [
        (PageAnswer::default(), "neither a choice"),
        (PageAnswer { skipped: Some(SkipReason::Unclear), ..left() }, "both a choice"),
        (PageAnswer { seconds: Some(-1.0), ..left() }, "seconds"),
        (PageAnswer { seconds: Some(f64::NAN), ..left() }, "seconds"),
        (PageAnswer { at: Some("yesterday".to_owned()), ..left() }, "at: expected a time"),
        (PageAnswer { note: Some("x".repeat(10_001)), ..left() }, "at most 10000 characters"),
        (
            PageAnswer {
                criteria: BTreeMap::from([("style".to_owned(), LabelSide::Left)]),
                ..left()
            },
            "criteria.style",
        ),
    ] {
        let error = session.answer(0, 0, wrong).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input, "{error}");
        assert!(error.to_string().contains(part), "{error}");
    }
    for (annotator, place) in [(1, 0), (0, 5), (0, usize::MAX)] {
        let error = session.answer(annotator, place, left()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
        assert!(session.shown(annotator, place).is_err());
    }
    let twice = session.answer_all(0, [(1, left()), (2, left()), (1, left())]).unwrap_err();
    assert!(twice.to_string().contains("place 1 is answered twice"), "{twice}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    session.answer(0, 0, PageAnswer { seconds: Some(1e9), ..left() }).unwrap();
    assert_eq!(session.shown(0, 0).unwrap().answer.unwrap().seconds, Some(86_400.0));
    let unknown = json!({ "choice": "left", "winner": "alpha" });
    assert!(serde_json::from_value::<PageAnswer>(unknown).is_err());
    let words = json!({ "skipped": "both-wrong", "criteria": { "tone": "tie" } });
    let read: PageAnswer = serde_json::from_value(words.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), words);
}

#[test]
fn the_pace_is_the_median_from_the_third_answer_on() {
    let folder = Folder::new();
    let mut session = open(10, &label_path(&folder), &["ana"]).unwrap();
    let timed = |seconds| PageAnswer { seconds: Some(seconds), ..choice(LabelSide::Left) };
    for (place, seconds) in [20.0, 4000.0].into_iter().enumerate() {
        session.answer(0, place, timed(seconds)).unwrap();
        assert_eq!(session.progress(0).seconds_per_label, None);
    }
    session.answer(0, 2, timed(30.0)).unwrap();
    session.answer(0, 3, choice(LabelSide::Left)).unwrap();
    let progress = session.progress(0);
    assert_eq!(progress.seconds_per_label, Some(30.0));
    assert_eq!(progress.seconds_left, Some(180.0));
    session.answer(0, 4, timed(40.0)).unwrap();
    assert_eq!(session.progress(0).seconds_per_label, Some(35.0));
    let json = serde_json::to_value(session.progress(0)).unwrap();
    assert_eq!((&json["places"][4], &json["places"][5]), (&json!("answered"), &json!("open")));
}

/// Answers every place of a form, and opens the session anew now and then.
fn label_all(path: &Path, count: usize, annotator: &str, barrier: &Barrier) {
    barrier.wait();
    let mut session = open(count, path, &["ana", "ben", "cleo"]).unwrap();
    let at = session.annotators().iter().position(|name| **name == *annotator).unwrap();
    for place in 0..session.progress(at).total {
        if place % 7 == 0 {
            session = open(count, path, &["ana", "ben", "cleo"]).unwrap();
        }
        session.answer(at, place, for_system(&session, at, place, "first")).unwrap();
        if place % 3 == 0 {
            session.answer(at, place, choice(LabelSide::Tie)).unwrap();
        }
    }
}

#[test]
fn several_sessions_that_begin_and_write_at_once_lose_and_double_nothing() {
    let folder = Folder::new();
    let (path, barrier) = (Arc::new(label_path(&folder)), Arc::new(Barrier::new(3)));
    let threads = ["ana", "ben", "cleo"].map(|annotator| {
        let (path, barrier) = (Arc::clone(&path), Arc::clone(&barrier));
        std::thread::spawn(move || label_all(&path, 45, annotator, &barrier))
    });
    for thread in threads {
        thread.join().unwrap();
    }
    let labels = labels_in(&path, 45);
    assert_eq!((labels.labels.len(), labels.blank), (3 * 35, 0));
    for annotator in ["ana", "ben", "cleo"] {
        let form = form(&path, 45, annotator);
        assert_eq!(form.len(), 35, "the form was drawn once");
        let tie = |label: &&evenhand::input::Label| *label.annotator == *annotator;
        let ties = labels.labels.iter().filter(tie).filter(|label| label.winner.is_none()).count();
        assert_eq!(ties, 12);
    }
}

#[test]
fn two_sessions_of_one_annotator_do_not_overwrite_each_other() {
    let folder = Folder::new();
    let path = label_path(&folder);
    let mut one = open(5, &path, &["ana"]).unwrap();
    let mut other = open(5, &path, &["ana"]).unwrap();
    one.answer(0, 0, choice(LabelSide::Left)).unwrap();
    // The same answer is no conflict, and another place neither.
    other.answer(0, 0, choice(LabelSide::Left)).unwrap();
    other.answer(0, 1, choice(LabelSide::Tie)).unwrap();
    let before = std::fs::read(&path).unwrap();
    let conflict = one.answer(0, 1, choice(LabelSide::Right)).unwrap_err();
    assert_eq!(conflict.kind(), ErrorKind::Conflict, "{conflict}");
    assert!(conflict.to_string().contains("answered this comparison elsewhere"), "{conflict}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    // From then on it shows what stands, and can change it.
    assert_eq!(one.shown(0, 1).unwrap().answer, Some(choice(LabelSide::Tie)));
    one.answer(0, 1, choice(LabelSide::Right)).unwrap();
    let conflict = other.undo(0, 1).unwrap_err();
    assert_eq!(conflict.kind(), ErrorKind::Conflict, "{conflict}");
    one.undo(0, 0).unwrap();
    let conflict =
        other.answer_all(0, [(3, skip(SkipReason::Unclear)), (0, choice(LabelSide::Tie))]);
    assert!(conflict.unwrap_err().to_string().contains("withdrawn the answer to this comparison"));
    assert_eq!(other.progress(0).places[3], PlaceState::Open, "all of them or none");
    other.refresh().unwrap();
    assert_eq!(one.progress(0), other.progress(0));
    assert_eq!(labels_in(&path, 5).labels.len(), 1);
}

#[test]
fn what_a_page_gets_names_neither_systems_nor_ids_nor_tasks() {
    let folder = Folder::new();
    let path = label_path(&folder);
    let options = FormOptions { repeats: 3, equal_pairs: 3, ..options(&["ana", "ben"]) };
    let mut session = Session::open(material(30), &path, &options).unwrap();
    for place in 0..session.progress(0).total {
        let answer = PageAnswer { note: Some("why".to_owned()), ..choice(LabelSide::Right) };
        session.answer(0, place, answer).unwrap();
    }
    let mut received = serde_json::to_string(&session.progress(0)).unwrap();
    received += &serde_json::to_string(session.question()).unwrap();
    for place in 0..session.progress(0).total {
        let shown = session.shown(0, place).unwrap();
        received += &serde_json::to_string(&shown.answer).unwrap();
        write!(received, "{shown:?}").unwrap();
    }
    for secret in ["quail", "zebra", "i001", "probability", "repeat", "equal", "ben"] {
        assert!(!received.contains(secret), "{secret}");
    }
    assert!(received.contains("Answer 7, the second"));
}

#[test]
fn people_see_the_reference_and_the_context_where_the_judge_does() {
    let folder = Folder::new();
    let items = || {
        let mut item: Item = items(1).remove(0).with_reference(Reference::Text("42".to_owned()));
        item.context = Some(json!({ "page": 7 }));
        vec![item]
    };
    let shown = |rubric: Option<&evenhand::input::LoadedRubric>, name: &str| {
        let material = Material::of_items(items(), None, rubric).unwrap();
        let path = folder.path().join(format!("{name}.jsonl"));
        let session = Session::open(material, &path, &options(&["ana"])).unwrap();
        let shown = session.shown(0, 0).unwrap();
        (shown.reference.is_some(), shown.context.is_some())
    };
    assert_eq!(shown(Some(&rubric(&folder, &[])), "neither"), (false, false));
    assert_eq!(shown(Some(&rubric(&folder, &["reference"])), "reference"), (true, false));
    assert_eq!(shown(Some(&rubric(&folder, &["context.page"])), "context"), (false, true));
    // Nothing says what a judge would see.
    assert_eq!(shown(None, "without"), (true, true));
}

#[test]
fn a_run_is_labelled_with_the_question_and_the_items_that_it_stores() {
    let judged = RunSpec::new(rows(&[(6, "a/a", "-")])).judged();
    let run = RunFile::open(&judged.folder.path().join("run.db")).unwrap();
    let path = judged.folder.path().join("new.jsonl");
    let mut session =
        Session::open(Material::of_run(run).unwrap(), &path, &options(&["ana"])).unwrap();
    assert_eq!(session.question().text, "Which is better?");
    for place in 0..6 {
        assert!(format!("{:?}", session.shown(0, place).unwrap().prompt).contains("Question q00"));
        session.answer(0, place, choice(LabelSide::Tie)).unwrap();
    }
    // What was written is a label file like any other.
    let found = judged.calibrate(&["--labels", "new.jsonl"]);
    assert_eq!(found.code, 0, "{}", found.stderr);
}

#[test]
fn the_digest_of_a_form_is_that_of_what_is_asked_and_shown() {
    let folder = Folder::new();
    let path = label_path(&folder);
    let mut session = open(6, &path, &["ana", "ben"]).unwrap();
    let [ana, ben] = [0, 1].map(|annotator| session.form_digest(annotator).unwrap());
    assert_ne!(ana, ben);
    session.answer(0, 0, choice(LabelSide::Tie)).unwrap();
    assert_eq!(session.form_digest(0).unwrap(), ana);
    assert_eq!(open(6, &path, &["ana"]).unwrap().form_digest(0).unwrap(), ana);
    let mut changed = items(6);
    changed[3].prompt = "Another question?".into();
    let changed = Material::of_items(changed, None, None).unwrap();
    let changed = Session::open(changed, &path, &options(&["ana"])).unwrap();
    assert_ne!(changed.form_digest(0).unwrap(), ana);
    let asked = Material::of_items(items(6), None, Some(&rubric(&folder, &[]))).unwrap();
    let asked = Session::open(asked, &path, &options(&["ana"])).unwrap();
    assert_ne!(asked.form_digest(0).unwrap(), ana);
    assert!(session.form_digest(2).is_err());
}

#[test]
fn a_session_of_handed_out_forms_writes_none() {
    let folder = Folder::new();
    let path = label_path(&folder);
    let existing = |name: &str| Session::open_existing(material(6), &path, &[name.to_owned()]);
    let absent = existing("ana").unwrap_err();
    assert!(absent.to_string().contains("does not exist") && !path.exists(), "{absent}");
    open(6, &path, &["ana"]).unwrap();
    let before = std::fs::read(&path).unwrap();
    let unknown = existing("ben").unwrap_err();
    assert!(unknown.to_string().contains("no form of `ben`"), "{unknown}");
    assert_eq!(existing("ana").unwrap().progress(0).total, 6);
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_session_can_be_moved_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Session>();
    is_send::<Material>();
}
