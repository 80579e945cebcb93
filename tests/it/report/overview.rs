//! The formats of a report: each is read as its reader would, and shows the numbers of the JSON document.

use std::collections::BTreeSet;

use pulldown_cmark::{Event, Options, Parser};
use regex::Regex;
use serde_json::Value;

use crate::support::labelled_run::{JudgedRun, Row, RunSpec, rows};
use crate::support::ugly_run::ugly_run;
use crate::support::{CommandOutput, Folder};

const HOSTILE: &str = "</details><script>alert(1)</script>|`x` @ana #123 [l](javascript:a) https://a.example & \"'\u{1b}[31m\u{202e}\u{fffe}";

fn report(folder: &Folder, flags: &[&str]) -> CommandOutput {
    folder.run(&[&["report", "run.db"], flags].concat())
}

fn json(folder: &Folder, flags: &[&str]) -> Value {
    let said = report(folder, &[flags, &["--format", "json"]].concat());
    serde_json::from_str(&said.stdout).unwrap()
}

/// A run with every part of a report that needs neither criteria nor a server.
fn tagged() -> JudgedRun {
    let kinds = [
        (20, "b/b", "bba"),
        (9, "a/a", "aab"),
        (14, "a/b", "abb"),
        (6, "b/t", "b-b"),
        (4, "?/b", "bbb"),
    ];
    let mut all = rows(&kinds);
    for (at, row) in all.iter_mut().enumerate() {
        row.longer = if at % 3 == 0 { 'a' } else { 'b' };
        row.tag = Some(["short", "long", "rare"][at % 5 % 3].to_owned());
    }
    RunSpec::new(all).judged()
}

/// A run whose names are markup, of three systems.
fn hostile() -> JudgedRun {
    let names = ["a", "b", "c"].map(|name| -> &'static str { format!("{name}{HOSTILE}").leak() });
    let [a, b, c] = names;
    let mut all = Vec::new();
    for at in 0..12 {
        for (between, replies, labels) in
            [([a, b], "a/a", "aab"), ([a, c], "b/b", "bb-"), ([b, c], "a/b", "a-b")]
        {
            let mut row = Row::new(&format!("{HOSTILE}{at}"), between, replies, labels);
            row.tag = Some(format!("{HOSTILE}{}", at % 2));
            all.push(row);
        }
    }
    let mut spec = RunSpec::new(all);
    spec.annotators = [names[0], names[1], names[2]];
    let response = |at: usize| {
        let mark = ["cut-off", "refused", "empty"][at];
        serde_json::json!({ "model": names[at], "mark": mark, "cost": at, "latency_ms": 10 * at })
    };
    for row in &spec.rows {
        let generated = names.iter().enumerate().map(|(at, name)| (name.to_string(), response(at)));
        spec.generated.insert(row.id.clone(), Value::Object(generated.collect()));
    }
    spec.judged()
}

/// Every estimate of a document, as a report writes it.
fn shown_estimates(value: &Value, shown: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let number = |key: &str| fields.get(key).and_then(Value::as_f64);
            if let (Some(value), Some(low), Some(high), Some(n)) =
                (number("value"), number("low"), number("high"), number("n"))
            {
                let percent = |share: f64| format!("{:.1}", share * 100.0);
                let [value, low, high] = [value, low, high].map(percent);
                shown.insert(format!("{value} {low} {high} {n}"));
            }
            fields.values().for_each(|field| shown_estimates(field, shown));
        }
        Value::Array(values) => values.iter().for_each(|one| shown_estimates(one, shown)),
        _ => {}
    }
}

/// The estimates of the parts of the document that every report shows.
fn estimates_of(parts: &[&Value]) -> BTreeSet<String> {
    let mut shown = BTreeSet::new();
    for part in parts {
        shown_estimates(part, &mut shown);
    }
    shown
}

