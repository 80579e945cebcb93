"""Prints paired data of two systems with the p-values that scipy's permutation test gives them, as JSON.

pip install -r tests/oracle/requirements-statistics.txt
python tests/oracle/sign_flip.py > tests/golden/sign_flip.json

Each row is an item: two numbers that a system contributes, `a` and `b`. Two statistics of a system are tested:
the mean of `a`, and the ratio of sums Σa/Σb. scipy tries every exchange where these are at most RESAMPLES,
else it draws as many at random.
"""

import json

import numpy as np
import scipy
from scipy.stats import permutation_test

RESAMPLES = 200_000


def mean(rows):
    return rows[..., 0].mean(axis=-1)


def ratio(rows):
    return rows[..., 0].sum(axis=-1) / rows[..., 1].sum(axis=-1)


def p_value(first, second, statistic):
    """Returns the two-sided p-value; what is exchanged is the whole row, by its place in a list of all."""
    rows = np.concatenate([first, second])
    places = np.arange(len(first)), np.arange(len(first)) + len(first)

    def difference(one, other, axis=-1):
        return statistic(rows[np.moveaxis(one, axis, -1)]) - statistic(rows[np.moveaxis(other, axis, -1)])

    # scipy asks for two observations. With one, both exchanges give the same distance.
    if len(first) == 1:
        return 1.0
    test = permutation_test(places, difference, permutation_type="samples", vectorized=True, n_resamples=RESAMPLES,
                            alternative="two-sided", batch=10_000, rng=np.random.default_rng(0))
    return float(test.pvalue)


def case(name, first, second):
    first, second = np.array(first, dtype=float), np.array(second, dtype=float)
    return {
        "name": name,
        "input": {"first": first.tolist(), "second": second.tolist()},
        "expected": {
            "exact": 2 ** len(first) <= RESAMPLES,
            "mean": p_value(first, second, mean),
            "ratio": p_value(first, second, ratio),
        },
    }


def cases():
    rng = np.random.default_rng(5)
    yield case("one item", [[0.5, 2]], [[0.25, 3]])
    yield case("two items", [[3, 4], [5, 7]], [[1, 4], [2, 8]])
    yield case("three items, one direction", [[0.9, 1], [0.8, 2], [0.7, 3]], [[0.1, 1], [0.2, 2], [0.3, 3]])
    yield case("three items, both directions", [[3, 5], [1, 4], [6, 9]], [[1, 5], [2, 3], [2, 8]])
    values = [0.1, 0.2, 0.3, 0.1, 0.2, 0.3, 0.1, 0.2]
    tied = [[0.5 + value * (1 if at % 3 else -1), 1] for at, value in enumerate(values)]
    yield case("differences that are tied but for rounding", tied, [[0.5, 1]] * len(tied))
    right, wrong = [1, 1], [0, 1]
    yield case("right and wrong answers", [right] * 9 + [wrong] * 3, [wrong] * 6 + [right] * 4 + [wrong] * 2)
    some = [[1, 2], [2, 5], [0, 3], [4, 4], [0, 0], [0, 1], [3, 7], [2, 2], [1, 1]]
    other = [[1, 2], [1, 5], [0, 3], [4, 4], [0, 0], [2, 3], [3, 7], [0, 2], [3, 4]]
    yield case("items that are equal, items of zeros", some, other)
    yield case("no item differs", some, some)
    yield case("no difference of the means", [[1, 2], [2, 4], [3, 3], [4, 5]], [[2, 3], [1, 2], [4, 8], [3, 5]])
    for n in (6, 10, 12):
        lengths = rng.integers(5, 30, size=(2, n)).astype(float)
        counts = rng.binomial(lengths.astype(int), 0.5).astype(float)
        yield case(f"{n} random items of whole numbers", *np.stack([counts, lengths], axis=-1))
        skewed = rng.lognormal(sigma=1.5, size=(2, n)) * np.array([[1.0], [2.0]])
        yield case(f"{n} random items that are skewed", *np.stack([skewed, rng.uniform(1, 9, size=(2, n))], axis=-1))
    better = rng.beta(3, 4, size=150)
    worse = np.clip(better - rng.normal(0.02, 0.12, size=150), 0, 1)
    yield case("150 items", np.stack([better, rng.integers(5, 30, size=150)], axis=-1).round(3),
               np.stack([worse, rng.integers(5, 30, size=150)], axis=-1).round(3))


def main():
    oracle = f"scipy {scipy.__version__} permutation_test"
    notes = f"exact up to 17 items, else {RESAMPLES} random exchanges; one item: 1, by definition"
    print(json.dumps({"oracle": oracle, "notes": notes, "cases": list(cases())}, indent=1))


if __name__ == "__main__":
    main()
