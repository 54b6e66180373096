"""Folders that `transformers` saved: equal results, equal exports, and named misfits."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from trainsmith_schemas.families.description import UnreadableModelError
from trainsmith_schemas.families.hugging_face import from_hugging_face
from trainsmith_schemas.families.registry import require_hugging_face
from trainsmith_schemas.families.smollm3.family import rope_layers
from trainsmith_schemas.families.windows import kinds
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_system.writing import write_folder
from trainsmith_trainer.backends.base import Arrays
from trainsmith_trainer.backends.torch.backend import load_decoder
from trainsmith_trainer.backends.torch.models import build_model, load_weights
from trainsmith_trainer.data.characters import CharTokenizer
from trainsmith_trainer.hf.export import model_files
from trainsmith_trainer.hf.load import check_weights, read_weights
from trainsmith_trainer.hf.model_dir import describe

_GPT2: dict[str, Any] = {
    "model_type": "gpt2",
    "vocab_size": 20,
    "n_embd": 16,
    "n_layer": 2,
    "n_head": 2,
    "n_positions": 32,
}
_LLAMA: dict[str, Any] = {
    "model_type": "llama",
    "vocab_size": 20,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 32,
}
_QWEN2: dict[str, Any] = {**_LLAMA, "model_type": "qwen2", "num_key_value_heads": 4}
_MISTRAL: dict[str, Any] = {**_LLAMA, "model_type": "mistral", "num_key_value_heads": 2}
_QWEN3: dict[str, Any] = {**_QWEN2, "model_type": "qwen3", "head_dim": 6}
_SMOLLM3: dict[str, Any] = {**_QWEN2, "model_type": "smollm3", "pad_token_id": 0}
_PHI3: dict[str, Any] = {**_LLAMA, "model_type": "phi3", "pad_token_id": 0}
_GEMMA2: dict[str, Any] = {
    **_MISTRAL,
    "model_type": "gemma2",
    "head_dim": 6,
    "sliding_window": 3,
    "query_pre_attn_scalar": 5,
    "attn_logit_softcapping": 0.7,
    "final_logit_softcapping": 0.9,
}
_GEMMA3: dict[str, Any] = {
    **_MISTRAL,
    "model_type": "gemma3_text",
    "head_dim": 6,
    "sliding_window": 3,
}
_LLAMA_3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8,
}
_YARN = {"rope_theta": 500.0, "rope_type": "yarn", "factor": 4.0}
MODELS: dict[str, dict[str, Any]] = {
    "gpt2": {**_GPT2, "eos_token_id": 3},
    "gpt2-gelu-untied": {
        **_GPT2,
        "activation_function": "gelu",
        "tie_word_embeddings": False,
        "layer_norm_epsilon": 1e-3,
    },
    "llama": _LLAMA,
    "llama-grouped-tied": {
        **_LLAMA,
        "num_key_value_heads": 2,
        "tie_word_embeddings": True,
        "rms_norm_eps": 1e-3,
        "bos_token_id": 1,
        "eos_token_id": [2, 3],
    },
    "llama-scaled": {**_LLAMA, "rope_parameters": {"rope_theta": 500.0, **_LLAMA_3}},
    "llama-linear": {
        **_LLAMA,
        "rope_parameters": {"rope_theta": 500.0, "rope_type": "linear", "factor": 3.0},
    },
    **{
        f"llama-yarn-{name}": {**_LLAMA, "rope_parameters": {**_YARN, **rope}}
        for name, rope in {
            "past-the-original-length": {"original_max_position_embeddings": 8},
            "below-the-original-length": {"original_max_position_embeddings": 64},
            "betas": {"beta_fast": 3.0, "beta_slow": 0.2, "original_max_position_embeddings": 6},
            "attention-factor": {"attention_factor": 1.3},
            "mscale": {"mscale": 1.5, "mscale_all_dim": 0.7},
            "mscale-alone": {"mscale": 1.5},
        }.items()
    },
    "llama-dynamic-past-the-original-length": {
        **_LLAMA,
        "max_position_embeddings": 8,
        "rope_parameters": {"rope_theta": 500.0, "rope_type": "dynamic", "factor": 3.0},
    },
    "llama-dynamic-below-the-original-length": {
        **_LLAMA,
        "rope_parameters": {"rope_theta": 500.0, "rope_type": "dynamic", "factor": 2.0},
    },
    "llama-biased-wide-heads": {
        **_LLAMA,
        "head_dim": 6,
        "attention_bias": True,
        "mlp_bias": True,
    },
    "qwen2": _QWEN2,
    "qwen2-tied-unused-window": {
        **_QWEN2,
        "num_key_value_heads": 2,
        "tie_word_embeddings": True,
        "sliding_window": 3,
        "rope_parameters": {"rope_theta": 1e6, "rope_type": "default"},
    },
    "qwen2-windows-after-first-block": {
        **_QWEN2,
        "use_sliding_window": True,
        "sliding_window": 3,
        "max_window_layers": 1,
    },
    "qwen2-windows-by-block": {
        **_QWEN2,
        "use_sliding_window": True,
        "sliding_window": 3,
        "layer_types": ["sliding_attention", "full_attention"],
    },
    "mistral": {**_MISTRAL, "sliding_window": 3},
    "mistral-no-window-wide-heads": {**_MISTRAL, "sliding_window": None, "head_dim": 6},
    "mistral-long-window-tied": {**_MISTRAL, "tie_word_embeddings": True},
    "smollm3": {**_SMOLLM3, "num_hidden_layers": 5, "tie_word_embeddings": False},
    "smollm3-interval": {**_SMOLLM3, "num_hidden_layers": 3, "no_rope_layer_interval": 2},
    "smollm3-windows-biases": {
        **_SMOLLM3,
        "no_rope_layers": [0, 1],
        "use_sliding_window": True,
        "sliding_window": 3,
        "attention_bias": True,
        "mlp_bias": True,
        "rope_parameters": {"rope_theta": 500.0, **_LLAMA_3},
    },
    "smollm3-windows-by-block": {
        **_SMOLLM3,
        "use_sliding_window": True,
        "sliding_window": 3,
        "layer_types": ["sliding_attention", "full_attention"],
    },
    "phi3": _PHI3,
    "phi3-window-grouped-tied": {
        **_PHI3,
        "num_key_value_heads": 2,
        "sliding_window": 3,
        "tie_word_embeddings": True,
        "rope_parameters": {"rope_theta": 500.0, "rope_type": "default"},
    },
    "phi3-partly-rotated": {
        **_PHI3,
        "resid_pdrop": 0.1,
        "head_dim": 8,
        "rope_parameters": {
            "rope_theta": 50.0,
            "rope_type": "default",
            "partial_rotary_factor": 0.75,
        },
    },
    "gemma2": {**_GEMMA2, "num_hidden_layers": 3},
    "gemma2-without-bounds-untied": {
        **_GEMMA2,
        "attn_logit_softcapping": None,
        "final_logit_softcapping": None,
        "tie_word_embeddings": False,
        "attention_bias": True,
        "rope_parameters": {"rope_theta": 50.0, "rope_type": "linear", "factor": 3.0},
    },
    "gemma2-windows-by-block": {
        **_GEMMA2,
        "layer_types": ["full_attention", "sliding_attention"],
    },
    "gemma3": {**_GEMMA3, "num_hidden_layers": 7},
    "gemma3-pattern": {**_GEMMA3, "sliding_window_pattern": 2, "final_logit_softcapping": 0.9},
    "gemma3-positions": {
        **_GEMMA3,
        "layer_types": ["full_attention", "sliding_attention"],
        "attention_bias": True,
        "query_pre_attn_scalar": 3,
        "rope_parameters": {
            "full_attention": {"rope_theta": 500.0, "rope_type": "linear", "factor": 4.0},
            "sliding_attention": {"rope_theta": 30.0, "rope_type": "default"},
        },
    },
    "gemma3-dynamic": {
        **_GEMMA3,
        "max_position_embeddings": 8,
        "layer_types": ["full_attention", "sliding_attention"],
        "rope_parameters": {
            "full_attention": {"rope_theta": 500.0, "rope_type": "dynamic", "factor": 3.0},
            "sliding_attention": {"rope_theta": 30.0, "rope_type": "default"},
        },
    },
    "gemma3-yarn-everywhere-full": {
        **_GEMMA3,
        "layer_types": ["full_attention"] * 2,
        "rope_parameters": {
            "full_attention": {**_YARN, "original_max_position_embeddings": 8},
            "sliding_attention": {"rope_theta": 30.0, "rope_type": "default"},
        },
    },
    "qwen3": _QWEN3,
    "qwen3-windows": {
        **_QWEN3,
        "num_key_value_heads": 2,
        "use_sliding_window": True,
        "sliding_window": 4,
        "max_window_layers": 0,
    },
    "qwen3-grouped-tied-with-bias": {
        **_QWEN3,
        "num_key_value_heads": 2,
        "tie_word_embeddings": True,
        "attention_bias": True,
        "rope_parameters": {"rope_theta": 1e6, "rope_type": "default"},
        "eos_token_id": 2,
    },
}
_TOKENS = list(range(1, 19))
_PROMPT = 5
"""Tokens that are read at once; the others are read one at a time."""


def _make(described: dict[str, Any], folder: Path, **options: Any) -> transformers.PreTrainedModel:
    """A random model of `transformers`, saved; its weights are far from their initial values."""
    torch.manual_seed(0)
    config = transformers.AutoConfig.for_model(**described)
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    model.to(options.pop("dtype", torch.float32)).save_pretrained(folder, **options)
    # Not the model that was saved: its rotary frequencies may have been rounded too.
    saved = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return saved.eval()


def _logits(model: transformers.PreTrainedModel) -> Any:
    """The logits after a prompt and after each token that follows."""
    lengths = range(_PROMPT, len(_TOKENS) + 1)
    with torch.no_grad():
        if "dynamic" in str(getattr(model.config, "rope_parameters", "")):
            # Its positions change with the length of the text.
            texts = (torch.tensor([_TOKENS[:length]]) for length in lengths)
            return np.stack([model(text).logits[0, -1].numpy() for text in texts])
        return model(torch.tensor([_TOKENS])).logits[0, _PROMPT - 1 :].numpy()


def _our_logits(folder: Path) -> Any:
    pretrained = describe(folder)
    return _decoded(pretrained.shape, read_weights(pretrained, pretrained.shape))


def _decoded(shape: TransformerConfig, weights: Arrays) -> Any:
    """The logits after a prompt and after each token that follows."""
    decoder = load_decoder(shape, weights)
    prompt, *others = [_TOKENS[:_PROMPT], *([token] for token in _TOKENS[_PROMPT:])]
    return np.stack([decoder.read(prompt), *map(decoder.read, others)])


def _change(folder: Path, **changes: Any) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


@pytest.mark.parametrize("described", MODELS.values(), ids=MODELS.keys())
def test_logits_match_transformers_before_and_after_export(
    described: dict[str, Any], tmp_path: Path
) -> None:
    theirs = _make(described, tmp_path / "theirs")
    expected = _logits(theirs)
    np.testing.assert_allclose(_our_logits(tmp_path / "theirs"), expected, atol=2e-5)

    pretrained = describe(tmp_path / "theirs")
    weights = read_weights(pretrained, pretrained.shape)
    tokenizer = CharTokenizer("abcdefghijklmnopqrst")
    files = model_files(pretrained.shape, weights, tokenizer, pretrained.special_tokens)
    write_folder(tmp_path / "ours", files)
    again = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "ours").eval()
    np.testing.assert_allclose(_logits(again), expected, atol=2e-6)
    for key in ("bos_token_id", "eos_token_id", "pad_token_id"):
        assert getattr(again.config, key) == getattr(theirs.config, key)
        assert getattr(again.generation_config, key) == getattr(theirs.config, key)


@pytest.mark.parametrize("family", [_GPT2, _LLAMA], ids=["gpt2", "llama"])
@pytest.mark.parametrize("numbers", [torch.bfloat16, torch.float16])
def test_half_precision_shards_are_loaded(
    family: dict[str, Any], numbers: torch.dtype, tmp_path: Path
) -> None:
    theirs = _make(family, tmp_path, dtype=numbers, max_shard_size="4KB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 1
    np.testing.assert_allclose(_our_logits(tmp_path), _logits(theirs), atol=2e-5)


@pytest.mark.parametrize("family", [_GPT2, _LLAMA], ids=["gpt2", "llama"])
def test_body_without_prefix_and_old_buffers_is_loaded(
    family: dict[str, Any], tmp_path: Path
) -> None:
    theirs = _make({**family, "tie_word_embeddings": True}, tmp_path)
    file = tmp_path / "model.safetensors"
    body = {
        name.removeprefix("transformer.").removeprefix("model."): tensor
        for name, tensor in load_file(file).items()
    }
    buffers = (
        {"h.0.attn.bias": torch.ones(1, 1, 32, 32), "h.0.attn.masked_bias": torch.tensor(-1e4)}
        if family is _GPT2
        else {"layers.0.self_attn.rotary_emb.inv_freq": torch.ones(2)}
    )
    save_file({**body, **buffers}, file)
    np.testing.assert_allclose(_our_logits(tmp_path), _logits(theirs), atol=2e-5)


@pytest.mark.parametrize("described", MODELS.values(), ids=MODELS.keys())
def test_gradients_match_transformers(described: dict[str, Any], tmp_path: Path) -> None:
    theirs = _make(described, tmp_path)
    pretrained = describe(tmp_path)
    weights = read_weights(pretrained, pretrained.shape)
    ours = build_model(pretrained.shape).eval()
    load_weights(ours, {name: torch.tensor(array) for name, array in weights.items()})
    tokens = torch.tensor([_TOKENS])
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
    _make(_LLAMA, tmp_path)
    _change(tmp_path, rope_parameters=None, rope_theta=77.0)
    _change(tmp_path, rope_scaling={"type": "linear", "factor": 2.0})
    shape = describe(tmp_path).shape
    assert shape.theta == 77
    assert shape.rope_scaling
    assert shape.rope_scaling.model_dump(include={"rope_type", "scaling_factor"}) == {
        "rope_type": "linear",
        "scaling_factor": 2.0,
    }


REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (_LLAMA, {"model_type": "falcon"}, '`model_type` is "falcon" in config.json; only gpt2'),
    (_LLAMA, {"attention_bias": "yes"}, '`attention_bias` is "yes" (text), expected `true`'),
    (_LLAMA, {"sliding_window": 8}, "`sliding_window` is 8"),
    (_LLAMA, {"hidden_act": "gelu"}, '`hidden_act` is "gelu" in config.json; only "silu" is'),
    (_LLAMA, {"partial_rotary_factor": 0.5}, "`partial_rotary_factor` is 0.5"),
    (_LLAMA, {"quantization_config": {"bits": 4}}, "`quantization_config` is"),
    (_LLAMA, {"num_hidden_layers": "two"}, '`num_hidden_layers` is "two"'),
    (_LLAMA, {"num_attention_heads": 3}, "`hidden_size` (16) is not divisible by `num_attention"),
    (
        _LLAMA,
        {"rope_parameters": None, "rope_scaling": {"type": "longrope", "factor": 2.0}},
        '`rope_scaling.rope_type` is "longrope" in config.json; only default, linear, llama3',
    ),
    (
        _LLAMA,
        {"rope_parameters": None, "rope_scaling": {"type": "linear"}},
        "`rope_scaling` lacks `factor`",
    ),
    (
        _LLAMA,
        {"rope_parameters": {**_YARN, "truncate": False}},
        "`truncate` is false in config.json; only true is supported",
    ),
    (_QWEN3, {"layer_types": ["sliding_attention"] * 2}, "`layer_types` is"),
    (
        _QWEN2,
        {"use_sliding_window": True, "layer_types": ["chunked_attention"] * 2},
        '`layer_types` is ["chunked_attention", "chunked_attention"] in config.json; only sliding',
    ),
    (
        _QWEN2,
        {"use_sliding_window": True, "layer_types": ["sliding_attention"]},
        "only one entry for each of `num_hidden_layers` is supported",
    ),
    (_MISTRAL, {"sliding_window": -1}, "`sliding_window` is `-1`"),
    (_SMOLLM3, {"no_rope_layers": [1]}, "`no_rope_layers` is [1] in config.json; only a list"),
    (_SMOLLM3, {"no_rope_layer_interval": 0}, "`no_rope_layer_interval` is 0"),
    (_SMOLLM3, {"layer_types": ["sliding_attention"] * 2}, "only full_attention without `use_sl"),
    (
        _PHI3,
        {"rope_scaling": {"type": "longrope", "short_factor": [], "long_factor": []}},
        '`rope_scaling.rope_type` is "longrope" in config.json; only default is supported',
    ),
    (_PHI3, {"partial_rotary_factor": 0.3}, "1 of a head's 4 dimensions are rotated"),
    (_GEMMA2, {"hidden_activation": "relu"}, '`hidden_activation` is "relu"'),
    (_GEMMA2, {"use_bidirectional_attention": True}, "`use_bidirectional_attention` is true"),
    (_GEMMA3, {"attn_logit_softcapping": 50.0}, "`attn_logit_softcapping` is 50.0"),
    (_GEMMA3, {"sliding_window_pattern": 0}, "`sliding_window_pattern` is 0"),
    (
        _GEMMA3,
        {"rope_parameters": {"sliding_attention": {"rope_type": "linear", "factor": 2.0}}},
        '`rope_parameters.sliding_attention.rope_type` is "linear"',
    ),
    (_GEMMA3, {"model_type": "gemma3"}, '`model_type` is "gemma3" in config.json'),
    (_MISTRAL, {"layer_types": ["full_attention"] * 2}, "`layer_types` is"),
    (_QWEN3, {"head_dim": 5}, "each head has 5 dimensions"),
    (_GPT2, {"activation_function": "relu"}, '`activation_function` is "relu"'),
    (_GPT2, {"n_inner": 32}, "`n_inner` is 32"),
    (_GPT2, {"scale_attn_weights": False}, "`scale_attn_weights` is false"),
]


@pytest.mark.parametrize(
    ("described", "changes", "said"), REFUSED, ids=[said[:30] for *_, said in REFUSED]
)
def test_unsupported_config_values_are_refused(
    described: dict[str, Any], changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(json.dumps({**described, "rope_parameters": {}}))
    describe(tmp_path)
    _change(tmp_path, **changes)
    with pytest.raises(UnreadableModelError) as refusal:
        describe(tmp_path)
    assert said in str(refusal.value)


def test_missing_config_key_is_named(tmp_path: Path) -> None:
    lacking = {key: value for key, value in _GPT2.items() if key != "n_head"}
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
    _make(_LLAMA, tmp_path)
    file = tmp_path / "model.safetensors"
    tensors = load_file(file)
    change(tensors)
    save_file(tensors, file)
    pretrained = describe(tmp_path)
    with pytest.raises(UnreadableModelError) as refusal:
        check_weights(pretrained, pretrained.shape)
    assert said in str(refusal.value)


def test_more_blocks_than_tensors_are_refused_immediately(tmp_path: Path) -> None:
    _make(_LLAMA, tmp_path)
    _change(tmp_path, num_hidden_layers=10**9)
    pretrained = describe(tmp_path)
    with pytest.raises(UnreadableModelError, match="describes 1,000,000,000 blocks"):
        check_weights(pretrained, pretrained.shape)


def test_output_layer_that_contradicts_tying_is_refused(tmp_path: Path) -> None:
    _make({**_LLAMA, "tie_word_embeddings": True}, tmp_path)
    file = tmp_path / "model.safetensors"
    tensors = load_file(file)
    embedding = tensors["model.embed_tokens.weight"]
    save_file({**tensors, "lm_head.weight": embedding.clone()}, file)
    _our_logits(tmp_path)
    save_file({**tensors, "lm_head.weight": embedding + 1}, file)
    with pytest.raises(UnreadableModelError, match=r"`lm_head\.weight` is not the embedding"):
        _our_logits(tmp_path)


def test_shorter_context_and_dropped_zero_biases_are_allowed(tmp_path: Path) -> None:
    _make(_GPT2, tmp_path)
    pretrained = describe(tmp_path)
    shorter = pretrained.shape.model_copy(update={"max_sequence_length": 18})
    logits = _decoded(shorter, read_weights(pretrained, shorter))
    np.testing.assert_array_equal(logits, _our_logits(tmp_path))

    plain = pretrained.shape.model_copy(update={"bias": False})
    with pytest.raises(UnreadableModelError, match="is not zero, and the model file says"):
        read_weights(pretrained, plain)
    file = tmp_path / "model.safetensors"
    tensors = load_file(file)
    save_file({n: t * 0 if n.endswith("bias") else t for n, t in tensors.items()}, file)
    without = _decoded(plain, read_weights(pretrained, plain))
    np.testing.assert_allclose(without, _our_logits(tmp_path), atol=1e-6)
