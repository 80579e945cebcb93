//! Generated items, the same ones each time.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use rand::seq::IndexedRandom as _;
use rand::{Rng, SeedableRng as _};
use rand_pcg::Pcg64;
use serde_json::json;

const WORDS: [&str; 24] = [
    "the", "ticket", "customer", "billing", "refund", "invoice", "please", "update", "account",
    "error", "login", "failed", "payment", "card", "late", "order", "shipped", "address", "change",
    "request", "support", "team", "resolved", "after",
];

fn text(random: &mut impl Rng, words: usize) -> String {
    let words: Vec<&str> = (0..words).filter_map(|_| WORDS.choose(random).copied()).collect();
    words.join(" ")
}

/// Writes items of about a kilobyte, with responses of two systems.
pub(crate) fn write_items(path: &Path, items: u64) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    let mut random = Pcg64::seed_from_u64(1);
    for number in 0..items {
        let item = json!({
            "id": format!("t-{number:07}"),
            "prompt": text(&mut random, 30),
            "responses": { "a": text(&mut random, 40), "b": text(&mut random, 45) },
            "reference": text(&mut random, 20),
        });
        writeln!(file, "{item}").unwrap();
    }
    file.flush().unwrap();
}
