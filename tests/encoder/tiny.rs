//! Encoders with few weights, in folders as model hubs have them.

use std::path::Path;

use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::golden;

pub(crate) const HIDDEN: usize = 16;
const INNER: usize = 32;
const LAYERS: usize = 3;
const POSITIONS: usize = 24;

/// The tokens of `tests/oracle/bertscore.py`.
const WORD_PIECES: [&str; 27] = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "dog", "sat", "on", "mat", "##s",
    "ran", "fast", "very", "a", "bit", "man", ".", ",", "not", "re", "##fund", "was", "paid",
    "##ed", "un",
];
const MERGES: [&str; 11] =
    ["Ġ t", "h e", "Ġt he", "Ġ c", "a t", "Ġc at", "Ġ s", "Ġs at", "Ġ m", "Ġm at", "Ġ d"];

/// The families whose weights are made here.
pub(crate) const FAMILIES: [&str; 4] = ["bert", "roberta", "distilbert", "xlm-roberta"];

/// One tensor of a file of weights.
#[derive(Clone)]
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) dtype: &'static str,
    pub(crate) shape: Vec<usize>,
    pub(crate) bytes: Vec<u8>,
}

/// A folder with an encoder; deleted when it is dropped.
pub(crate) struct TinyEncoder {
    folder: TempDir,
}

impl TinyEncoder {
    /// Returns the encoder of a family.
    pub(crate) fn new(family: &str) -> Self {
        let encoder = Self { folder: tempfile::tempdir().unwrap() };
        encoder.write("config.json", config(family).to_string());
        if family == "xlm-roberta" {
            encoder.write("tokenizer.json", unigram_tokenizer().to_string());
        } else if family == "roberta" {
            let tokens = byte_pairs();
            let vocabulary: Map<String, Value> =
                tokens.iter().zip(0..).map(|(token, at)| (token.clone(), at.into())).collect();
            encoder.write("vocab.json", Value::from(vocabulary).to_string());
            encoder.write("merges.txt", format!("#version: 0.2\n{}\n", MERGES.join("\n")));
        } else {
            encoder.write("vocab.txt", WORD_PIECES.join("\n") + "\n");
        }
        encoder.write("model.safetensors", safetensors(&tensors(family)));
        encoder
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), contents).unwrap();
    }

    /// Replaces a field of the configuration; `null` removes it.
    pub(crate) fn configure(&self, field: &str, value: Value) {
        let path = self.path().join("config.json");
        let mut config: Map<String, Value> =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        config.remove(field);
        if !value.is_null() {
            config.insert(field.to_owned(), value);
        }
        self.write("config.json", Value::from(config).to_string());
    }
}

fn byte_pairs() -> Vec<String> {
    let special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"].map(ToOwned::to_owned);
    let letters = ('a'..='z').chain(['.', ',']).map(String::from);
    let merged = ["Ġ", "Ġt", "he", "Ġthe", "Ġc", "at", "Ġcat", "Ġs", "Ġsat", "Ġm", "Ġmat", "Ġd"];
    special.into_iter().chain(letters).chain(merged.map(ToOwned::to_owned)).collect()
}

/// Returns `tokenizer.json` of XLM-R, which transformers made of a small `SentencePiece` model.
fn unigram_tokenizer() -> Value {
    golden()["families"]["xlm-roberta"]["tokenizer"].take()
}

/// Returns whether the positions of a family begin after the padding token, as those of `RoBERTa` do.
pub(crate) fn is_roberta(family: &str) -> bool {
    family.ends_with("roberta")
}

/// Returns the number of tokens of a family.
fn vocabulary(family: &str) -> usize {
    match family {
        "xlm-roberta" => unigram_tokenizer()["model"]["vocab"].as_array().unwrap().len(),
        "roberta" => byte_pairs().len(),
        _ => WORD_PIECES.len(),
    }
}

pub(crate) fn config(family: &str) -> Value {
    let vocab_size = vocabulary(family);
    match family {
        "distilbert" => json!({
            "model_type": family, "dim": HIDDEN, "hidden_dim": INNER, "n_heads": 2, "n_layers": LAYERS,
            "vocab_size": vocab_size, "max_position_embeddings": POSITIONS, "activation": "gelu",
        }),
        _ => json!({
            "model_type": family, "hidden_size": HIDDEN, "intermediate_size": INNER, "num_attention_heads": 2,
            "num_hidden_layers": LAYERS, "vocab_size": vocab_size, "hidden_act": "gelu",
            "max_position_embeddings": if is_roberta(family) { POSITIONS + 2 } else { POSITIONS },
            "type_vocab_size": if is_roberta(family) { 1 } else { 2 },
            "pad_token_id": i32::from(is_roberta(family)),
            "layer_norm_eps": if is_roberta(family) { 1e-5 } else { 1e-12 },
        }),
    }
}

