//! The browser reports what pages do wrong, and acts on them as a person would.

mod needs_chromium {
    use std::net::TcpListener;

    use serde_json::json;

    use crate::support::Folder;
    use crate::support::browser::{AccessibleNode, Browser, Fault, Screen};

    fn page(head: &str, body: &str) -> String {
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">{head}<title>Test</title></head>\
             <body>{body}</body></html>"
        )
    }

    /// Opens a page, does something with it, and returns its faults.
    fn faults_after(head: &str, body: &str, act: impl FnOnce(&mut Browser)) -> Vec<Fault> {
        let folder = Folder::new();
        let mut browser = Browser::start();
        browser.open(&folder.write("page.html", &page(head, body)));
        act(&mut browser);
        browser.faults()
    }

    fn faults(head: &str, body: &str) -> Vec<Fault> {
        faults_after(head, body, |_| {})
    }

    #[test]
    #[ignore = "needs chromium"]
    fn a_faultless_page_has_no_faults() {
        let head = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:\">";
        let picture = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=";
        assert_eq!(faults(head, &format!("<p>All is well.<img alt=\"\" src=\"{picture}\">")), []);
    }

    #[test]
    #[ignore = "needs chromium"]
    fn a_violation_of_the_policy_is_a_fault() {
        let head = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\">";
        for (body, directive) in [
            ("<script>document.title = 'x'</script>", "script-src-elem"),
            ("<p style=\"color: red\">red</p>", "style-src-attr"),
            ("<img alt=\"\" src=\"data:image/gif;base64,R0lGODlhAQABAAAAACw=\">", "img-src"),
            ("<img alt=\"\" src=\"http://127.0.0.1:9/x.png\">", "img-src"),
        ] {
            let found = faults(head, body);
            let is_it = |fault: &Fault| matches!(fault, Fault::Policy { directive: found, .. } if found == directive);
            assert!(found.iter().any(is_it), "{body}: {found:?}");
        }
        // An event handler of an element violates it only when the event happens.
        let found =
            faults_after(head, "<button onclick=\"document.title = 'x'\">b</button>", |browser| {
                browser.click("button");
            });
        assert!(found.iter().any(|fault| matches!(fault, Fault::Policy { .. })), "{found:?}");
    }

    #[test]
    #[ignore = "needs chromium"]
    fn a_message_on_the_console_is_a_fault() {
        assert_eq!(
            faults("", "<script>console.error('wrong', 17); console.info('fyi')</script>"),
            [
                Fault::Console { level: "error".to_owned(), text: "wrong 17".to_owned() },
                Fault::Console { level: "info".to_owned(), text: "fyi".to_owned() },
            ]
        );
    }

    #[test]
    #[ignore = "needs chromium"]
    fn an_exception_is_a_fault_also_in_a_promise() {
        for script in ["throw new Error('lost')", "Promise.reject(new Error('lost'))"] {
            let found = faults("", &format!("<script>{script}</script>"));
            let [Fault::Exception(text)] = &found[..] else { panic!("{script}: {found:?}") };
            assert!(text.contains("lost"), "{text}");
        }
    }

    #[test]
    #[ignore = "needs chromium"]
    fn a_request_is_a_fault_whatever_makes_it() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/x", listener.local_addr().unwrap());
        // Nobody answers, so that pages that wait for an answer must not be waited for.
        drop(listener);
        for body in [
            format!("<img alt=\"\" src=\"{url}\">"),
            format!("<link rel=\"stylesheet\" href=\"{url}\">"),
            format!("<iframe title=\"x\" src=\"{url}\"></iframe>"),
            format!("<script>fetch('{url}').catch(() => {{}})</script>"),
            format!("<script>navigator.sendBeacon('{url}', 'x')</script>"),
            format!("<style>p {{ background: url({url}) }}</style><p>x</p>"),
            format!("<script>new WebSocket('{}')</script>", url.replace("http:", "ws:")),
        ] {
            let found = faults("", &body);
            let is_it = |fault: &Fault| matches!(fault, Fault::Request(to) if to.ends_with("/x"));
            assert!(found.iter().any(is_it), "{body}: {found:?}");
        }
        // A file beside the page is a request as well.
        let found = faults("", "<img alt=\"\" src=\"beside.png\">");
        assert!(
            matches!(&found[0], Fault::Request(to) if to.ends_with("/beside.png")),
            "{found:?}"
        );
    }

    #[test]
    #[ignore = "needs chromium"]
    fn a_dialog_and_a_window_are_faults() {
        assert_eq!(
            faults("", "<script>alert('hello')</script>"),
            [Fault::Dialog("hello".to_owned())]
        );
        let found =
            faults_after("", "<a target=\"_blank\" href=\"about:blank#new\">new</a>", |browser| {
                browser.click("a");
            });
        assert!(found.iter().any(|fault| matches!(fault, Fault::OtherTarget { .. })), "{found:?}");
    }

    #[test]
    #[ignore = "needs chromium"]
    fn faults_are_those_of_the_page_that_is_open() {
        let folder = Folder::new();
        let wrong =
            folder.write("wrong.html", &page("", "<script>console.log(location.hash)</script>"));
        let right = folder.write("right.html", &page("", "<p id=\"there\">x</p>"));
        let mut browser = Browser::start();
        browser.open(&wrong);
        assert_eq!(browser.faults().len(), 1);
        browser.reload();
        assert_eq!(browser.faults().len(), 1);
        browser.open(&right);
        browser.expect_no_faults();
        let url = url::Url::from_file_path(&right).unwrap();
        browser.open_url(&format!("{url}#there"));
        assert_eq!(browser.evaluate("document.querySelector(':target').id"), "there");
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    #[should_panic(expected = "wrong 17")]
    fn a_fault_fails_the_test() {
        let folder = Folder::new();
        let mut browser = Browser::start();
        browser.open(
            &folder.write("page.html", &page("", "<script>console.warn('wrong 17')</script>")),
        );
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn keys_and_clicks_arrive_as_those_of_a_person() {
        let folder = Folder::new();
        let body = "<input id=\"text\"><button id=\"button\">b</button><p id=\"keys\"></p><script>\
            document.addEventListener('keydown', event => {\
              keys.append(`${event.ctrlKey ? 'Control+' : ''}${event.shiftKey ? 'Shift+' : ''}${event.key} `);\
            });\
            button.addEventListener('click', event => { button.textContent = event.isTrusted; });\
            setTimeout(() => { document.title = 'later'; }, 50);</script>";
        let mut browser = Browser::start();
        browser.open(&folder.write("page.html", &page("", body)));
        browser.wait_for("document.title === 'later'");
        for key in ["Tab", "j", "7", "Space", "Control+a", "ArrowDown", "Tab", "Enter"] {
            browser.press(key);
        }
        assert_eq!(browser.evaluate("text.value"), "j7 ");
        assert_eq!(browser.evaluate("button.textContent"), "true");
        browser.press("Shift+Tab");
        assert_eq!(browser.evaluate("document.activeElement.id"), "text");
        assert_eq!(
            browser.evaluate("keys.textContent"),
            "Tab j 7   Control+a ArrowDown Tab Enter Shift+Tab "
        );
        browser.type_text("all replaced");
        assert_eq!(browser.evaluate("text.value"), "all replaced");
        browser.evaluate("button.textContent = 'b'");
        browser.click("#button");
        assert_eq!(browser.evaluate("Promise.resolve(button.textContent)"), "true");
        browser.expect_no_faults();
    }

    #[test]
    #[ignore = "needs chromium"]
    fn a_screen_has_a_size_a_scheme_and_a_medium() {
        let folder = Folder::new();
        let head = "<meta name=\"viewport\" content=\"width=device-width\">";
        let mut browser = Browser::start();
        browser.open(&folder.write("page.html", &page(head, "<p>x</p>")));
        let screen = "[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches, matchMedia('print').matches]";
        for (shown, expected) in [
            (Screen::DESKTOP, json!([1280, false, false])),
            (Screen::PHONE.dark(), json!([375, true, false])),
            (Screen::DESKTOP.print(), json!([1280, false, true])),
        ] {
            browser.set_screen(shown);
            assert_eq!(browser.evaluate(screen), expected);
        }
    }

    #[test]
    #[ignore = "needs chromium"]
    fn a_page_can_be_pictured_printed_and_heard() {
        let folder = Folder::new();
        let body = "<h1>Title</h1><div id=\"tall\">text</div><button>Save</button>\
                    <style>#tall { width: 300px; height: 3000px }</style>";
        let mut browser = Browser::start();
        browser.open(&folder.write("page.html", &page("", body)));
        let size = |name: &str| {
            let picture = std::fs::read(folder.path().join(name)).unwrap();
            assert!(picture.starts_with(b"\x89PNG"));
            let number = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().unwrap());
            [number(16), number(20)]
        };
        browser.screenshot(&folder.path().join("whole.png"));
        assert!(size("whole.png")[1] > 3000, "{:?}", size("whole.png"));
        browser.screenshot_of("#tall", &folder.path().join("part.png"));
        assert_eq!(size("part.png"), [300, 3000]);
        assert!(browser.print_to_pdf().starts_with(b"%PDF-"));
        let nodes = browser.accessibility_tree();
        let find = |role: &str| nodes.iter().find(|node| node.role == role).unwrap();
        assert_eq!(find("heading").name, "Title");
        let button = AccessibleNode {
            role: "button".to_owned(),
            name: "Save".to_owned(),
            description: String::new(),
            is_focusable: true,
        };
        assert_eq!(*find("button"), button);
    }
}
