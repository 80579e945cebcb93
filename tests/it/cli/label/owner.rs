//! The owner's page: who has done how much, and numbers only on request.

use serde_json::{Value, json};

use super::started::{Page, Started};
use super::{JUDGE, SYSTEMS, choice, items, run};

fn looks(folder: &crate::support::Folder) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.path().join("looks.jsonl")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn label_all(page: &Page) {
    for place in 0..page.total() {
        page.answer(place, &choice(["left", "right"][place % 2])).expect(200);
    }
}

#[test]
fn the_owner_sees_who_has_done_how_much_but_no_verdicts() {
    let folder = run(8);
    let started = Started::new(&folder, &["run.db", "--annotators", "ana,ben", "--overlap", "8"]);
    let (ana, owner) = (started.page_of("ana"), started.owner());
    ana.answer(0, &choice("left")).expect(200);
    ana.answer(1, &json!({ "skipped": "both-wrong" })).expect(200);
    let found = owner.get("api/overview").expect(200);
    let rows = found.json()["annotators"].as_array().unwrap().clone();
    assert_eq!(rows[0]["name"], "ana");
    let counts = ["answered", "skipped", "open"].map(|field| rows[0][field].as_u64().unwrap());
    assert_eq!(counts, [1, 1, 6]);
    assert!(rows[0]["last_answer"].is_u64() && rows[1]["last_answer"].is_null());
    assert_eq!(format!("/{}/", rows[0]["path"].as_str().unwrap()), ana.path);
    let page = owner.get("").expect(200);
    for secret in [SYSTEMS[0], SYSTEMS[1], JUDGE, "wombat"] {
        assert!(!found.body.contains(secret) && !page.body.contains(secret), "{secret}");
    }
    assert!(looks(&folder).is_empty(), "numbers are shown only on request");
}

#[test]
fn a_look_at_the_numbers_is_counted_beside_the_labels() {
    let folder = run(12);
    let started = Started::new(&folder, &["run.db", "--annotator", "ana"]);
    let owner = started.owner();
    let none = owner.post("api/numbers", &json!({}));
    assert_eq!(none.status, 409, "without a label there is no number: {none:?}");
    label_all(&started.page());
    for look in 1..=2 {
        let found = owner.post("api/numbers", &json!({})).expect(200).json();
        assert_eq!(found["looks"], look);
        let text = found["sentences"].to_string();
        assert!(text.contains("eople prefer"), "{text}");
    }
    let looks = looks(&folder);
    assert_eq!(looks.len(), 2);
    assert_eq!((&looks[0]["judge"], &looks[0]["run"]), (&json!(JUDGE), &json!("run.db")));
    // The same sentences as those of the command.
    let said = folder.run(&["calibrate", "run.db", "--labels", "labels.jsonl"]).expect(0).stdout;
    let found = owner.post("api/numbers", &json!({})).expect(200).json();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for sentence in found["sentences"].as_array().unwrap() {
        assert!(words(&said).contains(&words(sentence.as_str().unwrap())), "{sentence}:\n{said}");
    }
}

#[test]
fn labels_of_items_have_numbers_without_a_judge() {
    let folder = items(10);
    let started = Started::new(&folder, &["items.jsonl", "--annotator", "ana"]);
    let page = started.page();
    for place in 0..10 {
        let task = page.get(&format!("api/tasks/{place}")).expect(200).json();
        let side = if task["left"].to_string().contains("two") { "left" } else { "right" };
        let side = if place < 2 { "tie" } else { side };
        page.answer(place, &choice(side)).expect(200);
    }
    let found = started.owner().post("api/numbers", &json!({})).expect(200).json();
    let text = found["sentences"].to_string();
    // Eight wins of the second response and two ties: 9 of 10. The pair is in byte order.
    assert!(
        text.contains(
            "People prefer zebra-system to quokka-system in 10.0 % of 10 labelled comparisons"
        ),
        "{text}"
    );
    assert!(text.contains("2 ties count half a win"), "{text}");
    assert_eq!(looks(&folder).len(), 1);
}
