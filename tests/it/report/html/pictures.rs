//! Pictures of pages, to look at: in `target/tmp/pages`.
//!
//! The pictures in the documents are made here as well, from the sample of `evenhand init` and an invented judge; with
//! `EVENHAND_UPDATE_DOCS` they replace those in `docs/`.

mod needs_chromium {
    use std::path::{Path, PathBuf};

    use super::super::hostile::hostile;
    use super::super::runs::{tickets, varied};
    use super::super::{LABELS, address, wait_until_ready, write_diff_page, write_page};
    use crate::support::browser::{Browser, Screen};

    fn pictures_of(page: &Path, id: &str, name: &str) {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pages");
        std::fs::create_dir_all(&folder).unwrap();
        let mut browser = Browser::start();
        browser.open_url(&address(page, id));
        wait_until_ready(&mut browser);
        browser.wait_for("!document.getElementById('eh-case').hidden");
        let desk = Screen { width: 1200, ..Screen::DESKTOP };
        for (kind, screen) in [
            ("light", desk),
            ("dark", desk.dark()),
            ("middle", Screen { width: 800, ..desk }),
            ("phone", Screen { width: 360, ..Screen::PHONE }),
            ("print", Screen { width: 680, ..desk }.print()),
        ] {
            browser.set_screen(screen);
            browser.screenshot(&folder.join(format!("{name}-{kind}.png")));
        }
        std::fs::write(folder.join(format!("{name}.pdf")), browser.print_to_pdf()).unwrap();
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn pictures_are_taken_to_look_at() {
        let folder = tickets().judged();
        pictures_of(&write_page(&folder, &LABELS), "ticket-003", "tickets");
        let folder = varied().judged();
        pictures_of(&write_page(&folder, &LABELS), "x~1", "varied");
        let diff_page = write_diff_page(&folder);
        pictures_of(&diff_page, "q17", "diff");
        let folder = hostile().judged();
        pictures_of(&write_page(&folder, &LABELS), "plain~1", "hostile");
    }

    /// The most bytes of a picture in the repository.
    const LARGEST: u64 = 250_000;

    #[test]
    #[ignore = "needs chromium"]
    fn the_pictures_of_the_documents_are_taken() {
        let folder = tickets().judged();
        let flipped = folder.run(&["verdicts", "run.db", "--outcome", "flipped"]).expect(0);
        let id = flipped.json_lines()[0]["id"].as_str().unwrap().to_owned();
        let page = write_page(&folder, &LABELS);
        let pictures = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pages");
        std::fs::create_dir_all(&pictures).unwrap();
        let [top, case] = ["report.png", "report-case.png"].map(|name| pictures.join(name));
        let mut browser = Browser::start();
        browser.set_screen(Screen { width: 960, height: 1230, ..Screen::DESKTOP });
        browser.open(&page);
        wait_until_ready(&mut browser);
        browser.screenshot_of_screen(&top);
        browser.open_url(&address(&page, &id));
        browser.wait_for("!document.getElementById('eh-case').hidden");
        browser.evaluate("document.activeElement.blur()");
        browser.screenshot_of("#eh-case", &case);
        browser.expect_no_faults();
        for picture in [top, case] {
            let size = picture.metadata().unwrap().len();
            assert!(size < LARGEST, "{}: {size} bytes", picture.display());
            let shown = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("docs")
                .join(picture.file_name().unwrap());
            if crate::docs::scene::updates() {
                std::fs::copy(&picture, &shown).unwrap();
            }
            assert!(
                shown.exists(),
                "make it: EVENHAND_UPDATE_DOCS=1 cargo test --test it pictures -- --include-ignored"
            );
        }
    }
}
