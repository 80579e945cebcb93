//! The history as a page, as lines and as a document.

use serde_json::Value;

use super::{Monitored, Night};

/// A history whose last two nights raise an alarm.
fn alarming() -> Monitored {
    let mut monitored = Monitored::with_baseline();
    for version in 1..4 {
        monitored.add(&Night { version, losses: 40 + 5 * version, ..Night::default() }, &[]);
    }
    for version in 4..6 {
        monitored.add(&Night { version, wrong: 50, ..Night::default() }, &[]);
    }
    monitored
}

#[test]
fn the_lines_show_every_run_and_the_result() {
    let monitored = alarming();
    let said = monitored.folder.run(&["monitor", "report", "--history", "monitor"]).expect(0);
    assert!(said.stdout.starts_with("7 runs from "), "{}", said.stdout);
    assert!(said.stdout.contains("Alarm: the judge has changed."), "{}", said.stdout);
    let agreement = said.stdout.lines().find(|line| line.starts_with("  agreement with")).unwrap();
    let blocks = agreement.chars().filter(|char| ('▁'..='█').contains(char)).count();
    assert_eq!(blocks, 7, "{agreement}");
    assert!(said.stdout.lines().all(|line| line.chars().count() <= 80), "{}", said.stdout);
}

#[test]
fn the_page_is_self_contained_and_has_every_section() {
    let monitored = alarming();
    let command = ["monitor", "report", "--history", "monitor", "--output", "history.html"];
    let said = monitored.folder.run(&command).expect(0);
    assert_eq!(said.stderr, "report written to history.html\n");
    let page = std::fs::read_to_string(monitored.folder.path().join("history.html")).unwrap();
    for section in ["changes", "judge", "systems", "traffic", "over-time", "runs"] {
        assert!(page.contains(&format!("id=\"eh-{section}\"")), "{section}");
    }
    assert!(page.contains("Content-Security-Policy"));
    // The namespace of the plots is a name, and no address that is asked.
    let page = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!page.contains("http://") && !page.contains("https://"));
    assert!(!page.contains("Show me"), "a history has no cases");
}

#[test]
fn the_document_has_the_entries_the_numbers_and_the_check() {
    let monitored = alarming();
    let command = ["monitor", "report", "--history", "monitor", "--format", "json"];
    let said = monitored.folder.run(&command).expect(0);
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(document["entries"].as_array().unwrap().len(), 7);
    assert_eq!(document["check"]["result"], "alarm");
    for trend in document["trends"].as_array().unwrap() {
        assert_eq!(trend["points"].as_array().unwrap().len(), 7, "{trend}");
    }
}

#[test]
fn hostile_names_are_escaped_on_the_page_and_in_the_terminal() {
    let mut monitored = Monitored::new();
    let evil = "<script>alert(1)</script>\u{1b}[31m";
    for (version, run) in [(0, "one.db"), (1, "<b>.db")] {
        // Responses that changed are shown by tag.
        monitored.judge(&Night { version, ..Night::default() });
        let items = std::fs::read_to_string(monitored.folder.path().join("items.jsonl")).unwrap();
        let items = items.replace("\"billing\"", &serde_json::to_string(evil).unwrap());
        monitored.folder.write("items.jsonl", &items);
        monitored.judge_items(run).expect(0);
        monitored.folder.run(&["monitor", "add", run, "--history", "monitor"]).expect(0);
    }
    let page = monitored
        .folder
        .run(&["monitor", "report", "--history", "monitor", "--format", "html"])
        .expect(0);
    for (raw, escaped) in
        [("<script>alert", "product = &lt;script&gt;alert(1)&lt;"), ("<b>.db", "&lt;b&gt;.db")]
    {
        assert!(!page.stdout.contains(raw), "{raw}");
        assert!(page.stdout.contains(escaped), "{escaped}");
    }
    assert!(!page.stdout.contains('\u{1b}'));
    let table = monitored.folder.run(&["monitor", "check", "--history", "monitor"]).expect(8);
    assert!(!table.stdout.contains('\u{1b}'), "{}", table.stdout);
    assert!(table.stdout.contains("product = <scr"), "{}", table.stdout);
}

mod needs_chromium {
    use super::alarming;
    use crate::support::browser::{Browser, Screen};

    #[test]
    #[ignore = "needs chromium"]
    fn the_page_asks_nothing_and_is_not_wider_than_the_screen() {
        let monitored = alarming();
        let command = ["monitor", "report", "--history", "monitor", "--output", "history.html"];
        monitored.folder.run(&command).expect(0);
        let mut browser = Browser::start();
        browser.open(&monitored.folder.path().join("history.html"));
        for screen in
            [Screen::DESKTOP, Screen::DESKTOP.dark(), Screen::PHONE, Screen::DESKTOP.print()]
        {
            browser.set_screen(screen);
            let wider =
                "document.documentElement.scrollWidth - document.documentElement.clientWidth";
            assert_eq!(browser.evaluate(wider), 0, "{screen:?}");
        }
        let sections = "document.querySelectorAll('main section').length";
        assert_eq!(browser.evaluate(sections), 6);
        browser.expect_no_faults();
    }
}
