"""What `benchmarks.load` has many of: users who send a document, wait for it as the documentation says, and send the next one.

A locustfile; `benchmarks.load` runs it and says by the environment where the documents are, whose token each kind of user
has, and where to write what became of each job.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from locust import HttpUser, constant, task

POLL_SECONDS = 1.0
"""As the documentation says: every second or two."""

SETTINGS: dict[str, Any] = json.loads(os.environ["OCRCHAT_LOAD"])
"""folder, log: paths; tokens, users: by the name of a kind, the token of its account and how many there are."""


class Sender(HttpUser):
    """One job after the other."""

    abstract = True
    wait_time = constant(0)
    document: str

    @task
    def read(self) -> None:
        kind = type(self).__name__
        headers = {"Authorization": f"Bearer {SETTINGS['tokens'][kind]}"}
        content = (Path(SETTINGS["folder"]) / self.document).read_bytes()
        begun = time.time()
        answer = self.client.post(
            "/api/v1/ocr/", files={"file": (self.document, content)}, headers=headers, name=f"POST {kind}"
        )
        if answer.status_code != 200:
            log({"kind": kind, "refused": answer.status_code, "text": answer.text[:300]})
            time.sleep(1)
            return
        job = answer.json()
        log({"kind": kind, "submitted": job["uuid"]})
        log({"kind": kind, "of": job["uuid"], "pages_done": job["pages_done"], "at": time.time()})
        while job["status"] in ("pending", "processing"):
            time.sleep(POLL_SECONDS)
            answer = self.client.get(f"/api/v1/ocr/{job['uuid']}/", headers=headers, name=f"GET {kind}")
            if answer.status_code == 200:
                job = answer.json()
                log({"kind": kind, "of": job["uuid"], "pages_done": job["pages_done"], "at": time.time()})
        log(
            {
                "kind": kind,
                "ended": job["uuid"],
                "status": job["status"],
                "failed_pages": len(job["failed_pages"]),
                "seconds": time.time() - begun,
            }
        )


class Scans(Sender):
    """Eight scanned pages: not waited for by the server, and more than a worker's moment."""

    document = "scan-8.pdf"


class Long(Sender):
    """A thousand digital pages."""

    document = "digital-1000.pdf"


class Medium(Sender):
    """Eight digital pages: in the same lane as the thousand."""

    document = "digital-8.pdf"


class Small(Sender):
    """A page that is waited for."""

    document = "digital-1.pdf"
    wait_time = constant(2)


class SmallScan(Sender):
    """A scanned one."""

    document = "scan-1.pdf"
    wait_time = constant(2)


def log(line: dict[str, Any]) -> None:
    with Path(SETTINGS["log"]).open("a") as file:
        file.write(json.dumps(line) + "\n")


for sender in (Scans, Long, Medium, Small, SmallScan):
    sender.fixed_count = SETTINGS["users"].get(sender.__name__, 0)
