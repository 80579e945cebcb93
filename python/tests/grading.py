"""A judge of single responses, and items for it."""

import json
import subprocess
from collections.abc import Iterable
from typing import Any

import evenhand as eh

COLUMNS = ["v1", "v2"]
# What the judge of these tests reads from a response: its grade with the scale as written and reversed.
GRADES = {
    "good": ("pass", "pass"),
    "poor": ("fail", "fail"),
    "edge": ("fail", "pass"),
    "void": ("cannot assess", "cannot assess"),
    "mute": ("", ""),
}


def row(name: str, first: str, second: str) -> dict[str, str]:
    """Return an item with the responses of two systems, of which the judge of these tests reads the first word."""
    return {"id": name, "prompt": "What now?", "v1": f"{first} one", "v2": f"{second} two"}


def response(messages: list[dict[str, str]]) -> str:
    """Return the response that a prompt shows."""
    return messages[-1]["content"].split("response>>>")[1].strip().split()[0]


def is_reversed(messages: list[dict[str, str]]) -> bool:
    """Return whether a prompt lists the better step first."""
    text = messages[0]["content"]
    return text.index('"pass"') < text.index('"fail"')


def reply_with(grade: str, criteria: Iterable[str] = ("task", "constraints", "correctness")) -> str:
    """Return a reply with a grade as the rubric `pass-fail` wants it; an empty one is not readable."""
    if not grade:
        return "I cannot say."
    return json.dumps({"reasoning": "…", "criteria": dict.fromkeys(criteria, grade), "grade": grade})


@eh.judge_function
def reader(messages: list[dict[str, str]]) -> str:
    return reply_with(GRADES[response(messages)][is_reversed(messages)])


def graded(rows: Any, judge: Any = reader, **options: Any) -> eh.Grades:
    return eh.grade(rows, **{"rubric": "pass-fail", "judge": judge, "responses": COLUMNS, "run": "run.db", **options})


def printed(*arguments: str) -> Any:
    """Return the document that the program prints, whatever its exit code."""
    command = [str(eh.binary_path()), *arguments, "--format", "json"]
    return json.loads(subprocess.run(command, capture_output=True, check=False).stdout)
