//! `--reuse`: replies of another run are copied to equal requests.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::server::{Answer, ReceivedRequest, Scene, attempts};

/// An item: its id, its prompt, and its responses by system.
type Line<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

/// Writes the items file: for each, its id and what its systems say.
fn items(scene: &Scene, items: &[Line<'_>]) {
    let mut text = String::new();
    for (id, question, responses) in items {
        let responses: serde_json::Map<String, Value> =
            responses.iter().map(|(name, said)| ((*name).to_owned(), json!(said))).collect();
        let prompt = format!("Question {question} of the exam.");
        writeln!(text, "{}", json!({ "id": id, "prompt": prompt, "responses": responses }))
            .unwrap();
    }
    scene.folder.write("items.jsonl", &text);
}

/// The verdicts of a run as text, without what tells a copy from its original.
fn lines(scene: &Scene, run: &str) -> String {
    scene.run(&["verdicts", run, "--all"]).expect(0).stdout
}

/// Judges into `copy.db` what `run.db` was answered already, and returns how many requests that took.
fn copied(scene: &Scene, flags: &[&str]) -> usize {
    let before = scene.server.requests();
    scene.judge(&[&["--run", "copy.db", "--reuse", "run.db"], flags].concat()).expect(0);
    scene.server.requests() - before
}

fn votes(word: &str) -> Answer {
    Answer::says(&json!({ "reasoning": "", "criteria": {}, "vote": word }).to_string())
}

#[test]
fn two_equal_responses_keep_the_reply_of_each_order() {
    // Both orders are the same request; that the answers differ makes the verdict one that is kept.
    let scene = Scene::new(0, |seen| votes(["first", "second"][seen.before % 2]));
    let same: &[(&str, &str)] = &[("alpha", "The same."), ("beta", "The same.")];
    let ids = ["q-001", "q-002", "q-003", "q-004"];
    items(&scene, &ids.map(|id| (id, id, same)));
    scene.judge(&[]).expect(0);
    let outcomes = scene.outcomes();
    assert!(outcomes.iter().all(|outcome| outcome.starts_with("kept ")), "{outcomes:?}");
    assert_eq!(copied(&scene, &[]), 0);
    assert_eq!(lines(&scene, "copy.db"), lines(&scene, "run.db"));
}

#[test]
fn a_trial_with_only_errors_is_answered_by_reuse() {
    for (status, said, outcome) in
        [(500, "The server had an error", "failed"), (401, "Incorrect API key", "pending")]
    {
        let scene = Scene::new(2, |seen| seen.prefers("beta"));
        scene.settings(&[("max_attempts", "1")]);
        scene.judge(&["--run", "source.db"]).expect(0);
        scene.server.now(move |_| Answer::error(status, said));
        scene.judge(&[]).expect(4);
        let before = scene.server.requests();
        assert_eq!(scene.outcomes(), [outcome; 2]);
        assert_eq!(attempts(&scene.verdicts()[0], 0).len(), 1, "{status}: the error is stored");
        scene.judge(&["--reuse", "source.db"]).expect(0);
        assert_eq!(scene.server.requests(), before, "{status}");
        assert_eq!(scene.outcomes(), ["kept beta"; 2], "{status}");
        let verdicts = scene.verdicts();
        let stored = attempts(&verdicts[0], 0).iter();
        let stored: Vec<_> = stored.map(|a| (&a["attempt"], a["reused"] == true)).collect();
        assert_eq!(stored, [(&json!(1), false), (&json!(2), true)], "{status}");
    }
}

#[test]
fn every_repeat_copies_its_own_reply() {
    let scene = Scene::new(3, |seen| seen.prefers(["beta", "tie", "alpha", "beta"][seen.before]));
    scene.judge(&["--repeat", "3"]).expect(0);
    assert_eq!(scene.server.requests(), 18);
    assert_eq!(copied(&scene, &["--repeat", "3"]), 0);
    assert_eq!(lines(&scene, "copy.db"), lines(&scene, "run.db"));
    assert_eq!(copied(&scene, &["--repeat", "4"]), 6, "only the fourth is not there");

    std::fs::remove_file(scene.folder.path().join("copy.db")).unwrap();
    assert_eq!(copied(&scene, &[]), 0);
    let first = |run| {
        let verdicts = scene.run(&["verdicts", run, "--all", "--replies"]).expect(0).json_lines();
        let replies = verdicts.iter().flat_map(|verdict| {
            [0, 1].map(|order| attempts(verdict, order)[0]["reply"].as_str().unwrap().to_owned())
        });
        replies.collect::<Vec<_>>()
    };
    assert_eq!(first("copy.db"), first("run.db"));
}

#[test]
fn equal_requests_under_other_ids_are_answered_by_reuse() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    scene.judge(&[]).expect(0);
    let said: &[(&str, &str)] = &[("alpha", "ALPHA on q-001."), ("beta", "BETA on q-001.")];
    items(&scene, &[("x-1", "q-001", said), ("x-2", "q-001", said)]);
    assert_eq!(copied(&scene, &[]), 0);
    let verdicts = scene.run(&["verdicts", "copy.db"]).expect(0).json_lines();
    let kept: Vec<_> = verdicts.iter().map(|v| (&v["id"], &v["winner"])).collect();
    let beta = json!("beta");
    assert_eq!(kept, [(&json!("x-1"), &beta), (&json!("x-2"), &beta)]);
}

