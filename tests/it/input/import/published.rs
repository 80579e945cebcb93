//! `evenhand import` on real sets in their published layouts, against reference conversions.

use std::path::Path;

use serde_json::Value;

fn json_lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Fails unless both folders have the same items, labels and replies, whatever their spelling.
fn assert_same(imported: &Path, converted: &Path) {
    let replies = std::fs::read_dir(converted.join("replies")).unwrap();
    let replies = replies.map(|entry| format!("replies/{}", entry.unwrap().file_name().display()));
    let count = std::fs::read_dir(imported.join("replies")).unwrap().count();
    let mut files: Vec<String> = replies.collect();
    assert_eq!(count, files.len());
    files.extend(["items.jsonl".to_owned(), "labels.jsonl".to_owned()]);
    for file in files {
        let (found, expected) =
            (json_lines(&imported.join(&file)), json_lines(&converted.join(&file)));
        assert_eq!(found.len(), expected.len(), "{file}");
        let differs = found.iter().zip(&expected).find(|(found, expected)| found != expected);
        assert_eq!(differs, None, "{file}");
    }
}

/// Tests on `../shared/data`, which is not in this repository.
mod needs_shared_data {
    use evenhand::input::{DataFile, KnownItems, LabelColumns, read_items, read_labels};
    use serde_json::{Value, json};

    use super::super::small::{entry, import, told, write};
    use super::{assert_same, json_lines};
    use crate::support::shared_data::{assert_agreement, assert_judge, read_json, shared, winners};
    use crate::support::{CommandOutput, Folder};

    #[test]
    #[ignore = "needs ../shared/data"]
    fn published_llmbar_is_imported_as_expected() {
        let data = shared("data/llmbar-natural");
        let folder = Folder::new();
        let items = json_lines(&data.join("items.jsonl"));
        let labels = json_lines(&data.join("labels.jsonl"));
        let published: Vec<Value> = items
            .iter()
            .zip(&labels)
            .map(|(item, label)| {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                let [a, b] = ["a", "b"].map(|system| text(&item["responses"][system]));
                entry(&text(&item["prompt"]), &a, &b, if label["winner"] == "a" { 1 } else { 2 })
            })
            .collect();
        write(&folder, "Natural/dataset.json", &json!(published));
        let mut files = vec!["Natural/dataset.json".to_owned()];
        let expected = read_json(&data.join("expected.json"));
        for judge in expected.keys() {
            let replies = json_lines(&data.join("replies").join(format!("{judge}.jsonl")));
            let text = |reply: &Value| reply["reply"].as_str().unwrap().to_owned();
            let results = published.iter().zip(replies.chunks(2)).map(|(entry, pair)| {
                assert_eq!([&pair[0]["first"], &pair[1]["first"]], ["a", "b"]);
                told(entry, [&text(&pair[0]), &text(&pair[1])])
            });
            let (model, prompt) = judge.rsplit_once('-').unwrap();
            let path = format!("Natural/evaluators/{}/{prompt}/result.json", model.to_uppercase());
            write(&folder, &path, &results.collect());
            files.push(path);
        }
        import(&folder, "llmbar", &files.iter().map(String::as_str).collect::<Vec<_>>()).expect(0);
        let imported = folder.path().join("out");
        assert_same(&imported, &data);

        let items = read_items(&imported.join("items.jsonl"), &[]).unwrap();
        let winners = winners(&imported, &items.items);
        for (judge, expected) in &expected {
            let rubric = if judge.ends_with("-cot") { "llmbar-cot" } else { "llmbar" };
            let task = ["judge", "items.jsonl", "--rubric", rubric, "--judge", judge];
            let mut command = folder.command(&[&task[..], &["--format", "json"]].concat());
            let said =
                CommandOutput::of(&command.current_dir(&imported).output().unwrap()).expect(0);
            let summary: Value = serde_json::from_str(&said.stdout).unwrap();
            assert_judge(judge, &summary["judges"][0], expected);
            let run = format!("out/runs/{rubric}-{judge}.db");
            let verdicts = folder.run(&["verdicts", &run, "--all"]).expect(0).json_lines();
            assert_agreement(judge, &verdicts, &winners, expected);
        }
    }

