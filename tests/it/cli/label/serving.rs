//! What the command says, and which flags go together.

use super::started::Started;
use super::{SYSTEMS, choice, items, run};

#[test]
fn every_page_has_an_address_of_its_own_with_a_new_secret_each_time() {
    let folder = items(4);
    let arguments = ["items.jsonl", "--annotators", "ana,Bartholomäus"];
    let mut tokens = std::collections::BTreeSet::new();
    for _ in 0..2 {
        let started = Started::new(&folder, &arguments);
        let pages = [started.page_of("ana"), started.page_of("Bartholomäus"), started.owner()];
        for page in pages {
            assert!(page.host.starts_with("127.0.0.1:"), "{}", page.host);
            assert!(page.path.trim_matches('/').len() >= 32, "{}", page.path);
            page.get("").expect(200);
            tokens.insert(page.path);
        }
    }
    assert_eq!(tokens.len(), 6);
}

#[test]
fn an_address_without_its_last_slash_leads_to_the_page() {
    let folder = items(2);
    let started = Started::new(&folder, &["items.jsonl"]);
    let page = started.page();
    let found = page.ask_at("GET", page.path.trim_end_matches('/'), &[], "").expect(308);
    assert_eq!(found.headers["location"], page.path);
}

#[test]
fn serving_other_machines_says_what_is_exposed() {
    let folder = items(2);
    let started = Started::new(&folder, &["items.jsonl", "--host", "0.0.0.0"]);
    let said = started.said();
    assert!(said.contains("warning: other machines can reach these pages"), "{said}");
    assert!(!said.contains("http://0.0.0.0"), "{said}");
    drop(started);
    let started = Started::new(&folder, &["items.jsonl"]);
    assert!(!started.said().contains("warning"), "{}", started.said());
}

#[test]
fn the_time_and_the_side_of_an_answer_are_stored_with_it() {
    let folder = items(1);
    let started = Started::new(&folder, &["items.jsonl", "--annotator", "ana"]);
    let mut answer = choice("left");
    answer["at"] = "1999-01-01T00:00:00Z".into();
    answer["note"] = "both are fine".into();
    started.page().answer(0, &answer).expect(200);
    let stored = &super::answers(&folder, "ana")[0];
    assert_eq!(stored["note"], "both are fine");
    assert_eq!(stored["seconds"], 1.5);
    assert!(SYSTEMS.iter().any(|system| stored["left"] == **system), "{stored}");
    let at = stored["at"].as_str().unwrap();
    assert!(at.starts_with("20") && at.ends_with('Z'), "the server says when: {at}");
}

#[test]
fn a_flag_that_has_no_meaning_is_refused() {
    let folder = run(3);
    for (arguments, why) in [
        (&["items.jsonl", "--n", "2", "--by", "outcome"][..], "--by needs a run"),
        (&["items.jsonl", "--judge", "j"], "--judge needs a run"),
        (&["run.db", "--baseline", SYSTEMS[0]], "--baseline is about items"),
        (&["items.jsonl", "--annotators", "ana,ana"], "names ana twice"),
        (&["items.jsonl", "--annotators", "ana,,ben"], "expected a name"),
        (&["items.jsonl", "--annotators", "ana", "--annotator", "ben"], "cannot be used with"),
        (&["items.jsonl", "--host", "http://a/"], "expected an address"),
        (&["items.jsonl", "--overlap", "3"], "--annotators"),
        (&["items.jsonl", "--layout", "csv"], "--export"),
    ] {
        let said = folder.run(&[&["label"], arguments].concat()).expect(2);
        assert!(said.stderr.contains(why), "{arguments:?}: {}", said.stderr);
    }
    assert!(!folder.path().join("labels.jsonl").exists(), "a refused command leaves a file");
    let said = folder.run(&["label", "none.jsonl"]).expect(3);
    assert!(said.stderr.contains("none.jsonl"), "{}", said.stderr);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let folder = items(2);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = folder.run(&["label", "items.jsonl", "--port", &port]).expect(3);
    assert!(said.stderr.contains(&port) && said.stderr.contains("--port"), "{}", said.stderr);
}

#[test]
fn labelling_ends_when_the_labels_decide_the_question() {
    let folder = items(60);
    let gate = format!("{}=0.5", SYSTEMS[1]);
    let arguments = ["items.jsonl", "--annotator", "ana", "--until-win-rate", &gate];
    let mut started = Started::new(&folder, &arguments);
    let page = started.page();
    assert!(page.state()["stopped"].is_null());
    let mut stopped = None;
    for place in 0..page.total() {
        // The text says which response is the second system's; the annotator always prefers it.
        let task = page.get(&format!("api/tasks/{place}")).expect(200).json();
        let side = if task["left"].to_string().contains("two") { "left" } else { "right" };
        let state = page.answer(place, &choice(side)).expect(200).json();
        if let Some(sentence) = state["stopped"].as_str() {
            stopped = Some(sentence.to_owned());
            break;
        }
    }
    let sentence = stopped.expect("sixty of sixty labels decide");
    assert!(!SYSTEMS.iter().any(|system| sentence.contains(system)), "{sentence}");
    started.wait_for_line("decided");
}
