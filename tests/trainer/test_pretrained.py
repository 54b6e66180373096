"""Folders that `transformers` saved: equal results, equal exports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from published import GPT2, LLAMA, MODELS, TOKENS, change, logits, make, our_logits
from safetensors.torch import load_file, save_file

from trainsmith_schemas.families.hugging_face import from_hugging_face
from trainsmith_schemas.families.registry import require_hugging_face
from trainsmith_schemas.families.smollm3.family import rope_layers
from trainsmith_schemas.families.windows import kinds
from trainsmith_system.writing import write_folder
from trainsmith_trainer.backends.torch.models import build_model, load_weights
from trainsmith_trainer.data.characters import CharTokenizer
from trainsmith_trainer.hf.export import model_files
from trainsmith_trainer.hf.load import read_weights
from trainsmith_trainer.hf.model_dir import describe


@pytest.mark.parametrize("described", MODELS.values(), ids=MODELS.keys())
def test_logits_match_transformers_before_and_after_export(
    described: dict[str, Any], tmp_path: Path
) -> None:
    theirs = make(described, tmp_path / "theirs")
    expected = logits(theirs)
    np.testing.assert_allclose(our_logits(tmp_path / "theirs"), expected, atol=2e-5)

    pretrained = describe(tmp_path / "theirs")
    weights = read_weights(pretrained, pretrained.shape)
    tokenizer = CharTokenizer("abcdefghijklmnopqrst")
    files = model_files(pretrained.shape, weights, tokenizer, pretrained.special_tokens)
    write_folder(tmp_path / "ours", files)
    again = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "ours").eval()
    np.testing.assert_allclose(logits(again), expected, atol=2e-6)
    for key in ("bos_token_id", "eos_token_id", "pad_token_id"):
        assert getattr(again.config, key) == getattr(theirs.config, key)
        assert getattr(again.generation_config, key) == getattr(theirs.config, key)


@pytest.mark.parametrize("family", [GPT2, LLAMA], ids=["gpt2", "llama"])
@pytest.mark.parametrize("numbers", [torch.bfloat16, torch.float16])
def test_half_precision_shards_are_loaded(
    family: dict[str, Any], numbers: torch.dtype, tmp_path: Path
) -> None:
    theirs = make(family, tmp_path, dtype=numbers, max_shard_size="4KB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 1
    np.testing.assert_allclose(our_logits(tmp_path), logits(theirs), atol=2e-5)


@pytest.mark.parametrize("family", [GPT2, LLAMA], ids=["gpt2", "llama"])
def test_body_without_prefix_and_old_buffers_is_loaded(
    family: dict[str, Any], tmp_path: Path
) -> None:
    theirs = make({**family, "tie_word_embeddings": True}, tmp_path)
    file = tmp_path / "model.safetensors"
    body = {
        name.removeprefix("transformer.").removeprefix("model."): tensor
        for name, tensor in load_file(file).items()
    }
    buffers = (
        {"h.0.attn.bias": torch.ones(1, 1, 32, 32), "h.0.attn.masked_bias": torch.tensor(-1e4)}
        if family is GPT2
        else {"layers.0.self_attn.rotary_emb.inv_freq": torch.ones(2)}
    )
    save_file({**body, **buffers}, file)
    np.testing.assert_allclose(our_logits(tmp_path), logits(theirs), atol=2e-5)


@pytest.mark.parametrize("described", MODELS.values(), ids=MODELS.keys())
def test_gradients_match_transformers(described: dict[str, Any], tmp_path: Path) -> None:
    theirs = make(described, tmp_path)
    pretrained = describe(tmp_path)
    weights = read_weights(pretrained, pretrained.shape)
    ours = build_model(pretrained.shape).eval()
    load_weights(ours, {name: torch.tensor(array) for name, array in weights.items()})
    tokens = torch.tensor([TOKENS])
    expected, found = (
        _gradients(model, logits[0], tokens[0])
        for model, logits in ((theirs, theirs(tokens).logits), (ours, ours(tokens)))
    )
    transposed = require_hugging_face(pretrained.shape).transposed
    assert found.keys() == expected.keys()
    for name, gradient in found.items():
        stored = gradient.T if name.endswith(transposed) else gradient
        torch.testing.assert_close(stored, expected[name], atol=2e-5, rtol=1e-4)


def _gradients(
    model: torch.nn.Module, logits: torch.Tensor, tokens: torch.Tensor
) -> dict[str, torch.Tensor]:
    torch.nn.functional.cross_entropy(logits[:-1], tokens[1:]).backward()
    return {name: one.grad for name, one in model.named_parameters() if one.grad is not None}


@pytest.mark.parametrize(
    "name",
    ["qwen2-windows-after-first-block", "smollm3-interval", "gemma2", "gemma3", "gemma3-pattern"],
)
def test_blocks_that_a_config_does_not_list_are_those_of_transformers(name: str) -> None:
    described = MODELS[name]
    theirs = transformers.AutoConfig.for_model(**described)
    ours = from_hugging_face(described)
    if name.startswith("smollm3"):
        assert rope_layers(ours) == theirs.no_rope_layers
    else:
        assert kinds(ours) == theirs.layer_types


def test_old_rope_scaling_keys_are_read(tmp_path: Path) -> None:
    make(LLAMA, tmp_path)
    change(tmp_path, rope_parameters=None, rope_theta=77.0)
    change(tmp_path, rope_scaling={"type": "linear", "factor": 2.0})
    shape = describe(tmp_path).shape
    assert shape.theta == 77
    assert shape.rope_scaling
    assert shape.rope_scaling.model_dump(include={"rope_type", "scaling_factor"}) == {
        "rope_type": "linear",
        "scaling_factor": 2.0,
    }
