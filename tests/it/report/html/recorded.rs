//! Pages of recorded judges.

mod needs_shared_data {
    mod needs_chromium {
        use serde_json::{Value, json};

        use super::super::super::open;
        use crate::support::Folder;
        use crate::support::shared_data::{read_json, set_up, shared};

        /// A folder with the run of a judge over the natural comparisons of `LLMBar`, and the labels.
        fn judged(judge: &str) -> Folder {
            let data = shared("data/llmbar-natural");
            let folder =
                set_up(&data, judge, &read_json(&data.join("expected.json"))[judge]["reply"]);
            let items = data.join("items.jsonl");
            let task = ["judge", items.to_str().unwrap(), "--rubric", "./r.toml", "--judge", judge];
            folder
                .run(&[&task[..], &["--run", "run.db", "--inconclusive", "pass"]].concat())
                .expect(0);
            std::fs::copy(data.join("labels.jsonl"), folder.path().join("labels.jsonl")).unwrap();
            folder
        }

        #[test]
        #[ignore = "needs ../shared/data and chromium"]
        fn a_newcomer_reads_whether_to_believe_a_judge() {
            for (judge, better, believe, flipped) in [
                (
                    "falcon-cot",
                    "People prefer b to a in",
                    "Do not rely on falcon-cot with this rubric yet",
                    84,
                ),
                (
                    "gpt-4-cot",
                    "People prefer b to a in",
                    "gpt-4-cot agrees with people beyond chance, and more often than simple rules do.",
                    9,
                ),
            ] {
                let folder = judged(judge);
                folder
                    .run(&["report", "run.db", "--labels", "labels.jsonl", "--output", "page.html"])
                    .expect(0);
                let mut browser = open(&folder.path().join("page.html"));
                let leads = browser.evaluate(
                    "[...document.querySelectorAll('.lead')].map(one => one.textContent)",
                );
                let leads: Vec<String> = serde_json::from_value(leads).unwrap();
                assert!(leads[0].starts_with(better), "{leads:?}");
                assert!(leads[1].starts_with(believe), "{leads:?}");
                browser.evaluate(
                    "(() => { const select = document.querySelector('select[name=state]');
                       select.value = [...select.options].find(one => one.textContent === 'flipped').value;
                       select.dispatchEvent(new Event('input', { bubbles: true })); })()",
                );
                browser.wait_for(&format!("document.getElementById('eh-status').textContent.startsWith('{flipped} of 100 cases')"));
                browser.press("j");
                browser.wait_for("!document.getElementById('eh-case').hidden");
                assert_eq!(
                    browser.evaluate("document.querySelector('#eh-case .flips').textContent"),
                    "flips"
                );
                browser.expect_no_faults();
            }
        }

        #[test]
        #[ignore = "needs ../shared/data and chromium"]
        fn two_prompts_are_compared() {
            let (before, after) = (judged("falcon-vanilla"), judged("falcon-metrics"));
            let [one, other] = [&before, &after].map(|folder| folder.path().join("run.db"));
            let runs = [one.to_str().unwrap(), other.to_str().unwrap()];
            let flags = [&["diff"], &runs[..], &["--labels", "labels.jsonl"]].concat();
            before.run(&[&flags[..], &["--output", "diff.html"]].concat()).expect(0);
            let diff: Value = serde_json::from_str(
                &before.run(&[&flags[..], &["--format", "json"]].concat()).expect(0).stdout,
            )
            .unwrap();
            let mut browser = open(&before.path().join("diff.html"));
            let status = browser.evaluate("document.getElementById('eh-status').textContent");
            assert_eq!(status, "100 of 100 cases; these are 1 to 25");
            let first = browser.evaluate("document.querySelector('#eh-list a').textContent");
            assert_eq!(first, diff["cases"][0]["id"]);
            assert_eq!(browser.evaluate("[...document.querySelectorAll('h2')].length"), json!(4));
            browser.expect_no_faults();
        }
    }
}
