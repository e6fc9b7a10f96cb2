"""How near two texts are in meaning: all-MiniLM-L6-v2, a small network for English (https://arxiv.org/abs/1908.10084)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from ocrchat.networks import open_session

MODEL = "minilm-l6.onnx"
TOKENIZER = "minilm-l6.json"

_TOKENS = 128
"""Of a text, from its beginning: the most that the network was trained with."""

_BATCH = 16

Vectors = NDArray[np.float32]


class Embedder:
    def __init__(self, weights: Path, threads: int) -> None:
        """Raises FileNotFoundError."""
        self._session = open_session(weights / MODEL, threads)
        self._inputs = {one.name for one in self._session.get_inputs()}
        self._tokenizer = Tokenizer.from_file(str(weights / TOKENIZER))
        self._tokenizer.enable_truncation(_TOKENS)
        self._tokenizer.enable_padding()

    def nearness(self, question: str, texts: Sequence[str]) -> list[float]:
        """Cosine of the angle between the question and each of `texts`: about 0 for unrelated ones, 1 for the same."""
        vectors = self._vectors([question, *texts])
        return [float(one) for one in vectors[1:] @ vectors[0]]

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        """n x 384, each of length 1. By length, so that none waits for the end of a longer one."""
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        vectors = np.empty((len(texts), 384), np.float32)
        for start in range(0, len(order), _BATCH):
            some = order[start : start + _BATCH]
            vectors[some] = self._batch([texts[number] for number in some])
        return vectors

    def _batch(self, texts: list[str]) -> Vectors:
        encoded = self._tokenizer.encode_batch(texts)
        tokens = np.array([one.ids for one in encoded], np.int64)
        mask = np.array([one.attention_mask for one in encoded], np.int64)
        given = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
        states = self._session.run(None, {name: given[name] for name in self._inputs})[0]
        summed = (states * mask[..., None]).sum(axis=1)
        vectors: Vectors = summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-9)
        return vectors
