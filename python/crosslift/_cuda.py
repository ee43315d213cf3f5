"""Where pip puts cuBLAS: folders that are looked in when a GPU is asked for first. Opens nothing."""

from __future__ import annotations

import importlib.util
import os


def library_folders() -> list[str]:
    """The folders of pip's ``nvidia-cublas``, for every place that holds packages of that family."""
    spec = importlib.util.find_spec("nvidia")
    places = list(spec.submodule_search_locations or []) if spec else []
    return [os.path.join(place, part, "lib") for place in places for part in ("cu13", "cublas")]
