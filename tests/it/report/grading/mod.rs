//! Reports on runs of grades, in every format, through the program.
//!
//! The run of most tests has 24 items and two systems, with grades, lengths and tags by simple formulas, so that the same
//! data can be given to other people's programs.

mod document;
mod formats;
mod gates;
mod page;
mod redaction;

use serde_json::{Value, json};
use std::fmt::Write as _;

use crate::support::{CommandOutput, Folder, lines_of};

const STEPS: [&str; 4] = ["poor", "weak", "fair", "good"];

/// What a judge says about a response: a step, that it cannot be assessed, or nothing that can be read.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Said {
    Step(usize),
    CannotAssess,
    Unreadable,
}

/// One response with what is said of it, with the scale as written and reversed.
struct Response {
    id: String,
    system: String,
    text: String,
    said: [Said; 2],
}

/// The responses of the run of most tests.
fn responses() -> Vec<Response> {
    let mut all = Vec::new();
    for item in 0..24_usize {
        for (at, system) in ["alpha", "beta"].into_iter().enumerate() {
            let written = (item * 5 + at * 3 + item / 4) % 4;
            let reversed = if item % 6 == 2 { (written + 1).min(3) } else { written };
            let mut said = [Said::Step(written), Said::Step(reversed)];
            match (item, at) {
                (5, 0) => said[0] = Said::Unreadable,
                (7, 1) => said = [Said::CannotAssess; 2],
                (11, 0) => said[0] = Said::CannotAssess,
                _ => {}
            }
            all.push(Response {
                id: format!("q{item:02}"),
                system: system.to_owned(),
                text: "x".repeat(20 + 13 * ((item * 7 + at * 5) % 17)),
                said,
            });
        }
    }
    all
}

fn name_of(said: Said) -> &'static str {
    match said {
        Said::Step(step) => STEPS[step],
        Said::CannotAssess => "cannot assess",
        Said::Unreadable => "",
    }
}

/// The reply about an item. On the criterion every third item has a step more than in all.
fn reply(item: usize, said: Said) -> String {
    let tone = match said {
        Said::Step(step) if item.is_multiple_of(3) => Said::Step((step + 1).min(3)),
        said => said,
    };
    match said {
        Said::Unreadable => "No idea.".to_owned(),
        said => json!({ "reasoning": "As I see it.", "criteria": { "tone": name_of(tone) }, "grade": name_of(said) })
            .to_string(),
    }
}

const RUBRIC: &str = "name = \"r\"\nversion = \"2.0.0\"\ndescription = \"How good is it?\"\nmode = \"grade\"\n\
                      scale = [\"poor\", \"weak\", \"fair\", \"good\"]\npass_from = \"fair\"\ncannot_assess = true\n\
                      [[criteria]]\nname = \"tone\"\ndescription = \"Is it polite?\"\n";

/// Grades responses by a judge `strict` with the program; further judges are one step higher each.
fn graded(responses: &[Response], judges: usize, rubric: &str) -> Folder {
    let (folder, code) = graded_with_code(responses, judges, rubric);
    assert_eq!(code, 0);
    folder
}

/// The same, with the exit code.
fn graded_with_code(responses: &[Response], judges: usize, rubric: &str) -> (Folder, i32) {
    let folder = Folder::new();
    let mut items: Vec<Value> = Vec::new();
    for one in responses {
        let known = items.iter().position(|item| item["id"] == one.id.as_str());
        let at = known.unwrap_or_else(|| {
            let kind = ["short", "long"][items.len() % 2];
            let tags = if items.is_empty() {
                json!({ "kind": kind, "lang": "de" })
            } else {
                json!({ "kind": kind })
            };
            items.push(
                json!({ "id": one.id, "prompt": format!("Prompt of {}?", one.id), "tags": tags }),
            );
            items.len() - 1
        });
        items[at]["responses"][&one.system] = one.text.as_str().into();
    }
    folder.write("items.jsonl", &lines_of(&items));
    folder.write("r.toml", rubric);
    let names = ["strict", "middle", "lenient"];
    let mut settings = String::new();
    for (more, judge) in names.iter().enumerate().take(judges) {
        let lines = responses.iter().flat_map(|one| {
            let item = items.iter().position(|item| item["id"] == one.id.as_str()).unwrap();
            [("written", one.said[0]), ("reversed", one.said[1])].map(|(scale, said)| {
                let said = match said {
                    Said::Step(step) => Said::Step((step + more).min(3)),
                    said => said,
                };
                let line = json!({ "id": one.id, "system": one.system, "scale": scale, "reply": reply(item, said) });
                line.to_string()
            })
        });
        folder.write(&format!("{judge}.jsonl"), &lines_of(lines));
        writeln!(settings, "[judges.{judge}]\nrecorded = \"{judge}.jsonl\"").unwrap();
    }
    folder.write("evenhand.toml", &settings);
    let judges = names[..judges].iter().flat_map(|judge| ["--judge", judge]);
    let task = ["grade", "items.jsonl", "--rubric", "./r.toml", "--run", "run.db"];
    let code = folder.run(&task.into_iter().chain(judges).collect::<Vec<_>>()).code;
    (folder, code)
}

/// The run of most tests.
fn usual() -> Folder {
    graded(&responses(), 1, RUBRIC)
}

fn report(folder: &Folder, flags: &[&str]) -> CommandOutput {
    folder.run(&[&["report", "run.db"], flags].concat())
}

fn document(folder: &Folder, flags: &[&str]) -> Value {
    let said = report(folder, &[flags, &["--format", "json"]].concat()).expect(0);
    serde_json::from_str(&said.stdout).unwrap()
}
