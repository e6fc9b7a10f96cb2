"""PDF/A-2u (ISO 19005-2): what a document declares, and the colours that its numbers mean."""

from __future__ import annotations

from functools import cache

import pymupdf
from PIL import ImageCms

from ocrchat.export.searchable.objects import add_object, add_stream

_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>2</pdfaid:part>
<pdfaid:conformance>U</pdfaid:conformance>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""
"""Part 2, level U: what is in it can be drawn everywhere, and all text has Unicode."""

_CREATED = slice(24, 36)
"""Where an ICC profile (ISO 15076-1, 7.2) says when it was made."""
_ALWAYS = b"".join(number.to_bytes(2) for number in (2000, 1, 1, 0, 0, 0))


def declare(pdf: pymupdf.Document) -> None:
    """Says that it is a PDF/A-2u whose colours are sRGB."""
    metadata = add_stream(pdf, _XMP.encode(), {"Type": "/Metadata", "Subtype": "/XML"}, compressed=False)
    profile = add_stream(pdf, srgb(), {"N": "3"})
    intent = add_object(
        pdf,
        "<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/Info(sRGB)"
        f"/DestOutputProfile {profile} 0 R>>",
    )
    catalog = pdf.pdf_catalog()
    pdf.xref_set_key(catalog, "Metadata", f"{metadata} 0 R")
    pdf.xref_set_key(catalog, "OutputIntents", f"[{intent} 0 R]")


@cache
def srgb() -> bytes:
    """The ICC profile, 588 bytes; the same whenever it is made."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_CREATED] = _ALWAYS
    return bytes(profile)
