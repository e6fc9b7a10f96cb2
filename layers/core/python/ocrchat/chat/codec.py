"""Exchanges <-> JSON. What is kept in S3 is what the API shows."""

from __future__ import annotations

from ocrchat.chat.model import Answer, Citation, Exchange, Said
from ocrchat.codec import Json, box_to_json, time_from_json, time_to_json
from ocrchat.model import Box


def exchange_to_json(exchange: Exchange) -> Json:
    return {
        "question": exchange.question,
        "message": message_to_json(exchange.answer),
        "asked_at": time_to_json(exchange.asked_at),
    }


def exchange_from_json(data: Json) -> Exchange:
    message = data["message"]
    answer = Answer(
        message["content"],
        tuple(_citation_from_json(citation) for citation in message["citations"]),
        message["engine"],
        message["confidence"],
        tuple(message["warnings"]),
    )
    return Exchange(data["question"], answer, time_from_json(data["asked_at"]))


def message_to_json(answer: Answer) -> Json:
    return {
        "role": "assistant",
        "content": answer.content,
        "citations": [_citation_to_json(citation) for citation in answer.citations],
        "engine": answer.engine,
        "confidence": answer.confidence,
        "warnings": list(answer.warnings),
    }


def said_to_json(said: Said) -> Json:
    return {"text": said.text, "citations": [_citation_to_json(citation) for citation in said.citations]}


def _citation_to_json(citation: Citation) -> Json:
    return {
        "page": citation.page,
        "snippet": citation.snippet,
        "bbox": [box_to_json(box) for box in citation.boxes],
        "blocks": list(citation.blocks),
        "confidence": citation.confidence,
        "verified": True,  # what could not be verified is not there
    }


def _citation_from_json(data: Json) -> Citation:
    return Citation(
        data["page"],
        data["snippet"],
        tuple(Box(*box) for box in data["bbox"]),
        tuple(data["blocks"]),
        data["confidence"],
    )
