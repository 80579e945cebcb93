//! Files of encoders that are missing, damaged, hostile, or of another kind.

use std::path::Path;
#[cfg(target_os = "linux")]
use std::process::Command;

use evenhand::ErrorKind;
use evenhand::encoder::Encoder;
use evenhand::metrics::TokenMatcher as _;
use serde_json::{Value, json};

use crate::command::{golden_items, run};
#[cfg(target_os = "linux")]
use crate::command::{program, said};
use crate::tiny::{Tensor, TinyEncoder, safetensors, tensors, with_header};

/// Returns the message for an encoder that cannot be opened.
#[track_caller]
fn refusal(folder: &Path) -> String {
    let error = Encoder::open(folder, "x", None).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input, "{error}");
    format!("{error} {}", error.hint_text().unwrap_or_default())
}

#[track_caller]
fn assert_refused(folder: &TinyEncoder, expected: &[&str]) {
    let message = refusal(folder.path());
    for part in expected {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn a_folder_that_is_no_encoder_is_refused_with_what_is_missing() {
    let empty = tempfile::tempdir().unwrap();
    assert!(refusal(&empty.path().join("nowhere")).contains("does not exist"));
    assert!(refusal(empty.path()).contains("config.json: there is no such file"));
    let file = empty.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(refusal(&file).contains("is not a folder"));
    for (family, name, expected) in [
        ("bert", "vocab.txt", "there is no tokenizer.json or vocab.txt"),
        ("roberta", "merges.txt", "there is no tokenizer.json or vocab.json and merges.txt"),
        ("bert", "model.safetensors", "model.safetensors: there is no such file"),
    ] {
        let folder = TinyEncoder::new(family);
        std::fs::remove_file(folder.path().join(name)).unwrap();
        assert_refused(&folder, &[expected]);
    }
}

#[test]
fn a_folder_in_the_place_of_a_file_is_refused() {
    for name in ["config.json", "vocab.txt", "model.safetensors"] {
        let folder = TinyEncoder::new("bert");
        std::fs::remove_file(folder.path().join(name)).unwrap();
        std::fs::create_dir(folder.path().join(name)).unwrap();
        assert_refused(&folder, &[name, "expected a file"]);
    }
}

#[test]
fn a_configuration_with_a_field_out_of_range_is_refused_with_its_name() {
    for (family, field, value, expected) in [
        ("bert", "model_type", Value::Null, &["model_type: missing", "roberta", "distilbert"][..]),
        (
            "bert",
            "model_type",
            json!("deberta"),
            &["`deberta` is not supported", "bert", "xlm-roberta"],
        ),
        (
            "bert",
            "num_hidden_layers",
            json!(1_000_000_000_000_u64),
            &["num_hidden_layers: expected a number from 1"],
        ),
        ("bert", "num_hidden_layers", json!(-1), &["num_hidden_layers: "]),
        (
            "bert",
            "num_hidden_layers",
            json!(12),
            &["encoder.layer.3.attention.self.query.weight: missing"],
        ),
        ("bert", "hidden_size", json!(0), &["hidden_size: expected a number from 1"]),
        ("bert", "hidden_size", json!(17), &["hidden_size: 17 is not a multiple"]),
        (
            "bert",
            "hidden_size",
            json!(1 << 16),
            &["embeddings.word_embeddings.weight", "[27, 65536]"],
        ),
        ("bert", "vocab_size", json!(u64::MAX), &["vocab_size: expected a number from 1"]),
        (
            "bert",
            "vocab_size",
            json!(28),
            &["word_embeddings.weight: its shape is [27, 16], by config.json it must be [28, 16]"],
        ),
        (
            "bert",
            "max_position_embeddings",
            json!(2),
            &["max_position_embeddings: there is no room"],
        ),
        (
            "bert",
            "hidden_act",
            json!("gelu_new"),
            &["hidden_act: `gelu_new` is not supported, only gelu"],
        ),
        ("bert", "position_embedding_type", json!("relative_key"), &["position_embedding_type"]),
        ("bert", "layer_norm_eps", json!(0), &["layer_norm_eps"]),
        ("bert", "layer_norm_eps", json!("small"), &["layer_norm_eps", "config.json"]),
        ("roberta", "pad_token_id", json!(400), &["pad_token_id: 400 is not below vocab_size"]),
        ("distilbert", "dim", Value::Null, &["dim: missing"]),
        (
            "distilbert",
            "n_layers",
            json!(4),
            &["transformer.layer.3.attention.q_lin.weight: missing"],
        ),
    ] {
        let folder = TinyEncoder::new(family);
        folder.configure(field, value);
        assert_refused(&folder, expected);
    }
}

#[test]
fn files_that_are_no_text_or_no_json_are_refused() {
    for (family, name, contents, expected) in [
        ("bert", "config.json", &b"\xff\xfe\x00"[..], "config.json: the file is not text in UTF-8"),
        ("bert", "config.json", b"[1, 2", "config.json"),
        ("bert", "config.json", b"[]", "config.json"),
        (
            "bert",
            "tokenizer_config.json",
            b"{\"do_lower_case\": 3}",
            "tokenizer_config.json: do_lower_case",
        ),
        ("bert", "vocab.txt", b"[PAD]\n\xc3\x28\n", "vocab.txt: the file is not text in UTF-8"),
        ("bert", "vocab.txt", b"a\nb\nc\n", "vocab.txt: the vocabulary has no [UNK]"),
        ("bert", "tokenizer.json", b"{}", "tokenizer.json"),
        ("bert", "tokenizer.json", b"\x00\x01garbage", "tokenizer.json"),
        (
            "bert",
            "tokenizer.json",
            b"{\"model\": {\"type\": \"WordPiece\", \"vocab\": 7}}",
            "tokenizer.json",
        ),
        ("roberta", "vocab.json", b"[]", "vocab.json"),
        ("roberta", "merges.txt", b"#version: 0.2\nab\n", "merges.txt:2: expected two tokens"),
        ("roberta", "merges.txt", b"zz qq\n", "merges.txt"),
    ] {
        let folder = TinyEncoder::new(family);
        folder.write(name, contents);
        assert_refused(&folder, &[expected]);
    }
}

#[test]
fn deeply_nested_json_is_refused() {
    let folder = TinyEncoder::new("bert");
    let deep = "[".repeat(100_000);
    folder.write("tokenizer.json", &deep);
    assert_refused(&folder, &["tokenizer.json"]);
    folder.write("config.json", format!("{{\"model_type\": {deep}"));
    assert_refused(&folder, &["config.json"]);
    let folder = TinyEncoder::new("bert");
    folder.write("model.safetensors", with_header(&deep, &[]));
    assert_refused(&folder, &["model.safetensors", "header is not a JSON object"]);
}

#[test]
fn a_tokenizer_with_tokens_that_have_no_vector_is_refused() {
    let folder = TinyEncoder::new("bert");
    let tokenizer = |end: u64| {
        json!({
            "version": "1.0", "truncation": null, "padding": null,
            "added_tokens": [], "normalizer": null, "decoder": null,
            "pre_tokenizer": {"type": "Whitespace"},
            "post_processor": {"type": "BertProcessing", "cls": ["[CLS]", 2], "sep": ["[SEP]", end]},
            "model": {"type": "WordLevel", "unk_token": "[UNK]",
                      "vocab": {"[UNK]": 1, "[CLS]": 2, "[SEP]": end, "the": 5, "strange": 4_000_000_000_u64}},
        })
        .to_string()
    };
    folder.write("tokenizer.json", tokenizer(1_000_000));
    assert_refused(
        &folder,
        &["the token `[SEP]` has the number 1000000", "vocab_size in config.json is 27"],
    );
    folder.write("tokenizer.json", tokenizer(3));
    let encoder = Encoder::open(folder.path(), "x", None).unwrap();
    assert_eq!(encoder.tokens(&["the the"]).unwrap()[0].ids, [2, 5, 5, 3]);
    let error = encoder.tokens(&["the strange"]).unwrap_err();
    assert!(error.to_string().contains("the token `strange` has the number 4000000000"), "{error}");
}

#[test]
fn truncation_and_padding_of_a_tokenizer_are_switched_off() {
    let folder = TinyEncoder::new("bert");
    let words: Vec<(String, u64)> = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the"]
        .map(ToOwned::to_owned)
        .into_iter()
        .zip(0..)
        .collect();
    let vocabulary: serde_json::Map<String, Value> =
        words.into_iter().map(|(word, at)| (word, at.into())).collect();
    let tokenizer = json!({
        "version": "1.0",
        "truncation": {"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 12}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
                    "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": [], "normalizer": null, "decoder": null,
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": {"type": "BertProcessing", "cls": ["[CLS]", 2], "sep": ["[SEP]", 3]},
        "model": {"type": "WordLevel", "unk_token": "[UNK]", "vocab": vocabulary},
    });
    folder.write("tokenizer.json", tokenizer.to_string());
    let encoder = Encoder::open(folder.path(), "x", None).unwrap();
    let tokens = encoder.tokens(&["the the the the", "", &"the ".repeat(50)]).unwrap();
    assert_eq!(tokens[0].ids, [2, 5, 5, 5, 5, 3]);
    assert_eq!(tokens[1].ids, [2, 3]);
    assert_eq!((tokens[2].ids.len(), tokens[2].is_truncated), (24, true));
}

#[test]
fn a_file_of_weights_with_an_impossible_header_is_refused_without_reading_it() {
    let header = |length: u64, rest: &[u8]| [&length.to_le_bytes(), rest].concat();
    for (contents, expected) in [
        (Vec::new(), "it has no header"),
        (vec![1, 2, 3], "it has no header"),
        (header(1 << 63, b"{}"), "its header would have 9223372036854775808 bytes"),
        (header(u64::MAX, b"{}"), "its header would have 18446744073709551615 bytes"),
        (header(3, b"{}"), "its header would have 3 bytes, the file has 10"),
        (with_header("[]", &[]), "its header is not a JSON object"),
        (with_header("{\"x\": 3}", &[]), "tensor x: "),
        (
            with_header(
                "{\"x\": {\"dtype\": \"F32\", \"shape\": [-1], \"data_offsets\": [0, 4]}}",
                &[0; 4],
            ),
            "tensor x: ",
        ),
        (with_header("{}", &[]), "tensor embeddings.word_embeddings.weight: missing"),
    ] {
        let folder = TinyEncoder::new("bert");
        folder.write("model.safetensors", contents);
        assert_refused(&folder, &["model.safetensors", expected]);
    }
}

#[test]
fn tensors_in_impossible_places_are_refused_with_their_names() {
    let one = |offsets: [u64; 2]| json!({"dtype": "F32", "shape": [1], "data_offsets": offsets});
    for (first, second, expected) in [
        ([0, 4], [4, 1 << 40], "tensor b: it is beyond the end of the file"),
        ([0, 4], [u64::MAX - 3, u64::MAX], "tensor b: it is beyond the end of the file"),
        ([0, 4], [2, 6], "tensor b: it overlaps another tensor"),
        ([0, 8], [4, 8], "tensor b: it overlaps another tensor"),
        ([0, 4], [8, 4], "tensor b: it ends before it starts"),
    ] {
        let folder = TinyEncoder::new("bert");
        let header = json!({"a": one(first), "b": one(second)}).to_string();
        folder.write("model.safetensors", with_header(&header, &[0; 8]));
        assert_refused(&folder, &[expected]);
    }
}

#[test]
fn a_tensor_that_is_missing_or_of_another_shape_type_or_size_is_refused() {
    let name = "encoder.layer.1.output.dense.weight";
    let change = |change: &dyn Fn(&mut Vec<Tensor>, usize)| {
        let folder = TinyEncoder::new("bert");
        let mut all = tensors("bert");
        let at = all.iter().position(|tensor| tensor.name == name).unwrap();
        change(&mut all, at);
        folder.write("model.safetensors", safetensors(&all));
        folder
    };
    for (folder, expected) in [
        (change(&|all, at| drop(all.remove(at))), "missing"),
        (
            change(&|all, at| all[at].shape = vec![32, 16]),
            "its shape is [32, 16], by config.json it must be [16, 32]",
        ),
        (
            change(&|all, at| all[at].shape = vec![u32::MAX as usize; 4]),
            "by config.json it must be [16, 32]",
        ),
        (change(&|all, at| all[at].dtype = "I64"), "its type is I64, expected F32, F16 or BF16"),
        (change(&|all, at| all[at].dtype = "F16"), "it has 2048 bytes, its shape needs 1024"),
    ] {
        assert_refused(&folder, &[name, expected]);
        // A layer below does not need it.
        assert!(Encoder::open(folder.path(), "x", Some(1)).is_ok(), "{expected}");
    }
}

#[test]
fn weights_that_are_no_numbers_are_refused_when_they_are_read() {
    let folder = TinyEncoder::new("bert");
    let mut all = tensors("bert");
    all[3].bytes[..4].copy_from_slice(&f32::NAN.to_le_bytes());
    let name = all[3].name.clone();
    folder.write("model.safetensors", safetensors(&all));
    let encoder = Encoder::open(folder.path(), "x", None).unwrap();
    let error = encoder.vectors(&["the cat"]).unwrap_err();
    assert!(
        error.to_string().contains(&format!("tensor {name}: a number in it is not finite")),
        "{error}"
    );
}

#[test]
fn a_truncated_file_of_weights_is_refused() {
    let folder = TinyEncoder::new("bert");
    let whole = std::fs::read(folder.path().join("model.safetensors")).unwrap();
    for length in [7, 8, 100, whole.len() / 2, whole.len() - 1] {
        folder.write("model.safetensors", &whole[..length]);
        assert_refused(&folder, &["model.safetensors"]);
    }
}

#[test]
fn a_layer_that_the_encoder_does_not_have_is_refused() {
    let folder = TinyEncoder::new("bert");
    let error = Encoder::open(folder.path(), "x", Some(4)).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("there is no layer 4: the encoder has 3"), "{error}");
}

#[test]
fn published_layers_are_found_by_the_name_of_the_encoder_or_of_the_model_it_was_made_from() {
    let folder = TinyEncoder::new("distilbert");
    folder.configure("n_layers", json!(3));
    let layer = |name: &str| {
        let encoder = Encoder::open(folder.path(), name, None).unwrap();
        (encoder.identity().layer, encoder.identity().chosen.as_str())
    };
    assert_eq!(layer("something"), (3, "last"));
    // Its layer, 5, is one that this encoder does not have.
    assert_eq!(layer("distilbert-base-uncased"), (3, "last"));
    let folder = TinyEncoder::new("bert");
    let mut deep = tensors("bert");
    for layer in 3..9 {
        let of_first: Vec<Tensor> =
            deep.iter().filter(|tensor| tensor.name.contains(".layer.0.")).cloned().collect();
        deep.extend(of_first.into_iter().map(|tensor| Tensor {
            name: tensor.name.replace(".layer.0.", &format!(".layer.{layer}.")),
            ..tensor
        }));
    }
    folder.write("model.safetensors", safetensors(&deep));
    folder.configure("num_hidden_layers", json!(9));
    let layer = |name: &str| {
        let encoder = Encoder::open(folder.path(), name, None).unwrap();
        (encoder.identity().layer, encoder.identity().chosen.as_str())
    };
    assert_eq!(layer("bert-base-chinese"), (8, "published"));
    assert_eq!(layer("of-my-own"), (9, "last"));
    folder.configure("_name_or_path", json!("SpanBERT/spanbert-base-cased"));
    assert_eq!(layer("of-my-own"), (8, "published"));
}

#[test]
fn the_program_ends_with_3_and_names_file_and_field() {
    let encoder = TinyEncoder::new("bert");
    encoder.configure("num_hidden_layers", json!(1_000_000_000_000_u64));
    let folder = golden_items();
    let path = encoder.path().to_str().unwrap();
    let flags = ["metrics", "items.jsonl", "--metric", "bertscore", "--encoder", path];
    let said = run(folder.path(), &flags).expect(3);
    assert!(
        said.stderr.contains("config.json: num_hidden_layers: expected a number from 1 to 512"),
        "{}",
        said.stderr
    );
}

/// Fails unless the program refuses an encoder while it may have no more than a gigabyte of memory.
#[cfg(target_os = "linux")]
#[track_caller]
fn assert_refused_with_little_memory(encoder: &TinyEncoder, expected: &str) {
    let folder = golden_items();
    let encoder = encoder.path().to_str().unwrap();
    let flags = ["metrics", "items.jsonl", "--metric", "bertscore", "--encoder", encoder];
    let program = program(folder.path(), &flags);
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -v 1048576; exec \"$0\" \"$@\""]);
    limited.arg(program.get_program()).args(program.get_args()).current_dir(folder.path());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let said = said(limited).expect(3);
    assert!(said.stderr.contains(expected), "{}", said.stderr);
}

