"""Prints the difference of two weighted means over the same clusters with statsmodels' cluster-robust interval, as JSON.

pip install -r tests/oracle/requirements-paired.txt
python tests/oracle/paired_difference.py > tests/golden/paired_difference.json

Each observation is a cluster, a score and a weight. The scores of both sides are regressed on a constant and on whether
they are `after`; the coefficient of the latter is the difference. Its cluster-robust error is statsmodels' without
correction (CR0) times √(G/(G − 1)), on t(G − 1).
"""

import json
import math

import numpy as np
import scipy
import scipy.stats
import statsmodels
import statsmodels.api as sm


def expected(before, after):
    both = [(*one, 0.0) for one in before] + [(*one, 1.0) for one in after]
    clusters, scores, weights, side = (np.array(column) for column in zip(*both))
    model = sm.WLS(scores, sm.add_constant(side), weights=weights)
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False})
    groups = len(set(clusters))
    error = fit.bse[1] * math.sqrt(groups / (groups - 1))
    half = scipy.stats.t.ppf(0.975, groups - 1) * error
    value = float(fit.params[1])
    return {"difference": value, "low": max(-1.0, value - half), "high": min(1.0, value + half),
            "p_value": float(2 * scipy.stats.t.sf(abs(value) / error, groups - 1))}


def case(name, before, after):
    rows = [[[int(one[0]), float(one[1]), float(one[2])] for one in side] for side in (before, after)]
    return {"name": name, "input": {"before": rows[0], "after": rows[1]}, "expected": expected(*rows)}


def random_side(rng, replies, share, weights):
    return [(item, float(rng.random() < share[item]), weights[item]) for item, n in enumerate(replies) for _ in range(n)]


def cases():
    rng = np.random.default_rng(14)
    for items, share in ((12, 0.5), (50, 0.8), (100, 0.6)):
        shares = np.clip(rng.normal(share, 0.2, size=items), 0.05, 0.95)
        equal, twice = np.ones(items), np.full(items, 2)
        yield case(f"{items} items, two replies each", random_side(rng, twice, shares, equal),
                   random_side(rng, twice, np.clip(shares + 0.1, 0, 1), equal))
        uneven = [rng.integers(1, 5, size=items) for _ in range(2)]
        yield case(f"{items} items, other numbers of replies", random_side(rng, uneven[0], shares, equal),
                   random_side(rng, uneven[1], shares, equal))
        weights = 1 / rng.uniform(0.1, 1, size=items)
        yield case(f"{items} items, unequal weights", random_side(rng, twice, shares, weights),
                   random_side(rng, uneven[1], shares, weights))
    fractions = [[(item, value, 1.0) for item, value in enumerate(rng.integers(0, 4, size=20) / 3)] for _ in range(2)]
    yield case("scores between 0 and 1", *fractions)
    yield case("the interval is cut at 1", [(0, 0, 1), (1, 0, 1), (2, 1, 1)], [(0, 1, 1), (1, 1, 1), (2, 1, 1)])


def main():
    oracle = f"statsmodels {statsmodels.__version__} WLS, scipy {scipy.__version__}"
    notes = "rows are cluster, score, weight; interval: CR0 times sqrt(G/(G-1)), t(G-1), 95 %"
    head = json.dumps({"oracle": oracle, "notes": notes})
    lines = ",\n".join(json.dumps(one) for one in cases())
    print(f'{head[:-1]}, "cases": [\n{lines}\n]}}')


if __name__ == "__main__":
    main()
