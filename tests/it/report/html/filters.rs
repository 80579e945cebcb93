//! Filters, search and order of the cases of a page.

mod needs_chromium {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::Value;

    use super::super::case_list::{choose, column, listed, opened, reset, search, status};
    use super::super::runs::{Run, tickets, varied};
    use super::super::{LABELS, open, write_page};
    use crate::support::Folder;

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
}
