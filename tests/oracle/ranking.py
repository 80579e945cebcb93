"""Prints strengths of systems with cluster-robust errors by statsmodels, and p-values adjusted by Holm's rule, as JSON.

pip install -r tests/oracle/requirements-paired.txt
python tests/oracle/ranking.py > tests/golden/ranking_clustered.json

A contest is an item, two systems, the score of the first (1, 0, or 1/2 for a tie), and whether the first was shown first
(1 or -1). Errors are statsmodels' without correction (CR0), in which the sum of strengths is 0:

- plain and with a term of the order: GLM, Binomial, no intercept, the last system is the reference;
- Davidson's model of ties: GenericLikelihoodModel, with derivatives by complex steps.

For the p-value of a difference of strengths CR0 is multiplied by sqrt(G/(G - 1)), on t(G - 1), where G is the fewest items
whose contests cross any division of the systems into two parts that has the two systems on different sides: all divisions
are tried here.
"""

import itertools
import json
import math

import numpy as np
import pandas
import scipy
import scipy.stats
import statsmodels
import statsmodels.api as sm
from statsmodels.base.model import GenericLikelihoodModel
from statsmodels.stats.multitest import multipletests
from statsmodels.tools.numdiff import approx_fprime_cs, approx_hess_cs


class Davidson(GenericLikelihoodModel):
    def probabilities(self, params):
        difference = self.exog[:, :-1] @ params[:-1]
        weights = np.array([np.exp(difference / 2), np.exp(-difference / 2), np.exp(params[-1]) * np.ones(len(difference))])
        return weights / weights.sum(axis=0)

    def loglikeobs(self, params):
        win, loss, tie = self.probabilities(np.asarray(params))
        return np.log(np.where(self.endog == 1, win, np.where(self.endog == 0, loss, tie)))

    def nloglikeobs(self, params):
        return -self.loglikeobs(params)

    def score_obs(self, params, **kwargs):
        return approx_fprime_cs(params, self.loglikeobs)

    def score(self, params, **kwargs):
        return self.score_obs(params).sum(axis=0)

    def hessian(self, params, **kwargs):
        return approx_hess_cs(np.asarray(params, dtype=float), lambda at: self.loglikeobs(at).sum())


def design(systems, first, second):
    rows = np.zeros((len(first), systems))
    rows[np.arange(len(first)), first] += 1
    rows[np.arange(len(first)), second] -= 1
    return rows[:, :-1]


def centred(systems, params, covariance):
    """Returns all strengths about their mean, with the other parameters after them, and their covariance."""
    others = len(params) - (systems - 1)
    full = np.zeros((systems + others, systems - 1 + others))
    full[: systems - 1, : systems - 1] = np.eye(systems - 1)
    full[:systems] -= full[:systems].mean(axis=0)
    full[systems:, systems - 1:] = np.eye(others)
    return full @ params, full @ covariance @ full.T


def fewest_items(systems, items, first, second):
    fewest = {}
    for size in range(1, systems):
        for part in itertools.combinations(range(systems), size):
            inside = np.isin(np.arange(systems), part)
            crossing = len(set(items[inside[first] != inside[second]]))
            for pair in itertools.combinations(range(systems), 2):
                if inside[pair[0]] != inside[pair[1]]:
                    fewest[pair] = min(fewest.get(pair, crossing), crossing)
    return fewest