/// Makes a file longer, without blocks on the disk.
#[cfg(target_os = "linux")]
fn set_length(encoder: &TinyEncoder, name: &str, length: u64) {
    let path = encoder.path().join(name);
    let file = std::fs::File::options().create(true).append(true).open(path).unwrap();
    file.set_len(length).unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn files_of_a_terabyte_are_refused_with_little_memory() {
    for (name, expected) in [
        ("config.json", "config.json: the file is larger than 1 MB"),
        ("vocab.txt", "vocab.txt: the file is larger than 64 MB"),
        ("tokenizer.json", "tokenizer.json: the file is larger than 64 MB"),
    ] {
        let encoder = TinyEncoder::new("bert");
        set_length(&encoder, name, 1 << 40);
        assert_refused_with_little_memory(&encoder, expected);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_tensor_larger_than_memory_is_refused() {
    const VOCABULARY: usize = 1 << 24;
    let encoder = TinyEncoder::new("bert");
    encoder.configure("vocab_size", json!(VOCABULARY));
    let mut small = tensors("bert");
    let mut words = small.remove(0);
    let data: usize = small.iter().map(|tensor| tensor.bytes.len()).sum();
    words.shape[0] = VOCABULARY;
    words.bytes.clear();
    let size = words.shape.iter().product::<usize>() * 4;
    small.push(words);
    let file = safetensors(&small);
    let empty = format!("[{data},{data}]");
    let whole = format!("[{data},{}]", data + size);
    let header = String::from_utf8(file[8..file.len() - data].to_vec()).unwrap();
    let header = header.replace(&empty, &whole);
    encoder.write("model.safetensors", with_header(&header, &file[file.len() - data..]));
    set_length(&encoder, "model.safetensors", (8 + header.len() + data + size) as u64);
    assert_refused_with_little_memory(
        &encoder,
        "tensor embeddings.word_embeddings.weight: there is no memory for its 1073741824 bytes",
    );
}
