"""The command line program of the wheel."""

import os
import sys
from pathlib import Path

from ._cuda import library_folders


def main() -> None:
    """Becomes the program ``crosslift`` that lies inside the package."""
    program = Path(__file__).parent / "bin" / "crosslift"
    if not program.exists():
        sys.exit(f"there is no program at {program}: this package was built without it; install the wheel")
    named = os.environ.get("CROSSLIFT_CUDA_LIBRARIES")
    folders = [*([named] if named else []), *library_folders()]
    os.execve(program, ["crosslift", *sys.argv[1:]], {**os.environ, "CROSSLIFT_CUDA_LIBRARIES": ":".join(folders)})
