"""Prints labels of people and how they differ from each other, by statsmodels and scipy, as JSON.

pip install -r tests/oracle/requirements-paired.txt
python tests/oracle/labelling.py > tests/golden/labelling.json
python tests/oracle/labelling.py grades > tests/golden/grade_labelling.json

Of each annotator and measure, the difference from all others is that of `paired_difference.py`; its p-value is the larger
one of that and, for measures that are 0 or 1, of Fisher's exact test; all p-values are adjusted by Holm's rule. Whoever
differs most by a measure is taken out of the others by whom the next is compared, with Bonferroni's adjustment.
"""

import json
import math
import sys
from collections import Counter, defaultdict
from itertools import combinations, product

import numpy as np
import scipy
import scipy.stats
import statsmodels
import statsmodels.api as sm
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

MEASURES = ["pace", "skipped", "others", "self_consistency", "left", "ties"]
GRADE_MEASURES = ["pace", "skipped", "others", "self_consistency", "steps"]
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


def observations(lines, steps):
    """Of each measure but agreement, the pairs of item and score of each annotator; and the labels of each comparison or
    response. The steps of a scale are those of grades; comparisons have none."""
    found = {measure: defaultdict(list) for measure in [*MEASURES, *GRADE_MEASURES]}
    first, labelled = {}, defaultdict(dict)
    for line in lines:
        item, who = int(line["id"][1:]), line["annotator"]
        asked, choice = (item, line.get("system")), line.get("grade", line.get("winner"))
        if line.get("repeat"):
            found["self_consistency"][who].append((item, float(first[asked, who] == choice)))
        elif "skipped" in line:
            found["skipped"][who].append((item, 1.0))
        else:
            first[asked, who] = choice
            labelled[asked][who] = choice
            found["skipped"][who].append((item, 0.0))
            found["ties"][who].append((item, float(choice == "tie")))
            found["pace"][who].append((item, line["seconds"]))
            if "left" in line and choice != "tie":
                found["left"][who].append((item, float(choice == line["left"])))
            if choice in steps:
                found["steps"][who].append((item, steps.index(choice) / (len(steps) - 1)))
    return found, labelled


def sides(measure, who, but, found, labelled):
    if measure == "others":
        own, rest = [], []
        for (item, _), chosen in labelled.items():
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


def expected(lines, measures, steps=()):
    found, labelled = observations(lines, steps)
    names = sorted({line["annotator"] for line in lines})
    # Of two people, only the one with more labels is compared.
    compared = sorted(names, key=lambda who: -sum(who in chosen for chosen in labelled.values()))
    compared = compared[:1] if len(names) == 2 else names
    tests = []
    for measure in measures:
        for who in compared:
            own, rest, _ = sides(measure, who, [], found, labelled)
            if min(len(own), len(rest)) >= FEWEST:
                tests.append((measure, who, contrast(own, rest)[1]))
    adjusted = multipletests([p for *_, p in tests], method="holm")[1]
    named = []
    for p, (measure, who, _) in sorted(zip(adjusted, tests), key=lambda one: one[0]):
        if p >= 0.05 or not is_unlike(measure, *sides(measure, who, [], found, labelled)):
            continue
        but = [one["annotator"] for one in named if one["measure"] == measure]
        own, rest, medians = sides(measure, who, but, found, labelled)
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
    return {"differences": named, "tested": len(tests), "median_seconds": medians}, found, labelled, names


def of_comparisons(lines):
    said, found, _, names = expected(lines, MEASURES)
    shares = {measure: {who: float(np.mean([s for _, s in found[measure][who]])) for who in names}
              for measure in ("self_consistency", "left", "ties")}
    return {**said, **shares}


def of_grades(lines, steps):
    said, found, labelled, names = expected(lines, GRADE_MEASURES, steps)
    best = len(steps) - 1
    annotators = {}
    for who in names:
        given = [chosen[who] for chosen in labelled.values() if who in chosen]
        value, low, high = (1.0 + best * float(end) for end in mean(found["steps"][who]))
        annotators[who] = {
            "labelled": len(given),
            "skipped": int(sum(score for _, score in found["skipped"][who])),
            "others": float(np.mean(list(with_the_others(labelled, who)))),
            "self_consistency": float(np.mean([score for _, score in found["self_consistency"][who]])),
            "mean_step": {"value": value, "low": low, "high": high},
            "cannot_assess": float(np.mean([grade == "cannot assess" for grade in given])),
        }
    return {**said, "annotators": annotators}


