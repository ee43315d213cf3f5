"""What a query returns: offers with their evidence and reasons."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

Id = str | int


@dataclass(frozen=True)
class Evidence:
    """How often two items were bought together, counted: baskets with both, with the first (the anchor), with the
    second (the offer), all baskets; lift; G2, the log-likelihood ratio with one degree of freedom."""

    together: int
    first: int
    second: int
    baskets: int
    lift: float
    g2: float

    @property
    def p_value(self) -> float:
        """Probability of a G2 as large by chance."""
        return math.erfc(math.sqrt(max(self.g2, 0.0) / 2))


@dataclass(frozen=True)
class Reason:
    """A fact behind an offer: the item of the query it is about (or None), and its share of the score or a number."""

    fact: str
    item: Id | None
    value: float
    is_share: bool


@dataclass(frozen=True)
class Offer:
    """One offer. Money and probabilities that are not known are NaN. Shares in `reasons` sum to the score.

    ``relevance`` is the score over the best score for the query before any filter; ``probability`` that the customer
    takes it; ``price`` after the discount; ``expected_margin`` in money, after the cost of the offer; ``flags`` among
    "pinned", "attached", "bought_before", "popular", "above_usual_price", "margin_unknown".
    """

    item: Id
    name: str
    kind: str
    score: float
    relevance: float
    probability: float
    price: float
    price_difference: float
    expected_margin: float
    anchor: Id | None
    evidence: Evidence
    flags: tuple[str, ...]
    reasons: tuple[Reason, ...]
    sentence: str

    @property
    def support(self) -> int:
        """Baskets with the anchor and the offer."""
        return self.evidence.together

    @property
    def lift(self) -> float:
        return self.evidence.lift

    def __str__(self) -> str:
        price = "" if math.isnan(self.price) else f", {self.price:.2f}"
        return f"{self.name} ({self.item}{price}): {self.sentence}"


class OfferList(list[Offer]):
    """Offers, best first, and `warnings` that name ids which were not known and were left out."""

    def __init__(self, offers: Iterable[Offer] = (), warnings: Iterable[str] = ()) -> None:
        super().__init__(offers)
        self.warnings = list(warnings)

    def to_pandas(self) -> Any:
        """One row per offer; the evidence in columns of its own."""
        import pandas as pd

        rows = []
        for offer in self:
            row = asdict(offer)
            del row["reasons"]
            row["flags"] = " ".join(row["flags"])
            row.update(row.pop("evidence"))
            rows.append(row)
        columns = ["item", "name", "kind", "score", "relevance", "probability", "price", "price_difference"]
        columns += ["expected_margin", "anchor", "together", "first", "second", "baskets", "lift", "g2"]
        columns += ["flags", "sentence"]
        return pd.DataFrame(rows, columns=columns)

    def __repr__(self) -> str:
        lines = [f"{rank}. {offer}" for rank, offer in enumerate(self, 1)] or ["no offers"]
        return "\n".join(lines + [f"warning: {warning}" for warning in self.warnings])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in ("", "item", "name", "price", "score", "why"))
        body = ""
        for rank, offer in enumerate(self, 1):
            price = "" if math.isnan(offer.price) else f"{offer.price:.2f}"
            cells = (rank, offer.item, offer.name, price, f"{offer.score:.4g}", offer.sentence)
            body += "<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells) + "</tr>"
        notes = "".join(f"<p>{html.escape(warning)}</p>" for warning in self.warnings)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"


def offers_of(found: tuple[list[tuple[Any, ...]], list[str]]) -> OfferList:
    """A list of offers from the fields that the library gives."""
    offers, warnings = found
    return OfferList((_offer(*values) for values in offers), warnings)


def _offer(*values: Any) -> Offer:
    given = dict(zip((it.name for it in fields(Offer)), values, strict=True))
    # One NaN for all: tuples compare their entries by identity first, so equal offers are equal.
    given = {name: math.nan if value != value else value for name, value in given.items()}
    given["evidence"] = Evidence(*given["evidence"])
    given["reasons"] = tuple(Reason(*reason) for reason in given["reasons"])
    return Offer(**given)
