"""What a query returns: offers with their evidence and reasons."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
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
    """One offer. Money that is not known is NaN. Shares in `reasons` sum to the score."""

    item: Id
    name: str
    kind: str
    score: float
    price: float
    price_difference: float
    anchor: Id | None
    evidence: Evidence
    reasons: tuple[Reason, ...]
    sentence: str

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
            row.update(row.pop("evidence"))
            rows.append(row)
        columns = ["item", "name", "kind", "score", "price", "price_difference", "anchor"]
        columns += ["together", "first", "second", "baskets", "lift", "g2", "sentence"]
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
    return OfferList((_offer(*fields) for fields in offers), warnings)


def _offer(*fields: Any) -> Offer:
    item, name, kind, score, price, price_difference, anchor, evidence, reasons, sentence = fields
    return Offer(
        item=item, name=name, kind=kind, score=score, price=price, price_difference=price_difference, anchor=anchor,
        evidence=Evidence(*evidence), reasons=tuple(Reason(*reason) for reason in reasons), sentence=sentence,
    )  # fmt: skip
