//! Driving the list of cases of a page as its reader does.

use serde_json::{Value, json};

use crate::support::browser::Browser;

/// Sets a field of the form, as a choice in it does, and waits until the list follows.
pub(super) fn choose(browser: &mut Browser, field: &str, text: &str) {
    browser.evaluate(&format!(
        "(() => {{ const select = document.querySelector('select[name={field}]');
           select.value = [...select.options].find(one => one.textContent === {}).value;
           select.dispatchEvent(new Event('input', {{ bubbles: true }}));
           return new Promise(done => setTimeout(done)); }})()",
        json!(text)
    ));
}

/// Takes every filter back, and waits until the list follows.
pub(super) fn reset(browser: &mut Browser) {
    browser.click("#eh-reset");
    browser.evaluate("new Promise(done => setTimeout(done))");
}

/// Returns the texts of a column of the list, page by page.
pub(super) fn column(browser: &mut Browser, number: usize) -> Vec<String> {
    let texts = browser.evaluate(&format!(
        "(() => {{
           const texts = [], forward = document.getElementById('eh-forward');
           const back = document.getElementById('eh-back');
           while (!back.disabled) back.click();
           for (;;) {{
             texts.push(...[...document.querySelectorAll('#eh-list tr')].map(row => row.children[{number}].textContent));
             if (forward.disabled) return texts;
             forward.click();
           }}
         }})()"
    ));
    serde_json::from_value(texts).unwrap()
}

/// Returns the ids in the list with their pairs, where there are several.
pub(super) fn listed(browser: &mut Browser) -> Vec<(String, String)> {
    column(browser, 0).into_iter().zip(column(browser, 2)).collect()
}

/// Searches, and returns the ids that are listed then.
pub(crate) fn search(browser: &mut Browser, words: &str) -> Vec<String> {
    browser.press("Escape");
    browser.press("/");
    browser.press("Control+a");
    browser.type_text(words);
    // The search begins a moment after the last letter.
    browser.evaluate("document.getElementById('eh-status').textContent = 'Searching'");
    browser.wait_for("!document.getElementById('eh-status').textContent.startsWith('Searching')");
    column(browser, 0)
}

/// Returns the line about what is listed.
pub(super) fn status(browser: &mut Browser) -> String {
    browser
        .evaluate("document.getElementById('eh-status').textContent")
        .as_str()
        .unwrap()
        .to_owned()
}

/// Returns the id of the open case, or null.
pub(super) fn opened(browser: &mut Browser) -> Value {
    browser.evaluate(
        "(view => view.hidden ? null : view.querySelector('h3').textContent)(document.getElementById('eh-case'))",
    )
}

/// Waits until a case is open.
pub(super) fn wait_for_case(browser: &mut Browser, id: &str) {
    browser
        .wait_for(&format!("document.querySelector('#eh-case h3')?.textContent === {}", json!(id)));
}
