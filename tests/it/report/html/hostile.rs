//! Hostile data in every field of a run: nothing of it runs, becomes an element, or breaks the layout.

use serde_json::{Value, json};

use super::runs::{Judge, Run, chance, rubric};

/// Texts that do harm where they are not escaped. What runs sets `window.pwned`.
pub(super) const PAYLOADS: [&str; 25] = [
    "<script>window.pwned=1</script>",
    "</script><script>window.pwned=2</script>",
    "<img src=x onerror=window.pwned=3>",
    "\"><svg onload=window.pwned=4>",
    "' autofocus onfocus='window.pwned=5' x='",
    "javascript:window.pwned=6",
    "<a href=\"javascript:window.pwned=7\">click</a>",
    "<style>*{display:none!important}</style>",
    "<iframe srcdoc='<script>top.pwned=8</script>'></iframe>",
    "</textarea></select></option></title></style></noscript><!--",
    "<!--<script>",
    "{{ 7*7 }}{% for x in y %}{{ x }}",
    "\u{202e}desrever\u{2066} \u{200f}\u{61c}",
    "\u{1b}[31mred\u{1b}]0;title\u{7}\u{9b}2J",
    "nul\0here \u{7f}\u{85}",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "&lt;script&gt;&amp;&#60;",
    "`code` **bold** | pipe ]]> \\",
    "a\r\n# heading\n\u{2028}\u{2029}b",
    "http://127.0.0.1:9/beacon.png",
    "${window.pwned=9} $& $1",
];

pub(super) const SYSTEMS: [&str; 2] =
    ["<img src=x onerror=window.pwned=10>", "\u{202e}=system \u{1b}[31m\"'>"];
pub(super) const JUDGE: &str = "<b onmouseover=window.pwned=11>judge</b>";
pub(super) const RUN: &str = "run <img src=x onerror=window.pwned=12>.db";
const CRITERIA: [&str; 3] =
    ["<script>window.pwned=13</script>", "__proto__", "=1+1|\u{202e}criterion"];

/// A run in which every field that people or judges write is hostile.
pub(super) fn hostile() -> Run {
    let mut ids: Vec<String> = PAYLOADS.iter().map(|text| (*text).to_owned()).collect();
    ids.extend(["plain".to_owned(), "w".repeat(300), "x/../../etc/passwd".to_owned()]);
    let items = ids.iter().enumerate().map(|(at, id)| {
        let text = |from: usize| PAYLOADS[(at + from) % PAYLOADS.len()];
        let long = "W".repeat(100_000);
        let first = if id == "plain" { long.as_str() } else { text(2) };
        let mut item = json!({
            "id": id,
            "prompt": if at % 3 == 0 { json!([{ "role": "user", "content": text(1) }]) } else { json!(text(1)) },
            "responses": { SYSTEMS[0]: first, SYSTEMS[1]: format!("{} {}", text(2), text(3)) },
            "reference": match at % 3 {
                0 => json!(text(4)),
                1 => json!([text(4), text(5)]),
                _ => json!({ text(4): text(5) }),
            },
            "context": { text(6): text(7) },
        });
        // The name of a tag is a word; its value is any text.
        item["tags"] = json!({ "topic": text(8), "<u>tag</u>": text(9) });
        item
    });
    let labels = ids.iter().enumerate().flat_map(|(at, id)| {
        [0, 1, 2].map(|annotator| {
            let winner = SYSTEMS[chance(&[id, &annotator.to_string()], 2) as usize];
            json!({ "id": id, "annotator": PAYLOADS[annotator + at % 2], "between": SYSTEMS, "winner": winner })
        })
    });
    Run {
        rubric: rubric("<i>rubric</i>", "</script><img src=x onerror=window.pwned=14>?", &CRITERIA),
        labels: labels.collect(),
        judges: vec![Judge { name: JUDGE.to_owned(), reply: Box::new(reply) }],
        repeats: 1,
        items: items.collect(),
    }
}

