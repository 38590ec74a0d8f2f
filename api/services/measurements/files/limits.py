"""How far a file may expand: a few bytes can unpack into more than disk, memory or time can hold."""

from __future__ import annotations

from api.domain.shared.exceptions import InvalidInput
from api.schemas import french
from api.services.measurements.files.table_file import FIELD

LARGEST = 4 << 30  # bytes once unpacked
LARGEST_WORKBOOK = 1 << 30  # bytes once unpacked: a million rows take half of it
LARGEST_STRINGS = 256 << 20  # bytes of a workbook's shared texts, which stand in memory
MOST_ROWS = 20_000_000
MOST_SHEET_ROWS = 1_048_576  # Excel's own limit
MOST_COLUMNS = 2_000
LONGEST_CELL = 32_767  # characters, Excel's own limit
# Measurements shrink 5 to 30 times; only a trap shrinks more than 200 times, and small files are harmless.
MOST_RATIO, RATIO_FROM = 200, 64 << 20
_CUT = "coupez-le en plusieurs fichiers."
_GIB, _MIB = 1 << 30, 1 << 20


def refuse_expansion(packed: int, unpacked: int, *, largest: int = LARGEST) -> None:
    """Refuse a file that is too large once unpacked, or that expands beyond all measurements.

    Args:
        packed: size of the file [bytes].
        unpacked: its size once unpacked, or the part read so far [bytes].
        largest: most bytes once unpacked.

    Raises:
        InvalidInput: with the limit.
    """
    if unpacked > largest:
        most = french.quantity(largest / _GIB, "Go", 0)
        raise InvalidInput.single(FIELD, f"il dépasse {most} une fois décompressé ; {_CUT}")
    if unpacked > RATIO_FROM and unpacked > MOST_RATIO * max(packed, 1):
        start = french.quantity(RATIO_FROM / _MIB, "Mo", 0)
        raise InvalidInput.single(
            FIELD,
            f"il se décompresse en plus de {MOST_RATIO} fois sa taille (limite, au-delà de {start}) : des"
            " mesures n’en font jamais autant. S’il est juste, transmettez-le en CSV non compressé.",
        )


def refuse_rows(rows: int, most: int = MOST_ROWS) -> None:
    """Refuse a file of more rows than can be taken at once.

    Raises:
        InvalidInput: with the limit.
    """
    if rows > most:
        raise InvalidInput.single(FIELD, f"il a plus de {french.counted(most, 'ligne')} (limite) ; {_CUT}")


def refuse_columns(columns: int) -> None:
    """Refuse a table that is too wide.

    Raises:
        InvalidInput: with the limit.
    """
    if columns > MOST_COLUMNS:
        most = french.counted(MOST_COLUMNS, "colonne")
        raise InvalidInput.single(FIELD, f"il a plus de {most} (limite) ; gardez celles des mesures.")


def refuse_long_cell(length: int) -> None:
    """Refuse a file one of whose cells is longer than a measurement can be.

    Raises:
        InvalidInput: with the limit.
    """
    if length > LONGEST_CELL:
        most = french.counted(LONGEST_CELL, "caractère")
        raise InvalidInput.single(FIELD, f"une cellule dépasse {most} (limite) : ce ne sont pas des mesures.")
