//! Tables as Parquet: typed columns, and every text as it is.

use std::fs::File;
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Value, json};

use super::{json_file, judged};
use crate::support::Folder;

/// Texts that a table for spreadsheets, a terminal or a text file would change.
const HOSTILE: [&str; 8] = [
    "=HYPERLINK(\"http://x\")",
    "a\0b\u{1}\u{1b}[31m\u{7f}",
    "\u{202e}reversed\u{2066}",
    "\\ud800 and \\u0000 as they are written",
    "quotes \" ' and, commas;\ttabs\r\nlines\n",
    "\u{feff}\u{fffd}\u{fffe}\u{10ffff}",
    " ",
    "",
];

/// Reads a table as `tests/oracle/parquet.py` prints it.
fn read(path: &Path) -> Value {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let fields = reader.metadata().file_metadata().schema_descr().columns().to_vec();
    let columns = fields.iter().map(|field| {
        let kind = match field.physical_type() {
            parquet::basic::Type::BYTE_ARRAY => {
                assert_eq!(field.logical_type_ref(), Some(&parquet::basic::LogicalType::String));
                "string"
            }
            parquet::basic::Type::DOUBLE => "double",
            other => panic!("a column of {other}"),
        };
        json!([field.name(), kind, field.max_def_level() == 1])
    });
    let columns: Vec<Value> = columns.collect();
    let value = |field: &Field| match field {
        Field::Null => Value::Null,
        Field::Str(text) => json!(text),
        Field::Double(number) => json!(number),
        other => panic!("a cell of {other}"),
    };
    let rows = reader.get_row_iter(None).unwrap().map(|row| -> Value {
        let row = row.unwrap();
        row.get_column_iter().map(|(name, field)| (name.clone(), value(field))).collect()
    });
    json!({ "columns": columns, "rows": rows.collect::<Vec<_>>() })
}

fn row_groups(path: &Path) -> usize {
    SerializedFileReader::new(File::open(path).unwrap()).unwrap().num_row_groups()
}

/// The columns of a CSV file, and its rows with nothing for an empty cell.
fn csv(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let columns = reader.headers().unwrap().iter().map(ToOwned::to_owned).collect();
    let rows = reader.records().map(|row| row.unwrap().iter().map(ToOwned::to_owned).collect());
    (columns, rows.collect())
}

/// A run whose items have every hostile text in every place, and its tables.
fn hostile() -> Folder {
    let folder = Folder::new();
    let items: Vec<String> = HOSTILE
        .iter()
        .enumerate()
        .map(|(at, text)| {
            let mut item = json!({
                "id": format!("q-{at} {}", text.trim()), "prompt": text,
                "responses": { "alpha": text, "response id": "x", "id": "y", "b.c\u{e9}": "z" },
                "tags": { "topic": text },
            });
            if at % 2 == 0 {
                item["reference"] = json!(text);
                item["context"] = json!({ "text": text, "list": [1, 2.5, null] });
            }
            item.to_string()
        })
        .collect();
    folder.write("items.jsonl", &items.join("\n"));
    let task = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:longer"];
    folder.run(&[&task[..], &["--run", "run.db"]].concat()).expect(0);
    folder.run(&["export", "run.db", "--to", "parquet", "--output", "tables"]).expect(0);
    folder
}

#[test]
fn texts_are_as_they_were_and_what_is_not_there_is_null() {
    let folder = hostile();
    let table = read(&folder.path().join("tables/items.parquet"));
    let columns = [
        json!(["id", "string", false]),
        json!(["prompt", "string", false]),
        json!(["reference", "string", true]),
        json!(["context", "string", true]),
        json!(["json_columns", "string", true]),
        json!(["tags.topic", "string", true]),
        json!(["alpha", "string", true]),
        json!(["b.c\u{e9}", "string", true]),
        json!(["response id", "string", true]),
        json!(["response response id", "string", true]),
    ];
    assert_eq!(table["columns"], json!(columns));
    let items = std::fs::read_to_string(folder.path().join("items.jsonl")).unwrap();
    let items: Vec<Value> = items.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(table["rows"].as_array().unwrap().len(), HOSTILE.len());
    for (row, item) in table["rows"].as_array().unwrap().iter().zip(&items) {
        for field in ["id", "prompt", "reference"] {
            assert_eq!(row[field], item.get(field).cloned().unwrap_or_default(), "{field}");
        }
        assert_eq!(row["alpha"], item["responses"]["alpha"]);
        assert_eq!(row["response id"], "y");
        assert_eq!(row["response response id"], "x");
        assert_eq!(row["tags.topic"], item["tags"]["topic"]);
        let context = row["context"].as_str().map(|text| serde_json::from_str(text).unwrap());
        assert_eq!(context, item.get("context").cloned());
        assert_eq!(row["json_columns"], Value::Null);
    }
}

