"""The shipped sample, and a working folder of its own for each test."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from grading import row

SAMPLE = Path(__file__).parents[2] / "calibration" / "tickets"


@pytest.fixture(autouse=True)
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def items() -> list[dict[str, Any]]:
    return _lines("items.jsonl")


@pytest.fixture
def labels() -> list[dict[str, Any]]:
    return _lines("labels.jsonl")


@pytest.fixture
def table() -> list[dict[str, str]]:
    """Four rows as a table of two systems, of which `long` is longer in three."""
    responses = [("a", "aaa"), ("b", "bbb"), ("c", "ccc"), ("ddd", "d")]
    return [
        {"id": f"q{at}", "prompt": f"Question {at}?", "short": short, "long": long}
        for at, (short, long) in enumerate(responses)
    ]


@pytest.fixture
def reply() -> Callable[[str], str]:
    """Return a reply as the rubric `helpfulness` wants it, for a vote."""

    def reply_for(vote: str) -> str:
        names = ["answers-the-question", "correctness", "usability"]
        return json.dumps({"reasoning": "…", "criteria": dict.fromkeys(names, vote), "vote": vote})

    return reply_for


@pytest.fixture
def rows() -> list[dict[str, str]]:
    """Four items: v1 passes in two, v2 in three and a half of them."""
    responses = [("good", "good"), ("poor", "good"), ("good", "edge"), ("poor", "good")]
    return [row(f"q{at}", *pair) for at, pair in enumerate(responses)]


@pytest.fixture
def grade_labels() -> list[dict[str, str]]:
    """People grade as the judge does, but for the response of v1 to q3."""
    grades = {"v1": ["pass", "fail", "pass", "pass"], "v2": ["pass", "pass", "pass", "pass"]}
    return [
        {"id": f"q{at}", "annotator": "ana", "system": system, "grade": grade}
        for system, all_grades in grades.items()
        for at, grade in enumerate(all_grades)
    ]


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLE / name).read_text(encoding="utf-8").splitlines()]
