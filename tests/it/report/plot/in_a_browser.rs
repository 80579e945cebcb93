//! Plots in a browser: nothing is cut off, overlaps or runs beyond its place, whatever names are.
//!
//! Pictures of all plots are left in `target/tmp/plots`, to look at.

mod needs_chromium {
    use std::path::PathBuf;

    use crate::report::plot::gallery::{HOSTILE, page};
    use crate::support::Folder;
    use crate::support::browser::{Browser, Screen};

    const NARROWEST: Screen = Screen { width: 320, ..Screen::PHONE };

    /// Opens the page with all plots.
    fn open() -> (Folder, Browser) {
        let folder = Folder::new();
        let mut browser = Browser::start();
        browser.open(&folder.write("plots.html", &page()));
        (folder, browser)
    }

    #[test]
    #[ignore = "needs chromium"]
    fn plots_obey_a_strict_policy_and_hostile_names_do_nothing() {
        let (_folder, mut browser) = open();
        for (screen, shown) in
            [(Screen::DESKTOP, "wide"), (Screen::PHONE, "narrow"), (Screen::PHONE.print(), "wide")]
        {
            browser.set_screen(screen);
            let displayed = "[...document.querySelectorAll('svg.plot')]\
                .filter(plot => plot.getBoundingClientRect().height > 0)\
                .map(plot => plot.classList[1])";
            let displayed = browser.evaluate(displayed);
            let displayed = displayed.as_array().unwrap();
            assert_eq!(displayed.len(), 11);
            assert!(
                displayed.iter().all(|class| *class == format!("plot-{shown}")),
                "{displayed:?}"
            );
        }
        browser.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)");
        let inserted = "document.querySelectorAll('script, img, iframe, a').length";
        assert_eq!(browser.evaluate(inserted), 0);
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn ids_are_unique_and_every_reference_to_one_is_answered() {
        let (_folder, mut browser) = open();
        let twice = "[...document.querySelectorAll('[id]')].map(e => e.id)\
            .filter((id, at, all) => all.indexOf(id) !== at)";
        assert_eq!(browser.evaluate(twice), serde_json::json!([]));
        let unanswered = "[...document.querySelectorAll('svg.plot *, svg.plot')].flatMap(e => [\
              e.getAttribute('aria-labelledby'), e.getAttribute('aria-describedby'),\
              (e.getAttribute('fill') ?? '').match(/url\\(#(.*)\\)/)?.[1],\
            ]).filter(id => id && !document.getElementById(id))";
        assert_eq!(browser.evaluate(unanswered), serde_json::json!([]));
    }

    #[test]
    #[ignore = "needs chromium"]
    fn nothing_runs_beyond_the_page_or_its_plot() {
        let (_folder, mut browser) = open();
        for screen in [Screen::DESKTOP, Screen::PHONE, NARROWEST] {
            browser.set_screen(screen);
            let beyond =
                "document.documentElement.scrollWidth - document.documentElement.clientWidth";
            assert_eq!(browser.evaluate(beyond), 0, "{screen:?}");
            // A text of a label that was shortened may be cut off in its own place.
            let cut = "[...document.querySelectorAll('svg.plot')].flatMap(plot => {\
                  const place = plot.getBoundingClientRect();\
                  return [...plot.querySelectorAll('text, .plot-mark, .plot-segment')]\
                    .filter(part => !part.closest('svg:not(.plot)'))\
                    .filter(part => {\
                      const r = part.getBoundingClientRect();\
                      return r.width > 0 && (r.left < place.left - 2 || r.right > place.right + 2\
                        || r.top < place.top - 2 || r.bottom > place.bottom + 2);\
                    }).map(part => part.textContent.slice(-40) + ' in ' + plot.querySelector('title').id);\
                })";
            assert_eq!(browser.evaluate(cut), serde_json::json!([]), "{screen:?}");
        }
    }

    #[test]
    #[ignore = "needs chromium"]
    fn texts_do_not_overlap() {
        let (_folder, mut browser) = open();
        for screen in [Screen::DESKTOP, Screen::PHONE] {
            browser.set_screen(screen);
            // A label cuts off what reaches beyond it.
            let overlapping = "[...document.querySelectorAll('svg.plot')].flatMap(plot => {\
                  const place = text => {\
                    const label = text.closest('svg:not(.plot)');\
                    if (!label) return text.getBoundingClientRect();\
                    const { x, y, width, height } = plot.getBoundingClientRect();\
                    const scale = width / plot.viewBox.baseVal.width;\
                    const number = name => label.getAttribute(name) * scale;\
                    return new DOMRect(x + number('x'), y + number('y'), number('width'), number('height'));\
                  };\
                  const texts = [...plot.querySelectorAll('text')].map(text => [text.textContent, place(text)])\
                    .filter(([_, place]) => place.width > 0);\
                  return texts.flatMap(([one, a], at) => texts.slice(at + 1)\
                    .filter(([_, b]) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1\
                      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 5\
                      && !(a.top === b.top && a.left === b.left))\
                    .map(([other]) => `${one.slice(0, 30)} | ${other.slice(0, 30)} in ${plot.querySelector('title').id}`));\
                })";
            assert_eq!(browser.evaluate(overlapping), serde_json::json!([]), "{screen:?}");
        }
    }

    #[test]
    #[ignore = "needs chromium"]
    fn a_screen_reader_finds_each_plot_as_an_image_with_its_table() {
        let (_folder, mut browser) = open();
        browser.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)");
        let nodes = browser.accessibility_tree();
        let images: Vec<_> = nodes.iter().filter(|node| node.role == "image").collect();
        assert_eq!(images.len(), 11);
        assert_eq!(images[0].name, "Win rate of b against a");
        assert_eq!(images[0].description, "Four estimates of one win rate.");
        let has = |role: &str, name: &str| {
            assert!(
                nodes.iter().any(|node| node.role == role && node.name == name),
                "there is no {role} {name}"
            );
        };
        has("table", "Win rate of b against a");
        has("rowheader", "order-averaged");
        has("columnheader", "95 % interval");
        has("cell", "47.0 – 55.0");
        has("rowheader", HOSTILE[0]);
        let region = nodes.iter().find(|node| node.role == "region").unwrap();
        assert!(region.is_focusable, "a table that is too wide is scrolled by keys");
        // The texts inside of an image are not read one by one.
        assert!(!nodes.iter().any(|node| node.role.starts_with("Svg")));
    }

    #[test]
    #[ignore = "needs chromium"]
    fn pictures_are_taken_to_look_at() {
        let (_folder, mut browser) = open();
        let pictures = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("plots");
        std::fs::create_dir_all(&pictures).unwrap();
        browser.evaluate(
            "document.querySelectorAll('main > *').forEach((e, at) => e.id = `part-${at}`)",
        );
        let desk = Screen { width: 800, ..Screen::DESKTOP };
        for (name, screen) in [
            ("light", desk),
            ("dark", desk.dark()),
            ("print", desk.print()),
            ("narrow", Screen::PHONE),
        ] {
            browser.set_screen(screen);
            browser.screenshot(&pictures.join(format!("{name}.png")));
            for part in 0..15 {
                let file = pictures.join(format!("{name}-{part}.png"));
                browser.screenshot_of(&format!("#part-{part}"), &file);
            }
        }
        std::fs::write(pictures.join("print.pdf"), browser.print_to_pdf()).unwrap();
        browser.expect_no_faults();
    }
}
