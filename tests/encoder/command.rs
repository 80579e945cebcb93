//! `BERTScore` as users meet it: `evenhand metrics --metric bertscore`.

use std::path::Path;
use std::process::Command;

use evenhand::input::ItemSource;
use evenhand::metrics::{
    BertScore, BertScorePart, EvaluationSettings, KeepScores, Metric, score_items,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::tiny::TinyEncoder;
use crate::{assert_close, golden, strings};

/// What a command printed.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// Returns the program in a folder, with a cache folder of its own below it.
pub(crate) fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evenhand"));
    let ours = std::env::vars_os().map(|(name, _)| name);
    for name in ours.filter(|name| name.to_string_lossy().starts_with("EVENHAND_")) {
        command.env_remove(name);
    }
    command.current_dir(folder).args(arguments).env("EVENHAND_CACHE_DIR", folder.join("cache"));
    command
}

/// Runs the program in a folder.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Said {
    said(program(folder, arguments))
}

/// Runs a command.
pub(crate) fn said(mut command: Command) -> Said {
    let output = command.output().unwrap();
    Said {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Writes items and returns their folder: by item the responses of one system, and the references.
pub(crate) fn items(responses: &[&str], references: &[Value]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let lines = responses.iter().zip(references).enumerate().map(|(at, (response, reference))| {
        json!({"id": format!("i{at}"), "prompt": "?", "responses": {"one": response}, "reference": reference})
            .to_string()
    });
    std::fs::write(folder.path().join("items.jsonl"), lines.collect::<Vec<_>>().join("\n"))
        .unwrap();
    folder
}

/// Returns precision, recall and F1 of each response, as one call of `bert_score` has them.
pub(crate) fn evaluate(
    bert_score: &BertScore,
    responses: &[&str],
    references: &[Value],
) -> Vec<[Option<f64>; 3]> {
    let folder = items(responses, references);
    let source = ItemSource::open(&folder.path().join("items.jsonl"), &[]).unwrap();
    let mut settings = EvaluationSettings::default();
    settings.metrics = [BertScorePart::Precision, BertScorePart::Recall, BertScorePart::F1]
        .map(Metric::BertScore)
        .to_vec();
    settings.bert_score = Some(bert_score.clone());
    settings.keep_scores = KeepScores::All;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let source = source.with_single_responses();
    let totals = runtime.block_on(score_items(&source, settings, Vec::new())).unwrap();
    let scores = totals.evaluate().scores.unwrap();
    scores.responses.iter().map(|response| response.values.clone().try_into().unwrap()).collect()
}

/// Returns the flags that compute the three scores by an encoder.
fn flags(encoder: &str) -> Vec<&str> {
    vec![
        "metrics",
        "items.jsonl",
        "--metric",
        "bertscore",
        "--metric",
        "bertscore-precision",
        "--metric",
        "bertscore-recall",
        "--encoder",
        encoder,
        "--format",
        "json",
        "--per-item",
    ]
}

/// The items of `tests/oracle/bertscore.py`.
pub(crate) fn golden_items() -> TempDir {
    let golden = golden();
    items(&strings(&golden["candidates"]), golden["references"].as_array().unwrap())
}

pub(crate) fn document(folder: &Path, flags: &[&str]) -> Value {
    serde_json::from_str(&run(folder, flags).expect(0).stdout).unwrap()
}

#[test]
fn the_document_has_the_scores_of_bert_score_and_a_signature_that_names_encoder_and_settings() {
    let encoder = TinyEncoder::new("bert");
    let folder = golden_items();
    let path = encoder.path().to_str().unwrap();
    let found = document(folder.path(), &[&flags(path)[..], &["--layer", "3", "--idf"]].concat());
    let golden = golden();
    let scores = golden["families"]["bert"]["scores"].as_array().unwrap();
    let expected = scores.iter().find(|one| one["idf"] == true && one["layer"] == 3).unwrap();
    let rows = found["items"].as_array().unwrap();
    assert_eq!(rows.len(), 7 * 3);
    for (name, part) in
        [("bertscore", "f1"), ("bertscore-precision", "precision"), ("bertscore-recall", "recall")]
    {
        let of_metric = rows.iter().filter(|row| row["metric"] == name);
        for (row, expected) in of_metric.zip(expected[part].as_array().unwrap()) {
            assert_close(row["value"].as_f64().unwrap(), expected.as_f64().unwrap(), 1e-5);
        }
    }
    let report = &found["metrics"][0];
    assert_eq!(report["metric"], "bertscore");
    assert_eq!(report["better"], "higher");
    let signature = report["signature"].as_str().unwrap();
    for part in
        ["|layer:3/3|chosen:given|", "|idf:yes|", "|rescaled:no|", "|batch:64|bert_score:0.3.13|"]
    {
        assert!(signature.contains(part), "{signature}");
    }
    let name = encoder.path().file_name().unwrap().to_str().unwrap();
    assert!(signature.starts_with(&format!("encoder:{name}@")), "{signature}");
    let codes: Vec<&str> = found["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert!(codes.contains(&"truncated-text") && codes.contains(&"empty-text"), "{codes:?}");
}

#[test]
fn the_tables_name_the_encoder_and_say_that_scores_of_others_are_not_comparable() {
    let encoder = TinyEncoder::new("bert");
    let folder = golden_items();
    let path = encoder.path().to_str().unwrap();
    let name = encoder.path().file_name().unwrap().to_str().unwrap();
    for format in ["table", "markdown"] {
        let flags = [
            "metrics",
            "items.jsonl",
            "--metric",
            "bertscore",
            "--encoder",
            path,
            "--format",
            format,
        ];
        let said = run(folder.path(), &flags).expect(0).stdout;
        let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(name), "{said}");
        assert!(words.contains("layer 3 of 3"), "{said}");
        assert!(words.contains("another encoder or layer are not comparable"), "{said}");
    }
    // A table of other metrics says nothing of encoders.
    let said =
        run(folder.path(), &["metrics", "items.jsonl", "--metric", "rouge-l"]).expect(0).stdout;
    assert!(!said.contains("encoder"), "{said}");
}

#[test]
fn agreement_with_labels_is_reported_as_for_every_metric() {
    let encoder = TinyEncoder::new("distilbert");
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
    let texts = ["the cat sat on the mat.", "a man was paid", "the dog ran very fast", "refund"];
    let item = |at: usize| {
        let (one, two) = (texts[at % 4], texts[(at + 1) % 4]);
        json!({"id": format!("i{at}"), "prompt": "?", "responses": {"a": one, "b": two}, "reference": one})
    };
    let lines: Vec<String> = (0..12).map(|at| item(at).to_string()).collect();
    write("items.jsonl", lines.join("\n"));
    let label = |at: usize| json!({"id": format!("i{at}"), "between": ["a", "b"], "winner": "a", "annotator": "p"});
    let labels: Vec<String> = (0..12).map(|at| label(at).to_string()).collect();
    write("labels.jsonl", labels.join("\n"));
    let path = encoder.path().to_str().unwrap();
    let flags = [
        "metrics",
        "items.jsonl",
        "--labels",
        "labels.jsonl",
        "--metric",
        "bertscore",
        "--encoder",
        path,
        "--format",
        "json",
    ];
    let found = document(folder.path(), &flags);
    assert_eq!(found["metrics"][0]["labels"]["agreement"]["value"], 1.0, "{found}");
    assert_eq!(found["metrics"][0]["best"], "a");
    assert_close(found["metrics"][0]["systems"][0]["score"]["value"].as_f64().unwrap(), 1.0, 1e-6);
}

#[test]
fn without_an_encoder_the_error_says_which_command_brings_one() {
    let folder = golden_items();
    let said = run(folder.path(), &["metrics", "items.jsonl", "--metric", "bertscore"]).expect(3);
    assert!(said.stderr.contains("evenhand models pull all-minilm-l6-v2"), "{}", said.stderr);
    assert!(said.stderr.contains("--encoder DIR"), "{}", said.stderr);
    let flags = ["metrics", "items.jsonl", "--metric", "bertscore", "--encoder", "unknown-model"];
    let said = run(folder.path(), &flags).expect(3);
    assert!(said.stderr.contains("evenhand models pull unknown-model"), "{}", said.stderr);
}

#[test]
fn flags_that_would_have_no_effect_are_refused() {
    let folder = golden_items();
    for flag in [
        &["--layer", "2"][..],
        &["--encoder", "x"],
        &["--idf"],
        &["--no-cache"],
        &["--baseline-file", "x"],
    ] {
        let all = [&["metrics", "items.jsonl", "--metric", "rouge-l"], flag].concat();
        let said = run(folder.path(), &all).expect(2);
        assert!(said.stderr.contains(flag[0]), "{}", said.stderr);
    }
}

#[test]
fn a_baseline_file_that_is_no_such_table_is_refused_with_its_place() {
    let encoder = TinyEncoder::new("bert");
    let folder = golden_items();
    let path = encoder.path().to_str().unwrap();
    for (text, expected) in [
        ("", "baseline.tsv:1: expected the header LAYER,P,R,F"),
        ("LAYER,P,R,F\n1,0.5,0.5\n", "baseline.tsv:2: expected a layer and three numbers"),
        (
            "LAYER,P,R,F\n3,0.5,0.5,1\n",
            "baseline.tsv:2: a baseline must be a number below 1, found 1",
        ),
        ("LAYER,P,R,F\n1,0.5,0.5,0.5\n", "there is no line for layer 3"),
    ] {
        std::fs::write(folder.path().join("baseline.tsv"), text).unwrap();
        let said =
            run(folder.path(), &[&flags(path)[..], &["--baseline-file", "baseline.tsv"]].concat());
        let said = said.expect(3);
        assert!(said.stderr.contains(expected), "{}", said.stderr);
    }
}
