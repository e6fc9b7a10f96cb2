"""Streams of chat completions, as servers send them and as networks cut them."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrchat.vlm import chat
from ocrchat.vlm.chat import Completion, Picture, Sampling, StreamBroken
from ocrchat.vlm.dialects import DIALECTS


def event(piece: str | None, reason: str | None = None, **choice: Any) -> bytes:
    delta = {} if piece is None else {"content": piece}
    body = {"choices": [{"index": 0, "delta": delta, "finish_reason": reason, **choice}]}
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode()


def logged(piece: str, *tokens: tuple[Any, Any], reason: str | None = None) -> bytes:
    return event(piece, reason, logprobs={"content": [{"token": t, "logprob": p, "bytes": []} for t, p in tokens]})


DONE = b"data: [DONE]\n\n"
HELLO = event("Grüße, ") + event("世界") + event(None, "stop") + DONE


def stream(parts: Iterable[bytes]) -> Generator[bytes]:
    yield from parts


def read(*parts: bytes) -> Completion:
    return chat.read(stream(parts))


@given(st.lists(st.integers(0, len(HELLO)), max_size=20))
def test_a_stream_may_be_cut_at_any_byte(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(HELLO)]
    parts = [HELLO[a:b] for a, b in pairwise(edges)]
    assert read(*parts) == Completion("Grüße, 世界")


def test_byte_by_byte_with_the_line_ends_of_the_net() -> None:
    lines = b": a comment\r\nevent: x\r\nid: 5\r\n\r\n" + HELLO.replace(b"\n", b"\r\n")
    assert read(*(lines[n : n + 1] for n in range(len(lines)))) == Completion("Grüße, 世界")
    assert read(HELLO.replace(b"data: ", b"data:")) == Completion("Grüße, 世界")


@pytest.mark.parametrize(
    "nothing",
    [{"choices": []}, {"usage": {"total_tokens": 5}}, {"choices": [None]}, {"choices": [{}]}, {"choices": {}}, {"choices": None},
     {"choices": [{"delta": None, "logprobs": None}]}, {"choices": [{"delta": []}]}, {"choices": [{"delta": {"content": None}}]},
     {"choices": [{"delta": {"content": ["x"]}}]}, {"choices": [{"delta": {"role": "assistant"}}]}, [], "x", 5, None,
     {"error": None, "choices": []}],
)  # fmt: skip
def test_events_that_say_nothing(nothing: Any) -> None:
    odd = f"data: {json.dumps(nothing)}\n\n".encode()
    assert read(odd, event("a"), odd, event("b", "stop"), odd, DONE) == Completion("ab")


def test_without_its_end_mark_a_stream_is_whole_if_the_model_has_ended() -> None:
    assert read(event("a"), event(None, "stop")) == Completion("a")
    assert read(event("a")) == Completion("a", is_cut=True)
    assert read(event("a"), DONE) == Completion("a", is_cut=True)
    assert read(event("a", "stop").rstrip(b"\n")) == Completion("a")
    assert read() == Completion("", is_cut=True)
    assert read(DONE, event("a", "stop")) == Completion("", is_cut=True)


@pytest.mark.parametrize(
    ("reason", "meant"),
    [
        ("stop", Completion("a")),
        ("length", Completion("a", is_short=True)),
        ("abort", Completion("a", is_cut=True)),
        ("error", Completion("a", is_cut=True)),
        ("eos_token", Completion("a")),
    ],
)
def test_why_it_has_ended(reason: str, meant: Completion) -> None:
    assert read(event("a"), event(None, reason), DONE) == meant


def test_probabilities_are_of_all_of_it_or_of_nothing() -> None:
    full = (logged("ab", ("a", -0.5), ("b", -1)), logged("c", ("c", -0.25)), event(None, "stop"))
    assert read(*full).tokens == (("a", -0.5), ("b", -1.0), ("c", -0.25))
    assert read(full[0], event("c"), full[2]).tokens == ()
    assert read(event("ab"), full[1], full[2]).tokens == ()
    assert read(event("a"), event("b", "stop")).tokens == ()


@given(st.lists(st.tuples(st.text(max_size=3), st.lists(st.text(max_size=3), min_size=1, max_size=3)), max_size=6))
def test_tokens_are_as_long_as_the_text(events: list[tuple[str, list[str]]]) -> None:
    """Of a part of a character a server says a replacement, and of the end a token that is not in the text."""
    found = read(*(logged(piece, *((token, -1.0) for token in tokens)) for piece, tokens in events), event("", "stop"))
    if not found.is_looping:
        assert "".join(token for token, _ in found.tokens) == found.text


@pytest.mark.parametrize("odd", [float("nan"), None, "x", [], {}, "NaN"])
def test_a_probability_that_is_none_leaves_none(odd: Any) -> None:
    assert read(logged("a", ("a", odd)), event(None, "stop")).tokens == ()


@pytest.mark.parametrize("odd", [-9999.0, float("-inf"), -(10**400), -(10**4000), -9999])
def test_none_outweighs_all_others(odd: Any) -> None:
    assert read(logged("a", ("a", odd)), event(None, "stop")).tokens == (("a", -20.0),)


@pytest.mark.parametrize("odd", [5.0, float("inf"), 10**400, True])
def test_nothing_is_surer_than_sure(odd: Any) -> None:
    assert read(logged("a", ("a", odd)), event(None, "stop")).tokens == (("a", 0.0),)


@pytest.mark.parametrize(
    "log", [5, "x", [], {"content": 5}, {"content": {"a": 1}}, {"content": [5, None, {}, {"token": 5}]}]
)
def test_any_log_is_read(log: Any) -> None:
    assert read(event("a", "stop", logprobs=log)) == Completion("a")


@pytest.mark.parametrize(
    "broken",
    [
        b'data: {"error": {"message": "out of memory"}}\n\n',
        b"data: {no json\n\n",
        b"data: " + b"[" * 100_000 + b"\n\n",
        b"data: \xff\n",
        b"data: " + b"9" * 5000 + b"\n",
    ],
)
def test_a_stream_that_breaks(broken: bytes) -> None:
    with pytest.raises(StreamBroken):
        read(broken, event("a", "stop"))
    assert read(event("a"), broken, event("b", "stop")) == Completion("a", is_cut=True)


def test_errors_of_the_stream_itself() -> None:
    def failing(error: Exception, *parts: bytes) -> Generator[bytes]:
        yield from parts
        raise error

    with pytest.raises(StreamBroken):
        chat.read(failing(StreamBroken("reset")))
    with pytest.raises(KeyError):
        chat.read(failing(KeyError(), event("a")))
    assert chat.read(failing(StreamBroken("reset"), event("a"))) == Completion("a", is_cut=True)
    assert chat.read(failing(KeyError(), event("a", "stop"), DONE)) == Completion("a"), "nothing is read behind the end"


class Source:
    """An endless stream that knows how much of it was read, and whether it was closed."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self.given = 0
        self.is_closed = False
        self._parts = parts

    def stream(self) -> Generator[bytes]:
        try:
            for part in self._parts:
                self.given += 1
                yield part
        finally:
            self.is_closed = True


