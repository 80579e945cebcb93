//! Tasks and labels of grades in the layouts of other programs, and back.

use std::path::Path;
use std::sync::Arc;

use evenhand::export::{LabelLayout, export_label_tasks, export_labels};
use evenhand::input::{
    DataFile, Disagreement, Grade, GradeAnswer, GradeDetails, GradeLine, GradeTask, Item,
    LabelColumns, SkipReason, load_rubric,
};
use evenhand::labelling::{
    FormOptions, Material, MergeOptions, Session, SessionLine, merge_answers, standing_lines,
};
use serde_json::{Value, json};

use crate::support::{Folder, lines_of};

/// Names that a spreadsheet or a terminal would act on.
const SYSTEM: &str = "=system,zebra\u{202e}";
const IDS: [&str; 2] = ["=1+1", "a\\u{41}\nb"];
const RUBRIC: &str = r#"name = "r"
description = "Is it good?"
mode = "grade"
scale = ["-poor", "unclear", "=good"]
[[criteria]]
name = "+tone"
description = "Is it polite?"
"#;

fn material(folder: &Folder) -> Material {
    let items = IDS.map(|id| {
        Item::new(id, "=cmd|' /C calc'!A0").with_response(SYSTEM, "<script>\u{1b}[31mred\u{202e}")
    });
    let rubric = folder.write("r.toml", RUBRIC);
    let rubric = load_rubric(rubric.to_str().unwrap(), Path::new("/nowhere")).unwrap();
    Material::of_items(items.into(), None, Some(&rubric)).unwrap()
}

/// A line of every kind, with every detail.
fn lines() -> Vec<SessionLine> {
    let line = |id: usize, annotator: &str, task: GradeTask, answer: GradeAnswer| GradeLine {
        id: Arc::from(IDS[id]),
        annotator: Arc::from(annotator),
        system: Arc::from(SYSTEM),
        probability: (id == 0).then_some(0.1 + 0.2),
        task,
        answer,
        details: GradeDetails::default(),
    };
    let grade = |step| GradeAnswer::Grade(Grade::Step(step));
    let mut full = line(0, "=ana", GradeTask::Grade, grade(0));
    full.details = GradeDetails {
        seconds: Some(1.0 / 3.0),
        at: Some("2026-11-29T10:00:00.123Z".to_owned()),
        criteria: [("+tone".to_owned(), Grade::Step(2))].into(),
        note: Some(" -1 \u{202e}\u{1b}[0m\r\n\t\"q\",;'\\u{9}\\ ".to_owned()),
    };
    let skipped = GradeAnswer::Skipped(SkipReason::Unclear);
    [
        full,
        line(1, "=ana", GradeTask::Grade, skipped),
        line(0, "=ana", GradeTask::Repeat, grade(2)),
        // A grade that is called like a reason to skip.
        line(1, "ben/é", GradeTask::Grade, grade(1)),
        line(0, "ben/é", GradeTask::Grade, GradeAnswer::Grade(Grade::CannotAssess)),
        line(0, "cy", GradeTask::Adjudicate(Disagreement::People), grade(1)),
        line(1, "cy", GradeTask::Adjudicate(Disagreement::Judge), grade(0)),
    ]
    .map(SessionLine::from)
    .into()
}

fn exported(folder: &Folder, layout: LabelLayout) -> String {
    let material = material(folder);
    let text = lines_of(lines().iter().map(|line| line.to_json(material.scale()).unwrap()));
    let file = DataFile::labels(folder.write("all.jsonl", &text), LabelColumns::default());
    let read = standing_lines(&material, &file).unwrap();
    let mut output = Vec::new();
    export_labels(&material, &read, layout, &mut output).unwrap();
    String::from_utf8(output).unwrap()
}

#[test]
fn a_table_of_grades_is_safe_in_a_spreadsheet_and_read_back_without_loss() {
    let folder = Folder::new();
    let text = exported(&folder, LabelLayout::Csv);
    assert!(text.chars().all(|char| !char.is_control() || char == '\n'), "{text:?}");
    assert!(!text.contains('\u{202e}'), "{text:?}");
    let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    for row in rows.records() {
        for cell in &row.unwrap() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
        }
    }
    let table = DataFile::labels(folder.write("labels.csv", &text), LabelColumns::default());
    let read = standing_lines(&material(&folder), &table).unwrap();
    assert_eq!(read.lines, lines());
    assert_eq!((read.open, read.unmatched_ids.len(), read.warnings.len()), (0, 0, 0));
}

