//! `check` predicts exactly the requests that `judge` sends.

use std::collections::BTreeSet;

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
