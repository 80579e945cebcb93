//! Tasks and labels in the layouts of other programs, and back.

use std::sync::Arc;

use evenhand::export::{LabelLayout, export_label_tasks, export_labels};
use evenhand::input::{
    DataFile, Disagreement, Item, LabelAnswer, LabelColumns, LabelDetails, LabelLine, LabelSide,
    LabelTask, SkipReason, Turn, read_labels,
};
use evenhand::labelling::{
    FormOptions, Material, MergeOptions, Session, SessionLine, StandingLines, merge_answers,
    standing_lines,
};
use serde_json::{Value, json};

use crate::support::Folder;

/// Systems and ids that a spreadsheet or a terminal would act on.
const SYSTEMS: [&str; 2] = ["+system \"quail\"", "=system,zebra\u{202e}"];
const IDS: [&str; 3] = ["=1+1", "a\\u{41}\nb", "'=quoted"];

fn items() -> Vec<Item> {
    let texts = [
        "=cmd|' /C calc'!A0",
        "line\r\nline\t\u{1b}[31mred\u{202e}",
        "<script>\"quotes\" & 'ticks'</script>",
    ];
    IDS.iter()
        .zip(texts)
        .map(|(id, text)| {
            let turns = vec![Turn::new("user", text), Turn::new("assistant", "@SUM(1)")];
            Item::new(*id, turns).with_response(SYSTEMS[0], text).with_response(SYSTEMS[1], "")
        })
        .collect()
}

fn material() -> Material {
    Material::of_items(items(), None, None).unwrap()
}

fn session(folder: &Folder) -> Session {
    let options = FormOptions {
        annotators: vec!["=ana".to_owned(), "ben/é".to_owned()],
        ..FormOptions::default()
    };
    Session::open(material(), &folder.path().join("labels.jsonl"), &options).unwrap()
}

/// A line of every kind, with every detail.
fn lines() -> Vec<LabelLine> {
    let [a, b] = SYSTEMS.map(Arc::<str>::from);
    let line = |id: usize, annotator: &str, task: LabelTask, answer: LabelAnswer| LabelLine {
        id: Arc::from(IDS[id]),
        annotator: Arc::from(annotator),
        between: [Arc::clone(&a), Arc::clone(&b)],
        probability: (id == 0).then_some(0.1 + 0.2),
        task,
        answer,
        details: LabelDetails::default(),
    };
    let mut full = line(0, "=ana", LabelTask::Compare, LabelAnswer::Winner(Some(Arc::clone(&b))));
    full.details = LabelDetails {
        left: Some(Arc::clone(&b)),
        seconds: Some(1.0 / 3.0),
        at: Some("2026-11-29T10:00:00.123Z".to_owned()),
        both_acceptable: Some(false),
        criteria: [("+tone\\".to_owned(), Some(Arc::clone(&a))), ("the = other".to_owned(), None)]
            .into(),
        note: Some(" -1 \u{202e}\u{1b}[0m\r\n\t\"q\",;'\\u{9}\\ ".to_owned()),
    };
    let mut noted =
        line(1, "=ana", LabelTask::Compare, LabelAnswer::Skipped(SkipReason::BothWrong));
    noted.details.note = Some("'=x".to_owned());
    vec![
        full,
        noted,
        line(2, "=ana", LabelTask::Compare, LabelAnswer::Winner(None)),
        line(0, "=ana", LabelTask::Repeat, LabelAnswer::Winner(Some(Arc::clone(&a)))),
        line(1, "=ana", LabelTask::Repeat, LabelAnswer::Skipped(SkipReason::Unclear)),
        line(2, "=ana", LabelTask::Equal(Arc::clone(&b)), LabelAnswer::Side(LabelSide::Right)),
        line(0, "ben/é", LabelTask::Adjudicate(Disagreement::People), LabelAnswer::Winner(None)),
        line(
            1,
            "ben/é",
            LabelTask::Adjudicate(Disagreement::Judge),
            LabelAnswer::Winner(Some(Arc::clone(&b))),
        ),
    ]
}

fn label_file(folder: &Folder, lines: &[LabelLine]) -> DataFile {
    let text = crate::support::lines_of(lines.iter().map(LabelLine::to_json));
    DataFile::labels(folder.write("all.jsonl", &text), LabelColumns::default())
}

/// The lines, which are about comparisons.
fn comparisons(read: &StandingLines) -> Vec<LabelLine> {
    let line = |line: &SessionLine| match line {
        SessionLine::Comparison(line) => line.clone(),
        SessionLine::Grade(line) => panic!("{line:?}"),
    };
    read.lines.iter().map(line).collect()
}

