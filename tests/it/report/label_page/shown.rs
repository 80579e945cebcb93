//! How texts are shown, on every screen, and that none of them does anything.

mod needs_chromium {
    use super::super::forms::{exported, session, simple_form};
    use super::super::ugly::ugly_items;
    use super::super::{BEYOND, open, press_when_taken};
    use crate::support::Folder;
    use crate::support::browser::{Browser, Screen};

    fn ugly(folder: &Folder) -> Browser {
        let form = exported(&session(folder, &ugly_items(), None));
        open(&folder.write("page.html", &evenhand::report::exported_label_page(&form).unwrap()))
    }

    /// Goes through all comparisons and the end.
    fn each_place(browser: &mut Browser, mut look: impl FnMut(&mut Browser, &str)) {
        let total = ugly_items().len();
        for place in 1..=total + 1 {
            let shown =
                if place > total { "End".to_owned() } else { format!("{place} of {total}") };
            browser.wait_for(&format!(
                "document.querySelector('#eh-place').textContent === '{shown}'"
            ));
            look(browser, &shown);
            press_when_taken(browser, "j");
        }
    }

    #[test]
    #[ignore = "needs chromium"]
    fn hostile_texts_in_every_field_load_nothing_and_run_nothing() {
        let folder = Folder::new();
        let mut browser = ugly(&folder);
        for key in ["d", "m"] {
            press_when_taken(&mut browser, key);
        }
        for raw in [true, false] {
            each_place(&mut browser, |browser, place| {
                let made = browser.evaluate(
                    "document.querySelectorAll('main :is(script, img, iframe, style, svg, link, object, a[href], [onerror], [onload], [onclick], [style])').length",
                );
                assert_eq!(made, 0, "{place} raw {raw}");
                assert_ne!(browser.evaluate("document.title"), "owned");
            });
            press_when_taken(&mut browser, "m");
            for _ in ugly_items() {
                press_when_taken(&mut browser, "k");
            }
            browser.wait_for("document.querySelector('#eh-back').disabled");
        }
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn html_is_shown_as_it_was_written_and_control_characters_are_visible() {
        let folder = Folder::new();
        let mut browser = ugly(&folder);
        let mut found = false;
        each_place(&mut browser, |browser, _| {
            let text = browser.evaluate("document.querySelector('#eh-left').textContent");
            let text = text.as_str().unwrap();
            if text.contains("owned") {
                found = true;
                for part in [
                    "<script>document.title='owned'</script>",
                    "click (javascript:",
                    "[image: pixel] (https://outside.test/pixel.png)",
                    "\\u{202e}",
                    "\\u{1b}[2Jgone",
                ] {
                    assert!(text.contains(part), "{part}: {text}");
                }
            }
        });
        assert!(found);
    }

    #[test]
    #[ignore = "needs chromium"]
    fn nothing_is_wider_than_any_screen_and_the_bar_stays_in_view() {
        let folder = Folder::new();
        let mut browser = ugly(&folder);
        let tablet = Screen { width: 820, height: 1180, ..Screen::DESKTOP };
        let narrow = Screen { width: 320, height: 640, ..Screen::DESKTOP };
        for screen in [Screen::DESKTOP, tablet, Screen::PHONE, narrow] {
            browser.set_screen(screen);
            browser.reload();
            browser.wait_for("document.documentElement.dataset.ready === 'true'");
            each_place(&mut browser, |browser, place| {
                let beyond = browser.evaluate(BEYOND);
                assert_eq!(beyond, serde_json::json!([]), "{place} at {screen:?}");
                let bar = browser.evaluate("Math.round(document.querySelector('#eh-bar').getBoundingClientRect().bottom - innerHeight)");
                assert_eq!(bar, 0, "{place} at {screen:?}");
            });
        }
    }

    #[test]
    #[ignore = "needs chromium"]
    fn every_text_has_enough_contrast_in_both_schemes() {
        const LOW: &str = include_str!("contrast.js");
        let folder = Folder::new();
        let mut browser = ugly(&folder);
        press_when_taken(&mut browser, "d");
        for screen in [Screen::DESKTOP, Screen::DESKTOP.dark()] {
            browser.set_screen(screen);
            browser.reload();
            browser.wait_for("document.documentElement.dataset.ready === 'true'");
            each_place(&mut browser, |browser, place| {
                assert_eq!(browser.evaluate(LOW), serde_json::json!([]), "{place} at {screen:?}");
            });
        }
    }

    #[test]
    #[ignore = "needs chromium"]
    fn what_differs_is_marked_on_request_and_the_raw_text_is_as_it_was_written() {
        let folder = Folder::new();
        let form = simple_form(&folder, 1);
        let page = evenhand::report::exported_label_page(&form).unwrap();
        let mut browser = open(&folder.write("page.html", &page));
        let marks = "[...document.querySelectorAll('.responses mark')].map((one) => one.textContent).sort()";
        assert_eq!(browser.evaluate(marks), serde_json::json!([]));
        press_when_taken(&mut browser, "d");
        assert_eq!(browser.evaluate(marks), serde_json::json!(["first", "second"]));
        assert_eq!(browser.evaluate("document.querySelector('#eh-left strong').textContent"), "0");
        press_when_taken(&mut browser, "m");
        assert_eq!(browser.evaluate(marks), serde_json::json!(["first", "second"]));
        let text = browser.evaluate("document.querySelector('#eh-left').textContent");
        assert!(text.as_str().unwrap().contains("answer to **0**, in `code`."), "{text}");
    }

    #[test]
    #[ignore = "needs chromium"]
    fn controls_are_large_enough_for_fingers() {
        let folder = Folder::new();
        let mut browser = ugly(&folder);
        browser.set_screen(Screen { width: 820, height: 1180, ..Screen::DESKTOP });
        let small = "[...document.querySelectorAll('button, label.check')].filter((one) => {
            const { width, height } = one.getBoundingClientRect();
            return width > 0 && (width < 43.5 || height < 43.5);
          }).map((one) => one.textContent)";
        assert_eq!(browser.evaluate(small), serde_json::json!([]));
    }

    #[test]
    #[ignore = "needs chromium"]
    fn a_screen_reader_finds_headings_landmarks_and_the_names_of_controls() {
        let folder = Folder::new();
        let form = simple_form(&folder, 3);
        let page = evenhand::report::exported_label_page(&form).unwrap();
        let mut browser = open(&folder.write("page.html", &page));
        let tree = browser.accessibility_tree();
        let names = |role: &str| -> Vec<&str> {
            tree.iter().filter(|node| node.role == role).map(|node| node.name.as_str()).collect()
        };
        assert_eq!(names("heading"), ["Comparison 1 of 3", "Prompt", "Left", "Right"]);
        assert_eq!(names("main").len(), 1);
        assert!(names("region").contains(&"Your answer"), "{:?}", names("region"));
        // The tree is not in the order of the page.
        let mut buttons: Vec<&str> = names("button").iter().map(|name| name.trim()).collect();
        buttons.sort_unstable();
        assert_eq!(
            buttons,
            [
                "Back",
                "Criteria",
                "Help",
                "Left better",
                "Mark differences",
                "Next",
                "Note",
                "Raw text",
                "Right better",
                "Save the answers",
                "Skip…",
                "Tie",
                "Undo",
            ]
        );
        assert_eq!(
            names("checkbox").iter().map(|name| name.trim()).collect::<Vec<_>>(),
            ["Both acceptable"]
        );
        press_when_taken(&mut browser, "1");
        browser.wait_for("document.querySelector('h1').textContent === 'Comparison 2 of 3'");
        assert_eq!(browser.evaluate("document.activeElement.id"), "eh-heading");
        assert_eq!(
            browser.evaluate("document.querySelector('#eh-live').textContent"),
            "Saved: left is better. Now 2 of 3."
        );
    }
}
