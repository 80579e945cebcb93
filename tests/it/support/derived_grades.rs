//! Graded responses derived from comparisons by people and by recorded judges in `../shared/data`, which has no others.
//!
//! Nobody graded these responses by themselves. A grade here says how a response came off in the comparisons that the
//! same person or judge made of it, so it is relative to the other responses to its prompt, and what it says of a judge
//! that compares is not what a judge that grades would do. The people, the judges and how they disagree are real.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use regex::Regex;
use serde_json::{Value, json};

use super::shared_data::shared;
use super::{Folder, lines_of};

/// A folder with `items.jsonl`, `labels.jsonl`, a recording and settings for each judge, and the rubric `derived`.
pub(crate) struct DerivedGrades {
    pub(crate) folder: Folder,
    pub(crate) judges: Vec<String>,
}

fn read(name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(shared("data").join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text<'a>(line: &'a Value, field: &str) -> &'a str {
    line[field].as_str().unwrap()
}

impl DerivedGrades {
    /// Writes the files; `judges` are names with the lines of their recordings.
    fn write(
        steps: [&str; 3],
        items: &[Value],
        labels: &[Value],
        judges: &[(&str, Vec<Value>)],
    ) -> Self {
        let folder = Folder::new();
        folder.write("items.jsonl", &lines_of(items));
        folder.write("labels.jsonl", &lines_of(labels));
        let mut settings = String::new();
        for (judge, recording) in judges {
            folder.write(&format!("{judge}.jsonl"), &lines_of(recording));
            writeln!(settings, "[judges.\"{judge}\"]\nrecorded = \"{judge}.jsonl\"").unwrap();
        }
        folder.write("evenhand.toml", &settings);
        let rubric = format!(
            "name = \"derived\"\ndescription = \"How does it come off against others?\"\nmode = \"grade\"\n\
             scale = {steps:?}\npass_from = {:?}\n",
            steps[2]
        );
        folder.write("rubrics/derived.toml", &rubric);
        Self { folder, judges: judges.iter().map(|(judge, _)| (*judge).to_owned()).collect() }
    }
}

/// GPT-4's comparisons of two systems in both orders, with the consensus of people.
///
/// A response is better, equal or worse than the other one to its prompt. The two directions are the two presentation
/// orders: `written` is what the judge said where the response was shown first, `reversed` where it was shown second.
/// The grades of the two responses to a prompt are mirror images of each other.
pub(crate) fn by_order() -> DerivedGrades {
    const STEPS: [&str; 3] = ["worse", "equal", "better"];
    let items = read("vicuna80/items.jsonl");
    let labels = read("vicuna80/labels.jsonl").into_iter().flat_map(|label| {
        ["gpt35", "vicuna-13b"].map(|system| {
            let grade = if label["winner"] == system { STEPS[2] } else { STEPS[0] };
            json!({ "id": label["id"], "annotator": "consensus", "system": system, "grade": grade })
        })
    });
    let labels: Vec<Value> = labels.collect();
    let vote = Regex::new(r"(?m)^\s*([123])\s*$").unwrap();
    let recording = read("vicuna80/replies/gpt-4.jsonl").into_iter().flat_map(|reply| {
        let last = vote.captures_iter(text(&reply, "reply")).last().unwrap()[1].to_owned();
        [("first", "1", "written"), ("second", "2", "reversed")].map(|(place, own, scale)| {
            let grade = match last.as_str() {
                "3" => STEPS[1],
                vote if vote == own => STEPS[2],
                _ => STEPS[0],
            };
            json!({ "id": reply["id"], "system": reply[place], "scale": scale, "grade": grade })
        })
    });
    DerivedGrades::write(STEPS, &items, &labels, &[("gpt-4", recording.collect())])
}

