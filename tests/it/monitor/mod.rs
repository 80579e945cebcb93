//! The same evaluation over time.

mod attribution;
mod check;
mod drawn;
mod end_to_end;
mod false_alarms;
mod graded;
mod history;
mod metrics;
mod models_over_time;
mod not_assessed;
mod page;
mod pipeline;
mod scales;
mod simulated;
mod undecided;

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{CommandOutput, Folder};

/// A night's items and what a recorded judge says of them.
///
/// There are 100 anchors, whose texts are the same every night, and traffic: 100 items whose responses depend on
/// `version`, or new ones. Of both, people and judge prefer one of two systems, `base` and `cand`.
#[derive(Debug, Clone)]
pub(crate) struct Night {
    /// Anchors of which the judge is wrong.
    pub(crate) wrong: usize,
    /// The version of the responses to the traffic.
    pub(crate) version: usize,
    /// How many of the 100 items of the traffic `cand` loses.
    pub(crate) losses: usize,
    /// Whether the items of the traffic are new ones: longer, and in another language.
    pub(crate) is_new_traffic: bool,
    /// How many anchors there are.
    pub(crate) anchors: usize,
    /// Whether the items of the traffic are new ones like those before.
    pub(crate) is_fresh: bool,
    /// How many items of the traffic there are.
    pub(crate) traffic: usize,
    /// How many items of the traffic the judge leaves undecided.
    pub(crate) undecided: usize,
    /// What the responses of `cand` to the traffic end with.
    pub(crate) ending: &'static str,
}

impl Default for Night {
    fn default() -> Self {
        Self {
            wrong: 15,
            version: 0,
            losses: 50,
            is_new_traffic: false,
            anchors: 100,
            is_fresh: false,
            traffic: 100,
            undecided: 0,
            ending: "",
        }
    }
}

/// A history in a folder with a recorded judge.
pub(crate) struct Monitored {
    pub(crate) folder: Folder,
    nights: usize,
}

impl Monitored {
    pub(crate) fn new() -> Self {
        let folder = Folder::new();
        folder.write("evenhand.toml", "[judges.recorded]\nrecorded = \"replies.jsonl\"\n");
        Self { folder, nights: 0 }
    }

    /// Judges a night and returns the name of its run.
    pub(crate) fn judge(&mut self, night: &Night) -> String {
        let (mut items, mut replies, mut labels) = (String::new(), String::new(), String::new());
        let mut add = |item: Value, winner: Option<&str>, label: Option<&str>| {
            for [first, second] in [["base", "cand"], ["cand", "base"]] {
                // Undecided: the response shown first, in both orders.
                let vote =
                    if winner.is_none_or(|winner| winner == first) { "first" } else { "second" };
                let reply = format!("{{\"vote\":\"{vote}\"}}");
                let line =
                    json!({"id": item["id"], "first": first, "second": second, "reply": reply});
                writeln!(replies, "{line}").unwrap();
            }
            if let Some(label) = label {
                let line = json!({"id": item["id"], "annotator": "ana", "winner": label});
                writeln!(labels, "{line}").unwrap();
            }
            writeln!(items, "{item}").unwrap();
        };
        // Spreads what differs over the items; the judge changes its mind of a few from night to night.
        let place = |at: usize| (at * 37 + 2 * (self.nights % 2)) % 100;
        for at in 0..night.anchors {
            let [better, worse] = if at % 2 == 0 { ["cand", "base"] } else { ["base", "cand"] };
            let item = json!({
                "id": format!("a{at}"),
                "prompt": format!("How do I reset the password of my account number {at}?"),
                "responses": {"base": format!("Ask support about {at}."), "cand": format!("Open the settings, {at}.")},
                "tags": {"product": if at % 3 == 0 { "billing" } else { "accounts" }},
            });
            let winner = if place(at) < night.wrong { worse } else { better };
            add(item, Some(winner), Some(better));
        }
        for at in 0..night.traffic {
            let id = if night.is_new_traffic {
                format!("n{}-{at}", self.nights)
            } else if night.is_fresh {
                format!("f{}-{at}", self.nights)
            } else {
                format!("t{at}")
            };
            let prompt = if night.is_new_traffic {
                format!(
                    "Ich kann mich nicht anmelden und die Rechnung {at} ist nicht da. {}",
                    "Bitte helfen Sie mir. ".repeat(8)
                )
            } else if night.is_fresh {
                // As long as those of the anchors.
                format!("How do I reset the password of my thing-{} number {at}?", self.nights)
            } else {
                format!("What is the price of the plan number {at}?")
            };
            let item = json!({
                "id": id,
                "prompt": prompt,
                "responses": {"base": format!("See the page {at}."), "cand": format!("Version {}: {at} euros.{}", night.version, night.ending)},
                "tags": {"product": if at % 3 == 0 { "billing" } else { "accounts" }},
            });
            let lost = (at * 37 + 11 * night.version) % 100 < night.losses;
            let is_decided = (at * 53) % 100 >= night.undecided;
            add(item, is_decided.then_some(if lost { "base" } else { "cand" }), None);
        }
        self.folder.write("items.jsonl", &items);
        self.folder.write("labels.jsonl", &labels);
        self.folder.write("replies.jsonl", &replies);
        let run = format!("night-{}.db", self.nights);
        self.nights += 1;
        self.judge_items(&run).expect(0);
        run
    }

