//! Grades of single responses over time. The judge is a recording.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Monitored, Night, codes};
use crate::support::{CommandOutput, Folder, lines_of};

/// How many anchors there are: items whose responses are the same every night.
const ANCHORS: usize = 100;
/// How many items have other responses every night.
const TRAFFIC: usize = 100;

/// A night of grades of the system `cand`: people and the judge let pass every second response to an anchor.
#[derive(Debug, Clone, Copy, Default)]
struct GradedNight {
    /// Anchors of which the judge is wrong.
    wrong: usize,
    /// Anchors of which the judge changes its mind with the direction of the scale.
    changed: usize,
    /// Of the responses to the traffic, those that fail.
    fails: usize,
    /// The version of the responses to the traffic.
    version: usize,
}

const USUAL: GradedNight = GradedNight { wrong: 10, changed: 0, fails: 30, version: 0 };

/// A scale whose steps the judge of a night is shown, and its least and its best one.
const PASS_FAIL: &str = "scale = [\"fail\", \"pass\"]\n";
const STEPS_ONLY: &str = "scale = [\"fail\", \"fair\", \"good\", \"pass\"]\n";

struct GradedHistory {
    folder: Folder,
    nights: usize,
}

impl GradedHistory {
    fn new(scale: &str) -> Self {
        let folder = Folder::new();
        folder.write("evenhand.toml", "[judges.recorded]\nrecorded = \"replies.jsonl\"\n");
        let rubric =
            "name = \"good\"\nversion = \"1\"\ndescription = \"Is it good?\"\nmode = \"grade\"\n";
        folder.write("good.toml", &format!("{rubric}{scale}"));
        Self { folder, nights: 0 }
    }

    /// A history with two nights as its baseline, of which few grades differ.
    fn with_baseline() -> Self {
        let mut history = Self::new(PASS_FAIL);
        for wrong in [USUAL.wrong, USUAL.wrong + 1] {
            history.add(&GradedNight { wrong, ..USUAL }, &["--baseline"]);
        }
        history
    }

    /// Grades a night and returns the name of its run.
    fn grade(&mut self, night: &GradedNight) -> String {
        let (mut items, mut replies, mut labels) = (Vec::new(), Vec::new(), Vec::new());
        let mut add = |id: String, response: String, grades: [bool; 2], label: Option<bool>| {
            let name = |passes: bool| if passes { "pass" } else { "fail" };
            items.push(json!({"id": id, "prompt": format!("The prompt of {id}"), "responses": {"cand": response}}));
            for (scale, passes) in ["written", "reversed"].into_iter().zip(grades) {
                replies.push(
                    json!({"id": id, "system": "cand", "scale": scale, "grade": name(passes)}),
                );
            }
            if let Some(passes) = label {
                labels.push(
                    json!({"id": id, "system": "cand", "annotator": "ana", "grade": name(passes)}),
                );
            }
        };
        let spread = |at: usize| (at * 37) % 100;
        for at in 0..ANCHORS {
            let (is_right, is_changed) =
                (spread(at) >= night.wrong, spread(at) >= 100 - night.changed);
            let passes = (at % 2 == 0) == is_right;
            let response = format!("The answer to question {at}.");
            add(format!("a{at}"), response, [passes, passes != is_changed], Some(at % 2 == 0));
        }
        for at in 0..TRAFFIC {
            let passes = (at * 37 + 11 * night.version) % 100 >= night.fails;
            let response = format!("Version {}: the answer to request {at}.", night.version);
            add(format!("t{at}"), response, [passes; 2], None);
        }
        for (file, lines) in
            [("items.jsonl", &items), ("replies.jsonl", &replies), ("labels.jsonl", &labels)]
        {
            self.folder.write(file, &lines_of(lines));
        }
        self.nights += 1;
        let run = format!("night-{}.db", self.nights);
        let grade = ["grade", "items.jsonl", "--rubric", "good.toml", "--judge", "recorded"];
        self.folder.run(&[&grade[..], &["--run", &run]].concat()).expect(0);
        run
    }

