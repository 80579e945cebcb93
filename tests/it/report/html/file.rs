//! The file of a page, read without a browser.

use base64::Engine as _;
use regex::Regex;
use serde_json::Value;

use super::runs::varied;
use super::{DIFF, LABELS, shown_cases, unpacked, with_cases, write_diff_page, write_page};
use crate::support::Folder;
use crate::support::ugly_run::ugly_run;

fn page(folder: &Folder, flags: &[&str]) -> String {
    std::fs::read_to_string(write_page(folder, flags)).unwrap()
}

/// The pages of one run and of two.
fn pages() -> Vec<String> {
    let folder = varied().judged();
    let diff_page = write_diff_page(&folder);
    let ugly = ugly_run(2, 2);
    let diff = std::fs::read_to_string(diff_page).unwrap();
    vec![page(&folder, &LABELS), page(&folder, &["--redact"]), page(&ugly, &LABELS), diff]
}

#[test]
fn the_policy_allows_the_style_and_the_script_of_the_page_and_nothing_else() {
    let between = |html: &str, begin: &str, end: &str| {
        assert_eq!(html.matches(begin).count(), 1, "{begin}");
        html.split_once(begin).unwrap().1.split_once(end).unwrap().0.to_owned()
    };
    for html in pages() {
        let digest = |text: &str| {
            let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
            base64::prelude::BASE64_STANDARD.encode(digest)
        };
        let style = digest(&between(&html, "<style>", "</style>"));
        let script = digest(&between(&html, "<script>", "</script>"));
        assert!(html.contains(&format!(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{style}'; \
             script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'\">"
        )));
    }
}

#[test]
fn nothing_in_a_page_refers_to_anything_outside_of_it() {
    let attribute = Regex::new(
        r#"<[a-zA-Z][^<>]*\s(?:src|href|srcset|action|data|xlink:href|style|on\w+)="([^"]*)""#,
    )
    .unwrap();
    let outside = Regex::new(r"@import|url\([^#]|//[a-z]+\.[a-z]").unwrap();
    for html in pages() {
        for found in attribute.captures_iter(&html) {
            assert!(found[1].starts_with('#'), "{}", &found[0]);
        }
        let style = html.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        assert!(!outside.is_match(style));
        assert!(!html.contains("<link") && !html.contains("<base"));
    }
}

#[test]
fn ids_are_unique_and_every_reference_to_one_is_answered() {
    let ids = Regex::new(r#"\sid="([^"]+)""#).unwrap();
    let references =
        Regex::new(r##"(?:href="#|aria-labelledby="|aria-describedby="|url\(#)([^")]+)"##).unwrap();
    for html in pages() {
        let mut found: Vec<&str> =
            ids.captures_iter(&html).map(|one| one.get(1).unwrap().as_str()).collect();
        let all = found.len();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found.len(), all);
        for reference in references.captures_iter(&html) {
            assert!(found.contains(&&reference[1]), "{}", &reference[0]);
        }
    }
}

#[test]
fn the_compressed_cases_are_those_of_show() {
    for (folder, code) in [(varied().judged(), 50), (ugly_run(2, 2), 7)] {
        let html = page(&folder, &LABELS);
        let shown = shown_cases(&folder);
        let parts = unpacked(&html);
        let index = &parts[0];
        let mut cases: Vec<Value> =
            parts[1..].iter().flat_map(|part| part.as_array().unwrap().clone()).collect();
        assert_eq!(index["id"].as_array().unwrap().len(), code);
        for (at, case) in cases.iter_mut().enumerate() {
            assert_eq!(index["id"][at], case["id"]);
            case.as_object_mut().unwrap().retain(|key, _| key != "marks" && key != "difference");
        }
        assert_eq!(Value::from(cases), shown["cases"]);
    }
}

#[test]
fn many_cases_are_compressed_in_chunks_of_a_hundred() {
    use crate::support::labelled_run::{RunSpec, rows};
    let judged = RunSpec::new(rows(&[(201, "a/a", "a")])).judged();
    let parts = unpacked(&page(&judged.folder, &[]));
    let sizes: Vec<usize> = parts[1..].iter().map(|part| part.as_array().unwrap().len()).collect();
    assert_eq!(sizes, [100, 100, 1]);
}

#[test]
fn a_redacted_page_has_none_of_the_texts() {
    let run = varied();
    let folder = run.judged();
    let flags = ["--redact", "--output", "redacted.html"];
    folder.run(&[&DIFF[..], &flags].concat()).expect(0);
    let diff = std::fs::read_to_string(folder.path().join("redacted.html")).unwrap();
    let home = folder.path().to_str().unwrap();
    for (html, plain) in [
        (page(&folder, &["--labels", "labels.jsonl", "--redact"]), page(&folder, &LABELS)),
        (diff, page(&folder, &LABELS)),
    ] {
        let (redacted, plain) = (with_cases(&html), with_cases(&plain));
        for text in [
            "says 3",
            "and so on",
            "Prompt number",
            "Reference text",
            "Reference two",
            "Shop number",
            "It rains in Bonn",
            "weather service",
            "reasons about",
            "cannot say of",
            "\"ana\"",
            "\"ben\"",
            "\"cyd\"",
        ] {
            assert!(plain.contains(text), "the page itself lacks {text}");
            assert!(!redacted.contains(text), "{text} is in the redacted page");
        }
        assert!(!redacted.contains(home));
        // Numbers, outcomes, names and votes remain.
        for text in
            ["alpha", "q17", "strict", "accuracy", "\"first\"", "topic", "Texts are left out"]
        {
            assert!(redacted.contains(text), "the redacted page lacks {text}");
        }
    }
}
