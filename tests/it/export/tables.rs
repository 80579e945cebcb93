//! Items, labels and verdicts as tables.

use super::{json_file, judged};
use crate::support::Folder;

#[test]
fn a_run_is_three_tables_that_no_spreadsheet_executes() {
    let folder = judged();
    let flags = ["--output", "tables", "--labels", "labels.jsonl"];
    folder.run(&[&["export", "run.db", "--to", "csv"], &flags[..]].concat()).expect(0);
    let read =
        |name: &str| std::fs::read_to_string(folder.path().join("tables").join(name)).unwrap();
    let items = read("items.csv");
    assert_eq!(
        items.lines().take(2).collect::<Vec<_>>(),
        ["id,prompt,reference,context,tags.topic,alpha,beta", "q-1,One?,,,sums,1,'=uno"]
    );
    assert_eq!(items.lines().count(), 4, "the conversation is left out");
    assert_eq!(
        read("labels.csv"),
        "id,annotator,winner,a,b\nq-1,ana,beta,alpha,beta\nq-2,ana,beta,alpha,beta\nq-4,ana,alpha,alpha,beta\n"
    );
    let verdicts = read("verdicts.csv");
    let printed = folder.run(&["verdicts", "run.db", "--all", "--format", "csv"]).expect(0).stdout;
    assert_eq!(verdicts, printed);
    let beside = json_file(&folder.path().join("tables/meta.json"));
    assert_eq!(beside["counts"]["written"], 4);
    let said = folder.run(&["export", "run.db", "--to", "csv"]).expect(2);
    assert!(said.stderr.contains("--output DIR"), "{}", said.stderr);
}

#[test]
fn exported_items_and_labels_are_read_again_as_they_were() {
    let folder = Folder::new();
    let items = r#"{"id":"q-1","prompt":"One, \"two\"?\nThree","responses":{"alpha":"1","prompt":"uno, dos"},"reference":"3"}
{"id":"q-2","prompt":"Two?","responses":{"alpha":"2","prompt":"dos"},"context":{"a":[1,2]}}
{"id":"q-3","prompt":"Three?","responses":{"alpha":"3","prompt":"tres"},"reference":["3","III"]}
{"id":"q-4","prompt":[{"role":"user","content":"Four?"},{"role":"assistant","content":"?"},{"role":"user","content":"4"}],"responses":{"alpha":"4","prompt":"cuatro"}}
"#;
    folder.write("items.jsonl", items);
    let task = ["--rubric", "helpfulness", "--judge", "builtin:longer"];
    let judge = |items: &str, run: &str| {
        folder.run(&[&["judge", items, "--run", run], &task[..]].concat()).expect(0);
        folder.run(&["verdicts", run, "--all"]).expect(0).json_lines()
    };
    judge("items.jsonl", "run.db");
    let said = folder.run(&["export", "run.db", "--to", "csv", "--output", "tables"]).expect(0);
    assert!(said.stderr.contains("2 items have a conversation or a reference"), "{}", said.stderr);
    let text = std::fs::read_to_string(folder.path().join("tables/items.csv")).unwrap();
    assert!(text.starts_with("id,prompt,reference,context,alpha,response prompt\n"), "{text}");
    judge("tables/items.csv", "again.db");
    // The texts that a judge sees are the same.
    let shown = |run: &str, id: &str| {
        let said = folder.run(&["show", run, "--id", id]).expect(0).stdout;
        said.replace("response prompt", "prompt").replace(run, "")
    };
    for (id, texts) in [("q-1", ["One, \"two\"?", "uno, dos"]), ("q-2", ["Two?", "dos"])] {
        for run in ["run.db", "again.db"] {
            let shown = shown(run, id);
            assert!(texts.iter().all(|text| shown.contains(text)), "{run}: {shown}");
        }
    }
}
