//! Which comparisons take part, and what is refused.

use std::fmt::Write as _;

use evenhand::calibration::Part;
use serde_json::{Value, json};

use super::{COSTS, Kind, SMALL, Scene, rows, rule};
use crate::support::Folder;
use crate::support::graded_run::{graded, graded_rows};
use crate::support::labelled_run::{Row, RunSpec, label, rubric, value, warning};
use crate::support::server::{Answer, ReceivedRequest, Server};

#[test]
fn comparisons_of_one_run_alone_and_with_other_texts_are_counted_and_left_out() {
    let [cheap, mut strong] = [0, 1].map(|side| rows(&SMALL, side));
    let [gone, changed] = [strong.remove(0).id, strong[0].id.clone()];
    strong[0].longer = 'b';
    strong.push(Row::new("new", ["alpha", "beta"], "a/a", "a"));
    strong.reverse();
    let found = Scene::of(cheap, strong).found(&[]);
    assert_eq!([&found["comparisons"], &found["texts_changed"]], [18, 1]);
    assert_eq!([&found["only"], &found["texts_changed_ids"]], [&json!([1, 1]), &json!([changed])]);
    assert_eq!([&found["dev"]["comparisons"], &found["dev"]["labelled"]], [8, 8]);
    // 2 fewer of the 4 that both judges are right on.
    let not_kept = rule(&found["dev"]["rules"], "not-kept", None);
    assert!((value(&not_kept["agreement"]) - (5.0 + 5.0 / 6.0) / 8.0).abs() < 1e-12);
    assert_eq!(found["labels_unmatched"], 2);
    for (code, words) in [
        ("different-items", "1 comparison only in run.db and 1 comparison only in strong.db"),
        ("texts-changed", changed.as_str()),
        ("labels-unmatched", "2 labels are about no comparison that both judges were asked"),
    ] {
        assert!(warning(&found, code).unwrap().contains(words), "{code} {gone}: {found}");
    }
}

#[test]
fn comparisons_that_one_run_has_still_to_ask_are_left_out() {
    let mut kinds = SMALL.to_vec();
    kinds.push((Part::Dev, 2, "aaa/aaa", "-/a", "b"));
    kinds.push((Part::Test, 1, "aaa/---", "a/a", "b"));
    let found = Scene::new(&kinds).found(&[]);
    assert_eq!([&found["comparisons"], &found["pending"]], [20, 3]);
    let complete = Scene::new(&SMALL).found(&[]);
    assert_eq!(found["dev"], complete["dev"]);
    assert_eq!(found["test"], complete["test"]);
    assert!(warning(&found, "pending").unwrap().starts_with("3 comparisons still to be asked"));
}

#[test]
fn runs_with_nothing_in_common_are_an_error() {
    let other = Row::new("x", ["alpha", "beta"], "a/a", "a");
    let said = Scene::of(rows(&SMALL, 0), vec![other.clone()]).cascade(&COSTS).expect(3).stderr;
    assert!(said.contains("strong.db: no comparison is the same as in run.db"), "{said}");
    let pending: Vec<Row> =
        rows(&SMALL, 1).into_iter().map(|row| Row { replies: "-/-", ..row }).collect();
    let pending = [pending, vec![other]].concat();
    let said = Scene::of(rows(&SMALL, 0), pending).cascade(&COSTS).expect(5).stderr;
    assert!(said.contains("no comparison has been asked in both runs yet"), "{said}");
}

#[test]
fn labels_of_other_items_are_an_error() {
    let scene = Scene::new(&SMALL);
    let other = "{\"id\":\"other\",\"annotator\":\"ana\",\"winner\":\"alpha\",\"between\":[\"alpha\",\"beta\"]}\n";
    scene.folder.write("labels.jsonl", other);
    let said = scene.cascade(&COSTS).expect(3).stderr;
    assert!(said.contains("no label matches a comparison in the run"), "{said}");
}

#[test]
fn a_jury_is_refused_with_the_names_of_its_judges_and_one_of_these_is_replayed() {
    let kinds: [Kind; 2] =
        [(Part::Dev, 6, "a/b a/a", "", "a"), (Part::Test, 6, "a/b a/a", "", "a")];
    let judged = RunSpec::new(rows(&kinds, 0)).judged();
    let command = ["cascade", "run.db", "run.db", "--labels", "labels.jsonl", "--format", "json"];
    let said = judged.folder.run(&command).expect(2).stderr;
    assert!(said.contains("run.db: a jury cannot be part of a cascade"), "{said}");
    assert!(said.contains("hint: name one of its judges: judge-1, judge-2"), "{said}");
    // Both judges may be of one run.
    let flags = ["--cheap-judge", "judge-1", "--strong-judge", "judge-2"];
    let said = judged.folder.run(&[&command[..], &COSTS, &flags].concat()).expect(0).stdout;
    let found: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(found["judges"], json!(["judge-1", "judge-2"]));
    assert!((value(&found["test"]["cheap_alone"]["agreement"]) - 0.5).abs() < 1e-12);
    assert!((value(&found["test"]["strong_alone"]["agreement"]) - 1.0).abs() < 1e-12);
    let flags = ["--cheap-judge", "judge-1", "--strong-judge", "judge-3"];
    let said = judged.folder.run(&[&command[..], &flags].concat()).expect(3).stderr;
    assert!(said.contains("the run has no judge `judge-3`"), "{said}");
}