    /// Grades a night and adds its run with labels.
    fn add(&mut self, night: &GradedNight, flags: &[&str]) -> CommandOutput {
        let run = self.grade(night);
        let command = ["monitor", "add", &run, "--history", "monitor", "--labels", "labels.jsonl"];
        self.folder.run(&[&command[..], flags].concat()).expect(0)
    }

    fn check(&self, code: i32) -> Value {
        let command = ["monitor", "check", "--history", "monitor", "--format", "json"];
        serde_json::from_str(&self.folder.run(&command).expect(code).stdout).unwrap()
    }

    /// Returns everything that is shown of the history to people.
    fn shown(&self) -> String {
        let mut shown = String::new();
        for command in [
            &["monitor", "check"][..],
            &["monitor", "report"],
            &["monitor", "report", "--format", "html"],
        ] {
            let said = self.folder.run(&[command, &["--history", "monitor"]].concat());
            assert!([0, 6, 8].contains(&said.code), "{}", said.stderr);
            // The style sheet and the script of a page are the same for all.
            let text = said.stdout.split("<main").last().unwrap();
            let text = text.split("<script").next().unwrap();
            // Sentences are wrapped in the terminal.
            let words: Vec<&str> = text.split_whitespace().collect();
            writeln!(shown, "{}\n{}", words.join(" "), said.stderr).unwrap();
        }
        shown
    }

    /// Returns a JSON document that a command prints.
    fn json(&self, command: &[&str]) -> Value {
        let said = self.folder.run(&[command, &["--format", "json"]].concat()).expect(0);
        serde_json::from_str(&said.stdout).unwrap()
    }
}

#[test]
fn a_judge_that_grades_worse_is_told_from_everything_else() {
    let mut history = GradedHistory::with_baseline();
    for version in 1..3 {
        history.add(&GradedNight { wrong: 45, version, ..USUAL }, &[]);
    }
    let found = history.check(6);
    assert_eq!(found["drift"], json!(["judge"]), "{found}");
    assert_eq!(found["rate"], "pass-rate");
    let judge = &found["judge"];
    assert_eq!((&judge["responses"], &judge["items"]), (&json!(100), &json!(100)));
    assert!(judge["agreement"]["difference"]["high"].as_f64().unwrap() < 0.0, "{judge}");
    assert_eq!(
        judge["right_verdicts"],
        json!({"items": 100, "items_with_fewer": 34, "items_with_more": 0})
    );
    assert_eq!(judge["reversed"], 34);
}

#[test]
fn a_system_that_fails_more_often_is_told_from_everything_else() {
    let mut history = GradedHistory::with_baseline();
    for version in 1..4 {
        history.add(&GradedNight { fails: 80, version, ..USUAL }, &[]);
    }
    let found = history.check(6);
    assert_eq!(found["drift"], json!(["system"]), "{found}");
    let rate = &found["system"]["changed_responses"][0];
    assert_eq!((&rate["system"], &rate["between"]), (&json!("cand"), &json!(["cand"])));
    let values =
        [&rate["before"]["value"], &rate["after"]["value"]].map(|one| one.as_f64().unwrap());
    assert!((values[0] - 0.7).abs() < 1e-9 && (values[1] - 0.2).abs() < 1e-9, "{rate}");
    let streams = found["streams"].as_array().unwrap();
    let alarm: Vec<&Value> = streams.iter().filter(|one| one["alarm"] == true).collect();
    assert_eq!(alarm[0]["measure"], "pass-rate-down");
    assert_eq!((&alarm[0]["kind"], &alarm[0]["between"]), (&json!("system"), &Value::Null));
}

