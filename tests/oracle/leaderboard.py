"""Prints preferences in the form of alpaca_eval, with the win rates that alpaca_eval computes of them, as JSON.

pip install -r tests/oracle/requirements-leaderboard.txt
python tests/oracle/leaderboard.py > tests/golden/leaderboard.json

A preference is 1 where the baseline (output_1) is better, 2 where the other system (output_2) is, and 1.5, or 0 in older
files, for a draw. A judge that answers with probabilities gives a number between 1 and 2.
"""

import json
import random

from alpaca_eval.metrics import get_winrate


def main():
    draw = random.Random(11)
    lists = {
        "choices": [draw.choice([1, 1, 2, 2, 2, 1.5, 0]) for _ in range(83)],
        "probabilities": [draw.choice([draw.uniform(1, 2), draw.uniform(1, 2), 1 + draw.random() ** 20, 2 - draw.random() ** 20, 1.5])
                          for _ in range(121)],
        "with unreadable replies": [draw.choice([1, 2, 1.5, None]) for _ in range(40)],
        "one side alone": [2, 2, 2, 1.9999999999999998],
    }
    cases = []
    for name, preferences in lists.items():
        rates = get_winrate([{"preference": preference} for preference in preferences])
        cases.append({"name": name, "input": preferences, "expected": {key: float(value) for key, value in rates.items()}})
    print(json.dumps({"oracle": "alpaca_eval 0.6.6, pandas 2.3.3", "cases": cases}))


main()
