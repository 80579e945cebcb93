"""Prints labels of people and how they differ from each other, by statsmodels and scipy, as JSON.

pip install -r tests/oracle/requirements-paired.txt
python tests/oracle/labelling.py > tests/golden/labelling.json

Of each annotator and measure, the difference from all others is that of `paired_difference.py`; its p-value is the larger
one of that and, for measures that are 0 or 1, of Fisher's exact test; all p-values are adjusted by Holm's rule. Whoever
differs most by a measure is taken out of the others by whom the next is compared, with Bonferroni's adjustment.
"""

import json
import math
from collections import defaultdict
from itertools import combinations

import numpy as np
import scipy
import scipy.stats
import statsmodels
import statsmodels.api as sm
from statsmodels.stats.multitest import multipletests

MEASURES = ["pace", "skipped", "others", "self_consistency", "left", "ties"]
FEWEST = 10


def contrast(own, others):
    """The mean of `own` minus that of `others`, pairs of item and score: value, low, high, p."""
    rows = [(*one, 0.0) for one in others] + [(*one, 1.0) for one in own]
    items, scores, side = (np.array(column, dtype=float) for column in zip(*rows))
    fit = sm.OLS(scores, sm.add_constant(side)).fit(
        cov_type="cluster", cov_kwds={"groups": items, "use_correction": False})
    groups = len(set(items))
    error = fit.bse[1] * math.sqrt(groups / (groups - 1))
    value = float(fit.params[1])
    half = scipy.stats.t.ppf(0.975, groups - 1) * error
    if error < 1e-12:
        raise ValueError("no spread: choose other data")
    p = float(2 * scipy.stats.t.sf(abs(value) / error, groups - 1))
    if set(scores) <= {0.0, 1.0}:
        table = [[sum(s for _, s in side), len(side) - sum(s for _, s in side)] for side in (own, others)]
        p = max(p, float(scipy.stats.fisher_exact(table)[1]))
    return {"value": value, "low": max(-1.0, value - half), "high": min(1.0, value + half)}, p


def observations(lines):
    """Of each measure but agreement, the pairs of item and score of each annotator; and the labels of each item."""
    found = {measure: defaultdict(list) for measure in MEASURES}
    first, items = {}, defaultdict(dict)
    for line in lines:
        item, who = int(line["id"][1:]), line["annotator"]
        if line.get("repeat"):
            found["self_consistency"][who].append((item, float(first[item, who] == line["winner"])))
        elif "skipped" in line:
            found["skipped"][who].append((item, 1.0))
        else:
            first[item, who] = line["winner"]
            items[item][who] = line["winner"]
            found["skipped"][who].append((item, 0.0))
            found["ties"][who].append((item, float(line["winner"] == "tie")))
            found["pace"][who].append((item, line["seconds"]))
            if line["winner"] != "tie":
                found["left"][who].append((item, float(line["winner"] == line["left"])))
    return found, items


def sides(measure, who, but, found, items):
    if measure == "others":
        own, rest = [], []
        for item, chosen in items.items():
            others = [choice for name, choice in chosen.items() if name != who and name not in but]
            if who in chosen and len(others) >= 2:
                own.append((item, np.mean([choice == chosen[who] for choice in others])))
                rest.append((item, np.mean([one == other for one, other in combinations(others, 2)])))
        return own, rest, None
    own = found[measure][who]
    rest = [one for name, scores in found[measure].items() if name != who and name not in but for one in scores]
    medians = None
    if measure == "pace" and own and rest:
        median = np.median([score for _, score in own + rest])
        medians = [float(np.median([score for _, score in side])) for side in (own, rest)]
        own, rest = ([(item, float(score > median)) for item, score in side] for side in (own, rest))
    return own, rest, medians


def is_unlike(measure, own, rest, _):
    """Who agrees more than the others do is not unlike them."""
    return measure != "others" or np.mean([s for _, s in own]) < np.mean([s for _, s in rest])


