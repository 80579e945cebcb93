//! Quality, price and latency on a page, in a browser.

mod needs_chromium {
    use super::super::{BEYOND, open, write_page};
    use crate::report::generated::hostile_systems;
    use crate::support::browser::Screen;

    #[test]
    #[ignore = "needs chromium"]
    fn names_and_numbers_of_any_length_stay_on_the_page() {
        let (judged, systems) = hostile_systems();
        let mut browser = open(&write_page(&judged.folder, &[]));
        browser.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)");
        for screen in [Screen::DESKTOP, Screen::PHONE, Screen { width: 320, ..Screen::PHONE }] {
            browser.set_screen(screen);
            let wider =
                "document.documentElement.scrollWidth - document.documentElement.clientWidth";
            let beyond = browser.evaluate(BEYOND);
            assert_eq!(browser.evaluate(wider), 0, "{screen:?}: {beyond}");
            assert_eq!(beyond, serde_json::json!([]), "{screen:?}");
            let names = browser.evaluate(
                "[...document.querySelectorAll('svg.plot')]
                   .filter(plot => plot.getBoundingClientRect().height > 0)
                   .flatMap(plot => [...plot.querySelectorAll('.plot-leader')]).length",
            );
            assert_eq!(names, 2 * systems, "{screen:?}");
        }
        let inserted = "document.querySelectorAll('main img, main script, main iframe').length";
        assert_eq!(browser.evaluate(inserted), 0);
        browser.expect_no_faults();
    }
}
