//! `evenhand labels`: its output, files and exit codes.

use crate::support::Folder;

const ITEMS: &str = r#"{"id":"q1","prompt":"One?","responses":{"alpha":"yes, of course","beta":"no"}}
{"id":"q2","prompt":"Two?","responses":{"alpha":"no","beta":"yes, certainly"}}
"#;

fn sample() -> Folder {
    let folder = Folder::new();
    folder.write("items.jsonl", ITEMS);
    let line = |id: &str| {
        format!(
            "{{\"id\":\"{id}\",\"annotator\":\"\",\"between\":[\"alpha\",\"beta\"],\"winner\":null}}\n"
        )
    };
    folder.write("labels.jsonl", &(line("q1") + &line("q2")));
    folder
}

#[test]
fn open_tasks_go_out_come_back_and_are_exported_as_labels() {
    let folder = sample();
    let out =
        ["labels", "export", "items.jsonl", "--output", "tasks.csv", "--layout", "csv", "--open"];
    let said = folder.run(&out).expect(0);
    assert!(said.stderr.contains("2 tasks written to tasks.csv"), "{}", said.stderr);
    assert!(
        said.stderr.contains("next: evenhand labels merge items.jsonl FILE"),
        "{}",
        said.stderr
    );
    let text = std::fs::read_to_string(folder.path().join("tasks.csv")).unwrap();
    assert!(!text.contains("alpha") && !text.contains("q1"), "{text}");
    let mut lines = text.lines();
    let header = format!("{},annotator", lines.next().unwrap());
    let first = format!("{},ana", lines.next().unwrap().replace(",,,", ",left,,"));
    folder.write("done.csv", &format!("{header}\n{first}\n{},ana\n", lines.next().unwrap()));
    let merge = ["labels", "merge", "items.jsonl", "done.csv"];
    let said = folder.run(&merge).expect(0);
    assert!(said.stderr.contains("done.csv: 2 read: 1 merged, 1 still open"), "{}", said.stderr);
    assert!(said.stderr.contains("1 answer added to labels.jsonl"), "{}", said.stderr);
    let said = folder.run(&merge).expect(0);
    assert!(said.stderr.contains("0 merged, 1 already there, 1 still open"), "{}", said.stderr);
    let export = ["labels", "export", "items.jsonl", "--output", "labels.csv", "--layout", "csv"];
    let said = folder.run(&export).expect(0);
    assert!(
        said.stderr.contains("1 answer written to labels.csv; 1 not answered yet"),
        "{}",
        said.stderr
    );
    let said = folder
        .run(&[
            "check",
            "items.jsonl",
            "--labels",
            "labels.csv",
            "--judge",
            "builtin:longer",
            "--rubric",
            "helpfulness",
        ])
        .expect(0);
    assert!(said.stdout.contains("1 label matches"), "{}", said.stdout);
}

#[test]
fn a_merge_of_which_nothing_can_be_used_fails() {
    let folder = sample();
    let merge = |file: &str, flags: &[&str]| {
        folder.run(&[&["labels", "merge", "items.jsonl", file][..], flags].concat())
    };
    folder.write("x.csv", "evenhand,winner\n0000000000000000/ana/0,left\n");
    let said = merge("x.csv", &[]).expect(3);
    assert!(
        said.stderr.contains("error: nothing was merged: 1 answer cannot be used"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("`ana` has no form in labels.jsonl"), "{}", said.stderr);
    let said = merge("x.csv", &["--labels", "none.jsonl"]).expect(3);
    assert!(said.stderr.contains("none.jsonl: there is no such label file"), "{}", said.stderr);
    assert!(!folder.path().join("none.jsonl").exists());
    merge("labels.jsonl", &[]).expect(2);
    let said = merge("absent.json", &[]).expect(3);
    assert!(said.stderr.contains("absent.json: there is no such file"), "{}", said.stderr);
    folder.write("page.html", "<!DOCTYPE html>\n<title>Labels</title>");
    let said = merge("page.html", &[]).expect(3);
    assert!(
        said.stderr.contains("page.html: this is a web page and no answers"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("name the file that it saves"), "{}", said.stderr);
    let said = merge("x.csv", &["--person", "7"]).expect(2);
    assert!(said.stderr.contains("expected WHO=NAME"), "{}", said.stderr);
    merge("x.csv", &["--person", "7=ana", "--person", "7=ben"]).expect(2);
    folder.write("page.json", "{\"evenhand\":\"answers\",\"version\":1,");
    let said = merge("page.json", &[]).expect(3);
    assert!(said.stderr.contains("page.json: the file is cut off"), "{}", said.stderr);
    let said = merge("x.csv", &["--from", "page"]).expect(3);
    assert!(
        said.stderr.contains("no file of answers that an exported page saves"),
        "{}",
        said.stderr
    );
}

#[test]
fn an_export_without_labels_or_over_what_is_read_writes_nothing() {
    let folder = sample();
    let export = |output: &str| {
        folder.run(&["labels", "export", "items.jsonl", "--output", output, "--layout", "argilla"])
    };
    let said = export("out.json").expect(8);
    assert!(said.stderr.contains("labels.jsonl has no answer to these items"), "{}", said.stderr);
    assert!(!folder.path().join("out.json").exists());
    export("labels.jsonl").expect(2);
    export("items.jsonl").expect(2);
}
