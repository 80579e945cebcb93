//! Merging other label files.

use evenhand::ErrorKind;
use evenhand::labelling::MergeOptions;

use super::answers::{Answering, counts};

const LINES: &str = r#"{"id":"i0","annotator":"dora","between":["quail","zebra"],"winner":null}
{"id":"i0","annotator":"dora","between":["quail","zebra"],"winner":"zebra","seconds":2.5,"note":"=1+1"}
{"id":"i1","annotator":"dora","between":["quail","zebra"],"winner":"tie"}
{"id":"i1","annotator":"dora","between":["quail","zebra"],"winner":null,"undone":true}
{"id":"i2","annotator":"dora","between":["quail","zebra"],"winner":null}
{"id":"i3","annotator":"dora","between":["quail","zebra"],"winner":null,"skipped":"unclear"}
{"id":"i9","annotator":"dora","between":["quail","zebra"],"winner":"quail"}
"#;

#[test]
fn what_stands_in_another_label_file_is_merged_once_with_all_details_and_adds_up() {
    let scene = Answering::new();
    scene.folder.write("other.jsonl", LINES);
    let merged = scene.merge(&["other.jsonl"]).unwrap();
    // A label, a skip, an open form and an answer to an unknown item; what was withdrawn is nothing.
    assert_eq!(counts(&merged), [[2, 1, 0, 1, 0, 1]]);
    assert!(merged.files[0].left_out.contains_key("the item is not among these"));
    let read = scene.read();
    let [label] = &read.labels[..] else { panic!("{read:?}") };
    assert_eq!((&*label.annotator, label.winner.as_deref()), ("dora", Some("zebra")));
    assert_eq!(label.details.note.as_deref(), Some("=1+1"));
    assert_eq!((label.details.seconds, read.skipped.len()), (Some(2.5), 1));
    let before = scene.text();
    assert_eq!(counts(&scene.merge(&["other.jsonl"]).unwrap()), [[0, 0, 2, 1, 0, 1]]);
    assert_eq!(scene.text(), before);
}

#[test]
fn a_table_is_merged_and_people_are_who_the_user_says() {
    let scene = Answering::new();
    scene.folder.write("other.csv", "id,annotator,winner\ni0,7,quail\ni1,dora,tie\n");
    let mut options = MergeOptions::default();
    options.people.insert("7".to_owned(), "ana".to_owned());
    let merged = scene.merge_with(&["other.csv"], &options).unwrap();
    assert_eq!(counts(&merged), [[2, 0, 0, 0, 0, 0]]);
    let people: Vec<String> =
        scene.read().labels.iter().map(|label| label.annotator.to_string()).collect();
    assert_eq!(people, ["ana", "dora"]);
}

#[test]
fn a_label_that_differs_stops_the_merge() {
    let scene = Answering::new();
    scene.folder.write("one.csv", "id,annotator,winner\ni0,dora,quail\n");
    scene.folder.write("two.csv", "id,annotator,winner\ni1,dora,quail\ni0,dora,zebra\n");
    scene.merge(&["one.csv"]).unwrap();
    let before = scene.text();
    let error = scene.merge(&["two.csv"]).unwrap_err();
    assert!(error.details()[0].contains("`dora` says `zebra` about `i0` here"), "{error:?}");
    assert_eq!(scene.text(), before);
}

#[test]
fn a_label_of_another_draw_is_refused() {
    let scene = Answering::new();
    // Everything was asked here, so that each comparison was drawn with the probability 1.
    let line = |probability: &str| {
        format!(
            "{{\"id\":\"i0\",\"annotator\":\"dora\",\"winner\":\"quail\",\"probability\":{probability}}}\n"
        )
    };
    scene.folder.write("other.jsonl", &line("0.25"));
    let error = scene.merge(&["other.jsonl"]).unwrap_err();
    assert!(
        error.to_string().contains("drawn with the probability 0.25, and with 1 in"),
        "{error}"
    );
    assert!(error.to_string().contains("other.jsonl:1: probability: "), "{error}");
    let place = error.place().unwrap();
    assert_eq!((place.line, place.field.as_deref()), (1, Some("probability")));
    assert_eq!(scene.read().labels.len(), 0);
    scene.folder.write("other.jsonl", &line("1"));
    scene.merge(&["other.jsonl"]).unwrap();
    assert_eq!(scene.read().labels[0].probability, Some(1.0));
}

#[test]
fn files_of_one_merge_are_of_one_draw_too() {
    let scene = Answering::new();
    let line = |id: &str, annotator: &str, probability: f64| {
        format!(
            "{{\"id\":\"{id}\",\"annotator\":\"{annotator}\",\"winner\":\"quail\",\"probability\":{probability}}}\n"
        )
    };
    // The label file knows no probability, so the first file says which there are.
    let blank = "{\"id\":\"i3\",\"annotator\":\"\",\"winner\":null}\n";
    scene.folder.write("labels.jsonl", blank);
    scene.folder.write("one.jsonl", &(line("i0", "ana", 0.5) + &line("i1", "ana", 0.25)));
    for (two, message) in [
        (line("i0", "ben", 0.25), "with the probability 0.25, and with 0.5 in"),
        (line("i2", "ben", 0.125), "with the probability 0.125, and nothing in"),
    ] {
        scene.folder.write("two.jsonl", &two);
        let error = scene.merge(&["one.jsonl", "two.jsonl"]).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!(scene.text(), blank, "nothing is written");
    }
    // Another share of the same sample.
    scene.folder.write("two.jsonl", &(line("i0", "ben", 0.5) + &line("i2", "ben", 0.25)));
    let merged = scene.merge(&["one.jsonl", "two.jsonl"]).unwrap();
    assert_eq!(counts(&merged), [[2, 0, 0, 0, 0, 0]; 2]);
    let probabilities: Vec<Option<f64>> =
        scene.read().labels.iter().map(|label| label.probability).collect();
    assert_eq!(probabilities, [0.5, 0.25, 0.5, 0.25].map(Some));
}

#[test]
fn a_label_file_is_not_merged_into_itself() {
    let scene = Answering::new();
    let error = scene.merge(&["labels.jsonl"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(error.to_string().contains("cannot be merged into itself"), "{error}");
}
