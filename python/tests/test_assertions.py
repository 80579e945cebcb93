"""The assertion for tests: passes, fails, or says that it is not decided."""

from typing import Any

import pytest

import evenhand as eh
from evenhand.pytest import assert_win_rate


@pytest.fixture
def run() -> eh.Run:
    rows = [{"id": f"q{at}", "prompt": "p", "a": "x", "b": "xx" if at < 28 else ""} for at in range(30)]
    return eh.judge(rows, rubric="helpfulness", judge="builtin:longer", responses=["a", "b"], empty_cells="empty")


def outcome(run: eh.Run, **options: Any) -> str:
    try:
        assert_win_rate(run, **options)
    except pytest.skip.Exception as skipped:
        return f"skipped: {skipped}"
    except pytest.fail.Exception as failed:
        return f"failed: {failed}"
    return "passed"


@pytest.mark.filterwarnings("ignore::evenhand.EvenhandWarning")
def test_a_win_rate_passes_fails_or_is_not_decided(run: eh.Run) -> None:
    rate = run.win_rate("b")
    assert outcome(run, system="b", at_least=0.5) == "passed"
    assert outcome(run, system="a", at_least=0.5).startswith("failed: missed")
    undecided = outcome(run, system="b", at_least=0.9)
    assert undecided.startswith("failed: inconclusive")
    assert str(rate) in undecided, "the message has the interval and n"
    assert outcome(run, system="b", at_least=0.9, inconclusive="skip").startswith("skipped: inconclusive")
    assert outcome(run, system="b", at_least=0.9, inconclusive="pass") == "passed"


@pytest.mark.filterwarnings("ignore::evenhand.EvenhandWarning")
def test_a_system_that_the_run_does_not_have_is_no_failed_test_but_an_error(run: eh.Run) -> None:
    with pytest.raises(eh.EvenhandError, match="no comparison has the system"):
        assert_win_rate(run, "c", at_least=0.5)
