"""Prints what every rule of a cascade of two judges costs and how often it agrees with people, as JSON.

pip install -r tests/oracle/requirements-cascade.txt
python tests/oracle/cascade.py ../shared/data/llmbar-natural > tests/golden/cascade.json

Everything is read and computed anew from the files of the folder, with nothing of evenhand but its definitions: replies by
Python's regular expressions, the part of an item by the package blake3, Cohen's kappa by statsmodels. Each item has one
comparison, so an interval is Wilson's of statsmodels where all values are 0 or 1, and else Student's by scipy.

The three prompts of a judge in this data set are taken as three repeats of one order, which gives it margins. The costs of
a comparison are invented: 1 USD per 1,000 with the cheap judge and 10 with the strong one. The file has numbers only and no
text of the data set.
"""

import json
import re
import sys
from fractions import Fraction
from pathlib import Path

import blake3
import numpy as np
import scipy
import scipy.stats
import statsmodels
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.proportion import proportion_confint

CHEAP_USD, STRONG_USD = 0.001, 0.01
PROMPTS = ("cot", "metrics", "vanilla")


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def votes(folder, judge, words):
    """By item and order (0: `a` first): the systems that the replies prefer, None for those without a vote."""
    found = {}
    for name in judge:
        for line in lines(folder / "replies" / f"{name}.jsonl"):
            matches = list(re.finditer(words, line["reply"]))
            shown = {"a": line["first"], "b": line["second"]}
            vote = shown[matches[-1][1]] if matches else None
            found.setdefault((line["id"], int(line["first"] == "b")), []).append(vote)
    return found


def majority(replies):
    chosen = [one for one in set(replies) if one and 2 * replies.count(one) > len(replies)]
    return chosen[0] if chosen else None


class Judge:
    def __init__(self, folder, names, words):
        self.votes = votes(folder, names, words)
        self.repeat = len(names)

    def replies(self, item):
        return self.votes[item, 0] + self.votes[item, 1]

    def verdict(self, item):
        one, other = (majority(self.votes[item, order]) for order in (0, 1))
        return one if one == other else None

    def margin(self, item):
        """By how much the likelier system leads, on average over both orders; None without repeats or readable votes."""
        if self.repeat == 1:
            return None
        share = Fraction(0)
        for order in (0, 1):
            readable = [one for one in self.votes[item, order] if one]
            if not readable:
                return None
            share += Fraction(readable.count("a"), len(readable)) / 2
        return round(float(abs(2 * share - 1)), 6)


def part(item):
    context = "evenhand: dev or test part"
    digest = blake3.blake3(item.encode(), derive_key_context=context).digest()
    return "test" if digest[0] & 1 else "dev"


def kappa(pairs):
    """Of (reply, label, weight); a reply without a vote is a category of its own. None if it is undefined."""
    names = ["a", "b", None]
    table = np.zeros((3, 3))
    for reply, label, weight in pairs:
        table[names.index(reply), names.index(label)] += weight
    value = float(cohens_kappa(table, return_results=True).kappa)
    return value if np.isfinite(value) else None


def mean_interval(values):
    values = np.array(values, dtype=float)
    n = len(values)
    if set(values) <= {0.0, 1.0}:
        low, high = proportion_confint(int(values.sum()), n, method="wilson")
        return {"value": float(values.mean()), "low": float(low), "high": float(high), "n": n}
    half = scipy.stats.t.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n)
    value = float(values.mean())
    return {"value": value, "low": max(0.0, value - half), "high": min(1.0, value + half), "n": n}


def difference(after, before):
    values = np.array(after, dtype=float) - np.array(before, dtype=float)
    n = len(values)
    half = scipy.stats.t.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n)
    value = float(values.mean())
    return {"value": value, "low": max(-1.0, value - half), "high": min(1.0, value + half), "n": n}


def sends(rule, threshold, cheap, item):
    if rule in ("cheap-alone", "strong-alone"):
        return rule == "strong-alone"
    if cheap.verdict(item) is None:
        return True
    margin = cheap.margin(item)
    return rule == "margin" and margin is not None and margin < threshold


def agreements(rule, threshold, judges, items, labels):
    shares = []
    for item in items:
        replies = judges[sends(rule, threshold, judges[0], item)].replies(item)
        shares.append(sum(one == labels[item] for one in replies) / len(replies))
    return shares


