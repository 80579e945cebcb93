"""Judges written in Python take the way of every judge."""

import asyncio
import pickle
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import evenhand as eh

COLUMNS = ["short", "long"]
Reply = Callable[[str], str]


def longer(messages: list[dict[str, str]]) -> str:
    """Return which response is longer: the texts of the table are runs of one letter."""
    text = messages[-1]["content"]
    words = [line for line in text.splitlines() if len(set(line)) == 1 and line.isalpha()]
    first, second = words[-2:]
    return "first" if len(first) > len(second) else "second"


def judge(table: list[dict[str, str]], function: eh.JudgeFunction, **options: Any) -> eh.Run:
    return eh.judge(table, rubric="helpfulness", judge=function, responses=COLUMNS, run="run.db", **options)


def test_a_function_is_asked_in_both_orders_and_judges_like_a_builtin(
    table: list[dict[str, str]], reply: Reply
) -> None:
    calls: list[list[dict[str, str]]] = []

    @eh.judge_function
    def my_judge(messages: list[dict[str, str]]) -> str:
        calls.append(messages)
        return reply(longer(messages))

    run = judge(table, my_judge)
    assert len(calls) == 8
    builtin = eh.judge(table, rubric="helpfulness", judge="builtin:longer", responses=COLUMNS, run="builtin.db")
    winners = [row["winner"] for row in run.verdicts(frame_library="records")]
    assert winners == [row["winner"] for row in builtin.verdicts(frame_library="records")]
    assert all("short" not in str(messages) and "q0" not in str(messages) for messages in calls), "the judge is blind"
    judge(table, my_judge)
    assert len(calls) == 8, "nothing is asked twice"


def test_another_version_is_another_judge(table: list[dict[str, str]], reply: Reply) -> None:
    def function(messages: list[dict[str, str]]) -> str:
        return reply(longer(messages))

    judge(table, eh.judge_function(name="mine", version="1")(function))
    with pytest.raises(eh.RunFileError):
        judge(table, eh.judge_function(name="mine", version="2")(function))


def test_a_coroutine_gets_the_request_and_answers_with_usage(table: list[dict[str, str]], reply: Reply) -> None:
    requests = []

    @eh.judge_function(concurrency=8, max_tokens=50, price={"input_per_million": 1.0, "output_per_million": 2.0})
    async def my_judge(messages: list[dict[str, str]], request: eh.JudgeRequest) -> eh.Reply:
        requests.append(request)
        await asyncio.sleep(0.05)
        return eh.Reply(reply(longer(messages)), input_tokens=100, output_tokens=10, model="my-model-7")

    run = judge(table, my_judge)
    assert {request.max_tokens for request in requests} == {50}
    assert all(request.response_format is not None and request.attempt == 1 for request in requests)
    assert run.summary.judge().cost_usd == pytest.approx(8 * (100 * 1 + 10 * 2) / 1e6)


def test_as_many_calls_run_at_once_as_the_function_allows(table: list[dict[str, str]], reply: Reply) -> None:
    most, running, lock = 0, 0, threading.Lock()

    @eh.judge_function(concurrency=3)
    def my_judge(messages: list[dict[str, str]]) -> str:
        nonlocal most, running
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.1)
        with lock:
            running -= 1
        return reply(longer(messages))

    judge(table, my_judge)
    assert most == 3


def test_failures_are_of_the_kind_that_the_function_says(
    table: list[dict[str, str]], reply: Reply, capfd: pytest.CaptureFixture[str]
) -> None:
    tries = 0

    @eh.judge_function
    def my_judge(messages: list[dict[str, str]]) -> str:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise eh.JudgeError("rate-limited", "too fast", retry_after=0.2)
        if tries == 2:
            raise KeyError("a fault of the function")
        return reply(longer(messages))

    assert judge(table, my_judge).summary.judge().outcomes["kept"] == 4
    assert tries == 10
    assert "a fault of the function" in capfd.readouterr().err

    @eh.judge_function
    def locked(_messages: list[dict[str, str]]) -> str:
        raise eh.JudgeError("auth", "the key is wrong")

    with pytest.raises(eh.EndpointError, match="the key is wrong"):
        eh.judge(table, rubric="helpfulness", judge=locked, responses=COLUMNS, run="locked.db")


@pytest.mark.filterwarnings("ignore::evenhand.EvenhandWarning")
def test_a_value_that_is_no_reply_is_said_to_be_none(table: list[dict[str, str]]) -> None:
    @eh.judge_function(max_attempts=1)
    def my_judge(_messages: list[dict[str, str]]) -> Any:
        return 7

    with pytest.raises(eh.EndpointError, match="expected a str or an"):
        judge(table, my_judge)


