//! Votes and probabilities that a recording holds in place of replies.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::labelled_run::unwrapped;
use crate::support::server::Scene;
use crate::support::{CommandOutput, Folder};

const ITEMS: &str = r#"{"id":"q-1","prompt":"One?","responses":{"alpha":"1","beta":"uno"}}
{"id":"q-2","prompt":"Two?","responses":{"alpha":"2","beta":"dos"}}
{"id":"q-3","prompt":"Three?","responses":{"alpha":"3","beta":"tres"}}
{"id":"q-4","prompt":"Four?","responses":{"alpha":"4","beta":"cuatro"}}
"#;

const VOTES: &str = r#"{"id":"q-1","first":"alpha","second":"beta","vote":"first","probability":0.9000000000000001}
{"id":"q-1","first":"beta","second":"alpha","probability":0.2}
{"id":"q-2","first":"alpha","second":"beta","probability":0.5}
{"id":"q-2","first":"beta","second":"alpha","vote":"tie","probability":0.45,"reply":"About the same."}
{"id":"q-3","first":"alpha","second":"beta","vote":"first"}
{"id":"q-3","first":"beta","second":"alpha","vote":"first","reply":"{\"vote\":\"second\"}"}
{"id":"q-4","first":"alpha","second":"beta","probability":0.75}
"#;

fn folder(recording: &str, name: &str) -> Folder {
    let folder = Folder::new();
    folder.write("items.jsonl", ITEMS);
    folder.write(name, recording);
    folder.write("evenhand.toml", &format!("[judges.told]\nrecorded = \"{name}\"\n"));
    folder
}

fn judge(folder: &Folder, rubric: &str) -> CommandOutput {
    let task = ["judge", "items.jsonl", "--rubric", rubric, "--judge", "told"];
    folder.run(&[&task[..], &["--run", "run.db"]].concat())
}

fn verdicts(folder: &Folder) -> Vec<Value> {
    folder.run(&["verdicts", "run.db", "--all", "--replies"]).expect(0).json_lines()
}

#[test]
fn every_reader_sees_the_vote_and_the_probability() {
    let folder = folder(VOTES, "votes.jsonl");
    judge(&folder, "helpfulness").expect(5);
    let verdicts = verdicts(&folder);
    let outcomes: Vec<&Value> = verdicts.iter().map(|verdict| &verdict["outcome"]).collect();
    assert_eq!(outcomes, ["kept", "kept", "flipped", "pending"]);
    assert_eq!(verdicts[0]["winner"], "alpha");
    assert_eq!(verdicts[1]["winner"], "tie");
    let votes = |at: usize| [0, 1].map(|order| verdicts[at]["orders"][order]["vote"].clone());
    assert_eq!(votes(0), ["first", "second"]);
    assert_eq!(votes(1), ["tie", "tie"]);
    assert_eq!(votes(2), ["first", "first"], "the vote counts, not the reply beside it");
    assert_eq!(votes(3), [json!("first"), Value::Null]);
    let confidence = |at: usize, order: usize| &verdicts[at]["orders"][order]["confidence"];
    assert_eq!(confidence(0, 0), &json!(0.900_000_000_000_000_1));
    assert_eq!(confidence(0, 1), &json!(0.8));
    assert_eq!([confidence(1, 0), confidence(2, 0)], [&Value::Null; 2]);
    // The mean over both orders of what each gives to alpha.
    let mean = &verdicts[0]["probability"];
    assert!((mean["alpha"].as_f64().unwrap() - f64::midpoint(0.9, 0.8)).abs() < 1e-12, "{mean}");
    assert_eq!(verdicts[2]["probability"], Value::Null);
    let reply = &verdicts[1]["orders"][1]["replies"][0];
    assert_eq!(reply["recorded_vote"], json!({ "vote": "tie", "probability": 0.45 }));
    assert_eq!(reply["reply"], "About the same.");
    let reply = &verdicts[0]["orders"][0]["replies"][0];
    assert_eq!(reply["recorded_vote"]["probability"], json!(0.900_000_000_000_000_1));
    assert_eq!(reply["reply"], Value::Null);
    let shown = folder.run(&["show", "run.db", "--id", "q-1"]).expect(0).stdout;
    assert!(shown.contains("probability of the vote: 0.900"), "{shown}");
    assert!(shown.contains("recorded as a vote"), "{shown}");
    folder.run(&["report", "run.db"]).expect(0);
    let labels = r#"{"id":"q-1","annotator":"ana","winner":"alpha"}
{"id":"q-2","annotator":"ana","winner":"beta"}
{"id":"q-4","annotator":"ana","winner":"alpha"}
"#;
    folder.write("labels.jsonl", labels);
    let flags = ["calibrate", "run.db", "--labels", "labels.jsonl", "--format", "json"];
    let found = folder.run(&flags).expect(0).json_lines().remove(0);
    assert_eq!(found["orders"]["n"], 5, "the reply to q-4 counts");
    assert_eq!(found["kept"]["n"], 2);
}

