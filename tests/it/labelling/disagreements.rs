//! Adjudicating comparisons on which others disagree.

use evenhand::ErrorKind;
use evenhand::input::{Disagreement, LabelSide, LabelTask};
use evenhand::labelling::{FormOptions, Material, PlaceState, Session, StoppingRate, StoppingRule};
use evenhand::store::RunFile;

use super::{SYSTEMS, choice, form, label_path, labels_in, lines, material, options};
use crate::support::Folder;
use crate::support::labelled_run::{RunSpec, label, rows};

fn adjudicating(annotator: &str) -> FormOptions {
    FormOptions { adjudicate: true, ..options(&[annotator]) }
}

/// A label file in which each line has the id of an item and the choices of ana and ben: `a`, `b`, `t` or `-`.
fn file(folder: &Folder, choices: &[(&str, &str)]) -> std::path::PathBuf {
    let mut text = String::new();
    for (id, letters) in choices {
        for (annotator, letter) in ["ana", "ben", "cleo"].into_iter().zip(letters.chars()) {
            match letter {
                'a' => text += &label(id, annotator, SYSTEMS, SYSTEMS[0]),
                'b' => text += &label(id, annotator, SYSTEMS, SYSTEMS[1]),
                't' => text += &label(id, annotator, SYSTEMS, "tie"),
                's' => {
                    let skipped = serde_json::json!({
                        "id": id, "annotator": annotator, "skipped": "unclear",
                    });
                    text += &crate::support::lines_of([skipped]);
                }
                _ => {}
            }
        }
    }
    folder.write("labels.jsonl", &text)
}

#[test]
fn only_comparisons_on_which_people_differ_are_adjudicated() {
    let folder = Folder::new();
    let path = file(
        &folder,
        &[
            ("i000", "aa"),
            ("i001", "ab"),
            ("i002", "at"),
            ("i003", "as"),
            ("i004", "-b"),
            ("i005", "tta"),
        ],
    );
    let mut session = Session::open(material(8), &path, &adjudicating("zoe")).unwrap();
    let form = form(&path, 8, "zoe");
    let mut ids: Vec<&str> = form.iter().map(|line| &*line.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["i001", "i002", "i005"]);
    let people = LabelTask::Adjudicate(Disagreement::People);
    assert!(form.iter().all(|line| line.task == people));
    for place in 0..3 {
        session.answer(0, place, choice(LabelSide::Left)).unwrap();
    }
    // The decisions are beside the labels, of which there are no more than before.
    let labels = labels_in(&path, 8);
    assert_eq!(labels.adjudicated.len(), 3);
    assert_eq!(labels.labels.len(), 11);
    assert!(labels.adjudicated.iter().all(|(label, _)| *label.annotator == *"zoe"));
}

#[test]
fn a_new_disagreement_is_added_and_nothing_is_asked_twice() {
    let folder = Folder::new();
    let path = file(&folder, &[("i000", "ab"), ("i001", "a-")]);
    let open = || Session::open(material(4), &path, &adjudicating("zoe")).unwrap();
    let mut session = open();
    session.answer(0, 0, choice(LabelSide::Tie)).unwrap();
    let before = std::fs::read_to_string(&path).unwrap();
    assert_eq!(open().progress(0).total, 1);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
    std::fs::write(&path, before + &label("i001", "ben", SYSTEMS, "tie")).unwrap();
    assert_eq!(open().progress(0).places, [PlaceState::Answered, PlaceState::Open]);
}

#[test]
fn labelling_and_adjudicating_do_not_see_the_forms_of_each_other() {
    let folder = Folder::new();
    let path = file(&folder, &[("i000", "ab"), ("i001", "ab"), ("i002", "aa")]);
    let labelling = || Session::open(material(3), &path, &options(&["ana"])).unwrap();
    assert_eq!(labelling().progress(0).answered, 3);
    // Whoever has labelled may decide, too; her label stays what it was.
    let mut session = Session::open(material(3), &path, &adjudicating("ana")).unwrap();
    assert_eq!((session.progress(0).total, session.progress(0).answered), (2, 0));
    session.answer(0, 0, choice(LabelSide::Tie)).unwrap();
    assert_eq!((labelling().progress(0).total, labelling().progress(0).answered), (3, 3));
    assert!(labels_in(&path, 3).labels.iter().all(|label| label.winner.is_some()));
}

