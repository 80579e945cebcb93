//! Links to single cases.

mod needs_chromium {
    use serde_json::{Value, json};

    use super::super::runs::varied;
    use super::super::{address, open, wait_until_ready, write_page};
    use crate::support::browser::Browser;

    /// The id and the pair of the open case.
    fn opened(browser: &mut Browser) -> Value {
        browser.evaluate(
            "(view => view.hidden ? null : [view.querySelector('h3').textContent, \
               ...[...view.querySelectorAll('[data-system]')].map(one => one.textContent)])(document.getElementById('eh-case'))",
        )
    }

    #[test]
    #[ignore = "needs chromium"]
    fn the_link_of_every_case_opens_it_and_no_other() {
        let folder = varied().judged();
        let page = write_page(&folder, &[]);
        let mut browser = open(&page);
        let links = browser.evaluate(
            "(() => { const all = []; for (;;) {
               all.push(...[...document.querySelectorAll('#eh-list tr')].map(row =>
                 [row.querySelector('a').getAttribute('href'), row.children[0].textContent, row.children[2].textContent]));
               const forward = document.getElementById('eh-forward');
               if (forward.disabled) return all;
               forward.click(); } })()",
        );
        let links = links.as_array().unwrap();
        assert_eq!(links.len(), 50);
        let distinct: std::collections::BTreeSet<_> =
            links.iter().map(|link| link[0].to_string()).collect();
        assert_eq!(distinct.len(), 50, "{distinct:?}");
        for link in links {
            let pair: Vec<&str> = link[2].as_str().unwrap().split(" / ").collect();
            let expected = json!([link[1], pair[0], pair[1]]);
            browser.open_url(&address(&page, link[0].as_str().unwrap().trim_start_matches('#')));
            browser.wait_for(&format!(
                "document.querySelector('#eh-case h3')?.textContent === {} && document.querySelector('#eh-case h3 a').getAttribute('href') === {}",
                link[1], link[0]
            ));
            assert_eq!(opened(&mut browser), expected, "{link}");
        }
        // As the first address of a page, too.
        for link in [&links[0], &links[20], &links[49]] {
            let mut browser = Browser::start();
            browser.open_url(&address(&page, link[0].as_str().unwrap().trim_start_matches('#')));
            wait_until_ready(&mut browser);
            browser.wait_for(&format!(
                "document.querySelector('#eh-case h3')?.textContent === {}",
                link[1]
            ));
            browser.wait_for(
                "Math.abs(document.getElementById('eh-case').getBoundingClientRect().top) < 40",
            );
            browser.expect_no_faults();
        }
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn an_id_as_people_write_it_opens_its_case() {
        let folder = varied().judged();
        let page = write_page(&folder, &[]);
        let mut browser = open(&page);
        for (fragment, id) in [
            ("q15", "q15"),
            ("with%20space", "with space"),
            ("with%20space~2", "with space"),
            ("a/b", "a/b"),
            ("x~2~1", "x~2"),
            ("toString", "toString"),
            ("__proto__", "__proto__"),
            ("constructor~1", "constructor~1"),
        ] {
            browser.open_url(&address(&page, fragment));
            browser.wait_for(&format!(
                "document.querySelector('#eh-case h3')?.textContent === {}",
                json!(id)
            ));
        }
        // A fragment that names nothing changes nothing.
        for fragment in ["none", "q15~2", "%", "%E0%A4%A", "~1", "q15~999999999999"] {
            browser.open_url(&address(&page, fragment));
            browser.evaluate("new Promise(done => setTimeout(done))");
            assert_eq!(opened(&mut browser)[0], "constructor~1", "{fragment}");
        }
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn a_link_to_a_section_leads_there_though_a_case_has_its_name() {
        let folder = varied().judged();
        let page = write_page(&folder, &[]);
        let mut browser = open(&page);
        browser.click("nav.sections a[href='#eh-which']");
        browser.evaluate("new Promise(done => setTimeout(done))");
        assert_eq!(opened(&mut browser), Value::Null);
        assert_eq!(browser.evaluate("document.querySelector(':target').id"), "eh-which");
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn back_and_forward_go_from_case_to_case() {
        let folder = varied().judged();
        let mut browser = open(&write_page(&folder, &[]));
        let at = |browser: &mut Browser, pair: &str| {
            browser.wait_for(&format!(
                "[...document.querySelectorAll('#eh-case [data-system]')].map(one => one.textContent).join(' ') === '{pair}'"
            ));
        };
        for pair in ["alpha beta", "alpha gamma", "beta gamma"] {
            browser.press("j");
            at(&mut browser, pair);
        }
        browser.evaluate("history.back()");
        at(&mut browser, "alpha gamma");
        browser.evaluate("history.back()");
        at(&mut browser, "alpha beta");
        browser.evaluate("history.back()");
        browser.wait_for("document.getElementById('eh-case').hidden");
        browser.evaluate("history.forward()");
        at(&mut browser, "alpha beta");
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn fast_keys_end_at_the_case_that_the_address_names() {
        let folder = varied().judged();
        let mut browser = open(&write_page(&folder, &[]));
        // Many in one task, before any case is unpacked.
        browser.evaluate(
            "for (let at = 0; at < 7; at += 1) document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'j', bubbles: true }))",
        );
        browser.wait_for(
            "!document.getElementById('eh-case').hidden && document.querySelector('#eh-case h3 a').getAttribute('href') === location.hash \
             && document.querySelector('#eh-case .head').textContent.includes('7 of 50')",
        );
        browser.expect_no_faults();
    }
}