fn reply(item: &Value, shown: [&str; 2], _: usize) -> Option<String> {
    let id = item["id"].as_str().unwrap();
    let text = PAYLOADS[chance(&[id, shown[0], "text"], PAYLOADS.len() as u64) as usize];
    match chance(&[id, shown[0]], 12) {
        0 => return None,
        1 => return Some(text.to_owned()),
        _ => {}
    }
    let vote = |what: &str| ["first", "second", "tie"][chance(&[id, shown[0], what], 3) as usize];
    let mut criteria = serde_json::Map::new();
    for criterion in CRITERIA {
        criteria.insert(criterion.to_owned(), vote(criterion).into());
    }
    let object = json!({ "reasoning": text, "criteria": criteria, "vote": vote("vote") });
    // Text around the object as well.
    Some(format!("{text}\n{object}"))
}

mod needs_chromium {
    use std::path::PathBuf;

    use serde_json::{Value, json};

    use super::super::{BEYOND, open, write_page};
    use super::{JUDGE, PAYLOADS, RUN, SYSTEMS, hostile};
    use crate::support::Folder;
    use crate::support::browser::{Browser, Screen};
    use crate::support::server::{Answer, Scene, completion};

    /// Writes the page of a run and that of its comparison with itself.
    fn pages() -> (Folder, [PathBuf; 2]) {
        let folder = Folder::new();
        hostile().judge_in(&folder, RUN);
        folder.run(&["report", RUN, "--labels", "labels.jsonl", "--output", "page.html"]).expect(0);
        // The other run has another rubric text, so that a difference of texts is shown.
        let mut other = hostile();
        other.rubric =
            other.rubric.replace("How about", "How </pre><script>window.pwned=15</script> about");
        other.judge_in(&folder, "other.db");
        folder
            .run(&["diff", RUN, "other.db", "--labels", "labels.jsonl", "--output", "diff.html"])
            .expect(0);
        let pages = ["page.html", "diff.html"].map(|name| folder.path().join(name));
        (folder, pages)
    }

