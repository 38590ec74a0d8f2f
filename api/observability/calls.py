"""What a route may say of a call, for the call log and the metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Purpose = Literal["unitaire", "et_si", "lot"]


@dataclass(slots=True)
class CallRecord:
    """Facts of one call that only its route knows; stands ready in ``request.state.call``.

    Args:
        purpose: of a prediction: for one turbine, a what-if, or a batch; None for other calls.
        rows: measurements that the call carried.
        failed_rows: those of them that got no prediction.
        turbine_id: the turbine that the call is about; the path's where this is None.
        inputs: what was asked, kept compressed.
        outputs: what was answered; where None and ``must_commit``, the body of the answer itself.
        must_commit: the answer may only leave once the row of this call is committed.
    """

    purpose: Purpose | None = None
    rows: int | None = None
    failed_rows: int = 0
    turbine_id: str | None = None
    inputs: bytes | None = None
    outputs: bytes | None = None
    must_commit: bool = False
