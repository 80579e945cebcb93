//! `evenhand verdicts` on a run of grades: lines, outcomes, judges, CSV and refusals.

use serde_json::{Value, json};

use crate::support::graded_run::{GradedRow, graded};
use crate::support::labelled_run::{RunSpec, rows};
use crate::support::ugly_grades::{FORMULA, ugly_grades};
use crate::support::{CommandOutput, Folder};

fn verdicts(folder: &Folder, flags: &[&str]) -> CommandOutput {
    folder.run(&[&["verdicts", "run.db"], flags].concat())
}

fn names(lines: &[Value]) -> Vec<String> {
    let name =
        |line: &Value| [&line["id"], &line["system"]].map(|name| name.as_str().unwrap().to_owned());
    lines.iter().map(|line| name(line).join(" ")).collect()
}

#[test]
fn a_line_has_the_grade_and_both_directions() {
    let folder = ugly_grades(1, 1);
    let lines = verdicts(&folder, &[]).expect(0).json_lines();
    assert_eq!(
        names(&lines),
        ["plain alpha", "=1+1 alpha", "turns alpha", "wide alpha", "wide beta"]
    );
    let direction = |scale: &str| json!({ "scale": scale, "grade": "good", "criteria": { "accuracy": "good", "tone": "fair" } });
    let expected = json!({
        "id": "plain", "system": "alpha", "judge": "judge-1", "outcome": "kept", "grade": "good",
        "tags": { "topic": "geo", "lang": "en" },
        "orders": [direction("written"), direction("reversed")],
    });
    assert_eq!(lines[0], expected);
    assert_eq!(lines[2]["grade"], "cannot assess");
    assert_eq!(lines[2]["orders"][1]["criteria"]["accuracy"], "cannot assess");
}

#[test]
fn only_a_kept_grade_is_a_grade() {
    let folder = ugly_grades(1, 1);
    let lines = verdicts(&folder, &["--all"]).expect(0).json_lines();
    assert_eq!(lines.len(), 8);
    let outcome = |number: usize| {
        (lines[number]["outcome"].as_str().unwrap(), lines[number]["grade"].clone())
    };
    assert_eq!(outcome(1), ("changed", Value::Null));
    assert_eq!(lines[1]["orders"][0]["grade"], "fair");
    assert_eq!(lines[1]["orders"][1]["grade"], "good");
    assert_eq!(outcome(3), ("unparsed", Value::Null));
    assert_eq!(lines[3]["orders"][0]["grade"], Value::Null);
    assert_eq!(outcome(5), ("pending", Value::Null));
    assert_eq!(lines[5]["orders"][1]["pending"], "not-recorded");
    assert_eq!(lines[5]["orders"][0].get("pending"), None);
    let changed = verdicts(&folder, &["--outcome", "changed"]).expect(0).json_lines();
    assert_eq!(names(&changed), ["plain beta"]);
    let tagged = verdicts(&folder, &["--all", "--tag", "topic=@other"]).expect(0).json_lines();
    assert_eq!(names(&tagged), ["=1+1 alpha", "=1+1 beta"]);
}

#[test]
fn repeats_have_their_votes_and_replies_every_attempt() {
    let folder = ugly_grades(1, 2);
    let lines = verdicts(&folder, &["--all", "--replies"]).expect(0).json_lines();
    // Two different grades have no majority.
    assert_eq!(lines[2]["outcome"], "unparsed");
    assert_eq!(lines[2]["orders"][0]["votes"], json!(["=poor", "good"]));
    assert_eq!(lines[2]["orders"][1]["votes"], json!(["=poor", "=poor"]));
    let replies = lines[0]["orders"][0]["replies"].as_array().unwrap();
    assert_eq!(replies.len(), 2);
    assert!(replies[1]["reply"].as_str().unwrap().contains("It names the city."));
    assert_eq!((&replies[1]["repeat"], &replies[1]["recorded_grade"]), (&json!(1), &Value::Null));
    assert_eq!(replies[0].get("recorded_vote"), None);
    let row = GradedRow { id: "q1".to_owned(), system: "a", replies: "2/2" };
    let lines = verdicts(&graded(&[row]).folder, &["--replies"]).expect(0).json_lines();
    assert_eq!(lines[0]["orders"][0]["replies"][0]["recorded_grade"], "good");
    assert_eq!(lines[0]["orders"][0].get("votes"), None);
}

#[test]
fn a_jury_has_a_grade_and_no_directions() {
    let folder = ugly_grades(3, 1);
    let lines = verdicts(&folder, &["--all"]).expect(0).json_lines();
    assert!(lines.iter().all(|line| line["judge"] == "jury" && line["orders"] == json!([])));
    // Two of three judges say fair.
    assert_eq!((&lines[0]["outcome"], &lines[0]["grade"]), (&json!("kept"), &json!("fair")));
    let all = verdicts(&folder, &["--all", "--judge", "all"]).expect(0).json_lines();
    let judges: Vec<&str> = all[..4].iter().map(|line| line["judge"].as_str().unwrap()).collect();
    assert_eq!(judges, ["judge-1", "judge-2", "judge-3", "jury"]);
    let one =
        verdicts(&folder, &["--judge", "judge-1", "--outcome", "changed"]).expect(0).json_lines();
    assert_eq!(names(&one), ["plain beta"]);
    let said = verdicts(&folder, &["--outcome", "hung"]).expect(0);
    assert_eq!(said.stderr, "0 hung; 7 kept, 1 pending: --all shows them\n");
}

