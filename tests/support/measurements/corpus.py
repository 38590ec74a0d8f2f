"""Files as people, spreadsheets and loggers really send them, each with the expected result.

First part: encodings, layouts, missing values, dates and numbers.
"""

from __future__ import annotations

import gzip

from api.services.measurements.files.options import ImportOptions
from tests.support.measurements.corpus_shapes import LABELS, OTHER_KINDS, SHAPES
from tests.support.measurements.corpus_tools import (
    BASE,
    HEADER,
    Case,
    comma,
    csv,
    days,
    mapped,
    replaced,
    text,
)

ENCODINGS = [
    Case("UTF-8", csv(), same=True),
    Case("UTF-8 with a byte order mark", b"\xef\xbb\xbf" + csv(), same=True),
    Case("UTF-16 little endian, marked", text().encode("utf-16"), same=True),
    Case("UTF-16 big endian, marked", b"\xfe\xff" + text().encode("utf-16-be"), same=True),
    Case("UTF-16 without a mark", text().encode("utf-16-le"), same=True),
    Case("UTF-16 big endian without a mark", text().encode("utf-16-be"), same=True),
    Case(
        "Windows-1252 with an accent",
        text([[*row, "été"] for row in BASE], [*HEADER, "période"]).encode("cp1252"),
        same=True,
        unknown=("période",),
    ),
    Case("bytes of no encoding", csv() + b"\x81\x8d\xff\n", refused="ni en UTF-8"),
    Case(
        "UTF-8 with a broken letter",
        text([[*row, "été"] for row in BASE], [*HEADER, "période"]).encode()[:-2] + b"\n",
        refused="deux codages",
    ),
    Case("UTF-32", text().encode("utf-32"), refused="UTF-32"),
    Case("empty", b"", refused="vide"),
    Case("blank lines only", b"\n \n;;;\n", refused="aucune ligne"),
    Case("binary", b"\x00\x01\x02\x03" * 50, refused="binaire"),
    Case("PDF", b"%PDF-1.7 ...", refused="PDF"),
    Case("old Excel", b"\xd0\xcf\x11\xe0" + b"0" * 50, refused="avant 2007"),
    Case("one line without end", b"x" * 1_200_000, refused="1 Mo"),
]
LAYOUTS = [
    Case("semicolons", csv(sep=";"), same=True),
    Case("tabs", csv(sep="\t"), same=True),
    Case("Windows line ends", csv(end="\r\n"), same=True),
    Case("old Macintosh line ends", csv(end="\r"), same=True),
    Case(
        "every cell quoted",
        csv([[f'"{c}"' for c in row] for row in BASE], [f'"{c}"' for c in HEADER]),
        same=True,
    ),
    Case("decimal commas, quoted", csv([[f'"{c}"' for c in row] for row in comma()]), same=True),
    Case("decimal commas, semicolons", csv(comma(), sep=";"), same=True),
    Case("decimal commas, tabs", csv(comma(), sep="\t"), same=True),
    Case("comments above", b"# export SCADA\n# parc nord\n\n" + csv(), same=True),
    Case("slashes above", b"// export\n" + csv(), same=True),
    Case("titles above", b"Mesures du parc\nEdition du 12/03/2024\n" + csv(), same=True),
    Case("a title with a quote", b'Export "SCADA\n' + csv(), same=True),
    Case("the header itself a comment", b"#" + csv(), same=True),
    Case("Excel's separator line", b"sep=;\n" + csv(sep=";"), same=True),
    Case("empty lines among rows", text().replace("\n", "\n\n").encode() + b",,,,,,,,,,\n", same=True),
    Case("blanks around cells", csv([[f" {c} " for c in row] for row in BASE]), same=True),
    Case("compressed", gzip.compress(csv()), "mesures.csv.gz", same=True),
    Case("compressed Windows-1252", gzip.compress(text(comma(), sep=";").encode("cp1252")), same=True),
    Case("compressed, cut", gzip.compress(csv())[:-30], "mesures.csv.gz", refused="incomplète"),
    Case("columns in reverse", csv([row[::-1] for row in BASE], HEADER[::-1]), same=True),
    Case(
        "an unclosed quote",
        csv(replaced(3, turbine_id='"39')),
        counts=(1, 5),
        reported=((3, "", "jamais refermé"), (7, "", "ouverte à la ligne 3")),
    ),
    Case(
        "a cell too many",
        csv() + b"5,2024-08-15,1,2,3,4,0,,,,,x\n",
        counts=(6, 1),
        reported=((8, "", "trop de"),),
    ),
]
MISSING = [
    Case(f"missing written {word!r}", csv([[cell or word for cell in row] for row in BASE]), same=True)
    for word in (
        "-",
        "--",
        "NaN",
        "n/a",
        "NA",
        "None",
        "null",
        "#N/A",
        "#REF!",
        "#NOM?",
        "<NA>",
        "NaT",
        "\\N",
        " ",
    )
]
DATES = [
    Case("days first, slashes", csv(days("%d/%m/%Y")), same=True),
    Case("days first, dots", csv(days("%d.%m.%Y")), same=True),
    Case("days first, dashes", csv(days("%d-%m-%Y")), same=True),
    Case("months first", csv(days("%m/%d/%Y")), same=True),
    Case("year first, slashes", csv(days("%Y/%m/%d")), same=True),
    Case("compact, named", csv(days("%Y%m%d")), same=True, options=ImportOptions(date_format="AAAAMMJJ")),
    Case(
        "compact, not named",
        csv(days("%Y%m%d")),
        counts=(0, 6),
        reported=((2, "date_measure", "AAAA-MM-JJ"),),
    ),
    Case(
        "days and months could be swapped",
        csv([["5", "03/04/2024", *BASE[0][2:10], ""], ["6", "01/12/2024", *BASE[1][2:10], ""]]),
        refused="JJ/MM/AAAA » ou « MM/JJ/AAAA",
    ),
    Case(
        "the same, named",
        csv([["5", "03/04/2024", *BASE[0][2:10], ""], ["6", "01/12/2024", *BASE[1][2:10], ""]]),
        counts=(2, 0),
        options=ImportOptions(date_format="jj/mm/aaaa"),
    ),
    Case(
        "day and month change places",
        csv([["5", "13/04/2024", *BASE[0][2:10], ""], ["6", "01/22/2024", *BASE[1][2:10], ""]]),
        refused="changent de place",
    ),
    Case(
        "two formats as frequent",
        csv([["5", "13/04/2024", *BASE[0][2:10], ""], ["6", "2024-01-22", *BASE[1][2:10], ""]]),
        refused="de deux façons",
    ),
    Case(
        "one row in another format",
        csv(replaced(4, date_measure="21/08/2024")),
        counts=(5, 1),
        reported=((4, "date_measure", "AAAA-MM-JJ"),),
    ),
    Case(
        "years of two digits",
        csv(days("%d/%m/%y")),
        counts=(0, 6),
        reported=((2, "date_measure", "attendue"),),
    ),
    Case(
        "a format that does not exist", csv(), refused="au choix", options=ImportOptions(date_format="JJ/MM")
    ),
    Case(
        "a day that does not exist",
        csv([*days("%d/%m/%Y"), ["5", "31/04/2024", *BASE[0][2:10], ""]]),
        counts=(6, 1),
        reported=((8, "date_measure", "n’existe pas"),),
    ),
    Case(
        "a date to come",
        csv(replaced(2, date_measure="2031-01-01")),
        counts=(5, 1),
        reported=((2, "date_measure", "future"),),
    ),
    Case("an hour behind the day", csv(days("%d/%m/%Y 10:30")), counts=(6, 0)),
]
NUMERALS = [
    Case("thousands by spaces", csv(replaced(5, power_output="1 234.5")), same=True),
    Case("thousands by narrow spaces", csv(replaced(5, power_output="1\u202f234.5")), same=True),
    Case("thousands by apostrophes", csv(replaced(5, power_output="1'234.5")), same=True),
    Case("thousands by commas", csv(replaced(5, power_output='"1,234.5"')), same=True),
    Case(
        "thousands by dots",
        csv(comma(replaced(5, power_output="1@234.5")), sep=";").replace(b"@", b"."),
        same=True,
    ),
    Case("typographic minus", csv(replaced(5, temperature="\u22125.25")), same=True),
    Case(
        "thousands or decimals",
        csv(replaced(5, power_output='"1,234"')),
        counts=(5, 1),
        reported=((5, "power_output", "milliers ou décimales"),),
    ),
    Case(
        "nothing but thousands or decimals",
        csv([["5", "2024-08-14", "12,260", "3,570", "49,600", "557,200", "0", "", "", "", ""]], sep=";"),
        refused="decimal =",
    ),
    Case(
        "the same, told by the mapping",
        csv([["5", "2024-08-14", "12,260", "3,570", "49,600", "557,200", "0", "", "", "", ""]], sep=";"),
        counts=(1, 0),
        options=mapped(decimal=","),
    ),
    Case(
        "a decimal comma among dots",
        csv(replaced(3, temperature='"48,8"')),
        counts=(5, 1),
        reported=((3, "temperature", "48.8"),),
    ),
    Case(
        "a decimal dot among commas",
        csv(comma(replaced(3, temperature="48@8")), sep=";").replace(b"@", b"."),
        counts=(5, 1),
        reported=((3, "temperature", "48,8"),),
    ),
    Case(
        "Arabic digits",
        csv(replaced(3, wind_speed="٣")),
        counts=(5, 1),
        reported=((3, "wind_speed", "nombre"),),
    ),
    Case(
        "a unit in the cell",
        csv(replaced(3, wind_speed="10 m/s")),
        counts=(5, 1),
        reported=((3, "wind_speed", "nombre"),),
    ),
    Case("text", csv(replaced(3, wind_speed="fort")), counts=(5, 1), reported=((3, "wind_speed", "nombre"),)),
    Case(
        "infinity",
        csv(replaced(3, wind_speed="inf")),
        counts=(5, 1),
        reported=((3, "wind_speed", "infinie"),),
    ),
    Case(
        "physically impossible",
        csv(replaced(3, temperature="201")),
        counts=(6, 0),
        reported=((3, "temperature", "limites physiques"),),
    ),
    Case(
        "an error code of nines",
        csv(replaced(3, temperature="999")),
        counts=(6, 0),
        reported=((3, "temperature", "code d’erreur du capteur (999)"),),
    ),
    Case(
        "an error code below zero",
        csv(replaced(3, wind_speed="-9999")),
        counts=(6, 0),
        reported=((3, "wind_speed", "code d’erreur du capteur"),),
    ),
    Case(
        "the end of a 16-bit register",
        csv(replaced(3, power_output="32767")),
        counts=(6, 0),
        reported=((3, "power_output", "code d’erreur du capteur"),),
    ),
    Case(
        "only error codes on a line",
        csv(
            replaced(
                3,
                wind_speed="-9999",
                vibration_level="-9999",
                temperature="-9999",
                power_output="-9999",
                maintenance_done="",
            )
        ),
        counts=(5, 1),
        reported=((3, "wind_speed", "code d’erreur"), (3, "power_output", "code d’erreur")),
    ),
]
CASES = [*ENCODINGS, *LAYOUTS, *MISSING, *DATES, *NUMERALS, *SHAPES, *LABELS, *OTHER_KINDS]
