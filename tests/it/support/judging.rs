//! A folder in which `judge-1` judges items of `alpha` and `beta`, and what the run file then says.

use std::fmt::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::Folder;

impl Folder {
    /// Writes the items `q-001` and so on, with the responses of `alpha` and `beta`.
    pub(crate) fn write_items(&self, items: usize) {
        let mut text = String::new();
        for id in (1..=items).map(|number| format!("q-{number:03}")) {
            let item = json!({
                "id": id,
                "prompt": format!("Question {id} of the exam."),
                "responses": { "alpha": format!("ALPHA on {id}."), "beta": format!("BETA on {id}.") },
            });
            writeln!(text, "{item}").unwrap();
        }
        self.write("items.jsonl", &text);
    }

    /// `judge` into `run.db` with `judge-1`, unless the flags say otherwise. A run that keeps nothing ends with 0 here.
    pub(crate) fn judge_command(&self, flags: &[&str]) -> Command {
        let mut command = self.command(&["judge", "items.jsonl"]);
        command.env("EVENHAND_INCONCLUSIVE", "pass").stdin(Stdio::null());
        for (flag, value) in
            [("--run", "run.db"), ("--rubric", "helpfulness"), ("--judge", "judge-1")]
        {
            if !flags.contains(&flag) {
                command.args([flag, value]);
            }
        }
        command.args(flags);
        command
    }

    /// Every comparison of the run with every stored reply.
    pub(crate) fn verdicts(&self) -> Vec<Value> {
        self.run(&["verdicts", "run.db", "--all", "--replies"]).expect(0).json_lines()
    }

    /// `kept beta`, `flipped`, `failed` and so on, one for each comparison.
    pub(crate) fn outcomes(&self) -> Vec<String> {
        let line = |verdict: &Value| {
            let outcome = verdict["outcome"].as_str().unwrap();
            match verdict["winner"].as_str() {
                Some(winner) => format!("{outcome} {winner}"),
                None => outcome.to_owned(),
            }
        };
        self.verdicts().iter().map(line).collect()
    }
}
