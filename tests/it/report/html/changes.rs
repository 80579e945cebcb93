//! The page of two runs.

mod needs_chromium {
    use serde_json::Value;

    use super::super::case_list::choose;
    use super::super::runs::{tickets, varied};
    use super::super::{DIFF, open, write_diff_page};
    use crate::support::Folder;

    #[test]
    #[ignore = "needs chromium"]
    fn a_changed_case_shows_the_replies_of_both_runs() {
        let folder = varied().judged();
        let diff_page = write_diff_page(&folder);
        let json = folder
            .run(&[&DIFF[..], &["--format", "json", "--limit", "1000"]].concat())
            .expect(0)
            .stdout;
        let diff: Value = serde_json::from_str(&json).unwrap();
        let mut browser = open(&diff_page);
        let states = browser.evaluate(
            "[...document.querySelector('select[name=state]').options].map(one => one.textContent)",
        );
        let mut listed = 0;
        for state in states.as_array().unwrap().iter().skip(1) {
            choose(&mut browser, "state", state.as_str().unwrap());
            let shown = browser.evaluate("document.getElementById('eh-status').textContent");
            let number: usize = shown.as_str().unwrap().split(' ').next().unwrap().parse().unwrap();
            listed += number;
            let change = if state == "same" { "none" } else { state.as_str().unwrap() };
            let cases = diff["cases"].as_array().unwrap().iter();
            let expected = cases.filter(|case| case["change"] == change).count();
            assert_eq!(number, expected, "{state}: {:?}", diff["cases"][0]);
        }
        assert_eq!(listed, 50);
        browser.click("#eh-reset");
        browser.press("j");
        browser.wait_for("!document.getElementById('eh-case').hidden");
        let case = &diff["cases"][0];
        let shown = browser.evaluate("document.getElementById('eh-case').textContent");
        let shown = shown.as_str().unwrap();
        for run in ["before", "after"] {
            assert!(shown.contains(&format!("{run}: ")), "{shown}");
            for order in case[run]["judges"][0]["orders"].as_array().unwrap() {
                for reply in order["replies"].as_array().unwrap() {
                    assert!(shown.contains(reply["reply"].as_str().unwrap()), "{shown}");
                }
            }
        }
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn the_changes_of_a_rubric_are_shown_line_by_line() {
        let folder = Folder::new();
        let mut run = tickets();
        run.judge_in(&folder, "before.db");
        run.rubric = run.rubric.replace("serve the colleague", "best serve the <b>colleague</b>");
        run.judge_in(&folder, "after.db");
        folder.run(&["diff", "before.db", "after.db", "--output", "diff.html"]).expect(0);
        let mut browser = open(&folder.path().join("diff.html"));
        let lines = browser.evaluate("[...document.querySelectorAll('.changes .line-new, .changes .line-old')].map(one => one.textContent.trim())");
        let lines: Vec<String> = serde_json::from_value(lines).unwrap();
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with('-') && line.contains("would serve the colleague")),
            "{lines:?}"
        );
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with('+')
                    && line.contains("best serve the <b>colleague</b>")),
            "{lines:?}"
        );
        assert_eq!(browser.evaluate("document.querySelectorAll('b').length"), 0);
        browser.expect_no_faults();
    }
}
