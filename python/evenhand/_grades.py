"""A run of grades: the file with everything that judges said about single responses, and what follows from it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from evenhand._flags import flags
from evenhand._frames import FrameLibrary, frame
from evenhand._grade_calibration import GradeCalibration
from evenhand._grade_results import (
    GradeDifference,
    GradeScale,
    GradeSummary,
    ScaleOrderEffect,
    SystemGrades,
    difference_of,
)
from evenhand._inputs import Rows, Source
from evenhand._process import output
from evenhand._run_report import RunReport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evenhand._results import Estimate

_GRADE_COLUMNS = {
    "id": "text",
    "system": "text",
    "judge": "text",
    "outcome": "text",
    "grade": "text",
    "written_grade": "text",
    "reversed_grade": "text",
}
_SYSTEM_COLUMNS = {
    "system": "text",
    "planned": "count",
    "kept": "count",
    "cannot_assess": "count",
    "pass_rate": "number",
    "pass_rate_low": "number",
    "pass_rate_high": "number",
    "mean_step": "number",
    "mean_step_low": "number",
    "mean_step_high": "number",
    "n": "count",
}


class Grades(RunReport):
    """A run file of grades. In a notebook it shows its result.

    Args:
        path: The run file, which :func:`evenhand.grade` or ``evenhand grade`` has written.
        frame_library: What tables are returned as; by default the first of pandas and polars that is installed.

    Attributes:
        path: The run file.

    """

    _has_grades = True

    @property
    def summary(self) -> GradeSummary:
        """The result in numbers.

        Raises:
            EvenhandError: The run file cannot be read, or has no answer yet.
            ValueError: It has comparisons.

        """
        document = self._report()
        return GradeSummary.of(document["summary"], " ".join(document["headline"]))

    @property
    def headline(self) -> str:
        """What can be quoted: how often the responses of each system pass, or how systems differ."""
        return self.summary.headline

    @property
    def scale(self) -> GradeScale:
        """The grades that the rubric allows."""
        return self.summary.scale

    @property
    def systems(self) -> tuple[SystemGrades, ...]:
        """How the responses of each system were graded, by the only judge or the jury."""
        return self.summary.judge().systems

    @property
    def pairs(self) -> tuple[GradeDifference, ...]:
        """How each pair of systems differs, by the only judge or the jury."""
        return self.summary.judge().pairs

    @property
    def order(self) -> ScaleOrderEffect | None:
        """What the direction of the scale does to the only judge; ``None`` for a jury, each judge of which has one."""
        return self.summary.judge().order

    def pass_rate(self, system: str, *, judge: str | None = None) -> Estimate:
        """Return how often a judge passes the responses of a system, over both directions of the scale.

        It is what the judge passes. What people would pass needs labels: see :meth:`calibrate`.

        Args:
            system: The system.
            judge: The judge; by default the only one, or the jury.

        Returns:
            The direction-averaged pass rate from 0 to 1, with its interval and the number of responses.

        Raises:
            KeyError: There is no such system or judge.
            ValueError: The rubric does not say what passes.

        """
        rate = self.summary.judge(judge).system(system).pass_rate
        if rate is None:
            raise ValueError("the rubric does not say what passes: name the lowest step that does as pass_from")
        return rate.averaged

    def mean_step(self, system: str, *, judge: str | None = None) -> Estimate:
        """Return the mean step of the responses of a system, from 1 for the worst to the number of steps.

        Args:
            system: The system.
            judge: The judge; by default the only one, or the jury.

        Raises:
            KeyError: There is no such system or judge.

        """
        return self.summary.judge(judge).system(system).mean_step

    def difference(self, system: str, against: str | None = None, *, judge: str | None = None) -> GradeDifference:
        """Return by how much a system passes more often than another one, and is graded higher.

        Args:
            system: The system.
            against: The other one; may be left out if there is only one.
            judge: The judge; by default the only one, or the jury.

        Raises:
            KeyError: There is no such system or judge.
            ValueError: There are several other systems, and ``against`` is not given.

        """
        return difference_of(self.summary.judge(judge).pairs, system, against)

    def grades(
        self,
        *,
        outcome: str | None = None,
        judge: str | None = None,
        frame_library: FrameLibrary | None = None,
    ) -> Any:
        """Return one row for each response.

        Args:
            outcome: Only responses with this outcome, such as ``"changed"``; by default all.
            judge: The judge; ``"all"`` has one row for each judge; by default the only one, or the jury.
            frame_library: ``"pandas"``, ``"polars"`` or ``"records"`` for a list of dictionaries; by default the
                library of the items.

        Returns:
            A data frame of texts with the columns ``id``, ``system``, ``judge``, ``outcome``, ``grade`` (the name of a
            step, ``"cannot assess"``, or missing unless it was kept), ``written_grade`` and ``reversed_grade`` (what
            the judge gave with the scale as written and reversed), and ``tags.NAME`` for each tag.
            ``grades.scale.step`` makes a number of a grade.

        Raises:
            EvenhandError: The run file cannot be read, or there is no such outcome or judge.
            ValueError: It has comparisons.

        """
        options = {"format": "jsonl", "all": outcome is None, "outcome": outcome, "judge": judge}
        arguments = ["verdicts", str(self.path), *flags(options)]
        lines = [json.loads(line) for line in output(arguments).splitlines()]
        self._check_kind(has_grades=all("system" in line for line in lines))
        tags = dict.fromkeys(tag for line in lines for tag in line["tags"])
        columns = {**_GRADE_COLUMNS, **{f"tags.{tag}": "text" for tag in tags}}
        return frame([_grade_row(line) for line in lines], columns, self._library(frame_library))

    def frame(self, *, judge: str | None = None, frame_library: FrameLibrary | None = None) -> Any:
        """Return one row for each system, with the numbers of :meth:`pass_rate` and :meth:`mean_step`.

        Args:
            judge: The judge; by default the only one, or the jury.
            frame_library: As for :meth:`grades`.

        Returns:
            A data frame with the columns ``system``, ``planned``, ``kept``, ``cannot_assess``, ``pass_rate``,
            ``pass_rate_low``, ``pass_rate_high`` (missing if the rubric does not say what passes), ``mean_step``,
            ``mean_step_low``, ``mean_step_high`` and ``n``, the responses that these rest on.

        Raises:
            KeyError: There is no such judge.

        """
        rows = []
        for system in self.summary.judge(judge).systems:
            rate = None if system.pass_rate is None else system.pass_rate.averaged
            rows.append(
                {
                    "system": system.system,
                    "planned": system.planned,
                    "kept": system.kept,
                    "cannot_assess": system.cannot_assess,
                    "pass_rate": None if rate is None else rate.value,
                    "pass_rate_low": None if rate is None else rate.low,
                    "pass_rate_high": None if rate is None else rate.high,
                    "mean_step": system.mean_step.value,
                    "mean_step_low": system.mean_step.low,
                    "mean_step_high": system.mean_step.high,
                    "n": system.mean_step.n,
                }
            )
        return frame(rows, _SYSTEM_COLUMNS, self._library(frame_library))

    def calibrate(
        self,
        labels: Rows,
        *,
        part: str | None = None,
        judge: str | None = None,
        rubric: str | None = None,
        min_kappa: float | None = None,
        min_coverage: float | None = None,
        min_consistency: float | None = None,
        min_pass_rate: Mapping[str, float] | None = None,
    ) -> GradeCalibration:
        """Measure how well the judge agrees with people.

        Args:
            labels: The labels of people: rows with ``id``, ``annotator``, ``grade`` (the name of a step, or ``cannot
                assess``) and, where an item has more than one response, ``system``; or a label file.
            part: ``"dev"`` or ``"test"`` for one half of the items; each look at the test half is counted.
            judge: One judge of a jury.
            rubric: Read the stored replies by this rubric, whose prompts must be unchanged.
            min_kappa: A gate: the least κ over every reply. :meth:`GradeCalibration.raise_if` says whether it holds.
            min_coverage: A gate for the share of kept grades.
            min_consistency: A gate for the share of responses on which both directions agree.
            min_pass_rate: A gate for the pass rate of each system that it names, corrected with the labels.

        Raises:
            EvenhandError: Labels or run cannot be read. A gate that is missed raises nothing here.
            ValueError: The run has comparisons.

        """
        arguments = flags({"part": part, "judge": judge, "rubric": rubric})
        gates = {
            "min_kappa": min_kappa,
            "min_coverage": min_coverage,
            "min_consistency": min_consistency,
            "min_pass_rate": min_pass_rate,
        }
        calibration = GradeCalibration.measure(self.path, Source(labels), arguments, gates)
        self._check_kind(has_grades="scale" in calibration.data)
        return calibration


def _grade_row(line: Mapping[str, Any]) -> dict[str, Any]:
    # A jury has no directions of its own.
    directions = {direction["scale"]: direction["grade"] for direction in line["orders"]}
    row = {name: line[name] for name in ("id", "system", "judge", "outcome", "grade")}
    row["written_grade"] = directions.get("written")
    row["reversed_grade"] = directions.get("reversed")
    row.update({f"tags.{tag}": value for tag, value in line["tags"].items()})
    return row
