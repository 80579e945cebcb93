//! Runs of grades with given replies and labels, judged and calibrated by the program.
//!
//! What a reply or a label says is one letter: a digit is the place of a step, `c` is "cannot assess"; a reply `?` cannot
//! be read, and `-` is not there. `1/0` is a reply with the scale as written, and one with the scale reversed; repeats
//! stand side by side (`11/10`). Labels are a letter for each annotator, `-` for none.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{CommandOutput, Folder, lines_of};

/// Who labels.
const ANNOTATORS: [&str; 3] = ["ana", "ben", "cyd"];

/// One response with its replies and its labels.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) id: String,
    pub(crate) system: &'static str,
    pub(crate) replies: &'static str,
    pub(crate) labels: &'static str,
    pub(crate) probability: Option<f64>,
    pub(crate) tag: Option<&'static str>,
}

/// So many responses of each kind, all of one system; their items are `q000`, `q001` and so on.
pub(crate) fn responses(
    system: &'static str,
    kinds: &[(usize, &'static str, &'static str)],
) -> Vec<Response> {
    let ids = (0..).map(|at| format!("q{at:03}"));
    responses_of(system, ids, kinds)
}

/// The same for given items.
pub(crate) fn responses_of(
    system: &'static str,
    ids: impl Iterator<Item = String>,
    kinds: &[(usize, &'static str, &'static str)],
) -> Vec<Response> {
    let all = kinds.iter().flat_map(|kind| std::iter::repeat_n((kind.1, kind.2), kind.0));
    let of_kind = |(id, (replies, labels))| Response {
        id,
        system,
        replies,
        labels,
        probability: None,
        tag: None,
    };
    ids.zip(all).map(of_kind).collect()
}

/// The rubric and the responses of a run that is still to be graded.
#[derive(Debug, Clone)]
pub(crate) struct GradeSpec {
    pub(crate) steps: &'static [&'static str],
    /// The line of the rubric that says what passes; empty for none.
    pub(crate) pass_from: &'static str,
    pub(crate) cannot_assess: bool,
    pub(crate) responses: Vec<Response>,
    /// The exit code of `grade`: 5 where replies are missing.
    pub(crate) code: i32,
}

pub(crate) const TWO: &[&str] = &["fail", "pass"];
pub(crate) const FOUR: &[&str] = &["poor", "fair", "good", "excellent"];

impl GradeSpec {
    /// Responses on a scale of two steps.
    pub(crate) fn two(responses: Vec<Response>) -> Self {
        Self { steps: TWO, pass_from: "", cannot_assess: false, responses, code: 0 }
    }

    /// Responses on a scale of four steps, of which the better two pass.
    pub(crate) fn four(responses: Vec<Response>) -> Self {
        let pass_from = "pass_from = \"good\"\n";
        Self { steps: FOUR, pass_from, cannot_assess: false, responses, code: 0 }
    }

    /// Grades the responses and writes the labels.
    pub(crate) fn graded(&self) -> CalibratedGrades {
        let folder = Folder::new();
        let mut items: BTreeMap<&str, Value> = BTreeMap::new();
        let (mut replies, mut labels) = (String::new(), String::new());
        for response in &self.responses {
            let Response { id, system, .. } = response;
            let item = items
                .entry(id)
                .or_insert_with(|| json!({ "id": id, "prompt": format!("Question {id}?") }));
            item["responses"][system] = format!("{system} answers {id}.").into();
            if let Some(tag) = response.tag {
                item["tags"] = json!({ "kind": tag });
            }
            replies += &self.replies(response);
            labels += &self.labels(response);
        }
        let items = lines_of(items.values());
        folder.write("items.jsonl", &items);
        folder.write("replies.jsonl", &replies);
        folder.write("labels.jsonl", &labels);
        folder.write("r.toml", &self.rubric());
        folder.write("evenhand.toml", "[judges.judge-1]\nrecorded = \"replies.jsonl\"\n");
        let first = self.responses[0].replies;
        let repeat = first.find('/').unwrap().to_string();
        let command = ["grade", "items.jsonl", "--rubric", "./r.toml", "--judge", "judge-1"];
        let flags = ["--run", "run.db", "--repeat", &repeat, "--inconclusive", "pass"];
        folder.run(&[&command[..], &flags[..]].concat()).expect(self.code);
        CalibratedGrades { folder }
    }

    fn rubric(&self) -> String {
        let steps = self.steps.iter().map(|step| format!("\"{step}\""));
        let cannot_assess = if self.cannot_assess { "cannot_assess = true\n" } else { "" };
        format!(
            "name = \"r\"\ndescription = \"Is it good?\"\nmode = \"grade\"\nscale = [{}]\n{}{cannot_assess}",
            steps.collect::<Vec<_>>().join(", "),
            self.pass_from,
        )
    }

    fn name(&self, letter: char) -> &'static str {
        match letter.to_digit(10) {
            Some(step) => self.steps[step as usize],
            None => "cannot assess",
        }
    }

    fn replies(&self, response: &Response) -> String {
        let mut text = String::new();
        let Response { id, system, replies, .. } = response;
        for (scale, letters) in ["written", "reversed"].into_iter().zip(replies.split('/')) {
            for letter in letters.chars().filter(|letter| *letter != '-') {
                let mut line = json!({ "id": id, "system": system, "scale": scale });
                match letter {
                    '?' => line["reply"] = "I cannot say.".into(),
                    letter => line["grade"] = self.name(letter).into(),
                }
                writeln!(text, "{line}").unwrap();
            }
        }
        text
    }

    fn labels(&self, response: &Response) -> String {
        let mut text = String::new();
        let Response { id, system, labels, probability, .. } = response;
        for (annotator, letter) in ANNOTATORS.iter().zip(labels.chars()) {
            if letter == '-' {
                continue;
            }
            let mut line = json!({
                "id": id, "annotator": annotator, "system": system, "grade": self.name(letter),
            });
            if let Some(probability) = probability {
                line["probability"] = (*probability).into();
            }
            writeln!(text, "{line}").unwrap();
        }
        text
    }
}

/// A graded run with its labels.
pub(crate) struct CalibratedGrades {
    pub(crate) folder: Folder,
}

impl CalibratedGrades {
    /// Calibrates by `labels.jsonl`.
    pub(crate) fn calibrate(&self, flags: &[&str]) -> CommandOutput {
        self.folder.run(&[&["calibrate", "run.db", "--labels", "labels.jsonl"], flags].concat())
    }

    /// The same as numbers, where all is well.
    pub(crate) fn found(&self, flags: &[&str]) -> Value {
        let said = self.calibrate(&[flags, &["--format", "json"]].concat()).expect(0);
        assert!(!said.stdout.contains("NaN") && !said.stdout.contains("inf"), "{}", said.stdout);
        serde_json::from_str(&said.stdout).unwrap()
    }
}

/// Fails unless a number is what another program says.
#[track_caller]
pub(crate) fn assert_near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "found {found}, expected {expected}");
}