def test_a_loop_is_stopped_while_it_is_written() -> None:
    source = Source(logged(f"{n} ", (f"{n} ", -1.0)) if n < 100 else logged("abc ", ("abc ", -2.0)) for n in count())
    found = chat.read(source.stream())

    assert (found.is_looping, found.is_cut, found.is_short) == (True, False, False)
    assert found.text.endswith("98 99 abc")
    assert "".join(token for token, _ in found.tokens).startswith(found.text)
    assert source.given < 400
    assert source.is_closed


def test_a_loop_that_ends_is_one_all_the_same() -> None:
    found = read(event("a line " * 40, "stop"), DONE)
    assert (found.text, found.is_looping) == ("a line ", True)
    assert read(event("a line " * 40), b"data: {").text == "a line "


def test_a_log_with_gaps_is_none_of_a_loop_either() -> None:
    found = read(logged("a", ("a", -1.0)), event("b" * 600), event("", "stop"))
    assert (found.is_looping, found.tokens) == (True, ())


def test_every_stream_is_closed() -> None:
    for parts in ([HELLO], [b"data: {no json\n\n"], [event("a"), b"data: x\n\n"], [DONE, event("a")]):
        source = Source(iter(parts))
        try:
            chat.read(source.stream())
        except StreamBroken:
            pass
        assert source.is_closed


@pytest.mark.timeout(30)  # a guard against hanging, no measure: what it costs is in ADR 0018
def test_a_line_without_end() -> None:
    source = Source(b"x" * 37 for _ in count())
    with pytest.raises(StreamBroken):
        chat.read(source.stream())
    assert source.given * 37 < 1_100_000
    assert source.is_closed


def test_an_endless_text() -> None:
    source = Source(event("".join(chr(32 + n * (m + 7) % 9973) for m in range(400))) for n in count())
    found = chat.read(source.stream())
    assert found.is_short
    assert 200_000 < len(found.text) < 202_000
    assert source.is_closed


def test_an_endless_stream_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "_MOST_BYTES", 100_000)
    source = Source(b": still here\n\n" for _ in count())
    with pytest.raises(StreamBroken):
        chat.read(source.stream())
    assert source.is_closed


PICTURE = Picture(b"\x89PNG", "image/png", 10, 10)


def test_a_request() -> None:
    body = json.loads(chat.request("ocr", DIALECTS["lighton-grounding"], PICTURE, Sampling(1024, 0.1, 1.0)))
    assert body == {
        "model": "ocr",
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
                    {"type": "text", "text": "grounding"},
                ],
            }
        ],
        "temperature": 0.1,
        "top_p": 1.0,
        "max_tokens": 1024,
        "stream": True,
        "logprobs": True,
        "chat_template_kwargs": {"enable_thinking": False},
    }


def test_halves_of_characters_do_not_reach_what_is_written_as_utf_8() -> None:
    line = b'data: {"choices": [{"delta": {"content": "a\\ud800b"}, "finish_reason": "stop"}]}\n\n'

    assert chat.read(part for part in [line]).text == "a\ufffdb"


def test_an_answer_that_a_filter_has_stopped_is_none() -> None:
    line = b'data: {"choices": [{"delta": {"content": "a"}, "finish_reason": "content_filter"}]}\n\n'

    assert chat.read(part for part in [line]).is_cut