#[test]
fn grades_come_back_from_every_layout() {
    for layout in [LabelLayout::Csv, LabelLayout::LabelStudio, LabelLayout::Argilla] {
        let folder = Folder::new();
        let project = folder.write("project", &exported(&folder, layout));
        let labels = folder.write("new.jsonl", "");
        let material = material(&folder);
        let merged =
            merge_answers(&material, &labels, &[project], &MergeOptions::default()).unwrap();
        let counted = (merged.files[0].merged, merged.files[0].skipped);
        assert_eq!(counted, (lines().len(), 1), "{layout:?}");
        let labels = DataFile::labels(labels, LabelColumns::default());
        let back = standing_lines(&material, &labels).unwrap().lines;
        for (before, after) in lines().iter().zip(&back) {
            let [before, after] = [before, after].map(|line| match line {
                SessionLine::Grade(line) => line,
                SessionLine::Comparison(line) => panic!("{line:?}"),
            });
            assert_eq!(
                (&before.id, &before.system, before.task, before.answer),
                (&after.id, &after.system, after.task, after.answer),
                "{layout:?}"
            );
            assert_eq!(before.details.note, after.details.note, "{layout:?}");
            assert_eq!(before.details.criteria, after.details.criteria, "{layout:?}");
            // Argilla knows people by ids of its own, which are the same for the same name.
            assert!(layout == LabelLayout::Argilla || before.annotator == after.annotator);
        }
    }
}

#[test]
fn blind_tasks_go_out_and_come_back() {
    for layout in [LabelLayout::Csv, LabelLayout::LabelStudio, LabelLayout::Argilla] {
        let folder = Folder::new();
        let labels = folder.path().join("labels.jsonl");
        let options = FormOptions { annotators: vec!["=ana".to_owned()], ..FormOptions::default() };
        let open = || Session::open(material(&folder), &labels, &options).unwrap();
        let mut output = Vec::new();
        assert_eq!(export_label_tasks(&open(), 0, layout, &mut output).unwrap(), 2);
        let text = String::from_utf8(output).unwrap();
        assert!(!text.contains("zebra") && !text.contains("1+1"), "{layout:?}: {text}");
        let answered = if layout == LabelLayout::Csv {
            let mut rows = csv::Reader::from_reader(text.as_bytes());
            let header = rows.headers().unwrap().clone();
            let expected = ["evenhand", "prompt", "response", "grade", "criteria.+tone", "note"];
            assert_eq!(header.iter().collect::<Vec<_>>(), expected);
            let row = |row: csv::StringRecord| format!("{},p,r,unclear,,\n", &row[0]);
            let rows: String = rows.records().map(|one| row(one.unwrap())).collect();
            format!("{}\n{rows}", expected.join(","))
        } else {
            let mut tasks: Value = serde_json::from_str(&text).unwrap();
            for task in tasks.as_array_mut().unwrap() {
                if layout == LabelLayout::LabelStudio {
                    let fields: Vec<&str> =
                        task["data"].as_object().unwrap().keys().map(String::as_str).collect();
                    assert_eq!(fields, ["evenhand", "question", "prompt", "response"]);
                    task["annotations"] = json!([{"completed_by": 7, "result": [{"from_name": "grade",
                        "to_name": "response", "type": "choices", "value": {"choices": ["unclear"]}}]}]);
                } else {
                    task["responses"] = json!({"grade": [{"value": "unclear", "user_id": "u-7"}]});
                }
            }
            tasks.to_string()
        };
        let file = folder.write("answered", &answered);
        let merged =
            merge_answers(&material(&folder), &labels, &[file], &MergeOptions::default()).unwrap();
        assert_eq!((merged.files[0].merged, merged.files[0].skipped), (2, 0), "{layout:?}");
        assert_eq!(open().progress(0).answered, 2);
        assert_eq!(export_label_tasks(&open(), 0, layout, &mut Vec::new()).unwrap(), 0);
    }
}
