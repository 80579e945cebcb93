//! The page of a report on grades.

use std::path::PathBuf;

use regex::Regex;

use super::formats::hostile;
use super::{RUBRIC, graded, responses, usual};
use crate::support::Folder;

fn write_page(folder: &Folder, flags: &[&str]) -> PathBuf {
    folder.run(&[&["report", "run.db", "--output", "page.html"], flags].concat()).expect(0);
    folder.path().join("page.html")
}

fn page(folder: &Folder, flags: &[&str]) -> String {
    std::fs::read_to_string(write_page(folder, flags)).unwrap()
}

#[test]
fn the_policy_allows_the_style_and_the_script_of_the_page_and_nothing_else() {
    use base64::Engine as _;
    let html = page(&hostile(), &[]);
    let between = |begin: &str, end: &str| {
        assert_eq!(html.matches(begin).count(), 1, "{begin}");
        html.split_once(begin).unwrap().1.split_once(end).unwrap().0.to_owned()
    };
    let digest = |text: &str| {
        let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        base64::prelude::BASE64_STANDARD.encode(digest)
    };
    let style = digest(&between("<style>", "</style>"));
    let script = digest(&between("<script>", "</script>"));
    assert!(html.contains(&format!(
        "content=\"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; base-uri 'none'; \
         form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'\""
    )));
}

#[test]
fn hostile_texts_are_escaped_and_nothing_refers_to_the_outside() {
    let html = page(&hostile(), &[]);
    assert!(!html.contains("<script>alert(1)") && !html.contains("<img"));
    // What follows is data for the script, which shows it as text.
    let shown = html.split_once("<script type=\"application/json\"").unwrap().0;
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'));
    let attribute = Regex::new(
        r#"<[a-zA-Z][^<>]*\s(?:src|href|srcset|action|data|xlink:href|style|on\w+)="([^"]*)""#,
    )
    .unwrap();
    for found in attribute.captures_iter(&html) {
        assert!(found[1].starts_with('#'), "{}", &found[0]);
    }
}

