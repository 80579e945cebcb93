"""Bootstrap of Cohen's kappa with numpy, to compare `cargo bench --bench statistics` with.

10,000 comparisons in three categories, each a cluster of one, as in benches/statistics.rs. Two ways:

loop         what people write: in each replicate draw 10,000 indices, count the table, compute kappa.
multinomial  what one can write for clusters of one: all tables in a single multinomial draw.

One process. Of the loop only REPLICATES replicates are timed, and the time is scaled to 10,000.
"""

import time

import numpy as np

CATEGORIES, COMPARISONS, WANTED, REPLICATES = 3, 10_000, 10_000, 1_000


def kappa(tables):
    """Cohen's kappa of tables whose last two dimensions are judge and people."""
    n = tables.sum(axis=(-2, -1))
    observed = np.trace(tables, axis1=-2, axis2=-1) / n
    expected = (tables.sum(axis=-1) * tables.sum(axis=-2)).sum(axis=-1) / n**2
    return (observed - expected) / (1 - expected)


def loop(cells, rng, replicates):
    values = np.empty(replicates)
    for at in range(replicates):
        drawn = cells[rng.integers(0, COMPARISONS, COMPARISONS)]
        table = np.bincount(drawn, minlength=CATEGORIES**2).reshape(CATEGORIES, CATEGORIES)
        values[at] = kappa(table)
    return np.percentile(values, [2.5, 97.5])


def multinomial(cells, rng, replicates):
    shares = np.bincount(cells, minlength=CATEGORIES**2) / COMPARISONS
    tables = rng.multinomial(COMPARISONS, shares, size=replicates)
    return np.percentile(kappa(tables.reshape(-1, CATEGORIES, CATEGORIES)), [2.5, 97.5])


def timed(way, cells, replicates):
    """The best of three runs, in seconds, with the interval."""
    best = float("inf")
    for _ in range(3):
        rng = np.random.default_rng(1)
        begin = time.perf_counter()
        interval = way(cells, rng, replicates)
        best = min(best, time.perf_counter() - begin)
    return best, interval


def main():
    rng = np.random.default_rng(0)
    right = rng.integers(0, CATEGORIES, COMPARISONS)
    judge, people = (
        np.where(rng.random(COMPARISONS) < 0.8, right, rng.integers(0, CATEGORIES, COMPARISONS))
        for _ in range(2)
    )
    cells = judge * CATEGORIES + people
    seconds, interval = timed(loop, cells, REPLICATES)
    print(f"numpy {np.__version__}, {COMPARISONS} comparisons")
    print(f"loop: {REPLICATES} replicates in {seconds:.3f} s, interval {interval}")
    print(f"loop: {WANTED} replicates in {seconds * WANTED / REPLICATES:.2f} s (scaled)")
    seconds, interval = timed(multinomial, cells, WANTED)
    print(f"multinomial: {WANTED} replicates in {seconds:.4f} s, interval {interval}")


if __name__ == "__main__":
    main()
