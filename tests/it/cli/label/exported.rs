//! Files for annotators in place of a server.

use std::io::Read as _;

use base64::Engine as _;
use regex::Regex;

use super::items;

/// What is compressed in a page.
fn packed(page: &str) -> String {
    let element = Regex::new("<script type=\"text/plain\"[^>]*>([^<]*)</script>").unwrap();
    let unpack = |found: regex::Captures<'_>| {
        let bytes = base64::prelude::BASE64_STANDARD.decode(&found[1]).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*bytes).read_to_string(&mut text).unwrap();
        text
    };
    let all: String = element.captures_iter(page).map(unpack).collect();
    assert!(!all.is_empty(), "no data is packed");
    all
}

#[test]
fn each_annotator_gets_a_file_of_their_own() {
    let folder = items(4);
    let arguments =
        ["label", "items.jsonl", "--annotators", "ana,ben", "--export", "out/page.html"];
    std::fs::create_dir(folder.path().join("out")).unwrap();
    let said = folder.run(&arguments).expect(0);
    assert!(said.stderr.contains("evenhand labels merge items.jsonl FILE"), "{}", said.stderr);
    for name in ["ana", "ben"] {
        let page =
            std::fs::read_to_string(folder.path().join(format!("out/page-{name}.html"))).unwrap();
        let page = page.clone() + &packed(&page);
        assert!(page.contains(name) && page.contains("Prompt 0?"), "{page}");
        for secret in super::SYSTEMS.into_iter().chain(["wombat", "probability"]) {
            assert!(!page.contains(secret), "the page of {name} has {secret}");
        }
    }
}

#[test]
fn a_file_that_is_needed_is_not_replaced() {
    let folder = items(2);
    for export in ["labels.jsonl", "items.jsonl", "./labels.jsonl"] {
        let said = folder.run(&["label", "items.jsonl", "--export", export]).expect(2);
        assert!(said.stderr.contains("--export would replace"), "{}", said.stderr);
    }
    let items = std::fs::read_to_string(folder.path().join("items.jsonl")).unwrap();
    assert!(items.starts_with('{') && super::lines(&folder).len() == 2);
}

#[test]
fn tasks_for_other_programs_are_as_blind_as_the_page() {
    let folder = items(3);
    for layout in ["label-studio", "argilla", "csv"] {
        let file = format!("tasks-{layout}");
        let arguments =
            ["label", "items.jsonl", "--annotator", "ana", "--export", &file, "--layout", layout];
        folder.run(&arguments).expect(0);
        let tasks = std::fs::read_to_string(folder.path().join(&file)).unwrap();
        assert!(tasks.contains("Prompt 2?"), "{layout}: {tasks}");
        for secret in super::SYSTEMS.into_iter().chain(["wombat"]) {
            assert!(!tasks.contains(secret), "{layout} has {secret}: {tasks}");
        }
    }
}