#[test]
fn runs_of_grades_are_refused() {
    let run = graded(&graded_rows(&["alpha", "beta"], &[(4, "1/1")]));
    let path = run.path();
    let path = path.to_str().unwrap();
    let said = Folder::new().run(&["cascade", path, path, "--labels", "x.jsonl"]).expect(3).stderr;
    assert!(said.contains("this run has grades of single responses"), "{said}");
}

#[test]
fn unreadable_replies_are_wrong_and_are_sent_on() {
    let kinds: [Kind; 4] = [
        (Part::Dev, 4, "a/a", "a/a", "a"),
        (Part::Dev, 2, "?/?", "a/a", "a"),
        (Part::Test, 4, "a/a", "a/a", "a"),
        (Part::Test, 2, "?/?", "?/?", "a"),
    ];
    let found = Scene::new(&kinds).found(&[]);
    let cheap = rule(&found["dev"]["rules"], "cheap-alone", None);
    assert!((value(&cheap["agreement"]) - 4.0 / 6.0).abs() < 1e-12);
    assert_eq!([&found["dev"]["unanswered"], &found["test"]["unanswered"]], [0, 0]);
    let chosen = &found["test"]["chosen"];
    assert_eq!(chosen["rule"], "not-kept");
    assert!((value(&chosen["coverage"]) - 4.0 / 6.0).abs() < 1e-12);
    assert!((value(&chosen["agreement"]) - 4.0 / 6.0).abs() < 1e-12);
    assert_eq!(chosen["kept_agreement"]["n"], 4);
}

#[test]
fn labelled_comparisons_without_any_reply_of_one_judge_are_left_out_for_every_rule() {
    // The server refuses every request of one judge about the first item, for good.
    let refuses = |seen: &ReceivedRequest| {
        let asked = seen.body["messages"].to_string();
        let is_refused = seen.body["model"] == "strong" && asked.contains("Question 0?");
        if is_refused { Answer::error(400, "refused") } else { Answer::says("FIRST") }
    };
    let scene = Served::start(refuses);
    let found = scene.found();
    let ids: Vec<String> = (0..12).map(|at| format!("q{at}")).collect();
    let n = |part| ids.iter().filter(|id| Part::of(id) == part).count() as u64;
    let of_first = if Part::of("q0") == Part::Dev { "dev" } else { "test" };
    for (name, part) in [("dev", Part::Dev), ("test", Part::Test)] {
        let numbers = &found[name];
        let unanswered = u64::from(name == of_first);
        assert_eq!([&numbers["labelled"], &numbers["unanswered"]], [n(part), unanswered], "{name}");
        let rules = if name == "dev" { &numbers["rules"][0] } else { &numbers["cheap_alone"] };
        assert_eq!(rules["agreement"]["n"], n(part) - unanswered);
        assert_eq!(rules["coverage"]["n"], n(part));
    }
    assert!(warning(&found, "unanswered").unwrap().contains("without any reply of one judge"));
}

#[test]
fn the_cost_is_that_of_the_stored_tokens_and_copied_replies_have_none() {
    let scene = Served::start(|_| Answer::says("FIRST"));
    let found = scene.found();
    assert_eq!(found["costs"], json!(["stored", "stored"]));
    let price = |run: &str| {
        let said = scene.folder.run(&["report", run, "--format", "json"]).expect(0).stdout;
        let report: Value = serde_json::from_str(&said).unwrap();
        report["requests"]["cost_usd"].as_f64().unwrap()
    };
    let dev = &found["dev"];
    let share = dev["comparisons"].as_f64().unwrap() / 12.0;
    for (name, run) in [("cheap-alone", "cheap.db"), ("strong-alone", "strong.db")] {
        // Every reply has the same tokens.
        let cost = rule(&dev["rules"], name, None)["cost_usd"].as_f64().unwrap();
        assert!(cost > 0.0 && (cost - price(run) * share).abs() < 1e-12, "{name}");
    }
    scene.judge("strong", &["--run", "copied.db", "--reuse", "strong.db"]);
    let command =
        ["cascade", "cheap.db", "copied.db", "--labels", "labels.jsonl", "--format", "json"];
    let found: Value = serde_json::from_str(&scene.folder.run(&command).expect(0).stdout).unwrap();
    assert_eq!(found["costs"], json!(["stored", "unknown"]));
    let message = warning(&found, "unknown-cost-strong").unwrap();
    assert!(message.contains("(24 replies copied from another run)"), "{message}");
}

