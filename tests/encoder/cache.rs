//! The cache of similarities.

use std::path::Path;
use std::sync::Arc;

use evenhand::encoder::Encoder;
use evenhand::metrics::{BertScore, Matches, TextPair, TokenMatcher as _};
use serde_json::Value;

use crate::command::{golden_items, run};
use crate::tiny::TinyEncoder;

const PAIRS: [TextPair<'static>; 3] = [
    TextPair { response: "the cat sat on the mat.", reference: "the dog ran" },
    TextPair { response: "a man was not paid", reference: "the dog ran" },
    // The same pair again, as in a file with repetitions.
    TextPair { response: "the cat sat on the mat.", reference: "the dog ran" },
];

fn open(folder: &TinyEncoder, cache: &Path) -> Encoder {
    Encoder::open(folder.path(), "bert", None).unwrap().with_cache(cache)
}

/// Removes the weights, so that only the cache can answer. They stay readable for the digest.
fn matches(encoder: &Encoder) -> Vec<Matches> {
    encoder.matches(&PAIRS).unwrap()
}

#[test]
fn known_similarities_are_exact_and_need_no_weights() {
    let folder = TinyEncoder::new("bert");
    let cache = folder.path().join("cache/bertscore.db");
    let computed = Encoder::open(folder.path(), "bert", None).unwrap().matches(&PAIRS).unwrap();
    assert_eq!(matches(&open(&folder, &cache)), computed);
    let second = open(&folder, &cache);
    std::fs::remove_file(folder.path().join("model.safetensors")).unwrap();
    assert_eq!(matches(&second), computed);
    assert_eq!(second.warnings(), []);
    // Another pair does need them.
    assert!(second.matches(&[TextPair { response: "the dog", reference: "the dog ran" }]).is_err());
}

#[test]
fn what_is_known_of_one_encoder_or_layer_is_not_taken_for_another() {
    let folder = TinyEncoder::new("bert");
    let cache = folder.path().join("cache.db");
    let first = matches(&open(&folder, &cache));
    let of_layer = Encoder::open(folder.path(), "bert", Some(1)).unwrap().with_cache(&cache);
    assert_ne!(matches(&of_layer), first);
    folder.configure("layer_norm_eps", 0.5.into());
    assert_ne!(matches(&open(&folder, &cache)), first);
}

#[test]
fn the_cache_has_no_text() {
    let folder = TinyEncoder::new("bert");
    let cache = folder.path().join("cache.db");
    matches(&open(&folder, &cache));
    for file in ["cache.db", "cache.db-wal"] {
        let Ok(bytes) = std::fs::read(folder.path().join(file)) else { continue };
        assert!(!bytes.windows(3).any(|three| three == b"cat"), "{file}");
    }
}

#[test]
fn damaged_rows_are_computed_again_with_a_warning() {
    let folder = TinyEncoder::new("bert");
    let cache = folder.path().join("cache.db");
    let computed = matches(&open(&folder, &cache));
    let database = rusqlite::Connection::open(&cache).unwrap();
    let rows: i64 =
        database.query_row("SELECT COUNT(*) FROM matches", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 2);
    // A bit in the last similarity of each.
    let all: Vec<(Vec<u8>, Vec<u8>)> = {
        let mut select = database.prepare("SELECT key, similarities FROM matches").unwrap();
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    for (key, mut row) in all {
        *row.last_mut().unwrap() ^= 1;
        database.execute("UPDATE matches SET similarities = ? WHERE key = ?", (row, key)).unwrap();
    }
    drop(database);
    let again = open(&folder, &cache);
    assert_eq!(matches(&again), computed);
    let warnings = again.warnings();
    let [warning] = &warnings[..] else { panic!("{warnings:?}") };
    assert!(warning.message.contains("damaged"), "{}", warning.message);
    let repaired = open(&folder, &cache);
    assert_eq!(matches(&repaired), computed);
    assert_eq!(repaired.warnings(), []);
}

#[test]
fn a_cache_that_cannot_be_used_is_a_warning_and_changes_no_score() {
    let folder = TinyEncoder::new("bert");
    let computed = Encoder::open(folder.path(), "bert", None).unwrap().matches(&PAIRS).unwrap();
    folder.write(
        "no-database.db",
        "This is a text and not a database, whatever its name says.".repeat(50),
    );
    folder.write("file", "");
    std::fs::create_dir(folder.path().join("folder.db")).unwrap();
    for path in ["no-database.db", "file/cache.db", "folder.db"] {
        let encoder = open(&folder, &folder.path().join(path));
        assert_eq!(matches(&encoder), computed, "{path}");
        let warnings = encoder.warnings();
        let [warning] = &warnings[..] else { panic!("{path}: {warnings:?}") };
        assert_eq!(warning.code, "no-cache");
        assert!(warning.message.contains(path), "{}", warning.message);
    }
}

#[test]
fn a_locked_cache_is_read_and_not_written() {
    let folder = TinyEncoder::new("bert");
    let cache = folder.path().join("cache.db");
    matches(&open(&folder, &cache));
    let mut other = rusqlite::Connection::open(&cache).unwrap();
    let lock = other.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let encoder = open(&folder, &cache);
    let new = [TextPair { response: "the dog", reference: "the dog ran" }];
    let computed = Encoder::open(folder.path(), "bert", None).unwrap();
    assert_eq!(encoder.matches(&new).unwrap(), computed.matches(&new).unwrap());
    assert_eq!(encoder.warnings().len(), 1);
    assert_eq!(matches(&encoder), computed.matches(&PAIRS).unwrap());
    drop(lock);
}

#[test]
fn a_second_run_of_the_program_has_the_same_document_and_no_cache_leaves_no_file() {
    let encoder = TinyEncoder::new("roberta");
    let folder = golden_items();
    let path = encoder.path().to_str().unwrap();
    let flags =
        ["metrics", "items.jsonl", "--metric", "bertscore", "--encoder", path, "--format", "json"];
    let without = run(folder.path(), &[&flags[..], &["--no-cache"]].concat()).expect(0).stdout;
    assert!(!folder.path().join("cache").exists());
    let first = run(folder.path(), &flags).expect(0).stdout;
    assert!(folder.path().join("cache/bertscore.db").exists());
    let second = run(folder.path(), &flags).expect(0).stdout;
    assert_eq!(first, second);
    assert_eq!(first, without);
    let idf: Value = serde_json::from_str(
        &run(folder.path(), &[&flags[..], &["--idf"]].concat()).expect(0).stdout,
    )
    .unwrap();
    let fresh: Value = serde_json::from_str(
        &run(folder.path(), &[&flags[..], &["--idf", "--no-cache"]].concat()).expect(0).stdout,
    )
    .unwrap();
    assert_eq!(idf, fresh, "what is kept holds for every setting");
}

#[test]
fn an_encoder_can_be_shared_between_settings() {
    let folder = TinyEncoder::new("bert");
    let encoder: Arc<Encoder> = Arc::new(Encoder::open(folder.path(), "bert", None).unwrap());
    let settings = BertScore::new(encoder.clone());
    let scores = settings.score_alone("the cat", &["the cat"]).unwrap();
    assert!((scores.f1.unwrap() - 1.0).abs() < 1e-6);
    assert_eq!(encoder.identity().layers, 3);
}
