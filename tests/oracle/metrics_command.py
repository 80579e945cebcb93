"""Prints what `evenhand metrics` must say of the shipped tickets, as the programs that people cite have it, as JSON.

pip install -r tests/oracle/requirements-command.txt
python tests/oracle/metrics_command.py > tests/golden/metrics_command.json

Scores: sacrebleu's of the corpus, the means of rouge_score's F and of SQuAD's rules, for each system and for
each two systems the first minus the second. Intervals: scipy's BCa over items, of corpus scores with
sacrebleu's own aggregation. p-values: sacrebleu's paired approximate randomization and its paired bootstrap,
and for means as many exchanges as for those, by numpy. Takes some minutes.
"""

import itertools
import json
import logging
import os
import sys
import warnings
from pathlib import Path

os.environ["SACREBLEU_SEED"] = "12345"

import numpy
import sacrebleu
import scipy
from metrics import squad
from rouge_score import rouge_scorer
from sacrebleu.metrics import BLEU, CHRF, TER
from sacrebleu.significance import PairedTest

VERSIONS = {"sacrebleu": "2.6.0", "numpy": "2.4.6", "scipy": "1.17.1"}
TICKETS = Path(__file__).parents[2] / "calibration" / "tickets" / "items.jsonl"
EXCHANGES = 20_000
RESAMPLES_OF_MEANS = 100_000
RESAMPLES_OF_CORPORA = 20_000
CORPUS = {"bleu": BLEU, "chrf": CHRF, "chrf++": lambda: CHRF(word_order=2), "ter": TER}
ROUGE = {"rouge-1": "rouge1", "rouge-2": "rouge2", "rouge-l": "rougeL", "rouge-lsum": "rougeLsum"}


def bootstrapped(statistic, count, resamples):
    """Returns scipy's BCa interval of a statistic of item numbers, a row for each resample; nothing where none varies."""
    found = scipy.stats.bootstrap(
        (numpy.arange(count),),
        lambda rows, axis: statistic(rows),
        n_resamples=resamples,
        batch=1000,
        vectorized=True,
        method="BCa",
        rng=numpy.random.default_rng(7),
    )
    interval = found.confidence_interval
    return [None if numpy.isnan(end) else float(end) for end in (interval.low, interval.high)]


def estimate(value, statistic, count, resamples):
    low, high = bootstrapped(statistic, count, resamples)
    return {"value": float(value), "low": low, "high": high}


def exchanged(first, second):
    """Returns the p-value of a difference of means by random exchanges, the data counted as one of them."""
    rng = numpy.random.default_rng(11)
    difference = first - second
    signs = rng.choice([-1.0, 1.0], size=(EXCHANGES, len(difference)))
    reached = numpy.abs(signs @ difference) >= abs(difference.sum()) - 1e-12 * len(difference)
    return float((1 + reached.sum()) / (EXCHANGES + 1))


def of_means(values):
    """Returns systems and pairs of a metric that is a mean of items' values."""
    count = len(next(iter(values.values())))

    def mean(values):
        return estimate(values.mean(), lambda rows: values[rows].mean(axis=-1), count, RESAMPLES_OF_MEANS)

    pairs = [
        {"between": [a, b], "difference": mean(values[a] - values[b]), "p_value": exchanged(values[a], values[b])}
        for a, b in itertools.combinations(values, 2)
    ]
    return {"systems": {system: mean(values[system]) for system in values}, "pairs": pairs}


def paired(metric, responses, references, kind):
    """Returns sacrebleu's p-value of the second system against the first."""
    test = PairedTest(
        list(responses.items()), {"metric": metric()}, [references], kind, EXCHANGES, n_ar_confidence=0, n_jobs=1
    )
    _, scores = test()
    del scores["System"]
    (found,) = scores.values()
    return float(found[1].p_value)


def of_corpora(metric, responses, references):
    """Returns systems and pairs of a metric that is a score of sums over the corpus."""
    count = len(references)
    aggregate = metric()
    statistics = {
        system: numpy.array(aggregate._extract_corpus_statistics(texts, [references]))
        for system, texts in responses.items()
    }

    def scores(system, rows):
        sums = statistics[system][numpy.atleast_2d(rows)].sum(axis=1)
        return numpy.array([aggregate._compute_score_from_stats(list(row)).score for row in sums])

    def interval(statistic, value):
        shaped = lambda rows: statistic(rows.reshape(-1, rows.shape[-1])).reshape(rows.shape[:-1])
        return estimate(value, shaped, count, RESAMPLES_OF_CORPORA)

    exact = {system: metric().corpus_score(texts, [references]).score for system, texts in responses.items()}
    pairs = []
    for a, b in itertools.combinations(responses, 2):
        two = {system: responses[system] for system in (a, b)}
        pairs.append({
            "between": [a, b],
            "difference": interval(lambda rows: scores(a, rows) - scores(b, rows), exact[a] - exact[b]),
            "p_value": paired(metric, two, references, "ar"),
            "p_value_bootstrap": paired(metric, two, references, "bs"),
        })
    systems = {system: interval(lambda rows, of=system: scores(of, rows), exact[system]) for system in responses}
    return {"systems": systems, "pairs": pairs}


def main():
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")  # of exact matches, of which there is none
    for module in (sacrebleu, numpy, scipy):
        if module.__version__ != VERSIONS[module.__name__]:
            sys.exit(f"{module.__name__} {VERSIONS[module.__name__]} is needed, this is {module.__version__}")
    items = [json.loads(line) for line in TICKETS.read_text(encoding="utf-8").splitlines()]
    references = [item["reference"] for item in items]
    systems = sorted(items[0]["responses"])
    responses = {system: [item["responses"][system] for item in items] for system in systems}

    def by_item(score):
        return of_means({
            system: numpy.array([score(text, reference) for text, reference in zip(texts, references)])
            for system, texts in responses.items()
        })

    plain, stemmed = {}, {}
    plain["exact-match"] = by_item(lambda response, reference: squad(response, [reference])["em_v1"])
    plain["token-f1"] = by_item(lambda response, reference: squad(response, [reference])["f1_v1"])
    for found, stem in [(plain, False), (stemmed, True)]:
        scorer = rouge_scorer.RougeScorer(list(ROUGE.values()), use_stemmer=stem)
        for name, kind in ROUGE.items():
            found[name] = by_item(lambda response, reference: scorer.score(reference, response)[kind].fmeasure)
    for name, metric in CORPUS.items():
        plain[name] = of_corpora(metric, responses, references)
    print(json.dumps({
        "oracle": "sacrebleu 2.6.0, rouge_score 0.1.2, scipy 1.17.1",
        "n": len(items),
        "exchanges": EXCHANGES,
        "metrics": plain,
        "stemmed": stemmed,
    }, indent=1))


if __name__ == "__main__":
    main()
