"""Events, interrupts, and what is left of a run when this process ends."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import evenhand as eh
from evenhand import _process

COLUMNS = ["short", "long"]

# Judges slowly, and says when it has begun.
SCRIPT = r"""
import json, os, sys, time
import evenhand as eh

def reply(vote):
    names = ["answers-the-question", "correctness", "usability"]
    return json.dumps({"reasoning": "", "criteria": dict.fromkeys(names, vote), "vote": vote})

@eh.judge_function(concurrency=2)
def slow(messages):
    os.write(1, b"called\n")
    time.sleep(float(sys.argv[1]))
    return reply("first" if "aaaa" in messages[-1]["content"].rsplit("second", 1)[0] else "tie")

rows = [{"id": f"q{at}", "prompt": "p", "short": "a", "long": "aaaa"} for at in range(20)]
try:
    eh.judge(rows, rubric="helpfulness", judge=slow, responses=["short", "long"], run="run.db", inconclusive="pass")
except KeyboardInterrupt:
    print("interrupted", flush=True)
    raise SystemExit(130)
print("done", flush=True)
"""


def start(seconds: float) -> subprocess.Popen[str]:
    Path("script.py").write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, "script.py", str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)


def called(process: subprocess.Popen[str], times: int) -> None:
    assert process.stdout is not None
    for _ in range(times):
        assert process.stdout.readline() == "called\n"


def rest(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    with process.stdout:
        return process.stdout.read().split()


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_locked() -> bool:
    """Return whether a process still writes the run."""
    shown = subprocess.run(
        [str(eh.binary_path()), "runs", ".", "--format", "json"], capture_output=True, check=True, text=True
    )
    return '"running"' in shown.stdout


async def collect(table: list[dict[str, str]], run: str) -> list[eh.Event]:
    events = eh.stream(table, rubric="helpfulness", judge="builtin:longer", responses=COLUMNS, run=run)
    return [event async for event in events]


def test_a_stream_has_a_plan_every_comparison_and_the_result(table: list[dict[str, str]]) -> None:
    events = asyncio.run(collect(table, "run.db"))
    first, *between, last = events
    assert isinstance(first, eh.PlanEvent)
    assert (first.run, first.rubric, first.judges, first.comparisons) == (
        "run.db",
        "helpfulness",
        ("builtin:longer",),
        4,
    )
    comparisons = [event for event in between if isinstance(event, eh.ComparisonEvent)]
    assert {(event.id, event.outcome, event.winner) for event in comparisons} == {
        ("q0", "kept", "long"),
        ("q1", "kept", "long"),
        ("q2", "kept", "long"),
        ("q3", "kept", "short"),
    }
    *_, progress = [event for event in between if isinstance(event, eh.ProgressEvent)]
    assert (progress.done, progress.planned, progress.kept, progress.in_flight) == (4, 4, 4, 0)
    assert isinstance(last, eh.ResultEvent)
    assert last.requests == 8
    assert last.summary == last.run.summary
    again = asyncio.run(collect(table, "run.db"))
    assert not any(isinstance(event, eh.ComparisonEvent) for event in again)
    assert isinstance(again[-1], eh.ResultEvent)
    assert again[-1].requests == 0


def test_a_stream_raises_what_judge_raises(table: list[dict[str, str]]) -> None:
    async def failing() -> None:
        async for _event in eh.stream(table, rubric="nothing", judge="builtin:longer"):
            pass

    with pytest.raises(eh.InputError):
        asyncio.run(failing())
    with pytest.raises(TypeError, match="tempo"):
        asyncio.run(anext(eh.stream(table, rubric="helpfulness", judge="builtin:longer", tempo=3)))  # type: ignore[call-arg]


class SlowJudge:
    """A judge that needs a moment for each call, and counts them."""

    def __init__(self, answer: str) -> None:
        self.calls = 0
        self.answer = answer
        self.function = eh.judge_function(name="slow", concurrency=1)(self.ask)

    def ask(self, _messages: list[dict[str, str]]) -> str:
        self.calls += 1
        time.sleep(0.3)
        return self.answer


def test_a_stream_that_is_left_asks_nothing_more_and_is_continued(
    table: list[dict[str, str]], reply: Callable[[str], str]
) -> None:
    slow = SlowJudge(reply("tie"))

    async def leave() -> None:
        events = eh.stream(table, rubric="helpfulness", judge=slow.function, responses=COLUMNS, run="run.db")
        async for event in events:
            if isinstance(event, eh.ComparisonEvent):
                break
        await events.aclose()

    asyncio.run(leave())
    before = slow.calls
    assert before < 8
    time.sleep(0.5)
    assert slow.calls == before
    run = eh.judge(table, rubric="helpfulness", judge=slow.function, responses=COLUMNS, run="run.db")
    assert run.summary.judge().outcomes["kept"] == 4
    assert slow.calls == 8, "nothing is paid for twice"


def test_a_cancelled_task_stops_its_run(table: list[dict[str, str]], reply: Callable[[str], str]) -> None:
    slow = SlowJudge(reply("tie"))

    async def cancel() -> None:
        async def follow() -> None:
            options: eh.JudgeOptions = {"responses": COLUMNS, "run": "run.db"}
            async for _event in eh.stream(table, rubric="helpfulness", judge=slow.function, **options):
                pass

        task = asyncio.create_task(follow())
        await asyncio.to_thread(wait_until, lambda: slow.calls > 0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert not is_locked()
    assert 0 < slow.calls < 8


@pytest.mark.skipif(sys.platform == "win32", reason="a script of a POSIX shell")
def test_a_program_that_ends_late_is_not_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    program = Path("program").absolute()
    program.write_text("#!/bin/sh\necho done\nexec >&-\nsleep 1\n", encoding="utf-8")
    program.chmod(0o700)
    monkeypatch.setattr(_process, "binary_path", lambda: program)
    assert _process.output([]) == b"done\n"


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_interrupt_stores_what_is_in_flight_and_the_same_call_goes_on() -> None:
    process = start(0.2)
    called(process, 4)
    process.send_signal(signal.SIGINT)
    said = rest(process)
    assert said[-1] == "interrupted"
    assert process.wait() == 130
    assert not is_locked()
    before = 4 + said.count("called")
    assert before < 40
    process = start(0)
    said = rest(process)
    assert said[-1] == "done"
    assert process.wait() == 0
    assert before + said.count("called") == 40, "nothing is paid for twice"


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_in_a_terminal_reaches_the_program_once() -> None:
    process = start(0.5)
    called(process, 2)
    # A terminal sends it to each process of the group.
    os.killpg(process.pid, signal.SIGINT)
    assert rest(process)[-1] == "interrupted"
    assert process.wait() == 130
    # What was in flight is stored, which a second signal would have prevented.
    run = eh.Run("run.db")
    outcomes = run.summary.judge().outcomes
    assert outcomes["pending"] < 20


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_if_this_process_is_killed_the_program_ends_by_itself() -> None:
    process = start(0.2)
    called(process, 4)
    process.kill()
    process.wait()
    rest(process)
    wait_until(lambda: not is_locked())
    assert eh.Run("run.db").summary.judge().outcomes["pending"] > 0
