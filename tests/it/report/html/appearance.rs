//! How a page looks: on a desk, on a phone, in the dark, on paper, without its script.

mod needs_chromium {
    use serde_json::json;

    use super::super::runs::{tickets, varied};
    use super::super::{BEYOND, LABELS, address, open, wait_until_ready, write_page};
    use crate::support::Folder;
    use crate::support::browser::{Browser, Screen};
    use crate::support::ugly_run::ugly_run;
    const SMALL_PHONE: Screen = Screen { width: 360, ..Screen::PHONE };
    /// A4 without its margins of 15 mm.
    const PAPER: Screen = Screen { width: 680, is_print: true, ..Screen::DESKTOP };

    /// The pages whose looks are measured, each with an open case.
    fn each_page(mut look: impl FnMut(&mut Browser)) {
        for (folder, id) in [
            (tickets().judged(), "ticket-003"),
            (varied().judged(), "x~1"),
            (ugly_run(2, 2), "hostile"),
        ] {
            let page = write_page(&folder, &LABELS);
            let mut browser = Browser::start();
            browser.open_url(&address(&page, id));
            wait_until_ready(&mut browser);
            browser.wait_for("!document.getElementById('eh-case').hidden");
            look(&mut browser);
            browser.expect_no_faults();
        }
    }

    #[test]
    #[ignore = "needs chromium"]
    fn nothing_is_wider_than_the_screen() {
        each_page(|browser| {
            browser
                .evaluate("document.querySelectorAll('details').forEach(one => one.open = true)");
            for screen in [
                Screen { width: 1200, ..Screen::DESKTOP },
                Screen { width: 800, ..Screen::DESKTOP },
                SMALL_PHONE,
            ] {
                browser.set_screen(screen);
                let wider =
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth";
                assert_eq!(browser.evaluate(wider), 0, "{screen:?}: {}", browser.evaluate(BEYOND));
                assert_eq!(browser.evaluate(BEYOND), json!([]), "{screen:?}");
            }
        });
    }

