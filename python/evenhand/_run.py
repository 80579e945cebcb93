"""A run: the file with everything that judges said about a set of items, and what follows from it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenhand._flags import flags
from evenhand._frames import FrameLibrary, default_library, frame
from evenhand._inputs import Rows, Source
from evenhand._process import json_output, output
from evenhand._results import Estimate, JudgeSummary, Summary, rate_of

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
_RANK_COLUMNS = {
    "system": "text",
    "rank": "count",
    "rank_low": "count",
    "rank_high": "count",
    "strength": "number",
    "strength_low": "number",
    "strength_high": "number",
    "n": "count",
}
# The formats of `evenhand report` by the ending of the file.
_REPORT_FORMATS = {
    ".html": "html",
    ".htm": "html",
    ".json": "json",
    ".md": "markdown",
    ".xml": "junit",
    ".txt": "table",
}


class Run:
    """A run file. In a notebook it shows its result.

    Args:
        path: The run file, which :func:`evenhand.judge` or ``evenhand judge`` has written.
        frame_library: What tables are returned as; by default the first of pandas and polars that is installed.

    Attributes:
        path: The run file.

    """

    def __init__(self, path: str | os.PathLike[str], *, frame_library: FrameLibrary | None = None) -> None:
        """Name a run file; it is read when it is needed."""
        self.path = Path(path)
        self._frame_library = frame_library
        self._document: tuple[tuple[int, ...], dict[str, Any]] | None = None

    def __repr__(self) -> str:
        """Return how to name the run again."""
        return f"Run({str(self.path)!r})"

    def _repr_markdown_(self) -> str:
        """Return the report that a notebook shows."""
        return output(["report", str(self.path), "--format", "markdown"]).decode()

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
            judge: The judge; ``"all"`` has one row for each judge; by default the only one, or the jury.
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
        return Calibration.measure(self.path, Source(labels), arguments, gates)

    def report(self, path: str | os.PathLike[str], *, labels: Rows | None = None) -> Path:
        """Write the report on this run to a file and return its path.

        Args:
            path: The file; its ending chooses the format: ``.html`` for a page without references to the outside,
                ``.md``, ``.json``, ``.xml`` for JUnit, ``.txt``.
            labels: The labels of people, as for :meth:`calibrate`.

        Raises:
            ValueError: The ending stands for no format.
            EvenhandError: Run or labels cannot be read, or the file cannot be written.

        """
        target = Path(path)
        kind = _REPORT_FORMATS.get(target.suffix.lower())
        if kind is None:
            raise ValueError(f"{target}: expected one of the endings {', '.join(_REPORT_FORMATS)}")
        arguments = ["report", str(self.path), "--format", kind, "--output", str(target)]
        source = None if labels is None else Source(labels)
        if source is not None:
            arguments += ["--labels", source.argument]
        output(arguments, data=None if source is None else source.data)
        return target

    def rank(self, *, frame_library: FrameLibrary | None = None) -> Any:
        """Return the systems by strength, with the ranks that the data allow.

        Returns:
            A data frame with the columns ``system``, ``rank``, ``rank_low``, ``rank_high`` (whole numbers),
            ``strength``, ``strength_low``, ``strength_high`` (floats, on the scale of log odds) and ``n``
            (comparisons of that system).

        Raises:
            EvenhandError: The run file cannot be read, or has no verdict.

        """
        systems = json_output(["rank", str(self.path)])["systems"]
        rows = [
            {
                "system": system["system"],
                "rank": system["rank"]["value"],
                "rank_low": system["rank"]["low"],
                "rank_high": system["rank"]["high"],
                "strength": system["strength"]["value"],
                "strength_low": system["strength"]["low"],
                "strength_high": system["strength"]["high"],
                "n": system["strength"]["n"],
            }
            for system in systems
        ]
        return frame(rows, _RANK_COLUMNS, self._library(frame_library))

    def _report(self) -> dict[str, Any]:
        """Return the report as a document, computed again if the file has changed."""
        try:
            status = os.stat(self.path)  # noqa: PTH116
        except OSError:
            # The program says what is wrong.
            return json_output(["report", str(self.path)])
        # What is being written is in a file beside it.
        log = Path(f"{self.path}-wal")
        written = log.stat() if log.exists() else status
        state = (status.st_mtime_ns, status.st_size, written.st_mtime_ns, written.st_size)
        if self._document is None or self._document[0] != state:
            self._document = (state, json_output(["report", str(self.path)]))
        return self._document[1]

    def _library(self, given: FrameLibrary | None) -> FrameLibrary:
        return default_library(self._frame_library) if given is None else given


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
