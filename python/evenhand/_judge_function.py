"""Judges and systems written in Python.

The program starts a judge or a system as a program of its own, which here only passes lines on: it connects back to
this process, where the function is. A function is therefore asked like any other model: pacing, retries, run file, and
for a judge both orders.

```text
evenhand -lines-> evenhand._bridge -socket-> this process: function
```
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import os
import secrets
import sys
import threading
import traceback
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener, answer_challenge, deliver_challenge
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, overload

from evenhand._addresses import ADDRESS, KEY
from evenhand._flags import toml
from evenhand._inputs import plain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

# The words of the command identify the run, so they are the same for every Python and folder.
_PYTHON = "python.exe" if sys.platform == "win32" else "python3"
# Without the working folder, whose files could hide modules.
_START = "import sys; sys.path.pop(0); from evenhand._bridge import main; main()"

Messages: TypeAlias = list[dict[str, str]]
"""The rendered prompt: messages with ``role`` and ``content``."""


@dataclass(frozen=True)
class Reply:
    """A reply of a model, with what it cost.

    Attributes:
        text: The text: that of a judge, from which the vote is read, or the response of a system; ``None`` if the model
            gave none.
        input_tokens: Tokens of the prompt; ``None`` if unknown, and then a priced request costs its worst case.
        output_tokens: Tokens of the reply.
        cached_input_tokens: Tokens of the prompt that were read from a cache, which are among ``input_tokens``.
        model: The exact model that answered.
        finish_reason: ``"length"`` says that the reply was cut off.
        logprobs: The likeliest first tokens, each with ``token`` and ``logprob``; for rubrics that need them.

    """

    text: str | None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_input_tokens: int | None = None
    model: str | None = None
    finish_reason: str | None = None
    logprobs: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class JudgeRequest:
    """What a judge or a system is asked for, for functions with a second parameter.

    Attributes:
        id: Names the request and the attempt. It says neither which item it is nor, to a judge, which systems are
            compared.
        attempt: The number of the attempt, from 1.
        model: The model of the settings.
        temperature: The temperature of the settings; ``None`` for that of the model.
        max_tokens: The most tokens of the reply.
        response_format: For a rubric with ``format = "json"``, the schema of the reply in the form of chat completions.
        logprobs: Whether the reply must have probabilities.

    """

    id: str
    attempt: int
    model: str
    temperature: float | None
    max_tokens: int | None
    response_format: dict[str, Any] | None
    logprobs: bool


class JudgeError(Exception):
    """A request failed, and of which kind the failure is.

    Any other exception of a function is ``"temporary"``.

    Args:
        kind: ``"rate-limited"`` and ``"unavailable"`` make all requests wait, ``"temporary"`` is asked again,
            ``"refused"`` and ``"invalid-request"`` fail, ``"auth"`` stops the judge.
        message: What happened.
        retry_after: Seconds to wait; ``None`` leaves that to evenhand.

    """

    def __init__(self, kind: str, message: str, *, retry_after: float | None = None) -> None:
        """Create the exception."""
        super().__init__(message)
        self.kind = kind
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[Any, ...]:
        """Let the exception pass between processes."""
        return _judge_error, (self.kind, str(self), self.retry_after)


Function: TypeAlias = "Callable[..., str | Reply | Awaitable[str | Reply | None] | None]"


class ModelFunction:
    """A Python function in place of a model."""

    _table: ClassVar[str]

    def __init__(
        self,
        function: Function,
        *,
        name: str,
        version: str,
        concurrency: int,
        settings: Mapping[str, Any],
    ) -> None:
        """Use :func:`judge_function` or :func:`evenhand.system_function`."""
        self.function = function
        self.name = name
        self.version = version
        self.concurrency = concurrency
        self.settings = dict(settings)
        self._printed: set[tuple[type[BaseException], str, str, int]] = set()
        self.__doc__ = function.__doc__
        parameters = inspect.signature(function).parameters.values()
        positional = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
        # A second parameter with a default is for other callers of the function.
        self._takes_request = any(one.default is one.empty or one.name == "request" for one in positional[1:2])

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Call the function itself."""
        return self.function(*arguments, **options)

    def set_arguments(self) -> list[str]:
        """Return the flags that declare the function to the program."""
        values = {
            "command": [_PYTHON, "-c", _START, self.name],
            "model": f"{self.name} {self.version}",
            "processes": 1,
            "max_in_flight": self.concurrency,
            **self.settings,
        }
        prefix = f"{self._table}.{toml(self.name)}"
        return [text for key, value in values.items() for text in ("--set", f"{prefix}.{key} = {toml(value)}")]

    async def answer(self, line: bytes, executor: Executor) -> bytes:
        """Return the line that answers a request; a function that is no coroutine runs in the executor."""
        request = json.loads(line)
        answer: dict[str, Any] = {"id": request["id"]}
        try:
            reply = await self._reply(request, executor)
            return json.dumps({**answer, **_reply_fields(reply)}, allow_nan=False).encode()
        except JudgeError as error:
            answer["error"] = {"kind": error.kind, "message": str(error)}
            if error.retry_after is not None:
                answer["error"]["retry_after_s"] = error.retry_after
        except BaseException as error:  # noqa: BLE001 - whatever a function raises is an answer
            self._print_once(error)
            kind = "temporary" if isinstance(error, Exception) else "invalid-request"
            answer["error"] = {"kind": kind, "message": f"{type(error).__name__}: {error}"}
        return json.dumps(answer).encode()

    def _print_once(self, error: BaseException) -> None:
        """Print the traceback of an exception, unless one of the same text from the same line was printed before."""
        *_, frame = traceback.walk_tb(error.__traceback__)
        what = (type(error), str(error), frame[0].f_code.co_filename, frame[1])
        if what not in self._printed:
            self._printed.add(what)
            traceback.print_exception(error)

    async def _reply(self, request: Mapping[str, Any], executor: Executor) -> Reply:
        arguments: list[Any] = [request["messages"]]
        if self._takes_request:
            known = {name: request[name] for name in JudgeRequest.__dataclass_fields__}
            arguments.append(JudgeRequest(**known))
        if inspect.iscoroutinefunction(self.function):
            reply = await self.function(*arguments)
        else:
            reply = await asyncio.get_running_loop().run_in_executor(executor, self.function, *arguments)
            if inspect.isawaitable(reply):
                reply = await reply
        if isinstance(reply, Reply):
            return reply
        if reply is None or isinstance(reply, str):
            return Reply(reply)
        raise TypeError(f"{self.name} returned {type(reply).__name__}; expected a str or an evenhand.Reply")


