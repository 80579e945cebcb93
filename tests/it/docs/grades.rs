//! A scripted server that grades the sample's summaries: it sees their defects, not quite as bad as they are, and takes
//! the end of the scale that is listed first a little too often.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::page::repository;
use super::severity::severity;
use crate::support::server::{Answer, ReceivedRequest};

/// The scale of the rubric `summary-grade`, worst first: what a summary with a defect of each severity deserves.
const STEPS: [&str; 5] = ["misleading", "incomplete", "weak", "usable", "good"];
/// How many steps the end of the scale that is listed first attracts.
const PULL_OF_FIRST: f64 = 0.2;

fn lines(name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(repository("calibration/tickets").join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Returns the step, from 0 to 4, that each summary of the sample looks like to the judge.
fn looks() -> HashMap<String, f64> {
    let items = lines("items.jsonl");
    let responses: HashMap<&str, &Value> =
        items.iter().map(|item| (item["id"].as_str().unwrap(), &item["responses"])).collect();
    let seen = lines("defects.jsonl").into_iter().map(|line| {
        let [id, system] = ["id", "system"].map(|key| line[key].as_str().unwrap());
        let text = responses[id][system].as_str().unwrap();
        let worst = line["defects"].as_array().unwrap().iter().map(severity).max().unwrap_or(0);
        // What the judge gets wrong depends on the text alone, so it is the same in both directions.
        let mistake = (text.chars().count() % 7) as f64 - 3.0;
        (text.to_owned(), 4.0 - f64::from(worst) + 0.4 * mistake)
    });
    seen.collect()
}

/// Returns a script that grades a response.
pub(super) fn by_defects() -> impl Fn(&ReceivedRequest) -> Answer + Send + Sync + 'static {
    let looks = looks();
    move |seen| {
        let messages = seen.body["messages"].as_array().unwrap();
        let [instructions, asked] = [messages.first(), messages.last()]
            .map(|message| message.unwrap()["content"].as_str().unwrap());
        let shown = asked.split(" response>>>\n").nth(1).unwrap().split("\n<<<").next().unwrap();
        let is_reversed = instructions.find("\"good\"") < instructions.find("\"misleading\"");
        let pull = if is_reversed { PULL_OF_FIRST } else { -PULL_OF_FIRST };
        let step = (looks[shown.trim()] + pull).round().clamp(0.0, 4.0) as usize;
        let grade = STEPS[step];
        let criteria = json!({ "faithfulness": grade, "coverage": grade, "economy": "good" });
        let reply = json!({ "reasoning": "As it looks.", "criteria": criteria, "grade": grade });
        Answer::says(&reply.to_string())
    }
}
