//! A page by keyboard and by screen reader.

mod needs_chromium {
    use serde_json::{Value, json};

    use super::super::runs::varied;
    use super::super::{LABELS, address, open, wait_until_ready, write_diff_page, write_page};
    use crate::support::Folder;
    use crate::support::browser::{Browser, Screen};

    /// The pages of one run and of two, with an open case.
    fn each_page(mut look: impl FnMut(&mut Browser)) {
        let folder: Folder = varied().judged();
        let diff_page = write_diff_page(&folder);
        for page in [write_page(&folder, &LABELS), diff_page] {
            let mut browser = Browser::start();
            browser.open_url(&address(&page, "q17"));
            wait_until_ready(&mut browser);
            browser.wait_for("!document.getElementById('eh-case').hidden");
            look(&mut browser);
            browser.expect_no_faults();
        }
    }

    #[test]
    #[ignore = "needs chromium"]
    fn every_control_is_reached_by_tab_and_shows_its_focus() {
        each_page(|browser| {
            browser.evaluate(
                "(() => { window.controls = [...document.querySelectorAll('a[href], button, select, input, summary, [tabindex=\"0\"]')]
                   .filter(one => one.checkVisibility({ visibilityProperty: true }) && !one.disabled);
                   window.reached = new Set(); window.unseen = new Set();
                   document.activeElement.blur(); window.scrollTo(0, 0); })()",
            );
            // The first tab stop is the first of the page.
            browser.evaluate("document.querySelector('.skip').focus()");
            let here = "(() => { const one = document.activeElement; reached.add(one); const style = getComputedStyle(one);
                 if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) unseen.add(one);
                 return one === document.body; })()";
            browser.press("Tab");
            browser.press("Shift+Tab");
            for _ in 0..400 {
                if browser.evaluate(here) == true {
                    break;
                }
                browser.press("Tab");
            }
            let names = |set: &str| {
                format!(
                    "[...{set}].map(one => `${{one.tagName}} ${{one.className}} ${{one.textContent.slice(0, 30)}}`)"
                )
            };
            assert_eq!(
                browser.evaluate(&names("controls.filter(one => !reached.has(one))")),
                json!([])
            );
            assert_eq!(
                browser.evaluate(&names("[...unseen].filter(one => one !== document.body)")),
                json!([])
            );
            let count = browser.evaluate("controls.length");
            assert!(count.as_u64().unwrap() > 30, "{count}");
        });
    }

    #[test]
    #[ignore = "needs chromium"]
    fn headings_are_in_order_and_everything_has_a_name() {
        each_page(|browser| {
            browser
                .evaluate("document.querySelectorAll('details').forEach(one => one.open = true)");
            let levels = browser.evaluate("[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].filter(one => one.getBoundingClientRect().height > 0).map(one => Number(one.tagName[1]))");
            let levels: Vec<u64> = serde_json::from_value(levels).unwrap();
            assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
            assert_eq!(levels[0], 1);
            for pair in levels.windows(2) {
                assert!(pair[1] <= pair[0] + 1, "{levels:?}");
            }
            let nodes = browser.accessibility_tree();
            let named = [
                "heading",
                "button",
                "link",
                "image",
                "table",
                "combobox",
                "searchbox",
                "region",
                "navigation",
                "search",
            ];
            for role in named {
                let mut of_role = nodes.iter().filter(|node| node.role == role).peekable();
                assert!(of_role.peek().is_some(), "there is no {role}");
                for node in of_role {
                    assert!(!node.name.trim().is_empty(), "{node:?} has no name");
                }
            }
            for node in nodes.iter().filter(|node| node.role == "image") {
                assert!(!node.description.is_empty(), "{node:?} has no description");
            }
            // Tables of the page have headings for rows and columns, and a caption or a name.
            let without = "[...document.querySelectorAll('table')].filter(table =>
                !table.querySelector('thead th[scope]') || table.querySelector('th:not([scope])')
                || [...table.querySelectorAll('tbody tr')].some(row => !row.querySelector('th[scope=row]'))).map(one => one.textContent.slice(0, 60))";
            assert_eq!(browser.evaluate(without), json!([]));
            let list: Value = browser.evaluate("[document.documentElement.lang, document.title.length > 0, document.querySelectorAll('main').length, document.querySelectorAll('[role=status]').length]");
            assert_eq!(list, json!(["en", true, 1, 1]));
        });
    }

    #[test]
    #[ignore = "needs chromium"]
    fn a_phone_has_controls_that_a_finger_can_hit() {
        let folder = varied().judged();
        let mut browser = open(&write_page(&folder, &LABELS));
        browser.set_screen(Screen::PHONE);
        let small = "[...document.querySelectorAll('button, select, input')].filter(one => one.getBoundingClientRect().height > 0 && one.getBoundingClientRect().height < 24).map(one => one.textContent)";
        assert_eq!(browser.evaluate(small), json!([]));
        browser.expect_no_faults();
    }
}
