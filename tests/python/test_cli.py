"""The command line program, run as a user runs it."""

from __future__ import annotations

import csv
import gzip
import json
import os
import pty
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMANDS = ["train", "offers", "plan", "report", "evaluate", "info"]


def find_program() -> str | None:
    """The program named by CROSSLIFT_CLI, else the one beside this Python, else the one on PATH."""
    beside = Path(sys.executable).parent / "crosslift"
    return os.environ.get("CROSSLIFT_CLI") or (str(beside) if beside.exists() else shutil.which("crosslift"))


PROGRAM = find_program()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no crosslift program here; set CROSSLIFT_CLI to one")


def run(*words, code=0, timeout=300):
    """Runs the program and checks its exit code; output is no terminal here."""
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def run_json(*words, **options):
    return json.loads(run(*words, "--json", **options).stdout)


def write_csv(path, rows):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def shop_lines(baskets=600):
    """Wine goes with cheese of the same rank; rank r costs 2 (r + 1); customers with high numbers buy high ranks."""
    draw = random.Random(1)
    lines = []
    for basket in range(baskets):
        customer = draw.randrange(40)
        rank = min(4, draw.randrange(3) + customer // 14)
        items = [f"wine{rank}"]
        if draw.random() < 0.8:
            items.append(f"cheese{rank}")
        if draw.random() < 0.5:
            items.append(f"bread{draw.randrange(5)}")
        for item in items:
            lines.append(
                {
                    "customer_id": f"k{customer}",
                    "basket_id": f"b{basket}",
                    "item_id": item,
                    "timestamp": f"2024-{1 + basket // 60:02d}-{1 + basket % 28:02d}T10:00",
                    "quantity": 1,
                    "unit_price": 2 * (int(item[-1]) + 1),
                }
            )
    return sorted(lines, key=lambda line: line["timestamp"])


def shop_items():
    return [
        {"item_id": f"{kind}{rank}", "kind": kind, "price": 2 * (rank + 1), "name": f"{kind} no. {rank}"}
        for kind in ("wine", "cheese", "bread")
        for rank in range(5)
    ]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    write_csv(folder / "sales.csv.gz", shop_lines())
    write_csv(folder / "items.csv", shop_items())
    run("train", "--transactions", folder / "sales.csv.gz", "--catalog", folder / "items.csv",
        "--category", "kind", "--model", folder / "shop.safetensors")  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def model(shop):
    return shop / "shop.safetensors"


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


def test_offers_for_a_basket_an_item_and_a_customer(model):
    cross_sell = run_json("offers", "--model", model, "--basket", "wine1")
    assert cross_sell["kind"] == "cross_sell"
    assert cross_sell["offers"][0]["item"] == "cheese1"
    assert cross_sell["offers"][0]["evidence"]["together"] > 0
    assert all(not offer["item"].startswith("wine") for offer in cross_sell["offers"])

    upsell = run_json("offers", "--model", model, "--item", "wine1", "--kind", "upsell", "--max-price-ratio", "2")
    assert upsell["offers"]
    for offer in upsell["offers"]:
        assert offer["item"].startswith("wine")
        assert 4 < offer["price"] <= 8
        assert offer["price_difference"] == offer["price"] - 4

    recommended = run_json("offers", "--model", model, "--customer", "k0", "--allow-bought", "-k", "3")
    assert recommended["kind"] == "recommend"
    assert 0 < len(recommended["offers"]) <= 3
    assert run_json("offers", "--model", model, "--item", "wine1", "--kind", "similar")["kind"] == "similar"
    explained = run("offers", "--model", model, "--basket", "wine1,bread0", "--explain").stdout
    assert "cheese" in explained


def test_a_bundle_has_one_price(model):
    bundle = run_json("offers", "--model", model, "--item", "wine1", "--kind", "bundle", "--discount", "0.1")
    assert bundle["kind"] == "bundle"
    assert bundle["anchor"] == "wine1"
    assert "cheese1" in {offer["item"] for offer in bundle["added"]}
    prices = {item["item_id"]: item["price"] for item in shop_items()}
    total = prices["wine1"] + sum(prices[offer["item"]] for offer in bundle["added"])
    assert bundle["sum_price"] == pytest.approx(total)
    assert bundle["bundle_price"] == pytest.approx(0.9 * total)
    two = run_json("offers", "--model", model, "--item", "wine1", "--kind", "bundle", "--max-items", "2")
    assert len(two["added"]) == 1


def test_what_is_due_was_bought_before_and_comes_most_likely_first(model):
    bought = {line["item_id"] for line in shop_lines() if line["customer_id"] == "k0"}
    due = run_json("offers", "--model", model, "--customer", "k0", "--kind", "replenish", "--horizon-days", "60")
    assert due["reminders"]
    assert {it["offer"]["item"] for it in due["reminders"]} <= bought
    likely = [it["offer"]["probability"] for it in due["reminders"]]
    assert likely == sorted(likely, reverse=True)
    assert all(it["last"] < it["due"] for it in due["reminders"])
    basket = run_json("offers", "--model", model, "--customer", "k0", "--kind", "next_basket", "-k", "4")
    assert 0 < len(basket["offers"]) <= 4


def test_a_placement_takes_its_lists(model):
    words = ["offers", "--model", model, "--basket", "wine1", "--kind", "placement", "--placement"]
    cart = run_json(*words, "cart")
    assert cart["placement"] == "cart"
    assert 0 < len(cart["upsell"]) <= 2
    assert "cheese1" in {offer["item"] for offer in cart["cross_sell"]}
    assert run_json(*words, "post_purchase")["upsell"] == []


def test_compare_tells_the_price_both_ways(model):
    words = ["offers", "--model", model, "--kind", "compare"]
    there = run_json(*words, "--item", "wine1", "--with", "wine3")
    back = run_json(*words, "--item", "wine3", "--with", "wine1")
    assert there["same_category"]
    assert there["price"] == {"first": 4, "second": 8, "difference": 4}
    assert back["price"]["difference"] == -4
    assert "--with" in run(*words, "--item", "wine1", code=2).stderr


def test_a_plan_is_one_table_for_all_customers(model):
    done = run("plan", "--model", model, "--placements", "cart,newsletter")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    customers = {line["customer_id"] for line in shop_lines()}
    assert {row["customer"] for row in rows} <= customers
    assert {row["placement"] for row in rows} == {"cart", "newsletter"}
    assert all(float(row["price"]) > 0 and row["sentence"] for row in rows)
    assert (
        f"{len(rows)} offers to {len({row['customer'] for row in rows})} of {len(customers)} customers" in done.stderr
    )

    lines = [
        json.loads(line) for line in run("plan", "--model", model, "--customers", "k3,k1", "--json").stdout.splitlines()
    ]
    assert list(dict.fromkeys(line["customer"] for line in lines)) == ["k3", "k1"]
    wanted = [
        row for row in csv.DictReader(run("plan", "--model", model).stdout.splitlines()) if row["customer"] == "k3"
    ]
    assert [line["offer"]["item"] for line in lines if line["customer"] == "k3"] == [row["item"] for row in wanted]
    run("plan", "--model", model, "--placements", "window", code=2)


def test_segments_limit_offers_and_rules(model):
    often = run_json("offers", "--model", model, "--basket", "wine1", "--customer", "k0", "--segments", "repeat")
    assert often["offers"]
    first = run(
        "offers", "--model", model, "--basket", "wine1", "--customer", "k0", "--segments", "new,promo_driven", "--json"
    )
    assert json.loads(first.stdout)["offers"] == []
    assert "is in segment repeat" in first.stderr
    words = ["offers", "--model", model, "--kind", "segment", "--customer"]
    assert run(*words, "k0").stdout == "repeat\n"
    assert run_json(*words, "a stranger")["segment"] == "new"
    rule = ["--rule", "pin; item=bread4; segment=new"]
    words = ["offers", "--model", model, "--basket", "wine1", "--customer"]
    assert run_json(*words, "a stranger", *rule)["offers"][0]["item"] == "bread4"
    assert run_json(*words, "k0", *rule)["offers"][0]["item"] != "bread4"
    assert "promo_driven" in run(*words, "k0", "--segments", "loyal", code=2).stderr
    plan = run("plan", "--model", model, "--segments", "new")
    assert plan.stdout.count("\n") == 1
    assert "none of OfferQuery.segments" in plan.stderr


def test_report_counts_what_the_purchases_amount_to(shop):
    words = ["report", "--transactions", shop / "sales.csv.gz", "--catalog", shop / "items.csv", "--category", "kind"]
    found = {it["method"]: it["metrics"] for it in run_json(*words, "--bootstrap", "50")["methods"]}
    lines = shop_lines()
    baskets = len({line["basket_id"] for line in lines})
    assert found["all"]["order_value"]["value"] == pytest.approx(sum(it["unit_price"] for it in lines) / baskets)
    assert found["all"]["items_per_basket"]["value"] == pytest.approx(len(lines) / baskets)
    assert found["new"]["order_value"]["low"] <= found["new"]["order_value"]["high"]
    assert "retention" in run(*words, "--bootstrap", "0").stdout
    run(*words, "--min-price-ratio", "1", code=2)


def test_rules_reach_the_engine(model):
    none = run_json("offers", "--model", model, "--basket", "wine1", "--budget", "0.5")
    assert none["offers"] == []
    without = run_json("offers", "--model", model, "--basket", "wine1", "--exclude", "cheese1,cheese2")
    assert not {"cheese1", "cheese2"} & {offer["item"] for offer in without["offers"]}
    only = run_json("offers", "--model", model, "--basket", "wine1", "--allow", "cheese1")
    assert [offer["item"] for offer in only["offers"]] == ["cheese1"]
    run("offers", "--model", model, "--basket", "wine1", "-k", "0", code=2)
    run("offers", "--model", model, "--basket", "wine1", "--as-of", "tomorrow", code=2)
    run("offers", "--model", model, "--basket", "wine1", "--as-of", "2024-12-24")


def test_an_unknown_id_is_a_warning_not_a_failure(model):
    done = run("offers", "--model", model, "--basket", "wine1,unicorn", "--json")
    assert "unicorn" in done.stderr
    assert any("unicorn" in warning for warning in json.loads(done.stdout)["warnings"])


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
