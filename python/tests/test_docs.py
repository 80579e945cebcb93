"""The examples of the documentation do what they show."""

import contextlib
import io
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

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


def outputs(notebook: Any) -> list[list[str]]:
    """Return the texts of the outputs of each cell, without times."""
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            data = [output.get("text") or output["data"] for output in cell.outputs]
            texts = [text if isinstance(text, str) else json.dumps(text, sort_keys=True) for text in data]
            cells.append([re.sub(r"- Latency of .*?\. *(\\n|$)", "", text, flags=re.MULTILINE) for text in texts])
    return cells


@pytest.mark.filterwarnings("ignore")
def test_the_notebook_prints_what_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat = pytest.importorskip("nbformat")
    execution = pytest.importorskip("nbconvert.preprocessors")
    notebook = nbformat.read(DOCS / "python.ipynb", as_version=4)
    shown = outputs(notebook)
    # The sample is found in a folder above.
    folder = DOCS.parent / "target" / "notebook"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    # The kernel of the environment of the tests.
    kernel = {"argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]}
    kernels = folder / "share" / "kernels" / "python3"
    kernels.mkdir(parents=True)
    (kernels / "kernel.json").write_text(json.dumps({**kernel, "display_name": "Python 3", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(folder / "share"))
    executor = execution.ExecutePreprocessor(timeout=300, kernel_name="python3")
    executor.preprocess(notebook, {"metadata": {"path": str(folder)}})
    assert outputs(notebook) == shown
