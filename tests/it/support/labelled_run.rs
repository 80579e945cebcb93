//! Small runs with given replies and labels, for tests of calibration.
//!
//! What a reply prefers is one letter: `a` and `b` are the two systems in byte order, `t` is a tie, `?` cannot
//! be read, `-` is not there. `a/b` is a reply with the first of them shown first, and one with the second
//! shown first. Repeats stand side by side (`aab/aaa`), judges apart (`a/a b/b`). Labels are a letter for each
//! annotator, `-` for none.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{CommandOutput, Folder};

/// One comparison: its replies and its labels.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) between: [&'static str; 2],
    pub(crate) replies: &'static str,
    pub(crate) labels: &'static str,
    /// Which response is longer: `a`, `b`, or `=` for neither.
    pub(crate) longer: char,
    pub(crate) tag: Option<String>,
}

impl Row {
    pub(crate) fn new(
        id: &str,
        between: [&'static str; 2],
        replies: &'static str,
        labels: &'static str,
    ) -> Self {
        Self { id: id.to_owned(), between, replies, labels, longer: '=', tag: None }
    }
}

/// Comparisons of alpha and beta, so many of each kind; their ids are `q000`, `q001` and so on.
pub(crate) fn rows(kinds: &[(usize, &'static str, &'static str)]) -> Vec<Row> {
    let all = kinds.iter().flat_map(|kind| std::iter::repeat_n(kind, kind.0));
    all.enumerate()
        .map(|(at, (_, replies, labels))| {
            Row::new(&format!("q{at:03}"), ["alpha", "beta"], replies, labels)
        })
        .collect()
}

/// The rows and flags of a run that is still to be judged.
#[derive(Debug, Clone)]
pub(crate) struct RunSpec {
    pub(crate) rows: Vec<Row>,
    pub(crate) ties: bool,
    pub(crate) annotators: [&'static str; 3],
    pub(crate) flags: Vec<&'static str>,
    /// The exit code of `judge`: 5 where replies are missing.
    pub(crate) code: i32,
    /// A number that decides the order of the lines in the files of items and replies.
    pub(crate) shuffle: Option<u64>,
    /// By item: how its responses were generated, by system.
    pub(crate) generated: BTreeMap<String, Value>,
}

impl RunSpec {
    pub(crate) fn new(rows: Vec<Row>) -> Self {
        Self {
            rows,
            ties: true,
            annotators: ["ana", "ben", "cyd"],
            flags: Vec::new(),
            code: 0,
            shuffle: None,
            generated: BTreeMap::new(),
        }
    }

    /// Judges and returns the folder with `run.db`, `labels.jsonl` and the rubric `r.toml`.
    pub(crate) fn judged(&self) -> JudgedRun {
        let folder = Folder::new();
        folder.write("items.jsonl", &self.in_order(self.items()));
        folder.write("labels.jsonl", &self.labels());
        folder.write("r.toml", &rubric("r", self.ties));
        let judges = self.rows[0].replies.split(' ').count();
        let repeats = self.rows[0].replies.find(['/', ' ']).unwrap().to_string();
        let mut settings = String::new();
        let mut command = vec!["judge", "items.jsonl", "--rubric", "./r.toml", "--run", "run.db"];
        let names: Vec<String> = (1..=judges).map(|judge| format!("judge-{judge}")).collect();
        for (judge, name) in names.iter().enumerate() {
            let replies = self.in_order(self.replies(judge));
            folder.write(&format!("{name}.jsonl"), &replies);
            writeln!(settings, "[judges.{name}]\nrecorded = \"{name}.jsonl\"").unwrap();
            command.extend(["--judge", name]);
        }
        folder.write("evenhand.toml", &settings);
        command.extend(["--repeat", &repeats]);
        // A run that keeps nothing is a run like any other here.
        command.extend(["--inconclusive", "pass"]);
        command.extend(&self.flags);
        folder.run(&command).expect(self.code);
        JudgedRun { folder }
    }

