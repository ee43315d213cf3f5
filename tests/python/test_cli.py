"""The command line program, run as a user runs it."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import time

import pytest
from cli_program import PROGRAM, run, run_json, shop_items, shop_lines, write_csv

COMMANDS = ["train", "offers", "plan", "report", "evaluate", "info"]


pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no crosslift program here; set CROSSLIFT_CLI to one")


def test_version_and_help_are_worth_reading():
    assert re.fullmatch(r"crosslift \d+\.\d+\.\d+\n", run("--version").stdout)
    overview = run("--help").stdout
    for command in COMMANDS:
        assert command in overview
        text = run(command, "--help").stdout
        assert "Example" in text
        assert f"crosslift {command}" in text
        assert "--json" in text


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["sell"],
        ["train"],
        ["train", "--model", "m"],
        ["train", "--data", "online_retail", "--transactions", "t.csv", "--model", "m"],
        ["train", "--data", "no_such_set", "--model", "m"],
        ["train", "--transactions", "t.csv", "--category", "a", "--model", "m"],
        ["train", "--data", "online_retail", "--model", "m", "--device", "quantum"],
        ["offers", "--model", "m", "--basket", "a", "--kind", "gift"],
        ["offers", "--model", "m", "--basket", "a", "--kind", "upsell"],
        ["offers", "--model", "m"],
        ["evaluate", "--data", "online_retail"],
        ["evaluate", "--data", "online_retail", "--later", "x.csv"],
        ["evaluate", "--data", "online_retail", "--share", "1.5"],
    ],
)
def test_wrong_usage_is_exit_code_2_and_says_why(words):
    done = run(*words, code=2)
    assert done.stderr.strip()


def test_files_that_cannot_be_used_are_exit_code_1_and_named(tmp_path, shop):
    missing = run("train", "--transactions", tmp_path / "none.csv", "--model", tmp_path / "m", code=1)
    assert "none.csv" in missing.stderr
    assert "none.safetensors" in run("offers", "--model", tmp_path / "none.safetensors", "--item", "a", code=1).stderr
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes((shop / "shop.safetensors").read_bytes()[:1000])
    assert run("info", "--model", broken, code=1).stderr.strip()
    header_only = tmp_path / "odd.csv"
    header_only.write_text("who,what\n1,2\n")
    wrong = run("train", "--transactions", header_only, "--model", tmp_path / "m", code=1)
    assert "basket_id" in wrong.stderr
    assert "what" in wrong.stderr
    assert not (tmp_path / "m").exists()


def test_a_device_that_is_not_there_is_exit_code_3(shop, tmp_path):
    devices = run_json("info")["devices"]
    if any(d["device"].startswith("cuda") and not d["unavailable_reason"] for d in devices):
        pytest.skip("this machine has a usable GPU")
    done = run("train", "--transactions", shop / "sales.csv.gz", "--model", tmp_path / "m", "--device", "cuda", code=3)
    assert done.stderr.strip()


def test_train_reports_what_it_learned_and_what_it_left_out(tmp_path):
    lines = shop_lines(200)
    lines[10]["quantity"] = -1
    lines[11]["unit_price"] = -5
    sales = write_csv(tmp_path / "sales.csv", lines)
    learned = run_json("train", "--transactions", sales, "--model", tmp_path / "m.safetensors")
    assert learned["lines"] == len(lines)
    assert learned["kept"] == len(lines) - 2
    assert sum(learned["rejected"].values()) == 2
    assert learned["customers"] == len({line["customer_id"] for line in shop_lines(200)})
    assert learned["bytes"] == (tmp_path / "m.safetensors").stat().st_size
    text = run("train", "--transactions", sales, "--model", tmp_path / "m.safetensors").stdout
    assert "Learned" in text
    assert "Saved" in text


def test_columns_may_have_other_names(tmp_path):
    names = {"customer_id": "who", "basket_id": "receipt", "item_id": "sku", "timestamp": "at", "quantity": "n",
             "unit_price": "paid"}  # fmt: skip
    sales = write_csv(tmp_path / "s.csv", [{names[k]: v for k, v in line.items()} for line in shop_lines(200)])
    items = write_csv(tmp_path / "i.csv", [{"sku": i["item_id"], "class": i["kind"], "cost": 1} for i in shop_items()])
    learned = run_json(
        "train", "--transactions", sales, "--catalog", items, "--model", tmp_path / "m.safetensors",
        "--customer-column", "who", "--basket-column", "receipt", "--item-column", "sku", "--time-column", "at",
        "--quantity-column", "n", "--unit-price-column", "paid", "--catalog-item-column", "sku", "--category", "class",
    )  # fmt: skip
    assert learned["customers"] == len({line["customer_id"] for line in shop_lines(200)})
    assert learned["categories"] == 3
    done = run("train", "--transactions", sales, "--basket-column", "reciept", "--item-column", "sku",
               "--model", tmp_path / "x", code=1)  # fmt: skip
    assert "reciept" in done.stderr
    assert "receipt" in done.stderr


def test_info_tells_version_devices_and_model(model):
    info = run_json("info", "--model", model)
    assert info["devices"][0]["device"] == "cpu"
    assert info["model"]["items"] == 15
    assert info["model"]["categories"] == 3
    assert "15 items" in run("info", "--model", model).stdout


def test_evaluate_two_files_equals_evaluating_a_share(shop, tmp_path):
    lines = shop_lines()
    times = sorted({line["basket_id"]: line["timestamp"] for line in lines}.values())
    cut = times[len(times) - round(len(times) * 0.25)]
    train = write_csv(tmp_path / "train.csv", [line for line in lines if line["timestamp"] < cut])
    later = write_csv(tmp_path / "later.csv", [line for line in lines if line["timestamp"] >= cut])
    common = ["--catalog", shop / "items.csv", "--category", "kind", "--bootstrap", "100"]
    files = run_json("evaluate", "--train", train, "--later", later, *common)
    share = run_json("evaluate", "--train", shop / "sales.csv.gz", "--share", "0.25", *common)
    assert files["reports"] == share["reports"]

    reports = {report["task"]: report for report in files["reports"]}
    assert {"basket_completion", "trade_up"} <= set(reports)
    baskets, trade_ups = reports["basket_completion"], reports["trade_up"]
    metrics = {method["method"]: method["metrics"] for method in baskets["methods"]}
    assert {"popularity", "co-count", "lift", "LLR", "cosine kNN", "rules", "ALS cosine", "EASE"} <= set(metrics)
    assert metrics["EASE"]["hr@10_to_ease"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert metrics["EASE"]["hr@1"]["value"] > metrics["popularity"]["hr@1"]["value"]
    assert metrics["crosslift"]["hr@1"]["value"] > metrics["popularity"]["hr@1"]["value"]
    assert {"next dearer", "popular dearer", "transition count", "crosslift"} <= {
        method["method"] for method in trade_ups["methods"]
    }


def test_evaluate_prints_one_table_per_task_and_judges_a_saved_model(shop, model):
    common = [
        "--train",
        shop / "sales.csv.gz",
        "--share",
        "0.25",
        "--catalog",
        shop / "items.csv",
        "--category",
        "kind",
    ]
    table = run("evaluate", *common, "--task", "basket_completion", "--model", model, "--bootstrap", "50").stdout
    assert "cosine kNN" in table
    assert "hr@10_to_ease" in table
    assert "trade_up" not in table
    done = run("evaluate", "--train", shop / "sales.csv.gz", "--share", "0.25", "--task", "trade_up", code=1)
    assert "categories" in done.stderr


def test_progress_is_drawn_on_a_terminal_only(shop, tmp_path):
    words = ["train", "--transactions", str(shop / "sales.csv.gz"), "--model", str(tmp_path / "m.safetensors")]
    assert run(*words).stderr == ""
    ours, theirs = pty.openpty()
    with subprocess.Popen([PROGRAM, *words], stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        seen = b""
        try:
            while part := os.read(ours, 4096):
                seen += part
        except OSError:  # Linux reports the end of a terminal as an error
            pass
        assert process.wait(timeout=300) == 0
    os.close(ours)
    assert b"\r" in seen
    assert b"[" in seen


def test_ctrl_c_ends_training_with_130_and_writes_nothing(tmp_path):
    target = tmp_path / "m.safetensors"
    words = [PROGRAM, "train", "--data", "online_retail", "--taste-iterations", "100000", "--model", str(target)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(2)
        assert process.poll() is None, "training ended before it could be interrupted"
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
        assert time.monotonic() - started < 10  # a second on an idle machine
        assert "interrupted" in process.stderr.read().lower()
    assert list(tmp_path.iterdir()) == []
