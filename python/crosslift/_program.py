"""The command line program of the wheel."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Becomes the program ``crosslift`` that lies inside the package."""
    program = Path(__file__).parent / "bin" / "crosslift"
    os.execv(program, ["crosslift", *sys.argv[1:]])