#[test]
fn every_number_of_the_table_and_the_markdown_is_that_of_the_json() {
    let judged = tagged();
    let row = Regex::new(r"(\d+\.\d) % \|? *\(?(\d+\.\d) – (\d+\.\d)\)?(?: \|)? +(\d+)").unwrap();
    for labels in [&[][..], &["--labels", "labels.jsonl"]] {
        let document = json(&judged.folder, labels);
        let known = estimates_of(&[&document]);
        let mut must = ["tags", "closeness", "lengths"].map(|key| document[key].clone());
        for tag in must[0].as_array_mut().unwrap() {
            // Beside the order-averaged rate of a tag, the others are in the JSON alone.
            tag["win_rates"][0]["kept"] = Value::Null;
            tag["win_rates"][0]["unreadable_bounds"] = Value::Null;
        }
        let must = estimates_of(&must.each_ref());
        assert!(must.len() > 10, "{must:?}");
        for format in ["table", "markdown"] {
            let flags = [labels, &["--format", format]].concat();
            let text = report(&judged.folder, &flags).expect(0).stdout;
            let found: BTreeSet<String> = row
                .captures_iter(&text)
                .map(|found| format!("{} {} {} {}", &found[1], &found[2], &found[3], &found[4]))
                .collect();
            let unknown: Vec<&String> = found.difference(&known).collect();
            let missing: Vec<&String> = must.difference(&found).collect();
            assert!(unknown.is_empty() && missing.is_empty(), "{format}: {unknown:?}, {missing:?}");
        }
    }
}

#[test]
fn the_json_has_what_judge_and_calibrate_print() {
    let judged = tagged();
    let document = json(&judged.folder, &["--labels", "labels.jsonl"]);
    assert_eq!(document["calibration"], judged.found(&[]));
    let task = ["judge", "items.jsonl", "--rubric", "./r.toml", "--run", "run.db"];
    let judge = [&task[..], &["--judge", "judge-1", "--format", "json"]].concat();
    let judge: Value = serde_json::from_str(&judged.folder.run(&judge).expect(0).stdout).unwrap();
    assert_eq!(document["summary"]["judges"], judge["judges"]);
}

#[test]
fn criteria_and_repeats_are_in_the_table_and_in_markdown() {
    let folder = ugly_run(1, 2);
    let document = json(&folder, &["--labels", "labels.jsonl"]);
    let criteria = document["criteria"].as_array().unwrap();
    assert_eq!(criteria.len(), 2);
    for format in ["table", "markdown"] {
        let text = report(&folder, &["--labels", "labels.jsonl", "--format", format]).stdout;
        for criterion in criteria {
            let name = criterion["name"].as_str().unwrap();
            let votes = format!(
                "{} votes, {} flipped, {} split",
                criterion["votes"], criterion["flipped"], criterion["split"]
            );
            let line = text.lines().find(|line| line.contains(&votes) && line.contains(name));
            assert!(line.is_some(), "{format}: {name}: {votes} in {text}");
        }
    }
}

#[test]
fn the_table_fits_a_terminal_and_has_nothing_that_acts_on_one() {
    let (tagged, hostile) = (tagged(), hostile());
    let ugly = [ugly_run(1, 1), ugly_run(2, 2)];
    let folders = [&tagged.folder, &hostile.folder, &ugly[0], &ugly[1]];
    for folder in folders {
        for flags in [&[][..], &["--labels", "labels.jsonl"]] {
            let said = report(folder, flags).expect(0);
            for line in said.stdout.lines().filter(|line| !line.contains("evenhand ")) {
                let width = unicode_width::UnicodeWidthStr::width(line);
                assert!(width <= 80, "{width} columns: {line}");
            }
            let active = |char: char| {
                (char.is_control() && char != '\n') || ('\u{202a}'..='\u{202e}').contains(&char)
            };
            assert!(!said.stdout.chars().any(active), "{}", said.stdout);
            assert!(!said.stdout.contains("NaN") && !said.stdout.contains("inf "));
        }
    }
}

/// What Markdown displays, and the HTML in it.
fn rendered(markdown: &str) -> (String, Vec<String>) {
    let (mut text, mut html) = (String::new(), Vec::new());
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match event {
            Event::Text(part) | Event::Code(part) => text += &part,
            Event::Html(part) | Event::InlineHtml(part) => html.push(part.trim().to_owned()),
            Event::Start(pulldown_cmark::Tag::Link { .. } | pulldown_cmark::Tag::Image { .. }) => {
                panic!("a link: {markdown}")
            }
            Event::End(_) => text.push('\n'),
            _ => {}
        }
    }
    (text, html)
}

