"""The facts of a call that its route records, for the call log and the metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Purpose = Literal["unitaire", "et_si", "lot"]


@dataclass(slots=True)
class CallRecord:
    """Facts of one call that only its route knows; the route fills ``request.state.call``.

    Args:
        purpose: of a prediction (one turbine, what-if or batch); None for other calls.
        rows: number of measurements in the call.
        failed_rows: number of measurements without a prediction.
        turbine_id: turbine of the call; None: the path's, if it names one.
        inputs: body of the request.
        outputs: what to log of the answer; None with ``must_commit``: the body of the answer.
        must_commit: the answer leaves only once this call's row is committed.
    """

    purpose: Purpose | None = None
    rows: int | None = None
    failed_rows: int = 0
    turbine_id: str | None = None
    inputs: bytes | None = None
    outputs: bytes | None = None
    must_commit: bool = False
