"""Grading single responses, and what a run of grades says; the numbers are those that the program prints."""

import asyncio
import json
import pickle
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from grading import COLUMNS, graded, is_reversed, printed, reader, reply_with, response, row

import evenhand as eh
from evenhand._progress import describe
from evenhand.pytest import assert_pass_rate

THREE_STEPS = """
name = "three"
version = "1.0.0"
description = "How good is the response?"
mode = "grade"
scale = ["low", "middle", "high"]
"""


def test_every_kind_of_rows_makes_the_same_run(rows: list[dict[str, str]]) -> None:
    pd.DataFrame(rows).to_csv("items.csv", index=False)
    kinds = {
        "list": rows,
        "pandas": pd.DataFrame(rows),
        "polars": pl.DataFrame(rows),
        "pyarrow": pa.Table.from_pylist(rows),
        "path": Path("items.csv"),
        "nested": [
            {"id": row["id"], "prompt": row["prompt"], "responses": {name: row[name] for name in COLUMNS}}
            for row in rows
        ],
    }
    for name, kind in kinds.items():
        columns = () if name == "nested" else COLUMNS
        found = graded(kind, responses=columns, run=f"{name}.db").grades(frame_library="records")
        assert [row["grade"] for row in found] == ["pass", "pass", "fail", "pass", "pass", None, "fail", "pass"], name


def test_the_numbers_are_those_of_the_program(rows: list[dict[str, str]]) -> None:
    grades = graded(rows)
    document = printed("report", "run.db")
    (judge,) = document["summary"]["judges"]
    assert grades.headline == " ".join(document["headline"])
    assert grades.summary.judge().outcomes == judge["outcomes"]
    assert judge["outcomes"]["kept"] == 7
    for system, expected in zip(grades.systems, judge["systems"], strict=True):
        assert grades.pass_rate(system.system) == eh.Estimate(**expected["pass_rate"]["averaged"])
        assert grades.mean_step(system.system) == eh.Estimate(**expected["mean_step"])
        assert list(system.steps.values()) == expected["steps"]
        assert system.pass_rate is not None
        assert system.pass_rate.bounds == eh.PassBounds(**expected["pass_rate"]["bounds"])
    assert [grades.pass_rate(system).value for system in COLUMNS] == [0.5, 0.875]
    assert grades.mean_step("v1").value == 1.5
    assert grades.systems[1].steps == {"fail": 0, "pass": 3}
    with pytest.raises(KeyError, match="v1, v2"):
        grades.pass_rate("v3")


def test_a_difference_has_the_sign_of_the_system_that_is_asked_for(rows: list[dict[str, str]]) -> None:
    grades = graded(rows)
    (pair,) = printed("report", "run.db")["summary"]["judges"][0]["pairs"]
    assert grades.pairs == (grades.difference("v2", against="v1"),)
    difference = grades.difference("v2")
    assert difference.pass_rate == eh.Estimate(**pair["pass_rate"])
    assert difference.pass_rate is not None
    assert difference.pass_rate.value == 0.375
    assert difference.pass_rates == {"v1": 0.5, "v2": 0.875}
    opposite = grades.difference("v1", against="v2")
    assert (opposite.system, opposite.against, opposite.p_value) == ("v1", "v2", pair["p_value"])
    assert opposite.pass_rate == eh.Estimate(-0.375, -pair["pass_rate"]["high"], -pair["pass_rate"]["low"], 4)
    assert opposite.mean_step.value == -0.375
    for systems in [("v3",), ("v1", "v3")]:
        with pytest.raises(KeyError, match="v"):
            grades.difference(*systems)


def test_with_three_systems_a_difference_must_name_the_other_one(rows: list[dict[str, str]]) -> None:
    grades = graded([{**row, "v3": "poor three"} for row in rows], responses=[*COLUMNS, "v3"])
    assert len(grades.pairs) == 3
    assert grades.difference("v3", against="v1").mean_step.value == -0.5
    with pytest.raises(ValueError, match="against which"):
        grades.difference("v3")


