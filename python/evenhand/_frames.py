"""Rows of results as a data frame of pandas or polars."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FrameLibrary: TypeAlias = Literal["pandas", "polars", "records"]
"""What rows are returned as: a data frame of one of two libraries, or a list of dictionaries."""

_PANDAS = {"text": "string", "number": "float64", "count": "Int64", "truth": "boolean"}


def default_library(preferred: FrameLibrary | None = None) -> FrameLibrary:
    """Return the library that is preferred if there is one, else the first that is installed."""
    if preferred is not None:
        return preferred
    if importlib.util.find_spec("pandas") is not None:
        return "pandas"
    return "polars" if importlib.util.find_spec("polars") is not None else "records"


def frame(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], library: FrameLibrary) -> Any:
    """Return rows with the columns and types that are given, also where there is no row.

    Args:
        rows: The values of each row by column; a value that is absent or ``None`` is missing.
        columns: The type of each column: ``text``, ``number``, ``count`` or ``truth``.
        library: The library.

    Raises:
        ValueError: There is no such library.
        ModuleNotFoundError: The library is not installed.

    """
    if library == "records":
        return [{column: row.get(column) for column in columns} for row in rows]
    values = {column: [row.get(column) for row in rows] for column in columns}
    if library == "pandas":
        pandas: Any = importlib.import_module("pandas")
        series = {name: pandas.Series(values[name], dtype=_PANDAS[kind]) for name, kind in columns.items()}
        return pandas.DataFrame(series, columns=list(columns))
    if library == "polars":
        polars: Any = importlib.import_module("polars")
        types = {
            "text": polars.String,
            "number": polars.Float64,
            "count": polars.Int64,
            "truth": polars.Boolean,
        }
        return polars.DataFrame(values, schema={name: types[kind] for name, kind in columns.items()})
    raise ValueError(f'expected "pandas", "polars" or "records", found {library!r}')
