"""tier=vlm as a user has it: with the embedded parser, with any server of a model, and with a stand-in for SageMaker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ocrchat import reader
from ocrchat.engines.null import NullModels
from ocrchat.media import MediaType
from ocrchat.model import Box
from ocrchat.vlm import embedded
from ocrchat.vlm.answer import Region
from ocrchat.vlm.dialects import DIALECTS
from tests.http.conftest import ROOT, client_of, started
from tests.model_server import Fails, ModelServer, Says, serving

EXAMPLES = ROOT / "examples"
FORMULA = r"E = m c^{2} \\alpha_{i}"


def post(api: httpx.Client, name: str, **fields: str) -> dict[str, Any]:
    with (EXAMPLES / name).open("rb") as file:
        answer = api.post("/api/v1/ocr/", files={"file": (name, file)}, data=fields)
    job: dict[str, Any] = answer.raise_for_status().json()
    return job


def blocks(job: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(b["type"], b["level"], b["text"], b["table"]) for page in job["pages"] for b in page["blocks"]]


@pytest.mark.parametrize("name", ["report.pdf", "scan.jpg"])
def test_without_a_model_the_embedded_parser_answers_says_so_and_costs_what_the_cpu_tier_costs(
    api: httpx.Client, name: str
) -> None:
    plain, job = post(api, name), post(api, name, tier="vlm")

    assert (job["status"], job["tier"]) == ("done", "vlm")
    assert all(page["engine"].startswith("embedded:") for page in job["pages"])
    assert {block["source"] for page in job["pages"] for block in page["blocks"]} == {"ocr"}
    assert len(job["text"].split()) >= len(plain["text"].split())
    assert job["credits_charged"] == plain["credits_charged"] == job["page_count"]


def test_a_digital_document_is_not_changed_by_the_embedded_parser(api: httpx.Client) -> None:
    plain, job = post(api, "report.pdf"), post(api, "report.pdf", tier="vlm")

    assert blocks(job) == blocks(plain)
    assert job["markdown"] == plain["markdown"]


def thousandths(bbox: list[float], page: dict[str, Any]) -> Box:
    x, y = 1000 / page["width"], 1000 / page["height"]
    return Box(bbox[0] * x, bbox[1] * y, bbox[2] * x, bbox[3] * y)


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with serving(Says("")) as server:
        yield server


@pytest.fixture(scope="module", params=["openai", "sagemaker"])
def with_model(request: pytest.FixtureRequest, model: ModelServer, weights: Path) -> Iterator[httpx.Client]:
    """A server whose vlm pages are put to `model`."""
    environment = {
        "openai": {"OCRCHAT_VLM_URL": f"{model.url}/v1", "OCRCHAT_VLM_API_KEY": "the-key"},
        "sagemaker": {"OCRCHAT_VLM_ENDPOINT": "ocrchat-vlm", "OCRCHAT_VLM_ENDPOINT_URL": model.url},
    }[request.param]
    model.headers.clear()
    model.paths.clear()
    with (
        started(OCRCHAT_VLM_BACKEND=request.param, OCRCHAT_VLM_MODEL="lighton/LightOnOCR-3", **environment) as server,
        client_of(server) as client,
    ):
        yield client


def answer_of_the_first_page() -> str:
    """What a model says that makes no mistake, and a formula, where there is ink for it."""
    page = reader.read_page(EXAMPLES / "report.pdf", MediaType.PDF, 0, NullModels())
    regions = [*embedded.regions(page), Region("formula", f"$${FORMULA}$$", Box(139, 164, 238, 186))]
    return DIALECTS["lighton-grounding"].render(regions, (1, 1))


def test_a_page_is_answered_by_the_model_and_can_be_taken_away_in_every_format(
    with_model: httpx.Client, model: ModelServer
) -> None:
    model.outcomes = [Says(answer_of_the_first_page(), logprob=-0.1)]

    job = post(with_model, "report.pdf", tier="vlm", pages="1")

    (page,) = job["pages"]
    assert (page["engine"], page["error"]) == ("vlm:LightOnOCR-3", None)
    assert job["credits_charged"] == 5
    texts = [block for block in page["blocks"] if block["type"] != "formula"]
    assert {block["source"] for block in page["blocks"]} == {"vlm"}
    assert all(block["support"] > 0.95 for block in texts)
    (formula,) = [block for block in page["blocks"] if block["type"] == "formula"]
    assert formula["text"] == FORMULA
    assert formula["confidence_source"] == "logprob"
    assert 0.8 < formula["confidence"] < 0.82  # 0.9 * exp(-0.1)
    assert f"$$\n{FORMULA}\n$$" in job["markdown"]
    for format_name in ("txt", "md", "docx", "pdf", "csv", "xlsx", "json"):
        download = with_model.get(f"/api/v1/ocr/{job['uuid']}/download/", params={"format": format_name})
        assert download.status_code == 200, format_name
        assert download.content


def test_with_a_model_formulas_become_latex(with_model: httpx.Client, model: ModelServer) -> None:
    roots = r"x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}"
    bell = r"\int_{-\infty}^{\infty} e^{-x^2} dx = \sqrt{\pi}"
    regions = [
        Region("text", "The roots of the quadratic equation are", Box(50, 95, 670, 185)),
        Region("formula", f"$${roots}$$", Box(330, 280, 670, 470)),
        Region("text", "and the area under the bell curve is", Box(50, 555, 620, 640)),
        Region("formula", f"$${bell}$$", Box(310, 690, 700, 970)),
    ]
    model.outcomes = [Says(DIALECTS["lighton-grounding"].render(regions, (1, 1)), logprob=-0.1)]

    job = post(with_model, "formula.png", tool="math-to-latex")

    assert (job["tier"], job["tool"]) == ("vlm", "math-to-latex")
    result = job["tool_result"]
    assert (result["kind"], result["warnings"]) == ("latex", [])
    written = with_model.get(result["download"]).text
    assert f"$$\n{roots}\n$$" in written
    assert f"$$\n{bell}\n$$" in written


def test_a_model_that_refuses_is_replaced_and_not_charged(with_model: httpx.Client, model: ModelServer) -> None:
    model.outcomes = [Fails("AccessDeniedException", 403)]

    job = post(with_model, "report.pdf", tier="vlm", pages="1")

    (page,) = job["pages"]
    assert page["engine"] == "embedded:text-layer"
    assert page["warnings"] == ["vlm_unavailable"]
    assert (job["credits_reserved"], job["credits_charged"]) == (5, 1)


def test_a_scan_is_checked_against_what_the_cpu_tier_reads(with_model: httpx.Client, model: ModelServer) -> None:
    cpu = post(with_model, "scan.jpg")
    (page,) = cpu["pages"]
    regions = [Region("text", block["text"], thousandths(block["bbox"], page)) for block in page["blocks"]]
    story = Region("text", "Seventeen purple giraffes were seen in the lobby", regions[3].box)
    model.outcomes = [Says(DIALECTS["lighton-grounding"].render([*regions, story], (1, 1)))]

    job = post(with_model, "scan.jpg", tier="vlm")

    (page,) = job["pages"]
    assert page["engine"] == "vlm:LightOnOCR-3"
    invented = [block for block in page["blocks"] if "giraffes" in block["text"]]
    assert [block["support"] for block in invented] == [0.0]
    assert "vlm_unsupported_text" in page["warnings"]
    sure = {block["text"]: block["confidence"] for block in cpu["pages"][0]["blocks"] if block["confidence"] > 0.95}
    assert len(sure) > 3
    found = {block["text"]: block["confidence"] for block in page["blocks"] if block["text"] in sure}
    assert found == pytest.approx(sure, abs=0.02)


def test_each_server_gets_its_own_credentials_and_no_other(with_model: httpx.Client, model: ModelServer) -> None:
    post(with_model, "report.pdf", tier="vlm", pages="1")

    assert model.paths
    for path, headers in zip(model.paths, model.headers, strict=True):
        expected = "Bearer the-key" if path.endswith("/chat/completions") else "AWS4-HMAC-SHA256 "
        assert headers["Authorization"].startswith(expected)