def sent_share(rule, sent):
    if rule in ("cheap-alone", "strong-alone"):
        # So by definition, whatever the data.
        return {"value": float(sent[0]), "low": float(sent[0]), "high": float(sent[0]), "n": len(sent)}
    return mean_interval([float(one) for one in sent])


def numbers(rule, threshold, judges, items, labels):
    cheap, strong = judges
    sent = [sends(rule, threshold, cheap, item) for item in items]
    asks_cheap = rule != "strong-alone"
    requests = [2 * cheap.repeat * len(items) * asks_cheap, 2 * strong.repeat * sum(sent)]
    usd = CHEAP_USD * len(items) * asks_cheap + STRONG_USD * sum(sent)
    verdicts = [judges[by].verdict(item) for by, item in zip(sent, items)]
    kept = [float(one == labels[item]) for one, item in zip(verdicts, items) if one]
    pairs = []
    for by, item in zip(sent, items):
        replies = judges[by].replies(item)
        pairs += [(one, labels[item], 1 / len(replies)) for one in replies]
    return {"rule": rule, "threshold": threshold,
            "sent": sent_share(rule, sent), "requests": requests, "cost_usd": usd,
            "coverage": mean_interval([float(one is not None) for one in verdicts]),
            "agreement": mean_interval(agreements(rule, threshold, judges, items, labels)),
            "kept_agreement": mean_interval(kept), "cohen_kappa": kappa(pairs)}


def choose(rules, loss):
    best = max(one["agreement"]["value"] for one in rules)
    within = [one for one in rules if one["agreement"]["value"] >= best - loss - 1e-9]
    chosen = min(within, key=lambda one: (one["cost_usd"], one["sent"]["value"]))
    return chosen["rule"], chosen["threshold"]


def case(folder, name, cheap, strong):
    judges = [Judge(folder, names, r"Output \((a|b)\)" + end) for names, end in (cheap, strong)]
    labels = {line["id"]: line["winner"] for line in lines(folder / "labels.jsonl")}
    parts = {which: [line["id"] for line in lines(folder / "items.jsonl") if part(line["id"]) == which]
             for which in ("dev", "test")}
    dev, test = parts["dev"], parts["test"]
    margins = sorted({judges[0].margin(item) for item in dev if judges[0].verdict(item)} - {None})
    rules = [("cheap-alone", None), ("not-kept", None)]
    rules += [("margin", threshold) for threshold in margins[1:]] + [("strong-alone", None)]
    of_dev = [numbers(*rule, judges, dev, labels) for rule in rules]
    chosen = {str(loss): choose(of_dev, loss) for loss in (0, 0.02, 0.05, 0.1)}
    of_strong = agreements("strong-alone", None, judges, test, labels)
    strong_cost = STRONG_USD * len(test)
    of_test = []
    for rule in rules:
        found = numbers(*rule, judges, test, labels)
        found["agreement_difference"] = difference(agreements(*rule, judges, test, labels), of_strong)
        found["cost_share"] = found["cost_usd"] / strong_cost
        of_test.append(found)
    return {"name": name, "cheap": cheap[0], "strong": strong[0],
            "expected": {"dev": of_dev, "chosen": chosen, "test": of_test}}


def main():
    folder = Path(sys.argv[1])
    repeats = lambda judge: ([f"{judge}-{prompt}" for prompt in PROMPTS], "")
    one = lambda judge, end="": ([judge], end)
    cases = [
        case(folder, "one reply in each order", one("falcon-vanilla"), one("gpt-4-cot", " is better")),
        case(folder, "three repeats of the cheap judge", repeats("chatgpt"), one("gpt-4-vanilla")),
        case(folder, "three repeats of both", repeats("palm2"), repeats("llama2")),
        case(folder, "the cheap judge is the better one", one("gpt-4-vanilla"), one("llama2-metrics")),
    ]
    oracle = f"statsmodels {statsmodels.__version__}, scipy {scipy.__version__}, numpy {np.__version__}, blake3 {blake3.__version__}"
    notes = f"USD of a comparison: {CHEAP_USD} and {STRONG_USD}; an interval of a share is Wilson's, else Student's"
    head = json.dumps({"oracle": oracle, "notes": notes})
    rows = ",\n".join(json.dumps(one) for one in cases)
    print(f'{head[:-1]}, "cases": [\n{rows}\n]}}')


if __name__ == "__main__":
    main()
