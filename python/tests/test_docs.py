"""The examples of the documentation do what they show."""

import contextlib
import io
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.filterwarnings("ignore::evenhand.EvenhandWarning")
def test_the_examples_of_the_page_print_what_it_shows() -> None:
    page = (DOCS / "python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(python|text)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert len(blocks) > 8
    names: dict[str, object] = {"__name__": "page"}
    printed = ""
    for number, (language, text) in enumerate(blocks):
        if language == "python":
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                exec(compile(text, f"block {number} of python.md", "exec"), names)  # noqa: S102
            printed = output.getvalue()
            expects = number + 1 < len(blocks) and blocks[number + 1][0] == "text"
            assert printed == "" or expects, f"block {number} prints what the page does not show: {printed}"
        else:
            assert printed == text
    names["test_v2_is_no_worse"]()  # type: ignore[operator]
