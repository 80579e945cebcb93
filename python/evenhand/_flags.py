"""Arguments of Python as flags of the program."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

# Flags that can be repeated have names for one value.
_SINGULAR = {
    "label_columns": "label-column",
    "names": "metric",
    "responses": "response",
    "systems": "system",
    "tags": "tag",
}


def flags(options: Mapping[str, Any]) -> list[str]:
    """Return the flags of options: ``min_kappa=0.4`` is ``--min-kappa 0.4``; ``None`` and ``False`` are no flag."""
    words: list[str] = []
    for name, value in options.items():
        flag = f"--{_SINGULAR.get(name, name).replace('_', '-')}"
        if value is None or value is False:
            continue
        if value is True:
            words.append(flag)
        elif name == "settings":
            words += [word for key, inner in value.items() for word in ("--set", f"{key} = {toml(inner)}")]
        elif isinstance(value, Mapping):
            words += [f"{flag}={key}={inner}" for key, inner in value.items()]
        elif name == "shard":
            part, parts = value
            words += [flag, f"{part}/{parts}"]
        elif isinstance(value, (str, os.PathLike, int, float)):
            words.append(f"{flag}={value}")
        else:
            words += [f"{flag}={inner}" for inner in value]
    return words


def toml(value: Any) -> str:
    """Return a value as TOML.

    Raises:
        TypeError: TOML has no such value.

    """
    if isinstance(value, (bool, int, float, str)):
        # Texts of TOML have the escapes of JSON, but for surrogates.
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(toml(inner) for inner in value)}]"
    if hasattr(value, "items"):
        return "{" + ", ".join(f"{toml(str(key))} = {toml(inner)}" for key, inner in value.items()) + "}"
    raise TypeError(f"settings have no values of type {type(value).__name__}")
