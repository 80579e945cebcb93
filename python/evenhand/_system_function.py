"""Systems written in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from evenhand._judge_function import Function, ModelFunction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class SystemFunction(ModelFunction):
    """A system that is a Python function; made by :func:`system_function`."""

    _table = "systems"

    def renamed(self, name: str) -> SystemFunction:
        """Return the same function as a system of another name."""
        return SystemFunction(
            self.function, name=name, version=self.version, concurrency=self.concurrency, settings=self.settings
        )


@overload
def system_function(function: Function, /) -> SystemFunction: ...
@overload
def system_function(
    *,
    name: str | None = None,
    version: str = "1",
    concurrency: int = 8,
    temperature: float | None = None,
    max_tokens: int | None = None,
    price: Mapping[str, float] | None = None,
    timeout: float | None = None,
    max_attempts: int | None = None,
) -> Callable[[Function], SystemFunction]: ...


def system_function(
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
) -> SystemFunction | Callable[[Function], SystemFunction]:
    """Make a function a system: it gets the messages of a prompt and returns the response.

    The function is called as a :func:`judge_function` is: it takes the messages and, if it has a second parameter, a
    :class:`JudgeRequest`, and returns a text or a :class:`Reply`. A failure is raised as :class:`JudgeError`.

    Args:
        function: The function.
        name: The name of the system; by default that of the function.
        version: Change it when the function answers differently, and all prompts are asked again: evenhand does not see
            its source.
        concurrency: How many calls run at once at most.
        temperature: Passed on in :attr:`JudgeRequest.temperature`; by default the function decides.
        max_tokens: Passed on in :attr:`JudgeRequest.max_tokens`.
        price: US dollars per million tokens: ``{"input_per_million": 0.15, "output_per_million": 0.6}``.
        timeout: Seconds that one call may take.
        max_attempts: How often a call is tried.

    """

    def decorate(decorated: Function) -> SystemFunction:
        given = {
            "temperature": "none" if temperature is None else temperature,
            "max_tokens": max_tokens,
            "price": price,
            "timeout_s": timeout,
            "max_attempts": max_attempts,
        }
        return SystemFunction(
            decorated,
            name=getattr(decorated, "__name__", "system") if name is None else name,
            version=version,
            concurrency=concurrency,
            settings={key: value for key, value in given.items() if value is not None},
        )

    return decorate if function is None else decorate(function)
