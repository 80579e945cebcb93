//! Merging what exported pages hand back.

use evenhand::ErrorKind;
use evenhand::input::LabelSide;
use evenhand::labelling::{MergeOptions, PageAnswer, Session};
use serde_json::json;

use super::answers::{Answering, counts, material, sealed};

#[test]
fn the_answers_of_a_page_become_lines_as_a_session_writes_them() {
    let (merged, answered) = (Answering::new(), Answering::new());
    let answers = json!([
        {"place": 0, "answer": {"choice": "left", "seconds": 2.5, "at": "2026-11-29T10:00:00.000Z",
            "both_acceptable": true, "note": "close \u{202e}\"call\"\n=1"}},
        {"place": 1, "answer": {"choice": "tie", "criteria": {}}},
        {"place": 3, "answer": {"skipped": "unclear"}},
    ]);
    merged.folder.write("labels-ben.json", &merged.page(1, &answers));
    let said = merged.merge(&["labels-ben.json"]).unwrap();
    assert_eq!(counts(&said), [[3, 1, 0, 0, 0, 0]]);
    let mut session = answered.session();
    for answer in answers.as_array().unwrap() {
        let place = answer["place"].as_u64().unwrap() as usize;
        let answer: PageAnswer = serde_json::from_value(answer["answer"].clone()).unwrap();
        session.answer(1, place, answer).unwrap();
    }
    assert_eq!(merged.text(), answered.text());
    assert_eq!(merged.session().progress(1).answered, 2);
}

#[test]
fn the_same_file_again_and_a_later_one_of_the_same_page_add_only_what_is_new() {
    let scene = Answering::new();
    let first = json!([{"place": 0, "answer": {"choice": "left"}}, {"place": 1, "answer": {"skipped": "unclear"}}]);
    let later = json!([{"place": 0, "answer": {"choice": "left"}}, {"place": 1, "answer": {"choice": "tie"}},
        {"place": 2, "answer": {"choice": "right"}}]);
    scene.folder.write("first.json", &scene.page(0, &first));
    scene.folder.write("later.json", &scene.page(0, &later));
    assert_eq!(
        counts(&scene.merge(&["first.json", "first.json"]).unwrap()),
        [[2, 1, 0, 0, 0, 0], [0, 0, 2, 0, 0, 0]]
    );
    let before = scene.text();
    assert_eq!(counts(&scene.merge(&["first.json"]).unwrap()), [[0, 0, 2, 0, 0, 0]]);
    assert_eq!(scene.text(), before);
    // What was skipped takes an answer later.
    assert_eq!(counts(&scene.merge(&["later.json"]).unwrap()), [[2, 0, 1, 0, 0, 0]]);
    let read = scene.read();
    assert_eq!((read.labels.len(), read.skipped.len(), read.blank), (3, 0, 5));
}

#[test]
fn an_answer_that_differs_from_the_one_that_stands_stops_the_whole_merge() {
    let scene = Answering::new();
    let answer = PageAnswer { choice: Some(LabelSide::Left), ..PageAnswer::default() };
    scene.session().answer(0, 1, answer).unwrap();
    let before = scene.text();
    let other = json!([{"place": 0, "answer": {"choice": "left"}}, {"place": 1, "answer": {"choice": "right"}}]);
    scene.folder.write("other.json", &scene.page(0, &other));
    scene
        .folder
        .write("ben.json", &scene.page(1, &json!([{"place": 0, "answer": {"choice": "tie"}}])));
    for files in [&["other.json"][..], &["ben.json", "other.json"]] {
        let error = scene.merge(files).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        assert!(error.to_string().contains("1 answer differs"), "{error}");
        assert!(error.details()[0].contains("other.json: place 2: `ana` says"), "{error:?}");
        assert_eq!(scene.text(), before, "all or nothing");
    }
    // A skip does not replace a choice either, and two files may contradict each other.
    let skip = json!([{"place": 1, "answer": {"skipped": "unclear"}}]);
    scene.folder.write("skip.json", &scene.page(0, &skip));
    assert!(scene.merge(&["skip.json"]).is_err());
    let one = json!([{"place": 3, "answer": {"choice": "left"}}]);
    let two = json!([{"place": 3, "answer": {"choice": "left", "note": "no"}}]);
    scene.folder.write("one.json", &scene.page(0, &one));
    scene.folder.write("two.json", &scene.page(0, &two));
    assert!(scene.merge(&["one.json", "two.json"]).is_err());
    assert_eq!(scene.text(), before);
}

