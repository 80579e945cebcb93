//! The layer of each published model whose `BERTScore` agrees best with people, as `bert_score` 0.3.13 has it.

use super::config::{Config, Family};

/// By name on the hub.
const BY_NAME: [(&str, usize); 24] = [
    ("bert-base-uncased", 9),
    ("bert-large-uncased", 18),
    ("bert-base-cased-finetuned-mrpc", 9),
    ("bert-base-multilingual-cased", 9),
    ("bert-base-chinese", 8),
    ("roberta-base", 10),
    ("roberta-large", 17),
    ("roberta-large-mnli", 19),
    ("roberta-base-openai-detector", 7),
    ("roberta-large-openai-detector", 15),
    ("scibert_scivocab_uncased", 8),
    ("scibert_scivocab_cased", 9),
    ("scibert_basevocab_uncased", 9),
    ("distilroberta-base", 5),
    ("distilbert-base-uncased", 5),
    ("distilbert-base-uncased-distilled-squad", 4),
    ("distilbert-base-multilingual-cased", 5),
    ("xlm-roberta-base", 9),
    ("xlm-roberta-large", 17),
    ("finbert", 10),
    ("spanbert-base-cased", 8),
    ("spanbert-large-cased", 17),
    ("bert-base-turkish-cased", 10),
    ("distilbert-base-turkish-cased", 4),
];

/// By family, width, number of layers and vocabulary: the models without a name in their configuration.
const BY_SHAPE: [(Family, [usize; 3], usize); 11] = [
    (Family::Bert, [768, 12, 30522], 9),
    (Family::Bert, [1024, 24, 30522], 18),
    (Family::Bert, [768, 12, 119_547], 9),
    (Family::Bert, [768, 12, 21128], 8),
    (Family::Roberta, [768, 12, 50265], 10),
    (Family::Roberta, [1024, 24, 50265], 17),
    (Family::Roberta, [768, 6, 50265], 5),
    (Family::XlmRoberta, [768, 12, 250_002], 9),
    (Family::XlmRoberta, [1024, 24, 250_002], 17),
    (Family::DistilBert, [768, 6, 30522], 5),
    (Family::DistilBert, [768, 6, 119_547], 5),
];

/// Returns the published layer of an encoder that is called `name`; `None` if there is none.
///
/// A name that is known decides, that of the encoder before that of the model it was made from. Otherwise its shape
/// does, because the configurations of the best known models have no name.
pub(super) fn published(config: &Config, name: &str) -> Option<usize> {
    let of_name = |name: &str| {
        let last = name.rsplit(['/', '\\']).next()?.to_lowercase();
        BY_NAME.iter().find(|(known, _)| *known == last).map(|(_, layer)| *layer)
    };
    let shape = [config.hidden, config.layers, config.vocabulary];
    let of_shape = || {
        let mut known = BY_SHAPE.iter().filter(|(family, ..)| *family == config.family);
        known.find(|(_, known, _)| *known == shape).map(|(.., layer)| *layer)
    };
    let layer = of_name(name).or_else(|| config.made_from.as_deref().and_then(of_name));
    layer.or_else(of_shape).filter(|layer| *layer <= config.layers)
}
