//! Items, labels, responses and recordings as CSV and TSV: what the columns mean, and how errors name the row and
//! the column of the original file.

use serde_json::{Value, json};

use crate::support::{CommandOutput, Folder};

const JUDGE: [&str; 4] = ["--rubric", "helpfulness", "--run", "run.db"];

pub(super) fn judge(folder: &Folder, items: &str, flags: &[&str]) -> CommandOutput {
    let arguments = [&["judge", items, "--judge", "builtin:longer"], &JUDGE[..], flags].concat();
    folder.run(&arguments)
}

pub(super) fn check(folder: &Folder, items: &str, flags: &[&str]) -> CommandOutput {
    folder.run(&[&["check", items, "--rubric", "helpfulness"], flags].concat())
}

/// The id and the winner of every comparison of the run.
fn winners(folder: &Folder) -> Vec<(String, Value)> {
    let lines = folder.run(&["verdicts", "run.db", "--all"]).expect(0).json_lines();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    lines.iter().map(|line| (text(&line["id"]), line["winner"].clone())).collect()
}

/// Converts a table to items by `init --from` and returns these.
fn items(table: &str, flags: &[&str]) -> Vec<Value> {
    let folder = Folder::new();
    folder.write("table", table);
    folder.run(&[&["init", "--from", "table", "out"], flags].concat()).expect(0);
    let text = std::fs::read_to_string(folder.path().join("out/items.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Checks a table, which must be refused with these words.
fn refused(table: &str, flags: &[&str], fragments: &[&str]) {
    let folder = Folder::new();
    folder.write("replies.csv", table);
    let said = check(&folder, "replies.csv", flags).expect(3);
    for fragment in fragments {
        assert!(said.stderr.contains(fragment), "no `{fragment}` in:\n{}", said.stderr);
    }
}

#[test]
fn a_table_is_judged_by_the_convention_of_its_columns() {
    let folder = Folder::new();
    folder.write(
        "replies.csv",
        "id,prompt,a,b\n17,One?,short,much longer\nx,Two?,much longer,short\n",
    );
    let said = judge(&folder, "replies.csv", &[]).expect(0);
    let note = "replies.csv: these columns are read as the responses of systems: a, b";
    assert!(said.stderr.contains(note), "{}", said.stderr);
    assert_eq!(winners(&folder), [("17".to_owned(), json!("b")), ("x".to_owned(), json!("a"))]);
}

#[test]
fn every_kind_of_column_becomes_its_field() {
    let table = "ID, Prompt ,a,b,reference,context,tags.product,tag:tier,winner,annotator\n\
                 1,One?,x,y,z,\"{\"\"locale\"\":\"\"de\"\"}\",billing,gold,a,ana\n\
                 2,Two?,x,y,,from Berlin,,,,\n";
    let expected = [
        json!({"id": "1", "prompt": "One?", "responses": {"a": "x", "b": "y"}, "reference": "z",
               "context": {"locale": "de"}, "tags": {"product": "billing", "tier": "gold"}}),
        json!({"id": "2", "prompt": "Two?", "responses": {"a": "x", "b": "y"}, "context": "from Berlin"}),
    ];
    assert_eq!(items(table, &[]), expected);
    let fields = items("id,prompt,a,b,context.locale,context.plan\n1,One?,x,y,de,\n", &[]);
    assert_eq!(fields[0]["context"], json!({"locale": "de"}));
}

#[test]
fn columns_can_be_named() {
    let table = "number,question,notes,gpt 4,claude\n1,One?,n,x,y\n";
    let flags = [
        "--id-column",
        "number",
        "--prompt-column",
        "question",
        "--response",
        "gpt=gpt 4",
        "--response",
        "claude",
    ];
    let expected = json!({"id": "1", "prompt": "One?", "responses": {"gpt": "x", "claude": "y"}});
    assert_eq!(items(table, &flags), [expected]);
    // Without names, what is no response is named as one, so that it is noticed.
    let folder = Folder::new();
    folder.write("replies.csv", "id,prompt,a,b,created_at\n1,One?,x,y,2026-01-01\n");
    let said = check(&folder, "replies.csv", &[]).expect(0);
    assert!(said.stderr.contains("responses of systems: a, b, created_at; if one of them is not, name those that are (--response COLUMN)"), "{}", said.stderr);
    let said = check(&folder, "replies.csv", &["--response", "a", "--response", "b"]).expect(0);
    assert!(!said.stderr.contains("systems"), "{}", said.stderr);
}

#[test]
fn separators_quotes_line_breaks_and_marks_are_recognised() {
    let expected = [
        json!({"id": "1", "prompt": "One,\n\"two\"; three\t?", "responses": {"a": "x", "b": " y "}}),
        json!({"id": "2", "prompt": "Zwölf?", "responses": {"a": "x", "b": "y"}}),
    ];
    for separator in [",", ";", "\t"] {
        let table =
            "\u{feff}id|prompt|a|b\n1|\"One,\n\"\"two\"\"; three\t?\"|x| y \n\n2|\"Zwölf?\"|x|y";
        let table = table.replace('|', separator);
        assert_eq!(items(&table, &[]), expected, "{separator:?}");
        let header = format!("sep={separator}\n");
        assert_eq!(items(&table.replace('\u{feff}', &header), &[]), expected, "{separator:?}");
    }
    let windows = "id,prompt,a,b\r\n1,One?,x,y\r\n,,,\r\n2,Two?,\"x\r\nx\",y\r\n";
    assert_eq!(items(windows, &[])[1]["responses"]["a"], "x\nx");
}

#[test]
fn a_table_is_the_same_items_however_its_lines_end() {
    let folder = Folder::new();
    let table = "id,prompt,a,b\n1,\"One,\n\n\"\"two\"\"?\n\",\"x\rx\",\"\"\"\n\"\n";
    let expected =
        json!({"id": "1", "prompt": "One,\n\n\"two\"?\n", "responses": {"a": "x\rx", "b": "\"\n"}});
    assert_eq!(items(table, &[]), [expected]);
    folder.write("replies.csv", table);
    judge(&folder, "replies.csv", &[]).expect(0);
    folder.write("replies.csv", &table.replace('\n', "\r\n"));
    let said = judge(&folder, "replies.csv", &[]).expect(0);
    assert!(said.stdout.contains("this time:  0 requests"), "{}", said.stdout);
    // What differs elsewhere only in its line breaks is shown as such.
    folder.write(
        "items.jsonl",
        "{\"id\":\"1\",\"prompt\":\"One,\\r\\n\\n\\\"two\\\"?\\n\",\"responses\":{\"a\":\"x\\rx\",\"b\":\"\\\"\\n\"}}\n",
    );
    let said = judge(&folder, "items.jsonl", &[]).expect(7);
    for line in [r#"- "One,\n""#, r#"+ "One,\r\n""#] {
        assert!(said.stderr.contains(line), "no `{line}` in {}", said.stderr);
    }
}

#[test]
fn a_header_with_another_separator_inside_its_names_is_split_by_the_one_that_gives_more_columns() {
    let found = items("id;prompt;\"a, b\";c, d\n1;One?;x;y\n", &[]);
    assert_eq!(found[0]["responses"], json!({"a, b": "x", "c, d": "y"}));
}

#[test]
fn errors_name_the_row_and_the_column() {
    refused(
        "id,prompt,a,b\n1,One?,x,y\n2,Two?,x,\n",
        &[],
        &["replies.csv:3: column `b` is empty", "--empty-cells"],
    );
    refused("id,prompt,a,b\n1,,x,y\n", &[], &["replies.csv:2: column `prompt` is empty"]);
    refused("id,prompt,a,b\n ,One?,x,y\n", &[], &["replies.csv:2: column `id` is empty"]);
    refused(
        "id,prompt,a,b\n1,One?,x\n",
        &[],
        &["replies.csv:2: the row has 3 cells, the header 4: `b` has none"],
    );
    refused(
        "id,prompt,a,b\n1,One, two?,x,y\n",
        &[],
        &[
            "replies.csv:2: the row has 5 cells, the header 4: `y` has no column",
            "between quotation marks",
        ],
    );
    // The line is what an editor shows, the row what a spreadsheet shows.
    refused(
        "id,prompt,a,b\n1,\"One\n\nand two?\",x,y\n\n2,Two?,,y\n",
        &[],
        &["replies.csv:6 (row 4): column `a` is empty"],
    );
    refused(
        "id,prompt,a,b\n1,One?,x,y\n1,Two?,x,y\n",
        &[],
        &["replies.csv:3: id `1` is already on line 2"],
    );
    refused(
        "id,prompt,a,b,context\n1,One?,x,y,{oops}\n",
        &[],
        &["replies.csv:2: column `context` begins like JSON, but is not valid JSON"],
    );
    refused(
        "id,prompt,a,b\n1,One?,\"x,y\n2,Two?,x,y\n",
        &[],
        &[
            "replies.csv:2: the quotation mark that begins a cell on this line is never closed",
            "doubled",
        ],
    );
    refused(
        "id,prompt,a,b\n1,One?,\"say \"hi\" now\",y\n",
        &[],
        &["replies.csv:2: a quotation mark ends a cell"],
    );
}

#[test]
fn errors_in_the_header_name_the_column() {
    refused(
        "id,question,a,b\n1,One?,x,y\n",
        &[],
        &[
            "replies.csv:1: there is no column `prompt`",
            "the columns are: id, question, a, b",
            "--prompt-column",
        ],
    );
    refused(
        "id,prompt,a,a\n1,One?,x,y\n",
        &[],
        &["replies.csv:1: columns 3 and 4 have the same name, `a`"],
    );
    refused(
        "id,prompt,a,tie\n1,One?,x,y\n",
        &[],
        &["replies.csv:1: column `tie`", "reserved", "--response"],
    );
    refused("id,prompt,a,b\n1,One?,x,y\n", &["--response", "A"], &["there is no column `A`"]);
    refused("id,prompt,alpha,b\n1,One?,x,y\n", &["--response", "alpa"], &["did you mean `alpha`?"]);
    refused(
        "id,prompt,a\n1,One?,x\n",
        &[],
        &["replies.csv:2: responses: expected two or more systems"],
    );
    refused("\n,,\nid,prompt,a,b\n", &[], &["replies.csv: the file has no items"]);
}

#[test]
fn text_that_is_not_utf8_is_an_error_with_the_command_that_converts_it() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("replies.csv"), b"id,prompt,a,b\n1,Zw\xf6lf?,x,y\n").unwrap();
    let said = check(&folder, "replies.csv", &[]).expect(3);
    for part in [
        "replies.csv:2: column `prompt` is not valid UTF-8",
        "iconv -f WINDOWS-1252 -t UTF-8 replies.csv",
    ] {
        assert!(said.stderr.contains(part), "{}", said.stderr);
    }
}

#[test]
fn an_empty_cell_is_what_the_user_says() {
    let table = "id,prompt,a,b,c\n1,One?,x,,z\n";
    assert_eq!(
        items(table, &["--empty-cells", "empty"])[0]["responses"],
        json!({"a": "x", "b": "", "c": "z"})
    );
    assert_eq!(
        items(table, &["--empty-cells", "missing"])[0]["responses"],
        json!({"a": "x", "c": "z"})
    );
}

#[test]
fn without_ids_the_rows_are_the_ids_with_a_warning() {
    let folder = Folder::new();
    folder.write("replies.csv", "prompt,a,b\nOne?,x,longer\n\nTwo?,longer,y\n");
    let said = judge(&folder, "replies.csv", &[]).expect(0);
    assert!(
        said.stderr.contains(
            "replies.csv has no column `id`: items are called by their rows (row-2, row-3…)"
        ),
        "{}",
        said.stderr
    );
    assert_eq!(
        winners(&folder),
        [("row-2".to_owned(), json!("b")), ("row-4".to_owned(), json!("a"))]
    );
    // Another text under the same id is refused, so a row that was moved is not taken for another.
    folder.write("replies.csv", "prompt,a,b\nTwo?,longer,y\n\nOne?,x,longer\n");
    judge(&folder, "replies.csv", &[]).expect(7);
}

#[test]
fn the_index_that_pandas_writes_is_ignored_with_a_warning() {
    let folder = Folder::new();
    folder.write("replies.csv", ",id,prompt,a,b\n0,1,One?,x,y\n");
    let said = check(&folder, "replies.csv", &[]).expect(0);
    for part in ["a column without a name is ignored", "systems: a, b; if"] {
        assert!(said.stderr.contains(part), "{}", said.stderr);
    }
}

#[test]
fn responses_and_recordings_may_be_tables() {
    let folder = Folder::new();
    folder.write("items.jsonl", "{\"id\":1,\"prompt\":\"One?\",\"responses\":{\"a\":\"x\"}}\n");
    folder.write("b.tsv", "response\tid\tmodel\n\"much\nlonger\"\t1\tm\nunused\t2\tm\n");
    folder.write("evenhand.toml", "[judges.played]\nrecorded = \"replies.csv\"\n");
    folder.write("replies.csv", "id,first,second,reply\n1,a,b,\"{\"\"vote\"\": \"\"second\"\"}\"\n1,b,a,\"{\"\"vote\"\": \"\"first\"\"}\"\n");
    let arguments = ["judge", "items.jsonl", "--responses", "b=b.tsv", "--judge", "played"];
    let said = folder.run(&[&arguments[..], &JUDGE].concat()).expect(0);
    assert!(said.stderr.contains("b.tsv: 1 id is not in the items file"), "{}", said.stderr);
    assert!(
        said.stderr.contains("b.tsv: field `model` of 2 responses is ignored"),
        "{}",
        said.stderr
    );
    assert_eq!(winners(&folder), [("1".to_owned(), json!("b"))]);
    for (text, fragment) in [
        ("id,response\n1,\n", "b.tsv:2: column `response` is empty"),
        ("id,text\n1,x\n", "b.tsv:1: there is no column `response`"),
        ("id,response\n1,x\n1,y\n", "b.tsv:3: id `1` is already on line 2"),
    ] {
        folder.write("b.tsv", text);
        let said = folder.run(&[&arguments[..], &JUDGE].concat()).expect(3);
        assert!(said.stderr.contains(fragment), "no `{fragment}` in {}", said.stderr);
    }
}

#[test]
fn a_file_that_is_neither_json_nor_a_table_is_named_as_that() {
    let neither = "replies.csv: the file is neither JSON nor a table with `,`, `;` or tab";
    let named = ["--prompt-column", "frage"];
    for flags in [&[][..], &named] {
        refused(
            "id|prompt|a|b\n1|One?|x|y\n",
            flags,
            &[neither, "write `sep=|` as its first line"],
        );
        for text in ["prompt\nOne?\nTwo?\n", "\n\nprompt", "oops\n{\"id\":1}\n", "\u{feff}Zwölf\n"]
        {
            refused(
                text,
                flags,
                &[neither, "a table (CSV, TSV) whose first row names its columns"],
            );
        }
    }
    let found = items("sep=|\nid|prompt|a|b\n1|One, two?|x|y\n", &[]);
    assert_eq!(found[0]["prompt"], "One, two?");
    // JSON that is no object is named by its type.
    refused("17\n", &[], &["replies.csv:1: expected a JSON object, found a number"]);
    refused("\"prompt\"\n", &[], &["replies.csv:1: expected a JSON object, found a string"]);
}

#[test]
fn columns_of_a_file_that_is_no_table_are_an_error() {
    let folder = Folder::new();
    folder.write(
        "items.jsonl",
        "{\"id\":\"1\",\"prompt\":\"One?\",\"responses\":{\"a\":\"x\",\"b\":\"y\"}}\n",
    );
    let said = check(&folder, "items.jsonl", &["--prompt-column", "question"]).expect(2);
    assert!(said.stderr.contains("items.jsonl: columns were named, but the file is not a table"));
    folder.run(&["init", "--prompt-column", "question"]).expect(2);
}

/// The records of a table by the crate `csv`, with the cells of the rows that are not blank.
fn by_csv(text: &str) -> Vec<Vec<String>> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(ToOwned::to_owned).collect()).collect()
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(48))]

    #[test]
    fn a_table_that_is_properly_quoted_is_read_as_the_crate_csv_reads_it(
        cells in proptest::collection::vec("[a-c,;\"\\t\\n é]{1,6}x", 6..30),
    ) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["prompt", "a", "b"]).unwrap();
        cells.as_chunks::<3>().0.iter().for_each(|row| writer.write_record(row).unwrap());
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let found: Vec<Vec<String>> = items(&text, &["--response", "a", "--response", "b"])
            .iter()
            .map(|item| [&item["prompt"], &item["responses"]["a"], &item["responses"]["b"]].map(|text| text.as_str().unwrap().to_owned()).to_vec())
            .collect();
        assert_eq!(found, by_csv(&text)[1..]);
    }
}