#[test]
fn every_part_is_on_the_page() {
    let html = page(&usual(), &["--min-pass-rate", "alpha=0.1"]);
    for heading in [
        "Pass rates",
        "Kept grades",
        "Differences of pass rates, in points",
        "Gates",
        "Direction of the scale",
        "By criterion",
        "Length and grades",
        "Outcomes and coverage",
        "By tag",
        "Unreadable replies",
        "Requests, cost and time",
        "How it was asked",
    ] {
        assert!(html.contains(&format!("<h3>{heading}</h3>")), "{heading}");
    }
    assert!(html.contains("48 cases, compressed"), "cases");
    let fragment = Regex::new(r##"href="#([^"]+)""##).unwrap();
    for found in fragment.captures_iter(&html) {
        assert!(html.contains(&format!("id=\"{}\"", &found[1])), "{}", &found[1]);
    }
}

#[test]
fn a_page_without_texts_has_no_prompt_response_or_reply() {
    let folder = usual();
    let redacted = page(&folder, &["--redact"]);
    assert!(redacted.contains("Texts are left out"));
    assert!(!redacted.contains("How good is it?\n") && !redacted.contains("Is it polite?"));
    assert!(page(&folder, &[]).contains("Is it polite?"));
}

/// The labels of three people, one of them with a hostile name and note, of the first two responses of a run; on the second
/// no grade has a majority.
fn labelled(folder: &Folder) -> &Folder {
    let text = std::fs::read_to_string(folder.path().join("items.jsonl")).unwrap();
    let item: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let systems: Vec<&String> = item["responses"].as_object().unwrap().keys().take(2).collect();
    let label = |system: &String, annotator: &str, step: usize| {
        serde_json::json!({ "id": item["id"], "system": system, "annotator": annotator, "grade": super::STEPS[step],
            "note": format!("A note. {HOSTILE_NOTE}") })
        .to_string()
    };
    let [one, other] = systems[..] else { panic!("{item}") };
    let lines = [
        label(one, "Bartholomew", 1),
        label(one, "Zoe Quimby", 1),
        label(one, HOSTILE_NAME, 0),
        label(other, "Bartholomew", 0),
        label(other, "Zoe Quimby", 2),
    ];
    folder.write("labels.jsonl", &crate::support::lines_of(lines));
    folder
}

const LABELS: [&str; 2] = ["--labels", "labels.jsonl"];
const HOSTILE_NAME: &str = "<script>alert(1)</script>";
const HOSTILE_NOTE: &str = "<img src=x onerror=window.pwned=1>\u{1b}[31m\u{202e}";

mod needs_chromium {
    use std::collections::BTreeSet;

    use super::super::super::html::{open, search, wait_until_ready};
    use super::*;
    use crate::support::browser::Screen;

    #[test]
    #[ignore = "needs chromium"]
    fn cases_can_be_filtered_by_outcome_system_and_grade_and_show_both_directions() {
        let mut browser = open(&write_page(&usual(), &[]));
        let choose = |select: &str, text: &str| {
            format!(
                "(() => {{ const s = document.querySelector('select[name={select}]'); \
                 s.value = [...s.options].find((o) => o.text === '{text}').value; \
                 s.dispatchEvent(new Event('input', {{ bubbles: true }})); }})()"
            )
        };
        let status = "document.getElementById('eh-status').textContent";
        for (select, text, expected) in [
            ("state", "changed", "9 of 48 cases"),
            ("pair", "beta", "4 of 48 cases"),
            ("grade", "–", "4 of 48 cases"),
        ] {
            browser.evaluate(&choose(select, text));
            browser.wait_for(&format!("{status}.startsWith('{expected}')"));
        }
        browser.evaluate("document.querySelector('#eh-list a').click()");
        browser.wait_for("!document.getElementById('eh-case').hidden");
        let shown = browser.evaluate("document.getElementById('eh-case').textContent");
        let shown = shown.as_str().unwrap();
        for part in ["scale as written", "scale reversed", "changes", "As I see it."] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn the_grades_of_people_are_in_the_list_and_beside_each_response() {
        let folder = usual();
        let path = write_page(labelled(&folder), &LABELS);
        let mut browser = open(&path);
        browser.evaluate(
            "(() => { const s = document.querySelector('select[name=people]'); \
             s.value = [...s.options].find((o) => o.text === 'people divided').value; \
             s.dispatchEvent(new Event('input', { bubbles: true })); })()",
        );
        browser.wait_for("document.getElementById('eh-status').textContent.startsWith('1 of 48')");
        browser.evaluate("document.querySelector('#eh-list a').click()");
        browser.wait_for("!document.getElementById('eh-case').hidden");
        let shown = browser.evaluate("document.getElementById('eh-case').textContent");
        let shown = shown.as_str().unwrap();
        assert!(shown.contains("Grades of people: Bartholomew: "), "{shown}");
        assert!(shown.contains("; no majority"), "{shown}");
        assert!(shown.contains("Note of Bartholomew"), "{shown}");
        // Notes of people are found by the search.
        browser.evaluate(
            "(() => { const s = document.querySelector('select[name=people]'); s.value = ''; \
             s.dispatchEvent(new Event('input', { bubbles: true })); })()",
        );
        let found = search(&mut browser, "A note.");
        let labels = std::fs::read_to_string(path.with_file_name("labels.jsonl")).unwrap();
        let noted: BTreeSet<String> = labels
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .map(|label| label["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found.into_iter().collect::<BTreeSet<String>>(), noted);
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn nothing_hostile_runs() {
        let mut browser = open(&write_page(labelled(&hostile()), &LABELS));
        browser.evaluate("document.querySelector('#eh-list a').click()");
        browser.wait_for("!document.getElementById('eh-case').hidden");
        let shown = browser.evaluate("document.getElementById('eh-case').textContent");
        assert!(shown.as_str().unwrap().contains("Note of <script>alert(1)</script>"), "{shown}");
        assert!(browser.evaluate("window.pwned === undefined").as_bool().unwrap());
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn pages_fit_a_phone() {
        let folder = graded(&responses(), 3, RUBRIC);
        let mut browser = open(&write_page(&folder, &[]));
        browser.set_screen(Screen::PHONE);
        wait_until_ready(&mut browser);
        let fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth";
        assert!(browser.evaluate(fits).as_bool().unwrap());
    }
}
