//! Items, labels and verdicts as tables.

use super::{json_file, judged};

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
    assert_eq!(items.lines().count(), 5);
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
fn exported_items_and_labels_are_read_again() {
    let folder = judged();
    let flags = ["--output", "tables", "--labels", "labels.jsonl"];
    folder.run(&[&["export", "run.db", "--to", "csv"], &flags[..]].concat()).expect(0);
    let task =
        ["check", "tables/items.csv", "--rubric", "helpfulness", "--judge", "builtin:longer"];
    folder.run(&[&task[..], &["--labels", "tables/labels.csv"]].concat()).expect(0);
}
