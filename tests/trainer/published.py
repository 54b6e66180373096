"""Models of `transformers` with random weights, as people publish them, and their logits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.base import Arrays
from trainsmith_trainer.backends.torch.decoder import load_decoder
from trainsmith_trainer.hf.load import read_weights
from trainsmith_trainer.hf.model_dir import describe

GPT2: dict[str, Any] = {
    "model_type": "gpt2",
    "vocab_size": 20,
    "n_embd": 16,
    "n_layer": 2,
    "n_head": 2,
    "n_positions": 32,
}
LLAMA: dict[str, Any] = {
    "model_type": "llama",
    "vocab_size": 20,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 32,
}
QWEN2: dict[str, Any] = {**LLAMA, "model_type": "qwen2", "num_key_value_heads": 4}
MISTRAL: dict[str, Any] = {**LLAMA, "model_type": "mistral", "num_key_value_heads": 2}
QWEN3: dict[str, Any] = {**QWEN2, "model_type": "qwen3", "head_dim": 6}
SMOLLM3: dict[str, Any] = {**QWEN2, "model_type": "smollm3", "pad_token_id": 0}
PHI3: dict[str, Any] = {**LLAMA, "model_type": "phi3", "pad_token_id": 0}
GEMMA2: dict[str, Any] = {
    **MISTRAL,
    "model_type": "gemma2",
    "head_dim": 6,
    "sliding_window": 3,
    "query_pre_attn_scalar": 5,
    "attn_logit_softcapping": 0.7,
    "final_logit_softcapping": 0.9,
}
GEMMA3: dict[str, Any] = {
    **MISTRAL,
    "model_type": "gemma3_text",
    "head_dim": 6,
    "sliding_window": 3,
}
LLAMA_3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8,
}
YARN = {"rope_theta": 500.0, "rope_type": "yarn", "factor": 4.0}
MODELS: dict[str, dict[str, Any]] = {
    "gpt2": {**GPT2, "eos_token_id": 3},
    "gpt2-gelu-untied": {
        **GPT2,
        "activation_function": "gelu",
        "tie_word_embeddings": False,
        "layer_norm_epsilon": 1e-3,
    },
    "llama": LLAMA,
    "llama-grouped-tied": {
        **LLAMA,
        "num_key_value_heads": 2,
        "tie_word_embeddings": True,
        "rms_norm_eps": 1e-3,
        "bos_token_id": 1,
        "eos_token_id": [2, 3],
    },
    "llama-scaled": {**LLAMA, "rope_parameters": {"rope_theta": 500.0, **LLAMA_3}},
    "llama-linear": {
        **LLAMA,
        "rope_parameters": {"rope_theta": 500.0, "rope_type": "linear", "factor": 3.0},
    },
    **{
        f"llama-yarn-{name}": {**LLAMA, "rope_parameters": {**YARN, **rope}}
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
        **LLAMA,
        "max_position_embeddings": 8,
        "rope_parameters": {"rope_theta": 500.0, "rope_type": "dynamic", "factor": 3.0},
    },
    "llama-dynamic-below-the-original-length": {
        **LLAMA,
        "rope_parameters": {"rope_theta": 500.0, "rope_type": "dynamic", "factor": 2.0},
    },
    "llama-biased-wide-heads": {
        **LLAMA,
        "head_dim": 6,
        "attention_bias": True,
        "mlp_bias": True,
    },
    "qwen2": QWEN2,
    "qwen2-tied-unused-window": {
        **QWEN2,
        "num_key_value_heads": 2,
        "tie_word_embeddings": True,
        "sliding_window": 3,
        "rope_parameters": {"rope_theta": 1e6, "rope_type": "default"},
    },
    "qwen2-windows-after-first-block": {
        **QWEN2,
        "use_sliding_window": True,
        "sliding_window": 3,
        "max_window_layers": 1,
    },
    "qwen2-windows-by-block": {
        **QWEN2,
        "use_sliding_window": True,
        "sliding_window": 3,
        "layer_types": ["sliding_attention", "full_attention"],
    },
    "mistral": {**MISTRAL, "sliding_window": 3},
    "mistral-no-window-wide-heads": {**MISTRAL, "sliding_window": None, "head_dim": 6},
    "mistral-long-window-tied": {**MISTRAL, "tie_word_embeddings": True},
    "smollm3": {**SMOLLM3, "num_hidden_layers": 5, "tie_word_embeddings": False},
    "smollm3-interval": {**SMOLLM3, "num_hidden_layers": 3, "no_rope_layer_interval": 2},
    "smollm3-windows-biases": {
        **SMOLLM3,
        "no_rope_layers": [0, 1],
        "use_sliding_window": True,
        "sliding_window": 3,
        "attention_bias": True,
        "mlp_bias": True,
        "rope_parameters": {"rope_theta": 500.0, **LLAMA_3},
    },
    "smollm3-windows-by-block": {
        **SMOLLM3,
        "use_sliding_window": True,
        "sliding_window": 3,
        "layer_types": ["sliding_attention", "full_attention"],
    },
    "phi3": PHI3,
    "phi3-window-grouped-tied": {
        **PHI3,
        "num_key_value_heads": 2,
        "sliding_window": 3,
        "tie_word_embeddings": True,
        "rope_parameters": {"rope_theta": 500.0, "rope_type": "default"},
    },
    "phi3-partly-rotated": {
        **PHI3,
        "resid_pdrop": 0.1,
        "head_dim": 8,
        "rope_parameters": {
            "rope_theta": 50.0,
            "rope_type": "default",
            "partial_rotary_factor": 0.75,
        },
    },
    "gemma2": {**GEMMA2, "num_hidden_layers": 3},
    "gemma2-without-bounds-untied": {
        **GEMMA2,
        "attn_logit_softcapping": None,
        "final_logit_softcapping": None,
        "tie_word_embeddings": False,
        "attention_bias": True,
        "rope_parameters": {"rope_theta": 50.0, "rope_type": "linear", "factor": 3.0},
    },
    "gemma2-windows-by-block": {
        **GEMMA2,
        "layer_types": ["full_attention", "sliding_attention"],
    },
    "gemma3": {**GEMMA3, "num_hidden_layers": 7},
    "gemma3-pattern": {**GEMMA3, "sliding_window_pattern": 2, "final_logit_softcapping": 0.9},
    "gemma3-positions": {
        **GEMMA3,
        "layer_types": ["full_attention", "sliding_attention"],
        "attention_bias": True,
        "query_pre_attn_scalar": 3,
        "rope_parameters": {
            "full_attention": {"rope_theta": 500.0, "rope_type": "linear", "factor": 4.0},
            "sliding_attention": {"rope_theta": 30.0, "rope_type": "default"},
        },
    },
    "gemma3-dynamic": {
        **GEMMA3,
        "max_position_embeddings": 8,
        "layer_types": ["full_attention", "sliding_attention"],
        "rope_parameters": {
            "full_attention": {"rope_theta": 500.0, "rope_type": "dynamic", "factor": 3.0},
            "sliding_attention": {"rope_theta": 30.0, "rope_type": "default"},
        },
    },
    "gemma3-yarn-everywhere-full": {
        **GEMMA3,
        "layer_types": ["full_attention"] * 2,
        "rope_parameters": {
            "full_attention": {**YARN, "original_max_position_embeddings": 8},
            "sliding_attention": {"rope_theta": 30.0, "rope_type": "default"},
        },
    },
    "qwen3": QWEN3,
    "qwen3-windows": {
        **QWEN3,
        "num_key_value_heads": 2,
        "use_sliding_window": True,
        "sliding_window": 4,
        "max_window_layers": 0,
    },
    "qwen3-grouped-tied-with-bias": {
        **QWEN3,
        "num_key_value_heads": 2,
        "tie_word_embeddings": True,
        "attention_bias": True,
        "rope_parameters": {"rope_theta": 1e6, "rope_type": "default"},
        "eos_token_id": 2,
    },
}
TOKENS = list(range(1, 19))
PROMPT = 5
"""Tokens that are read at once; the others are read one at a time."""


def make(described: dict[str, Any], folder: Path, **options: Any) -> transformers.PreTrainedModel:
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


def logits(model: transformers.PreTrainedModel) -> Any:
    """The logits after a prompt and after each token that follows."""
    lengths = range(PROMPT, len(TOKENS) + 1)
    with torch.no_grad():
        if "dynamic" in str(getattr(model.config, "rope_parameters", "")):
            # Its positions change with the length of the text.
            texts = (torch.tensor([TOKENS[:length]]) for length in lengths)
            return np.stack([model(text).logits[0, -1].numpy() for text in texts])
        return model(torch.tensor([TOKENS])).logits[0, PROMPT - 1 :].numpy()


def our_logits(folder: Path) -> Any:
    pretrained = describe(folder)
    return decoded(pretrained.shape, read_weights(pretrained, pretrained.shape))


def decoded(shape: TransformerConfig, weights: Arrays) -> Any:
    """The logits after a prompt and after each token that follows."""
    decoder = load_decoder(shape, weights)
    prompt, *others = [TOKENS[:PROMPT], *([token] for token in TOKENS[PROMPT:])]
    return np.stack([decoder.read(prompt), *map(decoder.read, others)])


def change(folder: Path, **changes: Any) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
