"""Weights of folders that `transformers` saved."""

import json
import math
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

from trainsmith_schemas.families.description import UnreadableModelError
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.torch.decoder import load_decoder
from trainsmith_trainer.backends.torch.models import build_empty, build_model
from trainsmith_trainer.hf.model_dir import describe
from trainsmith_trainer.hf.safetensors_files import read_tensors, stored_tensors


def test_shards_are_read_and_missing_shard_is_named(tmp_path: Path) -> None:
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=40,
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
        )
    )
    model.save_pretrained(tmp_path, max_shard_size="5KB")
    shards = sorted(tmp_path.glob("model-*.safetensors"))
    assert len(shards) > 1
    read = dict(read_tensors(stored_tensors(tmp_path)))
    expected = model.state_dict()
    assert read.keys() == expected.keys()
    assert all(np.array_equal(read[name], expected[name].numpy()) for name in expected)
    shards[0].unlink()
    with pytest.raises(UnreadableModelError, match=shards[0].name):
        stored_tensors(tmp_path)


@pytest.mark.parametrize("numbers", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_number_formats_are_read_exactly(numbers: torch.dtype, tmp_path: Path) -> None:
    expected = torch.tensor([[1.0, -2.5e-3], [3.25e4, float("inf")]]).to(numbers)
    save_file({"a": expected}, tmp_path / "model.safetensors")
    read = dict(read_tensors(stored_tensors(tmp_path)))
    assert read["a"].dtype == np.float32
    assert np.array_equal(read["a"], expected.float().numpy())


@pytest.mark.parametrize("numbers", [torch.bfloat16, torch.float16, torch.float32])
def test_a_model_uses_the_memory_that_weights_were_read_into(
    numbers: torch.dtype, tmp_path: Path
) -> None:
    """A copy would take as much memory again."""
    config = TransformerConfig(
        model_type="llama",
        vocab_size=40,
        max_sequence_length=8,
        embedding_dim=16,
        num_blocks=1,
        num_heads=2,
        weight_tying="enabled",
    )
    random = build_model(config).state_dict()
    stored = {name: one.to(numbers) for name, one in random.items() if name != "lm_head.weight"}
    save_file(stored, tmp_path / "model.safetensors")
    read = dict(read_tensors(stored_tensors(tmp_path)))
    decoder = load_decoder(config, read)
    memory = {name: one.data_ptr() for name, one in decoder.model.named_parameters()}
    assert memory == {name: array.ctypes.data for name, array in read.items()}
    assert all(address % 64 == 0 for address in memory.values())


def test_an_empty_model_draws_no_random_numbers() -> None:
    config = TransformerConfig(vocab_size=40, embedding_dim=16, num_blocks=1, num_heads=2)
    before = torch.get_rng_state()
    build_empty(config)
    assert torch.equal(torch.get_rng_state(), before)


def test_arrays_that_may_not_change_are_copied() -> None:
    """A run changes its weights in place."""
    config = TransformerConfig(vocab_size=40, embedding_dim=16, num_blocks=1, num_heads=2)
    weights = {name: one.detach().numpy() for name, one in build_model(config).named_parameters()}
    for array in weights.values():
        array.flags.writeable = False
    decoder = load_decoder(config, weights)
    for name, one in decoder.model.named_parameters():
        assert one.data_ptr() != weights[name].ctypes.data
        assert np.array_equal(one.detach().numpy(), weights[name])


def test_unsupported_number_format_is_refused(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(2, dtype=torch.int8)}, tmp_path / "model.safetensors")
    with pytest.raises(UnreadableModelError, match=r"model\.safetensors: `a` is I8; only F64, F32"):
        dict(read_tensors(stored_tensors(tmp_path)))


@pytest.mark.parametrize("shape", [[0, 2**62], [1] * 100, [0] * 33])
def test_a_shape_that_no_array_has_is_refused(shape: list[int], tmp_path: Path) -> None:
    size = 4 * math.prod(shape)
    places = {"a": {"dtype": "F32", "shape": shape, "data_offsets": [0, size]}}
    header = json.dumps(places).encode()
    file = tmp_path / "model.safetensors"
    file.write_bytes(struct.pack("<Q", len(header)) + header + bytes(size))
    with pytest.raises(UnreadableModelError, match=r"is damaged: `a` has the shape \[[01], .*no"):
        list(read_tensors(stored_tensors(tmp_path)))


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(UnreadableModelError, match="safetensors"):
        stored_tensors(tmp_path)


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"a":' * 100_000, b"\xff", b"[]", b"1"])
def test_junk_instead_of_a_description_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(UnreadableModelError, match=r"config\.json (is not|cannot be read)"):
        describe(tmp_path)


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"weight_map": {"a": []}}', b"1", b"\xff"])
def test_junk_instead_of_an_index_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.safetensors.index.json").write_bytes(content)
    with pytest.raises(UnreadableModelError, match="is damaged"):
        stored_tensors(tmp_path)


def test_truncated_file_is_damaged(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    save_file({"a": torch.zeros(100)}, file)
    file.write_bytes(file.read_bytes()[:-8])
    with pytest.raises(UnreadableModelError, match="is damaged"):
        stored_tensors(tmp_path)


def test_companion_that_links_to_another_folder_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "id_rsa"
    secret.write_text("secret")
    folder = tmp_path / "model"
    LlamaConfig(hidden_size=16, num_attention_heads=2).save_pretrained(folder)
    companion = folder / "chat_template.jinja"
    companion.symlink_to(secret)
    with pytest.raises(UnreadableModelError, match="symbolic link"):
        describe(folder)
    companion.unlink()
    (folder / "template").write_text("{{ messages }}")
    companion.symlink_to("template")
    assert describe(folder).companions["chat_template.jinja"] == b"{{ messages }}"


def test_companion_that_links_to_itself_is_refused(tmp_path: Path) -> None:
    LlamaConfig(hidden_size=16, num_attention_heads=2).save_pretrained(tmp_path)
    (tmp_path / "generation_config.json").unlink(missing_ok=True)
    (tmp_path / "generation_config.json").symlink_to("generation_config.json")
    with pytest.raises(UnreadableModelError, match="generation_config"):
        describe(tmp_path)


def test_companion_in_hugging_face_cache_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "models--a--b" / "snapshots" / "0123"
    blobs = tmp_path / "models--a--b" / "blobs"
    blobs.mkdir(parents=True)
    LlamaConfig(hidden_size=16, num_attention_heads=2).save_pretrained(folder)
    (blobs / "4567").write_text("{{ messages }}")
    (folder / "chat_template.jinja").symlink_to("../../blobs/4567")
    assert describe(folder).companions["chat_template.jinja"] == b"{{ messages }}"
