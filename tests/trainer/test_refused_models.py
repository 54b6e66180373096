"""Folders whose models are not supported, or whose weights do not fit, are refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from published import (
    GEMMA2,
    GEMMA3,
    GPT2,
    LLAMA,
    MISTRAL,
    PHI3,
    QWEN2,
    QWEN3,
    SMOLLM3,
    YARN,
    change,
    decoded,
    make,
    our_logits,
)
from safetensors.torch import load_file, save_file

from trainsmith_schemas.families.description import UnreadableModelError
from trainsmith_trainer.hf.load import check_weights, read_weights
from trainsmith_trainer.hf.model_dir import describe

REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (LLAMA, {"model_type": "falcon"}, '`model_type` is "falcon" in config.json; only gpt2'),
    (LLAMA, {"attention_bias": "yes"}, '`attention_bias` is "yes" (text), expected `true`'),
    (LLAMA, {"sliding_window": 8}, "`sliding_window` is 8"),
    (LLAMA, {"hidden_act": "gelu"}, '`hidden_act` is "gelu" in config.json; only "silu" is'),
    (LLAMA, {"partial_rotary_factor": 0.5}, "`partial_rotary_factor` is 0.5"),
    (LLAMA, {"quantization_config": {"bits": 4}}, "`quantization_config` is"),
    (LLAMA, {"num_hidden_layers": "two"}, '`num_hidden_layers` is "two"'),
    (LLAMA, {"num_attention_heads": 3}, "`hidden_size` (16) is not divisible by `num_attention"),
    (
        LLAMA,
        {"rope_parameters": None, "rope_scaling": {"type": "longrope", "factor": 2.0}},
        '`rope_scaling.rope_type` is "longrope" in config.json; only default, linear, llama3',
    ),
    (
        LLAMA,
        {"rope_parameters": None, "rope_scaling": {"type": "linear"}},
        "`rope_scaling` lacks `factor`",
    ),
    (
        LLAMA,
        {"rope_parameters": {**YARN, "truncate": False}},
        "`truncate` is false in config.json; only true is supported",
    ),
    (QWEN3, {"layer_types": ["sliding_attention"] * 2}, "`layer_types` is"),
    (
        QWEN2,
        {"use_sliding_window": True, "layer_types": ["chunked_attention"] * 2},
        '`layer_types` is ["chunked_attention", "chunked_attention"] in config.json; only sliding',
    ),
    (
        QWEN2,
        {"use_sliding_window": True, "layer_types": ["sliding_attention"]},
        "only one entry for each of `num_hidden_layers` is supported",
    ),
    (MISTRAL, {"sliding_window": -1}, "`sliding_window` is `-1`"),
    (SMOLLM3, {"no_rope_layers": [1]}, "`no_rope_layers` is [1] in config.json; only a list"),
    (SMOLLM3, {"no_rope_layer_interval": 0}, "`no_rope_layer_interval` is 0"),
    (SMOLLM3, {"layer_types": ["sliding_attention"] * 2}, "only full_attention without `use_sl"),
    (
        PHI3,
        {"rope_scaling": {"type": "longrope", "short_factor": [], "long_factor": []}},
        '`rope_scaling.rope_type` is "longrope" in config.json; only default is supported',
    ),
    (PHI3, {"partial_rotary_factor": 0.3}, "1 of a head's 4 dimensions are rotated"),
    (GEMMA2, {"hidden_activation": "relu"}, '`hidden_activation` is "relu"'),
    (GEMMA2, {"use_bidirectional_attention": True}, "`use_bidirectional_attention` is true"),
    (GEMMA3, {"attn_logit_softcapping": 50.0}, "`attn_logit_softcapping` is 50.0"),
    (GEMMA3, {"sliding_window_pattern": 0}, "`sliding_window_pattern` is 0"),
    (
        GEMMA3,
        {"rope_parameters": {"sliding_attention": {"rope_type": "linear", "factor": 2.0}}},
        '`rope_parameters.sliding_attention.rope_type` is "linear"',
    ),
    (GEMMA3, {"model_type": "gemma3"}, '`model_type` is "gemma3" in config.json'),
    (MISTRAL, {"layer_types": ["full_attention"] * 2}, "`layer_types` is"),
    (QWEN3, {"head_dim": 5}, "each head has 5 dimensions"),
    (GPT2, {"activation_function": "relu"}, '`activation_function` is "relu"'),
    (GPT2, {"n_inner": 32}, "`n_inner` is 32"),
    (GPT2, {"scale_attn_weights": False}, "`scale_attn_weights` is false"),
]


@pytest.mark.parametrize(
    ("described", "changes", "said"), REFUSED, ids=[said[:30] for *_, said in REFUSED]
)
def test_unsupported_config_values_are_refused(
    described: dict[str, Any], changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(json.dumps({**described, "rope_parameters": {}}))
    describe(tmp_path)
    change(tmp_path, **changes)
    with pytest.raises(UnreadableModelError) as refusal:
        describe(tmp_path)
    assert said in str(refusal.value)


def test_missing_config_key_is_named(tmp_path: Path) -> None:
    lacking = {key: value for key, value in GPT2.items() if key != "n_head"}
    (tmp_path / "config.json").write_text(json.dumps(lacking))
    with pytest.raises(UnreadableModelError, match=r"config\.json lacks `n_head`"):
        describe(tmp_path)


Tensors = dict[str, torch.Tensor]
MISFITS: list[tuple[Callable[[Tensors], object], str]] = [
    (
        lambda tensors: tensors.pop("model.norm.weight"),
        "lacks the tensor `model.norm.weight`",
    ),
    (
        lambda tensors: tensors.update({"model.norm.bias": torch.zeros(16)}),
        "model.safetensors: `model.norm.bias` does not belong in a llama",
    ),
    (
        lambda tensors: tensors.update({"lm_head.weight": torch.zeros(21, 16)}),
        "model.safetensors: `lm_head.weight` is [21, 16], expected [20, 16]",
    ),
    (
        lambda tensors: tensors.update({"norm.weight": torch.zeros(16)}),
        "is stored twice",
    ),
]


@pytest.mark.parametrize(("change", "said"), MISFITS, ids=[said for _, said in MISFITS])
def test_misfit_tensor_is_named(
    change: Callable[[Tensors], object], said: str, tmp_path: Path
) -> None:
    make(LLAMA, tmp_path)
    file = tmp_path / "model.safetensors"
    tensors = load_file(file)
    change(tensors)
    save_file(tensors, file)
    pretrained = describe(tmp_path)
    with pytest.raises(UnreadableModelError) as refusal:
        check_weights(pretrained, pretrained.shape)
    assert said in str(refusal.value)


def test_more_blocks_than_tensors_are_refused_immediately(tmp_path: Path) -> None:
    make(LLAMA, tmp_path)
    change(tmp_path, num_hidden_layers=10_000)
    pretrained = describe(tmp_path)
    with pytest.raises(UnreadableModelError, match="describes 10,000 blocks"):
        check_weights(pretrained, pretrained.shape)


def test_output_layer_that_contradicts_tying_is_refused(tmp_path: Path) -> None:
    make({**LLAMA, "tie_word_embeddings": True}, tmp_path)
    file = tmp_path / "model.safetensors"
    tensors = load_file(file)
    embedding = tensors["model.embed_tokens.weight"]
    save_file({**tensors, "lm_head.weight": embedding.clone()}, file)
    our_logits(tmp_path)
    save_file({**tensors, "lm_head.weight": embedding + 1}, file)
    with pytest.raises(UnreadableModelError, match=r"`lm_head\.weight` is not the embedding"):
        our_logits(tmp_path)


def test_shorter_context_and_dropped_zero_biases_are_allowed(tmp_path: Path) -> None:
    make(GPT2, tmp_path)
    pretrained = describe(tmp_path)
    shorter = pretrained.shape.model_copy(update={"max_sequence_length": 18})
    shortened = decoded(shorter, read_weights(pretrained, shorter))
    np.testing.assert_array_equal(shortened, our_logits(tmp_path))

    plain = pretrained.shape.model_copy(update={"bias": False})
    with pytest.raises(UnreadableModelError, match="is not zero, and the model file says"):
        read_weights(pretrained, plain)
    file = tmp_path / "model.safetensors"
    tensors = load_file(file)
    save_file({n: t * 0 if n.endswith("bias") else t for n, t in tensors.items()}, file)
    without = decoded(plain, read_weights(pretrained, plain))
    np.testing.assert_allclose(without, our_logits(tmp_path), atol=1e-6)
