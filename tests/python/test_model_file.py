"""Model files as other programs see them: the safetensors package reads every tensor, and damage is a FormatError."""

import json
import random
from itertools import pairwise

import crosslift
import numpy as np
import pytest

safetensors = pytest.importorskip("safetensors", reason="the safetensors package is not installed")


@pytest.fixture(scope="module")
def path(engine, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "engine.safetensors"
    engine.save(path)
    return path


def ids(file, name):
    text = file.get_tensor(name + ".text").tobytes()
    offsets = file.get_tensor(name + ".offsets")
    return [text[a:b].decode() for a, b in pairwise(offsets)]


def test_the_official_package_reads_every_tensor(path, lines):
    with safetensors.safe_open(path, framework="numpy") as file:
        assert set(ids(file, "items")) >= set(lines["item_id"])
        assert set(ids(file, "customers")) == set(lines["customer_id"])
        quantities = file.get_tensor("history.baskets.values")
        assert quantities.dtype == np.float32
        assert quantities.sum() == lines["quantity"].sum()
        factors = file.get_tensor("taste.item_factors")
        assert factors.shape[0] == len(ids(file, "items"))
        for name in file.keys():  # noqa: SIM118 (the file is no dict)
            assert file.get_tensor(name).size >= 0


def test_metadata_says_what_it_is(path):
    with safetensors.safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
    assert metadata["format"] == "crosslift"
    assert metadata["version"] == "1"
    assert metadata["kind"] == "offer_engine"
    parameters = json.loads(metadata["parameters"])
    assert parameters["time_kind"] == "timestamp"
    assert parameters["options"]["taste"]["factors"] > 0


def test_factors_are_those_of_the_model(tmp_path):
    sparse = pytest.importorskip("scipy.sparse")
    model = crosslift.ImplicitALS(factors=4, iterations=2).fit(sparse.random(30, 20, 0.2, "csr", random_state=1))
    model.save(tmp_path / "als.safetensors")
    with safetensors.safe_open(tmp_path / "als.safetensors", framework="numpy") as file:
        np.testing.assert_array_equal(file.get_tensor("als.item_factors"), model.item_factors)
        np.testing.assert_array_equal(file.get_tensor("als.customer_factors"), model.user_factors)


def test_damaged_files_are_format_errors(path, tmp_path):
    good = path.read_bytes()
    draw = random.Random(3)
    for round_ in range(200):
        bad = bytearray(good)
        if round_ % 2:
            bad[draw.randrange(len(bad))] ^= 1 << draw.randrange(8)
        else:
            del bad[draw.randrange(len(bad)) :]
        damaged = tmp_path / "bad.safetensors"
        damaged.write_bytes(bad)
        with pytest.raises(crosslift.FormatError):
            crosslift.OfferEngine.load(damaged)


def test_what_another_program_saved_is_refused(tmp_path):
    from safetensors.numpy import save_file

    save_file({"items": np.zeros(3, np.float32)}, tmp_path / "other.safetensors", metadata={"format": "pt"})
    with pytest.raises(crosslift.FormatError, match=r"other\.safetensors"):
        crosslift.OfferEngine.load(tmp_path / "other.safetensors")
