"""Prints what ways to answer a question cost, and how near they bring it, as JSON.

pip install -r tests/oracle/requirements-costing.txt
python tests/oracle/costing.py > tests/golden/costing.json

Everything is computed anew from definitions, with nothing of evenhand: spreads by numpy, quantiles by scipy, the bets of the
confidence sequence by the formulas of Waudby-Smith and Ramdas (2024), and how long these bet by simulation with numpy's own
generator. Pilots are given as numbers of comparisons of a kind: what is preferred with each system shown first, and what
people say; `a` and `b` are the systems, `?` is unreadable, `t` a tie. The system of the question is beta, `b`.
"""

import json
import math

import numpy as np
import scipy
from scipy.stats import norm, pearsonr
from scipy.stats import t as student

WORTH = {"a": 0.0, "b": 1.0, "t": 0.5, "?": 0.5}
LOW = {"a": 0.0, "b": 1.0, "t": 0.5, "?": 0.0}
HIGH = {"a": 0.0, "b": 1.0, "t": 0.5, "?": 1.0}
LEAST = 50
SIMULATED = 4000


def comparisons(kinds):
    rows = []
    for number, replies, label in kinds:
        one, other = replies.split("/")
        score = (WORTH[one] + WORTH[other]) / 2
        bounds = [(LOW[one] + LOW[other]) / 2, (HIGH[one] + HIGH[other]) / 2]
        kept = one == other and one != "?"
        people = None if label == "-" else WORTH[label]
        rows += [{"score": score, "bounds": bounds, "kept": kept, "people": people}] * number
    return rows


def deviation(scores):
    """With one win and one loss added."""
    return float(np.std(list(scores) + [0.0, 1.0], ddof=1))


def z(error):
    return norm.ppf(1 - error / 2)


def sample_size(spread, margin, error):
    return max((z(error) * spread / margin) ** 2, LEAST)


def labels_needed(alone, rho, comparisons):
    if alone > comparisons:
        return None
    explained = max(rho, 0) ** 2
    return alone * (1 - explained) / (1 - explained * alone / comparisons)


class Capital:
    """Of many runs at once: who bets that the mean is above m."""

    def __init__(self, runs, m, level):
        self.m, self.evidence = m, 2 * math.log(1 / level)
        self.t, self.sum = 0, np.zeros(runs)
        self.squares, self.variance = np.full(runs, 0.25), np.full(runs, 0.25)
        self.capital = np.ones(runs)

    def observe(self, x):
        t = self.t + 1
        bet = np.sqrt(self.evidence / (t * math.log(1 + t) * self.variance))
        self.capital *= 1 + np.minimum(bet, 0.5 / self.m) * (x - self.m)
        self.t, self.sum = t, self.sum + x
        self.squares += (x - (0.5 + self.sum) / (t + 1)) ** 2
        self.variance = self.squares / (t + 1)


