//! Cases as text, Markdown and JSON.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use crate::support::ugly_run::{HOSTILE, ugly_run};
use crate::support::{CommandOutput, Folder};

/// What `show` prints at a width.
fn show(folder: &Folder, width: usize, flags: &[&str]) -> String {
    let mut command = folder.command(&[&["show", "run.db"], flags].concat());
    let said = CommandOutput::of(&command.env("COLUMNS", width.to_string()).output().unwrap());
    said.expect(0).stdout
}

const LABELS: [&str; 2] = ["--labels", "labels.jsonl"];

#[test]
fn ugly_texts_at_several_widths_match_their_snapshots() {
    let folder = ugly_run(1, 1);
    for width in [60, 80, 120] {
        let shown = show(&folder, width, &LABELS);
        insta::assert_snapshot!(format!("show_{width}"), shown);
    }
}

#[test]
fn repeats_and_juries_match_their_snapshots() {
    let folder = ugly_run(3, 2);
    let flags = ["--id", "hostile", "--id", "wide", "--id", "plain"];
    insta::assert_snapshot!("show_jury", show(&folder, 100, &flags));
}

#[test]
fn markdown_matches_its_snapshot() {
    insta::assert_snapshot!("show_markdown", show(&ugly_run(1, 1), 80, &["--format", "markdown"]));
}

#[test]
fn no_line_is_wider_than_the_page_and_nothing_acts_on_the_terminal() {
    let folder = ugly_run(3, 2);
    for width in [24, 40, 60, 76, 80, 120, 160] {
        for line in show(&folder, width, &LABELS).lines() {
            assert!(line.width() <= width, "{width}: {line}");
            assert!(
                !line.contains(|char: char| char.is_control() || char == '\u{202e}'),
                "{line:?}"
            );
            assert_eq!(line.trim_end(), line);
        }
    }
}

#[test]
fn no_text_can_pretend_to_be_a_heading() {
    // Where texts are below each other, only headings begin at the first column.
    let shown = show(&ugly_run(1, 1), 60, &["--id", "hostile"]);
    let headings = shown.lines().filter(|line| line.starts_with("response of beta"));
    assert_eq!(headings.count(), 1, "{shown}");
}

#[test]
fn nothing_is_cut() {
    let folder = ugly_run(1, 1);
    let shown = show(&folder, 60, &["--id", "endless"]);
    assert_eq!(shown.matches('x').count(), 300 + 299);
    let shown = show(&folder, 80, &["--id", "endless"]);
    assert_eq!(shown.matches('x').count(), 300 + 299);
}

#[test]
fn colour_adds_to_the_text_and_is_off_unless_it_is_wanted() {
    let folder = ugly_run(1, 1);
    let plain = show(&folder, 80, &["--id", "plain"]);
    assert!(!plain.contains('\u{1b}'));
    assert_eq!(show(&folder, 80, &["--id", "plain", "--color", "never"]), plain);
    let bold = show(&folder, 80, &["--id", "plain", "--color", "always"]);
    assert!(bold.contains("\u{1b}[1mParis\u{1b}[0m"), "{bold:?}");
    assert_eq!(bold.replace("\u{1b}[1m", "").replace("\u{1b}[0m", ""), plain);
}

/// The texts of code blocks, and everything else that Markdown shows; fails for HTML that is not an empty comment.
fn rendered(markdown: &str) -> (Vec<String>, String) {
    let (mut blocks, mut rest, mut inside) = (Vec::new(), String::new(), false);
    for event in Parser::new(markdown) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => {
                inside = true;
                blocks.push(String::new());
            }
            Event::End(TagEnd::CodeBlock) => inside = false,
            Event::Text(text) if inside => blocks.last_mut().unwrap().push_str(&text),
            Event::Text(text) => rest.push_str(&text),
            Event::InlineHtml(html) if &*html == "<!-- -->" => {}
            Event::Html(html) | Event::InlineHtml(html) => panic!("HTML: {html}"),
            _ => {}
        }
    }
    (blocks, rest)
}

#[test]
fn in_markdown_a_text_cannot_leave_its_code_block() {
    let shown = show(&ugly_run(1, 1), 80, &["--format", "markdown", "--id", "hostile"]);
    let (blocks, rest) = rendered(&shown);
    let text = "\\u{1b}[2Jgone\\u{7}\nresponse of beta\n```\n# Heading <b>bold</b>\n```` | *x*\\u{202e}  tab\n";
    // The prompt, a response, and the reasoning of a reply.
    assert_eq!(
        blocks.iter().filter(|block| block.trim_end() == text.trim_end()).count(),
        3,
        "{blocks:#?}"
    );
    assert!(!rest.contains("bold") && !rest.contains("gone"), "{rest}");
    assert!(rest.contains("hostile – flipped (1 of 1)"), "{rest}");
}

#[test]
fn json_has_the_exact_texts_and_everything_else() {
    let folder = ugly_run(3, 2);
    let flags = ["--format", "json", "--labels", "labels.jsonl"];
    let shown: Value = serde_json::from_str(&show(&folder, 80, &flags)).unwrap();
    assert_eq!(
        [&shown["judge"], &shown["matching"], &shown["shown"]],
        ["jury", "7", "7"]
            .map(|text| { serde_json::from_str::<Value>(text).unwrap_or_else(|_| text.into()) })
            .each_ref()
    );
    assert_eq!(shown["rubric"]["name"], "r");
    let cases = shown["cases"].as_array().unwrap();
    let case = |id: &str| cases.iter().find(|case| case["id"] == id).unwrap();
    let hostile = case("hostile");
    assert_eq!(hostile["prompt"], HOSTILE);
    assert_eq!(hostile["responses"]["alpha"], HOSTILE);
    assert_eq!(hostile["judges"].as_array().unwrap().len(), 3);
    assert_eq!(hostile["judges"][0]["orders"][0]["replies"].as_array().unwrap().len(), 2);
    assert_eq!(hostile["labels"], serde_json::json!([]));
    let plain = case("plain");
    assert_eq!(
        [&plain["outcome"], &plain["winner"], &plain["tags"]["topic"]],
        ["kept", "beta", "geo"]
    );
    assert_eq!(plain["reference"], "Paris");
    assert_eq!(plain["labels"][2], serde_json::json!({ "annotator": "cyd", "winner": "tie" }));
    let pending = &case("turns")["judges"][0]["orders"][1];
    assert_eq!(pending["pending"], "not-recorded");
    // The same without labels, and without cases.
    let none = ["--format", "json", "--outcome", "pending", "--tag", "lang=en"];
    let none: Value = serde_json::from_str(&show(&folder, 80, &none)).unwrap();
    assert_eq!([&none["cases"], &none["outcomes"]["kept"]], [&serde_json::json!([]), &1.into()]);
}
