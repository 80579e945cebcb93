"""Prints odd and random texts with the scores that rouge_score, sacrebleu and the rules of SQuAD give them, as JSONL.

pip install -r tests/oracle/requirements.txt
python tests/oracle/metrics.py COUNT [SEED] > cases.jsonl

Each line is a small corpus (items with a response and references), settings, and what is expected: first
the cases that chance meets too rarely, then COUNT that are drawn at random. `ter` is null where a
random text has more than 60 words: the original would take too long.
"""

import json
import logging
import random
import re
import string
import sys
import unicodedata
from collections import Counter

import sacrebleu
from rouge_score import rouge_scorer
from sacrebleu.metrics import BLEU, CHRF, TER

VERSIONS = {"sacrebleu": "2.6.0"}
LONGEST_FOR_TER = 60

ROOTS = """relat condit rational valenc hesit digit conform radic differ vile analog vietnam predic oper feudal
decis hope callous formal sensit triplic form electr good reviv allow infer airlin gyroscop adjust defens
irrit replac depend adopt homolog commun activ angular effect bowdler probat ceas control roll happ sk fl
enjo sp geo archaeo lyi dyi tyi cann inn out proce exce succe agre plaster bl motor s conflat troubl siz hop
tann fall hiss fizz fail fil play cr appl universit yy y x2 a1""".split()
ENDINGS = """s es ies sses ed ing eed ied y ly ational tional enci anci izer bli alli entli eli ousli ization
ation ator alism iveness fulness ousness aliti iviti biliti fulli logi logy icate ative alize iciti ical ful
ness al ance ence er ic able ible ant ement ment ent ion ou ism ate iti ous ive ize e ll tion sion""".split()
COMMON = "the a an The cat Cat sat on mat dog of to is it's and I you he she 1 2 10 no yes never".split()
ODD = [
    "", ".", ",", "...", ". .", ",,", "..,", "a..b", "1..2", "1.", ".5", "-", "--", "5-3", "a-b", "1,000.50", "$3.50",
    "U.S.A.", "x.y", "'s", "dog's", "dogs'", "'", "\"", "(hi)", "((", "[x]", "{y}", "a/b", "e@x.com", "#12345", "50%",
    "&amp;", "&quot;", "&lt;b&gt;", "&amp;lt;", "&", "&amp", "<skipped>", "<ski<skipped>pped>", "-\n", "\n-", "\n", "\n\n",
    "\t", "\u00a0", "\u3000", "\u2003", "\x1c", "\x1f", "\x85", "\u2028", "\r\n", "\u200b", "\ufeff", "_", "a_b", "^", "`",
    "|", "~", "+", "=", "É", "naïve", "café", "cafe\u0301", "a\u0301", "Straße", "STRASSE", "İstanbul", "\u212aelvin", "ΣΑΣ",
    "ὈΔΥΣΣΕΎΣ", "ДОМ", "дом", "日本語", "テスト", "東京", "。", "、", "「x」", "中文。", "ไทย", "हिन्दी", "العربية", "٣", "٣٫٥",
    "½", "Ⅷ", "①", "²", "€", "£5", "→", "©", "🙂", "👩‍👩‍👧", "🇩🇪", "“the”", "—", "–", "…", "«", "»", "’s", "ﬁ", "ǅ", "𝔘", "𐐀",
    "\u0301", "١٢", "1٫2", "३.५", "9.", "3,", ",4", "a.", ".b", "٣.", ".٣", "\x00", "\x0b", "\x0c",
]


def word(rng):
    draw = rng.random()
    if draw < 0.45:
        return rng.choice(COMMON)
    if draw < 0.70:
        return rng.choice(ROOTS) + "".join(rng.choice(ENDINGS) for _ in range(rng.choice([0, 1, 1, 2, 3])))
    if draw < 0.92:
        return rng.choice(ODD)
    if draw < 0.96:
        return "".join(rng.choice(string.printable) for _ in range(rng.randint(1, 6)))
    return "".join(character(rng) for _ in range(rng.randint(1, 4)))


def character(rng):
    """Returns any character that is assigned, most of them from the lower planes."""
    while True:
        char = chr(rng.randrange(rng.choice([0x250, 0x3000, 0x10000, 0x20000, 0x110000])))
        if unicodedata.category(char) not in ("Cn", "Cs", "Co"):
            return char


