"""The command line program of the wheel."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Becomes the program ``crosslift`` that lies inside the package."""
    program = Path(__file__).parent / "bin" / "crosslift"
    if not program.exists():
        sys.exit(f"there is no program at {program}: this package was built without it; install the wheel")
    os.execv(program, ["crosslift", *sys.argv[1:]])
