"""Models and their training, compared with `transformers` and with themselves."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from workspace import MODEL, TEXT

from trainsmith_schemas.families.registry import parameter_shapes
from trainsmith_schemas.sections.documents import ModelDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_system.writing import write_folder
from trainsmith_trainer.backends.torch.backend import TorchBackend
from trainsmith_trainer.backends.torch.decoder import load_decoder
from trainsmith_trainer.backends.torch.models import attention, build_model
from trainsmith_trainer.backends.torch.models.transformer import Dropout
from trainsmith_trainer.data.batches import IGNORE_INDEX, Batch
from trainsmith_trainer.data.characters import CharTokenizer
from trainsmith_trainer.hf.export import model_files, read_model

TOKENIZER = CharTokenizer.of(TEXT)
SCALED = {"scaling_factor": 8.0, "original_context_length": 8}
SHAPES: dict[str, dict[str, Any]] = {
    "gpt2": {},
    "gpt2-tied-without-bias": {"bias": False, "weight_tying": "enabled"},
    "gpt2-fixed-positions": {"positional_embedding_type": "fixed"},
    "gpt2-as-published": {"activation": "gelu_tanh", "norm_epsilon": 1e-3},
    "llama": {"model_type": "llama"},
    "llama-grouped-tied": {"model_type": "llama", "num_groups": 2, "weight_tying": "enabled"},
    "llama-scaled-wide": {
        "model_type": "llama",
        "rope_scaling": SCALED,
        "intermediate_dim": 48,
        "theta": 1000.0,
    },
    "llama-stretched-alike": {
        "model_type": "llama",
        "rope_scaling": {"rope_type": "linear", "scaling_factor": 3.0},
        "norm_epsilon": 1e-3,
    },
    "llama-with-biases-wide-heads": {
        "model_type": "llama",
        "head_dim": 10,
        "attention_bias": True,
        "mlp_bias": True,
    },
    "llama-yarn": {
        "model_type": "llama",
        "rope_scaling": {
            "rope_type": "yarn",
            "scaling_factor": 4.0,
            "original_context_length": 4,
            "beta_fast": 4.0,
            "beta_slow": 0.5,
        },
        "theta": 100.0,
    },
    "llama-dynamic": {
        "model_type": "llama",
        "rope_scaling": {
            "rope_type": "dynamic",
            "scaling_factor": 2.0,
            "original_context_length": 8,
        },
    },
    "qwen2": {"model_type": "qwen2", "weight_tying": "enabled"},
    "qwen2-windows-in-some-blocks": {
        "model_type": "qwen2",
        "num_groups": 2,
        "sliding_window": 5,
        "layer_types": ["full_attention", "sliding_attention"],
    },
    "mistral": {"model_type": "mistral", "num_groups": 2, "sliding_window": 5},
    "mistral-without-window-wide-heads": {"model_type": "mistral", "head_dim": 12},
    "mistral-longer-window": {"model_type": "mistral", "sliding_window": 99},
    "smollm3": {"model_type": "smollm3", "num_blocks": 4, "weight_tying": "enabled"},
    "smollm3-windows-biases": {
        "model_type": "smollm3",
        "no_rope_layers": [0, 1],
        "sliding_window": 4,
        "attention_bias": True,
        "mlp_bias": True,
    },
    "phi3": {"model_type": "phi3", "num_groups": 2, "sliding_window": 6},
    "phi3-partly-rotated": {
        "model_type": "phi3",
        "partial_rotary_factor": 0.5,
        "dropout_prob": 0.0,
        "head_dim": 12,
    },
    "gemma2": {
        "model_type": "gemma2",
        "sliding_window": 5,
        "attn_logit_softcapping": 0.05,
        "final_logit_softcapping": 0.5,
        "weight_tying": "enabled",
    },
    "gemma2-scaled-without-bounds": {
        "model_type": "gemma2",
        "query_pre_attn_scalar": 3,
        "num_groups": 2,
        "head_dim": 12,
        "attention_bias": True,
    },
    "gemma3": {
        "model_type": "gemma3_text",
        "sliding_window": 5,
        "layer_types": ["sliding_attention", "full_attention"],
        "theta": 100.0,
        "rope_local_base_freq": 10.0,
    },
    "gemma3-without-window-scaled": {
        "model_type": "gemma3_text",
        "num_blocks": 6,
        "num_groups": 2,
        "final_logit_softcapping": 0.5,
        "theta": 100.0,
        "rope_local_base_freq": 10.0,
        "rope_scaling": {"rope_type": "linear", "scaling_factor": 3.0},
    },
    "qwen3": {"model_type": "qwen3"},
    "qwen3-windows": {"model_type": "qwen3", "sliding_window": 1},
    "qwen3-wide-heads-grouped-tied": {
        "model_type": "qwen3",
        "head_dim": 12,
        "num_groups": 2,
        "weight_tying": "enabled",
        "theta": 1000000.0,
    },
    "qwen3-with-bias-narrow-heads": {
        "model_type": "qwen3",
        "attention_bias": True,
        "head_dim": 2,
        "norm_epsilon": 1e-3,
    },
}


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sliding windows are computed in several chunks, as in long texts."""
    monkeypatch.setattr(attention, "_LEAST_CHUNK", 1)


def _shape(**changes: Any) -> TransformerConfig:
    section = {**MODEL, "vocab_size": TOKENIZER.vocab_size, **changes}
    return ModelDocument.model_validate({"transformer_config": section}).transformer_config


def _backend(training: dict[str, Any] | None = None, **shape: Any) -> TorchBackend:
    return TorchBackend(_shape(**shape), TrainingConfig.model_validate(training or {}))


