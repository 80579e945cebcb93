//! Small runs that have everything a page can show.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::Folder;

/// What is judged, by whom, and what people say of it.
pub(super) struct Run {
    pub(super) rubric: String,
    pub(super) items: Vec<Value>,
    pub(super) judges: Vec<Judge>,
    pub(super) repeats: usize,
    pub(super) labels: Vec<Value>,
}

/// Returns the reply to an item with two systems in the order shown, in a repeat.
type Replies = Box<dyn Fn(&Value, [&str; 2], usize) -> Option<String>>;

/// A recorded judge: its name, and its reply to an item with two systems in the order shown, in a repeat.
pub(super) struct Judge {
    pub(super) name: String,
    pub(super) reply: Replies,
}

impl Run {
    /// Judges, and returns the folder with `run.db` and `labels.jsonl`.
    pub(super) fn judged(&self) -> Folder {
        let folder = Folder::new();
        self.judge_in(&folder, "run.db");
        folder
    }

    /// Judges in a folder into a run file of this name.
    pub(super) fn judge_in(&self, folder: &Folder, run: &str) {
        folder.write("items.jsonl", &lines(&self.items));
        folder.write("labels.jsonl", &lines(&self.labels));
        folder.write("r.toml", &self.rubric);
        let repeats = self.repeats.to_string();
        let mut settings = String::new();
        let mut command = vec!["judge", "items.jsonl", "--rubric", "./r.toml", "--run", run];
        command.extend(["--repeat", &repeats, "--inconclusive", "pass"]);
        for (at, judge) in self.judges.iter().enumerate() {
            let name = toml::Value::from(judge.name.as_str());
            writeln!(settings, "[judges.{name}]\nrecorded = \"judge-{at}.jsonl\"").unwrap();
            folder.write(&format!("judge-{at}.jsonl"), &lines(&self.replies(judge)));
            command.extend(["--judge", &judge.name]);
        }
        folder.write("evenhand.toml", &settings);
        let said = folder.run(&command);
        // 5: some replies are missing, on purpose.
        assert!([0, 5].contains(&said.code), "{said:?}");
    }

    fn replies(&self, judge: &Judge) -> Vec<Value> {
        let mut replies = Vec::new();
        for item in &self.items {
            let systems: Vec<&String> = item["responses"].as_object().unwrap().keys().collect();
            for first in &systems {
                for second in systems.iter().filter(|second| *second != first) {
                    for repeat in 0..self.repeats {
                        if let Some(reply) = (judge.reply)(item, [first, second], repeat) {
                            let id = &item["id"];
                            replies.push(json!({ "id": id, "first": first, "second": second, "reply": reply }));
                        }
                    }
                }
            }
        }
        replies
    }
}

pub(super) fn lines(values: &[Value]) -> String {
    values.iter().flat_map(|value| [value.to_string(), "\n".to_owned()]).collect()
}

/// Returns a number below `below` that depends on the words and on nothing else.
pub(super) fn chance(words: &[&str], below: u64) -> u64 {
    let bytes = words.iter().flat_map(|word| word.bytes().chain([0]));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed >> 32) % below
}

const IDS: [&str; 14] = [
    "with space",
    "a/b",
    "50%",
    "x~2",
    "x",
    "eh-cases",
    "eh-which",
    "質問 1",
    "#hash",
    "q?x=1&y=2",
    "toString",
    "__proto__",
    "constructor~1",
    "e\u{301}\u{1f600}",
];

/// Two judges with criteria in JSON replies, three systems, repeats, three annotators, tags, odd ids, conversations,
/// references of each kind, and replies that cannot be read, were refused or are missing.
pub(super) fn varied() -> Run {
    let systems = ["alpha", "beta", "gamma"];
    let mut items = Vec::new();
    for at in 0..30 {
        let id = IDS.get(at).map_or(format!("q{at:02}"), |id| (*id).to_owned());
        // The first items have three pairs of systems, the others one.
        let systems = &systems[..if at < 10 { 3 } else { 2 }];
        let responses: serde_json::Map<String, Value> = systems
            .iter()
            .map(|system| {
                let words = chance(&[&id, system], 40) as usize + 3;
                let text = format!("{system} says {at}: {}", "and so on ".repeat(words));
                ((*system).to_owned(), text.into())
            })
            .collect();
        let mut item =
            json!({ "id": id, "prompt": format!("Prompt number {at}?"), "responses": responses });
        item["tags"] = match at % 4 {
            0 => json!({ "topic": "billing", "lang": "en" }),
            1 => json!({ "topic": "travel" }),
            2 => json!({ "topic": "a=b, c", "lang": "de" }),
            _ => json!({}),
        };
        match at % 5 {
            0 => item["reference"] = json!(format!("Reference text {at}")),
            1 => item["reference"] = json!([format!("Reference one {at}"), "Reference two"]),
            2 => item["context"] = json!({ "shop": format!("Shop number {at}") }),
            _ => {}
        }
        if at == 4 {
            item["prompt"] = json!([
                { "role": "system", "content": "You are a weather service." },
                { "role": "user", "content": "Weather in Bonn?" },
            ]);
            item["responses"]["alpha"] =
                json!([{ "role": "assistant", "content": "It rains in Bonn." }]);
        }
        items.push(item);
    }
    let labels = items.iter().flat_map(|item| {
        let id = item["id"].as_str().unwrap();
        ["ana", "ben", "cyd"].into_iter().filter_map(move |annotator| {
            let winner = match chance(&[id, annotator, "label"], 10) {
                0 => return None,
                1 => "tie",
                2..=5 => "alpha",
                _ => "beta",
            };
            Some(json!({ "id": id, "annotator": annotator, "between": ["alpha", "beta"], "winner": winner }))
        })
    });
    Run {
        rubric: rubric("varied", "Which is better?", &["accuracy", "tone"]),
        labels: labels.collect(),
        judges: ["strict", "lenient"].map(varied_judge).into(),
        repeats: 2,
        items,
    }
}

