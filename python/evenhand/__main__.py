"""Runs the program: ``python -m evenhand`` is ``evenhand``."""

import os
import subprocess
import sys

from evenhand._binary import binary_path


def main() -> int:
    """Run the program with the arguments of this process; return its exit code."""
    command = [str(binary_path()), *sys.argv[1:]]
    if sys.platform == "win32":
        # There, a process cannot become another one.
        return subprocess.run(command, check=False).returncode  # noqa: S603
    return os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    sys.exit(main())