#[test]
fn verdicts_and_labels_are_those_of_the_csv() {
    let folder = judged();
    let votes = std::fs::read_to_string(folder.path().join("votes.jsonl")).unwrap();
    let votes = votes.replace("\"vote\":\"first\"", "\"probability\":0.7000000000000001");
    folder.write("votes.jsonl", &votes.replace("\"vote\":\"second\"", "\"probability\":0.1"));
    let task = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "told"];
    folder.run(&[&task[..], &["--run", "sure.db"]].concat()).expect(0);
    for run in ["run.db", "sure.db"] {
        for format in ["csv", "parquet"] {
            let flags = ["--labels", "labels.jsonl", "--output", "tables"];
            folder.run(&[&["export", run, "--to", format], &flags[..]].concat()).expect(0);
        }
        for table in ["verdicts", "labels"] {
            let path = |ending: &str| folder.path().join(format!("tables/{table}.{ending}"));
            let (columns, rows) = csv(&path("csv"));
            let read = read(&path("parquet"));
            let names = read["columns"].as_array().unwrap().iter().map(|column| &column[0]);
            assert_eq!(names.cloned().collect::<Value>(), json!(columns));
            assert_eq!(read["rows"].as_array().unwrap().len(), rows.len());
            for (row, cells) in read["rows"].as_array().unwrap().iter().zip(&rows) {
                for (column, cell) in columns.iter().zip(cells) {
                    let value = match &row[column] {
                        Value::Null => String::new(),
                        Value::String(text) => text.clone(),
                        number => number.as_f64().unwrap().to_string(),
                    };
                    assert_eq!(value, *cell, "{run}: {table}: {column}");
                }
            }
        }
    }
    let read = read(&folder.path().join("tables/verdicts.parquet"));
    let columns = read["columns"].as_array().unwrap();
    let of_kind = |kind: &str, nullable: bool| -> Vec<&str> {
        let of_kind = columns.iter().filter(|column| column[1] == kind && column[2] == nullable);
        of_kind.map(|column| column[0].as_str().unwrap()).collect()
    };
    assert_eq!(of_kind("string", false), ["id", "a", "b", "judge", "outcome", "decided_by"]);
    let numbers = [
        "a_first_confidence",
        "b_first_confidence",
        "a_probability",
        "b_probability",
        "tie_probability",
        "margin",
    ];
    assert_eq!(of_kind("double", true), numbers);
    assert!(read["rows"][0]["a_probability"].is_f64(), "{read}");
}

#[test]
fn conversations_are_json_and_their_columns_are_named() {
    let folder = judged();
    let text = std::fs::read_to_string(folder.path().join("items.jsonl")).unwrap();
    let text = text.replace("\"reference\":\"3\"", "\"reference\":[\"3\",\"III\"]");
    folder.write("items.jsonl", &text);
    let task = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:longer"];
    folder.run(&[&task[..], &["--run", "own.db"]].concat()).expect(0);
    let flags = ["--to", "parquet", "--output", "tables"];
    let said = folder.run(&[&["export", "own.db"], &flags[..]].concat()).expect(0);
    assert!(!said.stderr.contains("left out"), "{}", said.stderr);
    let table = read(&folder.path().join("tables/items.parquet"));
    assert_eq!(table["rows"].as_array().unwrap().len(), 4);
    assert_eq!(table["rows"][0]["json_columns"], Value::Null);
    assert_eq!(table["rows"][1]["json_columns"], "[\"prompt\"]");
    let turns: Value = serde_json::from_str(table["rows"][1]["prompt"].as_str().unwrap()).unwrap();
    assert_eq!(turns[2], json!({ "role": "user", "content": "2" }));
    assert_eq!(table["rows"][2]["json_columns"], "[\"reference\"]");
    assert_eq!(table["rows"][2]["reference"], "[\"3\",\"III\"]");
    let beside = json_file(&folder.path().join("tables/meta.json"));
    assert_eq!(
        [&beside["layout"], &beside["counts"]["items_not_in_table"]],
        [&json!("parquet"), &json!(0)]
    );
}