#[test]
fn csv_has_a_fixed_header_and_no_formulas() {
    let folder = ugly_grades(1, 1);
    let said = verdicts(&folder, &["--format", "csv", "--all"]).expect(0);
    let mut reader = csv::Reader::from_reader(said.stdout.as_bytes());
    let header: Vec<String> = reader.headers().unwrap().iter().map(ToOwned::to_owned).collect();
    assert_eq!(
        header.join(","),
        "id,system,judge,outcome,grade,step,passes,written_grade,reversed_grade,tags"
    );
    let rows: Vec<Vec<String>> =
        reader.records().map(|row| row.unwrap().iter().map(ToOwned::to_owned).collect()).collect();
    let tags = r#"{"lang":"en","topic":"geo"}"#;
    assert_eq!(
        rows[0],
        ["plain", "alpha", "judge-1", "kept", "good", "3", "true", "good", "good", tags]
    );
    assert_eq!(rows[1], ["plain", "beta", "judge-1", "changed", "", "", "", "fair", "good", tags]);
    assert_eq!(
        rows[2][..8],
        ["'=1+1", "alpha", "judge-1", "kept", "'=poor", "1", "false", "'=poor"]
    );
    assert_eq!(rows[4][4..7], ["cannot assess", "", ""]);
    assert_eq!(rows[5][7..9], ["fair", ""]);
    let jury = verdicts(&ugly_grades(3, 1), &["--format", "csv"]).expect(0).stdout;
    assert!(jury.contains("plain,alpha,jury,kept,fair,2,false,,,"), "{jury}");
}

#[test]
fn no_control_character_reaches_the_terminal() {
    let folder = ugly_grades(1, 1);
    for format in ["jsonl", "csv"] {
        let replies: &[&str] = if format == "jsonl" { &["--replies"] } else { &[] };
        let flags = [&["--all", "--format", format], replies].concat();
        let text = verdicts(&folder, &flags).expect(0).stdout;
        let unsafe_char = |char: char| (char.is_control() && char != '\n') || char == '\u{202e}';
        assert!(!text.contains(unsafe_char), "{text:?}");
    }
    let lines = verdicts(&folder, &["--replies"]).expect(0).json_lines();
    assert_eq!(lines[1]["id"], FORMULA);
    let reply = lines[1]["orders"][0]["replies"][0]["reply"].as_str().unwrap();
    assert!(reply.contains("u001b[2Jgone"), "{reply}");
}

#[test]
fn outcomes_and_rules_of_the_other_kind_are_refused() {
    let folder = ugly_grades(1, 1);
    for outcome in ["flipped", "split", "undecided"] {
        let said = verdicts(&folder, &["--outcome", outcome]).expect(2);
        assert!(said.stderr.contains(&format!("unknown outcome `{outcome}`")), "{}", said.stderr);
        let known = "expected one of kept, changed, unparsed, failed, pending, hung";
        assert!(said.stderr.contains(known), "{}", said.stderr);
    }
    let judged = RunSpec::new(rows(&[(2, "a/b", "a")])).judged();
    let said = verdicts(&judged.folder, &["--outcome", "changed"]).expect(2);
    assert!(said.stderr.contains("expected one of kept, flipped, split"), "{}", said.stderr);
    for flags in [&["--decide", "margin"][..], &["--threshold", "0.5"], &["--labels", "l.jsonl"]] {
        let said = verdicts(&folder, flags).expect(2);
        let message = "is about verdicts on comparisons, and this run has grades";
        assert!(said.stderr.contains(flags[0]) && said.stderr.contains(message), "{}", said.stderr);
    }
    verdicts(&folder, &["--format", "csv", "--replies"]).expect(2);
}

#[test]
fn replies_are_read_by_another_rubric_that_grades_and_by_no_other() {
    let folder = ugly_grades(1, 1);
    let said = verdicts(&folder, &["--rubric", "helpfulness"]).expect(3);
    let message = "this rubric compares responses, and the run grades single ones";
    assert!(said.stderr.contains(message), "{}", said.stderr);
    let rubric = format!(
        "{}\n[reply]\nformat = \"json\"\ntake = \"only\"\n",
        crate::support::ugly_grades::RUBRIC
    );
    folder.write("only.toml", &rubric);
    let lines = verdicts(&folder, &["--rubric", "./only.toml"]).expect(0).json_lines();
    assert_eq!(lines.len(), 5);
}
