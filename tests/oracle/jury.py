"""Prints juries with what they are worth beside their members, by numpy and scipy, as JSON.

pip install -r tests/oracle/requirements-jury.txt
python tests/oracle/jury.py ../shared/data/llmbar-natural > tests/golden/jury_members.json

A reply is a letter: `a` and `b` are the systems, `t` a tie, `?` cannot be read. A row is the id of an item, the replies
of each judge in both orders, the labels of its annotators, and the probability of its draw or null. Of the judges of LLMBar
only the names are printed. Correlations are those of numpy's covariance matrix with weights; the part of an item is a bit
of BLAKE3. Intervals are Wilson's, or Student's t with errors clustered by item, as in `labelling.py` and
`paired_difference.py`.
"""

import itertools
import json
import math
import re
import sys
from collections import Counter
from pathlib import Path

import blake3
import numpy as np
import scipy
import scipy.stats

LOSS, FEWEST, MOST_FOR_ALL = 0.02, 20, 8


def part(item):
    digest = blake3.blake3(item.encode(), derive_key_context="evenhand: dev or test part").digest()
    return "test" if digest[0] & 1 else "dev"


def majority(choices, of):
    choice, most = Counter(choices).most_common(1)[0] if choices else (None, 0)
    return choice if 2 * most > of else None


class Row:
    def __init__(self, row):
        self.item, replies, labels, self.probability = row
        label = majority(labels, len(labels))
        self.share = Counter({label: 1.0}) if label else Counter({one: n / len(labels) for one, n in Counter(labels).items()})
        self.replies = [pair.split("/") for pair in replies.split()]
        self.right = [sum(self.share[one] for one in pair) / 2 for pair in self.replies]
        self.kept = [one if one == other and one != "?" else None for one, other in self.replies]

    def score(self, jury):
        winner = majority([self.kept[at] for at in jury if self.kept[at]], len(jury))
        return (self.share[winner], 1.0) if winner else (sum(self.right[at] for at in jury) / len(jury), 0.0)


def wilson(share, n):
    z = scipy.stats.norm.ppf(0.975)
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return middle - half, middle + half


def spread(residuals, items):
    """The clustered error of a mean whose residuals have mean 0, times its quantile."""
    groups = {}
    for item, residual in zip(items, residuals):
        groups[item] = groups.get(item, 0.0) + residual
    n = len(groups)
    error = math.sqrt(n / (n - 1) * sum(sum_ ** 2 for sum_ in groups.values())) / len(residuals)
    return error * scipy.stats.t.ppf(0.975, n - 1)


def mean(values, weights, items):
    values, weights = np.array(values), np.array(weights)
    value = float(np.average(values, weights=weights))
    alike = len(set(weights)) == 1
    if alike and set(values) <= {0.0, 1.0} and len(set(items)) == len(items):
        low, high = wilson(value, len(values))
    else:
        half = spread(weights * (values - value) / weights.sum() * len(values), items)
        if half < 1e-12:
            raise ValueError("no spread: choose other data")
        low, high = max(0.0, value - half), min(1.0, value + half)
    return {"value": value, "low": float(low), "high": float(high), "n": len(values)}


def difference(one, other, weights, items):
    values, weights = np.array(one) - np.array(other), np.array(weights)
    value = float(np.average(values, weights=weights))
    half = spread(weights * (values - value) / weights.sum() * len(values), items)
    if half < 1e-12:
        raise ValueError("no spread: choose other data")
    return {"value": value, "low": float(max(-1.0, value - half)), "high": float(min(1.0, value + half)), "n": len(values)}


def numbers(rows, weights, jury):
    items = [row.item for row in rows]
    scores = [row.score(jury) for row in rows]
    return {"judges": list(jury), "agreement": mean([score for score, _ in scores], weights, items),
            "coverage": mean([kept for _, kept in scores], weights, items)}


def average(rows, weights, jury):
    return round(float(np.average([row.score(jury)[0] for row in rows], weights=weights)), 9)


def tried(judges, rows, weights):
    if judges <= MOST_FOR_ALL:
        return [jury for size in range(1, judges + 1) for jury in itertools.combinations(range(judges), size)]
    juries = [()]
    for _ in range(judges):
        grown = [tuple(sorted({*juries[-1], judge})) for judge in range(judges) if judge not in juries[-1]]
        juries.append(max(grown, key=lambda jury: average(rows, weights, jury)))
    return juries[1:]


