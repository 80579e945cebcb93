"""Each failure is an exception of its class, which says where it is and what to do."""

import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import evenhand as eh

COLUMNS = ["short", "long"]


def test_bad_input_names_file_line_and_field() -> None:
    rows = [{"id": "a", "prompt": "p", "responses": {"x": "1", "y": 3}}]
    with pytest.raises(eh.InputError) as raised:
        eh.judge(rows, rubric="helpfulness", judge="builtin:longer")
    error = raised.value
    assert (error.code, error.file, error.line, error.field) == (3, "stdin", 1, "responses.y")
    assert "expected a string" in str(error)
    assert error.run is None


def test_a_file_of_rubrics_or_settings_is_named_too() -> None:
    Path("evenhand.toml").write_text("[judges.mine]\nmodell = 'x'\n", encoding="utf-8")
    with pytest.raises(eh.InputError) as raised:
        eh.judge([], rubric="helpfulness", judge="mine")
    assert (raised.value.file, raised.value.line) == ("evenhand.toml", 2)
    assert raised.value.hint == "did you mean `model`?"


def test_an_unknown_rubric_has_a_hint() -> None:
    with pytest.raises(eh.InputError, match="there is no rubric") as raised:
        eh.judge([], rubric="nothing", judge="builtin:longer")
    assert "hint: " in str(raised.value)


def test_an_incomplete_run_has_the_run_and_is_continued_by_the_same_call(table: list[dict[str, str]]) -> None:
    def judge(max_requests: int | None) -> eh.Run:
        return eh.judge(
            table,
            rubric="helpfulness",
            judge="builtin:longer",
            responses=COLUMNS,
            run="run.db",
            max_requests=max_requests,
        )

    with pytest.raises(eh.Incomplete) as raised:
        judge(4)
    assert raised.value.code == 5
    assert raised.value.run is not None
    assert raised.value.run.summary.judge().outcomes["pending"] == 2
    assert judge(None).summary.judge().outcomes["kept"] == 4


def test_a_run_without_a_kept_verdict_does_not_look_like_a_success(table: list[dict[str, str]]) -> None:
    with pytest.raises(eh.GateInconclusive) as raised:
        eh.judge(table, rubric="helpfulness", judge="builtin:first", responses=COLUMNS)
    assert raised.value.run is not None
    assert raised.value.run.summary.judge().outcomes["flipped"] == 4


def test_a_file_that_is_no_run_is_an_error_of_the_run_file_or_the_input() -> None:
    with pytest.raises(eh.EvenhandError, match=r"nothing\.db"):
        _ = eh.Run("nothing.db").summary
    rows = [{"id": "a", "prompt": "p", "responses": {"x": "1", "y": "22"}}]
    eh.judge(rows, rubric="helpfulness", judge="builtin:longer", run="run.db")
    with pytest.raises(eh.RunFileError):
        eh.judge(rows, rubric="helpfulness", judge="builtin:random", run="run.db")


def test_gates_are_raised_when_asked_for(table: list[dict[str, str]]) -> None:
    run = eh.judge(table, rubric="helpfulness", judge="builtin:longer", responses=COLUMNS)
    labels = [{"id": row["id"], "annotator": "ana", "winner": "long"} for row in table]
    calibration = run.calibrate(labels, min_coverage=0.2)
    calibration.raise_if()
    calibration.raise_if(min_consistency=0.2)
    with pytest.raises(eh.GateInconclusive) as raised:
        calibration.raise_if(min_coverage=0.99)
    assert raised.value.code == 8
    with pytest.raises(eh.GateInconclusive):
        run.calibrate(labels, min_coverage=0.99).raise_if()


def test_rows_that_are_none_say_what_was_expected() -> None:
    with pytest.raises(TypeError, match="expected a data frame"):
        eh.judge({"id": "a"}, rubric="helpfulness", judge="builtin:longer")
    with pytest.raises(TypeError, match="row 2: expected a dictionary"):
        eh.judge([{"id": "a"}, "b"], rubric="helpfulness", judge="builtin:longer")
    with pytest.raises(TypeError, match="type object"):
        eh.judge([{"id": "a", "prompt": object()}], rubric="helpfulness", judge="builtin:longer")


def test_warnings_are_warnings_of_python_at_the_line_of_the_caller(table: list[dict[str, str]]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        eh.judge(table, rubric="helpfulness", judge="builtin:longer")
    (warning,) = caught
    assert warning.category is eh.EvenhandWarning
    assert warning.filename == __file__
    assert "short" in str(warning.message)


def test_the_program_is_installed_with_the_package_and_has_its_version() -> None:
    shown = subprocess.run([sys.executable, "-m", "evenhand", "--version"], capture_output=True, check=True, text=True)
    assert shown.stdout.split()[:2] == ["evenhand", eh.__version__]
    failed = subprocess.run([sys.executable, "-m", "evenhand", "judge"], capture_output=True, check=False)
    assert failed.returncode == 2


def test_an_address_of_shared_quotas_is_passed_on_without_its_password(table: list[dict[str, str]]) -> None:
    settings = {"judges.mine": {"model": "m", "base_url": "http://127.0.0.1:1/v1", "requests_per_minute": 60}}
    address = "postgres://ann:secret-5d1f@127.0.0.1:1/quotas"
    with pytest.raises(eh.EndpointError) as failed:
        eh.judge(table, rubric="helpfulness", judge="mine", settings=settings, quota_from=address, progress=False)
    assert "the database quotas at 127.0.0.1:1" in failed.value.message
    assert "secret-5d1f" not in str(failed.value)
