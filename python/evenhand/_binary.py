"""Where the program is, and its version."""

import functools
import shutil
import sys
import sysconfig
from importlib import metadata
from pathlib import Path


@functools.cache
def binary_path() -> Path:
    """Return the path of the program ``evenhand`` that was installed with this package.

    Raises:
        FileNotFoundError: The program is neither where pip installs programs nor on the ``PATH``.

    """
    name = "evenhand.exe" if sys.platform == "win32" else "evenhand"
    package = Path(__file__).resolve().parent
    folders = [
        Path(sysconfig.get_path("scripts")),
        Path(sysconfig.get_path("scripts", scheme=sysconfig.get_preferred_scheme("user"))),
        # `pip install --target FOLDER` puts programs into FOLDER/bin.
        package.parent / "bin",
    ]
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    found = shutil.which(name)
    if found is not None:
        return Path(found)
    looked = ", ".join(str(folder) for folder in folders)
    raise FileNotFoundError(
        f"the program {name} is neither in {looked} nor on the PATH; install the package again: "
        "pip install --force-reinstall evenhand"
    )


def version() -> str:
    """Return the version of the package, which is that of the program."""
    return metadata.version("evenhand")
