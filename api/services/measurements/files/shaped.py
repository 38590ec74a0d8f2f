"""A file whose rows are turned into measurements of one turbine each, as the mapping states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from api.domain.measurements.mapping.shape import Shape
from api.services.measurements.files.table_file import Line, TableFile


@dataclass(frozen=True, kw_only=True)
class ShapedFile(TableFile):
    """The same file seen in another shape; its lines keep the numbers of the file."""

    source: TableFile
    shape: Shape

    def rows(self) -> Iterator[Line]:
        """Yield one row per turbine for each row of the file."""
        for line in self.source.rows():
            if line.defect is not None:
                yield line
                continue
            for cells in self.shape.rows(line.cells):
                yield Line(line.number, cells, None)


def shaped(file: TableFile, shape: Shape) -> ShapedFile:
    """Return the file in that shape."""
    return ShapedFile(
        path=file.path,
        sha256=file.sha256,
        signature=file.signature,
        kind=file.kind,
        header=shape.header,
        header_line=file.header_line,
        approximate_rows=file.approximate_rows * max(1, len(shape.turbines)),
        encoding=file.encoding,
        separator=file.separator,
        above=file.above,
        epoch=file.epoch,
        source=file,
        shape=shape,
    )
