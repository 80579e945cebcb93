//! The report for people: table, Markdown and `JUnit`.

use pulldown_cmark::{Event, Options, Parser};
use unicode_width::UnicodeWidthStr as _;

use super::{RUBRIC, Response, Said, document, graded, graded_with_code, report, responses, usual};
use crate::support::Folder;

/// The output without what differs from run to run.
fn shown(folder: &Folder, format: &str) -> String {
    report(folder, &["--format", format]).expect(0).stdout
}

#[test]
fn the_table_begins_with_the_sentence_that_matters_and_has_80_columns() {
    let table = shown(&usual(), "table");
    assert!(table.starts_with("strict passes beta in "), "{table}");
    assert!(table.lines().all(|line| line.width() <= 80), "{table}");
    insta::assert_snapshot!("table", table);
}

#[test]
fn the_markdown_has_everything_folded_but_the_numbers() {
    insta::assert_snapshot!("markdown", shown(&usual(), "markdown"));
}

#[test]
fn a_jury_has_each_of_its_judges() {
    let folder = graded(&responses(), 3, RUBRIC);
    for format in ["table", "markdown"] {
        let text = shown(&folder, format);
        let sentence = text.contains("On average the judges of the jury pass beta");
        assert!(sentence && text.contains("lenient"), "{text}");
        let one = report(&folder, &["--judge", "middle", "--format", format]).expect(0).stdout;
        assert!(one.contains("middle passes") && !one.contains("lenient"), "{one}");
    }
    let found = document(&folder, &[]);
    assert_eq!(found["judge"], "jury");
    let counted: u64 = found["directions"]["counts"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|row| row.as_array().unwrap())
        .map(|number| number.as_u64().unwrap())
        .sum();
    assert_eq!(counted + found["directions"]["left_out"].as_u64().unwrap(), 3 * 48);
}

const HOSTILE: &str =
    "</details><script>alert(1)</script>|`x` @ana #123 [l](javascript:a) \u{1b}[31m\u{202e}\"'";

/// A run whose ids, systems and responses are markup.
pub(super) fn hostile() -> Folder {
    let all = responses().into_iter().map(|one| Response {
        id: format!("{HOSTILE}{}", one.id),
        system: format!("{HOSTILE}{}", one.system),
        text: format!("{HOSTILE}{}", one.text),
        said: one.said,
    });
    let rubric = RUBRIC.replace("Is it polite?", "<img src=x onerror=window.pwned=1>");
    graded(&all.collect::<Vec<_>>(), 1, &rubric)
}

#[test]
fn hostile_names_are_harmless_in_the_table_and_in_markdown() {
    let folder = hostile();
    let table = shown(&folder, "table");
    assert!(!table.contains('\u{1b}') && !table.contains('\u{202e}'), "{table}");
    assert!(table.lines().all(|line| line.width() <= 80), "{table}");
    let text = shown(&folder, "markdown");
    let is_harmless = |html: &str| {
        html.lines().all(|line| {
            line.is_empty()
                || ["<details>", "</details>", "<summary>", "<!-- -->"]
                    .iter()
                    .any(|tag| line.starts_with(tag))
        })
    };
    for event in Parser::new_ext(&text, Options::all()) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => {
                assert!(is_harmless(&html), "{html}");
                assert!(!html.contains("script>alert"), "{html}");
            }
            Event::Start(pulldown_cmark::Tag::Link { dest_url, .. }) => panic!("{dest_url}"),
            _ => {}
        }
    }
}

#[test]
fn long_names_and_many_steps_stay_in_80_columns() {
    let all = responses().into_iter().map(|one| Response {
        system: format!("a-very-long-name-of-a-system-that-somebody-gave-it-{}", one.system),
        ..one
    });
    let all: Vec<Response> = all.collect();
    let steps = STEPS_WITH_LONG_NAMES.map(|name| format!("\"{name}\"")).join(", ");
    let rubric = RUBRIC.replace(
        "\"poor\", \"weak\", \"fair\", \"good\"",
        &format!("\"poor\", \"weak\", \"fair\", \"good\", {steps}"),
    );
    let table = shown(&graded(&all, 1, &rubric), "table");
    for line in table.lines() {
        assert!(line.width() <= 80, "{line}\n{table}");
    }
}

const STEPS_WITH_LONG_NAMES: [&str; 4] = [
    "better than most of what a person would write",
    "nearly as good as it can be",
    "as good as it can be",
    "beyond what anybody could ask for in this place",
];

#[test]
fn a_run_without_a_readable_grade_says_so_in_every_format() {
    let mut all = responses();
    for one in &mut all {
        one.said = [Said::Unreadable; 2];
    }
    let (folder, code) = graded_with_code(&all, 1, RUBRIC);
    // Nothing could be read.
    assert_eq!(code, 4);
    for format in ["table", "markdown", "html"] {
        let text = shown(&folder, format);
        assert!(text.contains("strict gave no readable grade"), "{format}: {text}");
    }
    let found = document(&folder, &[]);
    super::document::assert_satisfies_schema(&found);
    assert!(found["lengths"]["all"]["correlation"]["value"].is_null());
}

#[test]
fn junit_has_a_case_for_completeness_what_was_kept_and_each_gate() {
    let folder = usual();
    let said = report(&folder, &["--format", "junit"]).expect(0).stdout;
    assert!(said.contains("tests=\"2\"") && said.contains("no response is pending"), "{said}");
    assert!(said.contains("name=\"grades were kept\""), "{said}");
    let gates = ["--min-pass-rate", "alpha=0.99", "--min-coverage", "0.1", "--format", "junit"];
    let said = report(&folder, &gates).expect(6).stdout;
    assert!(said.contains("tests=\"3\" failures=\"1\""), "{said}");
    assert!(
        said.contains(
            "min-pass-rate direction-averaged pass rate, unreadable replies either way, of alpha"
        ),
        "{said}"
    );
}
