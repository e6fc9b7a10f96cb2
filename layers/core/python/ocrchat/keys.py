"""Names of S3 objects and table items. Everything of one job stands under one prefix, so that it can be erased whole."""

from __future__ import annotations


def job_prefix(job_id: str) -> str:
    return f"jobs/{job_id}/"


def source(job_id: str) -> str:
    """The file as it was sent."""
    return f"{job_prefix(job_id)}source"


def chunk_source(job_id: str, chunk: int) -> str:
    """The pages of one chunk of a long PDF, as a PDF of their own."""
    return f"{job_prefix(job_id)}chunks/{chunk:04d}.pdf"


def page_result(job_id: str, page: int) -> str:
    return f"{job_prefix(job_id)}pages/{page:05d}.json"


def result(job_id: str) -> str:
    """The finished document: text, markdown, pages."""
    return f"{job_prefix(job_id)}result.json"