def expected(systems, contests):
    items, first, second, scores, shown = (np.array(column) for column in zip(*contests))
    rows = design(systems, first, second)
    robust = {"cov_type": "cluster", "cov_kwds": {"groups": items, "use_correction": False}}
    found = {}

    def add(name, params, covariance):
        values, covariance = centred(systems, params, covariance)
        found[name] = {"strengths": values[:systems].tolist(), "errors": np.sqrt(np.diag(covariance))[:systems].tolist()}
        if len(values) > systems:
            found[name] |= {"coefficient": values[systems], "coefficient_error": math.sqrt(covariance[systems, systems])}
        return values, covariance

    def logit(columns):
        fit = sm.GLM(scores, columns, family=sm.families.Binomial()).fit(tol=1e-14, maxiter=200, **robust)
        return fit.params, fit.cov_params()

    values, covariance = add("plain", *logit(rows))
    add("order", *logit(np.column_stack([rows, shown])))
    if 0.5 in scores:
        start = np.append(values[: systems - 1] - values[systems - 1], 0.0)
        model = Davidson(scores, np.column_stack([rows, np.zeros(len(scores))]))
        fit = model.fit(start_params=start, method="newton", tol=1e-13, maxiter=200, disp=0, **robust)
        assert np.abs(model.score(fit.params)).max() < 1e-9
        add("davidson", fit.params, fit.cov_params())
    pairs = []
    for (one, other), clusters in sorted(fewest_items(systems, items, first, second).items()):
        difference = values[one] - values[other]
        variance = covariance[one, one] + covariance[other, other] - 2 * covariance[one, other]
        pair = {"systems": [one, other], "items": clusters, "difference": difference, "p_value": None, "p_adjusted": None}
        if clusters > 1:
            t = abs(difference) / math.sqrt(variance * clusters / (clusters - 1))
            pair["p_value"] = 2 * scipy.stats.t.sf(t, clusters - 1)
        pairs.append(pair)
    tested = [pair for pair in pairs if pair["p_value"] is not None]
    adjusted = multipletests([pair["p_value"] for pair in tested], method="holm")[1]
    for pair, p in zip(tested, adjusted):
        pair["p_adjusted"] = p
    return found | {"differences": pairs}


def drawn(rng, systems, strength, item, pairs, ties):
    """Draws the contests of an item; those of one item share an effect, so that they are not independent."""
    effect = rng.normal(0, 0.7, size=systems)
    for one, other in pairs:
        for shown in (1, -1):
            odds = strength[one] + effect[one] - strength[other] - effect[other] + 0.4 * shown
            if ties and rng.random() < 0.2:
                score = 0.5
            else:
                score = float(rng.random() < 1 / (1 + math.exp(-odds)))
            yield [item, int(one), int(other), score, shown]


def cases():
    rng = np.random.default_rng(16)
    for name, ties in (("four systems, ties", True), ("four systems, no ties", False)):
        strength = np.array([0.6, 0.2, -0.1, -0.7])
        contests = []
        for item in range(40):
            some = sorted(rng.choice(4, size=rng.integers(2, 5), replace=False))
            contests += drawn(rng, 4, strength, item, itertools.combinations(some, 2), ties)
        yield name, 4, contests
    # Two groups of three systems; a few items, or one, join them.
    for name, links in (("two groups, four items between them", 4), ("two groups, one item between them", 1)):
        strength = np.array([0.5, 0.0, -0.3, 0.4, 0.1, -0.6])
        contests = []
        for item in range(30):
            group = np.arange(3) + 3 * (item % 2)
            contests += drawn(rng, 6, strength, item, itertools.combinations(group, 2), True)
        for item in range(30, 30 + links):
            contests += drawn(rng, 6, strength, item, [(0, 4), (2, 3)], True)
        yield name, 6, contests


def main():
    versions = f"statsmodels {statsmodels.__version__}, scipy {scipy.__version__}, numpy {np.__version__}, pandas {pandas.__version__}"
    notes = "contests are item, first, second, score of the first, 1 if the first was shown first or -1; errors: CR0"
    head = json.dumps({"oracle": versions, "notes": notes})
    lines = ",\n".join(
        json.dumps({"name": name, "input": {"systems": systems, "contests": contests}, "expected": expected(systems, contests)})
        for name, systems, contests in cases()
    )
    print(f'{head[:-1]}, "cases": [\n{lines}\n]}}')


if __name__ == "__main__":
    main()