/// Twelve items that a scripted server has judged, as two models with prices.
struct Served {
    folder: Folder,
    _server: Server,
}

impl Served {
    fn start(script: impl Fn(&ReceivedRequest) -> Answer + Send + Sync + 'static) -> Self {
        let server = Server::start(script);
        let folder = Folder::new();
        let (mut items, mut labels, mut settings) = (String::new(), String::new(), String::new());
        for at in 0..12 {
            let responses = json!({ "alpha": "one", "beta": "two" });
            let item = json!({ "id": format!("q{at}"), "prompt": format!("Question {at}?"), "responses": responses });
            writeln!(items, "{item}").unwrap();
            labels += &label(&format!("q{at}"), "ana", ["alpha", "beta"], "alpha");
        }
        for (name, price) in [("cheap", 1.0), ("strong", 20.0)] {
            writeln!(
                settings,
                "[judges.{name}]\nmodel = \"{name}\"\nbase_url = \"{}\"\n\
                 price = {{ input_per_million = {price}, output_per_million = {price} }}",
                server.base_url()
            )
            .unwrap();
        }
        folder.write("items.jsonl", &items);
        folder.write("labels.jsonl", &labels);
        folder.write("evenhand.toml", &settings);
        folder.write("r.toml", &rubric("r", true));
        let scene = Self { folder, _server: server };
        for name in ["cheap", "strong"] {
            scene.judge(name, &["--run", &format!("{name}.db")]);
        }
        scene
    }

    fn judge(&self, name: &str, flags: &[&str]) {
        let command = ["judge", "items.jsonl", "--rubric", "./r.toml", "--judge", name];
        self.folder.run(&[&command[..], &["--inconclusive", "pass"], flags].concat());
    }

    fn found(&self) -> Value {
        let runs = ["cascade", "cheap.db", "strong.db", "--labels", "labels.jsonl"];
        let said = self.folder.run(&[&runs[..], &["--format", "json"]].concat()).expect(0);
        serde_json::from_str(&said.stdout).unwrap()
    }
}

#[test]
fn comparisons_without_a_majority_count_in_agreement_and_not_in_that_of_kept_verdicts() {
    let kinds: [Kind; 3] = [
        (Part::Dev, 3, "a/a", "a/a", "a"),
        (Part::Dev, 1, "a/a", "b/b", "ab"),
        (Part::Test, 3, "a/a", "a/a", "a"),
    ];
    let found = Scene::new(&kinds).found(&[]);
    let strong = rule(&found["dev"]["rules"], "strong-alone", None);
    assert!((value(&strong["agreement"]) - 3.5 / 4.0).abs() < 1e-12);
    assert_eq!([&strong["agreement"]["n"], &strong["kept_agreement"]["n"]], [4, 3]);
    assert_eq!(found["dev"]["no_majority"], 1);
}

#[test]
fn different_rubrics_are_allowed_and_said() {
    let scene = Scene::new(&SMALL);
    assert!(warning(&scene.found(&[]), "different-rubrics").is_none());
    let rubric = std::fs::read_to_string(scene.folder.path().join("r.toml")).unwrap();
    let other = rubric.replace("Which is better?", "Which is shorter?").replace("\"r\"", "\"s\"");
    scene.folder.write("s.toml", &other);
    let command =
        ["judge", "items.jsonl", "--rubric", "./s.toml", "--judge", "judge-1", "--repeat", "3"];
    scene.folder.run(&[&command[..], &["--run", "other.db"]].concat()).expect(0);
    let command = ["cascade", "run.db", "other.db", "--labels", "labels.jsonl", "--format", "json"];
    let said = scene.folder.run(&command).expect(0).stdout;
    let found: Value = serde_json::from_str(&said).unwrap();
    let message = warning(&found, "different-rubrics").unwrap();
    assert!(message.contains("by r 0.0.0 and by s 0.0.0"), "{message}");
    let headline = found["headline"].as_str().unwrap();
    assert!(headline.contains("judge-1 (r 0.0.0)"), "{headline}");
    let log = std::fs::read_to_string(scene.folder.path().join("looks.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 3, "each of two rubrics is looked at: {log}");
}