/// Comparisons of five systems by three people and two judges.
///
/// A response is ahead, level or behind: it won more, as much or less than half of its comparisons with other responses to
/// its prompt, a tie being half a win. The judges saw each pair in one order only, so a grade is recorded for both
/// directions, which says nothing about the order. Responses of which the data has several texts are left out with their
/// comparisons.
pub(crate) fn by_comparisons() -> DerivedGrades {
    const PEOPLE: [&str; 3] = ["annotator1", "annotator2", "annotator3"];
    const JUDGES: [&str; 2] = ["gpt-3.5-turbo", "pandalm-7b"];
    let pairs = read("pandalm/items.jsonl");
    let of = |pair: &Value, side: &str| {
        (text(pair, "prompt").to_owned(), pair["tags"][side].as_str().unwrap().to_owned())
    };
    let mut texts: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for pair in &pairs {
        for side in ["a", "b"] {
            let response = pair["responses"][side].as_str().unwrap().to_owned();
            texts.entry(of(pair, side)).or_default().insert(response);
        }
    }
    let has_one_text =
        |pair: &&Value| ["a", "b"].iter().all(|side| texts[&of(pair, side)].len() == 1);
    let pairs: Vec<&Value> = pairs.iter().filter(has_one_text).collect();

    // Who said what of a pair: the side that won, or `tie`; nothing for a reply without a vote.
    let mut winners: BTreeMap<(&str, String), String> = BTreeMap::new();
    let labels = read("pandalm/labels.jsonl");
    for person in PEOPLE {
        for label in labels.iter().filter(|label| label["annotator"] == person) {
            winners.insert((person, text(label, "id").into()), text(label, "winner").into());
        }
    }
    for judge in JUDGES {
        for reply in read(&format!("pandalm/replies/{judge}.jsonl")) {
            let winner = match text(&reply, "reply").lines().next().unwrap_or_default().trim() {
                "1" => text(&reply, "first"),
                "2" => text(&reply, "second"),
                "Tie" => "tie",
                _ => continue,
            };
            winners.insert((judge, text(&reply, "id").into()), winner.into());
        }
    }
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    let mut items: Vec<Value> = Vec::new();
    // Wins doubled and comparisons, by who compared, item and system.
    let mut won: BTreeMap<(&str, String, String), (u32, u32)> = BTreeMap::new();
    for pair in pairs {
        let next = format!("p{:03}", ids.len());
        let id = ids.entry(text(pair, "prompt").to_owned()).or_insert_with(|| {
            items.push(json!({ "id": next, "prompt": pair["prompt"], "responses": {} }));
            next
        });
        let item = items.iter_mut().find(|item| item["id"] == *id).unwrap();
        for side in ["a", "b"] {
            let system = pair["tags"][side].as_str().unwrap();
            item["responses"][system] = pair["responses"][side].clone();
            for who in PEOPLE.into_iter().chain(JUDGES) {
                let Some(winner) = winners.get(&(who, text(pair, "id").to_owned())) else {
                    continue;
                };
                let (wins, of) = won.entry((who, id.clone(), system.to_owned())).or_default();
                *wins += if winner == "tie" { 1 } else { 2 * u32::from(winner == side) };
                *of += 1;
            }
        }
    }
    let grade = |(wins, of): &(u32, u32)| match wins.cmp(of) {
        std::cmp::Ordering::Less => "behind",
        std::cmp::Ordering::Equal => "level",
        std::cmp::Ordering::Greater => "ahead",
    };
    let labels = won.iter().filter(|((who, ..), _)| PEOPLE.contains(who)).map(|((who, id, system), won)| {
        json!({ "id": id, "annotator": who, "system": system, "grade": grade(won) })
    });
    let labels: Vec<Value> = labels.collect();
    let recording = |judge: &str| -> Vec<Value> {
        let mut lines = Vec::new();
        for item in &items {
            for system in item["responses"].as_object().unwrap().keys() {
                let won = won
                    .iter()
                    .find(|((who, id, of), _)| *who == judge && item["id"] == **id && of == system);
                for scale in ["written", "reversed"] {
                    let line = json!({ "id": item["id"], "system": system, "scale": scale });
                    let mut line = line;
                    match won {
                        Some((_, won)) => line["grade"] = grade(won).into(),
                        None => line["reply"] = "".into(),
                    }
                    lines.push(line);
                }
            }
        }
        lines
    };
    let judges = JUDGES.map(|judge| (judge, recording(judge)));
    DerivedGrades::write(["behind", "level", "ahead"], &items, &labels, &judges)
}
