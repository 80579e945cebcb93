//! `evenhand init --from`: a folder that fits the user's own file.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{CommandOutput, Folder};

const TABLE: &str = "id,prompt,a,b\n1,One?,x,longer\n2,Two?,longer,y\n";

/// Runs the commands after `next:` as they are printed, with evenhand on the path.
fn run_next(folder: &Folder, said: &CommandOutput) -> CommandOutput {
    let (_, commands) = said.stderr.split_once("next: ").unwrap();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_evenhand"));
    let path =
        std::env::join_paths([program.parent().unwrap(), "/usr/bin".as_ref(), "/bin".as_ref()])
            .unwrap();
    let mut shell = Command::new("sh");
    shell.arg("-ec").arg(commands).current_dir(folder.path()).env("PATH", path);
    CommandOutput::of(&shell.output().unwrap())
}

fn lines(folder: &Folder, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_next_command_works_as_it_is_printed() {
    for name in ["mine", "with a space's", "."] {
        let folder = Folder::new();
        folder.write("replies.csv", TABLE);
        let said = folder.run(&["init", "--from", "replies.csv", name]).expect(0);
        assert!(
            said.stderr.contains("2 items with the responses of a (2), b (2)"),
            "{}",
            said.stderr
        );
        let dry = ["--system", "short", "--to", "new.jsonl", "--dry-run"];
        let mut generate = folder.command(&[&["generate", "items.jsonl"], &dry[..]].concat());
        generate.current_dir(folder.path().join(name)).env("OPENAI_API_KEY", "a-key");
        CommandOutput::of(&generate.output().unwrap()).expect(0);
        let table = run_next(&folder, &said).expect(0).stdout;
        assert!(table.contains("builtin:longer, 2 comparisons in both orders"), "{table}");
        for file in said.stdout.lines() {
            assert!(folder.path().join(file).is_file(), "{file}");
        }
    }
}

#[test]
fn labels_and_references_are_used() {
    let folder = Folder::new();
    folder.write(
        "replies.csv",
        "id,prompt,reference,a,b,ana\n1,One?,one,one!,x,a\n2,Two?,two,y,two!,tie\n",
    );
    let said =
        folder.run(&["init", "--from", "replies.csv", "mine", "--label-column", "ana"]).expect(0);
    let expected = [
        json!({"id": "1", "annotator": "ana", "between": ["a", "b"], "winner": "a"}),
        json!({"id": "2", "annotator": "ana", "between": ["a", "b"], "winner": "tie"}),
    ];
    assert_eq!(lines(&folder, "mine/labels.jsonl"), expected);
    let rubric =
        std::fs::read_to_string(folder.path().join("mine/rubrics/my-rubric.toml")).unwrap();
    assert!(rubric.contains("prompt = \"pairwise-reference.j2\""), "{rubric}");
    let both = run_next(&folder, &said).expect(0).stdout;
    assert!(
        both.contains("builtin:lexical, 2 comparisons") && both.contains("2 of 2 comparisons"),
        "{both}"
    );
}

#[test]
fn the_prompt_fits_what_only_some_items_have() {
    let folder = Folder::new();
    let turns = r#"[{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"find","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"2"}]"#;
    let items = format!(
        "{{\"id\":1,\"prompt\":\"One?\",\"reference\":\"r\",\"responses\":{{\"a\":{turns},\"b\":\"y\"}}}}\n\
         {{\"id\":2,\"prompt\":\"Two?\",\"responses\":{{\"a\":\"x\",\"b\":\"y\"}},\"tags\":{{\"k\":\"v\"}}}}\n"
    );
    folder.write("items.jsonl", &items);
    // In its own folder the file stays as it is.
    let said = folder.run(&["init", "--from", "items.jsonl"]).expect(0);
    assert!(!said.stdout.contains("items.jsonl"), "{}", said.stdout);
    run_next(&folder, &said).expect(0);
    // Elsewhere it is converted, and nothing is lost.
    let said = folder.run(&["init", "--from", "items.jsonl", "other"]).expect(0);
    run_next(&folder, &said).expect(0);
    let arguments =
        ["judge", "other/items.jsonl", "--rubric", "my-rubric", "--judge", "builtin:longer"];
    let again = folder.run(&arguments).expect(0).stdout;
    assert!(again.contains("this time:  0 requests"), "{again}");
    let rubric =
        std::fs::read_to_string(folder.path().join("other/rubrics/my-rubric.toml")).unwrap();
    assert!(rubric.contains("prompt = \"pairwise-multi-turn.j2\""), "{rubric}");
}

#[test]
fn an_invalid_file_or_an_existing_one_leaves_nothing_behind() {
    let folder = Folder::new();
    folder.write("replies.csv", "id,prompt,a,b\n1,One?,x,y\n2,Two?,x\n");
    let said = folder.run(&["init", "--from", "replies.csv", "mine"]).expect(3);
    assert!(said.stderr.contains("replies.csv:3: the row has 3 cells"), "{}", said.stderr);
    assert!(!folder.path().join("mine").exists());
    folder.write("replies.csv", TABLE);
    folder.write("mine/items.jsonl", "mine");
    let said = folder.run(&["init", "--from", "replies.csv", "mine"]).expect(3);
    assert!(said.stderr.contains("items.jsonl: the file already exists"), "{}", said.stderr);
    assert!(!folder.path().join("mine/evenhand.toml").exists());
}
