"""Offers, plans and reports on the command line."""

from __future__ import annotations

import csv
import json

import pytest
from cli_program import PROGRAM, run, run_json, shop_items, shop_lines

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no crosslift program here; set CROSSLIFT_CLI to one")


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
