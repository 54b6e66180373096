"""Generating text with a small model: with a cache of keys and values, and as nanoGPT does."""

from __future__ import annotations

import statistics
import time

import numpy as np
import torch
from nanogpt import Gpt
from shapes import LARGE

from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.torch import open_decoder
from trainsmith_trainer.backends.torch.models import build_model
from trainsmith_trainer.generation.sampling import Sampling, generate_tokens

VOCABULARY = 65
TOP_K, TEMPERATURE = 50, 0.8


def compare(tokens: int, rounds: int) -> tuple[float, float]:
    """Median seconds to generate some tokens: ours and nanoGPT's, in turn."""
    torch.manual_seed(0)
    config = TransformerConfig(
        model_type="gpt2",
        vocab_size=VOCABULARY,
        embedding_dim=LARGE.width,
        num_blocks=LARGE.layers,
        num_heads=LARGE.heads,
        max_sequence_length=LARGE.length,
        bias=False,
        weight_tying="enabled",
    )
    weights = {name: tensor.numpy() for name, tensor in build_model(config).state_dict().items()}
    weights.pop("lm_head.weight")
    sampling = Sampling(TEMPERATURE, TOP_K)
    theirs = Gpt(LARGE, VOCABULARY).eval()
    mine: list[float] = []
    other: list[float] = []
    for _ in range(rounds):
        decoder = open_decoder(config, weights)
        began = time.perf_counter()
        written = list(generate_tokens(decoder, [0], sampling, np.random.default_rng(0), tokens))
        mine.append(time.perf_counter() - began)
        assert len(written) == tokens
        began = time.perf_counter()
        theirs.generate(torch.zeros(1, 1, dtype=torch.int64), tokens, TEMPERATURE, TOP_K)
        other.append(time.perf_counter() - began)
    return statistics.median(mine), statistics.median(other)