@pytest.mark.filterwarnings("ignore:.*without a readable grade:evenhand.EvenhandWarning")
def test_a_frame_of_grades_has_the_documented_columns_and_types(rows: list[dict[str, str]]) -> None:
    more = [*rows, row("q4", "void", "mute")]
    grades = graded(pd.DataFrame([{**row, "tags.topic": "cards"} for row in more]))
    frame = grades.grades()
    assert isinstance(frame, pd.DataFrame)
    assert [*frame.columns] == [
        "id",
        "system",
        "judge",
        "outcome",
        "grade",
        "written_grade",
        "reversed_grade",
        "tags.topic",
    ]
    assert {str(kind) for kind in frame.dtypes} == {"string"}
    assert len(frame) == 10
    assert set(frame["judge"]) == {"reader"}
    changed = grades.grades(outcome="changed", frame_library="polars")
    assert isinstance(changed, pl.DataFrame)
    assert changed.select("id", "system", "grade", "written_grade", "reversed_grade").rows() == [
        ("q2", "v2", None, "fail", "pass")
    ]
    (unparsed,) = grades.grades(outcome="unparsed", frame_library="records")
    assert (unparsed["id"], unparsed["written_grade"]) == ("q4", None)
    none = grades.grades(outcome="failed", frame_library="polars")
    assert none.shape == (0, 7)
    assert none.schema["grade"] == pl.String


def test_a_run_of_polars_returns_frames_of_polars_and_has_the_name_of_rubric_and_judge(
    rows: list[dict[str, str]],
) -> None:
    grades = graded(pl.DataFrame(rows), run=None)
    assert isinstance(grades.grades(), pl.DataFrame)
    assert repr(grades) == "Grades('runs/pass-fail-reader.db')"
    frame = grades.frame()
    assert frame["system"].to_list() == COLUMNS
    assert frame["pass_rate"].to_list() == [0.5, 0.875]
    assert frame["pass_rate_low"].to_list() == [grades.pass_rate(system).low for system in COLUMNS]
    assert frame["n"].to_list() == [4, 4]
    assert grades.rank()["system"].to_list() == ["v2", "v1"]
    assert isinstance(eh.Grades(grades.path, frame_library="records").grades(), list)


def test_the_direction_of_the_scale_is_measured(rows: list[dict[str, str]]) -> None:
    order = graded(rows).order
    assert order is not None
    assert (order.higher_when_reversed, order.lower_when_reversed, order.assessed_once) == (1, 0, 0)
    assert order.consistency.value == 7 / 8
    assert order.step_difference.value == pytest.approx(1 / 8)
    assert order.p_value == pytest.approx(1)


def test_what_cannot_be_assessed_is_kept_and_in_no_pass_rate(rows: list[dict[str, str]]) -> None:
    grades = graded([*rows, row("q4", "void", "good")])
    (system, _other) = grades.systems
    assert (system.planned, system.kept, system.cannot_assess) == (5, 5, 1)
    assert grades.pass_rate("v1") == graded(rows, run="rest.db").pass_rate("v1")
    assert grades.grades(frame_library="records")[-2]["grade"] == "cannot assess"
    assert [grades.scale.step(grade) for grade in ("fail", "pass", "cannot assess", None)] == [1, 2, None, None]
    assert [grades.scale.passes(grade) for grade in ("fail", "pass", "cannot assess")] == [False, True, None]


def test_a_rubric_may_leave_open_what_passes(rows: list[dict[str, str]]) -> None:
    Path("rubrics").mkdir()
    Path("rubrics/three.toml").write_text(THREE_STEPS, encoding="utf-8")

    @eh.judge_function
    def by_steps(messages: list[dict[str, str]]) -> str:
        return reply_with({"good": "high", "edge": "middle", "poor": "low"}[response(messages)], ())

    grades = graded(rows, by_steps, rubric="three")
    assert grades.scale == eh.GradeScale(("low", "middle", "high"), None, cannot_assess=False)
    assert grades.mean_step("v2").value == 2.75
    assert all(system.pass_rate is None for system in grades.systems)
    assert grades.difference("v2").pass_rate is None
    assert grades.frame(frame_library="records")[0]["pass_rate"] is None
    assert grades.scale.passes("high") is None
    with pytest.raises(ValueError, match="pass_from"):
        grades.pass_rate("v1")
    labels = [{"id": "q0", "annotator": "ana", "system": "v1", "grade": "high"}]
    calibration = grades.calibrate(labels)
    assert calibration.best_pass_from is None
    with pytest.raises(ValueError, match="pass_from"):
        calibration.pass_rate("v1")
    with pytest.raises(ValueError, match="pass_from"):
        calibration.difference("v1")


def test_a_single_response_is_enough(rows: list[dict[str, str]]) -> None:
    grades = graded([{"id": row["id"], "prompt": row["prompt"], "v1": row["v1"]} for row in rows], responses=["v1"])
    assert grades.pass_rate("v1").value == 0.5
    assert grades.pairs == ()
    with pytest.raises(KeyError, match="none"):
        grades.difference("v1")


