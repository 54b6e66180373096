"""Weights in bfloat16 and float16 are those that PyTorch writes and reads."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st
from workspace import Workspace

from trainsmith_schemas.families.hugging_face import DType
from trainsmith_trainer.hf.number_formats import TensorFile, fitting_dtype

_FORMATS: dict[DType, torch.dtype] = {"bfloat16": torch.bfloat16, "float16": torch.float16}


@pytest.mark.parametrize("dtype", _FORMATS)
@given(
    numbers=st.lists(
        st.floats(-60_000, 60_000, width=32, allow_subnormal=True), min_size=1, max_size=12
    )
)
def test_rounding_is_that_of_torch(dtype: DType, numbers: list[float]) -> None:
    array = np.array(numbers, np.float32)
    content = b"".join(TensorFile({"b": array, "a": array.reshape(1, -1)}, dtype))
    tensors = safetensors.torch.load(content)
    expected = torch.from_numpy(array).to(_FORMATS[dtype])
    assert tensors["b"].dtype == _FORMATS[dtype]
    assert torch.equal(tensors["b"], expected)
    assert torch.equal(tensors["a"], expected.reshape(1, -1))


def test_float32_is_what_the_library_reads() -> None:
    arrays = {
        "b": np.arange(6, dtype=np.float32).reshape(2, 3).T,
        "a": np.array(2.5, np.float32),
        "empty": np.zeros((0, 4), np.float32),
    }
    read = safetensors.numpy.load(b"".join(TensorFile(arrays)))
    assert read.keys() == arrays.keys()
    for name, array in arrays.items():
        assert read[name].shape == array.shape
        np.testing.assert_array_equal(read[name], array)


def test_numbers_beyond_float16_are_kept_in_float32() -> None:
    assert fitting_dtype({"a": np.array([1.0, 70_000.0])}, "float16") == "float32"
    assert fitting_dtype({"a": np.array([1.0, 60_000.0])}, "float16") == "float16"
    assert fitting_dtype({"a": np.array([1.0, 70_000.0])}, "bfloat16") == "bfloat16"


def test_final_model_keeps_the_number_format_of_its_base(
    finished: Workspace, workspace: Workspace
) -> None:
    base, final = workspace.path / "base", workspace.run_folder() / "final"
    given = finished.run_folder() / "final"
    model = transformers.AutoModelForCausalLM.from_pretrained(given, dtype=torch.bfloat16)
    model.save_pretrained(base)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (base / name).write_bytes((given / name).read_bytes())
    workspace.write("tuned.yaml", "transformer_config:\n  model_path: base\n")
    training = {"model_config": "tuned.yaml", "max_steps": 2}
    workspace.write_recipe(training_config=training)
    done = workspace.command("train", "training.yaml")
    assert done.returncode == 0, done.stderr
    assert json.loads((final / "config.json").read_text("utf-8"))["dtype"] == "bfloat16"
    tuned = transformers.AutoModelForCausalLM.from_pretrained(final)
    assert {weight.dtype for weight in tuned.parameters()} == {torch.bfloat16}
    assert _size(final) == pytest.approx(_size(base), rel=0.05)
    assert workspace.command("generate", "training-001", "--max-new-tokens", "4").returncode == 0


def _size(folder: Path) -> int:
    return (folder / "model.safetensors").stat().st_size
