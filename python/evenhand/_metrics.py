"""Reference metrics: scores of systems without a judge."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenhand._flags import flags
from evenhand._frames import FrameLibrary, default_library, frame
from evenhand._inputs import Rows, Source
from evenhand._process import json_output
from evenhand._results import Estimate, Notice

if TYPE_CHECKING:
    from collections.abc import Sequence

_SCORE_COLUMNS = {
    "metric": "text",
    "system": "text",
    "value": "number",
    "low": "number",
    "high": "number",
    "n": "count",
}


class MetricScores:
    """The scores of systems by metrics.

    Attributes:
        data: The whole document that ``evenhand metrics --format json`` prints.

    """

    def __init__(self, data: dict[str, Any], frame_library: FrameLibrary | None) -> None:
        """Use :func:`evenhand.metrics`."""
        self.data = data
        self._frame_library = frame_library

    def __repr__(self) -> str:
        """Return which metrics and systems there are."""
        metrics = ", ".join(metric["metric"] for metric in self.data["metrics"])
        return f"<MetricScores: {metrics}>"

    def score(self, metric: str, system: str) -> Estimate:
        """Return the score of a system by a metric, in the unit of the metric.

        Raises:
            KeyError: There is no such metric or system.

        """
        for one in self.data["metrics"]:
            for scored in one["systems"]:
                if (one["metric"], scored["system"]) == (metric, system):
                    return Estimate.of(scored["score"])
        raise KeyError(f"there is no score of {system!r} by {metric!r}")

    def agreement(self, metric: str) -> Estimate:
        """Return how often the better score is that of the response that people prefer, from 0 to 1; a tie is half.

        Raises:
            KeyError: There is no such metric, or there were no labels.

        """
        for one in self.data["metrics"]:
            if one["metric"] == metric and one.get("labels") is not None:
                return Estimate.of(one["labels"]["agreement"])
        raise KeyError(f"there is no agreement of {metric!r} with labels")

    def grade_agreement(self, metric: str) -> Estimate:
        """Return how often a response that people pass has a better score than one that they fail; a tie is half.

        It is the area under the receiver operating characteristic (AUC), from 0 to 1. ``data`` has the rank
        correlations and what holds within items.

        Raises:
            KeyError: There is no such metric, or there were no labels of grades.
            ValueError: The scale does not say what passes.

        """
        for one in self.data["metrics"]:
            if one["metric"] == metric and one.get("grades") is not None:
                if one["grades"]["auroc"] is None:
                    raise ValueError("the scale of the grades does not say what passes: set pass_from in the rubric")
                return Estimate.of(one["grades"]["auroc"])
        raise KeyError(f"there is no agreement of {metric!r} with grades")

    def frame(self, frame_library: FrameLibrary | None = None) -> Any:
        """Return one row for each metric and system: ``metric``, ``system``, ``value``, ``low``, ``high``, ``n``."""
        rows = [
            {"metric": metric["metric"], "system": system["system"], **system["score"]}
            for metric in self.data["metrics"]
            for system in metric["systems"]
        ]
        library = default_library(self._frame_library) if frame_library is None else frame_library
        return frame(rows, _SCORE_COLUMNS, library)

    def _repr_html_(self) -> str | None:
        """Return the table that a notebook shows, if there is a library of data frames."""
        table = self.frame()
        return str(table._repr_html_()) if hasattr(table, "_repr_html_") else None

    @property
    def warnings(self) -> tuple[Notice, ...]:
        """What a reader of the numbers must know."""
        return tuple(Notice(warning["code"], warning["message"]) for warning in self.data["warnings"])


def metrics(
    items: Rows,
    names: Sequence[str] = (),
    *,
    labels: Rows | None = None,
    rubric: str | None = None,
    label_columns: Sequence[str] = (),
    responses: Sequence[str] = (),
    encoder: str | None = None,
    stem: bool = False,
) -> MetricScores:
    """Score the responses of systems against references.

    Args:
        items: The items, as for :func:`evenhand.judge`; one response is enough.
        names: The metrics, such as ``"rouge-l"``, ``"chrf"`` or ``"bertscore"``; by default those that fit the
            references.
        labels: The labels of people, of comparisons or of single responses, to measure how far each metric agrees with
            them.
        rubric: The name or the path of the rubric whose scale has the grades of the labels; not needed for words such
            as pass and fail.
        label_columns: Columns of the items with the winners that one annotator chose.
        responses: The columns with responses, where the items are a table; by default all without another meaning.
        encoder: ``bertscore``: the folder of the encoder, or the name of one that ``evenhand models`` lists.
        stem: ROUGE: compare the stems of English words.

    Raises:
        EvenhandError: The items cannot be read, or a metric does not fit them.

    """
    source = Source(items, responses)
    options = {
        "names": list(names),
        "rubric": rubric,
        "label_columns": label_columns,
        "responses": source.responses,
        "encoder": encoder,
        "stem": stem,
    }
    arguments = ["metrics", source.argument, *flags(options)]
    if labels is None:
        return MetricScores(json_output(arguments, data=source.data), source.frame_library)
    given = Source(labels)
    if given.path is not None or source.path is not None:
        arguments += ["--labels", given.argument]
        data = source.data if source.data is not None else given.data
        return MetricScores(json_output(arguments, data=data), source.frame_library)
    # Only one of the two can be standard input.
    with tempfile.TemporaryDirectory(prefix="evenhand-") as folder:
        path = Path(folder, "labels")
        path.write_bytes(given.data or b"")
        arguments += ["--labels", str(path)]
        return MetricScores(json_output(arguments, data=source.data), source.frame_library)