    #[test]
    #[ignore = "needs chromium"]
    fn nothing_is_cut_at_the_edge_of_the_paper() {
        each_page(|browser| {
            assert!(browser.print_to_pdf().starts_with(b"%PDF-"));
            let closed =
                "[...document.querySelectorAll('details')].filter(one => !one.open).length";
            assert_eq!(browser.evaluate(closed), 0, "the numbers of plots are printed");
            browser.set_screen(PAPER);
            assert_eq!(browser.evaluate(BEYOND), json!([]));
            let cut = "[...document.querySelectorAll('.text, pre, .wide, .plot-scroll')].filter(one =>
                one.scrollHeight > one.clientHeight + 1 && getComputedStyle(one).overflowY !== 'visible'
                || one.scrollWidth > one.clientWidth + 1).map(one => one.textContent.slice(0, 60))";
            assert_eq!(browser.evaluate(cut), json!([]));
            for hidden in ["nav", ".filters", ".pager"] {
                let height =
                    format!("document.querySelector('{hidden}').getBoundingClientRect().height");
                assert_eq!(browser.evaluate(&height), 0, "{hidden}");
            }
            browser.set_screen(PAPER.dark());
            assert_eq!(
                browser.evaluate("getComputedStyle(document.documentElement).backgroundColor"),
                "rgb(255, 255, 255)"
            );
        });
    }

    /// Texts with less contrast to what is behind them than 4.5 to 1. Colours are read from a canvas, in which every
    /// notation of them becomes a pixel.
    const FAINT: &str = r"(() => {
        const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
        const context = canvas.getContext('2d', { willReadFrequently: true });
        const over = (colours) => {
          context.clearRect(0, 0, 1, 1);
          for (const colour of colours) { context.fillStyle = colour; context.fillRect(0, 0, 1, 1); }
          return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
        };
        const light = (pixel) => {
          const [r, g, b] = pixel.map(value => value / 255)
            .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const behind = (one) => {
          const colours = [];
          for (let at = one; at; at = at.parentElement) colours.unshift(getComputedStyle(at).backgroundColor);
          return ['white', ...colours];
        };
        const faint = new Set();
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        let texts = 0;
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
          const one = node.parentElement, place = one.getBoundingClientRect();
          if (!node.data.trim() || place.width === 0 || one.closest('script, title, desc, .only-read, .skip, button:disabled')) continue;
          texts += 1;
          const style = getComputedStyle(one);
          // Texts of plots stand on a border of the colour of paper.
          const inPlot = one instanceof SVGElement;
          const ground = behind(inPlot ? one.closest('figure') : one);
          const ink = inPlot ? (style.fill === 'none' ? style.color : style.fill) : style.color;
          const [a, b] = [over(ground), over([...ground, ink])].map(light).sort((x, y) => y - x);
          const contrast = (a + 0.05) / (b + 0.05);
          if (contrast < 4.5) faint.add(`${contrast.toFixed(2)} ${one.tagName}.${one.getAttribute('class')}: ${node.data.trim().slice(0, 40)}`);
        }
        return { texts, faint: [...faint] };
      })()";

    #[test]
    #[ignore = "needs chromium"]
    fn every_text_has_contrast_in_light_dark_and_print() {
        each_page(|browser| {
            browser
                .evaluate("document.querySelectorAll('details').forEach(one => one.open = true)");
            for screen in [
                Screen::DESKTOP,
                Screen::DESKTOP.dark(),
                Screen::PHONE.dark(),
                Screen::DESKTOP.print(),
            ] {
                browser.set_screen(screen);
                let found = browser.evaluate(FAINT);
                assert!(found["texts"].as_u64().unwrap() > 300, "{found}");
                assert_eq!(found["faint"], json!([]), "{screen:?}");
            }
            // Light and dark are two.
            browser.set_screen(Screen::DESKTOP.dark());
            let background = "getComputedStyle(document.documentElement).backgroundColor";
            assert_eq!(browser.evaluate(background), "rgb(21, 24, 27)");
        });
    }

    #[test]
    #[ignore = "needs chromium"]
    fn a_page_without_script_has_everything_but_the_cases() {
        let folder = varied().judged();
        let page = write_page(&folder, &LABELS);
        let main = "[...document.querySelectorAll('main > section')].slice(0, -1).map(one => one.textContent)";
        let with_script = open(&page).evaluate(main);
        let mut browser = Browser::start();
        browser.set_scripts(false);
        browser.open(&page);
        assert_eq!(browser.evaluate(main), with_script);
        assert_eq!(
            browser
                .evaluate("document.getElementById('eh-browser').getBoundingClientRect().height"),
            0
        );
        let says = browser.evaluate("document.querySelector('noscript').getBoundingClientRect().height > 0 && document.querySelector('noscript').textContent");
        assert_eq!(
            says,
            "The cases are compressed in this page and need its script, which this browser does not run."
        );
        assert_eq!(browser.evaluate("document.querySelectorAll('figure svg').length > 4"), true);
        // Numbers of plots open without a script.
        browser.click("details.plot-data summary");
        assert_eq!(browser.evaluate("document.querySelector('details.plot-data').open"), true);
    }

    #[test]
    #[ignore = "needs chromium"]
    fn the_page_keeps_its_place_and_width_while_cases_are_turned() {
        let folder: Folder = tickets().judged();
        let mut browser = open(&write_page(&folder, &LABELS));
        browser.set_screen(SMALL_PHONE);
        for _ in 0..64 {
            browser.press("j");
        }
        browser
            .wait_for("document.querySelector('#eh-case .head').textContent.includes('64 of 64')");
        let top =
            browser.evaluate("document.getElementById('eh-case').getBoundingClientRect().top");
        assert!((-1.0..=40.0).contains(&top.as_f64().unwrap()), "{top}");
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn an_interval_in_a_sentence_stays_on_one_line() {
        let folder: Folder = tickets().judged();
        let mut browser = open(&write_page(&folder, &LABELS));
        // The height of the characters around each dash in a sentence.
        let broken = "[...document.querySelectorAll('main p')].flatMap(one => {
            const node = one.firstChild, range = document.createRange();
            return [...(node?.data ?? '').matchAll(/[0-9]\\u00a0–\\u2060?\\u00a0[0-9]/g)].filter(({ index, 0: found }) => {
              const top = at => { range.setStart(node, at); range.setEnd(node, at + 1); return range.getBoundingClientRect().top; };
              return top(index) !== top(index + found.length - 1);
            }).map(() => one.textContent);
          })";
        for width in (320..1200).step_by(8) {
            browser.set_screen(Screen { width, ..Screen::DESKTOP });
            assert_eq!(browser.evaluate(broken), json!([]), "{width}");
        }
        browser.expect_no_faults();
    }
}