#[test]
fn names_in_markdown_are_displayed_and_do_nothing() {
    let judged = hostile();
    let gates = ["--min-coverage", "0.5", "--gate-by", "kind", "--format", "markdown"];
    let said = report(&judged.folder, &[&gates[..], &["--labels", "labels.jsonl"]].concat());
    assert!([6, 8].contains(&said.code), "{said:?}");
    let (text, html) = rendered(&said.stdout);
    let shown = HOSTILE.replace('\u{1b}', "\\u{1b}").replace('\u{202e}', "\\u{202e}");
    assert!(text.contains(&format!("kind={shown}0")), "{text}");
    let folding = Regex::new(
        r"^(<!-- -->|<details>|</details>|<details>\n<summary>[^<>]*</summary>|<summary>[^<>]*</summary>)$",
    )
    .unwrap();
    for html in &html {
        assert!(folding.is_match(html), "{html}");
    }
    let count = |what: &str| html.iter().filter(|html| html.contains(what)).count();
    assert!(count("<details>") >= 5);
    assert_eq!(count("<details>"), count("</details>"));
    // Nothing that a host would turn into a mention, a reference or a link.
    let active = Regex::new(r"@\w|#\d|://|www\.").unwrap();
    assert!(!active.is_match(&said.stdout), "{}", said.stdout);
    // The folded blocks are Markdown of their own: tables are tables.
    let tables = Parser::new_ext(&said.stdout, Options::ENABLE_TABLES)
        .filter(|event| matches!(event, Event::Start(pulldown_cmark::Tag::Table(_))));
    assert!(tables.count() >= 4);
}

#[test]
fn a_comment_is_never_too_long() {
    let long = |name: char| -> &'static str { format!("{name}{}", "<@#".repeat(1_500)).leak() };
    let systems = ['a', 'b', 'c', 'd', 'e', 'f'].map(long);
    let mut all = Vec::new();
    for at in 0..120 {
        let pair = [systems[at % 5], systems[5]];
        let mut row = Row::new(&format!("q{at}"), pair, "b/b", "b");
        row.tag = Some(format!("{}{}", "&|".repeat(400), at % 20));
        all.push(row);
    }
    let judged = RunSpec::new(all).judged();
    let gates = ["--min-coverage", "0.99", "--gate-by", "kind", "--format", "markdown"];
    let said = report(&judged.folder, &gates).expect(8);
    let chars = said.stdout.chars().count();
    assert!(chars < 65_000, "{chars}");
    assert!(said.stdout.contains("Left out, because a comment has a limited length"), "{chars}");
    let (_, html) = rendered(&said.stdout);
    let count = |what: &str| html.iter().filter(|html| html.contains(what)).count();
    assert_eq!(count("<details>"), count("</details>"));
}

/// The test cases of a `JUnit` document: name, the element that tells the result, its type and its message.
fn junit_cases(xml: &str) -> Vec<[String; 4]> {
    let document = roxmltree::Document::parse(xml).unwrap();
    let suites = document.root_element();
    assert_eq!(suites.tag_name().name(), "testsuites");
    let suite = suites.first_element_child().unwrap();
    assert_eq!((suite.tag_name().name(), suite.attribute("name")), ("testsuite", Some("evenhand")));
    let cases: Vec<[String; 4]> = suite
        .children()
        .filter(roxmltree::Node::is_element)
        .map(|case| {
            assert_eq!(case.tag_name().name(), "testcase");
            assert_eq!(case.attribute("classname"), Some("run.judge-1"));
            let result = case.first_element_child().unwrap();
            let message = result.attribute("message").or(result.text()).unwrap_or_default();
            [
                case.attribute("name").unwrap(),
                result.tag_name().name(),
                result.attribute("type").unwrap_or_default(),
                message,
            ]
            .map(ToOwned::to_owned)
        })
        .collect();
    for element in [suites, suite] {
        let count = |of: &str| cases.iter().filter(|case| case[1] == of).count().to_string();
        assert_eq!(element.attribute("tests"), Some(cases.len().to_string().as_str()));
        assert_eq!(element.attribute("failures"), Some(count("failure").as_str()));
        assert_eq!(element.attribute("skipped"), Some(count("skipped").as_str()));
        assert_eq!(element.attribute("errors"), Some("0"));
    }
    cases
}

