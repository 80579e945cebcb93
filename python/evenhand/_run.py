"""A run: the file with everything that judges said about a set of items, and what follows from it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from evenhand._flags import flags
from evenhand._frames import FrameLibrary, frame
from evenhand._inputs import Rows, Source
from evenhand._process import output
from evenhand._results import CascadeSummary, Estimate, JudgeSummary, Summary, rate_of
from evenhand._run_report import RunReport

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evenhand._calibration import Calibration

_VERDICT_COLUMNS = {
    "id": "text",
    "a": "text",
    "b": "text",
    "judge": "text",
    "outcome": "text",
    "winner": "text",
    "a_first_preference": "text",
    "b_first_preference": "text",
    "margin": "number",
    "decided_by": "text",
}


class Run(RunReport):
    """A run file. In a notebook it shows its result.

    Args:
        path: The run file, which :func:`evenhand.judge` or ``evenhand judge`` has written.
        frame_library: What tables are returned as; by default the first of pandas and polars that is installed.

    Attributes:
        path: The run file.

    """

    _has_grades = False

    @property
    def summary(self) -> Summary:
        """The result in numbers.

        Raises:
            EvenhandError: The run file cannot be read, or has no answer yet.

        """
        document = self._report()
        return Summary(
            headline=" ".join(document["headline"]),
            rubric=document["summary"]["rubric"],
            judges=tuple(JudgeSummary.of(judge) for judge in document["summary"]["judges"]),
            cascade=CascadeSummary.of(document["summary"].get("cascade")),
        )

    def win_rate(self, system: str, against: str | None = None, *, judge: str | None = None) -> Estimate:
        """Return how often a judge prefers a system, over all replies in both orders; a tie is half a win.

        It is what the judge prefers. What people prefer needs labels: see :meth:`calibrate`.

        Args:
            system: The system.
            against: The other one; may be left out if the system was compared with one other.
            judge: The judge; by default the only one, or the jury.

        Returns:
            The order-averaged win rate from 0 to 1, with its interval and the number of comparisons. A jury has no
            orders: its rate is that over its kept verdicts.

        Raises:
            KeyError: The systems were not compared, or there is no such judge.
            ValueError: The system was compared with several others, and ``against`` is not given.

        """
        asked = self.summary.judge(judge)
        rates = [
            (rate.system, rate.against, rate.kept if asked.is_jury else rate.order_averaged) for rate in asked.win_rates
        ]
        return rate_of(rates, system, against)

    def verdicts(
        self,
        *,
        outcome: str | None = None,
        judge: str | None = None,
        frame_library: FrameLibrary | None = None,
    ) -> Any:
        """Return one row for each comparison.

        Args:
            outcome: Only comparisons with this outcome, such as ``"kept"``; by default all.
            judge: The judge; ``"all"`` has one row for each judge; by default the only one, the jury, or of a cascade
                the judge that decides a comparison.
            frame_library: ``"pandas"``, ``"polars"`` or ``"records"`` for a list of dictionaries; by default the
                library of the items.

        Returns:
            A data frame with the columns ``id``, ``a`` and ``b`` (the two systems), ``judge``, ``outcome``, ``winner``
            (a system, ``"tie"`` or missing), ``a_first_preference`` and ``b_first_preference`` (what the judge
            prefers where that system is shown first), ``margin`` (from -1 to 1, where the judge gives
            probabilities), ``decided_by``, and ``tags.NAME`` for each tag. ``margin`` is a float; all others are text.

        Raises:
            EvenhandError: The run file cannot be read, or there is no such outcome or judge.

        """
        options = {"format": "jsonl", "all": outcome is None, "outcome": outcome, "judge": judge}
        arguments = ["verdicts", str(self.path), *flags(options)]
        lines = [json.loads(line) for line in output(arguments).splitlines()]
        self._check_kind(has_grades=any("between" not in line for line in lines))
        tags = dict.fromkeys(tag for line in lines for tag in line["tags"])
        columns = {**_VERDICT_COLUMNS, **{f"tags.{tag}": "text" for tag in tags}}
        return frame([_verdict_row(line) for line in lines], columns, self._library(frame_library))

    def calibrate(
        self,
        labels: Rows,
        *,
        part: str | None = None,
        judge: str | None = None,
        rubric: str | None = None,
        label_columns: Sequence[str] = (),
        min_kappa: float | None = None,
        min_coverage: float | None = None,
        min_consistency: float | None = None,
    ) -> Calibration:
        """Measure how well the judge agrees with people.

        Args:
            labels: The labels of people: rows with ``id``, ``annotator``, ``winner`` and, where an item has more than
                two systems, ``between`` (or ``between.1`` and ``between.2``); or a label file.
            part: ``"dev"`` or ``"test"`` for one half of the items; each look at the test half is counted.
            judge: One judge of a jury.
            rubric: Read the stored replies by this rubric, whose prompts must be unchanged.
            label_columns: Columns with the winners that one annotator chose, where labels are such columns.
            min_kappa: A gate: the least κ over every reply. :meth:`Calibration.raise_if` says whether it holds.
            min_coverage: A gate for the share of kept verdicts.
            min_consistency: A gate for the share of comparisons on which both orders agree.

        Raises:
            EvenhandError: Labels or run cannot be read. A gate that is missed raises nothing here.

        """
        from evenhand._calibration import Calibration  # noqa: PLC0415 - imports this module

        arguments = flags({"part": part, "judge": judge, "rubric": rubric, "label_columns": label_columns})
        gates = {"min_kappa": min_kappa, "min_coverage": min_coverage, "min_consistency": min_consistency}
        calibration = Calibration.measure(self.path, Source(labels), arguments, gates)
        self._check_kind(has_grades="scale" in calibration.data)
        return calibration


def _verdict_row(line: Mapping[str, Any]) -> dict[str, Any]:
    first, second = line["between"]
    # A jury has no orders of its own.
    preferences = {order["first"]: order["preference"] for order in line["orders"]}
    row = {
        "id": line["id"],
        "a": first,
        "b": second,
        "judge": line["judge"],
        "outcome": line["outcome"],
        "winner": line["winner"],
        "a_first_preference": preferences.get(first),
        "b_first_preference": preferences.get(second),
        "margin": line["margin"],
        "decided_by": line["decided_by"],
    }
    row.update({f"tags.{tag}": value for tag, value in line["tags"].items()})
    return row