def text(rng, words):
    """Returns a text of words, some of them glued together, some repeated."""
    length = rng.choice([0, 1, 2, 3, 5, 8, 13, 20, 30, 45] if rng.random() < 0.97 else [150, 400])
    out = []
    for _ in range(length):
        out.append(rng.choice(words) if rng.random() < 0.6 else word(rng))
        out.append(rng.choice(["", " ", " ", " ", " ", " ", "  ", "\n"]) if rng.random() < 0.25 else " ")
        if rng.random() < 0.04:
            out += out[-2:] * rng.randint(1, 6)
    return "".join(out[:-1])


def variant(rng, original):
    """Returns a text with stretches moved, words replaced, dropped, doubled, and case changed."""
    parts = re.split(r"( )", original)
    for _ in range(rng.choice([0, 1, 1, 2, 3, 5])):
        if len(parts) < 2:
            break
        start, length = rng.randrange(len(parts)), rng.choice([1, 2, 3, 5, 9, 15, 25])
        stretch = parts[start:start + length]
        kind = rng.randrange(6)
        if kind < 3:
            parts = parts[:start] + parts[start + length:]
            at = rng.randrange(len(parts) + 1)
            parts = parts[:at] + stretch + parts[at:]
        elif kind == 3:
            parts[start] = word(rng)
        elif kind == 4:
            parts = parts[:start] + stretch + parts[start:]
        else:
            parts[start] = parts[start].swapcase()
    return "".join(parts)


# SQuAD's rules, from their definition.


