//! `check` predicts exactly the requests that `judge` sends.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::CommandOutput;
use crate::support::server::{Answer, ReceivedRequest, Scene};

/// How many requests `check` says that `judge` would send, and how many it sends.
fn foreseen_and_sent(scene: &Scene, flags: &[&str]) -> (u64, u64) {
    let fixed = ["check", "items.jsonl", "--rubric", "helpfulness", "--format", "json"];
    let judge_flag: &[&str] =
        if flags.contains(&"--judge") { &[] } else { &["--judge", "judge-1"] };
    let said = scene.run(&[&fixed, judge_flag, flags].concat()).expect(0);
    let judges = said.json_lines()[0]["judges"].as_array().unwrap().clone();
    let foreseen = judges.iter().map(|judge| judge["requests"].as_u64().unwrap()).sum();
    let before = scene.server.requests();
    scene.judge(flags).expect(0);
    (foreseen, (scene.server.requests() - before) as u64)
}

#[test]
fn check_predicts_the_requests_of_judge_for_every_flag() {
    let scene = Scene::new(30, |seen| seen.prefers("beta"));
    scene.judge(&["--run", "source.db", "--limit", "9", "--repeat", "2"]).expect(0);
    scene.judge(&["--run", "old.db", "--max-requests", "23"]).expect(5);
    scene.items(36);
    let path = |name: &str| scene.folder.path().join(name);
    let mut ways = BTreeSet::new();
    for run in ["new.db", "old.db"] {
        for shard in [&[][..], &["--shard", "2/3"]] {
            for limit in [&[][..], &["--limit", "20"]] {
                for repeat in [&[][..], &["--repeat", "2"]] {
                    for reuse in [&[][..], &["--reuse", "source.db"]] {
                        let flags = [&["--run", "this.db"], shard, limit, repeat, reuse].concat();
                        drop(std::fs::remove_file(path("this.db")));
                        if run == "old.db" {
                            std::fs::copy(path(run), path("this.db")).unwrap();
                        }
                        let (foreseen, sent) = foreseen_and_sent(&scene, &flags);
                        assert_eq!(foreseen, sent, "{run} {flags:?}");
                        assert_eq!(foreseen_and_sent(&scene, &flags), (0, 0), "{run} {flags:?}");
                        ways.insert(sent);
                    }
                }
            }
        }
    }
    assert!(ways.len() > 10, "the flags must make a difference: {ways:?}");
}

/// Unreadable at first; by then the server is gone for good.
fn unreadable_once(seen: &ReceivedRequest) -> Answer {
    match seen.before {
        0 => Answer::says("Hm."),
        _ => Answer::error(401, "Incorrect API key provided"),
    }
}

#[test]
fn check_predicts_the_remaining_attempts_of_an_unreadable_trial() {
    let scene = Scene::new(1, unreadable_once);
    scene.settings(&[("max_parse_attempts", "1")]);
    scene.judge(&[]).expect(4);
    scene.server.now(|seen| seen.prefers("beta"));
    assert_eq!(foreseen_and_sent(&scene, &["--run", "run.db"]), (2, 2));
}

#[test]
fn check_predicts_that_a_run_without_replies_starts_over_if_an_item_has_changed() {
    let scene = Scene::new(3, |_| Answer::error(413, "Payload too large"));
    scene.judge(&[]).expect(4);
    scene.server.now(|seen| seen.prefers("beta"));
    let check = ["check", "items.jsonl", "--rubric", "helpfulness", "--judge", "judge-1"];
    let said =
        scene.run(&[&check[..], &["--run", "run.db", "--format", "json"]].concat()).expect(0);
    assert_eq!(said.json_lines()[0]["judges"][0]["requests"], 6, "the endpoint is to blame");
    let path = scene.folder.path().join("items.jsonl");
    let items = std::fs::read_to_string(&path).unwrap();
    scene.folder.write("items.jsonl", &items.replace("BETA on q-002", "BETA, improved, on q-002"));
    assert_eq!(foreseen_and_sent(&scene, &["--run", "run.db"]), (6, 6));
}

#[test]
fn check_names_every_replica() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let urls = ["http://gpu-1:8000/v1", "http://gpu-2:8000/v1", "http://gpu-3:8000/v1"];
    scene.settings(&[("base_urls", &format!("{urls:?}"))]);
    let said =
        scene.run(&["check", "items.jsonl", "--rubric", "helpfulness", "--judge", "judge-1"]);
    let line = format!("endpoint  {}; chat completions", urls.join(", "));
    assert!(said.stdout.contains(&line), "{}", said.stdout);
}

