//! The difference of two runs as table, Markdown and JSON.

use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use crate::diff::both;
use crate::support::labelled_run::unwrapped;
use crate::support::ugly_run::{HOSTILE, ugly_run};
use crate::support::{CommandOutput, Folder};

/// A hostile run compared with itself, judge by judge.
fn ugly(flags: &[&str]) -> CommandOutput {
    let folder = ugly_run(2, 2);
    let runs = ["diff", "run.db", "run.db", "--judge", "judge-1", "--judge-b", "judge-2"];
    folder.run(&[&runs[..], &["--labels", "labels.jsonl"], flags].concat()).expect(0)
}

#[test]
fn the_table_matches_its_snapshot() {
    let runs = both(&[
        (40, "a/a", "a/a", "a"),
        (12, "a/b", "b/b", "b"),
        (5, "b/b", "a/b", "b"),
        (1, "a/a", "b/b", "ba-"),
    ]);
    let folder = &runs.before.folder;
    std::fs::copy(runs.after.folder.path().join("run.db"), folder.path().join("after.db")).unwrap();
    let flags = ["diff", "run.db", "after.db", "--labels", "labels.jsonl", "--limit", "2"];
    insta::assert_snapshot!("diff_table", folder.run(&flags).expect(0).stdout);
}

#[test]
fn no_line_of_the_table_is_wider_than_80_columns_and_nothing_acts_on_the_terminal() {
    for flags in [&[][..], &["--limit", "100"], &["--limit", "0"], &["--redact"]] {
        for line in ugly(flags).stdout.lines() {
            assert!(line.width() <= 80, "{line}");
            assert!(
                !line.contains(|char: char| char.is_control() || char == '\u{202e}'),
                "{line:?}"
            );
            assert_eq!(line.trim_end(), line);
        }
    }
}

#[test]
fn markdown_shows_hostile_texts_as_code_and_fits_into_a_comment() {
    let text = ugly(&["--format", "markdown", "--limit", "100"]).stdout;
    let mut code = String::new();
    let mut inside = false;
    for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => inside = true,
            Event::End(pulldown_cmark::TagEnd::CodeBlock) => inside = false,
            Event::Text(text) if inside => code += &text,
            Event::Html(html) | Event::InlineHtml(html) => {
                let ours = ["<details>", "</details>", "<summary>", "</summary>"];
                assert!(
                    ours.iter().any(|tag| html.contains(tag)) && !html.contains("<b>"),
                    "{html}"
                );
            }
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => panic!("a link in {text}"),
            _ => {}
        }
    }
    let line = HOSTILE.lines().find(|line| line.contains("<b>")).unwrap();
    assert!(code.contains(line), "{code}");
    assert!(!text.contains(['\u{1b}', '\u{202e}']));

    let many = both(&[(900, "a/a", "b/b", "a")]);
    let text = many.diff(&["--format", "markdown", "--limit", "900"]).expect(0).stdout;
    assert!(text.chars().count() < 65_000, "{}", text.chars().count());
    assert!(
        text.contains("that changed, with \\-\\-format json")
            || text.contains("that changed, with --format json"),
        "{text}"
    );
    assert!(text.trim_end().ends_with("</details>"));
}

#[test]
fn json_is_one_document_with_the_documented_keys() {
    let text = ugly(&["--format", "json", "--limit", "100"]).stdout;
    assert!(!text.contains(['\u{1b}', '\u{202e}']));
    let found: Value = serde_json::from_str(&text).unwrap();
    for key in [
        "schema",
        "runs",
        "judges",
        "changed",
        "manifest",
        "rubric_diff",
        "prompt_diff",
        "comparisons",
        "outcomes_changed",
        "verdicts_reversed",
        "kept_gained",
        "kept_lost",
        "noise",
        "agreement",
        "kappa",
        "criteria",
        "asked",
        "copied",
        "only_before",
        "only_after",
        "reversals",
        "cases",
        "warnings",
    ] {
        assert!(found.get(key).is_some(), "{key}");
    }
    let cases = found["cases"].as_array().unwrap();
    assert_eq!(cases.len() as u64, found["comparisons"].as_u64().unwrap());
    let hostile = cases.iter().find(|case| case["id"] == "hostile").unwrap();
    assert_eq!(hostile["prompt"], HOSTILE);
    // A document without cases is whole too.
    let none: Value =
        serde_json::from_str(&ugly(&["--format", "json", "--limit", "0"]).stdout).unwrap();
    assert_eq!(none["cases"].as_array().unwrap().len(), 0);
}

