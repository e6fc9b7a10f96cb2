"""`make smoke URL=https://.../ TOKEN=...`: reads a page through a running API, and tries every route that it publishes.

The account should be one for this alone: two pages and a question are charged, and its webhook secret is changed.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

SCAN = Path(__file__).resolve().parent.parent / "examples" / "scan.jpg"
WORDS = ("UNIVERSITY", "Branner", "telegraph")
"""What stands in it."""

PATIENCE_SECONDS = 300
"""For a page: the first one after a deployment waits for a container image to arrive."""

Json = dict[str, Any]


class Wrong(Exception):
    """An answer that is not what it should be; the message says how."""


class Smoke:
    """The checks, in order. `job` is that of the page that was read."""

    def __init__(self, url: str, token: str) -> None:
        # The stage, as in https://.../prod/, is a part of the address.
        self.client = httpx.Client(
            base_url=url.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {token}"},
            timeout=35,
            follow_redirects=True,
        )
        self.tried: set[tuple[str, str]] = set()
        self.published: set[tuple[str, str]] = set()
        self.formats: list[str] = []
        self.job: Json | None = None

    def call(self, method: str, path: str, /, status: int = 200, **request: Any) -> httpx.Response:
        """Raises Wrong for another status than `status`."""
        answer = self.client.request(method, path, **request)
        self.tried.add((method, path))
        if answer.status_code != status:
            raise Wrong(f"{method} {path}: {answer.status_code} where {status} was expected. {answer.text[:300]}")
        return answer

    def description(self) -> None:
        paths: Json = self.call("GET", "api/v1/openapi.json").json()["paths"]
        self.published = {(method.upper(), path) for path, methods in paths.items() for method in methods}
        (formats,) = (
            parameter["schema"]["enum"]
            for parameter in paths["/api/v1/ocr/{uuid}/download/"]["get"]["parameters"]
            if parameter.get("name") == "format"
        )
        self.formats = formats
        for path in ("docs/", "job.schema.json", "languages/", "tools/"):
            self.call("GET", f"api/v1/{path}")

    def token(self) -> None:
        self.call("GET", "api/v1/account/", status=401, headers={"Authorization": "Bearer wrong"})
        self.call("GET", "api/v1/account/")
        self.call("GET", "api/v1/account/ledger/")

    def webhook_secret(self) -> None:
        before = self.call("GET", "api/v1/account/webhook-secret/").json()
        after = self.call("POST", "api/v1/account/webhook-secret/").json()
        if before == after:
            raise Wrong("The webhook secret was not changed.")

    def page(self) -> None:
        with SCAN.open("rb") as file:
            self.call("POST", "api/v1/ocr/", files={"file": file}, data={"dry_run": "true"})
        with SCAN.open("rb") as file:
            job = self.call("POST", "api/v1/ocr/", files={"file": file}).json()
        self.job = self._read(job)
        if missing := [word for word in WORDS if word not in self.job["text"]]:
            raise Wrong(f"{SCAN.name} was read without {', '.join(missing)}: {self.job['text'][:300]}")

    def list(self) -> None:
        uuid = self._uuid()
        listed = self.call("GET", "api/v1/ocr/").json()["jobs"]
        if uuid not in [job["uuid"] for job in listed]:
            raise Wrong("The job is not in the list.")

    def downloads(self) -> None:
        uuid = self._uuid()
        for format in self.formats:
            if not self.call("GET", f"api/v1/ocr/{uuid}/download/", params={"format": format}).content:
                raise Wrong(f"The download as {format} is empty.")

    def chat(self) -> None:
        uuid = self._uuid()
        reply = self.call("POST", f"api/v1/chat/{uuid}/", json={"message": "To whom was it written?"}).json()
        if not reply["message"]["content"]:
            raise Wrong("The question has no answer.")
        if not self.call("GET", f"api/v1/chat/{uuid}/history/").json()["exchanges"]:
            raise Wrong("The question is not in the history.")

    def upload(self) -> None:
        content = SCAN.read_bytes()
        wanted = {"filename": SCAN.name, "size": len(content)}
        prepared = self.call("POST", "api/v1/uploads/", status=201, json=wanted).json()
        httpx.post(
            prepared["url"], data=prepared["fields"], files={"file": content}, timeout=60
        ).raise_for_status()  # straight to S3, without our token
        job = self._read(self.call("POST", "api/v1/ocr/", data={"upload": prepared["upload"]}).json())
        self.call("DELETE", f"api/v1/ocr/{job['uuid']}/")

    def end(self) -> None:
        """A job that has ended is not cancelled; one that was erased is gone."""
        uuid = self._uuid()
        self.call("POST", f"api/v1/ocr/{uuid}/cancel/", status=409)
        self.call("DELETE", f"api/v1/ocr/{uuid}/")
        self.call("GET", f"api/v1/ocr/{uuid}/", status=404)

    def every_route(self) -> None:
        called = {(method, re.sub(r"[0-9a-f]{32}", "{uuid}", f"/{path}")) for method, path in self.tried}
        if left := self.published - called:
            raise Wrong("Not tried: " + ", ".join(sorted(f"{method} {path}" for method, path in left)))

    def _read(self, job: Json) -> Json:
        """The job once it is done. Raises Wrong."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while job["status"] in ("pending", "processing"):
            if time.monotonic() > give_up:
                raise Wrong(f"The job {job['uuid']} is {job['status']} after {PATIENCE_SECONDS} s.")
            time.sleep(1)
            job = self.call("GET", f"api/v1/ocr/{job['uuid']}/").json()
        if job["status"] != "done":
            raise Wrong(f"The job {job['uuid']} is {job['status']}: {job['error']}")
        return self.call("GET", f"api/v1/ocr/{job['uuid']}/").json()  # type: ignore[no-any-return]

    def _uuid(self) -> str:
        if self.job is None:
            raise Wrong("No page was read.")
        return str(self.job["uuid"])

    def checks(self) -> dict[str, Callable[[], None]]:
        return {
            "it describes itself": self.description,
            "a token is asked for": self.token,
            "a webhook secret is changed": self.webhook_secret,
            "a page is read": self.page,
            "the job is listed": self.list,
            "it can be downloaded in every format": self.downloads,
            "a question is answered": self.chat,
            "a file comes by an upload": self.upload,
            "a job is deleted": self.end,
            "every route was tried": self.every_route,
        }


def main(url: str, token: str) -> int:
    """The number of checks that failed."""
    if not url.startswith(("http://", "https://")) or not token:
        print("Say where, and who: make smoke URL=https://.../prod/ TOKEN=...", file=sys.stderr)
        return 1
    failed = 0
    for what, check in Smoke(url, token).checks().items():
        started = time.monotonic()
        try:
            check()
        except (Wrong, httpx.HTTPError, KeyError, TypeError, ValueError) as error:
            failed += 1
            print(f"FAILED  {what}: {type(error).__name__}: {error}", flush=True)
        else:
            print(f"ok      {what}, {time.monotonic() - started:.1f} s", flush=True)
    print(f"{failed} failed." if failed else "It works.")
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