#[test]
fn huge_cells_are_whole_and_written_in_groups() {
    const LETTERS: [&str; 3] = ["x", "\u{1f600}", "y"];
    let folder = Folder::new();
    let long = |letter: &str| letter.repeat(9_000_000);
    let items: Vec<String> = LETTERS
        .iter()
        .map(|letter| {
            json!({ "id": letter, "prompt": "p", "responses": { "a": long(letter), "b": "short" } })
                .to_string()
        })
        .collect();
    folder.write("items.jsonl", &items.join("\n"));
    let task = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "builtin:longer"];
    folder.run(&[&task[..], &["--run", "run.db"]].concat()).expect(0);
    folder.run(&["export", "run.db", "--to", "parquet", "--output", "tables"]).expect(0);
    let path = folder.path().join("tables/items.parquet");
    let table = read(&path);
    for (row, letter) in table["rows"].as_array().unwrap().iter().zip(LETTERS) {
        assert!(row["a"] == long(letter), "{letter}");
    }
    assert_eq!(row_groups(&path), 2, "the first two fill a group");
}

#[test]
fn nothing_is_written_over_what_is_read_or_over_a_file() {
    let folder = judged();
    let whole = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    std::fs::create_dir(folder.path().join("tables")).unwrap();
    for name in ["items.parquet", "verdicts.parquet", "labels.parquet", "meta.json"] {
        let run = format!("tables/{name}");
        std::fs::copy(folder.path().join("run.db"), folder.path().join(&run)).unwrap();
        let before = whole(&run);
        let flags = ["--to", "parquet", "--output", "tables"];
        let said = folder.run(&[&["export", &run], &flags[..]].concat()).expect(2);
        assert!(said.stderr.contains("would be written over"), "{}", said.stderr);
        assert!(whole(&run) == before, "{name}");
    }
    for format in ["parquet", "csv"] {
        let said = folder.run(&["export", "run.db", "--to", format]).expect(2);
        assert!(
            said.stderr.contains(&format!("--to {format} writes several tables")),
            "{}",
            said.stderr
        );
        let flags = ["--to", format, "--output", "labels.jsonl"];
        let said = folder.run(&[&["export", "run.db"], &flags[..]].concat()).expect(2);
        assert!(
            said.stderr.contains("labels.jsonl is a file, and tables are written to a folder"),
            "{}",
            said.stderr
        );
    }
}

/// The reader of Apache Arrow, which pip fetches.
mod needs_pip {
    use std::path::PathBuf;
    use std::process::Command;

    use serde_json::Value;

    use super::{hostile, judged, read};

    /// Returns the folder with the package, which stays between runs.
    fn pyarrow() -> PathBuf {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pyarrow-26.0.1");
        let is_there = Command::new("python3")
            .args(["-c", "import pyarrow.parquet"])
            .env("PYTHONPATH", &folder)
            .output();
        if !is_there.unwrap().status.success() {
            let pip = [
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--upgrade",
                "--target",
            ];
            let installed =
                Command::new("python3").args(pip).arg(&folder).arg("pyarrow==26.0.1").output();
            let installed = installed.unwrap();
            assert!(installed.status.success(), "{installed:?}");
        }
        folder
    }

    #[test]
    #[ignore = "needs a pip that can download"]
    fn apache_arrow_reads_the_same() {
        let package = pyarrow();
        let labelled = judged();
        let flags = ["--labels", "labels.jsonl", "--output", "tables"];
        labelled.run(&[&["export", "run.db", "--to", "parquet"], &flags[..]].concat()).expect(0);
        let mut tables = 0;
        for folder in [hostile(), labelled] {
            for table in ["items", "verdicts", "labels"] {
                let path = folder.path().join(format!("tables/{table}.parquet"));
                if !path.exists() {
                    continue;
                }
                let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/parquet.py");
                let said = Command::new("python3")
                    .arg(script)
                    .arg(&path)
                    .env("PYTHONPATH", &package)
                    .output();
                let said = said.unwrap();
                assert!(said.status.success(), "{said:?}");
                let theirs: Value = serde_json::from_slice(&said.stdout).unwrap();
                assert_eq!(theirs, read(&path), "{table}");
                tables += 1;
            }
        }
        assert_eq!(tables, 5);
    }
}