def _batch(sequences: int, length: int = 16, seed: int = 0) -> Batch:
    tokens = np.random.default_rng(seed).integers(0, TOKENIZER.vocab_size, (sequences, length + 1))
    return Batch(tokens[:, :-1].copy(), tokens[:, 1:].copy())


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_exported_model_matches_transformers(shape: dict[str, Any], tmp_path: Path) -> None:
    backend = _backend({"learning_rate": 0.01}, **shape)
    for seed in range(3):  # Away from the first weights, so that biases and gains are not trivial.
        backend.gradient([_batch(4, seed=seed)])
        backend.update(0.01)
    config = _shape(**shape)
    folder = tmp_path / "model"
    write_folder(folder, model_files(config, backend.weights(), TOKENIZER))

    theirs = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    # `AutoTokenizer` has a class of its own for some families, whatever the folder says.
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(folder)
    prompt = "To be, or not to"
    tokens = tokenizer(prompt, return_tensors="pt")["input_ids"]
    assert tokens[0].tolist() == TOKENIZER.encode(prompt).tolist()
    assert tokenizer.decode(tokens[0]) == prompt
    with torch.no_grad():
        expected = theirs(tokens).logits[0, -1].numpy()
    logits = backend.decoder().read(tokens[0].tolist())
    np.testing.assert_allclose(logits, expected, atol=2e-5)

    read, weights, _ = read_model(folder)
    np.testing.assert_allclose(
        load_decoder(read, weights).read(tokens[0].tolist()), logits, atol=1e-6
    )


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_parameter_shapes_match_built_model(shape: dict[str, Any]) -> None:
    config = _shape(**shape)
    built = {name: tuple(one.shape) for name, one in build_model(config).named_parameters()}
    assert parameter_shapes(config) == built


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_cached_decoding_matches_forward(shape: dict[str, Any]) -> None:
    backend = _backend(**shape)
    tokens = TOKENIZER.encode(TEXT[:16]).tolist()
    cached = backend.decoder()
    for count in range(1, len(tokens) + 1):
        with_cache = cached.read(tokens[count - 1 : count])
        without = backend.decoder().read(tokens[:count])
        np.testing.assert_allclose(with_cache, without, atol=1e-5)


def test_full_context_drops_older_half() -> None:
    backend = _backend()
    tokens = TOKENIZER.encode(TEXT[:40]).tolist()
    cached = backend.decoder()
    logits = [cached.read([token]) for token in tokens[:17]]
    np.testing.assert_allclose(logits[16], backend.decoder().read(tokens[9:17]), atol=1e-5)
    long_prompt = backend.decoder().read(tokens)
    np.testing.assert_allclose(long_prompt, backend.decoder().read(tokens[-8:]), atol=1e-5)


def _gradients(backend: TorchBackend) -> dict[str, torch.Tensor]:
    named = backend._model.named_parameters()  # pyright: ignore[reportPrivateUsage]
    return {name: parameter.grad.clone() for name, parameter in named if parameter.grad is not None}


def test_gradient_accumulation_is_weighted_by_tokens() -> None:
    whole = _batch(6)
    whole.targets[0, 3:] = IGNORE_INDEX  # The first micro-batch has fewer tokens that count.
    whole.targets[1, :] = IGNORE_INDEX
    parts = [
        Batch(whole.inputs[:2], whole.targets[:2]),
        Batch(whole.inputs[2:5], whole.targets[2:5]),
        Batch(whole.inputs[5:], whole.targets[5:]),
    ]
    once, often = _backend(dropout_prob=0.0), _backend(dropout_prob=0.0)
    at_once, accumulated = once.gradient([whole]), often.gradient(parts)
    assert accumulated.loss == pytest.approx(at_once.loss, rel=1e-6)
    assert accumulated.norm == pytest.approx(at_once.norm, rel=1e-5)
    for name, gradient in _gradients(once).items():
        torch.testing.assert_close(_gradients(often)[name], gradient, atol=1e-6, rtol=1e-4)


def test_initial_loss_equals_uniform_guessing() -> None:
    loss = _backend().loss([_batch(8)])
    assert loss == pytest.approx(math.log(TOKENIZER.vocab_size), abs=0.1)


def test_gradient_is_clipped_and_unclipped_norm_reported() -> None:
    backend = _backend({"clip_grad_norm_max_norm": 0.01})
    norm = backend.gradient([_batch(4)]).norm
    lengths = [float(gradient.norm()) for gradient in _gradients(backend).values()]
    assert math.hypot(*lengths) == pytest.approx(0.01, rel=1e-3)
    assert norm > 0.1


def test_recomputing_activations_does_not_change_gradients() -> None:
    kept, recomputed = _backend(), _backend(runner_type="memory_efficient")
    for backend in (kept, recomputed):
        torch.manual_seed(1)
        backend.gradient([_batch(4)])
    for name, gradient in _gradients(kept).items():
        torch.testing.assert_close(_gradients(recomputed)[name], gradient)


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_dropout_has_right_rate_and_preserves_mean(share: float) -> None:
    torch.manual_seed(0)
    dropped = Dropout(share)(torch.ones(1_000_003))
    assert float((dropped == 0).float().mean()) == pytest.approx(share, abs=0.004)
    assert float(dropped.mean()) == pytest.approx(1.0, abs=0.004)
    assert bool((Dropout(share).eval()(dropped) == dropped).all())


def test_initial_weights_have_expected_deviation() -> None:
    model = build_model(_shape(embedding_dim=128, num_blocks=8))
    weights = model.state_dict()
    assert float(weights["transformer.h.0.mlp.c_fc.weight"].std()) == pytest.approx(0.02, rel=0.05)
    assert float(weights["transformer.h.0.mlp.c_proj.weight"].std()) == pytest.approx(
        0.02 / 4, rel=0.05
    )
