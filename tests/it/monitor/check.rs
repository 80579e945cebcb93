//! What a check says of missing anchors and options, and files that are none of metrics.

use super::{Monitored, Night, codes};

#[test]
fn a_file_that_is_no_document_of_metrics_is_an_error() {
    let mut monitored = Monitored::new();
    let run = monitored.judge(&Night::default());
    for (text, message) in [
        ("{\"metrics\":[{\"metric\":\"x\",\"systems\":7}]}", "metrics[0].systems: "),
        ("{\"metrics\":[]}", "no metric has a score of a system of the run"),
        ("{", "not valid JSON"),
    ] {
        monitored.folder.write("metrics.json", text);
        let add = ["monitor", "add", &run, "--history", "monitor", "--metrics", "metrics.json"];
        let said = monitored.folder.run(&add).expect(3);
        assert!(
            said.stderr.contains(message) && said.stderr.contains("metrics.json"),
            "{}",
            said.stderr
        );
    }
}

#[test]
fn without_common_texts_nothing_is_known_of_the_judge() {
    let mut monitored = Monitored::new();
    monitored.add(&Night { is_new_traffic: true, ..Night::default() }, &[]);
    // Anchors have labels; without them there is none that matches.
    let run = monitored.judge(&Night { is_new_traffic: true, anchors: 0, ..Night::default() });
    monitored.folder.run(&["monitor", "add", &run, "--history", "monitor"]).expect(0);
    let found = monitored.check(8, &[]);
    assert!(codes(&found).contains(&"no-anchors"), "{:?}", codes(&found));
    assert_eq!(found["judge"]["comparisons"], 0);
    assert_eq!(found["result"], "inconclusive");
}

#[test]
fn a_baseline_that_is_named_must_exist() {
    let mut monitored = Monitored::new();
    monitored.add(&Night::default(), &[]);
    monitored.add(&Night::default(), &[]);
    let said = monitored
        .folder
        .run(&["monitor", "check", "--history", "monitor", "--baseline", "zz"])
        .expect(2);
    assert!(said.stderr.contains("no single entry has the name `zz`"), "{}", said.stderr);
    let history = monitored.history();
    let entry: serde_json::Value = serde_json::from_str(history.lines().next().unwrap()).unwrap();
    let name = entry["entry"].as_str().unwrap();
    let found = monitored.check(8, &["--baseline", &name[..6]]);
    assert_eq!(found["baseline"][0]["entry"], name);
    assert_eq!(found["checks"], 1);
}

#[test]
fn a_run_without_a_verdict_is_not_added() {
    let monitored = Monitored::new();
    let items = "{\"id\":\"q\",\"prompt\":\"p\",\"responses\":{\"base\":\"x\",\"cand\":\"y\"}}\n";
    monitored.folder.write("items.jsonl", items);
    monitored.folder.write("replies.jsonl", "");
    let said = monitored.judge_items("run.db");
    assert_ne!(said.code, 0);
    let said =
        monitored.folder.run(&["monitor", "add", "run.db", "--history", "monitor"]).expect(5);
    assert!(said.stderr.contains("no verdict yet"), "{}", said.stderr);
    assert!(!monitored.folder.path().join("monitor").exists());
}
