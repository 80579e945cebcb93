"""Data of this process as the program reads it: JSONL or CSV.

What a column or a field means is decided by the program alone; see the page on files of its documentation.
"""

from __future__ import annotations

import csv
import io
import json
import math
import numbers
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from evenhand._responses import Responses

if TYPE_CHECKING:
    from evenhand._frames import FrameLibrary

Rows: TypeAlias = Any
"""Items or labels: a pandas or polars data frame, a table of pyarrow, a list of dictionaries, the path of a file,
or the responses that :func:`evenhand.generate` returns."""


class Source:
    """Where the program reads items or labels: a file, or data for its standard input."""

    def __init__(self, rows: Rows, responses: Iterable[str] = ()) -> None:
        """Prepare the data.

        Args:
            rows: The rows.
            responses: The columns with responses, where they are named.

        Raises:
            TypeError: ``rows`` is none of what :data:`Rows` says, or has values that are no data.
            ValueError: A number is infinite.

        """
        self.path: Path | None = None
        self.data: bytes | None = None
        self.frame_library: FrameLibrary | None = library_of(rows)
        self.responses = list(responses)
        """The columns with responses that the program must be told of."""
        if isinstance(rows, (str, os.PathLike)):
            self.path = Path(rows)
            return
        records = records_of(rows)
        columns = columns_of(rows, records)
        if self.responses and is_nested(records):
            # A table has no nested values, and only a table has columns of responses.
            records = [_with_responses(record, self.responses) for record in records]
            self.responses = []
        self.data = encode(columns, records)

    @property
    def argument(self) -> str:
        """The argument of the program: the path, or ``-`` for standard input."""
        return "-" if self.path is None else str(self.path)


def library_of(rows: Rows) -> FrameLibrary | None:
    """Return ``"pandas"`` or ``"polars"`` for a data frame of one of them, or responses to the prompts of one."""
    if isinstance(rows, Responses):
        return rows.frame_library
    libraries: dict[str, FrameLibrary] = {"pandas": "pandas", "polars": "polars"}
    return libraries.get(type(rows).__module__.split(".")[0])


def records_of(rows: Rows) -> list[dict[str, Any]]:
    """Return rows as dictionaries of plain values, ``None`` where one is missing.

    Raises:
        TypeError: They are no rows.

    """
    if hasattr(rows, "to_dicts"):  # polars
        records: Iterable[Any] = rows.to_dicts()
    elif hasattr(rows, "to_pylist"):  # pyarrow
        records = rows.to_pylist()
    elif library_of(rows) == "pandas":
        records = rows.to_dict("records")
    elif isinstance(rows, Iterable) and not isinstance(rows, (bytes, Mapping)):
        records = rows
    else:
        raise TypeError(
            f"expected a data frame, a list of dictionaries or the path of a file, found {type(rows).__name__}"
        )
    cleaned = []
    for number, record in enumerate(records, start=1):
        if not isinstance(record, Mapping):
            raise TypeError(f"row {number}: expected a dictionary, found {type(record).__name__}")
        try:
            cleaned.append({str(key): plain(value) for key, value in record.items()})
        except TypeError as error:
            raise TypeError(f"row {number}: {error}") from None
    return cleaned


def columns_of(rows: Rows, records: list[dict[str, Any]]) -> list[str]:
    """Return the columns of a frame, which it has without a row too, or all keys of records."""
    names = getattr(rows, "column_names", None)  # pyarrow
    if names is None and library_of(rows) is not None:
        names = rows.columns
    if names is None:
        names = dict.fromkeys(key for record in records for key in record)
    return [str(name) for name in names]


def is_nested(records: list[dict[str, Any]]) -> bool:
    """Return whether a value is a list or a dictionary, which a table cannot have."""
    return any(isinstance(value, (dict, list)) for record in records for value in record.values())


def encode(columns: list[str], records: list[dict[str, Any]]) -> bytes:
    """Return records as JSONL if one of them has nested values, else as a table, in which a column is a system.

    Raises:
        ValueError: A number is infinite.

    """
    if is_nested(records) or not columns:
        present = ({key: value for key, value in record.items() if value is not None} for record in records)
        lines = (json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n" for record in present)
        return "".join(lines).encode(errors="replace")
    text = io.StringIO(newline="")
    # Everything between quotation marks: a lone carriage return would end a row otherwise.
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    for record in records:
        writer.writerow([_cell(record.get(column)) for column in columns])
    return text.getvalue().encode(errors="replace")


def is_missing(value: Any) -> bool:
    """Return whether a value stands for no value: ``None``, NaN, and the missing values of pandas."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, numbers.Real) and math.isnan(value)


def plain(value: Any) -> Any:
    """Return a value as JSON can have it, ``None`` if it is missing; missing fields of nested objects are left out.

    Raises:
        TypeError: It is none of text, number, truth value, date, list and mapping.

    """
    if is_missing(value):
        return None
    if isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items() if not is_missing(inner)}
    if hasattr(value, "tolist"):  # arrays and numbers of numpy
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"cannot send a value of type {type(value).__name__}; convert it to text or to numbers")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _with_responses(record: dict[str, Any], columns: list[str]) -> dict[str, Any]:
    """Return a record with the responses of columns as one field, as JSONL has them."""
    rest = {key: value for key, value in record.items() if key not in columns}
    responses = {name: record[name] for name in columns if record.get(name) is not None}
    return {**rest, "responses": responses}
