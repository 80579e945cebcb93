//! Labels in tables: columns of items, and tables of their own.

use serde_json::{Value, json};

use super::tables::{check, judge};
use crate::support::Folder;

#[test]
fn a_column_of_labels_is_no_system_and_is_read_as_labels() {
    let folder = Folder::new();
    let table = "id,prompt,a,b,ana,ben\n1,One?,x,longer,b,tie\n2,Two?,longer,y,a,\n";
    folder.write("replies.csv", table);
    let columns = ["--label-column", "ana", "--label-column", "ben"];
    let said = check(&folder, "replies.csv", &columns).expect(0);
    assert!(said.stderr.contains("systems: a, b; if"), "{}", said.stderr);
    assert!(said.stdout.contains("3 labels match; 0 have unknown ids"), "{}", said.stdout);
    judge(&folder, "replies.csv", &columns).expect(0);
    let calibrate = ["calibrate", "run.db", "--labels", "replies.csv", "--format", "json"];
    let found = folder.run(&[&calibrate[..], &columns].concat()).expect(0).json_lines();
    assert_eq!([&found[0]["labelled"], &found[0]["annotators"]], [&json!(2), &json!(2)]);
    let metrics = ["metrics", "replies.csv", "--metric", "compression", "--format", "json"];
    let found = folder.run(&[&metrics[..], &columns].concat()).expect(0);
    assert!(
        found.stdout.contains(r#""system":"b""#) && !found.stdout.contains(r#""system":"ana""#)
    );
}

#[test]
fn a_label_may_name_the_column_of_a_system_that_has_another_name() {
    let folder = Folder::new();
    let header = "Nr,Frage,Antwort GPT,Antwort Claude,ana";
    folder.write(
        "r.csv",
        &format!(
            "{header}\n1,One?,x,longer,Antwort Claude\n2,Two?,longer,y, gpt \n3,Three?,x,y,tie\n"
        ),
    );
    let ids = ["--prompt-column", "Frage", "--id-column", "Nr"];
    let responses = ["--response", "gpt=Antwort GPT", "--response", "claude=Antwort Claude"];
    let columns = [&ids[..], &responses, &["--label-column", "ana"]].concat();
    folder.run(&[&["init", "--from", "r.csv", "d"], &columns[..]].concat()).expect(0);
    let text = std::fs::read_to_string(folder.path().join("d/labels.jsonl")).unwrap();
    let winners: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["winner"].clone())
        .collect();
    assert_eq!(winners, ["claude", "gpt", "tie"]);
    let said = check(&folder, "r.csv", &columns).expect(0);
    assert!(said.stdout.contains("3 labels match"), "{}", said.stdout);
    // The same in a file of labels.
    for labels in [
        "id,annotator,between.1,between.2,winner\n1,ana,Antwort GPT,claude,Antwort GPT\n",
        "id,annotator,between,winner\n1,ana,\"[\"\"gpt\"\",\"\"Antwort Claude\"\"]\",claude\n",
    ] {
        folder.write("labels.csv", labels);
        let flags = [&ids[..], &responses, &["--labels", "labels.csv"]].concat();
        let said = check(&folder, "r.csv", &flags).expect(0);
        assert!(said.stdout.contains("1 label matches"), "{}", said.stdout);
    }
    // Where the columns are not known, the error names the systems.
    judge(&folder, "r.csv", &columns).expect(0);
    let calibrate =
        ["calibrate", "run.db", "--labels", "r.csv", "--id-column", "Nr", "--label-column", "ana"];
    let said = folder.run(&calibrate).expect(3);
    for part in
        ["r.csv:2: unknown system `Antwort Claude` in winner", "responses from: claude, gpt"]
    {
        assert!(said.stderr.contains(part), "no `{part}` in {}", said.stderr);
    }
    folder.run(&[&calibrate[..], &responses].concat()).expect(0);
    let show = [&["show"][..], &calibrate[1..], &responses, &["--format", "json"]].concat();
    let said = folder.run(&show).expect(0);
    assert_eq!(said.stdout.matches(r#""annotator":"ana""#).count(), 3, "{}", said.stdout);
}

#[test]
fn a_column_that_has_the_name_of_another_system_is_that_system() {
    let folder = Folder::new();
    folder.write("r.csv", "id,prompt,a,b,ana\n1,One?,x,y,a\n");
    let columns = ["--response", "a=b", "--response", "b=a", "--label-column", "ana"];
    folder.run(&[&["init", "--from", "r.csv", "d"], &columns[..]].concat()).expect(0);
    let text = std::fs::read_to_string(folder.path().join("d/labels.jsonl")).unwrap();
    assert!(text.contains(r#""winner":"a""#), "{text}");
}

#[test]
fn a_table_of_labels_has_the_fields_of_the_other_form() {
    let folder = Folder::new();
    folder.write("items.csv", "id,prompt,a,b,c\n1,One?,x,y,z\n2,Two?,x,y,z\n");
    folder.write(
        "labels.csv",
        "id;annotator;between.1;between.2;winner;probability\n1;ana;b;a;b;0.5\n2;ana;a;c; tie ;0.5\n2;;a;b;;0.5\n",
    );
    folder.write("list.csv", "id,annotator,between,winner\n1,ana,\"[\"\"a\"\",\"\"b\"\"]\",b\n");
    let labels = |file| check(&folder, "items.csv", &["--labels", file, "--format", "json"]);
    let found = labels("labels.csv").expect(0).json_lines();
    assert_eq!(found[0]["labels"]["labels"], 2);
    assert_eq!(labels("list.csv").expect(0).json_lines()[0]["labels"]["labels"], 1);
    for (text, fragment) in [
        ("id,annotator,winner\n1,ana,b\n", "bad.csv:2: between is missing"),
        (
            "id,annotator,between.1,between.2,winner\n1,ana,a,,b\n",
            "bad.csv:2: column `between.2` is empty",
        ),
        (
            "id,annotator,between.1,between.2,winner\n1,ana,a,b,d\n",
            "bad.csv:2: unknown system `d` in winner",
        ),
        (
            "id,annotator,between.1,between.2,winner\n1,,a,b,a\n",
            "bad.csv:2: column `annotator` is empty",
        ),
        (
            "id,annotator,between.1,between.2,winner,probability\n1,ana,a,b,a,half\n",
            "bad.csv:2: probability: expected a number",
        ),
        ("annotator,winner\nana,b\n", "bad.csv:1: there is no column `id`"),
        ("id,annotator,choice\n1,ana,b\n", "bad.csv:1: there is no column `winner`"),
        ("id,winner\n1,b\n", "bad.csv:1: there is no column `annotator`"),
    ] {
        folder.write("bad.csv", text);
        let said = labels("bad.csv").expect(3);
        assert!(said.stderr.contains(fragment), "no `{fragment}` in {}", said.stderr);
    }
}