#[test]
fn junit_has_a_case_for_each_gate_and_slice() {
    let judged = tagged();
    let gates = ["--min-coverage", "0.5", "--min-win-rate", "beta=0.05", "--gate-by", "kind"];
    for (inconclusive, result, kind) in
        [("fail", "failure", "inconclusive"), ("pass", "skipped", "")]
    {
        let flags = [&gates[..], &["--inconclusive", inconclusive, "--format", "junit"]].concat();
        let said = report(&judged.folder, &flags);
        let cases = junit_cases(&said.stdout);
        let names: Vec<&str> = cases.iter().map(|case| case[0].as_str()).collect();
        // A gate on coverage decides how many verdicts must be kept, so that there is no case for it.
        assert_eq!(names[..2], ["run complete", "min-coverage coverage"]);
        assert_eq!(names.len(), 3 + 2 * 3, "{names:?}");
        assert!(names.contains(&"min-coverage coverage [kind=rare]"), "{names:?}");
        let open = cases.iter().find(|case| case[3].starts_with("gate inconclusive")).unwrap();
        assert_eq!([open[1].as_str(), &open[2]], [result, kind]);
        let passed = cases.iter().find(|case| case[3].starts_with("gate passed")).unwrap();
        assert_eq!(passed[1], "system-out");
        assert_eq!(said.code, if inconclusive == "fail" { 8 } else { 0 });
    }
    let flags = ["--min-coverage", "0.99", "--format", "junit"];
    let said = report(&judged.folder, &flags).expect(6);
    let missed = &junit_cases(&said.stdout)[1];
    assert_eq!([missed[1].as_str(), &missed[2]], ["failure", "missed"]);
    assert!(said.stderr.contains(&missed[3]), "the sentence is that of stderr: {}", missed[3]);
}

#[test]
fn junit_without_gates_says_whether_the_run_is_complete_and_kept_verdicts() {
    let results = |kinds: &[(usize, &'static str, &'static str)], judged: i32, code: i32| {
        let mut spec = RunSpec::new(rows(kinds));
        spec.code = judged;
        let said = report(&spec.judged().folder, &["--format", "junit"]).expect(code);
        let cases = junit_cases(&said.stdout);
        let named = cases.iter().map(|case| format!("{}: {} {}", case[0], case[1], case[2]));
        named.map(|text| text.trim_end().to_owned()).collect::<Vec<_>>()
    };
    let passed = ["run complete: system-out", "verdicts were kept: system-out"];
    assert_eq!(results(&[(4, "b/b", "")], 0, 0), passed);
    let nothing = ["run complete: system-out", "verdicts were kept: failure inconclusive"];
    assert_eq!(results(&[(4, "a/b", "")], 0, 8), nothing);
    let incomplete = ["run complete: failure incomplete", "verdicts were kept: skipped"];
    assert_eq!(results(&[(4, "b/b", ""), (1, "b/-", "")], 5, 5), incomplete);
}

#[test]
fn an_xml_parser_reads_back_the_names_in_junit() {
    let judged = hostile();
    let flags = ["--min-coverage", "0.99", "--gate-by", "kind", "--format", "junit"];
    let said = report(&judged.folder, &flags).expect(6);
    let shown = HOSTILE.replace('\u{1b}', "\\u{1b}").replace('\u{202e}', "\\u{202e}");
    let shown = shown.replace('\u{fffe}', "\\u{fffe}");
    let names: Vec<String> =
        junit_cases(&said.stdout).into_iter().map(|case| case[0].clone()).collect();
    for value in 0..2 {
        let name = format!("min-coverage coverage [kind={shown}{value}]");
        assert!(names.contains(&name), "{name} in {names:?}");
    }
}