    /// What only markup of the page itself may add: elements by name, and attributes that act.
    const FOREIGN: &str = "[...document.querySelectorAll('*')].filter(one =>
        ['IMG', 'IFRAME', 'OBJECT', 'EMBED', 'LINK', 'BASE', 'B', 'U'].includes(one.tagName) && !one.closest('.plot-matrix')
        || one.tagName === 'SCRIPT' && one.type === ''  && one !== document.body.lastElementChild
        || one.tagName === 'STYLE' && one.parentElement !== document.head
        || [...one.attributes].some(attribute => attribute.name.startsWith('on') || attribute.name === 'autofocus' || attribute.name === 'srcdoc')
        || one.tagName === 'A' && !one.getAttribute('href').startsWith('#')
      ).map(one => one.outerHTML.slice(0, 100))";

    fn expect_harmless(browser: &mut Browser, what: &str) {
        assert_eq!(browser.evaluate("window.pwned ?? null"), Value::Null, "{what}");
        assert_eq!(browser.evaluate(FOREIGN), json!([]), "{what}");
        // Characters that act on the direction of texts or on terminals are shown, not passed on.
        let acting = "[...document.body.innerText.matchAll(/[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]/g)].length";
        assert_eq!(browser.evaluate(acting), 0, "{what}");
    }

    #[test]
    #[ignore = "needs chromium"]
    fn nothing_hostile_runs_becomes_an_element_or_breaks_the_layout() {
        let (_folder, pages) = pages();
        for page in &pages {
            let mut browser = open(page);
            browser
                .evaluate("document.querySelectorAll('details').forEach(one => one.open = true)");
            expect_harmless(&mut browser, "the page");
            let count = browser.evaluate("document.getElementById('eh-status').textContent");
            assert!(count.as_str().unwrap().starts_with("28 of 28"), "{count}");
            for number in 1..=28 {
                browser.press("j");
                browser.wait_for(&format!("document.querySelector('#eh-case .head')?.textContent.includes('{number} of 28')"));
                browser.evaluate(
                    "document.querySelectorAll('details').forEach(one => one.open = true)",
                );
                expect_harmless(&mut browser, &format!("case {number}"));
                // Its link leads to it.
                let link = browser
                    .evaluate("document.querySelector('#eh-case h3 a').hash === location.hash");
                assert_eq!(link, true, "{}", browser.evaluate("location.hash"));
                browser.set_screen(if number % 2 == 0 {
                    Screen::DESKTOP
                } else {
                    Screen { width: 360, ..Screen::PHONE }
                });
                let wider = browser.evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
                );
                assert_eq!(wider, 0, "case {number}: {}", browser.evaluate(BEYOND));
            }
            // Everything that can be clicked or hovered is.
            browser.evaluate(
                "for (const one of document.querySelectorAll('main *')) {
                   for (const kind of ['mouseover', 'focus', 'mouseenter', 'pointerdown']) one.dispatchEvent(new Event(kind, { bubbles: true }));
                 }",
            );
            expect_harmless(&mut browser, "after events");
            browser.expect_no_faults();
            browser.set_screen(Screen::DESKTOP.print());
            assert!(browser.print_to_pdf().starts_with(b"%PDF-"));
        }
    }

    #[test]
    #[ignore = "needs chromium"]
    fn hostile_names_are_shown_in_full_and_can_be_filtered_and_searched() {
        let (folder, [page, _]) = pages();
        let mut browser = open(&page);
        let text = browser.evaluate("document.body.innerText");
        let text = text.as_str().unwrap();
        for name in [
            SYSTEMS[0],
            JUDGE,
            RUN,
            "<i>rubric</i>",
            "</script><img src=x onerror=window.pwned=14>?",
            "{{ 7*7 }}{% for x in y %}{{ x }}",
        ] {
            assert!(text.contains(name), "{name}");
        }
        let counts = browser.evaluate(
            "(async () => { const counts = {};
               for (const select of document.querySelectorAll('.filters select')) {
                 if (select.name === 'sort') continue;
                 let sum = 0;
                 for (const option of [...select.options].slice(1)) {
                   select.value = option.value;
                   select.dispatchEvent(new Event('input', { bubbles: true }));
                   await new Promise(done => setTimeout(done));
                   const shown = parseInt(document.getElementById('eh-status').textContent.replace('None', '0'));
                   sum += shown;
                 }
                 counts[select.name] = sum;
                 select.value = '';
               }
               return counts; })()",
        );
        let kept = {
            let said = folder.run(&["verdicts", RUN, "--all"]).expect(0).json_lines();
            said.iter().filter(|verdict| verdict["outcome"] == "kept").count()
        };
        assert_eq!(counts["state"], 28);
        assert_eq!(counts["people"], 28);
        assert_eq!(counts["tag"], 56);
        assert_eq!(counts["system"], kept);
        for (at, payload) in PAYLOADS.iter().enumerate() {
            let words = payload.trim();
            browser.press("Escape");
            browser.press("/");
            browser.press("Control+a");
            browser.evaluate(&format!(
                "(input => {{ input.value = {}; input.dispatchEvent(new Event('input', {{ bubbles: true }})); \
                   document.getElementById('eh-status').textContent = 'Searching'; }})(document.activeElement)",
                json!(words)
            ));
            browser.wait_for(
                "!document.getElementById('eh-status').textContent.startsWith('Searching')",
            );
            let found = browser.evaluate("document.querySelectorAll('#eh-list tr').length");
            // A field has one line, so line breaks and what is no character cannot be searched.
            if !words.contains(['\n', '\r']) {
                assert!(found.as_u64().unwrap() > 0, "{at}: {words:?}");
            }
        }
        expect_harmless(&mut browser, "after searching");
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn hostile_answers_of_a_server_do_nothing() {
        let scene = Scene::new(PAYLOADS.len(), |seen| {
            let at: usize = seen.id.trim_start_matches("q-").parse().unwrap_or(1);
            let text = PAYLOADS[at % PAYLOADS.len()];
            if at.is_multiple_of(5) {
                return Answer::error(400, text);
            }
            let mut body = completion(&seen.verdict("alpha"));
            body["model"] = text.into();
            body["system_fingerprint"] = text.into();
            let choice = &mut body["choices"][0];
            choice["message"]["reasoning_content"] = text.into();
            match at % 5 {
                1 => choice["message"]["refusal"] = text.into(),
                2 => choice["message"]["content"] = text.into(),
                3 => choice["finish_reason"] = text.into(),
                _ => {}
            }
            Answer::json(200, &body)
        });
        scene
            .settings(&[("model", "'<img src=x onerror=window.pwned=20>'"), ("max_attempts", "1")]);
        let said = scene.judge(&[]);
        assert!([0, 5].contains(&said.code), "{said:?}");
        let page = write_page(&scene.folder, &[]);
        let mut browser = open(&page);
        expect_harmless(&mut browser, "the page");
        for number in 1..=PAYLOADS.len() {
            browser.press("j");
            let head = format!("{number} of {}", PAYLOADS.len());
            browser.wait_for(&format!(
                "document.querySelector('#eh-case .head')?.textContent.includes('{head}')"
            ));
            browser
                .evaluate("document.querySelectorAll('details').forEach(one => one.open = true)");
            expect_harmless(&mut browser, &head);
        }
        let shown = browser.evaluate("document.body.textContent");
        assert!(shown.as_str().unwrap().contains("<img src=x onerror=window.pwned=20>"));
        browser.expect_no_faults();
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one run in four formats")]
fn the_same_run_does_nothing_in_the_terminal_and_in_markdown_csv_and_junit() {
    let folder = crate::support::Folder::new();
    hostile().judge_in(&folder, RUN);
    let acts = |char: char| {
        char.is_control() && !matches!(char, '\n' | '\t')
            || matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let labels = ["--labels", "labels.jsonl"];
    let printed = |arguments: &[&str]| {
        let said = folder.run(arguments);
        assert!([0, 5, 6, 8].contains(&said.code), "{arguments:?}: {said:?}");
        for text in [&said.stdout, &said.stderr] {
            assert!(
                !text.contains(acts),
                "{arguments:?}: {:?}",
                text.lines().find(|line| line.contains(acts))
            );
        }
        said.stdout
    };
    for command in [
        &["report", RUN][..],
        &["calibrate", RUN],
        &["diff", RUN, RUN],
        &["show", RUN, "--limit", "1000"],
    ] {
        printed(&[command, &labels].concat());
    }
    printed(&[
        "judge",
        "items.jsonl",
        "--rubric",
        "./r.toml",
        "--judge",
        JUDGE,
        "--run",
        RUN,
        "--inconclusive",
        "pass",
    ]);
    for command in ["report", "calibrate", "diff", "show"] {
        let runs: &[&str] = if command == "diff" { &[RUN, RUN] } else { &[RUN] };
        let text = printed(&[&[command], runs, &labels, &["--format", "markdown"]].concat());
        let options = pulldown_cmark::Options::ENABLE_TABLES;
        for event in pulldown_cmark::Parser::new_ext(&text, options) {
            match event {
                pulldown_cmark::Event::Html(html) | pulldown_cmark::Event::InlineHtml(html) => {
                    let html = html.trim();
                    let ours =
                        ["<details>", "</details>", "<summary>", "</summary>", "<!-- -->", "<br>"];
                    let rest = ours.iter().fold(html.to_owned(), |rest, tag| rest.replace(tag, ""));
                    assert!(
                        !rest.contains("<script")
                            && !rest.contains("<img")
                            && !rest.contains("onerror"),
                        "{command}: {html}"
                    );
                }
                pulldown_cmark::Event::Start(
                    pulldown_cmark::Tag::Link { dest_url, .. }
                    | pulldown_cmark::Tag::Image { dest_url, .. },
                ) => {
                    panic!("{command}: a link to {dest_url}");
                }
                _ => {}
            }
        }
    }
    let csv = printed(&["verdicts", RUN, "--all", "--format", "csv"]);
    let cells = cells(&csv);
    assert!(cells.len() > 28 * 10);
    for cell in &cells {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?} is a formula");
    }
    for payload in ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)"] {
        assert!(cells.contains(&format!("'{payload}")), "{payload}");
    }
    let junit = printed(&[
        "report",
        RUN,
        "--format",
        "junit",
        "--min-coverage",
        "0.5",
        "--gate-by",
        "topic",
        "--gate-by",
        "<u>tag</u>",
    ]);
    let document = roxmltree::Document::parse(&junit).unwrap();
    let names = [
        "testsuites",
        "testsuite",
        "testcase",
        "failure",
        "skipped",
        "error",
        "property",
        "properties",
        "system-out",
        "system-err",
    ];
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        assert!(names.contains(&node.tag_name().name()), "{:?}", node.tag_name());
    }
    assert!(document.descendants().any(|node| {
        node.attributes().any(|one| one.value().contains("<script>window.pwned=1</script>"))
    }));
}

/// Returns the cells of a CSV text, in which a quoted cell may hold anything.
fn cells(csv: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = csv.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' | '\n' if !quoted => cells.push(std::mem::take(&mut cell)),
            char => cell.push(char),
        }
    }
    cells
}