/// Returns the weights of a family.
pub(crate) fn tensors(family: &str) -> Vec<Tensor> {
    let distil = family == "distilbert";
    let positions = if is_roberta(family) { POSITIONS + 2 } else { POSITIONS };
    let mut tensors = vec![
        tensor("embeddings.word_embeddings.weight", &[vocabulary(family), HIDDEN]),
        tensor("embeddings.position_embeddings.weight", &[positions, HIDDEN]),
    ];
    if !distil {
        let types = if is_roberta(family) { 1 } else { 2 };
        tensors.push(tensor("embeddings.token_type_embeddings.weight", &[types, HIDDEN]));
    }
    let mut linear = |place: String, rows, columns| {
        tensors.push(tensor(&format!("{place}.weight"), &[rows, columns]));
        tensors.push(tensor(&format!("{place}.bias"), &[rows]));
    };
    for layer in 0..LAYERS {
        let parts: [(&str, usize, usize); 6] = if distil {
            [
                ("attention.q_lin", HIDDEN, HIDDEN),
                ("attention.k_lin", HIDDEN, HIDDEN),
                ("attention.v_lin", HIDDEN, HIDDEN),
                ("attention.out_lin", HIDDEN, HIDDEN),
                ("ffn.lin1", INNER, HIDDEN),
                ("ffn.lin2", HIDDEN, INNER),
            ]
        } else {
            [
                ("attention.self.query", HIDDEN, HIDDEN),
                ("attention.self.key", HIDDEN, HIDDEN),
                ("attention.self.value", HIDDEN, HIDDEN),
                ("attention.output.dense", HIDDEN, HIDDEN),
                ("intermediate.dense", INNER, HIDDEN),
                ("output.dense", HIDDEN, INNER),
            ]
        };
        let layers = if distil { "transformer" } else { "encoder" };
        for (part, rows, columns) in parts {
            linear(format!("{layers}.layer.{layer}.{part}"), rows, columns);
        }
    }
    let mut norm = |place: String| {
        for end in ["weight", "bias"] {
            tensors.push(tensor(&format!("{place}.{end}"), &[HIDDEN]));
        }
    };
    norm("embeddings.LayerNorm".to_owned());
    for layer in 0..LAYERS {
        if distil {
            norm(format!("transformer.layer.{layer}.sa_layer_norm"));
            norm(format!("transformer.layer.{layer}.output_layer_norm"));
        } else {
            norm(format!("encoder.layer.{layer}.attention.output.LayerNorm"));
            norm(format!("encoder.layer.{layer}.output.LayerNorm"));
        }
    }
    tensors
}

/// Returns a tensor with the numbers that `weight` of `tests/oracle/bertscore.py` gives it.
fn tensor(name: &str, shape: &[usize]) -> Tensor {
    let seed = u64::from(crc32(name.as_bytes()));
    let is_norm = name.contains("LayerNorm") || name.contains("layer_norm");
    let number = |at: usize| {
        let mixed = (at as u64 * 2_654_435_761 + seed) & 0xffff_ffff;
        let mixed = ((mixed ^ (mixed >> 15)) * 2_246_822_519) & 0xffff_ffff;
        let number = mixed as f64 / 2_147_483_648.0 - 1.0;
        if is_norm && name.ends_with("weight") {
            1.0 + 0.3 * number
        } else {
            number * if name.ends_with("bias") { 0.2 } else { 0.5 }
        }
    };
    let numbers = (0..shape.iter().product()).map(|at| number(at) as f32);
    Tensor {
        name: name.to_owned(),
        dtype: "F32",
        shape: shape.to_vec(),
        bytes: numbers.flat_map(f32::to_le_bytes).collect(),
    }
}

/// The checksum of `zlib`.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}

/// Returns a file of weights.
pub(crate) fn safetensors(tensors: &[Tensor]) -> Vec<u8> {
    let mut header = Map::new();
    let mut data = Vec::new();
    for Tensor { name, dtype, shape, bytes } in tensors {
        let from = data.len();
        data.extend(bytes);
        let entry = json!({"dtype": dtype, "shape": shape, "data_offsets": [from, data.len()]});
        header.insert(name.clone(), entry);
    }
    header.insert("__metadata__".to_owned(), json!({"format": "pt"}));
    with_header(&Value::from(header).to_string(), &data)
}

/// Returns a file of weights with any header.
pub(crate) fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}