class JudgeFunction(ModelFunction):
    """A judge that is a Python function; made by :func:`judge_function`."""

    _table = "judges"


@overload
def judge_function(function: Function, /) -> JudgeFunction: ...
@overload
def judge_function(
    *,
    name: str | None = None,
    version: str = "1",
    concurrency: int = 8,
    temperature: float | None = None,
    max_tokens: int | None = None,
    price: Mapping[str, float] | None = None,
    timeout: float | None = None,
    max_attempts: int | None = None,
) -> Callable[[Function], JudgeFunction]: ...


def judge_function(
    function: Function | None = None,
    /,
    *,
    name: str | None = None,
    version: str = "1",
    concurrency: int = 8,
    temperature: float | None = None,
    max_tokens: int | None = None,
    price: Mapping[str, float] | None = None,
    timeout: float | None = None,
    max_attempts: int | None = None,
) -> JudgeFunction | Callable[[Function], JudgeFunction]:
    """Make a function a judge: it gets the messages of a prompt and returns the reply of a model.

    The function takes the messages, a list of dictionaries with ``role`` and ``content``, and, if it has a second
    parameter, a :class:`JudgeRequest`. It returns the text of the reply, or a :class:`Reply`. It is called in several
    threads at once; a coroutine function runs on one event loop. A failure is raised as :class:`JudgeError`.

    Args:
        function: The function.
        name: The name of the judge; by default that of the function.
        version: Part of what identifies a run. Change it when the function answers differently, since evenhand does not
            see its source.
        concurrency: How many calls run at once at most.
        temperature: Passed on in :attr:`JudgeRequest.temperature`.
        max_tokens: Passed on in :attr:`JudgeRequest.max_tokens`.
        price: US dollars per million tokens: ``{"input_per_million": 0.15, "output_per_million": 0.6}``.
        timeout: Seconds that one call may take.
        max_attempts: How often a call is tried.

    """

    def decorate(decorated: Function) -> JudgeFunction:
        given = {
            "temperature": temperature,
            "max_tokens": max_tokens,
            "price": price,
            "timeout_s": timeout,
            "max_attempts": max_attempts,
        }
        return JudgeFunction(
            decorated,
            name=getattr(decorated, "__name__", "judge") if name is None else name,
            version=version,
            concurrency=concurrency,
            settings={key: value for key, value in given.items() if value is not None},
        )

    return decorate if function is None else decorate(function)