    /// The lines of a file in the order that `shuffle` decides.
    fn in_order(&self, text: String) -> String {
        let Some(seed) = self.shuffle else { return text };
        let lines =
            text.lines().zip(1_u64..).map(|(line, at)| (at.wrapping_mul(seed) % 1013, line));
        let mut lines: Vec<(u64, &str)> = lines.collect();
        lines.sort_unstable();
        let lines: Vec<&str> = lines.into_iter().map(|(_, line)| line).collect();
        lines.join("\n") + "\n"
    }

    fn items(&self) -> String {
        let mut items: BTreeMap<&str, (BTreeMap<&str, String>, Option<&String>)> = BTreeMap::new();
        for row in &self.rows {
            let (responses, tag) = items.entry(&row.id).or_default();
            for (system, letter) in row.between.into_iter().zip(['a', 'b']) {
                let number = responses.len();
                let more =
                    if row.longer == letter { ", and that is all there is to it" } else { "" };
                responses.entry(system).or_insert_with(|| format!("answer {number}{more}"));
            }
            *tag = row.tag.as_ref();
        }
        let line = |(id, (responses, tag)): (&str, (_, Option<&String>))| {
            let tags = tag.map_or(json!({}), |tag| json!({ "kind": tag }));
            let prompt = format!("Question {id}?");
            let mut item =
                json!({ "id": id, "prompt": prompt, "responses": responses, "tags": tags });
            if let Some(generated) = self.generated.get(id) {
                item["generated"] = generated.clone();
            }
            format!("{item}\n")
        };
        items.into_iter().map(line).collect()
    }

    /// The label file.
    pub(crate) fn labels(&self) -> String {
        let mut text = String::new();
        for row in &self.rows {
            for (annotator, letter) in self.annotators.iter().zip(row.labels.chars()) {
                if letter != '-' {
                    let winner = choice(row.between, letter);
                    text += &label(&row.id, annotator, row.between, winner);
                }
            }
        }
        text
    }

    fn replies(&self, judge: usize) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let [a, b] = row.between;
            let orders = row.replies.split(' ').nth(judge).unwrap().split('/');
            for (order, letters) in orders.enumerate() {
                let (first, second) = if order == 0 { (a, b) } else { (b, a) };
                for letter in letters.chars().filter(|letter| *letter != '-') {
                    let reply = match choice(row.between, letter) {
                        _ if letter == '?' => "I cannot say.",
                        "tie" => "TIE",
                        system if system == first => "FIRST",
                        _ => "SECOND",
                    };
                    let reply =
                        json!({ "id": row.id, "first": first, "second": second, "reply": reply });
                    writeln!(text, "{reply}").unwrap();
                }
            }
        }
        text
    }
}