const RUBRIC: &str = r#"name = "mine"
description = "Which is better?"
prompt = "mine.j2"

[[criteria]]
name = "accuracy"
description = "Every claim is right."
"#;
/// Shows what the criteria mean and not what they are called, which only the schema does.
const PROMPT: &str = "{% block user %}Question {{ item.id }}: {{ first }} or {{ second }}?\
                      {% for criterion in rubric.criteria %} {{ criterion.description }}{% endfor %}\
                      {% endblock %}\n";

#[test]
fn nothing_is_copied_where_the_criteria_were_changed() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    scene.folder.write("prompts/mine.j2", PROMPT);
    scene.folder.write("rubrics/mine.toml", RUBRIC);
    scene.judge(&["--rubric", "mine"]).expect(0);
    for (was, is) in [("Every claim is right.", "No claim is wrong."), ("accuracy", "precision")] {
        scene.folder.write("rubrics/mine.toml", &RUBRIC.replace(was, is));
        assert_eq!(copied(&scene, &["--rubric", "mine"]), 4, "{is}");
        std::fs::remove_file(scene.folder.path().join("copy.db")).unwrap();
    }
    let renamed = RUBRIC.replace("\n\n", "\nversion = \"2.0.0\"\n\n");
    scene.folder.write("rubrics/mine.toml", &renamed);
    assert_eq!(copied(&scene, &["--rubric", "mine"]), 0, "the version is in no request");
}

/// Prefers the later name, except for every third item, where the first response wins whatever it is.
fn of_three(seen: &ReceivedRequest) -> Answer {
    let asked = seen.body["messages"].as_array().unwrap().last().unwrap();
    let asked = asked["content"].as_str().unwrap();
    let number: usize = seen.id[2..].parse().unwrap();
    let shown = ["ALPHA", "BETA", "GAMMA"].map(|name| asked.find(name));
    let mut places = shown.into_iter().flatten();
    let (earlier, later) = (places.next().unwrap(), places.next().unwrap());
    let follows_the_order = number.is_multiple_of(3) || (number % 5 == 1 && shown[0].is_some());
    votes(if follows_the_order || later < earlier { "first" } else { "second" })
}

#[test]
fn an_extended_run_has_the_same_intervals_as_one_judged_at_once() {
    let scene = Scene::new(0, of_three);
    let mut text = String::new();
    for id in (1..=14).map(|number| format!("q-{number:03}")) {
        let responses = json!({ "alpha": "ALPHA.", "beta": "BETA.", "gamma": "GAMMA." });
        let prompt = format!("Question {id} of the exam.");
        writeln!(text, "{}", json!({ "id": id, "prompt": prompt, "responses": responses }))
            .unwrap();
    }
    scene.folder.write("items.jsonl", &text);
    let summary = |flags: &[&str]| {
        let said = scene.judge(&[&["--format", "json"], flags].concat()).expect(0);
        said.json_lines()[0]["judges"][0].clone()
    };
    let half = summary(&["--baseline", "alpha"]);
    assert_eq!(half["planned"], 28);
    let extended = summary(&[]);
    let at_once = summary(&["--run", "at-once.db"]);
    assert_eq!([&extended["planned"], &at_once["planned"]], [42, 42]);
    let low = at_once["coverage"]["low"].as_f64().unwrap();
    assert!(low > 0.0 && low < at_once["coverage"]["value"].as_f64().unwrap(), "{at_once}");
    for estimate in ["/coverage", "/position/consistency", "/position/first_share"] {
        for number in ["value", "low", "high", "n"] {
            let of = |summary: &Value| {
                summary.pointer(&format!("{estimate}/{number}")).unwrap().as_f64().unwrap()
            };
            let (extended, at_once) = (of(&extended), of(&at_once));
            assert!((extended - at_once).abs() < 1e-12, "{estimate}: {extended}, not {at_once}");
        }
    }
}
