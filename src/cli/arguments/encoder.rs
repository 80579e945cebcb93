//! Which text encoder compares responses with references.

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
