"""Valid contents of files, from which the fuzzers start."""

from __future__ import annotations

import gzip
import io
import json
import struct
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import safetensors.numpy

from trainsmith_trainer.data.characters import CharTokenizer
from trainsmith_trainer.data.stream import DOCUMENT


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


RECIPE = b"""\
training_config:
  data_path: text.txt
  model_config: model.yaml
  batch_size: &size 4
  max_steps: 0x10
  learning_rate: 3e-4
  optimizer: {type: AdamW, lr: 1.0e-3, <<: {beta1: 0.9}}
  project_name: "a \\u00e9 b"
  validation_frequency: *size
eval_config: {temperature: 0.7, top_k: 5}
device_config:
  mesh_shape: [1, 1]
"""


MODEL = b"""\
transformer_config:
  model_type: llama
  embedding_dim: 32
  num_blocks: 2
  num_heads: 4
  num_groups: 2
  max_sequence_length: 16
  rope_scaling: {scaling_factor: 4.0, original_context_length: 8}
"""


PROJECT = b"""\
privacy: local-only
profile: trainsmith
board: n150
rules:
  lr-too-high: off
  seed-missing: warning
"""


CHAT_TEMPLATE = """\
{%- for message in messages %}
{{- '<|' + message.role + '|>' + (message['content'] | trim) + eos_token }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|assistant|>' }}{% endif %}
"""

_CONVERSATION = {
    "messages": [{"role": "user", "content": "1+1="}, {"role": "assistant", "content": "2"}]
}
_EXAMPLES = (
    {"prompt": "1+1=", "response": "2"},
    {"text": "a"},
    _CONVERSATION,
    {"instruction": "Add.", "input": "1+1", "output": "2"},
)

EXAMPLES = (b"\n".join(map(as_json, _EXAMPLES)),)

EXAMPLE_LIST = as_json(_EXAMPLES)

COMPRESSED_EXAMPLES = gzip.compress(EXAMPLES[0], mtime=0)


def _table() -> Any:
    return pyarrow.Table.from_pylist([_CONVERSATION] * 3)


def _parquet() -> bytes:
    file = io.BytesIO()
    pyarrow.parquet.write_table(_table(), file)
    return file.getvalue()


def _arrow() -> bytes:
    file = io.BytesIO()
    with pyarrow.ipc.new_stream(file, _table().schema) as writer:
        writer.write_table(_table())
    return file.getvalue()


PARQUET, ARROW = _parquet(), _arrow()


EVENT_LINES = "".join(
    json.dumps(event) + "\n"
    for event in (
        {
            "event": "run_started",
            "time": 1.5,
            "name": "r",
            "config": "training.yaml",
            "device": "CPU",
            "parameters": 9,
            "total_steps": 9,
            "ends_by": "max_steps",
            "steps_per_epoch": 9,
            "effective_batch": 4,
            "tokens_per_step": 64,
            "parent": "other",
        },
        {
            "event": "step",
            "time": 2,
            "step": 1,
            "epoch": 1,
            "loss": 2.5,
            "learning_rate": 0.1,
            "grad_norm": 1,
            "tokens_per_second": 1,
            "seconds_left": 1,
        },
        {"event": "validation", "time": 3, "step": 1, "loss": 2.25, "best": True},
        {"event": "sample", "time": 3, "step": 1, "prompt": "a", "text": "b"},
        {"event": "checkpoint_saved", "time": 3, "step": 1, "path": "c", "size": 1},
        {"event": "warned", "time": 3, "message": "hm"},
        {"event": "run_failed", "time": 4, "step": 1, "message": "no", "change": None},
        {"event": "run_stopped", "time": 4, "step": 1, "reason": "Ctrl-C"},
        {
            "event": "run_finished",
            "time": 4,
            "step": 1,
            "loss": 2.5,
            "validation_loss": 1,
            "seconds": 3,
            "final": "final",
        },
    )
).encode()


RESOLVED_TEXT = RECIPE + MODEL + b"derived: {data_sha256: 00ff}\nprovenance: {python: 3}\n"


STATE = as_json(
    {
        "format": 2,
        "step": 4,
        "position": {"epoch": 0, "sequence": 16},
        "loss": 2.5,
        "validation_loss": None,
        "best_validation_loss": 2.0,
        "best": {"step": 4, "validation_loss": 2.0},
        "setting": {"torch": "2", "world_size": 1, "fused_adamw": True},
    }
)


