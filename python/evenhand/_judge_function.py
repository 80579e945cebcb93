"""Judges written in Python.

The program starts a judge as a program of its own, which here only passes lines on: it connects back to this process,
where the function is. So a function takes the way of every judge: both orders, pacing, retries, run file, resume.

```text
evenhand -lines-> python -m evenhand._bridge -socket-> this process: function
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
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection, Listener
from typing import TYPE_CHECKING, Any, TypeAlias, overload

from evenhand._bridge import ADDRESS, KEY
from evenhand._flags import toml

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

Messages: TypeAlias = list[dict[str, str]]
"""The rendered prompt: messages with ``role`` and ``content``."""


@dataclass(frozen=True)
class Reply:
    """A reply of a model, with what it cost.

    Attributes:
        text: The text, from which the vote is read as from that of any judge; ``None`` if the model gave none.
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
    """What a judge is asked for, for functions with a second parameter.

    Attributes:
        id: Names the trial and the attempt. It says neither which systems are compared nor which item.
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


Function: TypeAlias = "Callable[..., str | Reply | Awaitable[str | Reply | None] | None]"


class JudgeFunction:
    """A judge that is a Python function; made by :func:`judge_function`."""

    def __init__(
        self,
        function: Function,
        *,
        name: str,
        version: str,
        concurrency: int,
        settings: Mapping[str, Any],
    ) -> None:
        """Use :func:`judge_function`."""
        self.function = function
        self.name = name
        self.version = version
        self.concurrency = concurrency
        self.settings = dict(settings)
        parameters = inspect.signature(function).parameters.values()
        positional = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
        self._takes_request = len(positional) > 1

    def __call__(self, *arguments: Any) -> Any:
        """Call the function itself."""
        return self.function(*arguments)

    def set_arguments(self) -> list[str]:
        """Return the flags that declare the judge to the program."""
        # The words of the command identify the run, so they have no folder in them; see `served`.
        values = {
            "command": [os.path.basename(sys.executable), "-m", "evenhand._bridge", self.name],  # noqa: PTH119
            "model": f"{self.name} {self.version}",
            "processes": 1,
            "max_in_flight": self.concurrency,
            **self.settings,
        }
        prefix = f"judges.{toml(self.name)}"
        return [text for key, value in values.items() for text in ("--set", f"{prefix}.{key} = {toml(value)}")]

    async def answer(self, line: bytes) -> bytes:
        """Return the line that answers a request."""
        request = json.loads(line)
        answer: dict[str, Any] = {"id": request["id"]}
        try:
            reply = await self._reply(request)
        except JudgeError as error:
            answer["error"] = {"kind": error.kind, "message": str(error)}
            if error.retry_after is not None:
                answer["error"]["retry_after_s"] = error.retry_after
        except Exception as error:  # noqa: BLE001 - whatever a function raises is an answer
            traceback.print_exc()
            answer["error"] = {"kind": "temporary", "message": f"{type(error).__name__}: {error}"}
        else:
            answer.update(_reply_fields(reply))
        return json.dumps(answer).encode()

    async def _reply(self, request: Mapping[str, Any]) -> Reply:
        arguments: list[Any] = [request["messages"]]
        if self._takes_request:
            known = {name: request[name] for name in JudgeRequest.__dataclass_fields__}
            arguments.append(JudgeRequest(**known))
        if inspect.iscoroutinefunction(self.function):
            reply = await self.function(*arguments)
        else:
            reply = await asyncio.get_running_loop().run_in_executor(None, self.function, *arguments)
            if inspect.isawaitable(reply):
                reply = await reply
        if isinstance(reply, Reply):
            return reply
        if reply is None or isinstance(reply, str):
            return Reply(reply)
        raise TypeError(f"{self.name} returned {type(reply).__name__}; expected a str or an evenhand.Reply")


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
            name=decorated.__name__ if name is None else name,
            version=version,
            concurrency=concurrency,
            settings={key: value for key, value in given.items() if value is not None},
        )

    return decorate if function is None else decorate(function)


@contextlib.contextmanager
def served(functions: Sequence[JudgeFunction]) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Let programs connect to functions; return the flags that declare them and the environment that they need."""
    if not functions:
        yield [], {}
        return
    key = secrets.token_hex(32)
    with Listener(backlog=16, authkey=key.encode()) as listener, _Loop() as loop:
        by_name = {function.name: function for function in functions}
        thread = threading.Thread(target=_accept, args=(listener, by_name, loop), daemon=True)
        thread.start()
        folder = os.path.dirname(sys.executable)  # noqa: PTH120
        environment = {
            ADDRESS: str(listener.address),
            KEY: key,
            "PATH": os.pathsep.join([folder, os.environ.get("PATH", "")]),
        }
        yield [text for function in functions for text in function.set_arguments()], environment


class _Loop:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="evenhand-judges", daemon=True)

    def __enter__(self) -> asyncio.AbstractEventLoop:
        self._thread.start()
        return self.loop

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


def _accept(listener: Listener, functions: Mapping[str, JudgeFunction], loop: asyncio.AbstractEventLoop) -> None:
    while True:
        try:
            connection = listener.accept()
            function = functions[connection.recv_bytes().decode()]
        except OSError:
            return  # closed
        except Exception:  # noqa: BLE001, S112 - somebody else, without the key
            continue
        threading.Thread(target=_serve, args=(connection, function, loop), daemon=True).start()


def _serve(connection: Connection[Any, Any], function: JudgeFunction, loop: asyncio.AbstractEventLoop) -> None:
    lock = threading.Lock()

    def respond(done: Any) -> None:
        with contextlib.suppress(OSError), lock:
            connection.send_bytes(done.result())

    loop.call_soon_threadsafe(loop.set_default_executor, ThreadPoolExecutor(function.concurrency))
    with contextlib.suppress(EOFError, OSError), connection:
        while True:
            line = connection.recv_bytes()
            asyncio.run_coroutine_threadsafe(function.answer(line), loop).add_done_callback(respond)


def _reply_fields(reply: Reply) -> dict[str, Any]:
    fields: dict[str, Any] = {"reply": reply.text}
    if reply.input_tokens is not None and reply.output_tokens is not None:
        fields["usage"] = {"input_tokens": reply.input_tokens, "output_tokens": reply.output_tokens}
        if reply.cached_input_tokens is not None:
            fields["usage"]["cached_input_tokens"] = reply.cached_input_tokens
    optional = {"model": reply.model, "finish_reason": reply.finish_reason, "logprobs": reply.logprobs}
    fields.update({name: value for name, value in optional.items() if value is not None})
    return fields
