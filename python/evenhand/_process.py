"""Runs the program as a process: data in and out by its standard streams, messages as JSON lines.

An interrupt (Ctrl-C, the stop button of a notebook) reaches the program once: it sends no further request, stores the
replies to those in flight, and ends; then the interrupt goes on. A second one ends the program at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any

from evenhand._binary import binary_path
from evenhand._errors import (
    CLASSES,
    EvenhandError,
    EvenhandWarning,
    GateInconclusive,
    GateMissed,
    InternalError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_HINT = "hint: "


class Process:
    """The running program."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        data: bytes | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start the program with arguments; ``data`` is its standard input."""
        self._child = subprocess.Popen(  # noqa: S603
            [str(binary_path()), *arguments, "--quiet", "--log-format", "json"],
            stdin=subprocess.DEVNULL if data is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            **_own_group(),
        )
        self._messages: list[dict[str, Any]] = []
        self._threads = [threading.Thread(target=self._read_messages, daemon=True)]
        if data is not None:
            self._threads.append(threading.Thread(target=self._write, args=(data,), daemon=True))
        for thread in self._threads:
            thread.start()

    def lines(self) -> Iterator[bytes]:
        """Yield each line of the output. If the iterator is left early, the program is interrupted and waited for."""
        stdout = self._child.stdout
        if stdout is None:
            return
        with stdout:
            try:
                # Not `yield from`, which would close the stream when the iterator is left.
                for line in stdout:  # noqa: UP028
                    yield line
            except BaseException:
                # Also GeneratorExit: the iterator was left before the end of the output.
                self.interrupt_and_wait()
                raise

    def interrupt(self) -> None:
        """Interrupt the program: it ends as soon as the requests in flight are answered."""
        if self._child.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self._child.send_signal(_interrupt_signal())

    def interrupt_and_wait(self) -> None:
        """Interrupt the program and wait for its end; a second interrupt of this process ends it at once."""
        self.interrupt()
        try:
            self._drain()
        except KeyboardInterrupt:
            self.interrupt()
            self._drain()

    def finish(self) -> None:
        """Wait for the end, pass its warnings on, and raise what it reports.

        Raises:
            EvenhandError: The exit code is not 0.

        """
        code = self._child.wait()
        for thread in self._threads:
            # A process that the program has left behind may hold its stderr open.
            thread.join(timeout=1)
        for message in list(self._messages):
            if message.get("level") == "WARN":
                # Where warnings are exceptions, the one of a failure comes first.
                with contextlib.suppress(*((EvenhandWarning,) if code != 0 else ())):
                    warnings.warn(EvenhandWarning(_with_details(message)), stacklevel=_frames_of_package())
        if code != 0:
            raise self._error(code)

    def _drain(self) -> None:
        # What it still writes is read, since it would wait for a full pipe otherwise.
        for _line in self._child.stdout or ():
            pass
        self._child.wait()

    def _write(self, data: bytes) -> None:
        stdin = self._child.stdin
        if stdin is not None:
            # A program that has found an error reads no further.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError, OSError), stdin:
                stdin.write(data)

    def _read_messages(self) -> None:
        stderr = self._child.stderr
        if stderr is None:
            return
        with stderr:
            for line in stderr:
                try:
                    message = json.loads(line)
                except ValueError:
                    message = None
                if not isinstance(message, dict):
                    message = {"level": "ERROR", "message": line.decode(errors="replace").rstrip()}
                self._messages.append(message)

    def _error(self, code: int) -> EvenhandError:
        kind = CLASSES.get(code, InternalError)
        errors = [message for message in self._messages if message.get("level") == "ERROR"]
        if errors:
            first = errors[0]
            details = [*_details(first), *(_with_details(other) for other in errors[1:])]
            return kind(
                str(first.get("message", "")),
                code=code,
                details=details,
                hint=first.get("hint"),
                file=first.get("file"),
                line=first.get("line"),
                field=first.get("field"),
            )
        # What explains an exit code without an error is a line of text.
        lines = [str(message.get("message", "")) for message in self._messages if message.get("level") == "INFO"]
        hints = [line.removeprefix(_HINT) for line in lines if line.startswith(_HINT)]
        lines = [line for line in lines if not line.startswith(_HINT)]
        message = lines[0] if lines else f"the program ended with exit code {code}"
        return kind(message, code=code, details=lines[1:], hint="\n".join(hints) or None)


def _own_group() -> dict[str, Any]:
    """Return what starts a process in a group of its own: a terminal sends Ctrl-C to each process of a group."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _interrupt_signal() -> int:
    if sys.platform == "win32":
        return signal.CTRL_BREAK_EVENT
    # SIGINT may be ignored, as it is in processes that a shell has started in the background.
    return signal.SIGTERM


def output(arguments: Sequence[str], *, data: bytes | None = None) -> bytes:
    """Run the program and return what it prints.

    Raises:
        EvenhandError: It failed.

    """
    process = Process(arguments, data=data)
    text = b"".join(process.lines())
    process.finish()
    return text


def json_output(arguments: Sequence[str], *, data: bytes | None = None) -> dict[str, Any]:
    """Run the program and return the JSON document that it prints.

    Raises:
        EvenhandError: It failed.

    """
    document: dict[str, Any] = json.loads(output([*arguments, "--format", "json"], data=data))
    return document


def gated_output(arguments: Sequence[str], *, data: bytes | None = None) -> tuple[dict[str, Any], EvenhandError | None]:
    """Run the program; return the JSON document that it prints, and the error of a gate that does not hold.

    Raises:
        EvenhandError: It failed for another reason, or has printed no document.

    """
    process = Process([*arguments, "--format", "json"], data=data)
    text = b"".join(process.lines())
    failed: EvenhandError | None = None
    try:
        process.finish()
    except (GateMissed, GateInconclusive) as error:
        if not text:
            raise
        failed = error
    return json.loads(text), failed


def _details(message: Mapping[str, Any]) -> list[str]:
    return str(message["details"]).splitlines() if message.get("details") else []


def _with_details(message: Mapping[str, Any]) -> str:
    return "\n  ".join([str(message.get("message", "")), *_details(message)])


def _frames_of_package() -> int:
    """Return the stack level of the first frame outside of this package, which a warning is about."""
    package = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")  # noqa: PTH100, PTH118, PTH120
    level, frame = 1, sys._getframe(1)  # noqa: SLF001
    while frame.f_back is not None and frame.f_code.co_filename.startswith(package):
        level, frame = level + 1, frame.f_back
    return level