fn choice(between: [&'static str; 2], letter: char) -> &'static str {
    match letter {
        'a' => between[0],
        'b' => between[1],
        _ => "tie",
    }
}

/// A line of a label file.
pub(crate) fn label(id: &str, annotator: &str, between: [&str; 2], winner: &str) -> String {
    let label = json!({ "id": id, "annotator": annotator, "between": between, "winner": winner });
    format!("{label}\n")
}

/// A rubric that reads the words FIRST, SECOND and TIE.
pub(crate) fn rubric(name: &str, ties: bool) -> String {
    let tie = if ties { "tie = 'TIE'\n" } else { "" };
    format!(
        "name = \"{name}\"\ndescription = \"Which is better?\"\nties = {ties}\n\
         [reply]\nformat = \"pattern\"\nfirst = 'FIRST'\nsecond = 'SECOND'\n{tie}"
    )
}

/// A judged run with its labels.
pub(crate) struct JudgedRun {
    pub(crate) folder: Folder,
}

impl JudgedRun {
    /// Calibrates by `labels.jsonl`, unless the flags name other labels.
    pub(crate) fn calibrate(&self, flags: &[&str]) -> CommandOutput {
        let labels: &[&str] =
            if flags.contains(&"--labels") { &[] } else { &["--labels", "labels.jsonl"] };
        self.folder.run(&[&["calibrate", "run.db"], labels, flags].concat())
    }

    /// The same as numbers, where all is well.
    pub(crate) fn found(&self, flags: &[&str]) -> Value {
        let said = self.calibrate(&[flags, &["--format", "json"]].concat()).expect(0);
        assert!(!said.stdout.contains("NaN") && !said.stdout.contains("inf"), "{}", said.stdout);
        serde_json::from_str(&said.stdout).unwrap()
    }

    /// Writes other labels for [`JudgedRun::calibrate`] to use.
    pub(crate) fn label(&self, text: &str) {
        self.folder.write("labels.jsonl", text);
    }

    /// The lines that `sample` prints.
    pub(crate) fn sample(&self, flags: &[&str]) -> Vec<Value> {
        self.folder.run(&[&["sample", "run.db"], flags].concat()).expect(0).json_lines()
    }

    /// How each comparison ended, and for whom.
    pub(crate) fn outcomes(&self) -> BTreeMap<String, String> {
        let verdicts = self.folder.run(&["verdicts", "run.db", "--all"]).expect(0).json_lines();
        let word = |verdict: &Value| {
            let winner = verdict["winner"].as_str().unwrap_or_default();
            format!("{} {winner}", verdict["outcome"].as_str().unwrap())
        };
        let id = |verdict: &Value| verdict["id"].as_str().unwrap().to_owned();
        verdicts.iter().map(|verdict| (id(verdict), word(verdict))).collect()
    }
}

/// The value of an estimate.
#[track_caller]
pub(crate) fn value(estimate: &Value) -> f64 {
    estimate["value"].as_f64().unwrap_or_else(|| panic!("no value: {estimate}"))
}

/// The interval of an estimate.
#[track_caller]
pub(crate) fn interval(estimate: &Value) -> [f64; 2] {
    ["low", "high"]
        .map(|end| estimate[end].as_f64().unwrap_or_else(|| panic!("no {end}: {estimate}")))
}

/// Whether an estimate is null with a count.
pub(crate) fn is_undefined(estimate: &Value) -> bool {
    ["value", "low", "high"].iter().all(|key| estimate[key].is_null()) && estimate["n"].is_u64()
}

/// The message of a warning; `None` where there is no such warning.
pub(crate) fn warning<'a>(found: &'a Value, code: &str) -> Option<&'a str> {
    let warnings = found["warnings"].as_array().unwrap();
    let warning = warnings.iter().find(|warning| warning["code"] == code)?;
    Some(warning["message"].as_str().unwrap())
}

/// `n(Po − Pe)` and `n(1 − Pe)` of a table whose rows are one rater and whose columns the other: κ is the first
/// over the second, and over several tables the sum of the first over the sum of the second.
pub(crate) fn beyond_chance(table: &[Vec<f64>]) -> [f64; 2] {
    let n: f64 = table.iter().flatten().sum();
    if n <= 0.0 {
        return [0.0, 0.0];
    }
    let diagonal: f64 = (0..table.len()).map(|at| table[at][at]).sum();
    let column = |at: usize| table.iter().map(|row| row[at]).sum::<f64>();
    let chance: f64 = (0..table.len()).map(|at| table[at].iter().sum::<f64>() * column(at)).sum();
    [diagonal - chance / n, n - chance / n]
}

/// The counts of a pair's confusion matrix.
pub(crate) fn confusion(pair: &Value) -> Vec<Vec<f64>> {
    let rows = pair["confusion"]["counts"].as_array().unwrap();
    let numbers = |row: &Value| -> Vec<f64> {
        row.as_array().unwrap().iter().map(|count| count.as_f64().unwrap()).collect()
    };
    rows.iter().map(numbers).collect()
}

/// A report on one line, so that a test does not depend on where its lines break.
pub(crate) fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
