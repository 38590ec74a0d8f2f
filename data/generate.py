"""Writes the simulated sample, or checks that the files on disk are the generator's.

``python -m data.generate`` writes both files next to this one, or into ``--out DIR``. ``--check`` compares
byte for byte and exits with 1 where they differ.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from data.park import TURBINE_COLUMNS, register_rows
from data.simulator import COLUMNS, SEED, simulate

SAMPLE_FILE = "energiTech_maintenance_sample.csv"
REGISTER_FILE = "turbines.csv"
HERE = Path(__file__).resolve().parent


def files(seed: int = SEED) -> dict[str, bytes]:
    """Return the generated files by name: UTF-8, comma, dot decimal, LF line ends."""
    sample = simulate(seed).itertuples(index=False, name=None)
    return {SAMPLE_FILE: _csv(COLUMNS, sample), REGISTER_FILE: _csv(TURBINE_COLUMNS, register_rows(seed))}


def write(folder: Path) -> list[Path]:
    """Write the files into ``folder``, made if missing; each file is replaced whole or not at all.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in files().items():
        target = folder / name
        partial = target.with_name(f"{name}.partial")
        partial.write_bytes(content)
        partial.replace(target)
        written.append(target)
    return written


def differing(folder: Path) -> list[str]:
    """Return the names of the files in ``folder`` that are missing or differ from the generated ones."""
    return [
        name
        for name, content in files().items()
        if not (folder / name).is_file() or (folder / name).read_bytes() != content
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, 1 for a difference, or 2 for a folder that cannot be written."""
    parser = argparse.ArgumentParser(
        prog="python -m data.generate", description="Échantillon simulé d’EnergiTech."
    )
    parser.add_argument(
        "--out", type=Path, default=HERE, metavar="DIR", help="dossier des fichiers (défaut : data/)"
    )
    parser.add_argument("--check", action="store_true", help="comparer sans écrire, octet par octet")
    options = parser.parse_args(arguments)
    if options.check:
        wrong = differing(options.out)
        for name in wrong:
            print(f"{name} : absent, ou différent de ce que produit le générateur (python -m data.generate).")
        if not wrong:
            print("Échantillon simulé conforme au générateur.")
        return int(bool(wrong))
    try:
        written = write(options.out)
    except OSError as error:
        print(f"Écriture impossible dans {options.out} : {error.strerror}. Choisissez un dossier avec --out.")
        return 2
    for path in written:
        content = path.read_bytes()
        rows = content.count(b"\n") - 1
        print(f"{path.name} : {rows} lignes, SHA-256 {hashlib.sha256(content).hexdigest()}")
    return 0


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return CSV; floats have their shortest form (12.3, not 12.30), as in the client's file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


if __name__ == "__main__":
    sys.exit(main())