#[test]
fn of_a_run_also_comparisons_are_decided_on_which_the_judge_contradicts_all_people() {
    let kinds = [
        (2, "a/a", "aa-"), // all agree
        (4, "a/a", "bb-"), // the judge contradicts people
        (1, "b/b", "a--"), // the judge contradicts one person
        (1, "a/b", "bb-"), // the judge decides nothing
        (4, "a/a", "ab-"), // people contradict each other
        (1, "t/t", "aa-"), // a tie is a verdict
        (1, "a/a", "---"), // nobody has labelled
    ];
    let judged = RunSpec::new(rows(&kinds)).judged();
    let path = judged.folder.path().join("labels.jsonl");
    let run = RunFile::open(&judged.folder.path().join("run.db")).unwrap();
    let session =
        Session::open(Material::of_run(run).unwrap(), &path, &adjudicating("zoe")).unwrap();
    assert_eq!(session.progress(0).total, 10);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut found: Vec<(String, String)> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|line| line["annotator"] == "zoe")
        .map(|line| {
            [&line["id"], &line["adjudicated"]].map(|value| value.as_str().unwrap().to_owned())
        })
        .map(|[id, why]| (id, why))
        .collect();
    // In an order that does not tell why.
    assert!(!found.is_sorted_by_key(|(_, why)| why.clone()), "{found:?}");
    found.sort();
    let expected = [
        ("q002", "judge"),
        ("q003", "judge"),
        ("q004", "judge"),
        ("q005", "judge"),
        ("q006", "judge"),
        ("q008", "people"),
        ("q009", "people"),
        ("q010", "people"),
        ("q011", "people"),
        ("q012", "judge"),
    ];
    assert_eq!(found, expected.map(|(id, why)| (id.to_owned(), why.to_owned())));
    let run = RunFile::open(&judged.folder.path().join("run.db")).unwrap();
    let unknown = FormOptions { judge: Some("nobody".to_owned()), ..adjudicating("zoe") };
    let error = Session::open(Material::of_run(run).unwrap(), &path, &unknown).unwrap_err();
    assert!(error.to_string().contains("no judge `nobody`"), "{error}");
}

#[test]
fn adjudicating_draws_nothing_and_does_not_stop_early() {
    let folder = Folder::new();
    let path = file(&folder, &[("i000", "ab")]);
    let (system, rate) = (SYSTEMS[0].to_owned(), StoppingRate::Wins);
    let rule = StoppingRule { system, rate, than: 0.5, alpha: 0.05 };
    for wrong in [
        FormOptions { n: Some(3), ..adjudicating("zoe") },
        FormOptions { repeats: 1, ..adjudicating("zoe") },
        FormOptions { stopping: Some(rule), ..adjudicating("zoe") },
    ] {
        let error = Session::open(material(3), &path, &wrong).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
    }
    let absent = folder.path().join("absent.jsonl");
    let error = Session::open(material(3), &absent, &adjudicating("zoe")).unwrap_err();
    assert!(error.to_string().contains("nothing to adjudicate") && !absent.exists(), "{error}");
    // Where all agree there is nothing to do, and nothing is written.
    let path = file(&folder, &[("i000", "aa")]);
    let error = Session::open(material(3), &path, &adjudicating("zoe")).unwrap_err();
    assert!(error.to_string().contains("people agree on every comparison"), "{error}");
    assert_eq!(lines(&label_path(&folder), 3).len(), 2);
}

#[test]
fn a_form_that_has_grown_keeps_the_digests_of_its_beginning() {
    let folder = Folder::new();
    let path = file(&folder, &[("i000", "ab"), ("i001", "aa")]);
    let digest = |session: &Session| session.form_digest(0).unwrap();
    let session = Session::open(material(3), &path, &adjudicating("zoe")).unwrap();
    let first = digest(&session);
    assert_eq!(session.progress(0).total, 1);
    let mut text = std::fs::read_to_string(&path).unwrap();
    text += &label("i001", "dan", SYSTEMS, SYSTEMS[1]);
    std::fs::write(&path, text).unwrap();
    let session = Session::open(material(3), &path, &adjudicating("zoe")).unwrap();
    assert_eq!(session.progress(0).total, 2);
    assert_ne!(digest(&session), first);
    // What was handed out before is merged.
    let reference = format!("{}/zoe/0", &blake3::Hash::from_bytes(first).to_hex()[..16]);
    folder.write("a.csv", &format!("evenhand,winner\n{reference},left\n"));
    let merged = evenhand::labelling::merge_answers(
        &material(3),
        &path,
        &[folder.path().join("a.csv")],
        &evenhand::labelling::MergeOptions::default(),
    );
    assert_eq!(merged.unwrap().files[0].merged, 1);
}
