//! Files are recognised by their first bytes: what is read (packed text, UTF-16, JSON lists, standard input), and
//! what is refused with its name and the way to convert it.

use std::io::Write as _;
use std::process::Stdio;

use crate::support::{CommandOutput, Folder};

const ITEMS: &str = "{\"id\":1,\"prompt\":\"One?\",\"responses\":{\"a\":\"x\",\"b\":\"longer\"}}\n\
                     {\"id\":\"2\",\"prompt\":\"Zwölf 🐈?\",\"responses\":{\"a\":\"longer\",\"b\":\"y\"}}\n";
const TABLE: &str = "id,prompt,a,b\n1,One?,x,longer\n2,Zwölf 🐈?,longer,y\n";
const LIST: &str = "[{\"id\":1,\"prompt\":\"One?\",\"responses\":{\"a\":\"x\",\"b\":\"longer\"}},\n {\"id\":\"2\",\
                    \"prompt\":\"Zwölf 🐈?\",\"responses\":\n{\"a\":\"longer\",\"b\":\"y\"}}\n]\n";
const INDENTED: &str = "{\n  \"id\": 1,\n  \"prompt\": \"One?\",\n  \"responses\": {\"a\": \"x\", \"b\": \"longer\"}\n}\n{\n  \
                        \"id\": \"2\",\n  \"prompt\": \"Zwölf 🐈?\",\n  \"responses\": {\"a\": \"longer\", \"b\": \"y\"}\n}\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn utf16(text: &str, to_bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
    format!("\u{feff}{text}").encode_utf16().flat_map(to_bytes).collect()
}

const JUDGE: [&str; 6] =
    ["--rubric", "helpfulness", "--judge", "builtin:longer", "--run", "run.db"];

fn judge(folder: &Folder, items: &str, flags: &[&str]) -> CommandOutput {
    folder.run(&[&["judge", items], &JUDGE[..], flags].concat())
}

/// Fails unless the items in `bytes` are those of [`ITEMS`].
fn assert_same_items(bytes: &[u8], what: &str) {
    let folder = Folder::new();
    folder.write("expected.jsonl", ITEMS);
    judge(&folder, "expected.jsonl", &[]).expect(0);
    // Under the same ids another text would be refused.
    std::fs::write(folder.path().join("items"), bytes).unwrap();
    let said = judge(&folder, "items", &[]);
    assert_eq!(said.code, 0, "{what}: {}", said.stderr);
    assert!(said.stdout.contains("this time:  0 requests"), "{what}: {}", said.stdout);
}

#[test]
fn lists_and_indented_objects_are_read_wherever_lines_are() {
    for (text, what) in
        [(LIST, "a list"), (INDENTED, "indented"), (TABLE, "a table"), (ITEMS, "lines")]
    {
        assert_same_items(text.as_bytes(), what);
        assert_same_items(format!("\u{feff}{text}").as_bytes(), what);
        assert_same_items(text.replace('\n', "\r\n").as_bytes(), what);
    }
}

#[test]
fn packed_files_are_read_whatever_is_in_them() {
    for (text, what) in
        [(LIST, "a list"), (INDENTED, "indented"), (TABLE, "a table"), (ITEMS, "lines")]
    {
        assert_same_items(&gzip(text.as_bytes()), what);
        assert_same_items(&zstd(text.as_bytes()), what);
        // Several parts, and a frame to be skipped.
        let (one, other) = text.split_at(30);
        assert_same_items(&[gzip(one.as_bytes()), gzip(other.as_bytes())].concat(), what);
        let skipped = b"\x50\x2A\x4D\x18\x03\0\0\0abc".to_vec();
        assert_same_items(&[skipped, zstd(one.as_bytes()), zstd(other.as_bytes())].concat(), what);
    }
}

#[test]
fn utf16_is_read_in_both_byte_orders() {
    for (text, what) in
        [(LIST, "a list"), (INDENTED, "indented"), (TABLE, "a table"), (ITEMS, "lines")]
    {
        assert_same_items(&utf16(text, u16::to_le_bytes), what);
        assert_same_items(&utf16(text, u16::to_be_bytes), what);
        assert_same_items(&gzip(&utf16(text, u16::to_le_bytes)), what);
    }
}

