"""Implicit-feedback alternating least squares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import _core
from ._factors import FactorModel
from ._progress import ProgressEvent
from ._sparse import csr_parts


class ImplicitALS(FactorModel):
    """Customer and item factors from who bought what.

    Parameters
    ----------
    factors : int
        Length of the embeddings, 1 to 1024.
    iterations : int
        Sweeps; each solves for all customers, then for all items.
    objective : {"hu_koren_volinsky", "rendle"}
        "hu_koren_volinsky": all cells count, stored ones with confidence 1 + alpha * r (Hu, Koren, Volinsky 2008).
        "rendle": unobserved_weight on all cells and a regularization that grows with the frequency of the row to the
        power nu (Rendle, Krichene, Zhang, Koren 2021, "Revisiting the performance of iALS").
    regularization, alpha, unobserved_weight, nu : float
        Of the objective; the last two belong to "rendle".
    solver : {"cholesky", "cg", "ials_pp"}
        Exact; `cg_steps` steps of conjugate gradients; or iALS++ (Rendle, Krichene, Zhang, Koren 2021), which solves
        `block_size` factors at a time and suits many factors.
    block_size : int
        Factors of a block of iALS++, 1 to 128.
    precision : {"strict", "mixed"}
        "strict": 32-bit floats throughout. "mixed": the sums over a row's purchases are of factors rounded to 16 bits,
        added in 32; on a GPU by tensor cores. See docs/als.md.
    factor_dtype : {"float32", "float16"}
        How factors are stored while training and in the model; "float16" with one scale per matrix. The arrays below
        are float32 either way.
    calculate_loss : bool
        Evaluates the objective after each sweep, see ``loss_``.
    seed : int
        Of the first factors. The result does not depend on `threads`.
    threads : int
        0 takes all that this process may use.
    device : str
        "cpu", "cuda", "cuda:1" or "auto".
    verbose : int
        1 shows a progress bar.

    Attributes
    ----------
    customer_factors_, item_factors_ : ndarray of float32, read-only
        customers x factors and items x factors; also named ``user_factors`` and ``item_factors``.
    customer_matrix_, item_matrix_ : Matrix
        The same numbers where they were trained, for DLPack and ``__cuda_array_interface__`` without a copy.
    loss_ : list of float
        Objective after each sweep, where it was calculated.
    n_sweeps_ : int
        Whole sweeps done.
    """

    def __init__(
        self,
        *,
        factors: int = 64,
        iterations: int = 15,
        objective: str = "hu_koren_volinsky",
        regularization: float = 0.01,
        alpha: float = 1.0,
        unobserved_weight: float = 0.1,
        nu: float = 1.0,
        solver: str = "cholesky",
        cg_steps: int = 3,
        block_size: int = 64,
        precision: str = "strict",
        factor_dtype: str = "float32",
        calculate_loss: bool = False,
        seed: int = 0,
        threads: int = 0,
        device: str = "cpu",
        verbose: int = 0,
    ) -> None:
        self.factors = factors
        self.iterations = iterations
        self.objective = objective
        self.regularization = regularization
        self.alpha = alpha
        self.unobserved_weight = unobserved_weight
        self.nu = nu
        self.solver = solver
        self.cg_steps = cg_steps
        self.block_size = block_size
        self.precision = precision
        self.factor_dtype = factor_dtype
        self.calculate_loss = calculate_loss
        self.seed = seed
        self.threads = threads
        self.device = device
        self.verbose = verbose

    _core_model = _core.AlsModel

    def fit(
        self, customer_items: Any, y: Any = None, *, callback: Callable[[ProgressEvent], Any] | None = None
    ) -> ImplicitALS:
        """Trains on a customers x items matrix of confidences r > 0.

        Parameters
        ----------
        customer_items : scipy sparse matrix or array, or two-dimensional ndarray
            A stored zero is no purchase.
        y : ignored
        callback : callable, optional
            Gets a :class:`ProgressEvent` after each sweep; a true answer stops the training after the last whole
            sweep. Ctrl-C does so too, and then raises KeyboardInterrupt; the model is set nonetheless.

        Raises
        ------
        InvalidArgument
            A parameter is out of range, or a value is negative or not finite.
        """
        rows = csr_parts(customer_items, "customer_items")
        self._cache = None
        return self._train(lambda on_step: _core.fit_als(rows, self._options(), on_step), callback, self.verbose)

    @property
    def loss_(self) -> list[float]:
        return self._fitted().loss

    @property
    def n_sweeps_(self) -> int:
        return self._fitted().sweeps

    def objective_value(self, customer_items: Any) -> float:
        """The objective over all cells of a matrix of the shape trained on."""
        return self._fitted().objective(csr_parts(customer_items, "customer_items"))
