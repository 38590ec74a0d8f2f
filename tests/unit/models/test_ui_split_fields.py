"""The fields of a split write what the importer reads."""

from __future__ import annotations

import pytest

from api.domain.shared.exceptions import InvalidInput
from api.inference.importing.split_words import split_sent
from ui.models import split_fields

pytestmark = pytest.mark.slow  # loads Streamlit


@pytest.mark.parametrize(
    ("written", "split"),
    [
        (
            split_fields.drawn(0.3, 42.0, " failure_within_7d "),
            "stratified:test_size=0.3,random_state=42,by=failure_within_7d",
        ),
        (split_fields.drawn(0.25, None, ""), "stratified:test_size=0.25"),
        (split_fields.from_day("2024-10-01", 7.0), "date:2024-10-01,gap=7"),
        (split_fields.from_day("2024-10-01", None), "date:2024-10-01"),
    ],
)  # fmt: skip
def test_split__is_written_as_the_api_reads_it(written: str, split: str) -> None:
    assert written == split
    assert split_sent(written) == split


def test_split__typed_by_hand_elsewhere_is_still_checked() -> None:
    with pytest.raises(InvalidInput):
        split_sent("hier")
