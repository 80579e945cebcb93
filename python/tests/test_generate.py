"""Asking systems for responses; the numbers are those that the program prints."""

import asyncio
import json
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

import evenhand as eh

PROMPTS = ["When do you open?", "Is it raining?", "I lost my card."]
# Answers with the last message, or as a setting of the test says, and writes down what it was asked.
PROGRAM = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    text = request["messages"][-1]["content"]
    with open("asked.txt", "a", encoding="utf-8") as asked:
        asked.write(request["model"] + ": " + text + "\\n")
    answer = {"id": request["id"], "reply": request["model"] + " says " + text}
    if "raining" in text and request["model"] == "picky":
        answer = {"id": request["id"], "error": {"kind": "invalid-request", "message": "no weather"}}
    print(json.dumps(answer), flush=True)
"""


@pytest.fixture
def settings() -> dict[str, Any]:
    """Settings with systems and a judge that are a program."""
    Path("respond.py").write_text(PROGRAM, encoding="utf-8")
    command = [sys.executable, "respond.py"]
    priced = {"price": {"input_per_million": 1.0, "output_per_million": 1.0}, "max_tokens": 100}
    return {
        "systems.one": {"command": command, "model": "m-1"},
        "systems.two": {"command": command, "model": "m-2"},
        "systems.picky": {"command": command, "model": "picky"},
        "systems.priced": {"command": command, "model": "priced", **priced},
        "judges.other": {"command": command, "model": "m-3"},
    }


def written(path: Path | str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def asked() -> int:
    return len(Path("asked.txt").read_text(encoding="utf-8").splitlines())


def test_systems_respond_and_the_responses_are_judged(settings: dict[str, Any]) -> None:
    responses = eh.generate(PROMPTS, systems=["one", "two"], to="items.jsonl", settings=settings)
    assert responses.items == (Path("items.jsonl"),)
    assert responses.run == Path("runs/generate-items.db")
    assert (responses.item_count, responses.left_out, responses.requests, responses.retries) == (3, 0, 6, 0)
    assert [item["prompt"] for item in written("items.jsonl")] == PROMPTS
    assert written("items.jsonl")[0]["responses"] == {
        "one": "m-1 says When do you open?",
        "two": "m-2 says When do you open?",
    }
    run = eh.judge(responses, rubric="helpfulness", judge="builtin:first", inconclusive="pass")
    assert run.summary.judge().planned == 3
    assert (
        eh.judge(responses.items[0], rubric="helpfulness", judge="builtin:first", inconclusive="pass").path == run.path
    )
    again = eh.generate(PROMPTS, systems=["one", "two"], to="items.jsonl", settings=settings)
    assert (again.requests, asked()) == (0, 6), "nothing is asked twice"


def test_the_numbers_of_a_system_are_those_of_the_document(settings: dict[str, Any]) -> None:
    @eh.system_function(price={"input_per_million": 1.0, "output_per_million": 2.0})
    def counted(_messages: list[dict[str, str]]) -> eh.Reply:
        return eh.Reply("half an", input_tokens=100, output_tokens=10, model="exact-7", finish_reason="length")

    with pytest.warns(eh.EvenhandWarning, match="cut off"):
        responses = eh.generate(PROMPTS, systems=[counted, "one"], to="items.jsonl", settings=settings)
    numbers = responses.system("counted")
    assert numbers.median_latency_ms is not None
    assert numbers == eh.SystemSummary(
        system="counted",
        model="exact-7",
        planned=3,
        responded=3,
        failed=0,
        broken_off=0,
        pending=0,
        cut_off=3,
        unfinished=0,
        refused=0,
        empty=0,
        reasoning_removed=0,
        asked_again=0,
        prompt_tokens=300,
        completion_tokens=30,
        cost=numbers.cost,
        median_latency_ms=numbers.median_latency_ms,
    )
    assert numbers.cost == pytest.approx(3 * (100 * 1 + 10 * 2) / 1e6)
    assert responses.system("one").cost is None
    with pytest.raises(KeyError, match="the systems are: counted, one"):
        responses.system("three")
    frame = responses.frame()
    assert isinstance(frame, pd.DataFrame)
    assert frame["system"].to_list() == ["counted", "one"]
    assert list(frame.columns) == list(eh.SystemSummary.__dataclass_fields__)
    assert frame.dtypes["planned"] == "Int64"
    assert responses.frame("records")[0]["cut_off"] == 3
    assert "counted" in (responses._repr_html_() or "")


@pytest.mark.parametrize("form", ["list", "dictionary"])
def test_models_are_named_in_a_list_or_a_dictionary(settings: dict[str, Any], form: str) -> None:
    systems: eh.Systems = ["one", "gpt=other"] if form == "list" else {"one": None, "gpt": "other"}
    responses = eh.generate(PROMPTS, systems=systems, to="items.jsonl", settings=settings)
    assert [system.system for system in responses.systems] == ["one", "gpt"]
    assert written("items.jsonl")[0]["responses"]["gpt"] == "m-3 says When do you open?"


def test_one_system_makes_the_prompts_of_the_next(settings: dict[str, Any]) -> None:
    first = eh.generate(PROMPTS, systems="one", to="first.jsonl", settings=settings)
    both = eh.generate(first, systems="two", to="both.jsonl", settings=settings)
    assert {name for item in written("both.jsonl") for name in item["responses"]} == {"one", "two"}
    assert both.system("two").responded == 3


@pytest.mark.parametrize("kind", [list, pd.DataFrame, pl.DataFrame])
def test_prompts_are_rows_of_every_kind(settings: dict[str, Any], kind: Callable[..., Any]) -> None:
    rows = [{"key": f"q{at}", "text": prompt, "old": "I do not know."} for at, prompt in enumerate(PROMPTS)]
    responses = eh.generate(
        kind(rows),
        systems="one",
        to="items.jsonl",
        settings=settings,
        id_column="key",
        prompt_column="text",
        responses=["old"],
    )
    assert [item["id"] for item in written("items.jsonl")] == ["q0", "q1", "q2"]
    assert set(written("items.jsonl")[0]["responses"]) == {"old", "one"}
    run = eh.judge(responses, rubric="helpfulness", judge="builtin:longer")
    expected = pl.DataFrame if kind is pl.DataFrame else pd.DataFrame
    assert isinstance(run.verdicts(), expected), "tables are of the library of the prompts"
    assert isinstance(responses.frame(), expected)


def test_responses_are_scored_by_reference_metrics(settings: dict[str, Any]) -> None:
    rows = [{"id": "q0", "prompt": PROMPTS[0], "reference": f"m-1 says {PROMPTS[0]}"}]
    responses = eh.generate(rows, systems=["one", "two"], to="items.jsonl", settings=settings)
    scores = eh.metrics(responses, ["chrf"])
    assert scores.score("chrf", "one").value == pytest.approx(100)
    assert (scores.score("chrf", "two").value or 0) < 100


def test_ids_of_texts_stay_when_others_are_added(settings: dict[str, Any]) -> None:
    eh.generate(PROMPTS, systems="one", to="items.jsonl", settings=settings)
    before = {item["prompt"]: item["id"] for item in written("items.jsonl")}
    extended = ["What is new?", *reversed(PROMPTS), PROMPTS[0]]
    responses = eh.generate(extended, systems="one", to="items.jsonl", settings=settings)
    assert responses.requests == 2, "the new text, and the second of two equal ones"
    ids = [item["id"] for item in written("items.jsonl")]
    assert ids[1:4] == [before[prompt] for prompt in reversed(PROMPTS)]
    assert ids[4] == f"{before[PROMPTS[0]]}-2"
    assert len(set(ids)) == 5


def test_a_template_and_settings_reach_the_systems(settings: dict[str, Any]) -> None:
    Path("brief.j2").write_text("{% block user %}Briefly: {{ item.prompt }}{% endblock %}", encoding="utf-8")
    Path("evenhand.toml").write_text('[systems.one]\nprompt = "brief.j2"\n', encoding="utf-8")
    requests = []

    @eh.system_function(max_tokens=50)
    def mine(messages: list[dict[str, str]], request: eh.JudgeRequest) -> str:
        requests.append(request)
        return messages[-1]["content"]

    given = {**settings, "systems.mine.prompt": "brief.j2", "systems.mine.max_tokens": 60}
    eh.generate(PROMPTS[:1], systems=["one", mine], to="items.jsonl", settings=given)
    (item,) = written("items.jsonl")
    assert item["responses"]["mine"] == "Briefly: When do you open?"
    (request,) = requests
    assert (request.max_tokens, request.temperature, request.response_format) == (60, None, None)
    assert (request.attempt, request.logprobs, request.model) == (1, False, "mine 1")


def test_functions_are_systems_and_are_asked_again_in_another_version() -> None:
    calls: list[str] = []

    def brief(messages: list[dict[str, str]]) -> str:
        calls.append(messages[-1]["content"])
        return "Yes."

    async def polite(messages: list[dict[str, str]]) -> str:
        await asyncio.sleep(0)
        return f"Thank you for asking: {messages[-1]['content']}"

    def generate(version: str) -> eh.Responses:
        systems: eh.Systems = {"a": eh.system_function(version=version)(brief), "b": polite}
        return eh.generate(PROMPTS, systems=systems, to="items.jsonl")

    responses = generate("1")
    assert sorted(calls) == sorted(PROMPTS), "the prompts are sent as they are"
    assert [item["responses"]["a"] for item in written("items.jsonl")] == ["Yes."] * 3
    assert responses.system("b").responded == 3
    run = eh.judge(responses, rubric="helpfulness", judge="builtin:longer")
    assert run.win_rate("b").value == 1
    generate("1")
    assert len(calls) == 3
    changed = generate("2")
    assert len(calls) == 6
    assert (changed.system("a").asked_again, changed.system("b").asked_again) == (3, 0)


def test_each_sample_has_a_file_and_they_are_not_judged_as_one() -> None:
    number = 0

    @eh.system_function(concurrency=1)
    def counting(_messages: list[dict[str, str]]) -> str:
        nonlocal number
        number += 1
        return f"answer {number}"

    systems: eh.Systems = {"a": counting, "b": lambda _messages: "…"}
    responses = eh.generate(PROMPTS, systems=systems, to="items.jsonl", samples=2)
    assert responses.items == (Path("items.jsonl"), Path("items.2.jsonl"))
    assert (responses.item_count, responses.system("a").planned) == (6, 6)
    texts = {item["responses"]["a"] for path in responses.items for item in written(path)}
    assert len(texts) == 6
    with pytest.raises(ValueError, match="2 items files, one for each sample"):
        eh.judge(responses, rubric="helpfulness", judge="builtin:longer")
    for at, path in enumerate(responses.items):
        run = eh.judge(path, rubric="helpfulness", judge="builtin:longer", run=f"{at}.db")
        assert run.win_rate("a").value == 1


def test_open_responses_are_on_the_exception_and_the_same_call_continues(settings: dict[str, Any]) -> None:
    def generate(max_requests: int | None) -> eh.Responses:
        return eh.generate(
            PROMPTS, systems=["one", "two"], to="items.jsonl", settings=settings, max_requests=max_requests
        )

    with pytest.raises(eh.Incomplete, match="2 responses still open") as raised:
        generate(4)
    made = raised.value.responses
    assert made is not None
    assert raised.value.run is None
    assert (made.item_count, made.system("one").responded, made.system("two").pending) == (2, 2, 1)
    assert len(written(made.items[0])) == 2
    copy = pickle.loads(pickle.dumps(raised.value))  # noqa: S301
    assert copy.responses == made
    assert generate(None).item_count == 3


def test_a_budget_is_kept(settings: dict[str, Any]) -> None:
    def generate(max_cost: float) -> eh.Responses:
        return eh.generate(PROMPTS, systems="priced", to="items.jsonl", settings=settings, max_cost=max_cost)

    with pytest.raises(eh.Incomplete, match="budget") as raised:
        generate(0.000001)
    assert raised.value.responses is not None
    assert raised.value.responses.items == ()
    with pytest.raises(ValueError, match="no items were written"):
        eh.judge(raised.value.responses, rubric="helpfulness", judge="builtin:longer")
    assert generate(1.0).item_count == 3


@pytest.mark.filterwarnings("ignore:1 item left out:evenhand.EvenhandWarning")
def test_rejected_prompts_are_counted_and_retried_on_demand(settings: dict[str, Any]) -> None:
    systems = ["picky", "one"]
    with pytest.warns(eh.EvenhandWarning, match="no weather"):
        responses = eh.generate(PROMPTS, systems=systems, to="items.jsonl", settings=settings)
    assert (responses.system("picky").failed, responses.item_count, responses.left_out) == (1, 2, 1)
    Path("respond.py").write_text(PROGRAM.replace("raining", "snowing"), encoding="utf-8")
    again = eh.generate(PROMPTS, systems=systems, to="items.jsonl", settings=settings, retry_failed=True)
    assert (again.requests, again.system("picky").responded, again.item_count) == (1, 3, 3)


@pytest.mark.filterwarnings("ignore::evenhand.EvenhandWarning")
def test_a_system_that_never_responds_is_an_error_with_what_the_others_gave(
    settings: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    def locked(_messages: list[dict[str, str]]) -> str:
        raise eh.JudgeError("auth", "the key is wrong")

    with pytest.raises(eh.EndpointError, match="the key is wrong") as raised:
        eh.generate(PROMPTS, systems={"locked": locked, "one": None}, to="items.jsonl", settings=settings)
    assert raised.value.code == 4
    assert raised.value.responses is not None
    assert raised.value.responses.system("one").responded == 3
    assert raised.value.responses.system("locked").responded == 0
    assert "Traceback" not in capfd.readouterr().err


def test_mistakes_are_errors_before_anything_is_asked(settings: dict[str, Any]) -> None:
    def function(_messages: list[dict[str, str]]) -> str:
        raise AssertionError("it is not called")

    with pytest.raises(eh.InputError, match="there is no system") as raised:
        eh.generate(PROMPTS, systems="three", to="items.jsonl", settings=settings)
    assert raised.value.responses is None
    with pytest.raises(eh.UsageError, match="folder does not exist"):
        eh.generate(PROMPTS, systems={"a": function}, to="missing/items.jsonl")
    Path("mine.jsonl").write_text("{}\n", encoding="utf-8")
    with pytest.raises(eh.UsageError, match="the file exists"):
        eh.generate(PROMPTS, systems={"a": function}, to="mine.jsonl")
    with pytest.raises(TypeError, match=r"@evenhand\.system_function"):
        eh.generate(PROMPTS, systems=function, to="items.jsonl")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"@evenhand\.system_function"):
        eh.generate(PROMPTS, systems=[function], to="items.jsonl")  # type: ignore[list-item]
    with pytest.raises(TypeError, match="a: expected a model, a function or None, found JudgeFunction"):
        eh.generate(PROMPTS, systems={"a": eh.judge_function(function)}, to="items.jsonl")
    with pytest.raises(ValueError, match="cannot contain '='"):
        eh.generate(PROMPTS, systems={"a=b": function}, to="items.jsonl")
    with pytest.raises(TypeError, match="row 2: expected a dictionary, found str"):
        eh.generate([{"id": "a", "prompt": "b"}, "c"], systems={"a": function}, to="items.jsonl")
    assert not Path("items.jsonl").exists()


SCRIPT = """
import sys, time
import evenhand as eh

