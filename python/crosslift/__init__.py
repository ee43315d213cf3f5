"""Embeddings from a shop's purchases, turned into cross-sell and up-sell offers."""

from typing import NamedTuple

from . import _core, datasets, evaluate
from ._core import (
    DataError,
    DeviceError,
    Error,
    FileError,
    FormatError,
    InvalidArgument,
    Matrix,
    Stopped,
    __version__,
)
from ._cuda import library_folders
from ._estimator import NotFittedError
from ._progress import ProgressEvent
from .als import ImplicitALS
from .bpr import BPR
from .catalog import Catalog
from .complement import ComplementModel
from .ease import Ease
from .offer_list import Evidence, Offer, OfferList, Reason
from .offer_query import OfferQuery, OfferRule
from .offers import OfferEngine
from .retrieval import Retriever
from .sales import report_sales
from .selling import (
    Bundle,
    Comparison,
    Contact,
    OfferPlan,
    PlacementOffers,
    PlannedOffer,
    Reminder,
    ReminderList,
    Target,
    TargetList,
)
from .sppmi import Sppmi
from .transactions import RejectedRow, TransactionReport, Transactions
from .tuning import Trial, TuneResult, tune

_core.look_for_cuda_libraries_in(library_folders())


class DeviceInfo(NamedTuple):
    """A machine to compute on; ``unavailable_reason`` is empty when it can be used."""

    name: str
    description: str
    memory_bytes: int
    capability: str
    unavailable_reason: str


def devices() -> list[DeviceInfo]:
    """Every device of this machine; a CUDA entry that cannot be used says why."""
    return [DeviceInfo(*device) for device in _core.devices()]


__all__ = [
    "BPR",
    "Bundle",
    "Catalog",
    "Comparison",
    "ComplementModel",
    "Contact",
    "DataError",
    "DeviceError",
    "DeviceInfo",
    "Ease",
    "Error",
    "Evidence",
    "FileError",
    "FormatError",
    "ImplicitALS",
    "InvalidArgument",
    "Matrix",
    "NotFittedError",
    "Offer",
    "OfferEngine",
    "OfferList",
    "OfferPlan",
    "OfferQuery",
    "OfferRule",
    "PlacementOffers",
    "PlannedOffer",
    "ProgressEvent",
    "Reason",
    "RejectedRow",
    "Reminder",
    "ReminderList",
    "Retriever",
    "Sppmi",
    "Stopped",
    "Target",
    "TargetList",
    "TransactionReport",
    "Transactions",
    "Trial",
    "TuneResult",
    "__version__",
    "datasets",
    "devices",
    "evaluate",
    "report_sales",
    "tune",
]
