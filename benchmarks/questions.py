"""How well documents are asked: the questions of an evaluation pack over HTTP, beside plain BM25.

    python -m benchmarks.questions --eval PACK

Submits the documents of the pack's folder G to a server started for it, asks every question by POST /api/v1/chat/<uuid>/, and
has the pack's own script score pages and answers. Every citation is looked up in the text of its page as GET answers it.
The peer is BM25 over whole pages, by words as they stand, which names as many pages as the answer cites: what a search box
would do. It writes no answers.

Then what a model that writes would be shown of each document, if it took 8,000 tokens: which of the pages that the answer
stands on are among them, chosen by words and meaning, and by words alone.

Writes benchmarks/results/questions.json; `OCRCHAT_CHAT_*` applies, so any model that the server can ask may be measured.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from rich.console import Console
from rich.progress import track

from benchmarks import machine, product, scores
from ocrchat import codec
from ocrchat.chat import prompt
from ocrchat.chat.bm25 import Bm25
from ocrchat.chat.embedder import Embedder
from ocrchat.chat.model import Nearness, Question
from ocrchat.chat.sheet import fold
from ocrchat.model import Document

PORT = 8766
WEIGHTS = Path(__file__).parent.parent / ".build" / "weights"
CONTEXT = 8000
"""Tokens: as little as a model may take (`ocrchat.settings`), where what is chosen matters most."""
FOLDER = "G"
RESULTS = Path(__file__).parent / "results" / "questions.json"

console = Console(highlight=False)


@dataclass
class Asked:
    """What was measured of a group of documents."""

    seconds: list[float] = field(default_factory=list)
    citations: int = 0
    standing: int = 0
    engines: set[str] = field(default_factory=set)


def main() -> None:
    parser = argparse.ArgumentParser(description="Asks the questions of an evaluation pack, and scores the answers.")
    parser.add_argument("--eval", type=Path, required=True, help="the evaluation pack")
    options = parser.parse_args()
    manifest = options.eval / FOLDER / "manifest.json"
    items = [item for item in json.loads(manifest.read_text())["items"] if item.get("truth_kind") == "qa"]
    groups: dict[str, Asked] = defaultdict(Asked)
    with ExitStack() as stack:
        contenders = ("ocrchat", "bm25", "shown", "shown_by_words")
        folders = {name: Path(stack.enter_context(tempfile.TemporaryDirectory())) for name in contenders}
        nearness = Embedder(WEIGHTS, threads=2).nearness
        client = stack.enter_context(product.served(PORT))
        for item in track(items, "asking", console=Console(stderr=True)):
            job = read(client, options.eval / FOLDER / item["file"])
            questions = json.loads((options.eval / FOLDER / item["truth"]).read_text())
            answers, searched = ask_all(client, job, questions, groups[item["group"]])
            (folders["ocrchat"] / f"{item['id']}.json").write_text(json.dumps(answers))
            (folders["bm25"] / f"{item['id']}.json").write_text(json.dumps(searched))
            document = codec.document_from_json(job)
            for name, near in (("shown", nearness), ("shown_by_words", None)):
                (folders[name] / f"{item['id']}.json").write_text(json.dumps(shown(document, questions, near)))
        scored = {name: scores.of_groups(options.eval, FOLDER, folder) for name, folder in folders.items()}
    report = machine.facts() | {"groups": summary(groups, scored)}
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")
    console.print_json(data=report["groups"])


def read(client: httpx.Client, path: Path) -> dict[str, Any]:
    """The finished job with all of its pages, which may come in parts."""
    part = job = product.read(client, path)
    pages = job["pages"]
    while part["next"]:
        part = client.get(f"/api/v1/ocr/{job['uuid']}/{part['next']}").raise_for_status().json()
        pages += part["pages"]
    return {"uuid": job["uuid"], "pages": pages}


def ask_all(
    client: httpx.Client, job: dict[str, Any], questions: list[dict[str, Any]], asked: Asked
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The answers, and what BM25 finds."""
    numbers = [page["index"] + 1 for page in job["pages"]]
    texts = {page["index"] + 1: page_text(page) for page in job["pages"]}
    bm25 = Bm25(words(page["text"]) for page in job["pages"])
    answers, searched = [], []
    for question in questions:
        began = time.perf_counter()
        reply = client.post(f"/api/v1/chat/{job['uuid']}/", json={"message": question["question"]}).raise_for_status()
        asked.seconds.append(time.perf_counter() - began)
        message = reply.json()["message"]
        asked.engines.add(message["engine"])
        asked.citations += len(message["citations"])
        asked.standing += sum(fold(one["snippet"]) in texts[one["page"]] for one in message["citations"])
        pages = sorted({citation["page"] for citation in message["citations"]})
        answers.append({"qid": question["qid"], "answer": message["content"], "pages": pages})
        ranked = sorted(bm25.scores(words(question["question"])).items(), key=lambda one: -one[1])
        found = [numbers[place] for place, _ in ranked[: max(len(pages), 1)]]
        searched.append({"qid": question["qid"], "answer": "", "pages": found})
    return answers, searched


def shown(document: Document, questions: list[dict[str, Any]], nearness: Nearness | None) -> list[dict[str, Any]]:
    """The pages that a model would be shown for each question."""
    asked = ((one["qid"], prompt.items(document, Question(one["question"]), CONTEXT, nearness)) for one in questions)
    return [{"qid": qid, "answer": "", "pages": sorted({item.page for item in items})} for qid, items in asked]


def page_text(page: dict[str, Any]) -> str:
    """Folded; with the rows of its tables, which lines may go through."""
    tables = (block["table"] for block in page["blocks"] if block["table"])
    rows = (" ".join(cell["text"] for cell in table["cells"]) for table in tables)
    broken = re.sub(r"(?<=\w)-\n(?=[^\W\dA-Z])", "", page["text"])
    return fold(" ".join([page["text"], broken, *rows]))


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def summary(groups: dict[str, Asked], scored: dict[str, dict[str, dict[str, float]]]) -> dict[str, Any]:
    everything = Asked()
    for one in groups.values():
        everything.seconds += one.seconds
        everything.citations += one.citations
        everything.standing += one.standing
        everything.engines |= one.engines
    return {
        group: {
            "questions": len(asked.seconds),
            "engine": sorted(asked.engines),
            "page_recall": scored["ocrchat"][group]["page_recall"],
            "page_precision": scored["ocrchat"][group]["page_precision"],
            "answer_match": scored["ocrchat"][group]["answer_match"],
            "refused_unanswerable": scored["ocrchat"][group].get("refused_unanswerable"),
            "bm25_page_recall": scored["bm25"][group]["page_recall"],
            "shown_page_recall": scored["shown"][group]["page_recall"],
            "shown_page_recall_by_words": scored["shown_by_words"][group]["page_recall"],
            "citations": asked.citations,
            "citations_standing": asked.standing,
            "seconds_median": round(median(asked.seconds), 3),
            "seconds_worst": round(max(asked.seconds), 3),
        }
        for group, asked in [*groups.items(), ("all", everything)]
    }


if __name__ == "__main__":
    main()
