//! A scripted server that answers with one letter and the probabilities of both: it sees the defects of the sample's
//! summaries, not quite as bad as they are, and prefers the first position strongly.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::page::repository;
use super::severity::severity;
use crate::support::server::{Answer, ReceivedRequest, completion};

/// How much the first position adds, in logits.
const PREFERENCE_FOR_FIRST: f64 = 3.0;

fn lines(name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(repository("calibration/tickets").join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Returns how bad each summary of the sample looks to the judge.
fn badness() -> HashMap<String, f64> {
    let items = lines("items.jsonl");
    let responses: HashMap<&str, &Value> =
        items.iter().map(|item| (item["id"].as_str().unwrap(), &item["responses"])).collect();
    let seen = lines("defects.jsonl").into_iter().map(|line| {
        let [id, system] = ["id", "system"].map(|key| line[key].as_str().unwrap());
        let text = responses[id][system].as_str().unwrap();
        let worst = line["defects"].as_array().unwrap().iter().map(severity).max().unwrap_or(0);
        // What the judge gets wrong depends on the text alone, so it is the same in both orders.
        let mistake = (text.chars().count() % 7) as f64;
        (text.to_owned(), 0.6 * f64::from(worst) + 0.3 * mistake)
    });
    seen.collect()
}

/// Returns a script that prefers the summary that looks better, and the first position.
pub(super) fn by_letter() -> impl Fn(&ReceivedRequest) -> Answer + Send + Sync + 'static {
    let badness = badness();
    move |seen| {
        let messages = seen.body["messages"].as_array().unwrap();
        let asked = messages.last().unwrap()["content"].as_str().unwrap();
        let shown = |which: &str| {
            let after = asked.split(&format!(" {which} response>>>\n")).nth(1).unwrap();
            badness[after.split("\n<<<").next().unwrap().trim()]
        };
        let lead = shown("second") - shown("first") + PREFERENCE_FOR_FIRST;
        let of_first = 1.0 / (1.0 + (-lead).exp());
        let letter = if of_first >= 0.5 { "A" } else { "B" };
        let token = |token: &str, share: f64| json!({ "token": token, "logprob": f64::ln(share) });
        let both = [token("A", of_first), token("B", 1.0 - of_first)];
        let mut body = completion(letter);
        let mut answer = both[usize::from(letter == "B")].clone();
        answer["top_logprobs"] = json!(both);
        body["choices"][0]["logprobs"] = json!({ "content": [answer] });
        Answer::json(200, &body)
    }
}
