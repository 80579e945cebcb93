"""Progress in a terminal or a notebook."""

from __future__ import annotations

import sys
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from evenhand._events import ProgressEvent

_WIDTH = 20


class ProgressDisplay:
    """Shows how far asking is: in place in a notebook or a terminal, and not at all elsewhere."""

    def __init__(self, *, is_shown: bool, unkept: str | None = "flipped") -> None:
        """Choose where progress is shown, and how verdicts are called that were not kept; ``None`` without verdicts."""
        self._unkept = unkept
        self._notebook: Any = _notebook() if is_shown else None
        self._is_terminal = is_shown and self._notebook is None and sys.stderr.isatty()
        self._handle: Any = None
        self._length = 0

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Remove the line of the terminal."""
        if self._length > 0:
            sys.stderr.write("\r" + " " * self._length + "\r")
            sys.stderr.flush()

    def show(self, event: ProgressEvent) -> None:
        """Show the counts of an event."""
        if self._notebook is not None:
            html = (
                f'<progress value="{event.done}" max="{max(event.planned, 1)}"></progress> '
                f"<code>{escape(describe(event, unkept=self._unkept))}</code>"
            )
            if self._handle is None:
                self._handle = self._notebook.display(self._notebook.HTML(html), display_id=True)
            else:
                self._handle.update(self._notebook.HTML(html))
        elif self._is_terminal:
            filled = _WIDTH * event.done // max(event.planned, 1)
            line = f"[{'#' * filled}{' ' * (_WIDTH - filled)}] {describe(event, unkept=self._unkept)}"
            sys.stderr.write("\r" + line.ljust(self._length))
            sys.stderr.flush()
            self._length = len(line)


def describe(event: ProgressEvent, *, unkept: str | None = "flipped") -> str:
    """Return the counts as a line, such as ``120/384  kept 71 %  flipped 22 %  $0.42  13 s left``."""
    parts = [f"{event.done:,}/{event.planned:,}"]
    if event.done > 0 and unkept is not None:
        parts.append(f"kept {100 * event.kept / event.done:.0f} %")
        parts.append(f"{unkept} {100 * event.flipped / event.done:.0f} %")
    if event.failed > 0:
        parts.append(f"{event.failed:,} failed")
    if event.cost_usd > 0:
        parts.append(f"${event.cost_usd:.2f}")
    if event.starting:
        parts.append(f"starting {', '.join(event.starting)}")
    if event.waiting is not None:
        seconds, reason = event.waiting
        parts.append(f"waiting {seconds:.0f} s: {reason}")
    elif 0 < event.done < event.planned:
        left = event.seconds * (event.planned - event.done) / event.done
        parts.append(f"{left:.0f} s left")
    # What a server says may contain anything.
    return "".join(character if character.isprintable() else " " for character in "  ".join(parts))


def _notebook() -> Any:
    """Return what shows things in a notebook, or ``None`` outside of one."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from IPython import display  # noqa: PLC0415 - only where it is there already

    return display