#[test]
fn a_probability_survives_the_run_bit_by_bit() {
    let exact = [0.1 + 0.2, 1.0 - f64::EPSILON / 2.0, f64::MIN_POSITIVE, 1.0 / 3.0];
    let lines = exact.iter().enumerate().map(|(at, probability)| {
        let id = format!("q-{}", at + 1);
        let line =
            json!({ "id": id, "first": "alpha", "second": "beta", "probability": probability });
        format!("{line}\n")
    });
    let folder = folder(&lines.collect::<String>(), "votes.jsonl");
    judge(&folder, "helpfulness").expect(5);
    let database = Connection::open(folder.path().join("run.db")).unwrap();
    let sql = "SELECT probability FROM replies WHERE probability IS NOT NULL ORDER BY id";
    let mut statement = database.prepare(sql).unwrap();
    let stored = statement.query_map([], |row| row.get::<_, f64>(0)).unwrap();
    let stored: Vec<u64> = stored.map(|value| value.unwrap().to_bits()).collect();
    assert_eq!(stored, exact.map(f64::to_bits));
    // Recorded again, and read again.
    let task = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "told"];
    folder.run(&[&task[..], &["--run", "run.db", "--record", "again.jsonl"]].concat()).expect(5);
    let text = std::fs::read_to_string(folder.path().join("again.jsonl")).unwrap();
    let again: Vec<u64> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["probability"].as_f64().unwrap())
        .map(f64::to_bits)
        .collect();
    assert_eq!(again, exact.map(f64::to_bits));
}

#[test]
fn a_tie_is_unreadable_under_a_rubric_without_ties() {
    let folder = folder(VOTES, "votes.jsonl");
    let rubric = "name = \"forced\"\nversion = \"1\"\ndescription = \"Which is better?\"\nties = false\n\
                  prompt = \"p.j2\"\n[reply]\nformat = \"json\"\n";
    folder.write("rubrics/forced.toml", rubric);
    let prompt = "{% block user %}{{ item.prompt }} {{ first }} {{ second }}{% endblock %}";
    folder.write("prompts/p.j2", prompt);
    judge(&folder, "forced").expect(5);
    let verdicts = verdicts(&folder);
    assert_eq!(verdicts[1]["outcome"], "unparsed");
    let reply = &verdicts[1]["orders"][0]["replies"][0];
    assert_eq!(reply["unreadable"], "tie-not-allowed");
    assert_eq!(verdicts[0]["outcome"], "kept");
}