/// Checks a file of these bytes, which must be refused with these words.
fn refused(bytes: &[u8], fragments: &[&str]) -> CommandOutput {
    let folder = Folder::new();
    std::fs::write(folder.path().join("items.jsonl"), bytes).unwrap();
    let said = folder.run(&["check", "items.jsonl", "--rubric", "helpfulness"]).expect(3);
    for fragment in fragments {
        assert!(said.stderr.contains(fragment), "no `{fragment}` in:\n{}", said.stderr);
    }
    said
}

#[test]
fn errors_in_other_json_name_the_line_of_the_file() {
    let first = "{\"id\":1,\"prompt\":\"?\",\"responses\":{\"a\":\"x\",\"b\":\"y\"}}";
    refused(
        format!("[{first},\n\n{{\"id\":2,\n\"prompt\":3}}]").as_bytes(),
        &["items.jsonl:3: prompt: expected a string"],
    );
    refused(
        format!("[{first},\n{{\"id\":2,\n\"prompt\" 3}}]").as_bytes(),
        &["items.jsonl:3: not valid JSON at column 10"],
    );
    refused(
        format!("[{first},  {{\"id\" 2}}]").as_bytes(),
        &["items.jsonl:1: not valid JSON at column 62"],
    );
    refused(
        format!("[{first}\n{first}]").as_bytes(),
        &["items.jsonl:2: not valid JSON: expected `,` or `]`"],
    );
    refused(
        format!("[{first},\n17]").as_bytes(),
        &["items.jsonl:2: expected a JSON object, found a number"],
    );
    refused(format!("[{first},\n").as_bytes(), &["items.jsonl:2: the list is not closed"]);
    refused(
        format!("[{first}]\n[]").as_bytes(),
        &["items.jsonl:2: not valid JSON: there is more text after the list"],
    );
    for text in [format!("[{first},\n]"), format!("[{first},\n\n{first}, \n ]\n")] {
        let line = text.trim_end().lines().count();
        let place =
            format!("items.jsonl:{line}: not valid JSON: there is a comma after the last entry");
        refused(text.as_bytes(), &[&place, "remove the comma"]);
    }
    refused(
        format!("[{first},,{first}]").as_bytes(),
        &["items.jsonl:1: not valid JSON: expected an object"],
    );
    refused(
        format!("{first},\n{first}\n").as_bytes(),
        &[
            "items.jsonl:1: not valid JSON: there is a comma after an object",
            "`[` before the first",
        ],
    );
    refused(b"{\n\"id\": 1,\n\"prompt\": \"?", &["items.jsonl:3: not valid JSON"]);
    refused(
        b"{\n\"id\": 1,\n\"id\": 2}",
        &["items.jsonl:3: not valid JSON", "the key `id` is repeated"],
    );
    refused(b"[]", &["items.jsonl: the file has no items"]);
}

