//! A headless Chromium that opens pages from disk, acts on them, and reports everything that a page must not do.
//!
//! The browser is driven over its `DevTools` protocol, without a driver program in between. Every page that is opened
//! is watched from its first byte on: a message on the console, an exception, a violation of its content security
//! policy, a request to anywhere, a dialog, and a frame, worker or window of its own are each a [`Fault`].
//! [`Browser::expect_no_faults`] is what most tests end with.
//!
//! ```text
//! let mut browser = Browser::start();
//! browser.set_screen(Screen::PHONE);
//! browser.open(&folder.path().join("report.html"));
//! browser.press("/");
//! assert_eq!(browser.evaluate("document.activeElement.id"), "search");
//! browser.expect_no_faults();
//! ```
//!
//! Tests that use it are in modules `needs_chromium`. The program is `chromium`, as Debian's package installs it
//! (`.ci/chromium`). Nothing waits for a fixed time: [`Browser::wait_for`] polls a condition in the page, and every
//! answer of the browser has [`GENEROUS_TIMEOUT`](super::GENEROUS_TIMEOUT).

mod accessibility;
mod connection;
mod faults;
mod keys;
mod process;

use std::path::Path;

use base64::Engine as _;
use serde_json::{Value, json};

pub(crate) use accessibility::AccessibleNode;
pub(crate) use faults::Fault;

use super::GENEROUS_TIMEOUT;
use connection::Connection;
use faults::Observer;
use process::Process;

/// A browser with one page. It ends with the value.
pub(crate) struct Browser {
    // Dropped before the process that it is connected to.
    connection: Connection,
    _process: Process,
    observer: Observer,
}

/// What a page is displayed on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) is_dark: bool,
    pub(crate) is_print: bool,
}

impl Screen {
    pub(crate) const DESKTOP: Self =
        Self { width: 1280, height: 800, is_dark: false, is_print: false };
    pub(crate) const PHONE: Self = Self { width: 375, height: 667, ..Self::DESKTOP };

    /// The same screen for people who prefer dark pages.
    pub(crate) fn dark(self) -> Self {
        Self { is_dark: true, ..self }
    }

    /// The same width on paper.
    pub(crate) fn print(self) -> Self {
        Self { is_print: true, ..self }
    }
}

impl Browser {
    /// Starts a browser with an empty profile and an empty page.
    pub(crate) fn start() -> Self {
        let process = Process::start();
        let mut observer = Observer::default();
        let mut connection = Connection::open(process.address(), &mut observer);
        for method in ["Page", "Runtime", "Log", "Network", "Audits", "Accessibility"] {
            connection.call(&format!("{method}.enable"), json!({}), &mut observer);
        }
        let mut browser = Self { connection, _process: process, observer };
        browser.set_screen(Screen::DESKTOP);
        browser
    }

    /// Opens a file and waits until it is loaded. Faults of the page before it are forgotten.
    pub(crate) fn open(&mut self, file: &Path) {
        let url = url::Url::from_file_path(std::path::absolute(file).unwrap()).unwrap();
        self.open_url(url.as_str());
    }

    /// Opens an address, such as that of a file with a fragment, and waits until it is loaded. Faults of the page
    /// before it are forgotten.
    pub(crate) fn open_url(&mut self, url: &str) {
        let loads = self.observer.begin_page(url);
        let opened = self.call("Page.navigate", json!({ "url": url }));
        assert!(opened.get("errorText").is_none(), "{url}: {opened}");
        // Another fragment of the same document loads nothing.
        if opened.get("loaderId").is_some() {
            self.wait_for_load(loads);
        }
    }

    /// Loads the page again and waits until it is loaded. Faults so far are forgotten.
    pub(crate) fn reload(&mut self) {
        let url = self.evaluate("location.href");
        let loads = self.observer.begin_page(url.as_str().unwrap());
        self.call("Page.reload", json!({}));
        self.wait_for_load(loads);
    }

    fn wait_for_load(&mut self, loads_before: usize) {
        while self.observer.loads() == loads_before {
            self.connection.receive(&mut self.observer);
        }
    }