fn exported(folder: &Folder, name: &str, layout: LabelLayout) -> std::path::PathBuf {
    let read = standing_lines(&material(), &label_file(folder, &lines())).unwrap();
    let mut output = Vec::new();
    export_labels(&material(), &read, layout, &mut output).unwrap();
    folder.write(name, std::str::from_utf8(&output).unwrap())
}

#[test]
fn a_table_of_labels_is_read_back_without_loss() {
    let folder = Folder::new();
    let table = exported(&folder, "labels.csv", LabelLayout::Csv);
    let text = std::fs::read_to_string(&table).unwrap();
    let is_safe = |char: char| !char.is_control() || char == '\n';
    assert!(text.chars().all(is_safe) && !text.contains('\u{202e}'), "{text:?}");
    let mut rows = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    for row in rows.records() {
        for cell in &row.unwrap() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
        }
    }
    let table = DataFile::labels(table, LabelColumns::default());
    let read = standing_lines(&material(), &table).unwrap();
    assert_eq!(comparisons(&read), lines());
    assert_eq!((read.open, read.unmatched_ids.len(), read.warnings.len()), (0, 0, 0));
    let labels = read_labels(&table, material().known_items()).unwrap();
    assert_eq!((labels.labels.len(), labels.adjudicated.len(), labels.skipped.len()), (2, 2, 1));
}

#[test]
fn labels_come_back_from_label_studio_and_argilla() {
    for (layout, has_names) in [(LabelLayout::LabelStudio, true), (LabelLayout::Argilla, false)] {
        let folder = Folder::new();
        let mut without_criteria = lines();
        // Without a rubric the question has none.
        without_criteria[0].details.criteria.clear();
        let file = label_file(&folder, &without_criteria);
        let read = standing_lines(&material(), &file).unwrap();
        let mut output = Vec::new();
        export_labels(&material(), &read, layout, &mut output).unwrap();
        let project = folder.write("project.json", std::str::from_utf8(&output).unwrap());
        let labels = folder.write("new.jsonl", "");
        let merged =
            merge_answers(&material(), &labels, &[project], &MergeOptions::default()).unwrap();
        assert_eq!(merged.files[0].merged, lines().len(), "{layout:?}");
        let labels = DataFile::labels(labels, LabelColumns::default());
        let back = comparisons(&standing_lines(&material(), &labels).unwrap());
        for (before, after) in without_criteria.iter().zip(&back) {
            assert_eq!(
                (&before.id, &before.annotator, &before.task),
                (&after.id, &after.annotator, &after.task)
            );
            assert_eq!(
                (&before.answer, &before.details.note),
                (&after.answer, &after.details.note),
                "{layout:?}"
            );
            if has_names {
                assert_eq!(before.details.seconds, after.details.seconds);
            }
        }
    }
}

#[test]
fn tasks_are_blind_and_their_answers_find_their_places() {
    for layout in [LabelLayout::LabelStudio, LabelLayout::Argilla, LabelLayout::Csv] {
        let folder = Folder::new();
        let session = session(&folder);
        let mut files = Vec::new();
        for annotator in [0, 1] {
            let mut output = Vec::new();
            assert_eq!(export_label_tasks(&session, annotator, layout, &mut output).unwrap(), 3);
            let text = String::from_utf8(output).unwrap();
            for secret in ["quail", "zebra", "\"=1+1\"", "winner\":\"", "probability"] {
                assert!(!text.contains(secret), "{layout:?}: {secret} in {text}");
            }
            let answered = match layout {
                LabelLayout::Csv => {
                    let mut read = csv::Reader::from_reader(text.as_bytes());
                    let header = read.headers().unwrap().clone();
                    let mut table = csv::Writer::from_writer(Vec::new());
                    table.write_record(&header).unwrap();
                    for row in read.records() {
                        let cells = row.unwrap();
                        let cells = header.iter().zip(&cells);
                        table
                            .write_record(
                                cells.map(
                                    |(name, cell)| if name == "winner" { "left" } else { cell },
                                ),
                            )
                            .unwrap();
                    }
                    String::from_utf8(table.into_inner().unwrap()).unwrap()
                }
                LabelLayout::LabelStudio => {
                    let mut tasks: Value = serde_json::from_str(&text).unwrap();
                    for task in tasks.as_array_mut().unwrap() {
                        let result = json!([{"from_name": "winner", "to_name": "winner", "type": "pairwise", "value": {"selected": "left"}}]);
                        task["annotations"] = json!([{"result": result, "was_cancelled": false}]);
                    }
                    tasks.to_string()
                }
                LabelLayout::Argilla => {
                    let mut records: Value = serde_json::from_str(&text).unwrap();
                    for record in records.as_array_mut().unwrap() {
                        assert!(
                            record["fields"].as_object().unwrap().values().all(|text| text != "")
                        );
                        record["responses"] = json!({"winner": [{"value": "left", "user_id": format!("user-{annotator}")}]});
                    }
                    records.to_string()
                }
            };
            files.push(folder.write(&format!("answered-{annotator}"), &answered));
        }
        let labels = folder.path().join("labels.jsonl");
        drop(session);
        let merged = merge_answers(&material(), &labels, &files, &MergeOptions::default()).unwrap();
        for file in &merged.files {
            assert_eq!((file.merged, file.read()), (3, 3), "{layout:?}");
        }
        let data = DataFile::labels(&labels, LabelColumns::default());
        let read = read_labels(&data, material().known_items()).unwrap();
        assert_eq!((read.labels.len(), read.blank), (6, 0));
        assert!(read.labels.iter().all(|label| label.winner == label.details.left));
        // What has an answer is no task any more.
        let session = self::session(&folder);
        for annotator in [0, 1] {
            let tasks = export_label_tasks(&session, annotator, layout, &mut Vec::new());
            assert_eq!(tasks.unwrap(), 0);
        }
    }
}

