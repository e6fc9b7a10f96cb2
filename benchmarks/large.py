"""Large documents through the running system: whether a page costs the same in a document of 1 page and of 3,000.

    python -m benchmarks.large [--pages 1,100,1000,3000] [--scanned 1,20,100]

Documents are the example report's first page, over and over (digital), and the example scan (scanned); larger ones than a request
carries are uploaded. Of each: seconds a page from the submission to the job's end, whatever else runs; what workers ask of AWS,
counted in a proxy between them and the emulator, with what a client that asks every two seconds adds; the bytes that come back
from S3; the highest memory of each function. Then the whole result and every download are fetched: seconds, bytes. Jobs of 50
pages or fewer have their downloads made when they are asked for.

Writes benchmarks/results/large.json.
"""

from __future__ import annotations

import argparse
import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pymupdf
from rich.console import Console

from benchmarks import documents, machine, product
from benchmarks.peaks import Peaks
from chaos.proxy import Proxy
from chaos.system import started
from ocrchat import export
from ocrchat.limits import REQUEST_BYTES

RESULTS = Path(__file__).parent / "results" / "large.json"
PORT = 8769
SECONDS_A_PAGE = 20
"""After which a document is given up."""

console = Console(highlight=False)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures large documents on the running system.")
    parser.add_argument("--pages", type=_numbers, default=[1, 100, 1000, 3000])
    parser.add_argument("--scanned", type=_numbers, default=[1, 20, 100])
    options = parser.parse_args()
    rows = []
    with (
        started(haste=1.0, port=PORT, token=product.TOKEN) as system,
        Peaks().watching() as peaks,
        product.client(PORT) as client,
    ):
        for kind, numbers in (("digital", options.pages), ("scanned", options.scanned)):
            make = documents.digital if kind == "digital" else documents.scanned
            submit(client, make(1))  # so that nothing is started on the time of the first
            for pages in numbers:
                rows.append({"kind": kind} | measure(client, system.proxy, peaks, make(pages), pages))
                console.print(rows[-1])
                RESULTS.write_text(json.dumps(machine.facts() | {"documents": rows}, indent=1) + "\n")


def measure(client: httpx.Client, proxy: Proxy, peaks: Peaks, content: bytes, pages: int) -> dict[str, Any]:
    proxy.made.clear()
    proxy.brought.clear()
    peaks.begin()
    started = time.perf_counter()
    job = product.ended(client, submit(client, content), SECONDS_A_PAGE * (pages + 10), every=2)
    seconds = time.perf_counter() - started
    assert (job["status"], job["failed_pages"]) == ("done", []), (job["status"], job["error"])
    row = {
        "pages": pages,
        "source_mb": round(len(content) / 1e6, 2),
        "seconds_a_page": round(seconds / pages, 3),
        "calls_a_page": {name: round(count / pages, 2) for name, count in sorted(_by_service(proxy).items())},
        "s3_kb_read_a_page": round(proxy.brought["s3 GET"] / pages / 1e3, 1),
        "peak_mb": peaks.peaks(),
    }
    peaks.begin()
    row["result"] = result(client, job, pages)
    row["downloads"] = {name: download(client, job, name) for name in export.FORMATS}
    row["peak_mb_of_downloads"] = peaks.peaks()
    return row


def submit(client: httpx.Client, content: bytes) -> dict[str, Any]:
    """The job, as it is then."""
    if len(content) < REQUEST_BYTES - 1000:
        sent = client.post("/api/v1/ocr/", files={"file": ("large.pdf", content)})
    else:
        made = client.post("/api/v1/uploads/", json={"filename": "large.pdf", "size": len(content)})
        prepared = made.raise_for_status().json()
        file = {"file": content}
        httpx.post(prepared["url"], data=prepared["fields"], files=file, timeout=60, trust_env=False).raise_for_status()
        sent = client.post("/api/v1/ocr/", data={"upload": prepared["upload"]})
    job: dict[str, Any] = sent.raise_for_status().json()
    return job


def result(client: httpx.Client, job: dict[str, Any], pages: int) -> dict[str, float]:
    """The pages of the job as JSON, in as many parts as it takes a client that accepts gzip."""
    started, parts, size, found = time.perf_counter(), 0, 0, 0
    url: str | None = f"/api/v1/ocr/{job['uuid']}/"
    while url:
        answer = client.get(url).raise_for_status()
        part = answer.json()
        parts, size, found = parts + 1, size + len(answer.content), found + len(part["pages"])
        url = str(answer.url.join(part["next"])) if part["next"] else None
    assert found == pages, f"{found} pages of {pages}"
    return {"seconds": round(time.perf_counter() - started, 2), "mb": round(size / 1e6, 3), "parts": parts}


def download(client: httpx.Client, job: dict[str, Any], name: str) -> dict[str, float]:
    """Fetched, and opened where that is more than text."""
    form, _, mode = name.partition("-")
    asked = {"format": form} | ({"pdf_mode": mode} if mode else {})
    started = time.perf_counter()
    answer = client.get(f"/api/v1/ocr/{job['uuid']}/download/", params=asked, follow_redirects=True).raise_for_status()
    seconds = time.perf_counter() - started
    match form:
        case "pdf":
            with pymupdf.open("pdf", answer.content) as made:
                assert len(made) >= job["page_count"], name
        case "docx" | "xlsx":
            with zipfile.ZipFile(io.BytesIO(answer.content)) as made:
                assert made.testzip() is None, name
        case "json":
            assert len(answer.json()["pages"]) == job["page_count"], name
        case _:
            assert answer.content, name
    return {"seconds": round(seconds, 2), "mb": round(len(answer.content) / 1e6, 3)}


def _by_service(proxy: Proxy) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, count in proxy.made.items():
        service = name.partition(" ")[0]
        found[service] = found.get(service, 0) + count
    return found


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",") if number]


if __name__ == "__main__":
    main()
