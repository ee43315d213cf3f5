"""From real purchases to offers, on two sets that come with Crosslift. Plain Python to read and to copy from.

Run by scripts/quickstart, which builds and installs the package first; alone: .venv/bin/python scripts/quickstart.py
"""

import os
import tempfile
import textwrap
from pathlib import Path

import crosslift
from crosslift import ImplicitALS, OfferEngine

WIDTH = 110
# Settings of the customers' taste: the engine's own, with the loss calculated after each sweep.
TASTE = {"factors": 64, "iterations": 10, "objective": "rendle", "regularization": 0.003, "calculate_loss": True}


def heading(text):
    print(f"\n{text}\n{'=' * len(text)}")


def train(data):
    """Fits an engine with a progress bar and says what came in and what was learned."""
    report = data.transactions.report()
    print(f"{report.lines:,} receipt lines came, {report.kept:,} kept; rejected, each listed with its line number:")
    for reason, count in sorted(report.reasons.items(), key=lambda entry: -entry[1]):
        print(f"  {count:>7,}  {reason}")
    print(f"for example line {report.rejected[0].line}: {report.rejected[0].value!r}\n", flush=True)

    engine = OfferEngine(taste=ImplicitALS(**TASTE), verbose=1).fit(data.transactions, data.catalog)

    learned = engine.summary()
    print(
        f"\nLearned from {learned['customers']:,} customers, {learned['items']:,} items and {learned['baskets']:,} "
        f"baskets in {learned['fit_seconds']:.1f} s."
    )
    losses = "  ".join(f"{loss:,.0f}" for loss in engine.taste_.loss_)
    print(f"Loss of the taste embeddings after each sweep: {losses}")
    return engine


def show(offers):
    """One offer per line pair: what, and why."""
    for rank, offer in enumerate(offers, 1):
        print(f"  {rank}. {offer.name}, {offer.price:.2f}")
        print(textwrap.fill(offer.sentence, WIDTH, initial_indent="     ", subsequent_indent="     "))
    if not offers:
        print("  nothing that the purchases vouch for")


def show_cross_sells(engine, baskets):
    names = dict(zip(engine.catalog_.items, engine.catalog_.names, strict=True))
    for basket in baskets:
        print(f"\nIn the basket: {', '.join(names[item] for item in basket)}")
        show(engine.cross_sell(basket, k=3))


def show_upsells(engine, items):
    catalog = engine.catalog_
    row = {item: at for at, item in enumerate(catalog.items)}
    for item in items:
        print(f"\nLooked at: {catalog.names[row[item]]}, {catalog.price[row[item]]:.2f}")
        show(engine.upsell(item, k=3))


def main():
    threads = len(os.sched_getaffinity(0))
    print(f"Crosslift {crosslift.__version__} on {threads} CPU threads")

    heading("1. A web shop for gifts (online_retail): what goes with this basket?")
    gifts = train(crosslift.datasets.online_retail())
    show_cross_sells(gifts, [["22423"], ["20725", "22382"], ["21212", "84991", "22178"]])

    heading("2. A grocer (complete_journey): which better version would a customer still pay for?")
    groceries = train(crosslift.datasets.complete_journey())
    show_upsells(groceries, ["1004906", "1096036", "1071342"])

    heading("3. Saved, and loaded again")
    file = Path(tempfile.gettempdir()) / "crosslift-quickstart.safetensors"
    gifts.save(file)
    again = OfferEngine.load(file)
    offers = [[(offer.item, offer.score) for offer in engine.cross_sell(["22423"])] for engine in (gifts, again)]
    same = offers[0] == offers[1]
    print(
        f"{file}: {file.stat().st_size / 1e6:.1f} MB; the loaded engine makes {'the same' if same else 'other'} offers"
    )

    heading("What to try next")
    print(NEXT.format(file=file))
    return 0 if same else 1


NEXT = """\
  .venv/bin/crosslift offers --model {file} --basket 22423,22697
  .venv/bin/crosslift offers --model {file} --customer 12748 --explain
  .venv/bin/crosslift evaluate --data online_retail --share 0.1     (is it any good? beside tuned baselines)
  .venv/bin/python -c "import crosslift; help(crosslift.OfferEngine)"
Your own purchases: README.md, then docs/data.md. Every test: scripts/test."""


if __name__ == "__main__":
    raise SystemExit(main())