#[test]
fn records_inside_of_an_object_are_named_with_the_command_that_unwraps_them() {
    let list = LIST.trim_end();
    for (text, key, filter) in [
        (format!("{{\"items\":{}}}", list.replace('\n', "")), "items", ".items[]"),
        (format!("{{\n\"version\": 1,\n\"data\": {list}\n}}\n"), "data", ".data[]"),
        (
            format!("{{\"rows of a\":{}}}", list.replace('\n', "")),
            "rows of a",
            r#".["rows of a"][]"#,
        ),
        // Without ids, but there is nothing else.
        (r#"{"items":[{"question":"One?"}]}"#.to_owned(), "items", ".items[]"),
    ] {
        let list = format!("the records seem to be in the list `{key}`");
        refused(
            text.as_bytes(),
            &["items.jsonl:1: id is missing", &list, &format!("jq -c '{filter}' FILE")],
        );
    }
    for text in [
        r#"{"messages":[{"role":"user","content":"One?"}]}"#,
        r#"{"prompt":[{"role":"user","content":"One?"}],"responses":{"a":"x","b":"y"}}"#,
        r#"{"prompt":"One?","context":[{"page":1}],"responses":{"a":"x","b":"y"}}"#,
        r#"{"items":[]}"#,
        r#"{"items":["x"]}"#,
    ] {
        let said = refused(text.as_bytes(), &["items.jsonl:1: id is missing"]);
        assert!(!said.stderr.contains("jq"), "{}", said.stderr);
    }
}

#[test]
fn places_in_packed_files_are_those_of_the_text_in_them() {
    let text = format!("\n{ITEMS}\n{{\"id\":3,\"prompt\":\"?\"}}\n");
    for packed in [gzip(text.as_bytes()), zstd(text.as_bytes()), utf16(&text, u16::to_le_bytes)] {
        refused(&packed, &["items.jsonl:5: responses is missing"]);
    }
}

#[test]
fn damaged_files_are_named() {
    let packed = gzip(ITEMS.as_bytes());
    let cut_off = "the packed file is cut off; copy or download it again";
    for length in [12, packed.len() / 2, packed.len() - 12, packed.len() - 1] {
        refused(&packed[..length], &["error: items.jsonl:", cut_off]);
    }
    let mut damaged = packed.clone();
    damaged[packed.len() - 5] ^= 1;
    let said = refused(&damaged, &["error: items.jsonl:", "checksum"]);
    assert!(!said.stderr.contains("cut off"), "{}", said.stderr);
    let packed = zstd(ITEMS.as_bytes());
    for length in [5, packed.len() / 2, packed.len() - 6, packed.len() - 1] {
        refused(&packed[..length], &["error: items.jsonl:", cut_off]);
    }
    // A frame that is to be skipped, of 9 bytes.
    refused(b"\x50\x2A\x4D\x18\x09\0\0\0abc", &["error: items.jsonl:", cut_off]);
    // Digits that hardly repeat, so that the packed text is larger than a buffer.
    let mut state = 1_u64;
    let large: String = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33).to_string()
    })
    .take(40_000)
    .collect();
    let text = format!("{{\"id\":1,\"prompt\":\"{large}\"}}\n");
    for packed in [gzip(text.as_bytes()), zstd(text.as_bytes())] {
        assert!(packed.len() > 1 << 16, "{}", packed.len());
        refused(&packed[..packed.len() / 2], &["error: items.jsonl:", cut_off]);
    }
    let cut_off = "items.jsonl: the UTF-16 text is cut off; copy or download the file again";
    refused(&utf16(ITEMS, u16::to_le_bytes)[..41], &[cut_off]);
    refused(b"\xff\xfe{\0\x00\xd8{\0", &["items.jsonl: the text is not valid UTF-16"]);
    refused(&gzip(&gzip(ITEMS.as_bytes())), &["items.jsonl: the file is packed twice"]);
}

#[test]
fn a_small_file_does_not_unpack_to_an_enormous_one() {
    let line = format!("{{\"id\":\"{}\"}}\n", " ".repeat(1 << 20));
    let part = gzip(line.as_bytes());
    let packed: Vec<u8> = std::iter::repeat_n(part, 300).flatten().collect();
    assert!(packed.len() < 2 << 20);
    refused(
        &packed,
        &["items.jsonl:", "it unpacks to more than 200 times its size", "unpack it yourself"],
    );
}

#[test]
fn other_kinds_of_files_are_named_with_the_way_to_convert_them() {
    let tar = [vec![b'a'; 257], b"ustar\0".to_vec()].concat();
    let sheet =
        b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x13\0\0\0[Content_Types].xml";
    for (bytes, name, remedy) in [
        (&sheet[..], "an Office document (xlsx", "save the sheet as CSV"),
        (b"PK\x03\x04\x14\0\0\0\0\0", "a zip archive", "unzip items.jsonl"),
        (
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0",
            "an old Office document",
            "save the sheet as CSV",
        ),
        (b"PAR1\x15\x04", "a Parquet file", "FROM 'items.jsonl'"),
        (b"SQLite format 3\0\x10\0", "an SQLite database", "sqlite3 -json items.jsonl"),
        (b"%PDF-1.7\n", "a PDF document", "give a text file"),
        (b"\x89PNG\r\n\x1a\n", "a PNG image", "give a text file"),
        (b"\xFF\xD8\xFF\xE0", "a JPEG image", "give a text file"),
        (b"BZh91AY&SY", "a bzip2 file", "bunzip2 -k items.jsonl"),
        (b"\xFD7zXZ\0\0", "an xz file", "unxz -k"),
        (b"\x80\x04\x95\0\0", "a Python pickle", "write JSONL"),
        (b"\xFF\xFE\0\0{\0\0\0", "text in UTF-32", "iconv -f UTF-32"),
        (b"{\0\"\0i\0d\0\"\0:\0", "text in UTF-16 without a byte order mark", "iconv -f UTF-16LE"),
        (b"\0{\0\"\0i\0d\0\"\0:", "text in UTF-16 without a byte order mark", "iconv -f UTF-16BE"),
        (b"\x01\x02\0\x03", "binary data", "give a text file"),
        (&tar, "a tar archive", "tar -xf items.jsonl"),
        (b"<!DOCTYPE html>\n<html>", "a web page", "download the data itself"),
    ] {
        refused(bytes, &["items.jsonl: the file is ", name, "hint: ", remedy]);
    }
    refused(&gzip(b"%PDF-1.7\n"), &["what is packed in it is a PDF document"]);
}

