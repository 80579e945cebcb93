"""What runs of comparisons and runs of grades have in common: a file, and the report on it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenhand._frames import FrameLibrary, default_library, frame
from evenhand._inputs import Rows, Source
from evenhand._process import json_output, output

if TYPE_CHECKING:
    from typing import ClassVar

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


class RunReport:
    """A run file, and the report on it."""

    _has_grades: ClassVar[bool]
    """Whether runs of this class have grades of single responses, instead of comparisons."""

    def __init__(self, path: str | os.PathLike[str], *, frame_library: FrameLibrary | None = None) -> None:
        """Name a run file; it is read when it is needed."""
        self.path = Path(path)
        self._frame_library = frame_library
        self._document: tuple[tuple[int, ...], dict[str, Any]] | None = None

    def __repr__(self) -> str:
        """Return how to name the run again."""
        return f"{type(self).__name__}({str(self.path)!r})"

    def _repr_markdown_(self) -> str:
        """Return the report that a notebook shows."""
        return output(["report", str(self.path), "--format", "markdown"]).decode()

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
            document = json_output(["report", str(self.path)])
            self._check_kind(has_grades="scale" in document["summary"])
            self._document = (state, document)
        return self._document[1]

    def _check_kind(self, *, has_grades: bool) -> None:
        """Raise an exception unless the run is of this class."""
        if has_grades != self._has_grades:
            found, kind = ("grades of single responses", "Grades") if has_grades else ("comparisons", "Run")
            raise ValueError(f"{self.path}: this run has {found}; open it with evenhand.{kind}")

    def _library(self, given: FrameLibrary | None) -> FrameLibrary:
        return default_library(self._frame_library) if given is None else given
