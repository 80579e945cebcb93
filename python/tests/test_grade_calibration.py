"""A judge of single responses against people; the numbers are those that the program prints."""

from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from grading import COLUMNS, graded, printed, reply_with, row

import evenhand as eh


def test_a_calibration_is_that_of_the_program(rows: list[dict[str, str]], grade_labels: list[dict[str, str]]) -> None:
    grades = graded(rows)
    calibration = grades.calibrate(grade_labels)
    pd.DataFrame(grade_labels).to_csv("labels.csv", index=False)
    expected = printed("calibrate", "run.db", "--labels", "labels.csv")
    assert {**calibration.data, "provenance": None} == {**expected, "provenance": None}
    assert (calibration.judge, calibration.labelled) == ("reader", 8)
    assert calibration.headline == expected["headline"]
    assert calibration.conclusion == expected["conclusion"]["sentence"]
    assert repr(calibration) == f"<GradeCalibration: {calibration.conclusion}>"
    assert calibration.scale == grades.scale
    assert calibration.order == grades.order
    assert [notice.code for notice in calibration.warnings] == [one["code"] for one in expected["warnings"]]
    # Of 16 replies, two about q3 of v1 and one about q2 of v2 fail what people pass: 7 of them. Only q1 of v1 fails.
    assert calibration.agreement.value == 13 / 16
    assert calibration.true_positive_rate.value == pytest.approx(11 / 14)
    assert calibration.true_negative_rate.value == 1
    assert calibration.kept_agreement.value == pytest.approx(6 / 7)
    assert calibration.coverage.value == 7 / 8
    assert calibration.bias.value == pytest.approx(-1 / 7)
    # Every response has a label.
    assert [calibration.pass_rate(system).value for system in COLUMNS] == [0.75, 1]
    assert calibration.mean_step("v1").value == 1.75
    assert calibration.difference("v2").value == 0.25
    assert calibration.difference("v1", against="v2").value == -0.25
    for wanted in ("v3", "v1"):
        with pytest.raises(KeyError, match="v"):
            calibration.difference(wanted, against="v3")
    with pytest.raises(KeyError, match="v1, v2"):
        calibration.pass_rate("v3")


def test_kappa_is_that_of_cohen_for_two_steps_and_weighted_for_more(
    rows: list[dict[str, str]], grade_labels: list[dict[str, str]], items: list[dict[str, Any]]
) -> None:
    two = graded(rows).calibrate(grade_labels)
    assert two.kappa == eh.Estimate(**two.data["replies"]["cohen_kappa"])
    assert two.kept_kappa == eh.Estimate(**two.data["kept"]["cohen_kappa"])
    # By hand: 13 of 16 replies agree; 5 replies and 2 labels fail, 11 and 14 pass.
    chance = (5 * 2 + 11 * 14) / 16**2
    assert two.kappa.value == pytest.approx((13 / 16 - chance) / (1 - chance))

    @eh.judge_function
    def by_length(messages: list[dict[str, str]]) -> str:
        length = len(messages[-1]["content"].split("response>>>")[1])
        steps = ["misleading", "incomplete", "weak", "usable", "good"]
        return reply_with(steps[min(length // 150, 4)], ["faithfulness", "coverage", "economy"])

    grades = eh.grade(items, rubric="summary-grade", judge=by_length, run="five.db")
    more = grades.calibrate(Path(__file__).parents[2] / "calibration" / "tickets" / "grades.jsonl")
    assert more.labelled == 192
    assert more.kappa == eh.Estimate(**more.data["replies"]["weighted_kappa"])
    assert more.kept_kappa == eh.Estimate(**more.data["kept"]["weighted_kappa"])
    assert more.kappa != eh.Estimate(**more.data["replies"]["cohen_kappa"])
    assert more.best_pass_from == more.data["thresholds"]["chosen"]
    with pytest.raises(ValueError, match="against which"):
        more.difference("model-a")
    pair = next(pair for pair in more.data["pairs"] if pair["between"] == ["model-a", "model-c"])
    difference = more.difference(pair["system"], against="model-a" if pair["system"] == "model-c" else "model-c")
    assert difference == eh.Estimate(**pair["pass_rate_difference"]["ppi"])


def test_labels_may_be_of_any_kind_and_have_criteria(
    rows: list[dict[str, str]], grade_labels: list[dict[str, str]]
) -> None:
    grades = graded(rows)
    nested = [{**label, "criteria": {"task": label["grade"]}} for label in grade_labels]
    kinds: list[Any] = [list, pd.DataFrame, pl.DataFrame]
    assert len({grades.calibrate(kind(grade_labels)).kappa for kind in kinds}) == 1
    calibration = grades.calibrate(nested)
    assert [one["criterion"] for one in calibration.data["criteria"]] == ["task"]
    assert grades.calibrate(grade_labels, judge="reader", part="dev").data["part"] == "dev"
    with pytest.raises(eh.InputError, match="good"):
        grades.calibrate([{**grade_labels[0], "grade": "good"}])


def test_gates_hold_or_raise(rows: list[dict[str, str]], grade_labels: list[dict[str, str]]) -> None:
    grades = graded(rows)
    calibration = grades.calibrate(grade_labels, min_kappa=0.9)
    with pytest.raises((eh.GateMissed, eh.GateInconclusive), match="κ over every reply"):
        calibration.raise_if()
    calibration.raise_if(min_coverage=0.1)
    calibration.raise_if(min_pass_rate={"v2": 0.3})
    with pytest.raises(eh.GateInconclusive, match="pass rate corrected with labels of v1"):
        calibration.raise_if(min_pass_rate={"v2": 0.3, "v1": 0.8})
    grades.calibrate(grade_labels).raise_if()
    unsteady = graded([row(f"q{at}", "edge", "edge") for at in range(9)], run="unsteady.db", inconclusive="pass")
    with pytest.raises(eh.GateMissed, match="consistency"):
        unsteady.calibrate(grade_labels, min_consistency=0.9).raise_if()
