//! What the page may do, and what stands in its source.

use base64::Engine as _;
use evenhand::report::{exported_label_page, served_label_page};
use regex::Regex;

use super::forms::{SYSTEMS, session, simple_form, simple_items};
use crate::support::Folder;

fn between<'a>(html: &'a str, begin: &str, end: &str) -> &'a str {
    assert_eq!(html.matches(begin).count(), 1, "{begin}");
    html.split_once(begin).unwrap().1.split_once(end).unwrap().0
}

/// Returns the page of a server and the page as a file.
fn pages(folder: &Folder) -> [String; 2] {
    let session = session(folder, &simple_items(2), None);
    let served = served_label_page(session.question(), "ana </script><b>").unwrap();
    [served, exported_label_page(&simple_form(&Folder::new(), 2)).unwrap()]
}

#[test]
fn the_policy_allows_the_style_the_script_and_at_most_the_own_server() {
    let folder = Folder::new();
    for (html, connect) in pages(&folder).iter().zip(["connect-src 'self'; ", ""]) {
        let digest = |text: &str| {
            let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
            base64::prelude::BASE64_STANDARD.encode(digest)
        };
        let style = digest(between(html, "<style>", "</style>"));
        let script = digest(between(html, "<script>", "</script>"));
        assert_eq!(
            between(html, "http-equiv=\"Content-Security-Policy\" content=\"", "\">"),
            format!(
                "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; {connect}base-uri 'none'; \
                 form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
            )
        );
    }
}

#[test]
fn the_scripts_never_parse_html_and_ask_only_for_the_own_server() {
    let folder = Folder::new();
    let [served, _] = pages(&folder);
    let script = between(&served, "<script>", "</script>");
    for forbidden in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "XMLHttpRequest",
        "sendBeacon",
        "import(",
    ] {
        assert!(!script.contains(forbidden), "{forbidden}");
    }
    let fetches = Regex::new(r"await fetch\(([^,)]*)").unwrap();
    let asked: Vec<&str> =
        fetches.captures_iter(script).map(|hit| hit.get(1).unwrap().as_str()).collect();
    assert_eq!(asked, ["`api/${path}`"]);
    assert!(!Regex::new(r"//[a-z]+\.[a-z]").unwrap().is_match(script));
}

#[test]
fn the_source_has_no_inline_style_or_handler_and_refers_to_nothing_outside() {
    let folder = Folder::new();
    let attribute =
        Regex::new(r#"<[a-zA-Z][^<>]*\s(?:src|href|srcset|action|style|on\w+)="([^"]*)""#).unwrap();
    for html in pages(&folder) {
        let head = html.split_once("<script>").unwrap().0;
        for found in attribute.captures_iter(head) {
            assert!(found[1].starts_with('#'), "{}", &found[0]);
        }
    }
}

#[test]
fn the_name_of_an_annotator_and_the_question_are_data() {
    let folder = Folder::new();
    let [served, exported] = pages(&folder);
    assert!(!served.contains("<b>") && served.contains("ana \\u003c/script>\\u003cb>"));
    assert!(exported.contains("Is it \\u003cb>polite\\u003c/b>?"));
    for html in [served, exported] {
        for system in SYSTEMS {
            assert!(!html.contains(system));
        }
    }
}
