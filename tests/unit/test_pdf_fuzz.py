"""PDFs with some bytes changed: whatever they become, they are opened or refused, and their pages read or unreadable."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ocrchat import pdf, reader
from ocrchat.errors import BadRequest, PageUnreadable
from ocrchat.media import SNIFFED_BYTES, MediaType, sniff
from tests import hostile
from tests.documents import digital_pdf, scanned_pdf

SEEDS = [digital_pdf(3), scanned_pdf(1, dpi=30), hostile.page_tree(5), hostile.form_circle(), hostile.acting(9)]
TOKENS = [b"0", b"-1", b"9" * 12, b"[", b"<<", b"endobj", b"1 0 R", b"/Kids", b"/Length", b"\0", b"\xff"]

changes = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from(TOKENS) | st.binary(max_size=4), st.booleans()), max_size=12
)


@settings(max_examples=150, derandomize=True)
@given(seed=st.sampled_from(SEEDS), some=changes)
def test_a_pdf_with_changes_is_read_or_refused(seed: bytes, some: list[tuple[float, bytes, bool]]) -> None:
    data = bytearray(seed)
    for place, token, over in some:
        start = int(place * len(data))
        data[start : start + len(token) * over] = token
    assume(sniff(bytes(data[:SNIFFED_BYTES])) is MediaType.PDF)
    try:
        found = reader.inspect(bytes(data), 3000)
        with pdf.open_bytes(bytes(data)) as document:
            for index in range(min(found.page_count, 3)):
                try:
                    page = document.page(index)
                    page.text_layer()
                    page.pictures()
                    page.rulings()
                except PageUnreadable:
                    pass
    except BadRequest:
        pass
