//! The page as a file: labelled by keys, reloaded, opened twice, and saved.

mod needs_chromium {
    use std::path::PathBuf;

    use serde_json::{Value, json};

    use super::super::forms::{FORM, KEY, SYSTEMS, simple_form};
    use super::super::{open, press_when_taken, saved_file, status};
    use crate::support::Folder;
    use crate::support::browser::{Browser, Fault};

    fn page(folder: &Folder, count: usize) -> PathBuf {
        let form = simple_form(folder, count);
        folder.write("page.html", &evenhand::report::exported_label_page(&form).unwrap())
    }

    fn heading(browser: &mut Browser) -> String {
        browser.evaluate("document.querySelector('h1').textContent").as_str().unwrap().to_owned()
    }

    #[test]
    #[ignore = "needs chromium"]
    fn twenty_comparisons_are_labelled_by_keys_and_the_file_has_each_of_them_once() {
        let folder = Folder::new();
        let mut browser = open(&page(&folder, 20));
        let keys = ["1", "2", "3", "ArrowLeft", "ArrowRight"];
        for place in 0..20 {
            assert_eq!(heading(&mut browser), format!("Comparison {} of 20", place + 1));
            press_when_taken(&mut browser, keys[place % keys.len()]);
            let next = if place == 19 {
                "All 20 done".into()
            } else {
                format!("Comparison {} of 20", place + 2)
            };
            browser.wait_for(&format!("document.querySelector('h1').textContent === '{next}'"));
        }
        let file = saved_file(&mut browser);
        assert_eq!(browser.evaluate("window.offeredName"), "labels-ana.json");
        let value: Value = serde_json::from_str(&file).unwrap();
        let choices: Vec<&Value> = value["answers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["answer"]["choice"])
            .collect();
        let expected = ["left", "tie", "right", "left", "right"].repeat(4);
        assert_eq!(
            choices,
            expected.iter().map(|side| json!(side)).collect::<Vec<_>>().iter().collect::<Vec<_>>()
        );
        let places: Vec<u64> = value["answers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["place"].as_u64().unwrap())
            .collect();
        assert_eq!(places, (0..20).collect::<Vec<u64>>());
        // Each answer is one that the library takes.
        for one in value["answers"].as_array().unwrap() {
            let answer: evenhand::labelling::PageAnswer =
                serde_json::from_value(one["answer"].clone()).unwrap();
            assert!(answer.seconds.unwrap() >= 0.3 && answer.at.is_some(), "{answer:?}");
        }
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn the_seal_is_the_hmac_of_the_values_as_they_stand_in_the_file() {
        let folder = Folder::new();
        let mut browser = open(&page(&folder, 2));
        press_when_taken(&mut browser, "n");
        browser.type_text("Ünïcode “quotes” 😀\n\u{2028} </script>");
        browser.press("Escape");
        press_when_taken(&mut browser, "3");
        browser.wait_for("document.querySelector('h1').textContent === 'Comparison 2 of 2'");
        let file = saved_file(&mut browser);
        let begin = format!(
            "{{\"evenhand\":\"answers\",\"version\":1,\"annotator\":\"ana\",\"form\":\"{FORM}\",\"answers\":"
        );
        let rest = file.strip_prefix(&begin).unwrap();
        let (answers, seal) = rest.rsplit_once(",\"seal\":").unwrap();
        assert!(answers.contains("Ünïcode “quotes” 😀"), "{answers}");
        let key: Vec<u8> =
            (0..32).map(|at| u8::from_str_radix(&KEY[2 * at..2 * at + 2], 16).unwrap()).collect();
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
        let tag = ring::hmac::sign(&key, format!("[1,\"ana\",\"{FORM}\",{answers}]").as_bytes());
        let hex: Vec<String> = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let hex = hex.concat();
        assert_eq!(seal, format!("\"{hex}\"}}"));
    }

    #[test]
    #[ignore = "needs chromium"]
    fn answers_stay_after_a_reload_and_can_be_changed_skipped_and_undone() {
        let folder = Folder::new();
        let mut browser = open(&page(&folder, 4));
        press_when_taken(&mut browser, "b");
        press_when_taken(&mut browser, "1");
        browser.wait_for("document.querySelector('h1').textContent === 'Comparison 2 of 4'");
        press_when_taken(&mut browser, "s");
        browser.wait_for("document.querySelector('#eh-skip-dialog').open");
        browser.press("2");
        browser.wait_for("document.querySelector('h1').textContent === 'Comparison 3 of 4'");
        browser.reload();
        browser.wait_for("document.documentElement.dataset.ready === 'true'");
        assert_eq!(heading(&mut browser), "Comparison 3 of 4");
        press_when_taken(&mut browser, "k");
        browser.wait_for("document.querySelector('h1').textContent === 'Comparison 2 of 4'");
        assert_eq!(status(&mut browser), "Saved: skipped, both wrong.");
        press_when_taken(&mut browser, "k");
        browser.wait_for("document.querySelector('h1').textContent === 'Comparison 1 of 4'");
        assert_eq!(status(&mut browser), "Saved: left is better.");
        assert_eq!(browser.evaluate("document.querySelector('#eh-both').checked"), true);
        // Another answer takes its place, and an undo withdraws it.
        press_when_taken(&mut browser, "3");
        browser.wait_for("document.querySelector('h1').textContent === 'Comparison 3 of 4'");
        assert!(saved_file(&mut browser).contains("\"choice\":\"right\""));
        press_when_taken(&mut browser, "u");
        browser.wait_for("document.querySelector('h1').textContent === 'Comparison 1 of 4'");
        assert_eq!(status(&mut browser), "");
        let file: Value = serde_json::from_str(&saved_file(&mut browser)).unwrap();
        assert_eq!(file["answers"].as_array().unwrap().len(), 1);
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn keys_that_repeat_have_modifiers_or_enter_text_answer_nothing() {
        let folder = Folder::new();
        let mut browser = open(&page(&folder, 3));
        for key in ["Control+1", "Alt+ArrowLeft", "Meta+3", "Shift+ArrowRight", "ArrowDown", "x"] {
            press_when_taken(&mut browser, key);
        }
        browser.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', { key: '1', repeat: true, bubbles: true }))");
        press_when_taken(&mut browser, "n");
        for key in ["1", "s", "u", "2", "ArrowLeft"] {
            browser.press(key);
        }
        assert_eq!(browser.evaluate("document.querySelector('#eh-note').value"), "1su2");
        browser.press("Escape");
        assert_eq!(browser.evaluate("document.activeElement.id"), "eh-heading");
        assert_eq!(heading(&mut browser), "Comparison 1 of 3");
        assert_eq!(status(&mut browser), "");
        // With keys off, none answers.
        press_when_taken(&mut browser, "?");
        browser.click("#eh-use-keys");
        browser.press("Escape");
        press_when_taken(&mut browser, "1");
        assert_eq!(heading(&mut browser), "Comparison 1 of 3");
        browser.click("[data-choice=left]");
        browser.wait_for("document.querySelector('h1').textContent === 'Comparison 2 of 3'");
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn a_double_press_answers_one_comparison() {
        let folder = Folder::new();
        let mut browser = open(&page(&folder, 3));
        // The clock of the page stands still, so that the presses are at one time however slow this machine is.
        browser.evaluate("{ const now = performance.now() + 1000; performance.now = () => now; }");
        browser.press("1");
        browser.press("1");
        browser.press("1");
        browser.wait_for("document.querySelector('h1').textContent === 'Comparison 2 of 3'");
        browser.press("1");
        assert_eq!(heading(&mut browser), "Comparison 2 of 3");
        assert_eq!(browser.evaluate("document.querySelector('#eh-progress').value"), 1);
    }

    #[test]
    #[ignore = "needs chromium"]
    fn two_windows_of_one_file_keep_each_others_answers() {
        let folder = Folder::new();
        let page = page(&folder, 3);
        let mut browser = open(&page);
        // What another window stores, in its own words.
        let entry = json!({ "at": "2999-01-01T00:00:00.000Z", "answer": { "choice": "tie", "at": "2999-01-01T00:00:00.000Z" } });
        browser.evaluate(&format!(
            "{{ const key = 'evenhand-labels {FORM} ana 1';
                localStorage.setItem(key, JSON.stringify({entry}));
                window.dispatchEvent(new StorageEvent('storage', {{ key }})); }}"
        ));
        browser.wait_for("document.querySelector('#eh-progress').value === 1");
        press_when_taken(&mut browser, "1");
        browser.wait_for("document.querySelector('h1').textContent === 'Comparison 3 of 3'");
        let file: Value = serde_json::from_str(&saved_file(&mut browser)).unwrap();
        assert_eq!(file["answers"][1]["answer"]["choice"], "tie");
        assert_eq!(file["answers"].as_array().unwrap().len(), 2);
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn without_storage_the_page_says_so_and_works() {
        let folder = Folder::new();
        let mut form = simple_form(&folder, 2);
        form.annotator = "../Zoë: a/b".into();
        let html = evenhand::report::exported_label_page(&form).unwrap();
        let mut browser = open(&folder.write("page.html", &html));
        browser.evaluate("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }");
        press_when_taken(&mut browser, "1");
        browser.wait_for("document.querySelector('h1').textContent === 'Comparison 2 of 2'");
        let notices = browser.evaluate("document.querySelector('#eh-notices').textContent");
        assert!(notices.as_str().unwrap().contains("does not keep your answers"), "{notices}");
        assert!(saved_file(&mut browser).contains("\"choice\":\"left\""));
        assert_eq!(
            browser.evaluate("window.offeredName"),
            "labels-.._Zoë__a_b.json".replacen('.', "_", 1)
        );
    }

    #[test]
    #[ignore = "needs chromium"]
    fn a_real_download_is_offered_and_nothing_is_sent() {
        let folder = Folder::new();
        let mut browser = open(&page(&folder, 1));
        press_when_taken(&mut browser, "2");
        browser.wait_for("document.querySelector('h1').textContent === 'All 1 done'");
        browser.click("#eh-download");
        browser
            .wait_for("document.querySelector('#eh-download').textContent === 'Save the answers'");
        let faults = browser.faults();
        let is_download =
            |fault: &Fault| matches!(fault, Fault::Download(url) if url.starts_with("blob:"));
        assert!(faults.iter().all(is_download), "{faults:?}");
    }

    #[test]
    #[ignore = "needs chromium"]
    fn the_choice_for_each_criterion_is_part_of_the_answer() {
        let folder = Folder::new();
        let mut browser = open(&page(&folder, 2));
        press_when_taken(&mut browser, "c");
        browser.press("Space");
        browser.press("ArrowRight");
        press_when_taken(&mut browser, "1");
        browser.wait_for("document.querySelector('h1').textContent === 'Comparison 2 of 2'");
        let file: Value = serde_json::from_str(&saved_file(&mut browser)).unwrap();
        assert_eq!(file["answers"][0]["answer"]["criteria"], json!({ "accuracy": "tie" }));
        assert_eq!(file["answers"][0]["answer"]["choice"], "left");
    }

    #[test]
    #[ignore = "needs chromium"]
    fn nothing_that_the_page_receives_names_a_system_or_an_item() {
        let folder = Folder::new();
        let mut browser = open(&page(&folder, 3));
        let unpacked =
            browser.evaluate("unpack('eh-tasks-0').then((tasks) => JSON.stringify(tasks))");
        let all = format!("{unpacked} {}", browser.evaluate("document.documentElement.outerHTML"));
        assert!(all.contains("Question number 2?"));
        for secret in [SYSTEMS[0], SYSTEMS[1], "secret-id", "probability", "winner", "verdict"] {
            // The scripts are the same for every form.
            let html = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
            let count = |text: &str| text.matches(secret).count();
            let in_program = count(html.rsplit_once("<script>").unwrap().1);
            assert_eq!(count(&all), in_program, "{secret}");
        }
    }
}
