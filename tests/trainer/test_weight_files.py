"""Weights of a folder that `transformers` saved in several files."""

from pathlib import Path

import numpy as np
import pytest
from transformers import LlamaConfig, LlamaForCausalLM

from trainsmith_trainer.hugging_face import UnreadableModelError
from trainsmith_trainer.weight_files import read_weights


def test_shards_are_read_and_a_missing_one_is_named(tmp_path: Path) -> None:
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
    read = read_weights(tmp_path)
    wanted = model.state_dict()
    assert read.keys() == wanted.keys()
    assert all(np.array_equal(read[name], wanted[name].numpy()) for name in wanted)
    shards[0].unlink()
    with pytest.raises(UnreadableModelError, match=shards[0].name):
        read_weights(tmp_path)


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(UnreadableModelError, match="safetensors"):
        read_weights(tmp_path)
