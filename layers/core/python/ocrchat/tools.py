"""Tools: settings of a job under a name that says what it is for. What the caller gives beside it counts more."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ocrchat.fields.field import INVOICE, RECEIPT
from ocrchat.model import Tier
from ocrchat.settings import TranslateProvider, VlmBackend


class Kind(StrEnum):
    """What a tool makes of a document."""

    TEXT = "text"
    MARKDOWN = "markdown"
    DOCUMENT = "document"
    TABLES = "tables"
    FIELDS = "fields"
    LATEX = "latex"
    TRANSLATION = "translation"


@dataclass(frozen=True, slots=True)
class Tool:
    """`tier` is what pages are read by if the caller names none, `format` the one that a download without a `format` is in.

    `needs_model`: only a vision-language model can do it. `text` is for people.
    """

    slug: str
    title: str
    text: str
    kind: Kind
    format: str
    tier: Tier = Tier.CPU
    needs_model: bool = False
    fields: tuple[str, ...] = ()
    """Names of what is looked for in the document."""

    def unavailable(self, backend: VlmBackend, provider: TranslateProvider) -> str | None:
        """Why a server with these settings cannot do it, and what its operator can set; None if it can."""
        if self.kind is Kind.TRANSLATION and provider is TranslateProvider.NONE:
            return (
                "It takes a service that translates, and this server has none: its operator sets translate_provider to 'aws' "
                "or 'libretranslate', see docs/translate.md."
            )
        if self.tier is not Tier.VLM:
            return None
        if backend is VlmBackend.NONE:
            return "The vlm tier is switched off on this server (its setting vlm_backend is 'none')."
        if self.needs_model and not backend.is_remote:
            return (
                "It takes a vision-language model, and this server has none: its operator sets vlm_backend to 'sagemaker' or "
                "'openai', see docs/vlm.md."
            )
        return None


TOOLS = {
    tool.slug: tool
    for tool in (
        Tool("image-to-text", "Image to text", "The text of a photo, a screenshot or a scan.", Kind.TEXT, "txt"),
        Tool(
            "pdf-to-text", "PDF to text", "The text of a PDF, digital or scanned, in reading order.", Kind.TEXT, "txt"
        ),
        Tool("pdf-to-markdown", "PDF to Markdown", "Headings, lists and tables as Markdown.", Kind.MARKDOWN, "md"),
        Tool(
            "pdf-to-word",
            "PDF to Word",
            "A Word document to edit: paragraphs, headings, lists, tables.",
            Kind.DOCUMENT,
            "docx",
        ),
        Tool("image-to-word", "Image to Word", "The same of a photo or a scan.", Kind.DOCUMENT, "docx"),
        Tool("pdf-to-excel", "PDF to Excel", "Every table of a PDF as a sheet of a workbook.", Kind.TABLES, "xlsx"),
        Tool("image-to-excel", "Image to Excel", "The same of a photo or a scan.", Kind.TABLES, "xlsx"),
        Tool(
            "extract-tables", "Extract tables", "Every table as rows and columns, one file of CSV.", Kind.TABLES, "csv"
        ),
        Tool(
            "receipt-fields",
            "Receipt fields",
            "Company, address, date, subtotal, tax, total and currency of a receipt, and its lines of goods.",
            Kind.FIELDS,
            "json",
            fields=RECEIPT,
        ),
        Tool(
            "invoice-fields",
            "Invoice fields",
            "Number, dates, seller and buyer with their addresses, subtotal, tax, total and currency of an invoice, and its "
            "lines of goods.",
            Kind.FIELDS,
            "json",
            fields=INVOICE,
        ),
        Tool(
            "searchable-pdf",
            "Searchable PDF",
            "The pages as they are, with text to search and copy.",
            Kind.DOCUMENT,
            "pdf",
        ),
        Tool(
            "handwriting-to-text",
            "Handwriting to text",
            "Letters and notes written by hand. Without a vision-language model on the server the embedded parser reads them, "
            "a third to a half of what is written: see `confidence`.",
            Kind.TEXT,
            "txt",
            Tier.VLM,
        ),
        Tool(
            "math-to-latex",
            "Math to LaTeX",
            "Formulas as LaTeX in Markdown, printed or written by hand.",
            Kind.LATEX,
            "md",
            Tier.VLM,
            needs_model=True,
        ),
        Tool(
            "translate",
            "Translate",
            "The document in the language of `translate_to`, beside the original: `translation` of the job, and downloads with "
            "`text=translation`, which is what they are by themselves.",
            Kind.TRANSLATION,
            "txt",
        ),
    )
}
"""By slug, in the order of the list."""


def translates(slug: str) -> bool:
    """Whether what the tool makes is a translation. That of none, or of one that has gone since, is not."""
    return slug in TOOLS and TOOLS[slug].kind is Kind.TRANSLATION
