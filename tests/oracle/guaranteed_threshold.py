"""Prints verdicts with a score and the threshold that a fixed-sequence test by Clopper and Pearson's bound gives, as JSON.

pip install -r tests/oracle/requirements-statistics.txt
python tests/oracle/guaranteed_threshold.py > tests/golden/guaranteed_threshold.json

The bound is that of scipy's exact binomial test (`binomtest(…).proportion_ci(method="exact")`), one-sided. The
thresholds are the scores that occur, from strict to loose, beginning with the first that could pass without any wrong
verdict.
"""

import json

import numpy as np
import scipy
from scipy.stats import binomtest


def upper_bound(wrong, kept, level):
    test = binomtest(wrong, kept, alternative="less")
    return float(test.proportion_ci(confidence_level=level, method="exact").high)


def fewest(risk, level):
    kept = 1
    while upper_bound(0, kept, level) > risk:
        kept += 1
    return kept


def threshold(scores, correct, risk, level):
    found = None
    for score in sorted(set(scores), reverse=True):
        kept = sum(1 for one in scores if one >= score)
        wrong = sum(1 for one, right in zip(scores, correct) if one >= score and not right)
        if upper_bound(0, kept, level) > risk:
            continue
        bound = upper_bound(wrong, kept, level)
        if bound > risk:
            break
        found = {"threshold": score, "kept": kept, "wrong": wrong, "bound": bound}
    return found


def case(name, scores, correct, risk=0.1, level=0.95):
    scores, correct = [float(score) for score in scores], [bool(right) for right in correct]
    return {
        "name": name,
        "input": {"scores": scores, "correct": correct, "risk": risk, "level": level},
        "expected": {"found": threshold(scores, correct, risk, level), "fewest": fewest(risk, level)},
    }


def cases():
    rng = np.random.default_rng(11)

    def judge(n, digits, error):
        scores = rng.uniform(0, 1, n).round(digits)
        return scores, rng.uniform(0, 1, n) >= error(scores)

    yield case("29 right", np.full(29, 0.5), np.full(29, True))
    yield case("28 right", np.full(28, 0.5), np.full(28, True))
    yield case("46 of which one is wrong", np.full(46, 0.5), [False] + [True] * 45)
    yield case("45 of which one is wrong", np.full(45, 0.5), [False] + [True] * 44)
    yield case("the surest are wrong", *(lambda s: (s, s < 0.9))(np.linspace(0, 1, 101).round(2)))
    for n in (60, 150, 400):
        yield case(f"{n}, error falls with the score", *judge(n, 3, lambda s: 0.5 * (1 - s) ** 2))
        yield case(f"{n}, scores of repeats", *judge(n, 1, lambda s: 0.4 * (1 - s)))
        yield case(f"{n}, scores are noise", *judge(n, 3, lambda s: np.full_like(s, 0.3)))
    yield case("a strict risk", *judge(500, 3, lambda s: 0.3 * (1 - s) ** 3), risk=0.05)
    yield case("a lax risk and level", *judge(80, 2, lambda s: 0.5 * (1 - s)), risk=0.3, level=0.8)


def main():
    oracle = f"scipy {scipy.__version__} binomtest"
    notes = "the one-sided exact bound; found is null where no threshold passes"
    print(json.dumps({"oracle": oracle, "notes": notes, "cases": list(cases())}, indent=1))


if __name__ == "__main__":
    main()