#[test]
fn settings_rubrics_prompts_and_schemas_are_recognised_alike() {
    let rubric = "name = \"mine\"\ndescription = \"Bêtter?\"\nprompt = \"mine.j2\"\n";
    let prompt =
        "{% block user %}{{ first }} or {{ second }}, {{ rubric.description }}{% endblock %}";
    let settings = "[judges.local]\nmodel = \"m\"\nbase_url = \"http://127.0.0.1:9/v1\"\n";
    let files =
        [("rubrics/mine.toml", rubric), ("prompts/mine.j2", prompt), ("evenhand.toml", settings)];
    let folder = Folder::new();
    folder.write("items.jsonl", ITEMS);
    for (name, text) in files {
        folder.write(name, text);
    }
    let check = || folder.run(&["check", "items.jsonl", "--rubric", "mine", "--judge", "local"]);
    let expected = check().expect(0).stdout;
    for (name, text) in files {
        let path = folder.path().join(name);
        for bytes in
            [utf16(text, u16::to_le_bytes), gzip(text.as_bytes()), format!("\u{feff}{text}").into()]
        {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(check().expect(0).stdout, expected, "{name}");
        }
        std::fs::write(&path, b"PK\x03\x04\x14\0\0\0\0\0").unwrap();
        let said = check().expect(3);
        let file = name.rsplit('/').next().unwrap();
        assert!(
            said.stderr.contains(&format!("{file}: the file is a zip archive")),
            "{}",
            said.stderr
        );
        if name.contains("toml") {
            std::fs::write(&path, "{\"name\": \"mine\"}").unwrap();
            let said = check().expect(3);
            assert!(
                said.stderr.contains(&format!("{file}: the file is JSON, not TOML")),
                "{}",
                said.stderr
            );
        }
        std::fs::write(&path, text).unwrap();
    }
    std::fs::write(folder.path().join("schema.json"), b"%PDF-1.7\n").unwrap();
    let said = folder.run(&["metrics", "items.jsonl", "--json-schema", "schema.json"]).expect(3);
    assert!(said.stderr.contains("schema.json: the file is a PDF document"), "{}", said.stderr);
}

#[test]
fn labels_responses_and_recordings_may_be_packed() {
    let folder = Folder::new();
    folder.write("items.jsonl", "{\"id\":1,\"prompt\":\"One?\",\"responses\":{\"a\":\"x\"}}\n");
    let write =
        |name: &str, bytes: Vec<u8>| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("b", gzip(b"{\"id\":1,\"response\":\"longer\"}\n"));
    write("labels", zstd(b"[{\"id\":1,\"annotator\":\"ana\",\"winner\":\"b\"}]"));
    let replies = "{\"id\":1,\"first\":\"a\",\"second\":\"b\",\"reply\":\"{\\\"vote\\\": \\\"second\\\"}\"}\n\
                   {\"id\":1,\"first\":\"b\",\"second\":\"a\",\"reply\":\"{\\\"vote\\\": \\\"first\\\"}\"}\n";
    write("replies", utf16(replies, u16::to_be_bytes));
    folder.write("evenhand.toml", "[judges.played]\nrecorded = \"replies\"\n");
    let arguments = ["judge", "items.jsonl", "--rubric", "helpfulness", "--run", "run.db"];
    folder.run(&[&arguments[..], &["--responses", "b=b", "--judge", "played"]].concat()).expect(0);
    let found =
        folder.run(&["calibrate", "run.db", "--labels", "labels", "--format", "json"]).expect(0);
    assert_eq!(found.json_lines()[0]["kept"]["agreement"]["value"], 1.0);
}

/// Runs a command with these bytes as its standard input.
fn with_stdin(folder: &Folder, input: &[u8], arguments: &[&str]) -> CommandOutput {
    let mut command = folder.command(arguments);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that is refused may not read its input.
    let _unread = child.stdin.take().unwrap().write_all(input);
    CommandOutput::of(&child.wait_with_output().unwrap())
}