@contextlib.contextmanager
def served(functions: Sequence[ModelFunction]) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Let programs connect to functions; return the flags that declare them and the environment that they need."""
    if not functions:
        yield [], {}
        return
    key = secrets.token_hex(32)
    # Connections authenticate in threads of their own, so that none holds another one up.
    with Listener(backlog=16) as listener, _Loop() as loop:
        served = {function.name: (function, ThreadPoolExecutor(function.concurrency)) for function in functions}
        closing = threading.Event()
        thread = threading.Thread(target=_accept, args=(listener, key.encode(), served, loop, closing), daemon=True)
        thread.start()
        folder = os.path.dirname(sys.executable)  # noqa: PTH120
        environment = {
            ADDRESS: str(listener.address),
            KEY: key,
            "PATH": os.pathsep.join([folder, os.environ.get("PATH", "")]),
        }
        try:
            yield [text for function in functions for text in function.set_arguments()], environment
        finally:
            closing.set()
            # A call of `accept` that waits does not end when the listener is closed.
            with contextlib.suppress(OSError):
                Client(listener.address).close()
            thread.join()
            for _function, executor in served.values():
                executor.shutdown(wait=False, cancel_futures=True)


class _Loop:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="evenhand-functions", daemon=True)

    def __enter__(self) -> asyncio.AbstractEventLoop:
        self._thread.start()
        return self.loop

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


def _accept(
    listener: Listener,
    key: bytes,
    served: Mapping[str, tuple[ModelFunction, Executor]],
    loop: asyncio.AbstractEventLoop,
    closing: threading.Event,
) -> None:
    while not closing.is_set():
        try:
            connection = listener.accept()
        except (OSError, EOFError):
            continue
        threading.Thread(target=_serve, args=(connection, key, served, loop), daemon=True).start()


def _serve(
    connection: Connection[Any, Any],
    key: bytes,
    served: Mapping[str, tuple[ModelFunction, Executor]],
    loop: asyncio.AbstractEventLoop,
) -> None:
    lock = threading.Lock()

    def respond(done: Any) -> None:
        with contextlib.suppress(OSError), lock:
            connection.send_bytes(done.result())

    with contextlib.suppress(EOFError, OSError, AuthenticationError), connection:
        deliver_challenge(connection, key)
        answer_challenge(connection, key)
        function, executor = served[connection.recv_bytes().decode()]
        while True:
            line = connection.recv_bytes()
            answer = asyncio.run_coroutine_threadsafe(function.answer(line, executor), loop)
            answer.add_done_callback(respond)


def _judge_error(kind: str, message: str, retry_after: float | None) -> JudgeError:
    return JudgeError(kind, message, retry_after=retry_after)


def _reply_fields(reply: Reply) -> dict[str, Any]:
    fields: dict[str, Any] = {"reply": reply.text}
    if reply.input_tokens is not None and reply.output_tokens is not None:
        fields["usage"] = {"input_tokens": int(reply.input_tokens), "output_tokens": int(reply.output_tokens)}
        if reply.cached_input_tokens is not None:
            fields["usage"]["cached_input_tokens"] = int(reply.cached_input_tokens)
    optional = {"model": reply.model, "finish_reason": reply.finish_reason, "logprobs": _plain_or_none(reply.logprobs)}
    fields.update({name: value for name, value in optional.items() if value is not None})
    return fields


def _plain_or_none(value: Any) -> Any:
    return None if value is None else plain(value)