#[test]
fn a_table_of_tasks_is_safe_in_a_spreadsheet_and_shows_conversations_as_text() {
    let folder = Folder::new();
    let mut output = Vec::new();
    export_label_tasks(&session(&folder), 0, LabelLayout::Csv, &mut output).unwrap();
    let text = String::from_utf8(output).unwrap();
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let header: Vec<String> = rows.headers().unwrap().iter().map(ToOwned::to_owned).collect();
    assert_eq!(
        header,
        ["evenhand", "prompt", "left", "right", "winner", "both_acceptable", "note"]
    );
    let rows: Vec<_> = rows.records().map(Result::unwrap).collect();
    assert!(rows.iter().flatten().all(|cell| !cell.starts_with(['=', '+', '-', '@'])));
    assert!(
        rows.iter().any(|row| &row[1] == "[user] =cmd|' /C calc'!A0\n[assistant] @SUM(1)"),
        "{text}"
    );
    assert!(rows.iter().flatten().any(|cell| cell == "'=cmd|' /C calc'!A0"));
}

#[test]
fn the_columns_of_further_fields_are_read_in_tables_written_by_hand() {
    let folder = Folder::new();
    let known = Material::of_items(
        vec![Item::new("q1", "One?").with_response("a", "x").with_response("b", "y")],
        None,
        None,
    )
    .unwrap();
    let read = |text: &str| {
        let file = DataFile::labels(folder.write("l.csv", text), LabelColumns::default());
        standing_lines(&known, &file).map(|read| comparisons(&read))
    };
    let text = "id,annotator,winner,left,seconds,at,both_acceptable,note,criteria.tone\n\
        q1,ana,a,b,2.5,2026-11-29T10:00:00Z,TRUE, '=x ,tie\n";
    let details = &read(text).unwrap()[0].details;
    assert_eq!(
        (details.left.as_deref(), details.seconds, details.both_acceptable),
        (Some("b"), Some(2.5), Some(true))
    );
    assert_eq!(details.note.as_deref(), Some(" '=x "), "a text by hand means what it says");
    assert_eq!(details.criteria.get("tone"), Some(&None));
    let skipped = read("id,annotator,winner,skipped\nq1,ana,,unclear\n").unwrap();
    assert_eq!(skipped[0].answer, LabelAnswer::Skipped(SkipReason::Unclear));
    // What is something else in tables of today stays that.
    for text in [
        "id,annotator,winner,left,right\nq1,ana,a,the text on the left,the other\n",
        "id,annotator,winner,prompt,left,seconds,choice\nq1,ana,a,One?,text,soon,b\n",
        "id,annotator,winner,choice\nq1,ana,a,b\n",
    ] {
        let lines = read(text).unwrap();
        assert_eq!(lines[0].details, LabelDetails::default(), "{text}");
    }
    for (text, message) in [
        ("id,annotator,winner,seconds\nq1,ana,a,soon\n", "l.csv:2: seconds: expected a number"),
        ("id,annotator,winner,left\nq1,ana,a,c\n", "unknown system `c` in left"),
        ("id,annotator,winner,repeat\nq1,ana,a,maybe\n", "l.csv:2: repeat: expected true or false"),
        (
            "id,annotator,winner,skipped\nq1,ana,a,unclear\n",
            "winner and skipped exclude each other",
        ),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(message), "{message}: {error}");
    }
}