    /// Judges the items that are in the folder with the recorded judge.
    pub(crate) fn judge_items(&self, run: &str) -> CommandOutput {
        let judge = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "recorded"];
        self.folder.run(&[&judge[..], &["--run", run]].concat())
    }

    /// Scores the items that are in the folder by a metric, into `metrics.json`.
    pub(crate) fn score_items(&self, flags: &[&str]) {
        let command = ["metrics", "items.jsonl", "--metric", "compression", "--format", "json"];
        let said = self.folder.run(&[&command[..], flags].concat()).expect(0);
        self.folder.write("metrics.json", &said.stdout);
    }

    /// Judges a night and adds its run with labels and the scores of a metric.
    pub(crate) fn add_scored(&mut self, night: &Night, flags: &[&str]) -> CommandOutput {
        let run = self.judge(night);
        self.score_items(&["--per-item"]);
        let add = ["monitor", "add", &run, "--history", "monitor", "--labels", "labels.jsonl"];
        self.folder.run(&[&add[..], &["--metrics", "metrics.json"], flags].concat()).expect(0)
    }

    /// Judges a night and adds its run without labels.
    pub(crate) fn add_unlabelled(&mut self, night: &Night, flags: &[&str]) -> CommandOutput {
        let run = self.judge(night);
        let command = ["monitor", "add", &run, "--history", "monitor"];
        self.folder.run(&[&command[..], flags].concat()).expect(0)
    }

    /// Judges a night and adds its run with labels.
    pub(crate) fn add(&mut self, night: &Night, flags: &[&str]) -> CommandOutput {
        let run = self.judge(night);
        let command = ["monitor", "add", &run, "--history", "monitor", "--labels", "labels.jsonl"];
        self.folder.run(&[&command[..], flags].concat()).expect(0)
    }

    /// Two nights as a baseline.
    pub(crate) fn with_baseline() -> Self {
        let mut monitored = Self::new();
        for _ in 0..2 {
            monitored.add(&Night::default(), &["--baseline"]);
        }
        monitored
    }

    /// Checks the history, which must end with an exit code, as JSON.
    pub(crate) fn check(&self, code: i32, flags: &[&str]) -> Value {
        let command = ["monitor", "check", "--history", "monitor", "--format", "json"];
        let said = self.folder.run(&[&command[..], flags].concat()).expect(code);
        serde_json::from_str(&said.stdout).unwrap()
    }

    /// The text of the history file.
    pub(crate) fn history(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("monitor/history.jsonl")).unwrap()
    }
}

/// The codes of the warnings of a check.
pub(crate) fn codes(found: &Value) -> Vec<&str> {
    let warnings = found["warnings"].as_array().unwrap();
    warnings.iter().map(|warning| warning["code"].as_str().unwrap()).collect()
}