fn varied_judge(name: &'static str) -> Judge {
    let reply = move |item: &Value, shown: [&str; 2], repeat: usize| {
        let id = item["id"].as_str().unwrap();
        let repeat = repeat.to_string();
        let chance =
            |what: &str, below| chance(&[name, id, shown[0], shown[1], &repeat, what], below);
        match chance("fault", 25) {
            0 => return None,
            1 => return Some(format!("{name} cannot say of {id}.")),
            _ => {}
        }
        let alphabetical = self::chance(&[id, "side"], 3) > 0;
        let vote = |what: &str| match chance(what, 10) {
            0 => "tie",
            1 | 2 => "first",
            _ if self::chance(&[id, "tied"], 5) == 0 => "tie",
            _ if (shown[0] < shown[1]) == alphabetical => "first",
            _ => "second",
        };
        let votes = json!({ "accuracy": vote("accuracy"), "tone": vote("tone") });
        let reasoning = format!("{name} reasons about {id} with {} first", shown[0]);
        Some(json!({ "reasoning": reasoning, "criteria": votes, "vote": vote("vote") }).to_string())
    };
    Judge { name: name.to_owned(), reply: Box::new(reply) }
}

/// A rubric whose replies are JSON with a vote on each criterion.
pub(super) fn rubric(name: &str, description: &str, criteria: &[&str]) -> String {
    let text = |text: &str| toml::Value::from(text).to_string();
    let mut rubric =
        format!("name = {}\ndescription = {}\nties = true\n", text(name), text(description));
    for criterion in criteria {
        let description = text(&format!("How about {criterion}?"));
        write!(rubric, "[[criteria]]\nname = {}\ndescription = {description}\n", text(criterion))
            .unwrap();
    }
    rubric + "[reply]\nformat = \"json\"\n"
}

/// The support tickets of `evenhand init`, with the replies of an invented judge that finds most of the defects, and
/// now and then prefers what is shown first.
pub(super) fn tickets() -> Run {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/calibration/tickets");
    let read = |name: &str| -> Vec<Value> {
        let text = std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let mut items = read("items.jsonl");
    for item in &mut items {
        item["responses"].as_object_mut().unwrap().remove("model-c");
    }
    let made = read("labels.jsonl");
    let made = made.iter().filter(|label| label["between"][1] == "model-b");
    let labels = made.flat_map(|label| {
        ["ana", "ben"].map(|annotator| {
            let mut label = label.clone();
            let id = label["id"].as_str().unwrap();
            if chance(&[id, annotator], 8) == 0 {
                label["winner"] = "tie".into();
            }
            label["annotator"] = annotator.into();
            label
        })
    });
    let defects = read("defects.jsonl");
    Run {
        rubric: std::fs::read_to_string(format!("{folder}/../../rubrics/summary-quality.toml"))
            .unwrap(),
        labels: labels.collect(),
        judges: vec![Judge {
            name: "summary-judge".to_owned(),
            reply: Box::new(move |item, shown, _| Some(ticket_reply(&defects, item, shown))),
        }],
        repeats: 1,
        items,
    }
}

/// What the invented judge answers: a vote on each criterion by the defects that belong to it.
fn ticket_reply(defects: &[Value], item: &Value, shown: [&str; 2]) -> String {
    let id = item["id"].as_str().unwrap();
    let has = |system: &str, names: &[&str]| {
        let found = defects.iter().find(|one| one["id"] == id && one["system"] == system).unwrap();
        let found = found["defects"].as_array().unwrap();
        found.iter().any(|defect| names.contains(&defect.as_str().unwrap()))
    };
    let mut said = Vec::new();
    let mut vote = |criterion: &str, names: &[&str], fault: &str| {
        let misses = chance(&[id, shown[0], criterion], 6) == 0;
        let vote = match shown.map(|system| has(system, names) && !misses) {
            [false, true] => "first",
            [true, false] => "second",
            // Sees a difference where there is none, and prefers what is shown first.
            _ if chance(&[id, shown[0], criterion, "none"], 5) == 0 => {
                said.push(format!("On {criterion}, the first summary reads a little better."));
                return "first";
            }
            _ => return "tie",
        };
        said.push(format!(
            "The {} summary {fault}.",
            if vote == "first" { "second" } else { "first" }
        ));
        vote
    };
    let faithfulness = vote(
        "faithfulness",
        &["wrong-number", "invented-detail"],
        "states something that the ticket does not",
    );
    let coverage =
        vote("coverage", &["missing-request", "vague"], "leaves out what the next agent needs");
    let economy = vote(
        "economy",
        &["verbose", "wrong-tone"],
        "takes longer than it needs to, or strikes the wrong tone",
    );
    let decided = [faithfulness, coverage, economy].into_iter().find(|vote| *vote != "tie");
    if said.is_empty() {
        said.push("Both summaries hold what the ticket says, and either would serve.".to_owned());
    }
    json!({
        "reasoning": said.join(" "),
        "criteria": { "faithfulness": faithfulness, "coverage": coverage, "economy": economy },
        "vote": decided.unwrap_or("tie"),
    })
    .to_string()
}
