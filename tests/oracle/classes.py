"""Prints answers that name classes with the scores that scikit-learn gives them, as JSON.

pip install -r tests/oracle/requirements-classes.txt
python tests/oracle/classes.py > tests/golden/classes.json

The classes are those that the references use, as `labels`; the confusion matrix also has what the responses
name beside them, its rows are the references and its columns the responses.
"""

import json
import random
import sys

import sklearn
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

VERSION = "1.9.1"
NAMES = ["billing", "Refund", "ÄRGER", "質問", "very  urgent", "c++", "A", "ΣΊΣΥΦΟΣ"]


def class_of(text):
    return " ".join(text.split()).lower()


def case(name, responses, references):
    predicted, actual = [[class_of(text) for text in texts] for texts in (responses, references)]
    labels = sorted(set(actual))
    everything = sorted({*predicted, *actual})

    def scores(average):
        found = precision_recall_fscore_support(actual, predicted, labels=labels, average=average, zero_division=0)
        return [column.tolist() if average is None else float(column) for column in found[:3]]

    return {
        "name": name,
        "responses": responses,
        "references": references,
        "labels": labels,
        "per_class": [list(scores) for scores in zip(*scores(None))],
        "averages": {average: scores(average) for average in ["micro", "macro", "weighted"]},
        "accuracy": float(accuracy_score(actual, predicted)),
        "confusion_labels": everything,
        "confusion": confusion_matrix(actual, predicted, labels=everything).tolist(),
    }


def written(rng, name):
    """Returns a class as different people write it."""
    name = rng.choice([name, name.upper(), name.lower()])
    return rng.choice(["", " ", "\n"]) + name.replace(" ", rng.choice([" ", "\t\n"])) + rng.choice(["", "  "])


def drawn(rng, classes):
    """Returns answers of a judge that is right more often than not, leaves classes out and strays from them."""
    names = NAMES[:classes]
    common = [rng.random() ** 3 + 0.02 for _ in names]
    never = rng.choice(names) if rng.random() < 0.5 else None
    responses, references = [], []
    for _ in range(rng.randint(4, 40)):
        reference = rng.choices(names, common)[0]
        draw = rng.random()
        response = reference if draw < 0.6 else rng.choice(names)
        if response == never or draw > 0.92:
            response = rng.choice(["other", "I cannot say.", ""])
        responses.append(written(rng, response))
        references.append(written(rng, reference))
    return responses, references


def main():
    if sklearn.__version__ != VERSION:
        sys.exit(f"scikit-learn {VERSION} is needed, this is {sklearn.__version__}")
    rng = random.Random(5)
    cases = [
        case("one class, all right", ["yes", "Yes"], ["yes", "yes"]),
        case("one class, half right", ["yes", "no"], ["yes", "yes"]),
        case("one class, never found", ["no", "maybe"], ["yes", "yes"]),
        case("a class never predicted", ["a", "a", "a", "b"], ["a", "b", "b", "c"]),
        case("predictions outside the classes", ["It is spam.", "ham", "none", "spam"], ["spam", "ham", "ham", "spam"]),
        case("all wrong", ["b", "a"], ["a", "b"]),
        case("one item", ["a"], ["a"]),
        case("unbalanced", ["a"] * 97 + ["b"] * 3, ["a"] * 96 + ["b"] * 2 + ["a"] * 2),
        case("punctuation and articles are kept", ["A", "the a", "c++", "C", "c#"], ["a", "a", "C++", "c", "c"]),
    ]
    for at in range(28):
        classes = 2 + at % 7
        cases.append(case(f"drawn {at + 1}, of {classes}", *drawn(rng, classes)))
    lines = ",\n".join("  " + json.dumps(case, ensure_ascii=False) for case in cases)
    print(f'{{\n "oracle": "scikit-learn {VERSION}",\n "cases": [\n{lines}\n ]\n}}')


if __name__ == "__main__":
    main()
