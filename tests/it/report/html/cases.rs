//! The open case of a page: what it shows, and the keys that turn to other cases.

mod needs_chromium {
    use serde_json::{Value, json};

    use super::super::case_list::{choose, column, opened, reset, wait_for_case};
    use super::super::runs::{tickets, varied};
    use super::super::{LABELS, open, shown_cases, write_page};
    use crate::support::browser::Browser;
    use crate::support::labelled_run::{RunSpec, rows};

    #[test]
    #[ignore = "needs chromium"]
    fn cases_are_opened_and_turned_by_keys() {
        let folder = tickets().judged();
        let mut browser = open(&write_page(&folder, &LABELS));
        assert_eq!(opened(&mut browser), Value::Null);
        for (key, id) in [
            ("j", "ticket-001"),
            ("j", "ticket-002"),
            ("ArrowRight", "ticket-003"),
            ("k", "ticket-002"),
            ("ArrowLeft", "ticket-001"),
            // There is none before the first.
            ("k", "ticket-001"),
        ] {
            browser.press(key);
            wait_for_case(&mut browser, id);
        }
        assert_eq!(browser.evaluate("document.activeElement.id"), "eh-case");
        assert_eq!(
            browser.evaluate("document.querySelector('#eh-list [aria-current=true]').rowIndex"),
            1
        );
        // A key with a modifier is the browser's.
        browser.press("Control+j");
        assert_eq!(opened(&mut browser), "ticket-001");
        browser.press("Escape");
        assert_eq!(opened(&mut browser), Value::Null);
        assert_eq!(browser.evaluate("document.activeElement.textContent"), "ticket-001");
        assert_eq!(browser.evaluate("location.hash"), "");
        // Enter on the link of a case, which has the focus again.
        browser.press("Enter");
        wait_for_case(&mut browser, "ticket-001");
        // In a field letters are letters.
        browser.press("/");
        assert_eq!(browser.evaluate("document.activeElement.name"), "search");
        for key in ["j", "k", "/", "ArrowLeft"] {
            browser.press(key);
        }
        assert_eq!(browser.evaluate("document.activeElement.value"), "jk/");
        assert_eq!(opened(&mut browser), "ticket-001");
        browser.press("Escape");
        assert_eq!(browser.evaluate("document.activeElement === document.body"), true);
        browser.press("Escape");
        assert_eq!(opened(&mut browser), Value::Null);
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn arrows_scroll_a_wide_table_and_open_no_case() {
        let folder = varied().judged();
        let mut browser = open(&write_page(&folder, &LABELS));
        browser.set_screen(crate::support::browser::Screen::PHONE);
        let scrolled = "[...document.querySelectorAll('main section > .wide')].find(one => one.scrollWidth > one.clientWidth + 60)";
        browser.evaluate(&format!("(window.wide = {scrolled}).focus()"));
        assert_eq!(
            browser.evaluate("document.activeElement === wide"),
            true,
            "it can have the focus"
        );
        browser.press("ArrowRight");
        browser.wait_for("wide.scrollLeft > 0");
        assert_eq!(opened(&mut browser), Value::Null);
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn previous_and_next_follow_the_selection() {
        let folder = tickets().judged();
        let mut browser = open(&write_page(&folder, &LABELS));
        choose(&mut browser, "state", "flipped");
        let flipped = column(&mut browser, 0);
        assert!(flipped.len() > 2, "{flipped:?}");
        browser.press("j");
        wait_for_case(&mut browser, &flipped[0]);
        let disabled = |browser: &mut Browser| {
            browser.evaluate(
                "[...document.querySelectorAll('[data-step]')].map(button => button.disabled)",
            )
        };
        assert_eq!(disabled(&mut browser), json!([true, false]));
        browser.click("[data-step='1']");
        wait_for_case(&mut browser, &flipped[1]);
        browser.click("[data-step='-1']");
        wait_for_case(&mut browser, &flipped[0]);
        for id in &flipped[1..] {
            browser.press("j");
            wait_for_case(&mut browser, id);
        }
        assert_eq!(disabled(&mut browser), json!([false, true]));
        browser.press("j");
        wait_for_case(&mut browser, flipped.last().unwrap());
        // Another selection: the buttons and the number follow it.
        browser.press("k");
        wait_for_case(&mut browser, &flipped[flipped.len() - 2]);
        choose(&mut browser, "sort", "longest first");
        reset(&mut browser);
        browser.wait_for("document.querySelector('#eh-case .head').textContent.includes(' of 64')");
        assert_eq!(disabled(&mut browser), json!([false, false]));
        choose(&mut browser, "state", "kept");
        browser.wait_for(
            "document.querySelector('#eh-case .head').textContent.includes('not in the selection')",
        );
        browser.press("j");
        let first = column(&mut browser, 0)[0].clone();
        wait_for_case(&mut browser, &first);
        browser.click("[data-close]");
        assert_eq!(opened(&mut browser), Value::Null);
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn an_open_case_shows_everything_that_is_known_of_it() {
        let folder = varied().judged();
        let page = write_page(&folder, &LABELS);
        let mut browser = open(&page);
        let cases = shown_cases(&folder);
        for case in cases["cases"].as_array().unwrap() {
            let id = case["id"].as_str().unwrap();
            browser.press("j");
            let pair = json!(case["between"]);
            browser.wait_for(&format!(
                "document.querySelector('#eh-case h3')?.textContent === {} && \
                 JSON.stringify([...document.querySelectorAll('#eh-case [data-system]')].map(one => one.textContent)) === JSON.stringify({pair})",
                json!(id)
            ));
            let shown = browser.evaluate("document.getElementById('eh-case').textContent");
            let shown = shown.as_str().unwrap();
            let mut texts = Vec::new();
            collect(case, &mut texts);
            for text in texts {
                let text = if text.is_empty() { "(empty)" } else { text };
                assert!(shown.contains(text), "{id} lacks {text}:\n{shown}");
            }
        }
        assert_eq!(cases["cases"].as_array().unwrap().len(), 50);
        browser.expect_no_faults();
    }

    /// Collects the texts of a case: everything but names of settings.
    fn collect<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
        match value {
            Value::String(text) => into.push(text),
            Value::Array(all) => all.iter().for_each(|one| collect(one, into)),
            Value::Object(all) => {
                let known = [
                    "id",
                    "ending",
                    "outcome",
                    "decided_by",
                    "finish_reason",
                    "provenance",
                    "model",
                    "fingerprint",
                    "stored_at",
                    "winner",
                ];
                let shown = all.iter().filter(|(key, _)| !known.contains(&key.as_str()));
                shown.for_each(|(_, one)| collect(one, into));
            }
            _ => {}
        }
    }

    #[test]
    #[ignore = "needs chromium"]
    fn pages_of_small_and_empty_runs_have_what_they_can_have() {
        // Nothing is kept; nothing can be read; nothing is answered.
        for (kinds, code) in [
            (&[(3, "a/b", "ab-")][..], 0),
            (&[(2, "?/?", "---")], 4),
            (&[(2, "-/-", "a--")], 4),
            (&[(1, "t/t", "---")], 0),
        ] {
            let mut spec = RunSpec::new(rows(kinds));
            spec.code = code;
            let judged = spec.judged();
            for flags in [&[][..], &LABELS] {
                if kinds[0].2 == "---" && !flags.is_empty() {
                    continue;
                }
                let said = judged
                    .folder
                    .run(&[&["report", "run.db", "--output", "page.html"], flags].concat());
                let page = judged.folder.path().join("page.html");
                assert!(page.exists(), "{kinds:?} {flags:?}: {said:?}");
                let mut browser = open(&page);
                assert_eq!(column(&mut browser, 0).len(), kinds[0].0);
                browser.press("j");
                wait_for_case(&mut browser, "q000");
                let text = browser.evaluate("document.body.innerText");
                let text = text.as_str().unwrap();
                assert!(
                    !text.contains("NaN")
                        && !text.contains("undefined is")
                        && !text.contains("null"),
                    "{text}"
                );
                let fields = browser.evaluate(
                    "[...document.querySelectorAll('.filters select')].map(one => one.name)",
                );
                let has = |name: &str| fields.as_array().unwrap().iter().any(|one| one == name);
                assert_eq!(has("people"), !flags.is_empty(), "{fields}");
                assert!(!has("judge") && !has("tag") && !has("criterion"), "{fields}");
                browser.expect_no_faults();
                std::fs::remove_file(page).unwrap();
            }
        }
    }
}