#[test]
fn standard_input_is_read_even_if_it_is_needed_twice() {
    let folder = Folder::new();
    let arguments = [&["judge", "-", "--limit", "1"], &JUDGE[..]].concat();
    let said = with_stdin(&folder, &gzip(TABLE.as_bytes()), &arguments).expect(0);
    assert!(said.stderr.contains("stdin: these columns are read"), "{}", said.stderr);
    assert!(said.stdout.contains("1 comparison in both orders"), "{}", said.stdout);
    judge(&folder, "-", &[]).expect(3);
    folder.write("items.jsonl", ITEMS);
    judge(&folder, "items.jsonl", &[]).expect(0);
    let labels = b"id,annotator,winner\n1,ana,b\n2,ana,b\n";
    let calibrate = ["calibrate", "run.db", "--labels", "-", "--format", "json"];
    let found = with_stdin(&folder, labels, &calibrate).expect(0);
    assert_eq!(found.json_lines()[0]["labelled"], 2);
    let metrics =
        ["metrics", "items.jsonl", "--labels", "-", "--metric", "compression", "--format", "json"];
    with_stdin(&folder, labels, &metrics).expect(0);
    let bad =
        with_stdin(&folder, b"id,prompt,a,b\n1,,x,y\n", &["check", "-", "--rubric", "helpfulness"]);
    assert!(bad.expect(3).stderr.contains("stdin:2: column `prompt` is empty"));
}

#[test]
fn standard_input_cannot_be_two_files() {
    let folder = Folder::new();
    let check = ["check", "-", "--rubric", "helpfulness"];
    for flags in [&["--labels", "-"][..], &["--responses", "c=-"], &["--label-column", "ana"]] {
        let said = with_stdin(&folder, TABLE.as_bytes(), &[&check[..], flags].concat()).expect(2);
        assert!(said.stderr.contains("standard input (`-`) is needed twice"), "{}", said.stderr);
    }
}

#[test]
fn a_file_called_like_the_sign_of_standard_input_can_be_named_by_its_folder() {
    let folder = Folder::new();
    folder.write("-", ITEMS);
    let said = with_stdin(&folder, b"", &["check", "./-", "--rubric", "helpfulness"]).expect(0);
    assert!(said.stdout.contains("2 items"), "{}", said.stdout);
    judge(&folder, "./-", &[]).expect(0);
    let twice =
        ["calibrate", "run.db", "--labels", "-", "--error-rates", "run.db", "--error-labels", "-"];
    let said = with_stdin(&folder, b"", &twice).expect(2);
    assert!(said.stderr.contains("standard input (`-`) is needed twice"), "{}", said.stderr);
}

#[test]
fn whole_numbers_are_the_same_ids_as_their_texts() {
    let folder = Folder::new();
    let items = "{\"id\":17,\"prompt\":\"One?\",\"responses\":{\"a\":\"x\"}}\n\
                 {\"id\":\"-18446744073709\",\"prompt\":\"Two?\",\"responses\":{\"a\":\"x\"}}\n";
    folder.write("items.jsonl", items);
    folder.write(
        "b.jsonl",
        "{\"id\":-18446744073709,\"response\":\"y\"}\n{\"id\":\"17\",\"response\":\"y\"}\n",
    );
    folder.write("labels.jsonl", "{\"id\":17,\"annotator\":\"ana\",\"winner\":\"a\"}\n");
    folder.write("evenhand.toml", "[judges.played]\nrecorded = \"replies.jsonl\"\n");
    folder.write(
        "replies.jsonl",
        "{\"id\":17,\"first\":\"a\",\"second\":\"b\",\"reply\":\"{\\\"vote\\\":\\\"tie\\\"}\"}\n",
    );
    let input = ["items.jsonl", "--rubric", "helpfulness", "--responses", "b=b.jsonl"];
    let checked =
        [&["check"], &input[..], &["--labels", "labels.jsonl", "--format", "json"]].concat();
    let found = folder.run(&checked).expect(0).json_lines();
    assert_eq!([&found[0]["comparisons"], &found[0]["labels"]["labels"]], [2, 1]);
    folder
        .run(&[&["judge"], &input[..], &["--judge", "played", "--run", "run.db"]].concat())
        .expect(5);
    let verdicts = folder.run(&["verdicts", "run.db", "--all"]).expect(0);
    assert!(verdicts.stdout.contains("\"preference\":\"tie\""), "{}", verdicts.stdout);
    // The same text twice is one id twice.
    folder.write("items.jsonl", &items.replace("\"-18446744073709\"", "\"17\""));
    let said = folder.run(&checked).expect(3);
    assert!(said.stderr.contains("items.jsonl:2: id `17` is already on line 1"), "{}", said.stderr);
}
