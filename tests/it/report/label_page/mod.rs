//! The page on which people label, in a browser and as text.

mod exported;
mod forms;
mod policy;
mod served;
mod shown;
mod ugly;

use std::path::Path;

use crate::support::browser::Browser;

/// Opens a page from disk and waits until its first comparison is shown.
fn open(page: &Path) -> Browser {
    let mut browser = Browser::start();
    browser.open(page);
    browser.wait_for("document.documentElement.dataset.ready === 'true'");
    browser
}

/// Presses a key after the time in which an answer would still be meant for the comparison before.
fn press_when_taken(browser: &mut Browser, key: &str) {
    browser.evaluate("new Promise((done) => setTimeout(done, 320))");
    browser.press(key);
}

/// Returns the text of the file that an exported page offers, without downloading it.
pub(crate) fn saved_file(browser: &mut Browser) -> String {
    browser.evaluate(
        "{ window.offered = null;
           URL.createObjectURL = (blob) => { window.offered = blob; return 'blob:none'; };
           HTMLAnchorElement.prototype.click = function () { window.offeredName = this.download; }; }",
    );
    browser.click("#eh-download");
    browser.evaluate("window.offered.text()").as_str().unwrap().to_owned()
}

/// Returns what the page says of the answer that stands.
fn status(browser: &mut Browser) -> String {
    browser
        .evaluate("document.querySelector('#eh-status').textContent")
        .as_str()
        .unwrap()
        .to_owned()
}

/// Elements that are not within the page from left to right, unless they scroll within it.
const BEYOND: &str = "[...document.querySelectorAll('body *')].filter((one) => {
    const place = one.getBoundingClientRect();
    if (place.width === 0 || place.height === 0 || one.closest('.only-read, .skip')) return false;
    const scroller = one.parentElement.closest('.scroller');
    if (scroller !== null) return false;
    return place.left < -1 || place.right > document.documentElement.clientWidth + 1;
  }).map((one) => `${one.tagName} ${one.className}: ${one.textContent.slice(0, 40)}`)";