#[test]
fn check_refuses_to_reuse_the_run_itself_as_judge_does() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    scene.judge(&[]).expect(0);
    let flags =
        ["--rubric", "helpfulness", "--judge", "judge-1", "--run", "run.db", "--reuse", "run.db"];
    for command in ["check", "judge"] {
        let said = scene.run(&[&[command, "items.jsonl"], &flags[..]].concat()).expect(2);
        assert!(said.stderr.contains("a run cannot reuse its own replies"), "{}", said.stderr);
    }
}

/// What `check` says of the items of a scene, with further flags.
fn checked(scene: &Scene, flags: &[&str]) -> CommandOutput {
    let command = ["check", "items.jsonl", "--rubric", "helpfulness"];
    scene.run(&[&command[..], flags].concat()).expect(0)
}

#[test]
fn check_needs_no_key_and_warns_of_a_missing_one() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let headers = ("headers", "{ x-team = \"Bearer ${TEST_TEAM}\" }");
    scene.settings(&[headers]);
    let mut command = scene.command(&["check", "items.jsonl", "--rubric", "helpfulness"]);
    command.args(["--judge", "judge-1"]).env_remove("TEST_JUDGE_KEY").env("TEST_TEAM", "");
    let said = CommandOutput::of(&command.output().unwrap()).expect(0);
    for warning in [
        "warning: judges.judge-1.api_key_env: the environment variable TEST_JUDGE_KEY is not set; `evenhand judge` \
         needs it",
        "warning: judges.judge-1.headers.x-team: the environment variable TEST_TEAM is empty",
    ] {
        assert!(said.stderr.contains(warning), "{}", said.stderr);
    }
    command.args(["--format", "json"]);
    let said = CommandOutput::of(&command.output().unwrap()).expect(0);
    assert_eq!(said.json_lines()[0]["warnings"].as_array().unwrap().len(), 2);
    // Nothing is sent without the key.
    let mut command = scene.judge_command(&[]);
    command.env_remove("TEST_JUDGE_KEY").env("TEST_TEAM", "t");
    CommandOutput::of(&command.output().unwrap()).expect(3);
    assert_eq!(scene.server.requests(), 0);
}

#[test]
fn a_malformed_key_is_an_error_of_check_too() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let mut command = scene.command(&["check", "items.jsonl", "--rubric", "helpfulness"]);
    command.args(["--judge", "judge-1"]).env("TEST_JUDGE_KEY", "sk-1\n");
    let said = CommandOutput::of(&command.output().unwrap()).expect(3);
    assert!(said.stderr.contains("white space"), "{}", said.stderr);
}

#[test]
fn judges_that_send_nothing_cost_nothing() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    scene.folder.write("replies.jsonl", "");
    scene.folder.write("evenhand.toml", "[judges.tape]\nrecorded = \"replies.jsonl\"\n");
    for (judge, why) in [("builtin:longer", "a rule that is built in"), ("tape", "are recorded")] {
        let said = checked(&scene, &["--judge", judge]);
        let line = said.stdout.lines().find(|line| line.contains("requests")).unwrap();
        assert!(line.contains("none is sent") && line.contains(why), "{}", said.stdout);
        assert!(line.contains("4 trials: 0 already answered, 0 copied"), "{}", said.stdout);
        for word in ["tokens", "unknown"] {
            assert!(!said.stdout.contains(word), "{word}: {}", said.stdout);
        }
        let said = checked(&scene, &["--judge", judge, "--format", "json"]).json_lines();
        let forecast = &said[0]["judges"][0];
        for key in ["prompt_tokens", "max_completion_tokens", "prompt_cost_usd", "max_cost_usd"] {
            assert_eq!(forecast[key].as_f64(), Some(0.0), "{judge} {key}");
        }
        assert_eq!([&forecast["trials"], &forecast["requests"]], [4, 4]);
    }
}

/// An item with responses of these systems.
fn item(id: &str, systems: [&str; 2]) -> String {
    let [one, other] = systems;
    format!("{}\n", json!({"id": id, "prompt": "?", "responses": {one: "yes", other: "no"}}))
}