#[test]
fn a_file_that_does_not_belong_to_the_label_file_is_refused_with_the_reason() {
    let scene = Answering::new();
    let digest = scene.session().form_digest(0).unwrap();
    let answers = json!([{"place": 0, "answer": {"choice": "left"}}]);
    let write = |text: &str| scene.folder.write("a.json", text);
    for (text, message) in [
        (sealed(&digest, "dora", &answers), "`dora` has no form in"),
        (sealed(&digest, "ben", &answers), "belong to another sample than the form of `ben`"),
        (sealed(&[0; 32], "ana", &answers), "belong to another sample than the form of `ana`"),
        (
            scene.page(0, &json!([{"place": 4, "answer": {"choice": "left"}}])),
            "place 5: the form has 4 places",
        ),
        (
            scene.page(0, &json!([{"place": 0, "answer": {}}])),
            "place 1: the answer has neither a choice nor a reason",
        ),
        (
            scene.page(
                0,
                &json!([{"place": 0, "answer": {"choice": "left", "skipped": "unclear"}}]),
            ),
            "place 1: the answer has both a choice and a reason",
        ),
        (
            scene.page(0, &json!([{"place": 0, "answer": {"choice": "left", "seconds": -1}}])),
            "place 1: seconds",
        ),
        (
            scene.page(
                0,
                &json!([{"place": 0, "answer": {"choice": "left", "criteria": {"tone": "left"}}}]),
            ),
            "place 1: criteria.tone",
        ),
        (scene.page(0, &answers).replace("left", "tie"), "damaged or edited"),
        (scene.page(0, &json!([])), "there is no answer to merge"),
    ] {
        write(&text);
        let before = scene.text();
        let error = scene.merge(&["a.json"]).unwrap_err();
        assert!(error.to_string().contains(message), "{message}: {error}");
        assert_eq!(scene.text(), before);
        // A good file beside it is not merged either.
        scene.folder.write("good.json", &scene.page(1, &answers));
        if !message.contains("no answer to merge") {
            assert!(scene.merge(&["good.json", "a.json"]).is_err());
            assert_eq!(scene.text(), before);
        }
    }
}

#[test]
fn changed_texts_make_another_form() {
    let scene = Answering::new();
    let answers = json!([{"place": 0, "answer": {"choice": "left"}}]);
    scene.folder.write("a.json", &scene.page(0, &answers));
    let mut items = super::answers::items();
    items[2].prompt = "Another question?".into();
    let changed = evenhand::labelling::Material::of_items(items, None, None).unwrap();
    let files = [scene.folder.path().join("a.json")];
    let error = evenhand::labelling::merge_answers(
        &changed,
        &scene.labels(),
        &files,
        &evenhand::labelling::MergeOptions::default(),
    );
    assert!(error.unwrap_err().to_string().contains("texts have changed"));
}

#[test]
fn a_label_file_that_is_not_there_is_not_created() {
    let scene = Answering::new();
    scene
        .folder
        .write("a.json", &scene.page(0, &json!([{"place": 0, "answer": {"choice": "left"}}])));
    std::fs::remove_file(scene.labels()).unwrap();
    let error = scene.merge(&["a.json"]).unwrap_err();
    assert!(error.to_string().contains("there is no such label file"), "{error}");
    assert!(error.hint_text().unwrap().contains("it holds the forms"));
    assert!(!scene.labels().exists());
}

#[test]
fn repeats_equal_pairs_and_decisions_are_merged_as_such() {
    let scene = Answering::new();
    let options = evenhand::labelling::FormOptions {
        annotators: vec!["cleo".to_owned()],
        repeats: 1,
        equal_pairs: 1,
        ..Default::default()
    };
    let session =
        Session::open(material(), &scene.folder.path().join("more.jsonl"), &options).unwrap();
    let total = session.progress(0).total;
    let answers: Vec<_> =
        (0..total).map(|place| json!({"place": place, "answer": {"choice": "left"}})).collect();
    let text = sealed(&session.form_digest(0).unwrap(), "cleo", &json!(answers));
    drop(session);
    let file = scene.folder.write("cleo.json", &text);
    let labels = scene.folder.path().join("more.jsonl");
    let merged =
        evenhand::labelling::merge_answers(&material(), &labels, &[file], &MergeOptions::default())
            .unwrap();
    assert_eq!(merged.files[0].merged, 6);
    let file = evenhand::input::DataFile::labels(&labels, evenhand::input::LabelColumns::default());
    let read = evenhand::input::read_labels(&file, material().known_items()).unwrap();
    assert_eq!(
        (read.labels.len(), read.repeats.len(), read.equal_pairs.len(), read.blank),
        (4, 1, 1, 0)
    );
}

#[test]
fn a_newer_answer_of_a_page_takes_the_place_of_an_earlier_one() {
    let scene = Answering::new();
    let answer =
        |choice: &str, at: &str| json!([{"place": 0, "answer": {"choice": choice, "at": at}}]);
    let early = answer("left", "2026-11-29T10:00:00.000Z");
    let late = answer("right", "2026-11-29T11:00:00.000Z");
    scene.folder.write("early.json", &scene.page(0, &early));
    scene.folder.write("late.json", &scene.page(0, &late));
    scene.merge(&["early.json"]).unwrap();
    let merged = scene.merge(&["late.json"]).unwrap();
    assert_eq!((merged.files[0].merged, merged.files[0].replaced), (1, 1));
    let read = scene.read();
    assert_eq!(read.labels.len(), 1);
    assert_eq!(read.labels[0].details.at.as_deref(), Some("2026-11-29T11:00:00.000Z"));
    // The earlier file is older than what stands now.
    assert!(scene.merge(&["early.json"]).is_err());
}