def normalized(answer):
    answer = "".join(char for char in answer.lower() if char not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", answer).split())


def f1(reference, response, both_empty):
    reference, response = reference.split(), response.split()
    if not reference and not response:
        return both_empty
    same = sum((Counter(reference) & Counter(response)).values())
    if same == 0:
        return 0.0
    precision, recall = same / len(response), same / len(reference)
    return 2 * precision * recall / (precision + recall)


def squad(response, references):
    response = normalized(response)
    first = [normalized(reference) for reference in references]
    second = [reference for reference in first if reference] or [""]
    return {
        "em_v1": float(response in first),
        "em_v2": float(response in second),
        "f1_v1": max(f1(reference, response, 0.0) for reference in first),
        "f1_v2": max(f1(reference, response, 1.0) for reference in second),
    }


def rouge(scorer, response, references):
    scores = scorer.score_multi(references, response)
    return {kind: [score.precision, score.recall, score.fmeasure] for kind, score in scores.items()}


# Cases that chance meets too rarely.

# A word and another that has its stem because of one rule of NLTK's, or must not have it.
STEMS = """sky skies, die dying, lie lying, tie tying, news new, inning innings, outing outings, canning cannings,
howe how, proceed proce, exceed exce, succeed succe, ties tie, dies die, flies fli, died die, spied spi, iced ice,
used use, aged age, owed owe, enjoy enjoi, happy happi, spys spi, hopefully hope, geology geolog, theology theolog,
radically radic, agreed agree, feed fee, hopping hop, falling fall, filing file, sized size, conflated conflate,
troubled trouble, controlling control, rolls roll, adoption adopt, region reg, yyyy yyyi, toyed toy, rate rat"""
PUNCTUATION = [
    "a..5", "a...5", "1..5", "1...5", ".5 b", "..5", ",4,5", "a.,5", "(.5)", "9. .", "5-3-2", "--5-", "5.-3", "$5.5", "x;5",
    "٣.٤", "٣. x", "a.٣", "²,5", "x²,5", "«x»", "¿x?", "a’s", "5€.3", "!5", "5!", "x!5", "+.5", "5 .5", "a\u00a0.5", "-\n5",
    "it's.", "dogs'", "x's) 's", "'s's 's", "1.'s 2", "A'S b's\tc's", "&amp;amp;lt;", "a\n-b", "a-\nb", "<skipped>.5",
]


def directed():
    """Yields items and settings."""
    pairs = [pair.split() for pair in STEMS.split(",")]
    stems = [{"response": one, "references": [other, "not " + one]} for one, other in pairs]
    # Two references with the same F: the first counts.
    stems.append({"response": "one two", "references": ["one", "one two three four"]})
    yield stems, {"stem": True, "bleu": {}, "chrf": {}, "ter": {}}
    lines = [{"response": line, "references": [line.replace(".", " ."), line + " x"]} for line in PUNCTUATION]
    for tokenize in ["13a", "intl", "char", "none"]:
        ter = {"normalized": tokenize != "none", "case_sensitive": True, "no_punct": tokenize == "char"}
        settings = {"stem": False, "bleu": {"tokenize": tokenize}, "chrf": {"word_order": 2}, "ter": ter}
        yield lines, settings
    words = [f"w{number}" for number in range(80)]
    pairs = [
        (words, words[30:] + words[:30]),  # too far from the diagonal
        (words, words[60:] + words[:60]),  # too far to be moved
        (words[:30], words[:5] + words[17:30] + words[5:17]),  # too long a stretch to be moved at once
        (words[:1], words[40:] + words[:40]),  # so steep that the beam must be wider
        (words, words[70:71]),
        (["a", "b"] * 25, ["b", "b", "a"] * 18),  # more moves than are tried
        (["a", "b", "c"] * 17, ["c", "a", "a", "b"] * 13),
        # moves that save as much as others
        ("c p i d h k d o c u p c s c 1 t x c m c c p f m p d c g p i".split(),
         "o z 1 1 1 1 1 1 p b c d p i o c p c d c p c y o i".split()),
    ]
    moves = [{"response": " ".join(one), "references": [" ".join(other)]} for one, other in pairs]
    yield moves, {"stem": False, "bleu": {}, "chrf": {}, "ter": {}}


def drawn(rng):
    """Returns random items and settings."""
    words = [word(rng) for _ in range(rng.choice([1, 2, 4, 10, 40]))]
    count = rng.choice([1, 1, 1, 2, 3])
    items = []
    for _ in range(rng.choice([1, 1, 2, 4])):
        response = text(rng, words)
        references = [variant(rng, response) if rng.random() < 0.6 else text(rng, words) for _ in range(count)]
        items.append({"response": response, "references": references})
    method = rng.choice(["exp", "exp", "floor", "add-k", "none"])
    value = rng.choice([None, None, 0.01, 0.5, 2.0]) if method in ("floor", "add-k") else None
    settings = {
        "stem": rng.random() < 0.6,
        "bleu": {
            "tokenize": rng.choice(["13a", "13a", "intl", "intl", "char", "none"]),
            "smooth_method": method,
            "smooth_value": value,
            "lowercase": rng.random() < 0.3,
            "effective_order": rng.random() < 0.4,
        },
        "chrf": {
            "char_order": rng.choice([6, 6, 6, 6, 3]),
            "word_order": rng.choice([0, 2, 2, 1]),
            "beta": rng.choice([2, 2, 1, 3]),
            "lowercase": rng.random() < 0.3,
        },
        "ter": {
            "normalized": rng.random() < 0.4,
            "no_punct": rng.random() < 0.3,
            "case_sensitive": rng.random() < 0.5,
        },
    }
    return items, settings


def case(items, settings, longest_for_ter):
    """Returns items and settings with what is expected of them."""
    responses = [item["response"] for item in items]
    streams = list(zip(*(item["references"] for item in items)))
    kinds = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
    scorer = rouge_scorer.RougeScorer(kinds, use_stemmer=settings["stem"])
    metrics = {"bleu": BLEU(**settings["bleu"]), "chrf": CHRF(**settings["chrf"]), "ter": TER(**settings["ter"])}
    expected = {
        "rouge": [rouge(scorer, item["response"], item["references"]) for item in items],
        "squad": [squad(item["response"], item["references"]) for item in items],
    }
    longest = max(len(text.split()) for stream in [responses, *streams] for text in stream)
    for name, metric in metrics.items():
        if name == "ter" and longest > longest_for_ter:
            expected[name] = None
            continue
        corpus = metric.corpus_score(responses, streams)
        expected[name] = {
            "corpus": corpus.score,
            "signature": str(metric.get_signature()),
            "items": [metric.sentence_score(item["response"], item["references"]).score for item in items],
        }
        if name == "bleu":
            expected[name] |= {"precisions": corpus.precisions, "bp": corpus.bp,
                               "lengths": [corpus.sys_len, corpus.ref_len]}
    return {"items": items, "settings": settings, "expected": expected}


def main():
    logging.disable(logging.CRITICAL)
    if sacrebleu.__version__ != VERSIONS["sacrebleu"]:
        sys.exit(f"sacrebleu {VERSIONS['sacrebleu']} is needed, this is {sacrebleu.__version__}")
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    rng = random.Random(seed)
    for items, settings in directed():
        print(json.dumps(case(items, settings, 10**6)))
    for _ in range(count):
        print(json.dumps(case(*drawn(rng), LONGEST_FOR_TER)))


if __name__ == "__main__":
    main()
