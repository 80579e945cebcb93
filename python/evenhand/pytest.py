"""Assertions for tests with pytest: a release passes, fails, or is not decided, and the message has the interval.

```python
from evenhand.pytest import assert_win_rate

def test_the_new_prompt_is_no_worse():
    run = evenhand.judge("items.jsonl", rubric="helpfulness", judge="gpt-4o-mini")
    assert_win_rate(run, "v2", at_least=0.5)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from evenhand._flags import flags
from evenhand._inputs import Rows, Source
from evenhand._process import gated_output
from evenhand._results import Gate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evenhand._grades import Grades
    from evenhand._run import Run
    from evenhand._run_report import RunReport

__all__ = ["assert_pass_rate", "assert_win_rate"]


def assert_win_rate(
    run: Run,
    system: str,
    *,
    at_least: float,
    labels: Rows | None = None,
    judge: str | None = None,
    inconclusive: Literal["fail", "skip", "pass"] = "fail",
) -> None:
    """Pass if the win rate of a system is shown to be at least a threshold, against each system it was compared with.

    The gate is that of ``evenhand report --min-win-rate``: it passes if the whole interval of 95 % is at or above the
    threshold, fails if it is below, and is inconclusive otherwise. With labels it is about what people prefer.

    Args:
        run: The run.
        system: The system.
        at_least: The threshold, from 0 to 1.
        labels: The labels of people.
        judge: One judge of a jury.
        inconclusive: What an undecided test does: ``"fail"``, ``"skip"`` or ``"pass"``.

    Raises:
        EvenhandError: The run or the labels cannot be read, or there is no such system.

    """
    __tracebackhide__ = True
    _conclude(_gates(run, {"min_win_rate": {system: float(at_least)}}, labels, judge), system, inconclusive)


def assert_pass_rate(
    grades: Grades,
    system: str,
    *,
    at_least: float,
    labels: Rows | None = None,
    judge: str | None = None,
    inconclusive: Literal["fail", "skip", "pass"] = "fail",
) -> None:
    """Pass if the pass rate of a system is shown to be at least a threshold.

    The gate is that of ``evenhand report --min-pass-rate``, and decides as that of :func:`assert_win_rate` does. With
    labels it is about what people pass.

    Args:
        grades: The run of grades.
        system: The system.
        at_least: The threshold, from 0 to 1.
        labels: The labels of people.
        judge: One judge of a jury.
        inconclusive: What an undecided test does: ``"fail"``, ``"skip"`` or ``"pass"``.

    Raises:
        EvenhandError: The run or the labels cannot be read, or there is no such system.

    """
    __tracebackhide__ = True
    _conclude(_gates(grades, {"min_pass_rate": {system: float(at_least)}}, labels, judge), system, inconclusive)


def _conclude(gates: list[Gate], system: str, inconclusive: str) -> None:
    """Fail or skip the test unless all gates have passed."""
    __tracebackhide__ = True
    missed = [gate for gate in gates if gate.result == "missed"]
    undecided = [gate for gate in gates if gate.result == "inconclusive"]
    if not gates:
        pytest.fail(f"the program has checked no rate of {system!r}", pytrace=False)
    if missed:
        pytest.fail(_message("missed", missed, "the whole interval is below the threshold"), pytrace=False)
    if undecided and inconclusive != "pass":
        text = _message("inconclusive", undecided, "the interval contains the threshold, or there is none")
        if inconclusive == "skip":
            pytest.skip(text)
        pytest.fail(text, pytrace=False)


def _gates(
    run: RunReport, gates: Mapping[str, Mapping[str, float]], labels: Rows | None, judge: str | None
) -> list[Gate]:
    source = None if labels is None else Source(labels)
    options = {**gates, "judge": judge, "labels": None if source is None else source.argument}
    command = ["report", str(run.path), *flags(options)]
    document, _failed = gated_output(command, data=None if source is None else source.data)
    return [Gate.of(gate) for gate in document["gates"]]


def _message(result: str, gates: list[Gate], why: str) -> str:
    lines = [f"  {gate.quantity}: {gate.estimate}, at least {gate.threshold} wanted" for gate in gates]
    return "\n".join([f"{result}: {why}", *lines])