#[test]
fn a_line_that_is_no_vote_is_an_error_with_line_and_field() {
    let line = |fields: &str| {
        let good = r#"{"id":"q-1","first":"alpha","second":"beta","vote":"tie"}"#;
        format!("{good}\n{{\"id\":\"q-2\",\"first\":\"alpha\",\"second\":\"beta\"{fields}}}\n")
    };
    for (fields, message) in [
        (r#","vote":"alpha""#, "votes.jsonl:2: vote: expected \"first\", \"second\" or \"tie\""),
        (r#","vote":1"#, "votes.jsonl:2: vote: expected"),
        (r#","probability":1.2"#, "votes.jsonl:2: probability: expected a number from 0 to 1"),
        (r#","probability":"high""#, "votes.jsonl:2: probability: expected a number from 0 to 1"),
        (
            r#","vote":"first","probability":0.2"#,
            "votes.jsonl:2: probability: 0.2 contradicts the vote \"first\"",
        ),
        (r#","vote":"second","probability":0.51"#, "contradicts the vote \"second\""),
        ("", "votes.jsonl:2: reply is missing"),
    ] {
        let folder = folder(&line(fields), "votes.jsonl");
        let said = judge(&folder, "helpfulness").expect(3);
        assert!(said.stderr.contains(message), "{fields}: {}", said.stderr);
        assert!(!folder.path().join("run.db").exists(), "{fields}");
    }
}

#[test]
fn a_table_may_hold_votes() {
    let table = "id,first,second,Vote,probability,reply\n\
                 q-1,alpha,beta,first,0.9,\"So, the first\"\n\
                 q-1,beta,alpha,,0.25,\n\
                 q-2,alpha,beta,tie,,\n\
                 q-2,beta,alpha,tie,,\n";
    let folder = folder(table, "votes.csv");
    judge(&folder, "helpfulness").expect(5);
    let verdicts = verdicts(&folder);
    assert_eq!([&verdicts[0]["winner"], &verdicts[1]["winner"]], ["alpha", "tie"]);
    assert_eq!(verdicts[0]["orders"][1]["confidence"], json!(0.75));
    assert_eq!(verdicts[0]["orders"][0]["replies"][0]["reply"], "So, the first");
    let without = &verdicts[0]["orders"][1]["replies"][0];
    assert_eq!(without["reply"], Value::Null, "an empty cell is none");
}

#[test]
fn a_judge_is_asked_in_the_order_that_its_recording_lacks() {
    let scene = Scene::new(3, |seen| seen.prefers("beta"));
    let ids = ["q-001", "q-002", "q-003"];
    let votes = ids.map(|id| {
        json!({ "id": id, "first": "alpha", "second": "beta", "probability": 0.25 }).to_string()
    });
    scene.folder.write("votes.jsonl", &votes.join("\n"));
    let said = scene.judge(&["--reuse", "votes.jsonl"]).expect(0);
    assert!(said.stderr.contains("3 trials answered by copied replies"), "{}", said.stderr);
    assert_eq!(scene.server.requests(), 3);
    assert!(scene.server.seen().iter().all(|seen| seen.first == "beta"), "the other order only");
    assert_eq!(scene.outcomes(), ["kept beta"; 3]);
    let stored = &scene.verdicts()[0]["orders"][0]["replies"][0];
    assert_eq!((&stored["reused"], &stored["cost_usd"]), (&json!(true), &Value::Null));
    // A recording has the replies of one judge.
    let two = scene.judge_table("second", &[]);
    let settings = std::fs::read_to_string(scene.folder.path().join("evenhand.toml")).unwrap();
    scene.folder.write("evenhand.toml", &format!("{settings}\n{two}"));
    let flags =
        ["--judge", "judge-1", "--judge", "second", "--reuse", "votes.jsonl", "--run", "jury.db"];
    let said = scene.judge(&flags).expect(2);
    assert!(said.stderr.contains("a recording has the replies of one judge"), "{}", said.stderr);
}

#[test]
fn an_answer_of_unknown_order_is_judged_with_a_warning_and_in_no_number_about_positions() {
    let text = VOTES.replacen("\"vote\":\"first\"", "\"order\":\"unknown\",\"vote\":\"first\"", 1);
    let folder = folder(&text, "votes.jsonl");
    let said = judge(&folder, "helpfulness").expect(5);
    assert!(
        said.stderr.contains(
            "told: of 1 answer in the recording nobody knows which response was shown first"
        ),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("cannot complete those of an unknown one"), "{}", said.stderr);
    let sentence = "1 readable reply is in no number about positions: nobody knows which response was shown first";
    assert!(unwrapped(&said.stdout).contains(sentence), "{}", said.stdout);
    let report =
        |flags: &[&str]| folder.run(&[&["report", "run.db"], flags].concat()).expect(0).stdout;
    for format in ["table", "markdown", "html"] {
        let page = unwrapped(&report(&["--format", format]));
        assert!(page.contains(sentence), "{format}: {page}");
    }
    let document: Value = serde_json::from_str(&report(&["--format", "json"])).unwrap();
    let position = &document["summary"]["judges"][0]["position"];
    // Six votes are of a known order; q-1 has one of each, so that only q-2 and q-3 can show an effect of the order.
    assert_eq!((&position["order_unknown"], &position["first_share"]["n"]), (&json!(1), &json!(6)));
    assert_eq!((&position["consistency"]["n"], &position["primacy"]), (&json!(2), &json!(1)));
    assert_eq!(document["order_tables"][0]["left_out"], 2);
    let labels = r#"{"id":"q-1","annotator":"ana","winner":"alpha"}"#;
    folder.write("labels.jsonl", labels);
    let flags = ["calibrate", "run.db", "--labels", "labels.jsonl", "--format", "json"];
    let found = folder.run(&flags).expect(0).json_lines().remove(0);
    for key in ["order_unknown", "consistency", "primacy", "recency", "first_picks", "ties"] {
        assert_eq!(found["position"][key], position[key], "{key}");
    }
    assert_eq!(found["orders"]["n"], 2, "the vote still counts");
    // The mark is in the recording of the run, and in its copy.
    let task = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "told"];
    let record = ["--run", "run.db", "--record", "again.jsonl"];
    folder.run(&[&task[..], &record].concat()).expect(5);
    let again = std::fs::read_to_string(folder.path().join("again.jsonl")).unwrap();
    assert_eq!(again.matches("\"order\":\"unknown\"").count(), 1, "{again}");
    let shown = ["show", "run.db", "--id", "q-1", "--format", "markdown"];
    let shown = folder.run(&shown).expect(0).stdout;
    assert!(shown.contains("nobody knows which response was shown first"), "{shown}");
    let marks: Vec<Value> = verdicts(&folder)
        .iter()
        .flat_map(|verdict| verdict["orders"].as_array().unwrap().clone())
        .flat_map(|order| order["replies"].as_array().unwrap().clone())
        .filter(|reply| reply["order_unknown"] == true)
        .collect();
    assert_eq!(marks.len(), 1);
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let votes =
        r#"{"id":"q-001","first":"alpha","second":"beta","order":"unknown","probability":0.25}"#;
    scene.folder.write("votes.jsonl", votes);
    let said = scene.judge(&["--reuse", "votes.jsonl"]).expect(3);
    assert!(
        said.stderr.contains(
            "1 of 1 lines do not know which response was shown first (first: votes.jsonl:1)"
        ),
        "{}",
        said.stderr
    );
    assert_eq!(scene.server.requests(), 0);
}

#[test]
fn a_probability_that_is_no_number_in_a_table_is_an_error() {
    for cell in ["NaN", "inf", "-inf"] {
        let table = format!("id,first,second,vote,probability\nq-1,alpha,beta,first,{cell}\n");
        let folder = folder(&table, "votes.csv");
        let said = judge(&folder, "helpfulness").expect(3);
        assert!(
            said.stderr.contains("probability: expected a number from 0 to 1"),
            "{}",
            said.stderr
        );
    }
}

#[test]
fn a_recorded_answer_without_a_vote_is_not_blamed_on_a_server() {
    let recording = VOTES.replacen(
        "\"vote\":\"first\",\"probability\":0.9000000000000001",
        "\"reply\":\"\"",
        1,
    );
    let folder = folder(&recording, "votes.jsonl");
    let said = judge(&folder, "helpfulness").expect(5);
    let printed = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(printed.contains("what helps: the recording has no vote for these"), "{}", said.stdout);
    assert!(!printed.contains("check that the server"), "{}", said.stdout);
}