def test_a_jury_comes_last_and_each_judge_has_grades(rows: list[dict[str, str]]) -> None:
    def always(name: str, grade: str) -> eh.JudgeFunction:
        return eh.judge_function(name=name)(lambda _messages: reply_with(grade))

    grades = graded(rows, [reader, always("yes", "pass"), always("no", "fail")])
    assert [judge.judge for judge in grades.summary.judges] == ["reader", "yes", "no", "jury"]
    assert grades.summary.judge().is_jury
    assert grades.order is None
    assert grades.summary.judge().outcomes == {"kept": 7, "hung": 1, "pending": 0}
    assert grades.pass_rate("v1", judge="yes").value == 1
    assert grades.mean_step("v1", judge="no").value == 1
    assert len(grades.grades(judge="all", frame_library="records")) == 32
    assert {row["written_grade"] for row in grades.grades(judge="no", frame_library="records")} == {"fail"}
    with pytest.raises(KeyError, match="no judge"):
        grades.pass_rate("v1", judge="other")


def test_a_function_is_asked_in_both_directions_and_never_twice(rows: list[dict[str, str]]) -> None:
    calls: list[list[dict[str, str]]] = []
    requests: list[eh.JudgeRequest] = []

    @eh.judge_function(concurrency=8, price={"input_per_million": 1.0, "output_per_million": 2.0})
    async def my_judge(messages: list[dict[str, str]], request: eh.JudgeRequest) -> eh.Reply:
        calls.append(messages)
        requests.append(request)
        await asyncio.sleep(0)
        return eh.Reply(reader.function(messages), input_tokens=100, output_tokens=10)  # type: ignore[arg-type]

    grades = graded(rows, my_judge)
    assert sorted(is_reversed(messages) for messages in calls) == [False] * 8 + [True] * 8
    assert all("v1" not in str(messages) and "q0" not in str(messages) for messages in calls), "the judge is blind"
    schema = json.dumps(requests[0].response_format)
    assert '"grade"' in schema
    assert '"cannot assess"' in schema
    assert grades.summary.judge().cost_usd == pytest.approx(16 * (100 * 1 + 10 * 2) / 1e6)
    graded(rows, my_judge)
    assert len(calls) == 16
    graded([*rows, row("q4", "good", "good")], my_judge)
    assert len(calls) == 20


def test_repeats_measure_how_stable_grades_are(rows: list[dict[str, str]]) -> None:
    stability = graded(rows, repeat=3).summary.judge().stability
    assert stability is not None
    assert stability.value == 1
    assert graded(rows, run="once.db").summary.judge().stability is None


async def collect(rows: list[dict[str, str]], **options: Any) -> list[eh.GradingEvent]:
    events = eh.stream_grades(rows, rubric="pass-fail", judge=reader, responses=COLUMNS, run="run.db", **options)
    return [event async for event in events]


def test_a_stream_has_a_plan_every_grade_and_the_result(rows: list[dict[str, str]]) -> None:
    first, *between, last = asyncio.run(collect(rows))
    assert first == eh.GradePlanEvent("run.db", "pass-fail", ("reader",), items=4, responses=8)
    grades = {event for event in between if isinstance(event, eh.GradeEvent)}
    assert len(grades) == 8
    assert eh.GradeEvent("reader", "q1", "v1", "kept", "fail") in grades
    assert eh.GradeEvent("reader", "q2", "v2", "changed", None) in grades
    *_, progress = [event for event in between if isinstance(event, eh.ProgressEvent)]
    assert (progress.done, progress.planned, progress.kept, progress.flipped) == (8, 8, 7, 1)
    assert describe(progress, unkept="changed").startswith("8/8  kept 88 %  changed 12 %")
    assert isinstance(last, eh.GradeResultEvent)
    assert last.requests == 16
    assert last.summary == last.grades.summary
    again = asyncio.run(collect(rows))
    assert not any(isinstance(event, eh.GradeEvent) for event in again)
    with pytest.raises(TypeError, match="baseline"):
        asyncio.run(collect(rows, baseline="v1"))


def test_a_stream_that_is_left_sends_no_further_request(rows: list[dict[str, str]]) -> None:
    calls = []

    @eh.judge_function(concurrency=1)
    async def slow(messages: list[dict[str, str]]) -> str:
        calls.append(messages)
        await asyncio.sleep(0.1)
        return str(reader.function(messages))

    async def leave_early() -> None:
        events = eh.stream_grades(rows, rubric="pass-fail", judge=slow, responses=COLUMNS, run="run.db")
        async for event in events:
            if isinstance(event, eh.GradeEvent):
                break
        await events.aclose()

    asyncio.run(leave_early())
    asked = len(calls)
    assert 2 <= asked < 16
    graded(rows, slow)
    assert len(calls) == 16, "what was stored is not asked again"


