//! The pages of a run and of two runs, read as their readers do: in a browser, opened from disk.
//!
//! Every page is opened with [`open`], which waits until the cases can be used. What a test expects is computed from
//! other outputs of the program, or from the data of the run.

mod accessible;
mod appearance;
mod case_list;
mod cases;
mod changes;
mod file;
mod filters;
mod generated;
mod hostile;
mod numbers;
mod permalinks;
mod pictures;
mod recorded;
mod runs;

use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde_json::Value;

pub(crate) use self::case_list::search;
use crate::support::Folder;
use crate::support::browser::Browser;

/// Writes the page of `run.db` with some flags to `page.html`.
fn write_page(folder: &Folder, flags: &[&str]) -> PathBuf {
    folder.run(&[&["report", "run.db", "--output", "page.html"], flags].concat()).expect(0);
    folder.path().join("page.html")
}

const LABELS: [&str; 2] = ["--labels", "labels.jsonl"];

/// Compares the two judges of a run, with its labels.
const DIFF: [&str; 9] = [
    "diff",
    "run.db",
    "run.db",
    "--judge",
    "strict",
    "--judge-b",
    "lenient",
    "--labels",
    "labels.jsonl",
];

/// Writes the page about the two judges of `run.db` to `diff.html`.
fn write_diff_page(folder: &Folder) -> PathBuf {
    folder.run(&[&DIFF[..], &["--output", "diff.html"]].concat()).expect(0);
    folder.path().join("diff.html")
}

/// Returns the cases of a run with labels, as `show` prints them.
fn shown_cases(folder: &Folder) -> Value {
    let flags = ["show", "run.db", "--labels", "labels.jsonl", "--format", "json"];
    let shown = folder.run(&[&flags[..], &["--limit", "1000"]].concat()).expect(0).stdout;
    serde_json::from_str(&shown).unwrap()
}

/// Opens a page from disk and waits until its cases can be used.
pub(crate) fn open(page: &Path) -> Browser {
    let mut browser = Browser::start();
    browser.open(page);
    wait_until_ready(&mut browser);
    browser
}

pub(crate) fn wait_until_ready(browser: &mut Browser) {
    browser.wait_for("document.documentElement.dataset.ready === 'true'");
}

/// Returns the address of a page with a fragment, which is encoded as a link would have it.
fn address(page: &Path, fragment: &str) -> String {
    format!("{}#{fragment}", url::Url::from_file_path(page).unwrap())
}

/// Elements that are not within the page from left to right, unless they scroll within it.
const BEYOND: &str = "[...document.querySelectorAll('body *')].filter(one => {
    const place = one.getBoundingClientRect();
    if (place.width === 0 || place.height === 0 || one.closest('.only-read, .skip, svg')) return false;
    const scroller = one.parentElement.closest('.wide, .plot-scroll, .text, pre');
    if (scroller && ['auto', 'scroll'].includes(getComputedStyle(scroller).overflowX)) return false;
    return place.left < -1 || place.right > document.documentElement.clientWidth + 1;
  }).map(one => `${one.tagName} ${one.className}: ${one.textContent.slice(0, 40)}`)";

/// Returns a page with everything that it has in compressed form, so that a text in it can be searched.
pub(crate) fn with_cases(html: &str) -> String {
    let parts = unpacked(html);
    assert!(!parts.is_empty(), "the page has no cases");
    let parts = parts.iter().map(ToString::to_string).collect::<Vec<_>>();
    format!("{html}\n{}", parts.join("\n"))
}

/// Returns the texts of the page in compressed form, part by part: the index, and then the cases.
pub(crate) fn unpacked(html: &str) -> Vec<Value> {
    let parts = html.split("<script type=\"text/plain\" id=\"eh-cases-").skip(1);
    let parts = parts.map(|part| {
        let data = part.split_once('>').unwrap().1.split_once('<').unwrap().0;
        let data = base64::prelude::BASE64_STANDARD.decode(data).unwrap();
        serde_json::from_reader(flate2::read::GzDecoder::new(data.as_slice())).unwrap()
    });
    parts.collect()
}