def test_two_functions_form_a_jury_with_a_builtin(table: list[dict[str, str]], reply: Reply) -> None:
    one = eh.judge_function(name="one")(lambda messages: reply(longer(messages)))
    two = eh.judge_function(name="two")(lambda _messages: reply("tie"))
    run = eh.judge(table, rubric="helpfulness", judge=[one, two, "builtin:longer"], responses=COLUMNS)
    assert run.win_rate("long").value == 0.75
    assert one([{"role": "user", "content": "aa\nb"}]) == reply("first")


@pytest.mark.filterwarnings("ignore::evenhand.EvenhandWarning")
@pytest.mark.parametrize("raised", [SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError()])
def test_an_exception_that_ends_programs_is_an_answer_like_any_other(
    table: list[dict[str, str]], raised: BaseException, capfd: pytest.CaptureFixture[str]
) -> None:
    @eh.judge_function(timeout=60)
    def my_judge(_messages: list[dict[str, str]]) -> str:
        raise raised

    began = time.monotonic()
    with pytest.raises(eh.EndpointError, match=type(raised).__name__):
        judge(table, my_judge)
    assert time.monotonic() - began < 30, "no call waited for its time limit"
    assert capfd.readouterr().err.count("Traceback") == 1, "each traceback is printed once"


@pytest.mark.filterwarnings("ignore::evenhand.EvenhandWarning")
def test_numbers_of_numpy_are_usage_and_what_is_no_data_is_an_error(table: list[dict[str, str]], reply: Reply) -> None:
    @eh.judge_function(price={"input_per_million": 1.0, "output_per_million": 1.0}, max_tokens=50)
    def counted(messages: list[dict[str, str]]) -> eh.Reply:
        return eh.Reply(reply(longer(messages)), input_tokens=np.int64(1), output_tokens=np.int32(1))  # type: ignore[arg-type]

    assert judge(table, counted).summary.judge().cost_usd == pytest.approx(16e-6)

    @eh.judge_function(max_attempts=1, timeout=60)
    def wrong(messages: list[dict[str, str]]) -> eh.Reply:
        return eh.Reply(reply(longer(messages)), model=object())  # type: ignore[arg-type]

    with pytest.raises(eh.EndpointError, match="not JSON serializable"):
        eh.judge(table, rubric="helpfulness", judge=wrong, responses=COLUMNS, run="wrong.db")


def test_each_function_has_calls_of_its_own(table: list[dict[str, str]], reply: Reply) -> None:
    running = {"one": 0, "two": 0}
    most = {"one": 0, "two": 0}
    lock = threading.Lock()

    def function(name: str, concurrency: int) -> eh.JudgeFunction:
        def ask(messages: list[dict[str, str]]) -> str:
            with lock:
                running[name] += 1
                most[name] = max(most[name], running[name])
            time.sleep(0.15)
            with lock:
                running[name] -= 1
            return reply(longer(messages))

        return eh.judge_function(name=name, concurrency=concurrency)(ask)

    eh.judge(table, rubric="helpfulness", judge=[function("one", 1), function("two", 4)], responses=COLUMNS)
    assert most == {"one": 1, "two": 4}


def test_no_thread_is_left(table: list[dict[str, str]], reply: Reply) -> None:
    my_judge = eh.judge_function(name="mine")(lambda messages: reply(longer(messages)))
    judge(table, my_judge)
    before = threading.active_count()
    for number in range(5):
        eh.judge(table, rubric="helpfulness", judge=my_judge, responses=COLUMNS, run=f"{number}.db")
    time.sleep(0.5)
    assert threading.active_count() <= before


def test_a_plain_function_and_a_second_parameter_with_a_default(table: list[dict[str, str]], reply: Reply) -> None:
    def ask(messages: list[dict[str, str]], vote: str = "tie") -> str:
        assert vote == "tie"
        return reply(vote if messages else "first")

    with pytest.raises(TypeError, match="judge_function"):
        eh.judge(table, rubric="helpfulness", judge=ask)  # type: ignore[arg-type]
    run = judge(table, eh.judge_function(ask))
    assert run.summary.judge().outcomes["kept"] == 4


def test_errors_pass_between_processes() -> None:
    error = pickle.loads(pickle.dumps(eh.JudgeError("rate-limited", "slow", retry_after=2.0)))  # noqa: S301
    assert (error.kind, str(error), error.retry_after) == ("rate-limited", "slow", 2.0)
    failed = eh.InputError("wrong", code=3, details=["a"], hint="b", file="f", line=2, field="c")
    failed.run = eh.Run("run.db")
    copy = pickle.loads(pickle.dumps(failed))  # noqa: S301
    assert (type(copy), str(copy), copy.line, copy.run.path) == (type(failed), str(failed), 2, failed.run.path)