def expected(lines):
    found, items = observations(lines)
    names = sorted({line["annotator"] for line in lines})
    tests = []
    for measure in MEASURES:
        for who in names:
            own, rest, _ = sides(measure, who, [], found, items)
            if min(len(own), len(rest)) >= FEWEST:
                tests.append((measure, who, contrast(own, rest)[1]))
    adjusted = multipletests([p for *_, p in tests], method="holm")[1]
    named = []
    for p, (measure, who, _) in sorted(zip(adjusted, tests), key=lambda one: one[0]):
        if p >= 0.05 or not is_unlike(measure, *sides(measure, who, [], found, items)):
            continue
        but = [one["annotator"] for one in named if one["measure"] == measure]
        own, rest, medians = sides(measure, who, but, found, items)
        if but:
            if min(len(own), len(rest)) < FEWEST:
                continue
            again = min(1.0, contrast(own, rest)[1] * len(tests))
            if again >= 0.05 or not is_unlike(measure, own, rest, medians):
                continue
            p = max(p, again)
        difference, _ = contrast(own, rest)
        named.append({"annotator": who, "measure": measure, "share": float(np.mean([s for _, s in own])),
                      "share_of_others": float(np.mean([s for _, s in rest])), "n": [len(own), len(rest)],
                      "difference": difference, "median_seconds": medians, "p_adjusted": float(p)})
    medians = {who: float(np.median([s for _, s in found["pace"][who]])) for who in names}
    shares = {measure: {who: float(np.mean([s for _, s in found[measure][who]])) for who in names}
              for measure in ("self_consistency", "left", "ties")}
    return {"differences": named, "tested": len(tests), "median_seconds": medians, **shares}


def people(seed, items, profiles):
    rng = np.random.default_rng(seed)
    lines = []
    for item in range(items):
        truth = rng.choice(["alpha", "beta"])
        for who, (right, to_left, seconds, skips, ties, again) in profiles.items():
            line = {"id": f"q{item:03}", "annotator": who, "between": ["alpha", "beta"], "winner": None}
            if rng.random() < skips:
                lines.append({**line, "skipped": "unclear"})
                continue
            left = str(rng.choice(["alpha", "beta"]))
            winner = truth if rng.random() < right else rng.choice(["alpha", "beta"])
            winner = left if rng.random() < to_left else winner
            winner = "tie" if rng.random() < ties else winner
            time = round(float(rng.lognormal(math.log(seconds), 0.5)), 1)
            lines.append({**line, "winner": str(winner), "left": left, "seconds": time})
            if rng.random() < 0.3:
                same = rng.random() < again
                winner = winner if same else rng.choice(["alpha", "beta", "tie"])
                lines.append({**line, "winner": str(winner), "repeat": True})
    return lines


def main():
    usual = (0.8, 0.05, 20, 0.03, 0.1, 0.9)
    cases = [
        ("one is unlike the others in most ways", people(1, 90, {
            "ana": usual, "ben": (0.3, 0.5, 5, 0.03, 0.1, 0.6), "cyd": usual, "dov": usual})),
        ("one skips, another chooses ties", people(2, 120, {
            "ana": (0.8, 0.05, 20, 0.3, 0.1, 0.9), "ben": usual, "cyd": (0.8, 0.05, 20, 0.03, 0.5, 0.9), "dov": usual})),
        ("of three people one is unlike the two others, who agree more than usual", people(4, 70, {
            "ana": (0.95, 0.05, 20, 0.05, 0.05, 0.9), "ben": (0.1, 0.3, 20, 0.05, 0.1, 0.9), "cyd": (0.95, 0.05, 20, 0.05, 0.05, 0.9)})),
        ("all are alike", people(3, 80, {"ana": usual, "ben": usual, "cyd": usual})),
    ]
    oracle = f"statsmodels {statsmodels.__version__}, scipy {scipy.__version__}"
    lines = [json.dumps({"name": name, "input": rows, "expected": expected(rows)}) for name, rows in cases]
    head = json.dumps({"oracle": oracle, "notes": "input: lines of a label file; 95 %"})
    print(f'{head[:-1]}, "cases": [\n' + ",\n".join(lines) + "\n]}")


if __name__ == "__main__":
    main()