#[test]
fn check_counts_the_items_of_each_system_and_finds_mistyped_ones() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let right: String =
        (1..5).map(|number| item(&format!("q{number}"), ["Bot A", "Bot B"])).collect();
    scene.folder.write("items.jsonl", &(right.clone() + &item("q5", ["Bot A", "Bot C"])));
    let message = "system `Bot C` responds only to 1 item (items.jsonl:5); did you mean `Bot B`";
    let said = checked(&scene, &[]);
    assert!(said.stderr.contains(message), "{}", said.stderr);
    let line = "  systems   Bot A 5 items, Bot B 4 items, Bot C 1 item\n";
    assert!(said.stdout.contains(line), "{}", said.stdout);
    let said = checked(&scene, &["--format", "json"]).json_lines();
    let systems = json!([{"system": "Bot A", "items": 5}, {"system": "Bot B", "items": 4},
        {"system": "Bot C", "items": 1}]);
    assert_eq!(said[0]["systems"], systems);
    assert!(said[0]["warnings"][0].as_str().unwrap().contains(message));
    let judge = ["judge", "items.jsonl", "--rubric", "helpfulness", "--run", "run.db"];
    let said = scene.run(&[&judge[..], &["--judge", "builtin:longer"]].concat()).expect(0);
    assert!(said.stderr.contains(message), "{}", said.stderr);
    scene.folder.write("items.jsonl", &right);
    assert!(!checked(&scene, &[]).stderr.contains("warning"), "nothing is unusual");
}

#[test]
fn check_counts_labels_of_grades_for_a_rubric_that_grades() {
    let scene = Scene::new(3, |seen| seen.prefers("beta"));
    let rubric =
        "name = \"g\"\ndescription = \"d\"\nmode = \"grade\"\nscale = [\"fail\", \"pass\"]\n";
    scene.folder.write("g.toml", rubric);
    let label = |id: &str, grade: Value| {
        json!({"id": id, "system": "beta", "annotator": "ana", "grade": grade}).to_string()
    };
    let pass = || json!("pass");
    let labels =
        [label("q-001", pass()), label("Q-2", pass()), label("q-003", Value::Null)].join("\n");
    scene.folder.write("labels.jsonl", &labels);
    let check = ["check", "items.jsonl", "--rubric", "g.toml", "--labels", "labels.jsonl"];
    let said = scene.run(&check).expect(0);
    let line = "1 label matches; 1 has an unknown id; 1 line has no grade yet";
    assert!(said.stdout.contains(line), "{}", said.stdout);
    assert!(said.stderr.contains("(`Q-2`: did you mean `q-002`?)"), "{}", said.stderr);
    let said = scene.run(&[&check[..], &["--format", "json"]].concat()).expect(0).json_lines();
    assert_eq!(said[0]["labels"], json!({"labels": 1, "unmatched": 1, "blank": 1}));
    // Each kind of labels belongs to its kind of rubric.
    let said = scene
        .run(&["check", "items.jsonl", "--rubric", "helpfulness", "--labels", "labels.jsonl"])
        .expect(3);
    assert!(said.stderr.contains("belongs to a label of a single response"), "{}", said.stderr);
    scene.folder.write(
        "labels.jsonl",
        &json!({"id": "q-001", "annotator": "ana", "winner": "beta"}).to_string(),
    );
    let said = scene.run(&check).expect(3);
    assert!(said.stderr.contains("labels.jsonl:1"), "{}", said.stderr);
}

#[test]
fn ids_that_differ_only_in_case_or_padding_are_pointed_out() {
    let scene = Scene::new(3, |seen| seen.prefers("beta"));
    let label = |id: &str| json!({"id": id, "annotator": "ana", "winner": "beta"}).to_string();
    let labels = [label("q-001"), label("Q-2"), label("q_003"), label("elsewhere")].join("\n");
    scene.folder.write("labels.jsonl", &labels);
    let said = checked(&scene, &["--labels", "labels.jsonl"]);
    let message = "3 labels have an id that is not among the items; 2 of them differ only in case, spacing or zeros \
                   (`Q-2`: did you mean `q-002`?)";
    assert!(said.stderr.contains(message), "{}", said.stderr);
    let response = |id: &str| json!({"id": id, "response": "yes"}).to_string();
    let responses = [response("q-001"), response("q-02"), response("q-003")].join("\n");
    scene.folder.write("new.jsonl", &responses);
    let said = checked(&scene, &["--responses", "new=new.jsonl"]);
    assert!(said.stderr.contains("(`q-02`: did you mean `q-002`?)"), "{}", said.stderr);
}

#[test]
fn check_counts_the_lines_of_a_blank_label_form() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    let blank = |id: &str| json!({"id": id, "annotator": "", "winner": null}).to_string();
    scene.folder.write("labels.jsonl", &[blank("q-001"), blank("q-002")].join("\n"));
    let said = checked(&scene, &["--labels", "labels.jsonl"]);
    assert!(said.stdout.contains("2 lines have no winner yet"), "{}", said.stdout);
    assert!(said.stderr.contains("2 lines of the label file have no winner"), "{}", said.stderr);
    let said = checked(&scene, &["--labels", "labels.jsonl", "--format", "json"]).json_lines();
    assert_eq!(said[0]["labels"], json!({"labels": 0, "unmatched": 0, "blank": 2}));
}
