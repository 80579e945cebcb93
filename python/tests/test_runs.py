"""Judging, and what a run says; the numbers are those that the program prints."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import evenhand as eh

COLUMNS = ["short", "long"]


def printed(*arguments: str) -> Any:
    """Return the document that the program prints, whatever its exit code."""
    command = [str(eh.binary_path()), *arguments]
    return json.loads(subprocess.run(command, capture_output=True, check=False).stdout)


def test_every_kind_of_rows_makes_the_same_run(table: list[dict[str, str]]) -> None:
    frame = pd.DataFrame(table)
    frame.to_csv("items.csv", index=False)
    kinds = {
        "list": table,
        "pandas": frame,
        "polars": pl.DataFrame(table),
        "pyarrow": pa.Table.from_pylist(table),
        "path": Path("items.csv"),
        "string": "items.csv",
        "nested": [
            {"id": row["id"], "prompt": row["prompt"], "responses": {name: row[name] for name in COLUMNS}}
            for row in table
        ],
    }
    verdicts = {}
    for name, rows in kinds.items():
        columns = () if name == "nested" else COLUMNS
        run = eh.judge(rows, rubric="helpfulness", judge="builtin:longer", run=f"{name}.db", responses=columns)
        verdicts[name] = run.verdicts(frame_library="records")
    assert [row["winner"] for row in verdicts["list"]] == ["long", "long", "long", "short"]
    for name, rows in verdicts.items():
        assert rows == verdicts["list"], name


def test_the_numbers_are_those_of_the_program(items: list[dict[str, Any]], labels: list[dict[str, Any]]) -> None:
    run = eh.judge(items, rubric="summary-quality", judge="builtin:longer", run="run.db")
    document = printed("report", "run.db", "--format", "json")
    (judge,) = document["summary"]["judges"]
    assert run.summary.headline == " ".join(document["headline"])
    assert run.summary.judge().outcomes == judge["outcomes"]
    for rate in judge["win_rates"]:
        (other,) = [name for name in rate["between"] if name != rate["system"]]
        estimate = run.win_rate(rate["system"], against=other)
        assert estimate == eh.Estimate(**rate["order_averaged"])
        opposite = run.win_rate(other, against=rate["system"])
        assert opposite.value is not None
        assert estimate.value is not None
        assert opposite.value + estimate.value == pytest.approx(1)
        assert opposite.low == pytest.approx(1 - (estimate.high or 0))
    calibration = run.calibrate(labels)
    Path("labels.jsonl").write_text("".join(json.dumps(label) + "\n" for label in labels), encoding="utf-8")
    expected = printed("calibrate", "run.db", "--labels", "labels.jsonl", "--format", "json")
    assert {**calibration.data, "provenance": None} == {**expected, "provenance": None}
    assert calibration.kappa == eh.Estimate(**expected["orders"]["cohen_kappa"])
    assert calibration.kept_agreement == eh.Estimate(**expected["kept"]["agreement"])
    assert [notice.code for notice in calibration.warnings] == [one["code"] for one in expected["warnings"]]
    assert calibration.conclusion == expected["conclusion"]["sentence"]


def test_labels_may_be_a_frame_of_either_library_or_columns_of_the_items(
    items: list[dict[str, Any]], labels: list[dict[str, Any]], table: list[dict[str, str]]
) -> None:
    run = eh.judge(items, rubric="summary-quality", judge="builtin:longer", run="run.db")
    kappas = {run.calibrate(kind(labels)).kappa for kind in (list, pd.DataFrame, pl.DataFrame)}
    assert len(kappas) == 1
    rows = [{**row, "ana": "long"} for row in table]
    run = eh.judge(
        rows,
        rubric="helpfulness",
        judge="builtin:longer",
        responses=COLUMNS,
        label_columns=["ana"],
        run="table.db",
    )
    assert run.calibrate(rows, label_columns=["ana"]).kept_agreement.value == 0.75


@pytest.mark.filterwarnings("ignore::evenhand.EvenhandWarning")
def test_a_frame_of_verdicts_has_the_documented_columns_and_types(items: list[dict[str, Any]]) -> None:
    run = eh.judge(pd.DataFrame(items), rubric="summary-quality", judge="builtin:longer", run="run.db")
    frame = run.verdicts()
    assert isinstance(frame, pd.DataFrame)
    assert len(frame) == 192
    assert frame.dtypes["margin"] == "float64"
    assert {str(kind) for name, kind in frame.dtypes.items() if name != "margin"} == {"string"}
    assert {"tags.channel", "tags.topic"} < set(frame.columns)
    kept = run.verdicts(outcome="kept", frame_library="polars")
    assert isinstance(kept, pl.DataFrame)
    assert kept.schema["winner"] == pl.String
    assert set(kept["outcome"]) == {"kept"}
    # Without a row, columns and types stay.
    none = run.verdicts(outcome="failed", frame_library="polars")
    assert none.shape[0] == 0
    assert none.schema["margin"] == pl.Float64


def test_a_run_of_polars_returns_frames_of_polars(table: list[dict[str, str]]) -> None:
    run = eh.judge(pl.DataFrame(table), rubric="helpfulness", judge="builtin:longer", responses=COLUMNS)
    assert isinstance(run.verdicts(), pl.DataFrame)
    assert run.rank()["system"].to_list() == ["long", "short"]
    assert run.path == Path("runs/helpfulness-builtin-longer.db")


@pytest.mark.filterwarnings("ignore:.*empty response:evenhand.EvenhandWarning")
def test_missing_values_are_no_text(table: list[dict[str, str]]) -> None:
    frame = pd.DataFrame([*table, {"id": "q9", "prompt": "Question 9?", "short": "x", "long": None}])
    with pytest.raises(eh.InputError, match="long") as raised:
        eh.judge(frame, rubric="helpfulness", judge="builtin:longer", responses=COLUMNS)
    assert raised.value.line == 6
    run = eh.judge(
        frame, rubric="helpfulness", judge="builtin:longer", responses=COLUMNS, empty_cells="empty", run="run.db"
    )
    assert run.verdicts(frame_library="records")[-1]["winner"] == "short"


def test_what_a_run_shows_in_a_notebook_is_its_report_in_markdown(table: list[dict[str, str]]) -> None:
    run = eh.judge(table, rubric="helpfulness", judge="builtin:longer", responses=COLUMNS)
    shown = run._repr_markdown_()
    assert shown.startswith("**builtin:longer prefers")
    assert repr(run) == "Run('runs/helpfulness-builtin-longer.db')"


@pytest.mark.parametrize("ending", [".html", ".md", ".json", ".xml", ".txt"])
def test_a_report_has_the_format_of_its_ending(table: list[dict[str, str]], ending: str) -> None:
    run = eh.judge(table, rubric="helpfulness", judge="builtin:longer", responses=COLUMNS)
    labels = [{"id": "q0", "annotator": "ana", "winner": "long"}]
    path = run.report(f"report{ending}", labels=labels)
    begins = {
        ".html": "<!doctype html>",
        ".md": "**",
        ".json": "{",
        ".xml": "<?xml",
        ".txt": "if the labelled comparisons",
    }
    assert path.read_text(encoding="utf-8").lower().startswith(begins[ending])
    with pytest.raises(ValueError, match="endings"):
        run.report("report.pdf")


def test_a_win_rate_against_several_systems_must_name_one(items: list[dict[str, Any]]) -> None:
    run = eh.judge(items, rubric="summary-quality", judge="builtin:longer", run="run.db")
    with pytest.raises(ValueError, match="against which"):
        run.win_rate("model-a")
    with pytest.raises(KeyError, match="not compared"):
        run.win_rate("model-a", against="model-x")
    with pytest.raises(KeyError, match="no judge"):
        run.win_rate("model-a", against="model-b", judge="other")


def test_metrics_are_those_of_the_program(items: list[dict[str, Any]], labels: list[dict[str, Any]]) -> None:
    scores = eh.metrics(pd.DataFrame(items), ["rouge-l", "chrf"], labels=labels)
    Path("items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    document = printed("metrics", "items.jsonl", "--metric", "rouge-l", "--format", "json")
    for system in document["metrics"][0]["systems"]:
        assert scores.score("rouge-l", system["system"]) == eh.Estimate(**system["score"])
    assert scores.agreement("chrf").n == 192
    frame = scores.frame()
    assert list(frame.columns) == ["metric", "system", "value", "low", "high", "n"]
    assert len(frame) == 6
    with pytest.raises(KeyError):
        scores.score("bleu", "model-a")


def test_metrics_against_grades_are_those_of_the_program(items: list[dict[str, Any]]) -> None:
    systems = ["model-a", "model-b"]
    grades = [
        {"id": item["id"], "annotator": "ana", "system": system, "grade": "usable" if at % 3 else "weak"}
        for at, item in enumerate(items[:40])
        for system in systems[: 1 + at % 2]
    ]
    scores = eh.metrics(pd.DataFrame(items), ["chrf"], labels=grades, rubric="summary-grade")
    Path("items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    Path("grades.jsonl").write_text("".join(json.dumps(grade) + "\n" for grade in grades), encoding="utf-8")
    document = printed(
        *("metrics", "items.jsonl", "--metric", "chrf", "--labels", "grades.jsonl", "--rubric", "summary-grade"),
        *("--format", "json"),
    )
    assert scores.grade_agreement("chrf") == eh.Estimate(**document["metrics"][0]["grades"]["auroc"])
    assert scores.grade_agreement("chrf").n == 60
    with pytest.raises(KeyError, match="no agreement of 'chrf' with labels"):
        scores.agreement("chrf")
    with pytest.raises(KeyError, match="no agreement of 'bleu' with grades"):
        scores.grade_agreement("bleu")
    with pytest.raises(eh.InputError, match="which of these grades is better is not known"):
        eh.metrics(pd.DataFrame(items), ["chrf"], labels=grades)


def test_a_jury_comes_last_and_each_judge_has_a_summary(table: list[dict[str, str]]) -> None:
    run = eh.judge(
        table,
        rubric="helpfulness",
        judge=["builtin:longer", "builtin:random", "builtin:first"],
        responses=COLUMNS,
        run="run.db",
        inconclusive="pass",
    )
    assert [judge.judge for judge in run.summary.judges] == [
        "builtin:longer",
        "builtin:random",
        "builtin:first",
        "jury",
    ]
    assert run.summary.judge().consistency is None
    assert run.win_rate("long", judge="builtin:longer").value == 0.75
    assert len(run.verdicts(judge="all", frame_library="records")) == 16


def test_a_frame_with_conversations_has_columns_of_responses_too(table: list[dict[str, str]]) -> None:
    rows = [{**row, "prompt": [{"role": "user", "content": row["prompt"]}]} for row in table]
    for number, kind in enumerate((list, pd.DataFrame, pl.DataFrame)):
        run = eh.judge(kind(rows), rubric="helpfulness", judge="builtin:longer", responses=COLUMNS, run=f"{number}.db")
        winners = [row["winner"] for row in run.verdicts(frame_library="records")]
        assert winners == ["long", "long", "long", "short"]


def test_values_of_any_kind_reach_the_program_as_they_are() -> None:
    texts = ["plain", "a\rb", "tail\r", 'quoted "text", with a comma', "line\nbreak", "{a", "\u2028", "💡", "1.0"]
    rows = [{"{odd": text, "prompt": text, "id": f"q{at}", "other": "x"} for at, text in enumerate(texts)]
    frame = pd.DataFrame(rows).astype({"other": "category"})
    run = eh.judge(frame, rubric="helpfulness", judge="builtin:longer", responses=["{odd", "other"], run="run.db")
    shown = printed("show", "run.db", "--format", "json", "--limit", "100")
    responses = {case["id"]: case["responses"]["{odd"] for case in shown["cases"]}
    assert responses == {f"q{at}": text.replace("\r\n", "\n") for at, text in enumerate(texts)}
    assert run.summary.judge().planned == len(texts)


@pytest.mark.filterwarnings("ignore::evenhand.EvenhandWarning")
def test_missing_numbers_of_every_library_are_missing() -> None:
    rows: list[dict[str, Any]] = [
        {"id": at, "prompt": "p", "a": missing, "b": "text"}
        for at, missing in enumerate([None, float("nan"), np.float32("nan"), pd.NA, pd.NaT])
    ]
    run = eh.judge(rows, rubric="helpfulness", judge="builtin:longer", responses=["a", "b"], empty_cells="empty")
    assert {row["winner"] for row in run.verdicts(frame_library="records")} == {"b"}
    nested = [{"id": "n", "prompt": "p", "responses": {"a": "x", "b": "yy"}, "context": {"n": np.float64("nan")}}]
    eh.judge(nested, rubric="helpfulness", judge="builtin:longer", run="nested.db")


def test_a_column_without_a_value_and_a_frame_without_a_row_keep_their_columns() -> None:
    frame = pd.DataFrame({"id": ["q"], "prompt": ["p"], "a": [None], "b": ["text"]})
    with pytest.raises(eh.InputError, match="`a`"):
        eh.judge(frame, rubric="helpfulness", judge="builtin:longer", responses=["a", "b"])
    with pytest.raises(eh.InputError, match="no items"):
        eh.judge(frame.head(0), rubric="helpfulness", judge="builtin:longer", responses=["a", "b"])


def test_a_summary_is_read_again_when_the_run_has_changed(table: list[dict[str, str]]) -> None:
    run = eh.judge(table[:2], rubric="helpfulness", judge="builtin:longer", responses=COLUMNS, run="run.db")
    assert run.summary.judge().planned == 2
    eh.judge(table, rubric="helpfulness", judge="builtin:longer", responses=COLUMNS, run="run.db")
    assert run.summary.judge().planned == 4


def test_a_library_of_frames_that_is_none_is_refused(table: list[dict[str, str]]) -> None:
    path = eh.judge(table, rubric="helpfulness", judge="builtin:longer", responses=COLUMNS).path
    assert isinstance(eh.Run(path, frame_library="records").verdicts(), list)
    with pytest.raises(ValueError, match="records"):
        eh.Run(path, frame_library="arrow").verdicts()  # type: ignore[arg-type]


def test_a_cascade_has_final_verdicts_and_says_what_was_sent() -> None:
    items = [{"id": f"q{at}", "prompt": "P", "responses": {"a": "x" * 5, "b": "y" * (5 + at % 2)}} for at in range(8)]

    # It follows the order where both responses are equally long.
    @eh.judge_function(version="1")
    def by_length(messages: list[dict[str, str]]) -> str:
        text = messages[-1]["content"]
        vote = "second" if "y" * 6 in text and text.find("x" * 5) < text.find("y" * 6) else "first"
        return json.dumps({"reasoning": "", "criteria": {}, "vote": vote})

    run = eh.judge(items, rubric="helpfulness", judge=by_length, then="builtin:longer", when="not-kept", run="c.db")
    cascade = run.summary.cascade
    assert cascade is not None
    assert (cascade.cheap, cascade.strong, cascade.rule) == ("by_length", "builtin:longer", "not-kept")
    assert cascade.sent.value == 0.5
    assert [judge.judge for judge in run.summary.judges] == ["by_length", "builtin:longer", "cascade"]
    assert run.summary.judge().planned == 8
    assert run.summary.judge("builtin:longer").planned == 4
    verdicts = run.verdicts(frame_library="records")
    assert [row["judge"] for row in verdicts] == ["builtin:longer", "by_length"] * 4
    with pytest.raises(TypeError, match="then is a plain function"):
        eh.judge(items, rubric="helpfulness", judge="builtin:longer", then=lambda _: "", run="no.db")  # type: ignore[arg-type]


def test_asking_ends_when_the_win_rate_is_decided() -> None:
    items = [
        {"id": f"q{at}", "prompt": "P", "responses": {"a": "short", "b": f"a longer one {at}"}} for at in range(60)
    ]
    run = eh.judge(items, rubric="helpfulness", judge="builtin:longer", run="decided.db", until_decided="b")
    (rate,) = run.summary.judge().win_rates
    assert rate.at_every_look is not None
    assert rate.at_every_look.n == 10
    assert len(run.verdicts(frame_library="records")) < 60
    whole = eh.judge(items, rubric="helpfulness", judge="builtin:longer", run="whole.db")
    assert whole.summary.judge().win_rates[0].at_every_look is None
    with pytest.raises(eh.EvenhandError, match=r"must be above 0 and below 0\.5"):
        eh.judge(items, rubric="helpfulness", judge="builtin:longer", run="no.db", until_decided="b", margin=0.5)
