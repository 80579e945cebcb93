"""Prints how well scores separate passes from fails, and how they correlate with grades, as JSON.

pip install -r tests/oracle/requirements-classes.txt
python tests/oracle/ordered_table.py > tests/golden/ordered_table.json

Each observation has a score, a grade from 0 on, and a weight. The area under the curve is that of scikit-learn's
roc_auc_score, for the grades from `pass_from` on against those below. Correlations are scipy's spearmanr and kendalltau
of lists in which each observation stands as often as its weight says, which is a whole number; null where scipy says
that they are undefined.
"""

import json
import math
import warnings

import numpy as np
import scipy
import scipy.stats
import sklearn
from sklearn.metrics import roc_auc_score


def expected(scores, grades, weights, pass_from):
    passes = grades >= pass_from
    area = roc_auc_score(passes, scores, sample_weight=weights) if 0 < passes.sum() < len(passes) else None
    times = weights.astype(int)
    listed = np.repeat(scores, times), np.repeat(grades, times)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = scipy.stats.spearmanr(*listed).statistic, scipy.stats.kendalltau(*listed).statistic
    rho, tau = (None if math.isnan(value) else float(value) for value in found)
    return {"auroc": None if area is None else float(area), "spearman": rho, "kendall_tau_b": tau}


def case(name, scores, grades, pass_from, weights=None):
    scores, grades = np.asarray(scores, dtype=float), np.asarray(grades, dtype=int)
    weights = np.ones(len(scores)) if weights is None else np.asarray(weights, dtype=float)
    given = {"scores": scores.tolist(), "grades": grades.tolist(), "weights": weights.tolist(), "pass_from": pass_from}
    return {"name": name, "input": given, "expected": expected(scores, grades, weights, pass_from)}


def cases():
    rng = np.random.default_rng(31)
    for n, steps, digits in ((12, 2, 3), (40, 2, 1), (60, 5, 3), (150, 5, 1), (80, 3, 0)):
        grades = rng.integers(0, steps, size=n)
        scores = np.round(grades / steps + rng.normal(0, 0.7, size=n), digits) + 0.0
        name = f"{n} responses, {steps} steps, scores of {digits} digits"
        yield case(name, scores, grades, steps - steps // 2)
        yield case(f"{name}, weights", scores, grades, steps - steps // 2, rng.integers(1, 6, size=n))
    grades = rng.integers(0, 3, size=60)
    yield case("tenths", np.clip(grades * 2 + rng.integers(0, 7, size=60), 0, 10) / 10, grades, 2)
    yield case("scores against the grades", [4, 3, 2, 1, 0, 0], [0, 0, 1, 1, 2, 2], 1)
    yield case("perfect separation", [1, 2, 3, 4], [0, 0, 1, 1], 1)
    yield case("equal scores", [1, 1, 1, 1], [0, 0, 1, 1], 1)
    yield case("all pass", [1, 2, 3, 4], [1, 1, 1, 1], 1)


def main():
    oracle = f"scikit-learn {sklearn.__version__} roc_auc_score, scipy {scipy.__version__} spearmanr, kendalltau"
    notes = "weights: sample_weight for the area, repetition for the correlations; null is undefined"
    head = json.dumps({"oracle": oracle, "notes": notes})
    lines = ",\n".join(json.dumps(one) for one in cases())
    print(f'{head[:-1]}, "cases": [\n{lines}\n]}}')


if __name__ == "__main__":
    main()