    /// Evaluates an expression in the page and returns its value as JSON. A promise is awaited; an exception fails
    /// the test.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let result = self.call(
            "Runtime.evaluate",
            json!({
                "expression": expression,
                "awaitPromise": true,
                "returnByValue": true,
                "userGesture": true,
            }),
        );
        let exception = result.get("exceptionDetails");
        assert!(exception.is_none(), "{expression}: {}", exception.unwrap());
        result["result"].get("value").cloned().unwrap_or(Value::Null)
    }

    /// Waits until an expression is true in the page.
    pub(crate) fn wait_for(&mut self, expression: &str) {
        let timeout = GENEROUS_TIMEOUT.as_millis();
        let is_true = self.evaluate(&format!(
            "new Promise((resolve, reject) => {{
               const end = performance.now() + {timeout};
               const poll = () => {{
                 if ({expression}) resolve(true);
                 else if (performance.now() > end) resolve(false);
                 else setTimeout(poll, 10);
               }};
               poll();
             }})"
        ));
        assert_eq!(is_true, true, "never true: {expression}");
    }

    /// Presses and releases a key by its name: a character, or `Enter`, `Tab`, `Escape`, `ArrowDown` and the like,
    /// after modifiers such as `Shift+` and `Control+`.
    pub(crate) fn press(&mut self, key: &str) {
        for event in keys::events(key) {
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// Enters a text where the focus is.
    pub(crate) fn type_text(&mut self, text: &str) {
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// Clicks in the middle of the first element that a CSS selector matches, after scrolling to it.
    pub(crate) fn click(&mut self, selector: &str) {
        let selected = format!("document.querySelector({})", json!(selector));
        let [x, y, width, height] = self.rectangle(&format!(
            "({selected}.scrollIntoView({{ block: 'center', behavior: 'instant' }}), {selected})"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let place = json!({
                "type": kind, "button": "left", "clickCount": 1,
                "x": x + width / 2.0, "y": y + height / 2.0,
            });
            self.call("Input.dispatchMouseEvent", place);
        }
    }

    /// Returns left, top, width and height of an element in the viewport.
    fn rectangle(&mut self, element: &str) -> [f64; 4] {
        let rectangle = self.evaluate(&format!(
            "(element => {{ const r = element.getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; }})({element})"
        ));
        serde_json::from_value(rectangle).unwrap()
    }

    /// Displays the page on another screen.
    pub(crate) fn set_screen(&mut self, screen: Screen) {
        let Screen { width, height, is_dark, is_print } = screen;
        self.call(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 }),
        );
        let scheme = if is_dark { "dark" } else { "light" };
        self.call(
            "Emulation.setEmulatedMedia",
            json!({
                "media": if is_print { "print" } else { "screen" },
                "features": [{ "name": "prefers-color-scheme", "value": scheme }],
            }),
        );
    }

    /// Lets pages run scripts, or not. What a test evaluates runs either way.
    pub(crate) fn set_scripts(&mut self, are_run: bool) {
        self.call("Emulation.setScriptExecutionDisabled", json!({ "value": !are_run }));
    }

    /// Writes a picture (PNG) of the whole page.
    pub(crate) fn screenshot(&mut self, file: &Path) {
        let size = self.call("Page.getLayoutMetrics", json!({}))["cssContentSize"].clone();
        self.capture(
            file,
            [0.0, 0.0, size["width"].as_f64().unwrap(), size["height"].as_f64().unwrap()],
        );
    }

    /// Writes a picture (PNG) of what the screen shows.
    pub(crate) fn screenshot_of_screen(&mut self, file: &Path) {
        let picture = self.call("Page.captureScreenshot", json!({ "format": "png" }));
        std::fs::write(file, decode(&picture["data"])).unwrap();
    }

    /// Writes a picture (PNG) of the first element that a CSS selector matches.
    pub(crate) fn screenshot_of(&mut self, selector: &str, file: &Path) {
        let element = format!("document.querySelector({})", json!(selector));
        let [x, y, width, height] = self.rectangle(&element);
        let scrolled: [f64; 2] =
            serde_json::from_value(self.evaluate("[scrollX, scrollY]")).unwrap();
        self.capture(file, [x + scrolled[0], y + scrolled[1], width, height]);
    }

    fn capture(&mut self, file: &Path, [x, y, width, height]: [f64; 4]) {
        let clip = json!({ "x": x, "y": y, "width": width, "height": height, "scale": 1 });
        let options = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let picture = self.call("Page.captureScreenshot", options);
        std::fs::write(file, decode(&picture["data"])).unwrap();
    }

    /// Prints the page as a PDF document on A4.
    pub(crate) fn print_to_pdf(&mut self) -> Vec<u8> {
        let paper = json!({ "paperWidth": 8.27, "paperHeight": 11.69, "printBackground": false });
        decode(&self.call("Page.printToPDF", paper)["data"])
    }

    /// Returns what assistive technology knows of the page, in its order.
    pub(crate) fn accessibility_tree(&mut self) -> Vec<AccessibleNode> {
        AccessibleNode::all(&self.call("Accessibility.getFullAXTree", json!({})))
    }

    /// Returns everything that the page did and must not do since it was opened.
    pub(crate) fn faults(&mut self) -> Vec<Fault> {
        // There is no next frame for a page behind a window that it opened.
        self.call("Page.bringToFront", json!({}));
        // What is under way, such as the report of a violation, has happened after the next frame.
        self.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))");
        self.observer.faults().to_vec()
    }

    /// Fails if the page did anything that it must not do.
    pub(crate) fn expect_no_faults(&mut self) {
        assert_eq!(self.faults(), [] as [Fault; 0]);
    }

    fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.connection.call(method, parameters, &mut self.observer)
    }
}

fn decode(data: &Value) -> Vec<u8> {
    base64::prelude::BASE64_STANDARD.decode(data.as_str().unwrap()).unwrap()
}