#[test]
fn redacted_nothing_of_texts_annotators_and_folders_is_left() {
    for format in ["table", "markdown", "json"] {
        let text = ugly(&["--format", format, "--limit", "100", "--redact"]).stdout;
        for word in [
            "capital",
            "Paris",
            "Heading",
            "gone",
            "rains",
            "ana",
            "ben",
            "Right?",
            "names the city",
        ] {
            assert!(!text.contains(word), "{format}: {word}\n{text}");
        }
        assert!(text.contains("hostile") && text.contains("accuracy"), "{format}");
    }
    let found: Value =
        serde_json::from_str(&ugly(&["--format", "json", "--limit", "100", "--redact"]).stdout)
            .unwrap();
    let plain =
        found["cases"].as_array().unwrap().iter().find(|case| case["id"] == "plain").unwrap();
    assert_eq!(plain["labels"][2]["annotator"], "annotator 3");
    assert_eq!(found["redacted"], true);
    let runs = both(&[(2, "a/a", "b/b", "a")]);
    let after = runs.found(&["--redact"])["runs"][1].clone();
    assert_eq!(after, "run.db");
}

#[test]
fn both_numbers_of_observations_and_the_intervals_of_both_runs_are_shown() {
    let runs = both(&[(300, "aaa/aab", "a/b", "a"), (101, "aaa/aaa", "a/a", "a")]);
    let flags = ["--labels", "labels.jsonl", "--limit", "0"];
    let table = runs.diff(&flags).expect(0).stdout;
    assert!(table.lines().all(|line| line.width() <= 80), "{table}");
    let row = |begin: &str| table.lines().find(|line| line.trim().starts_with(begin)).unwrap();
    assert!(row("agreement, every reply").ends_with(" 2,406 / 802"), "{table}");
    assert!(row("coverage").ends_with(" 401"), "{table}");
    let found = runs.labelled();
    let text = runs.diff(&[&flags[..], &["--format", "markdown"]].concat()).expect(0).stdout;
    let row = text.lines().find(|line| line.starts_with("| agreement, every reply")).unwrap();
    for side in ["before", "after"] {
        let [value, low, high] = ["value", "low", "high"]
            .map(|key| found["agreement"][side][key].as_f64().unwrap() * 100.0);
        let cell = format!("| {value:.1} % ({low:.1} – {high:.1}) |");
        assert!(row.contains(&cell), "{cell}\n{row}");
    }
    assert!(row.contains("2,406 / 802"), "{row}");
}

#[test]
fn a_document_is_written_to_a_file_of_its_format_and_replaces_it() {
    let runs = both(&[(3, "a/a", "b/b", "a")]);
    let path = |name: &str| runs.before.folder.path().join(name);
    for (name, begin) in [("d.json", "{\"schema\":1"), ("d.md", "**"), ("d.txt", "Nothing changed")]
    {
        std::fs::write(path(name), "old").unwrap();
        let said = runs.diff(&["--output", name]).expect(0);
        assert_eq!(said.stdout, "");
        let text = std::fs::read_to_string(path(name)).unwrap();
        assert!(text.starts_with(begin), "{text}");
    }
    runs.diff(&["--output", "d", "--format", "json"]).expect(0);
    let said = runs.diff(&["--output", "d.docx"]).expect(2);
    assert!(said.stderr.contains("no format has this ending"), "{}", said.stderr);
    let said = runs.diff(&["--output", "no/such/folder/d.md"]).expect(3);
    assert!(said.stderr.contains("no/such/folder/d.md"), "{}", said.stderr);
    let left: Vec<_> = std::fs::read_dir(runs.before.folder.path()).unwrap().flatten().collect();
    assert!(left.iter().all(|file| !file.file_name().to_string_lossy().starts_with(".tmp")));
}

#[test]
fn a_closed_pipe_is_no_error() {
    let runs = both(&[(3_000, "a/a", "b/b", "a")]);
    let after = runs.after.folder.path().join("run.db");
    let mut command = runs.before.folder.command(&[
        "diff",
        "run.db",
        after.to_str().unwrap(),
        "--format",
        "json",
    ]);
    let piped = std::process::Stdio::piped;
    let mut child = command.stdout(piped()).stderr(piped()).spawn().unwrap();
    drop(child.stdout.take());
    let said = CommandOutput::of(&child.wait_with_output().unwrap()).expect(0);
    assert_eq!(said.stderr, "");
}

#[test]
fn the_runs_alone_are_needed() {
    let runs = both(&[(3, "a/a", "b/b", "a")]);
    let other = Folder::new();
    for (run, name) in [(&runs.before, "a.db"), (&runs.after, "b.db")] {
        std::fs::copy(run.folder.path().join("run.db"), other.path().join(name)).unwrap();
    }
    let said = unwrapped(&other.run(&["diff", "a.db", "b.db"]).expect(0).stdout);
    assert!(said.contains("3 reversed (3 to beta)"), "{said}");
}
