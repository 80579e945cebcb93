"""Scores of bert_score 0.3.13, and vectors of transformers, for encoders with few weights that follow from a formula.

Writes tests/golden/bertscore.json, with the packages of requirements-bertscore.txt:

    python tests/oracle/bertscore.py > tests/golden/bertscore.json

The weights are not stored: `weight` says what each is, and tests/encoder/tiny.rs has the same formula. For XLM-R the
result has tokenizer.json, which transformers makes of a small SentencePiece model.
"""

import json
import sys
import tempfile
import zlib
from pathlib import Path

import numpy
import sentencepiece
import torch
import transformers
from bert_score import score
from transformers import (BertConfig, BertModel, BertTokenizer, DistilBertConfig, DistilBertModel,
                          DistilBertTokenizer, RobertaConfig, RobertaModel, RobertaTokenizer, XLMRobertaConfig,
                          XLMRobertaModel, XLMRobertaTokenizer, XLMRobertaTokenizerFast)

HIDDEN, INNER, HEADS, LAYERS, POSITIONS = 16, 32, 2, 3, 24

WORD_PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "dog", "sat", "on", "mat", "##s", "ran",
               "fast", "very", "a", "bit", "man", ".", ",", "not", "re", "##fund", "was", "paid", "##ed", "un"]
BYTE_PAIRS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *"abcdefghijklmnopqrstuvwxyz.,", "Ġ", "Ġt", "he", "Ġthe", "Ġc",
              "at", "Ġcat", "Ġs", "Ġsat", "Ġm", "Ġmat", "Ġd"]
MERGES = ["Ġ t", "h e", "Ġt he", "Ġ c", "a t", "Ġc at", "Ġ s", "Ġs at", "Ġ m", "Ġm at", "Ġ d"]

TEXTS = ["the cat sat on the mat.", "The dogs ran very fast, not a bit.", "refund paid", "",
         "the cat " * 20, "xyz [SEP] man <pad> mat"]


def weight(name, shape):
    """The numbers of a tensor: pseudorandom, between -1 and 1 with a factor and a middle that depend on its kind."""
    size = int(numpy.prod(shape))
    at = numpy.arange(size, dtype=numpy.uint64)
    mixed = (at * numpy.uint64(2654435761) + numpy.uint64(zlib.crc32(name.encode()))) & numpy.uint64(0xFFFFFFFF)
    mixed = (mixed ^ (mixed >> numpy.uint64(15))) * numpy.uint64(2246822519) & numpy.uint64(0xFFFFFFFF)
    numbers = mixed.astype(numpy.float64) / 2**31 - 1
    norm = "LayerNorm" in name or "layer_norm" in name
    if norm and name.endswith("weight"):
        numbers = 1 + 0.3 * numbers
    else:
        numbers = numbers * (0.2 if name.endswith("bias") else 0.5)
    return torch.tensor(numbers.astype(numpy.float32).reshape(shape))


def filled(model):
    state = model.state_dict()
    names = [name for name in state if state[name].dtype == torch.float32]
    model.load_state_dict({**state, **{name: weight(name, tuple(state[name].shape)) for name in names}})
    return model.eval()


def families(folder):
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(WORD_PIECES) + "\n")
    (folder / "vocab.json").write_text(json.dumps({token: at for at, token in enumerate(BYTE_PAIRS)}))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(MERGES) + "\n")
    common = dict(hidden_size=HIDDEN, intermediate_size=INNER, num_attention_heads=HEADS, num_hidden_layers=LAYERS)
    yield ("bert",
           BertModel(BertConfig(vocab_size=len(WORD_PIECES), max_position_embeddings=POSITIONS, **common)),
           BertTokenizer(str(vocabulary), model_max_length=POSITIONS))
    yield ("roberta",
           RobertaModel(RobertaConfig(vocab_size=len(BYTE_PAIRS), max_position_embeddings=POSITIONS + 2,
                                      type_vocab_size=1, pad_token_id=1, layer_norm_eps=1e-5, **common)),
           RobertaTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=POSITIONS))
    yield ("distilbert",
           DistilBertModel(DistilBertConfig(vocab_size=len(WORD_PIECES), max_position_embeddings=POSITIONS, dim=HIDDEN,
                                            hidden_dim=INNER, n_heads=HEADS, n_layers=LAYERS)),
           DistilBertTokenizer(str(vocabulary), model_max_length=POSITIONS))


    pieces = folder / "pieces"
    # Without normalization, whose table would be larger than everything else together.
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS * 4), model_prefix=str(pieces), vocab_size=40, model_type="unigram",
        normalization_rule_name="identity", minloglevel=2)
    tokenizer = XLMRobertaTokenizer(f"{pieces}.model", model_max_length=POSITIONS)
    yield ("xlm-roberta",
           XLMRobertaModel(XLMRobertaConfig(vocab_size=len(tokenizer), max_position_embeddings=POSITIONS + 2,
                                            type_vocab_size=1, pad_token_id=1, layer_norm_eps=1e-5, **common)),
           tokenizer)