#[test]
fn grades_that_depend_on_the_direction_of_the_scale_are_a_change_of_the_judge() {
    let mut history = GradedHistory::with_baseline();
    for _ in 0..2 {
        history.add(&GradedNight { changed: 40, ..USUAL }, &[]);
    }
    let found = history.check(6);
    assert_eq!(found["drift"], json!(["judge"]), "{found}");
    let coverage = &found["judge"]["coverage"];
    assert!((coverage["after"]["value"].as_f64().unwrap() - 0.8).abs() < 1e-9, "{coverage}");
    let streams = found["streams"].as_array().unwrap();
    let undecided = streams.iter().find(|one| one["measure"] == "undecided").unwrap();
    assert_eq!(undecided["alarm"], true, "{undecided}");
}

/// What `calibrate` and `report` compute of one run, which other programs have checked.
#[test]
fn a_check_has_the_numbers_of_the_runs() {
    let mut history = GradedHistory::new(PASS_FAIL);
    let nights = [USUAL, GradedNight { wrong: 35, changed: 20, ..USUAL }];
    let (mut labelled, mut rates) = (Vec::new(), Vec::new());
    for night in &nights {
        history.add(night, &[]);
        let run = format!("night-{}.db", history.nights);
        labelled.push(history.json(&["calibrate", &run, "--labels", "labels.jsonl"]));
        rates.push(history.json(&["report", &run]));
    }
    let found = history.check(6);
    for (at, when) in ["before", "after"].into_iter().enumerate() {
        let replies = &labelled[at]["replies"];
        for (key, other) in [("kappa", "cohen_kappa"), ("agreement", "agreement")] {
            let here = found["judge"][key][when]["value"].as_f64().unwrap();
            let there = replies[other]["value"].as_f64().unwrap();
            assert!((here - there).abs() < 1e-12, "{key} {when}: {here}, {there}");
        }
    }
    // The same responses every night, so all of them are anchors.
    for (rate, when) in rates.iter().zip(["before", "after"]) {
        let here = found["judge"]["pass_rates"][0][when]["value"].as_f64().unwrap();
        let systems = &rate["summary"]["judges"][0]["systems"][0]["pass_rate"]["averaged"];
        let there = systems["value"].as_f64().unwrap_or_else(|| panic!("{rate}"));
        assert!((here - there).abs() < 1e-12, "{when}: {here}, {there}");
    }
}