TENSORS = safetensors.numpy.save({"a": np.arange(6, dtype=np.float32).reshape(2, 3)})


RANDOM = safetensors.numpy.save({"cpu": np.arange(6, dtype=np.uint8)})


DESCRIPTION = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 99,
    "max_position_embeddings": 64,
    "hidden_act": "silu",
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "rope_scaling": {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8,
    },
    "tie_word_embeddings": True,
    "eos_token_id": [1, 2],
}


GPT2 = {
    "model_type": "gpt2",
    "n_embd": 32,
    "n_layer": 2,
    "n_head": 4,
    "n_positions": 16,
    "vocab_size": 99,
    "activation_function": "gelu_new",
    "layer_norm_epsilon": 1e-5,
    "eos_token_id": 98,
}

ADAPTER_CONFIG = {
    "peft_type": "LORA",
    "task_type": "CAUSAL_LM",
    "base_model_name_or_path": "base",
    "r": 2,
    "lora_alpha": 4,
    "bias": "none",
    "target_modules": ["h.0.attn.c_attn"],
}


ADAPTER = safetensors.numpy.save(
    {
        f"base_model.model.transformer.h.0.attn.c_attn.{name}.weight": np.ones(shape, np.float32)
        for name, shape in (("lora_A", (2, 32)), ("lora_B", (96, 2)))
    }
)


BPE = {
    "version": "1.0",
    "truncation": {"direction": "Right", "max_length": 9, "strategy": "LongestFirst", "stride": 0},
    "padding": {
        "strategy": "BatchLongest",
        "direction": "Right",
        "pad_to_multiple_of": 8,
        "pad_id": 0,
        "pad_type_id": 0,
        "pad_token": "a",
    },
    "added_tokens": [
        {
            "id": 3,
            "content": "<|endoftext|>",
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
    ],
    "normalizer": {
        "type": "Sequence",
        "normalizers": [
            {"type": "NFC"},
            {"type": "Replace", "pattern": {"Regex": " +"}, "content": "a"},
            {"type": "Prepend", "prepend": "a"},
        ],
    },
    "pre_tokenizer": {
        "type": "Sequence",
        "pretokenizers": [
            {"type": "Digits", "individual_digits": True},
            {
                "type": "Split",
                "pattern": {"Regex": "a|b"},
                "behavior": "Isolated",
                "invert": False,
            },
        ],
    },
    "post_processor": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True},
    "decoder": {
        "type": "Sequence",
        "decoders": [
            {"type": "Replace", "pattern": {"String": "a"}, "content": " "},
            {"type": "ByteFallback"},
            {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0},
        ],
    },
    "model": {
        "type": "BPE",
        "dropout": None,
        "unk_token": "a",
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": True,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": {"a": 0, "b": 1, "ab": 2},
        "merges": [["a", "b"]],
    },
}


UNIGRAM = {
    **BPE,
    "normalizer": {"type": "Lowercase"},
    "pre_tokenizer": {"type": "Metaspace", "replacement": "_", "prepend_scheme": "always"},
    "decoder": {"type": "Metaspace", "replacement": "_", "prepend_scheme": "always"},
    "model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", 0.0], ["b", -1.5]]},
}


WORD_PIECE = {
    **BPE,
    "normalizer": {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": True,
        "strip_accents": None,
        "lowercase": True,
    },
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
    "model": {
        "type": "WordPiece",
        "unk_token": "a",
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 9,
        "vocab": {"a": 0, "##b": 1},
    },
}


CHARACTERS = CharTokenizer("ab\n", has_end=True).files()["tokenizer.json"]


TOKENS = b"\0\0\1\0"


def one_document(tokens: bytes) -> bytes:
    return np.array([(len(tokens) // 2, 0, 1, 0, False, False)], DOCUMENT).tobytes()


_HEADER = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'


WEIGHTS = (TENSORS, RANDOM, struct.pack("<Q", len(_HEADER)) + _HEADER + b"1234")


INDEX = as_json({"metadata": {"total_size": 24}, "weight_map": {"a": "one.safetensors"}})