def encode(name, tokenizer, text):
    # As bert_score does.
    if text.strip() == "":
        return tokenizer.build_inputs_with_special_tokens([])
    more = {"add_prefix_space": True} if name == "roberta" else {}
    return tokenizer.encode(text.strip(), add_special_tokens=True, max_length=tokenizer.model_max_length,
                            truncation=True, **more)


def fast(folder):
    """Returns the tokenizer.json that transformers makes of the files of a tokenizer."""
    return XLMRobertaTokenizerFast.from_pretrained(folder).backend_tokenizer.to_str()


def numbers(values):
    return [None if numpy.isnan(value) else float(f"{value:.9g}") for value in numpy.asarray(values).ravel().tolist()]


def scored(folder, layer, candidates, references, **more):
    scores = score(candidates, references, model_type=str(folder), num_layers=layer, device="cpu", nthreads=0, **more)
    return dict(zip(["precision", "recall", "f1"], map(numbers, scores)))


def main():
    found = {"versions": {"transformers": transformers.__version__, "torch": torch.__version__.split("+")[0],
                          "bert_score": "0.3.13"}, "families": {}}
    candidates = [TEXTS[0], TEXTS[1], TEXTS[2], TEXTS[3], TEXTS[4], TEXTS[0], TEXTS[5]]
    references = [TEXTS[1], TEXTS[0], TEXTS[0], TEXTS[2], TEXTS[0], TEXTS[0], TEXTS[1]]
    several = [[TEXTS[1], TEXTS[2]], [TEXTS[0]], [TEXTS[0], TEXTS[1], TEXTS[4]]]
    for name, model, tokenizer in families(Path(tempfile.mkdtemp(prefix="vocabularies-"))):
        model = filled(model)
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        baseline = folder / "baseline.tsv"
        baseline.write_text("LAYER,P,R,F\n" + "".join(f"{layer},0.{layer}5,0.{layer}4,0.{layer}3\n" for layer in range(4)))
        ids = [encode(name, tokenizer, text) for text in TEXTS]
        vectors = []
        for tokens in (ids[0], ids[5]):
            with torch.no_grad():
                states = model(torch.tensor([tokens]), output_hidden_states=True).hidden_states
            vectors.append([numbers(state) for state in states])
        found["families"][name] = {
            **({"tokenizer": json.loads(fast(folder))} if name == "xlm-roberta" else {}),
            "ids": ids,
            # Of the first and the last text, by layer from the embeddings on.
            "vectors": vectors,
            "scores": [
                {"layer": layer, "idf": idf, "several": False, "rescaled": rescaled,
                 **scored(folder, layer, candidates, references, idf=idf,
                          **({"lang": "en", "rescale_with_baseline": True, "baseline_path": str(baseline)}
                             if rescaled else {}))}
                for layer, idf, rescaled in [(0, False, False), (2, False, False), (3, True, False), (3, False, True)]
            ] + [
                {"layer": 2, "idf": idf, "several": True, "rescaled": False,
                 **scored(folder, 2, candidates[:3], several, idf=idf)}
                for idf in [False, True]
            ],
        }
    found["candidates"], found["references"], found["several"] = candidates, references, several
    found["texts"] = TEXTS
    json.dump(found, sys.stdout)
    print()


main()