    #[test]
    #[ignore = "needs ../shared/data"]
    fn published_pandalm_is_imported_as_expected() {
        let data = shared("data/pandalm");
        let folder = Folder::new();
        let labels = json_lines(&data.join("labels.jsonl"));
        // What the spreadsheet made of a text; nothing else in the file is the text of this mark.
        let mark = "\u{1}not a number\u{1}";
        let cell = |value: &str| match value {
            "" => json!(mark),
            "true" => json!(true),
            text => json!(text),
        };
        let entry = |(index, (item, labels)): (usize, (&Value, &[Value]))| {
            let prompt = item["prompt"].as_str().unwrap();
            let (instruction, input) = prompt.split_once("\n\nInput:\n").unwrap_or((prompt, ""));
            let [a, b] = ["a", "b"].map(|system| cell(item["responses"][system].as_str().unwrap()));
            let tag = |name: &str| item["tags"][name].as_str().unwrap().to_owned();
            let mut entry = json!({
                "idx": index, "cmp_key": format!("{}_{}", tag("a"), tag("b")),
                "instruction": instruction, "input": cell(input), "response1": a, "response2": b,
            });
            for label in labels {
                let vote = ["tie", "a", "b"].iter().position(|winner| label["winner"] == **winner);
                entry[label["annotator"].as_str().unwrap()] = json!(vote.unwrap());
            }
            entry
        };
        let items = json_lines(&data.join("items.jsonl"));
        let published =
            items.iter().zip(labels.chunks(3)).enumerate().map(entry).collect::<Value>();
        let text = serde_json::to_string_pretty(&published).unwrap();
        folder.write("testset-v1.json", &text.replace(&json!(mark).to_string(), "NaN"));
        let mut files = vec!["testset-v1.json"];
        for (judge, path) in [
            ("gpt-3.5-turbo", "gpt-3.5-turbo-testset-v1.json"),
            ("pandalm-7b", "pandalm-7b-testset-v1.json"),
        ] {
            let replies = json_lines(&data.join("replies").join(format!("{judge}.jsonl")));
            let entry = |(index, reply): (usize, &Value)| {
                let reply = reply["reply"].as_str().unwrap();
                let (result, rest) = reply.split_once("\n\n### Reason: ").unwrap();
                let (reason, reference) = rest.split_once("\n\n### Reference: ").unwrap();
                // One of the judges has numbers, the other texts.
                let number = ["Tie", "1", "2"].iter().position(|vote| *vote == result);
                let result =
                    number.filter(|_| judge == "pandalm-7b").map_or(json!(result), Value::from);
                json!({ "idx": index, "x_result": result, "x_reason": reason, "x_reference": reference })
            };
            write(&folder, path, &replies.iter().enumerate().map(entry).collect());
            files.push(path);
        }
        let said = import(&folder, "pandalm", &files).expect(0);
        assert_same(&folder.path().join("out"), &data);
        for notice in [
            "54 responses are NaN",
            "6 responses are booleans or numbers",
            "25 replies of gpt-3.5-turbo",
        ] {
            assert!(said.stderr.contains(notice), "no `{notice}` in {}", said.stderr);
        }
        let items = read_items(&folder.path().join("out/items.jsonl"), &[]).unwrap();
        let labels = read_labels(
            &DataFile::labels(folder.path().join("out/labels.jsonl"), LabelColumns::default()),
            &KnownItems::of(&items.items),
        )
        .unwrap();
        assert_eq!((items.items.len(), labels.labels.len(), labels.unmatched), (999, 2997, 0));
    }
}