def test_a_run_of_the_other_kind_says_so(rows: list[dict[str, str]], grade_labels: list[dict[str, str]]) -> None:
    grades = graded(rows)
    run = eh.judge(rows, rubric="helpfulness", judge="builtin:longer", responses=COLUMNS, run="pairs.db")
    as_run, as_grades = eh.Run(grades.path), eh.Grades(run.path)
    winners = [{"id": "q0", "annotator": "ana", "winner": "v1"}]
    uses: list[Any] = [
        lambda: as_run.summary,
        as_run.verdicts,
        lambda: as_run.calibrate(grade_labels),
        lambda: as_grades.summary,
        as_grades.grades,
        lambda: as_grades.calibrate(winners),
    ]
    for use, kind in zip(uses, ["Grades"] * 3 + ["Run"] * 3, strict=True):
        with pytest.raises(ValueError, match=f"open it with evenhand.{kind}"):
            use()


def test_a_rubric_of_the_other_kind_is_refused(rows: list[dict[str, str]]) -> None:
    with pytest.raises(eh.InputError, match="compares responses"):
        graded(rows, rubric="helpfulness")
    with pytest.raises(eh.InputError, match="grades single responses"):
        eh.judge(rows, rubric="pass-fail", judge=reader, responses=COLUMNS)
    with pytest.raises(TypeError, match="judge_function"):
        graded(rows, lambda _messages: "")


def test_an_error_has_the_run_and_the_same_call_continues(rows: list[dict[str, str]]) -> None:
    with pytest.raises(eh.Incomplete) as raised:
        graded(rows, max_requests=6)
    grades = raised.value.grades
    assert grades is not None
    assert raised.value.run is None
    assert grades.summary.judge().outcomes["pending"] == 5
    copy = pickle.loads(pickle.dumps(raised.value))  # noqa: S301
    assert copy.grades.path == Path("run.db")
    graded(rows)
    assert grades.summary.judge().outcomes["pending"] == 0, "a summary is read again when the run has changed"


@pytest.mark.parametrize("ending", [".html", ".md", ".json", ".xml", ".txt"])
def test_a_report_has_the_format_of_its_ending(
    rows: list[dict[str, str]], grade_labels: list[dict[str, str]], ending: str
) -> None:
    path = graded(rows).report(f"report{ending}", labels=grade_labels)
    begins = {".html": "<!doctype html>", ".md": "**", ".json": "{", ".xml": "<?xml", ".txt": ""}
    text = path.read_text(encoding="utf-8")
    assert text.lower().startswith(begins[ending])
    assert ending == ".xml" or "Too few labels" in text


def test_what_grades_show_in_a_notebook_is_their_report_in_markdown(rows: list[dict[str, str]]) -> None:
    shown = graded(rows)._repr_markdown_()
    assert shown.startswith("**reader passes")


def test_a_pass_rate_passes_fails_or_is_not_decided() -> None:
    texts = ["good"] * 28 + ["poor"] * 2
    rows = [row(f"q{at}", text, "poor") for at, text in enumerate(texts)]
    grades = graded(rows)
    assert_pass_rate(grades, "v1", at_least=0.5)
    with pytest.raises(pytest.fail.Exception, match="missed"):
        assert_pass_rate(grades, "v2", at_least=0.5)
    with pytest.raises(pytest.fail.Exception, match="inconclusive") as failed:
        assert_pass_rate(grades, "v1", at_least=0.9)
    assert str(grades.pass_rate("v1")) in str(failed.value), "the message has the interval and n"
    with pytest.raises(pytest.skip.Exception):
        assert_pass_rate(grades, "v1", at_least=0.9, inconclusive="skip")
    assert_pass_rate(grades, "v1", at_least=0.9, inconclusive="pass")
    labels = [{"id": row["id"], "annotator": "ana", "system": "v2", "grade": "pass"} for row in rows]
    assert_pass_rate(grades, "v2", at_least=0.5, labels=labels)
    with pytest.raises(eh.EvenhandError):
        assert_pass_rate(grades, "v3", at_least=0.5)


def test_responses_of_generate_are_graded() -> None:
    responses = eh.generate(["One?", "Two?"], systems={"echo": lambda _messages: "good"}, to="items.jsonl")
    assert graded(responses, responses=()).pass_rate("echo").value == 1