def until_decided(draw, items, margin, error, runs=SIMULATED):
    """For one pair: comparisons that are asked, and the share of runs without a decision."""
    level = error / 2
    above, below = Capital(runs, 0.5, level), Capital(runs, 0.5, level)
    low, high = Capital(runs, 0.5 - margin, level), Capital(runs, 0.5 - margin, level)
    after = np.full(runs, -1)
    for n in range(1, items + 1):
        lower, upper = draw(n)
        above.observe(lower)
        below.observe(1 - upper)
        low.observe(lower)
        high.observe(1 - upper)
        enough = 2 / error
        within = (low.capital >= enough) & (high.capital >= enough)
        now = (above.capital >= enough) | (below.capital >= enough) | within
        after[(after < 0) & now] = n
        if (after > 0).all():
            break
    in_flight = np.maximum(8, after // 8) - 1
    asked = np.where(after > 0, np.minimum(after + in_flight, items), items)
    undecided = float((after < 0).mean())
    error_of_mean = float(asked.std(ddof=1) / math.sqrt(runs))
    return {"mean": float(asked.mean()), "standard_error": error_of_mean,
            "low": float(np.quantile(asked, 0.1)), "high": float(np.quantile(asked, 0.9)),
            "undecided": undecided, "runs": runs}


def assumed(rate, items, margin, error, seed):
    random = np.random.default_rng(seed)
    def draw(_):
        scores = (random.random(SIMULATED) < rate).astype(float)
        return scores, scores
    return until_decided(draw, items, margin, error)


def bootstrapped(rows, items, margin, error, seed):
    """Each run has weights of its own: the Bayesian bootstrap, with one item won and one lost."""
    random = np.random.default_rng(seed)
    bounds = np.array([row["bounds"] for row in rows] + [[1.0, 1.0], [0.0, 0.0]])
    weights = random.exponential(size=(SIMULATED, len(bounds)))
    sums = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    def draw(_):
        at = (random.random((SIMULATED, 1)) > sums).sum(axis=1).clip(max=len(bounds) - 1)
        return bounds[at, 0], bounds[at, 1]
    return until_decided(draw, items, margin, error)


def labelled(rows, error):
    both = [(row["score"], row["people"]) for row in rows if row["people"] is not None]
    judge, people = np.array(both).T
    differences = judge - people
    half = student.ppf(1 - error / 2, len(both) - 1) * differences.std(ddof=1) / math.sqrt(len(both))
    rho = min(float(pearsonr(judge, people)[0]), 0.95)
    bias = float(differences.mean())
    return {"labelled": len(both), "bias": [bias, bias - half, bias + half], "correlation": rho,
            "deviation": deviation(people)}


def case(name, kinds, items, margin, error, seed):
    rows = comparisons(kinds)
    spread = deviation([row["score"] for row in rows])
    needed = sample_size(spread, margin, error)
    subset = math.ceil(items * (needed / items))
    expected = {"deviation": spread, "half_width": float(min(0.5, z(error) * spread / math.sqrt(items))),
                "coverage": sum(row["kept"] for row in rows) / len(rows), "needed": needed,
                "subset": subset if needed < items else None,
                "until_decided": bootstrapped(rows, items, margin, error, seed)}
    if any(row["people"] is not None for row in rows):
        people = labelled(rows, error)
        alone = sample_size(people["deviation"], margin, error)
        needed = labels_needed(alone, people["correlation"], items)
        whole = None if needed is None else math.ceil(min(max(needed, LEAST), items))
        gain = 1 / (1 - max(people["correlation"], 0) ** 2 * (items - people["labelled"]) / items)
        so_far = z(error) * people["deviation"] / math.sqrt(people["labelled"] * gain)
        people |= {"labels": whole, "labels_alone": math.ceil(alone) if alone <= items else None,
                   "half_width_so_far": float(min(0.5, so_far))}
        expected["people"] = people
    return {"name": name, "kinds": kinds, "items": items, "margin": margin, "error": error, "expected": expected}


def main():
    clear = [(36, "b/b", "-"), (10, "a/a", "-"), (14, "b/a", "-")]
    equal = [(22, "b/b", "-"), (20, "a/a", "-"), (30, "a/b", "-"), (8, "t/t", "-")]
    unreadable = [(30, "b/b", "-"), (10, "a/a", "-"), (10, "b/?", "-"), (4, "?/?", "-")]
    people = [(34, "b/b", "b"), (10, "b/b", "a"), (24, "a/a", "a"), (6, "a/a", "b"), (8, "a/b", "b"), (8, "a/b", "a"),
              (4, "t/t", "t"), (20, "b/b", "-"), (10, "a/b", "-")]
    biased = [(60, "b/b", "a"), (20, "b/b", "b"), (20, "a/a", "a")]
    cases = [
        case("a clear answer", clear, 400, 0.05, 0.05, 1),
        case("no difference", equal, 600, 0.1, 0.05, 2),
        case("unreadable orders", unreadable, 300, 0.08, 0.1, 3),
        case("with labels", people, 1000, 0.05, 0.05, 4),
        case("a biased judge", biased, 2000, 0.05, 0.05, 5),
        case("too few items", equal, 90, 0.02, 0.01, 6),
    ]
    rates = [{"win_rate": rate, "items": items, "margin": margin, "error": error,
              "expected": assumed(rate, items, margin, error, seed)}
             for seed, (rate, items, margin, error) in enumerate(
                 [(0.6, 500, 0.05, 0.05), (0.7, 200, 0.1, 0.05), (0.5, 600, 0.1, 0.05), (0.55, 300, 0.05, 0.1)])]
    oracle = f"numpy {np.__version__}, scipy {scipy.__version__}"
    notes = f"{SIMULATED} simulated runs each; `standard_error` is that of the mean"
    head = json.dumps({"oracle": oracle, "notes": notes, "rates": rates})
    lines = ",\n".join(json.dumps(one) for one in cases)
    print(f'{head[:-1]}, "cases": [\n{lines}\n]}}')


if __name__ == "__main__":
    main()