#[test]
fn without_a_step_that_passes_the_mean_step_is_watched() {
    let mut history = GradedHistory::new(STEPS_ONLY);
    history.add(&USUAL, &["--baseline"]);
    history.add(&USUAL, &["--baseline"]);
    history.add(&GradedNight { fails: 40, version: 1, ..USUAL }, &[]);
    let found = history.check(8);
    assert_eq!(found["rate"], "mean-step");
    let rate = &found["system"]["changed_responses"][0]["after"]["value"];
    assert!((rate.as_f64().unwrap() - 0.6).abs() < 1e-9, "{rate}");
    assert!(found["judge"]["mean_steps"][0]["before"]["value"].is_number(), "{found}");
    let trends = history.json(&["monitor", "report", "--history", "monitor"]);
    let names: Vec<&str> = trends["trends"]
        .as_array()
        .unwrap()
        .iter()
        .map(|trend| trend["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"mean step of cand, 100 % is the best"), "{names:?}");
}

/// A judge that lets everything pass, but for every seventh request.
const MOODY: &str = r#"n=0
while read -r line; do
  n=$((n + 1)); id=${line#*\"id\":\"}; id=${id%%\"*}
  grade=pass; [ $((n % 7)) -eq 0 ] && grade=fail
  printf '{"id":"%s","reply":"{\\"reasoning\\":\\"\\",\\"grade\\":\\"%s\\"}"}\n' "$id" "$grade"
done
"#;

#[test]
fn repeats_of_grades_show_the_noise_of_the_judge() {
    let history = GradedHistory::new(PASS_FAIL);
    let item = |at: usize| json!({"id": format!("q{at}"), "prompt": "p", "responses": {"cand": format!("x{at}")}});
    history.folder.write("items.jsonl", &lines_of((0..40).map(item)));
    history.folder.write("judge.sh", MOODY);
    history.folder.write(
        "evenhand.toml",
        "[judges.moody]\ncommand = [\"sh\", \"judge.sh\"]\nmax_in_flight = 1\n",
    );
    let grade =
        ["grade", "items.jsonl", "--rubric", "good.toml", "--judge", "moody", "--repeat", "2"];
    let said = history.folder.run(&[&grade[..], &["--run", "run.db"]].concat());
    assert_eq!(said.code, 0, "{}", said.stderr);
    history
        .folder
        .run(&["monitor", "add", "run.db", "--history", "monitor", "--baseline"])
        .expect(0);
    let text =
        std::fs::read_to_string(history.folder.path().join("monitor/history.jsonl")).unwrap();
    let entry: Value = serde_json::from_str(text.trim()).unwrap();
    let noise: Vec<f64> = entry["comparisons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["noise"].as_f64().unwrap())
        .collect();
    assert!(noise.iter().all(|noise| noise.fract() == 0.0), "{noise:?}");
    assert!((10.0..30.0).contains(&noise.iter().sum::<f64>()), "{noise:?}");
}

#[test]
fn an_entry_of_grades_has_no_text_and_a_format_of_its_own() {
    let mut history = GradedHistory::new(PASS_FAIL);
    let said = history.add(&USUAL, &[]);
    assert!(said.stderr.contains("200 responses"), "{}", said.stderr);
    let text =
        std::fs::read_to_string(history.folder.path().join("monitor/history.jsonl")).unwrap();
    assert!(!text.contains("The answer") && !text.contains("The prompt"), "{text}");
    let entry: Value = serde_json::from_str(text.trim()).unwrap();
    assert_eq!(entry["format"], 2);
    assert_eq!(entry["run"]["scale"], json!({"steps": ["fail", "pass"], "pass_from": 1}));
    let first = &entry["comparisons"][0];
    assert_eq!((&first["between"], &first["label"]), (&json!(["cand"]), &json!("pass")));
    assert_eq!(entry["labels"]["labelled"], 100);
}

#[test]
fn documents_of_grades_name_responses_in_the_place_of_comparisons() {
    let mut history = GradedHistory::new(PASS_FAIL);
    history.add(&USUAL, &[]);
    history.add(&USUAL, &[]);
    let report = history.json(&["monitor", "report", "--history", "monitor"]);
    for entry in report["entries"].as_array().unwrap() {
        assert_eq!(entry["responses"], 200, "{entry}");
    }
    let text = report.to_string();
    assert!(!text.contains("\"comparisons\"") && !text.contains("\"win_rates\""), "{text}");
    let keys = |document: &Value| -> Vec<String> {
        document.as_object().unwrap().keys().cloned().collect()
    };
    let mut compared = Monitored::new();
    for _ in 0..2 {
        compared.add(&Night::default(), &[]);
    }
    let report = ["monitor", "report", "--history", "monitor", "--format", "json"];
    let said = compared.folder.run(&report).expect(0).stdout;
    let of_comparisons: Value = serde_json::from_str(&said).unwrap();
    let graded = history.json(&["monitor", "report", "--history", "monitor"]);
    for part in ["/check", "/check/judge", "/check/system", "/entries/0"] {
        let [here, there] = [&graded, &of_comparisons].map(|one| keys(one.pointer(part).unwrap()));
        let renamed = there.iter().map(|key| match key.as_str() {
            "comparisons" => "responses",
            "win_rates" => "pass_rates",
            other => other,
        });
        assert_eq!(here, renamed.collect::<Vec<_>>(), "{part}");
    }
}

#[test]
fn comparisons_and_grades_have_histories_of_their_own() {
    let mut history = GradedHistory::new(PASS_FAIL);
    history.add(&USUAL, &[]);
    let mut compared = Monitored::new();
    compared.judge(&Night::default());
    let run = compared.folder.path().join("night-0.db");
    let add = ["monitor", "add", run.to_str().unwrap(), "--history", "monitor"];
    let said = history.folder.run(&add).expect(3);
    let message =
        "monitor: this history is of grades of single responses, and the run has comparisons";
    assert!(said.stderr.contains(message), "{}", said.stderr);
    assert!(said.stderr.contains("another folder"), "{}", said.stderr);
    compared.folder.run(&["monitor", "add", "night-0.db", "--history", "monitor"]).expect(0);
    let run = history.folder.path().join("night-1.db");
    let add = ["monitor", "add", run.to_str().unwrap(), "--history", "monitor"];
    let said = compared.folder.run(&add).expect(3);
    assert!(said.stderr.contains("this history is of comparisons"), "{}", said.stderr);
}

#[test]
fn labels_of_other_responses_are_an_error() {
    let mut history = GradedHistory::new(PASS_FAIL);
    let run = history.grade(&USUAL);
    let label = json!({"id": "zz", "system": "cand", "annotator": "ana", "grade": "pass"});
    history.folder.write("labels.jsonl", &lines_of([label]));
    let add = ["monitor", "add", &run, "--history", "monitor", "--labels", "labels.jsonl"];
    let said = history.folder.run(&add).expect(3);
    assert!(said.stderr.contains("no label matches a response in the run"), "{}", said.stderr);
}

/// Returns what is said when runs are added of which some responses, or all, have no grade in both directions.
fn added_incomplete() -> String {
    let mut history = GradedHistory::new(PASS_FAIL);
    history.grade(&USUAL);
    let replies = std::fs::read_to_string(history.folder.path().join("replies.jsonl")).unwrap();
    let mut said = String::new();
    for (run, number, code) in [("some.db", 2, 0), ("none.db", 400, 5)] {
        // Each second line is of the reversed scale.
        let kept = replies.lines().enumerate().filter(|(at, _)| at % 2 == 0 || *at >= number);
        let kept: Vec<&str> = kept.map(|(_, line)| line).collect();
        history.folder.write("replies.jsonl", &lines_of(kept));
        let grade = ["grade", "items.jsonl", "--rubric", "good.toml", "--judge", "recorded"];
        history.folder.run(&[&grade[..], &["--run", run]].concat()).expect(5);
        let added = history.folder.run(&["monitor", "add", run, "--history", "incomplete"]);
        said.push_str(&added.expect(code).stderr);
    }
    assert!(
        said.contains("1 response of the run still to be asked: they are added without a grade"),
        "{said}"
    );
    assert!(
        said.contains("none.db: the run has no grade yet, so there is nothing to add"),
        "{said}"
    );
    assert!(said.contains("a judge that answers in both directions of the scale"), "{said}");
    said
}

/// Words that only comparisons have must not occur in the report of a history of grades.
#[test]
fn a_history_of_grades_is_shown_in_words_of_grades() {
    let mut history = GradedHistory::new(PASS_FAIL);
    history.add(&USUAL, &[]);
    history.add(&GradedNight { version: 1, ..USUAL }, &[]);
    assert_eq!(codes(&history.check(8)), ["noise-unknown"]);
    let mut shown = history.shown();
    let rubric = history.folder.path().join("good.toml");
    let text = std::fs::read_to_string(&rubric).unwrap();
    std::fs::write(&rubric, text.replace("version = \"1\"", "version = \"2\"")).unwrap();
    history.add(&GradedNight { wrong: 40, changed: 20, fails: 60, version: 2 }, &[]);
    assert_eq!(codes(&history.check(6)), ["judge-settings-changed"]);
    shown.push_str(&history.shown());
    shown.push_str(&added_incomplete());
    for word in ["comparison", "winner", "win rate", "verdict", "evenhand judge"] {
        let at = shown.to_lowercase().find(word);
        assert_eq!(at, None, "{word}: {}", &shown[at.unwrap_or(0).saturating_sub(200)..]);
    }
    for words in [
        "pass rates, changed responses",
        "pass rate of cand",
        "kept grades",
        "another grade",
        "repeat each direction of the scale",
        "evenhand grade --repeat 3",
        "passes of cand",
        "Pass rate of cand",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
}
