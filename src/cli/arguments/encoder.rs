//! Which text encoder compares responses with references, and how.

use std::path::PathBuf;

use clap::Args;

/// The encoder of `BERTScore`: shared by the commands that score or judge.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct EncoderArguments {
    /// bertscore: the encoder, as a folder with config.json, tokenizer.json and model.safetensors, or as the name of a
    /// model that `evenhand models` lists [default: all-minilm-l6-v2]
    #[arg(long, value_name = "DIR|NAME", help_heading = "BERTScore")]
    pub(crate) encoder: Option<String>,
    /// bertscore: the layer whose vectors are compared, from 0, the embeddings [default: the one published for the
    /// encoder, or the last]
    #[arg(long, value_name = "N", help_heading = "BERTScore")]
    pub(crate) layer: Option<usize>,
}

/// How `BERTScore` is computed as a metric.
#[derive(Debug, Clone, Args)]
pub(crate) struct BertScoreArguments {
    #[command(flatten)]
    pub(crate) encoder: EncoderArguments,
    /// bertscore: weight tokens by how rare they are in the references
    #[arg(long, help_heading = "BERTScore")]
    pub(crate) idf: bool,
    /// bertscore: rescale by the scores of unrelated texts in this file, which has lines of LAYER,P,R,F
    #[arg(long, value_name = "FILE", help_heading = "BERTScore")]
    pub(crate) baseline_file: Option<PathBuf>,
    /// bertscore: neither read nor keep similarities in the cache folder
    #[arg(long, help_heading = "BERTScore")]
    pub(crate) no_cache: bool,
}