def with_the_others(labelled, who):
    """Whether most of the others give the same grade; without a majority the share of them that does."""
    for chosen in labelled.values():
        others = Counter(grade for name, grade in chosen.items() if name != who)
        if who not in chosen or not others:
            continue
        grade, most = others.most_common(1)[0]
        if 2 * most > others.total():
            yield float(grade == chosen[who])
        else:
            yield others[chosen[who]] / others.total()


def mean(scores):
    """The mean of pairs of item and score from 0 to 1: Wilson's interval where each item has one that is 0 or 1, else
    clustered by item."""
    items, values = (np.array(column, dtype=float) for column in zip(*scores))
    groups = len(set(items))
    if groups == len(items) and set(values) <= {0.0, 1.0}:
        return np.mean(values), *proportion_confint(sum(values), len(values), method="wilson")
    fit = sm.OLS(values, np.ones_like(values)).fit(
        cov_type="cluster", cov_kwds={"groups": items, "use_correction": False})
    half = scipy.stats.t.ppf(0.975, groups - 1) * fit.bse[0] * math.sqrt(groups / (groups - 1))
    return fit.params[0], max(0.0, fit.params[0] - half), min(1.0, fit.params[0] + half)


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


def graders(seed, items, systems, steps, profiles):
    rng = np.random.default_rng(seed)
    lines = []
    for item, system in product(range(items), systems):
        truth = rng.integers(len(steps))
        for who, (right, higher, seconds, skips, beside, again) in profiles.items():
            line = {"id": f"q{item:03}", "annotator": who, "system": system, "grade": None}
            if rng.random() < skips:
                lines.append({**line, "skipped": str(rng.choice(["unclear", "cannot-judge"]))})
                continue
            step = truth if rng.random() < right else rng.integers(len(steps))
            step = min(len(steps) - 1, step + (rng.random() < higher))
            grade = "cannot assess" if rng.random() < beside else steps[step]
            time = round(float(rng.lognormal(math.log(seconds), 0.5)), 1)
            lines.append({**line, "grade": grade, "seconds": time})
            if rng.random() < 0.3:
                grade = grade if rng.random() < again else str(rng.choice(steps))
                lines.append({**line, "grade": grade, "repeat": True})
    return lines


def comparisons():
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
    document("input: lines of a label file; 95 %", [
        {"name": name, "input": rows, "expected": of_comparisons(rows)} for name, rows in cases])


def grades():
    four, two = ["poor", "fair", "good", "excellent"], ["fail", "pass"]
    usual = (0.8, 0.1, 20, 0.03, 0.05, 0.9)
    cases = [
        ("one grades higher, faster and otherwise than the others, and not the same again", four, graders(
            1, 60, ["alpha", "beta"], four, {"ana": usual, "ben": (0.4, 0.8, 5, 0.03, 0.05, 0.2), "cyd": usual, "dov": usual})),
        ("one skips, another grades lower on a scale of two steps", two, graders(2, 90, ["alpha"], two, {
            "ana": (0.8, 0.6, 20, 0.3, 0.0, 0.9), "ben": (0.8, 0.6, 20, 0.03, 0.0, 0.9), "cyd": (0.8, 0.6, 20, 0.03, 0.1, 0.9),
            "dov": (0.8, 0.0, 20, 0.03, 0.05, 0.9)})),
        ("of two people one grades higher", four, graders(3, 80, ["alpha"], four, {
            "ana": usual, "ben": (0.8, 0.9, 20, 0.03, 0.05, 0.9)})),
        ("all are alike", four, graders(4, 50, ["alpha", "beta"], four, {"ana": usual, "ben": usual, "cyd": usual})),
    ]
    document("input: lines of a label file; steps: those of the scale, worst first; 95 %", [
        {"name": name, "steps": steps, "input": rows, "expected": of_grades(rows, steps)} for name, steps, rows in cases])


def document(notes, cases):
    oracle = f"statsmodels {statsmodels.__version__}, scipy {scipy.__version__}"
    head = json.dumps({"oracle": oracle, "notes": notes})
    print(f'{head[:-1]}, "cases": [\n' + ",\n".join(map(json.dumps, cases)) + "\n]}")


if __name__ == "__main__":
    grades() if sys.argv[1:] == ["grades"] else comparisons()
