//! The cases of a page: filters, search, order, keys and the case that is open.

mod needs_chromium {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::{Value, json};

    use super::super::runs::{Run, tickets, varied};
    use super::super::{open, write_page};
    use crate::support::Folder;
    use crate::support::browser::Browser;
    use crate::support::labelled_run::{RunSpec, rows};

    const LABELS: [&str; 2] = ["--labels", "labels.jsonl"];

    /// Sets a field of the form, as a choice in it does, and waits until the list follows.
    fn choose(browser: &mut Browser, field: &str, text: &str) {
        browser.evaluate(&format!(
            "(() => {{ const select = document.querySelector('select[name={field}]');
               select.value = [...select.options].find(one => one.textContent === {}).value;
               select.dispatchEvent(new Event('input', {{ bubbles: true }}));
               return new Promise(done => setTimeout(done)); }})()",
            json!(text)
        ));
    }

    fn reset(browser: &mut Browser) {
        browser.click("#eh-reset");
        browser.evaluate("new Promise(done => setTimeout(done))");
    }

    /// Returns the texts of a column of the list, page by page.
    fn column(browser: &mut Browser, number: usize) -> Vec<String> {
        let texts = browser.evaluate(&format!(
            "(() => {{
               const texts = [], forward = document.getElementById('eh-forward');
               const back = document.getElementById('eh-back');
               while (!back.disabled) back.click();
               for (;;) {{
                 texts.push(...[...document.querySelectorAll('#eh-list tr')].map(row => row.children[{number}].textContent));
                 if (forward.disabled) return texts;
                 forward.click();
               }}
             }})()"
        ));
        serde_json::from_value(texts).unwrap()
    }

    /// Returns the ids in the list with their pairs, where there are several.
    fn listed(browser: &mut Browser) -> Vec<(String, String)> {
        column(browser, 0).into_iter().zip(column(browser, 2)).collect()
    }

    fn search(browser: &mut Browser, words: &str) -> Vec<String> {
        browser.press("Escape");
        browser.press("/");
        browser.press("Control+a");
        browser.type_text(words);
        // The search begins a moment after the last letter.
        browser.evaluate("document.getElementById('eh-status').textContent = 'Searching'");
        browser
            .wait_for("!document.getElementById('eh-status').textContent.startsWith('Searching')");
        column(browser, 0)
    }

    fn status(browser: &mut Browser) -> String {
        browser
            .evaluate("document.getElementById('eh-status').textContent")
            .as_str()
            .unwrap()
            .to_owned()
    }

    fn opened(browser: &mut Browser) -> Value {
        browser.evaluate(
            "(view => view.hidden ? null : view.querySelector('h3').textContent)(document.getElementById('eh-case'))",
        )
    }

    fn wait_for_case(browser: &mut Browser, id: &str) {
        browser.wait_for(&format!(
            "document.querySelector('#eh-case h3')?.textContent === {}",
            json!(id)
        ));
    }

    /// The verdicts of the jury, or of a judge, by id and pair in the order of the run.
    fn verdicts(folder: &Folder, judge: &str) -> Vec<Value> {
        folder.run(&["verdicts", "run.db", "--all", "--judge", judge]).expect(0).json_lines()
    }

    fn names(verdicts: &[Value], keep: impl Fn(usize, &Value) -> bool) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let kept = verdicts.iter().enumerate().filter(|(at, verdict)| keep(*at, verdict));
        let name = |verdict: &Value| {
            let [one, other] = [0, 1].map(|at| text(&verdict["between"][at]));
            (text(&verdict["id"]), format!("{one} / {other}"))
        };
        kept.map(|(_, verdict)| name(verdict)).collect()
    }

    /// How the labels of a run stand to a verdict.
    fn people(run: &Run, verdict: &Value) -> &'static str {
        let same =
            |label: &&Value| label["id"] == verdict["id"] && label["between"] == verdict["between"];
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for label in run.labels.iter().filter(same) {
            *votes.entry(label["winner"].as_str().unwrap()).or_default() += 1;
        }
        let all: usize = votes.values().sum();
        let majority =
            votes.iter().find(|(_, number)| **number * 2 > all).map(|(winner, _)| *winner);
        match (majority, verdict["winner"].as_str()) {
            _ if all == 0 => "no label",
            (None, _) => "people divided",
            (_, None) => "no kept verdict",
            (Some(one), Some(other)) if one == other => "agrees",
            _ => "disagrees",
        }
    }

    /// The criteria on which the orders of a verdict prefer different systems.
    fn flips(verdict: &Value) -> BTreeSet<String> {
        let preferred = |order: &Value, criterion: &str| {
            let vote = order["criteria"].get(criterion)?.as_str()?;
            Some(match vote {
                "first" => order["first"].clone(),
                "second" => order["second"].clone(),
                _ => "tie".into(),
            })
        };
        let [one, other] = [0, 1].map(|at| &verdict["orders"][at]);
        let differs = |criterion: &&&str| {
            let both = [one, other].map(|order| preferred(order, criterion));
            matches!(&both, [Some(one), Some(other)] if one != other)
        };
        ["accuracy", "tone"].iter().filter(differs).map(|name| (*name).to_owned()).collect()
    }

    #[test]
    #[ignore = "needs chromium"]
    fn filters_select_what_the_verdicts_say() {
        let run = varied();
        let folder = run.judged();
        let mut browser = open(&write_page(&folder, &LABELS));
        let jury = verdicts(&folder, "jury");
        let judges = ["strict", "lenient"].map(|judge| verdicts(&folder, judge));
        assert_eq!(listed(&mut browser), names(&jury, |_, _| true));
        assert_eq!(jury.len(), 50);
        assert_eq!(status(&mut browser), "50 of 50 cases; these are 26 to 50");
        let mut check = |field: &str, choice: &str, keep: &dyn Fn(usize, &Value) -> bool| {
            choose(&mut browser, field, choice);
            let expected = names(&jury, keep);
            assert!(
                !expected.is_empty() && expected.len() < 50,
                "{field} {choice} selects nothing or all"
            );
            assert_eq!(listed(&mut browser), expected, "{field} {choice}");
            reset(&mut browser);
        };
        for outcome in ["kept", "hung"] {
            check("state", outcome, &|_, verdict| verdict["outcome"] == outcome);
        }
        for system in ["alpha", "beta", "tie"] {
            check("system", system, &|_, verdict| verdict["winner"] == system);
        }
        for (choice, key, value) in [
            ("topic=billing", "topic", "billing"),
            ("topic=a=b, c", "topic", "a=b, c"),
            ("lang=de", "lang", "de"),
        ] {
            check("tag", choice, &|_, verdict| verdict["tags"][key] == value);
        }
        for choice in ["agrees", "disagrees", "no kept verdict", "people divided", "no label"] {
            check("people", choice, &|_, verdict| people(&run, verdict) == choice);
        }
        for criterion in ["accuracy", "tone"] {
            check("criterion", criterion, &|at, _| {
                judges.iter().any(|judge| flips(&judge[at]).contains(criterion))
            });
        }
        // The outcome is then that of one judge.
        for (judge, verdicts) in ["strict", "lenient"].iter().zip(&judges) {
            choose(&mut browser, "judge", judge);
            choose(&mut browser, "state", "unparsed");
            let expected = names(&jury, |at, _| verdicts[at]["outcome"] == "unparsed");
            assert_eq!(listed(&mut browser), expected, "{judge}");
            assert!(!expected.is_empty());
            reset(&mut browser);
        }
        // Filters add up.
        choose(&mut browser, "state", "kept");
        choose(&mut browser, "tag", "topic=travel");
        choose(&mut browser, "system", "alpha");
        let all = |_: usize, verdict: &Value| {
            verdict["outcome"] == "kept"
                && verdict["tags"]["topic"] == "travel"
                && verdict["winner"] == "alpha"
        };
        assert_eq!(listed(&mut browser), names(&jury, all));
        choose(&mut browser, "people", "no kept verdict");
        assert_eq!(status(&mut browser), "None of 50 cases");
        browser.press("j");
        assert_eq!(opened(&mut browser), Value::Null);
        reset(&mut browser);
        assert_eq!(listed(&mut browser).len(), 50);
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn the_search_finds_every_text_whatever_its_case() {
        let folder = varied().judged();
        let mut browser = open(&write_page(&folder, &LABELS));
        for (words, ids) in [
            ("prompt NUMBER 17?", &["q17"][..]),
            ("ALPHA SAYS 21:", &["q21"]),
            ("Reference text 20", &["q20"]),
            ("reference one 16", &["q16"]),
            ("shop number 22", &["q22"]),
            ("reasons about q18", &["q18"]),
            ("weather in bonn", &["x"; 3]),
            ("it rains in Bonn", &["x"; 2]),
            ("a weather service", &["x"; 3]),
            ("質問", &["質問 1"; 3]),
            ("  q19  ", &["q19"]),
            ("nothing of this kind", &[]),
        ] {
            assert_eq!(search(&mut browser, words), ids, "{words}");
        }
        assert_eq!(status(&mut browser), "None of 50 cases");
        // Every tag and annotator, and words that several cases have.
        assert_eq!(search(&mut browser, "a=b, c").len(), 11);
        let strict = search(&mut browser, "strict cannot say of");
        let unread = folder.run(&["verdicts", "run.db", "--all", "--judge", "strict"]).expect(0);
        assert!(!strict.is_empty() && strict.len() < 50, "{strict:?}\n{}", unread.stdout);
        // A filter narrows what was found.
        search(&mut browser, "reference");
        choose(&mut browser, "tag", "topic=travel");
        browser
            .wait_for("!document.getElementById('eh-status').textContent.startsWith('Searching')");
        let both = column(&mut browser, 0);
        assert_eq!(both.iter().collect::<BTreeSet<_>>().len(), 4, "{both:?}");
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn cases_are_sorted_by_length_and_by_margin() {
        let run = tickets();
        let folder = run.judged();
        let mut browser = open(&write_page(&folder, &[]));
        let length = |id: &str| {
            let item = run.items.iter().find(|item| item["id"] == id).unwrap();
            let texts = item["responses"].as_object().unwrap().values();
            texts.map(|text| text.as_str().unwrap().chars().count()).sum::<usize>()
        };
        let verdicts = verdicts(&folder, "summary-judge");
        let margin = |id: &str| match &verdicts.iter().find(|verdict| verdict["id"] == id).unwrap()
        {
            verdict if verdict["outcome"] == "kept" && verdict["winner"] != "tie" => 2,
            verdict if verdict["outcome"] == "split" => 1,
            _ => 0,
        };
        let place = |id: &str| run.items.iter().position(|item| item["id"] == id).unwrap();
        for (choice, key) in [
            ("as listed", &(|id: &str| place(id) as i64) as &dyn Fn(&str) -> i64),
            ("longest first", &|id| -(length(id) as i64)),
            ("shortest first", &|id| length(id) as i64),
            ("closest first", &|id| margin(id)),
            ("clearest first", &|id| -margin(id)),
        ] {
            choose(&mut browser, "sort", choice);
            let found = column(&mut browser, 0);
            assert_eq!(found.len(), 64);
            let mut expected = found.clone();
            expected.sort_by_key(|id| (key(id), place(id)));
            assert_eq!(found, expected, "{choice}");
        }
        browser.expect_no_faults();
    }

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
        let cases = folder.run(&[
            "show",
            "run.db",
            "--labels",
            "labels.jsonl",
            "--format",
            "json",
            "--limit",
            "1000",
        ]);
        let cases: Value = serde_json::from_str(&cases.expect(0).stdout).unwrap();
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
                    "ending",
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