def slow(messages):
    sys.stdout.write("called\\n")
    sys.stdout.flush()
    time.sleep(float(sys.argv[1]))
    return messages[-1]["content"]

systems = {"slow": eh.system_function(concurrency=2)(slow), "fast": lambda messages: "Yes."}
try:
    eh.generate([f"Question {at}?" for at in range(20)], systems=systems, to="items.jsonl")
except KeyboardInterrupt:
    print("interrupted", flush=True)
    raise SystemExit(130)
print("done", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_interrupt_stores_what_is_in_flight_and_writes_what_there_is() -> None:
    Path("script.py").write_text(SCRIPT, encoding="utf-8")

    def start(seconds: float) -> subprocess.Popen[str]:
        command = [sys.executable, "script.py", str(seconds)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)

    with start(0.3) as process:
        assert process.stdout is not None
        for _ in range(4):
            assert process.stdout.readline() == "called\n"
        process.send_signal(signal.SIGINT)
        said = process.stdout.read()
    assert (process.returncode, said.split()[-1]) == (130, "interrupted")
    before = 4 + said.count("called")
    assert before < 20
    assert len(written("items.jsonl")) == before
    with start(0) as process:
        assert process.stdout is not None
        said = process.stdout.read()
    assert (process.returncode, said.split()[-1]) == (0, "done")
    assert before + said.count("called") == 20, "nothing is asked twice"
    assert len(written("items.jsonl")) == 20
