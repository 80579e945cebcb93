//! What is joined in a merge: systems, judges, server settings and equal replies.

use serde_json::{Value, json};

use super::{
    JURY, assert_equal, by_request, merge, scene, summary, without_provenance, write_items,
};
use crate::support::server::{Answer, Scene};

#[test]
fn items_with_different_systems_in_two_runs_are_joined() {
    let scene = Scene::new(0, by_request);
    write_items(&scene, 2..=2);
    scene.judge(&["--run", "three.db"]).expect(0);
    let narrowed = scene.folder.path().join("items.jsonl");
    let text = std::fs::read_to_string(&narrowed).unwrap();
    let mut item: Value = serde_json::from_str(&text).unwrap();
    item["responses"].as_object_mut().unwrap().remove("gamma");
    scene.folder.write("items.jsonl", &format!("{item}\n"));
    // The response of `gamma` has left the file and stays in this run.
    scene.judge(&["--run", "three.db"]).expect(0);
    scene.judge(&["--run", "two.db"]).expect(0);
    for (at, runs) in [["two.db", "three.db"], ["three.db", "two.db"]].into_iter().enumerate() {
        let into = format!("merged-{at}.db");
        merge(&scene, &runs, &into).expect(0);
        let with_gamma = json!({ "id": "q-002", "annotator": "ana", "between": ["beta", "gamma"], "winner": "beta" });
        scene.folder.write("labels.jsonl", &format!("{with_gamma}\n"));
        let measured = |run: &str| {
            let labels = ["--labels", "labels.jsonl", "--format", "json"];
            let text = scene.run(&[&["calibrate", run], &labels[..]].concat()).expect(0).stdout;
            without_provenance(&text).replace(run, "RUN")
        };
        assert_eq!(
            measured(&into),
            measured("three.db"),
            "{into}: the texts of all systems are there"
        );
    }
}

#[test]
fn judges_in_another_order_are_the_same_jury() {
    let scene = scene();
    let turned = ["--judge", "another", "--judge", "one", "--repeat", "2"];
    scene.judge(&[&JURY[..], &["--shard", "1/2", "--run", "1.db"]].concat()).expect(0);
    scene.judge(&[&turned[..], &["--shard", "2/2", "--run", "2.db"]].concat()).expect(0);
    scene.judge(&[&JURY[..], &["--run", "whole.db"]].concat()).expect(0);
    merge(&scene, &["1.db", "2.db"], "merged.db").expect(0);
    assert_equal(&scene, "whole.db", "merged.db", &JURY);
    scene.judge(&[&turned[..], &["--run", "turned.db"]].concat()).expect(0);
    merge(&scene, &["2.db", "1.db"], "merged-turned.db").expect(0);
    assert_equal(&scene, "turned.db", "merged-turned.db", &turned);
}

#[test]
fn a_merged_run_has_the_server_settings_learnt_by_a_shard() {
    let scene = Scene::new(8, |seen| {
        if seen.has("temperature") {
            Answer::error(400, "Unsupported parameter: 'temperature' is not supported")
        } else {
            seen.prefers("beta")
        }
    });
    scene.judge(&["--shard", "1/2", "--run", "1.db"]).expect(0);
    scene.server.now(|seen| seen.prefers("beta"));
    scene.judge(&["--shard", "2/2", "--run", "2.db"]).expect(0);
    for (at, runs) in [["1.db", "2.db"], ["2.db", "1.db"]].into_iter().enumerate() {
        let into = format!("merged-{at}.db");
        merge(&scene, &runs, &into).expect(0);
        let before = scene.server.requests();
        scene.judge(&["--run", &into, "--repeat", "2"]).expect(0);
        let asked = &scene.server.seen()[before..];
        assert_eq!(asked.len(), 16);
        assert!(asked.iter().all(|seen| !seen.has("temperature")), "{into}");
    }
}

#[test]
fn equal_replies_of_a_recorded_judge_do_not_conflict() {
    let scene = Scene::new(6, |seen| seen.prefers("beta"));
    let coin = ["--judge", "builtin:random"];
    scene.judge(&[&coin[..], &["--run", "one.db"]].concat()).expect(0);
    scene.judge(&[&coin[..], &["--run", "two.db"]].concat()).expect(0);
    let said = merge(&scene, &["one.db", "two.db"], "merged.db").expect(0);
    assert!(!said.stderr.contains("different replies"), "they are the same: {}", said.stderr);
    let (one, merged) = (summary(&scene, "one.db", &coin), summary(&scene, "merged.db", &coin));
    assert_eq!(one, merged);
}

#[test]
fn a_copied_reply_and_its_original_merge_into_one_in_either_order() {
    let scene = Scene::new(8, |seen| seen.prefers("beta"));
    let price = ("price", "{ input_per_million = 1.0, output_per_million = 1.0 }");
    scene.settings(&[price]);
    scene.judge(&["--limit", "4", "--run", "pilot.db"]).expect(0);
    scene.judge(&["--reuse", "pilot.db", "--run", "whole.db"]).expect(0);
    assert_eq!(scene.server.requests(), 16);
    for (order, into) in
        [(["pilot.db", "whole.db"], "one.db"), (["whole.db", "pilot.db"], "two.db")]
    {
        merge(&scene, &order, into).expect(0);
        let said = scene.judge(&["--run", into, "--format", "json"]).expect(0);
        let judge = &said.json_lines()[0]["judges"][0];
        assert_eq!([&judge["replies"], &judge["reused"]], [&json!(16), &json!(0)], "{into}");
        // Sixteen replies of 120 tokens, each paid for once.
        assert!((judge["cost_usd"].as_f64().unwrap() - 16.0 * 120.0 / 1e6).abs() < 1e-12);
    }
    assert_eq!(scene.server.requests(), 16);
}
