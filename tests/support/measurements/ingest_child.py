"""An import in its own process, to be killed: prints each stored chunk, then the peak memory [MB]."""

from __future__ import annotations

import sys
from pathlib import Path

from api.storage.shared.database import Database
from bench.processes import resident_mb
from tests.support.measurements.ingest_tools import ingest

if __name__ == "__main__":
    url, path, chunk_rows = sys.argv[1:]
    database = Database.at(url)
    ingest(
        database,
        Path(path),
        chunk_rows=int(chunk_rows),
        progress=lambda done, _total: print(done, flush=True),
    )
    print("fini", resident_mb("self", "VmHWM"), flush=True)
