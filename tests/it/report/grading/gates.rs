//! The gates of a report on grades, its exit code, and flags that mean nothing there.

use serde_json::Value;

use super::{report, usual};

#[test]
fn gates_are_those_of_grade() {
    let folder = usual();
    let task =
        ["grade", "items.jsonl", "--rubric", "./r.toml", "--run", "run.db", "--judge", "strict"];
    for (threshold, code) in [("0.1", 0), ("0.5", 8), ("0.9", 6)] {
        let rate = format!("alpha={threshold}");
        let gates = ["--min-pass-rate", rate.as_str()];
        let of_grade = folder.run(&[&task[..], &gates].concat()).expect(code);
        let found = report(&folder, &gates).expect(code);
        let lines = |text: &str| -> Vec<String> {
            text.lines().filter(|line| line.starts_with("gate ")).map(ToOwned::to_owned).collect()
        };
        assert_eq!(lines(&found.stderr), lines(&of_grade.stderr));
        assert_eq!(lines(&found.stderr).len(), 1);
    }
    report(&folder, &["--min-pass-rate", "alpha=0.5", "--inconclusive", "pass"]).expect(0);
}

#[test]
fn gate_by_applies_gates_to_each_value_of_a_tag() {
    let folder = usual();
    let gates = ["--min-pass-rate", "alpha=0.1", "--gate-by", "kind", "--format", "json"];
    let said = report(&folder, &gates).expect(0);
    let found: Value = serde_json::from_str(&said.stdout).unwrap();
    let gates = found["gates"].as_array().unwrap();
    assert_eq!(gates.len(), 3);
    for value in ["long", "short"] {
        let tag = format!("kind={value}");
        let flags = ["--tag", &tag, "--min-pass-rate", "alpha=0.1", "--format", "json"];
        let alone: Value = serde_json::from_str(&report(&folder, &flags).stdout).unwrap();
        let of_slice = gates.iter().find(|gate| gate["slice"]["value"] == value).unwrap();
        assert_eq!(of_slice["estimate"], alone["gates"][0]["estimate"]);
    }
}

#[test]
fn flags_of_comparisons_are_refused() {
    let folder = usual();
    let refused: [(&[&str], &str); 4] = [
        (&["--min-win-rate", "alpha=0.5"], "--min-pass-rate"),
        (&["--decide", "margin", "--labels", "items.jsonl"], "grades have no margin"),
        (&["--min-pass-rate", "gamma=0.5"], "no response has the system `gamma`"),
        (&["--gate-by", "kind"], "there is no gate to apply"),
    ];
    for (flags, message) in refused {
        let said = report(&folder, flags).expect(2);
        assert!(said.stderr.contains(message), "{flags:?}: {}", said.stderr);
    }
}