def expected(rows, judges):
    weighted = any(row[3] is not None for row in rows)
    planned = [Row(row) for row in rows if not row[2]]
    rows = [Row(row) for row in rows if row[2]]
    weight = lambda row: 1 / row.probability if weighted else 1.0
    weights = [weight(row) for row in rows]
    errors = 1 - np.array([row.right for row in rows]).T
    covariances = np.cov(errors, aweights=weights, ddof=0)
    sizes = np.sqrt(np.diag(covariances))
    correlations = covariances / np.outer(sizes, sizes)
    pairs = list(itertools.combinations(range(judges), 2))
    rho = float(np.mean([correlations[pair] for pair in pairs]))
    members = []
    for judge in range(judges):
        replies = [row.share[one] for row in rows for one in row.replies[judge]]
        twice = lambda values: [value for value in values for _ in range(2)]
        kept = [float(row.kept[judge] is not None) for row in rows + planned]
        members.append({"agreement": mean(replies, twice(weights), twice([row.item for row in rows])),
                        "coverage": mean(kept, [1.0] * len(kept), range(len(kept)))})
    dev, test = ([row for row in rows if part(row.item) == which] for which in ("dev", "test"))
    dev_weights, test_weights = ([weight(row) for row in side] for side in (dev, test))
    everybody = tuple(range(judges))
    found = {
        "members": members,
        "errors": {"n": len(rows), "correlations": [float(correlations[pair]) for pair in pairs], "mean_correlation": rho,
                   "effective_judges": judges / (1 + (judges - 1) * max(0.0, rho))},
        "dev": {"n": len(dev), "jury": numbers(dev, dev_weights, everybody)},
        "test": None,
    }
    if len(dev) < FEWEST:
        return found
    score = lambda jury: average(dev, dev_weights, jury)
    juries = tried(judges, dev, dev_weights)
    best_member = max([(judge,) for judge in range(judges)], key=score)
    best = min(juries, key=lambda jury: (-score(jury), len(jury)))
    enough = [jury for jury in juries if score(jury) >= score(best) - LOSS - 1e-12]
    cheapest = min(enough, key=lambda jury: (len(jury), -score(jury)))
    for name, jury in (("best_member", best_member), ("best", best), ("cheapest", cheapest)):
        found["dev"][name] = numbers(dev, dev_weights, jury)
    items = [row.item for row in test]
    scores = lambda jury: [row.score(jury)[0] for row in test]
    minus = lambda one, other: difference(scores(one), scores(other), test_weights, items)
    found["test"] = {
        "n": len(test),
        "jury": numbers(test, test_weights, everybody),
        "best_member": numbers(test, test_weights, best_member),
        "jury_minus_best_member": minus(everybody, best_member),
        "cheapest": numbers(test, test_weights, cheapest),
        "cheapest_minus_jury": None if cheapest == everybody else minus(cheapest, everybody),
    }
    return found


def simulated(seed, n, skills, together, ties=0.0, unreadable=0.0, annotators=1, drawn=False):
    """Judges that are right as often as they are skilled, and in a share of the comparisons all by the same luck."""
    rng = np.random.default_rng(seed)
    rows = []
    for at in range(n):
        truth, same, luck = str(rng.choice(["a", "b"])), rng.random() < together, rng.random(2)
        replies = []
        for skill in skills:
            pair = []
            for order in range(2):
                right = (luck[order] if same else rng.random()) < skill
                reply = truth if right else "ab"["ba".index(truth)]
                reply = "t" if rng.random() < ties else reply
                pair.append("?" if rng.random() < unreadable else reply)
            replies.append("/".join(pair))
        labels = "".join(truth if rng.random() < 0.9 else str(rng.choice(["a", "b", "t"])) for _ in range(annotators))
        probability = float(rng.choice([0.25, 0.5, 0.8])) if drawn else None
        labels = "" if drawn and at % 7 == 0 else labels
        rows.append([f"q{at:03}", " ".join(replies), labels, probability])
    return rows


def recorded(folder, judges):
    lines = lambda name: [json.loads(line) for line in (folder / name).read_text().splitlines()]
    labels = {label["id"]: label["winner"] for label in lines("labels.jsonl")}
    replies = {item: [["?", "?"] for _ in judges] for item in labels}
    for at, judge in enumerate(judges):
        for line in lines(f"replies/{judge}.jsonl"):
            shown = list(re.finditer(r"Output \((a|b)\)", line["reply"] or ""))
            if shown:
                first, second = line["first"], line["second"]
                replies[line["id"]][at][first != "a"] = first if shown[-1].group(1) == "a" else second
    return [[item, " ".join("/".join(pair) for pair in replies[item]), label, None] for item, label in labels.items()]


def cases(folder):
    def case(name, judges, rows):
        return {"name": name, "judges": judges, "rows": rows, "expected": expected(rows, judges)}

    yield case("three that err apart", 3, simulated(1, 120, [0.7, 0.72, 0.68], 0.0))
    yield case("three that often err together", 3, simulated(2, 110, [0.7, 0.72, 0.68], 0.7))
    yield case("one is much better than two others", 3, simulated(3, 90, [0.95, 0.6, 0.6], 0.1))
    yield case("two", 2, simulated(4, 70, [0.8, 0.7], 0.2))
    yield case("five with ties, unreadable replies and three annotators", 5, simulated(
        5, 100, [0.8, 0.75, 0.7, 0.7, 0.6], 0.2, ties=0.1, unreadable=0.05, annotators=3))
    yield case("four, labels drawn with unequal probabilities", 4, simulated(
        6, 140, [0.8, 0.75, 0.7, 0.7], 0.3, drawn=True))
    yield case("ten, which are not tried in every way", 10, simulated(7, 80, list(np.linspace(0.6, 0.8, 10)), 0.2))
    yield case("the dev part is too small", 3, simulated(8, 30, [0.7, 0.7, 0.7], 0.2))
    vanilla = ["chatgpt-0301-vanilla", "llama2-vanilla", "palm2-vanilla", "falcon-vanilla", "gpt-4-vanilla"]
    metrics = [judge.replace("vanilla", "metrics") for judge in vanilla]
    for judges in (vanilla[:3], vanilla, vanilla + metrics):
        yield {"llmbar": judges, "expected": expected(recorded(folder, judges), len(judges))}


def main():
    oracle = f"numpy {np.__version__}, scipy {scipy.__version__}, blake3 {blake3.__version__}"
    notes = "rows: id, replies of each judge in both orders, labels, probability; judges by place; without prices; 95 %"
    head = json.dumps({"oracle": oracle, "notes": notes})
    lines = ",\n".join(json.dumps(one) for one in cases(Path(sys.argv[1])))
    print(f'{head[:-1]}, "cases": [\n{lines}\n]}}')


if __name__ == "__main__":
    main()
