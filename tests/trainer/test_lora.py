"""LoRA, compared with Hugging Face's PEFT: the same steps, the same files, the same logits."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import peft
import pytest
import torch
import transformers
from bf16 import pretend_bf16_units
from torch.nn import functional

from trainsmith_schemas.families.description import UnreadableModelError
from trainsmith_schemas.meaning.lora import trained_parameters, trained_shapes
from trainsmith_schemas.sections.lora import LoraConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.torch.backend import TorchBackend
from trainsmith_trainer.backends.torch.decoder import load_decoder
from trainsmith_trainer.data.batches import Batch
from trainsmith_trainer.errors import RunError
from trainsmith_trainer.hf import adapter_base
from trainsmith_trainer.hf.adapter import Adapter, adapter_weights, read_adapter, stored_adapter
from trainsmith_trainer.hf.load import read_weights
from trainsmith_trainer.hf.merge import merged
from trainsmith_trainer.hf.model_dir import Pretrained, describe

_LLAMA: dict[str, Any] = {
    "model_type": "llama",
    "vocab_size": 20,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32,
}
BASES: dict[str, dict[str, Any]] = {
    "gpt2": {
        "model_type": "gpt2",
        "vocab_size": 20,
        "n_embd": 16,
        "n_layer": 2,
        "n_head": 2,
        "n_positions": 32,
        "resid_pdrop": 0.0,
        "embd_pdrop": 0.0,
        "attn_pdrop": 0.0,
        "bos_token_id": 0,
        "eos_token_id": 0,
    },
    "llama": {**_LLAMA, "tie_word_embeddings": True},
    "qwen2": {**_LLAMA, "model_type": "qwen2"},
    "qwen3": {**_LLAMA, "model_type": "qwen3", "head_dim": 6, "attention_bias": True},
    "mistral": {**_LLAMA, "model_type": "mistral", "sliding_window": 8},
    "phi3": {**_LLAMA, "model_type": "phi3", "pad_token_id": 0},
    "gemma3": {**_LLAMA, "model_type": "gemma3_text", "head_dim": 6, "sliding_window": 8},
}
SECTIONS: dict[str, dict[str, Any]] = {
    "all layers": {},
    "with biases": {"is_bias_trainable": True},
    "rslora": {"use_rslora": True},
    "attention": {"target_modules": ["c_attn", "qkv_proj", "q_proj", "v_proj", "attn.c_proj"]},
    "one block": {
        "target_modules": ["h.1.mlp.c_fc", "layers.1.mlp.up_proj", "layers.1.mlp.gate_up_proj"]
    },
}
_RATE, _DECAY = 0.01, 0.1
_TOKENS = list(range(1, 19))


def _lora(**section: Any) -> LoraConfig:
    return LoraConfig.model_validate({"r": 4, "lora_alpha": 16.0, **section})


def _peft_config(lora: LoraConfig) -> peft.LoraConfig:
    return peft.LoraConfig(
        r=lora.r,
        lora_alpha=16,
        target_modules=lora.target_modules or "all-linear",
        bias="lora_only" if lora.is_bias_trainable else "none",
        use_rslora=lora.use_rslora,
        task_type="CAUSAL_LM",
    )


def _base(name: str, folder: Path) -> Pretrained:
    """A random model, saved by `transformers`; no parameter has its usual initial value."""
    torch.manual_seed(0)
    config = transformers.AutoConfig.for_model(**BASES[name])
    model = transformers.AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    model.save_pretrained(folder)
    return describe(folder)


def _theirs(base: Pretrained) -> Any:
    return transformers.AutoModelForCausalLM.from_pretrained(base.folder, dtype=torch.float32)


def _ours(base: Pretrained, lora: LoraConfig, **training: Any) -> Any:
    """A `TorchBackend`, also to look inside."""
    section = {
        "weight_decay": _DECAY,
        "use_clip_grad_norm": False,
        "optimizer": {"type": "AdamW"},
        **training,
    }
    weights = read_weights(base, base.shape)
    return TorchBackend(
        base.shape.model_copy(update={"dropout_prob": 0.0}),
        TrainingConfig.model_validate(section),
        weights=weights,
        lora=lora,
    )


def _batch(seed: int) -> Batch:
    tokens = np.random.default_rng(seed).integers(0, 20, (3, 17))
    return Batch(tokens[:, :-1].copy(), tokens[:, 1:].copy())


def _trained(model: Any) -> dict[str, torch.Tensor]:
    """The trained parameters of a PEFT model by our names."""
    return {
        name.removeprefix("base_model.model.")
        .replace(".default.", ".")
        .replace(".base_layer.", "."): parameter
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
    }


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("family", BASES)
def test_gradients_and_steps_match_peft(family: str, section: str, tmp_path: Path) -> None:
    base, lora = _base(family, tmp_path / "base"), _lora(**SECTIONS[section])
    if lora.target_modules:
        own = ("c_attn", "c_proj", "c_fc") if family == "gpt2" else ("q_proj", "v_proj", "up_proj")
        names = [one for one in lora.target_modules if one.endswith(own)]
        lora = lora.model_copy(update={"target_modules": names})
    ours = _ours(base, lora)
    before = {name: one.clone() for name, one in ours._model.named_parameters()}
    theirs: Any = peft.get_peft_model(_theirs(base), _peft_config(lora))
    parameters = _trained(theirs)
    # At first B is zero, and A has no gradient: the second step shows more.
    assert parameters.keys() == ours.weights().keys()
    with torch.no_grad():
        for name, array in ours.weights().items():
            parameters[name].copy_(torch.from_numpy(array))
    matrices = [one for one in parameters.values() if one.dim() == 2]
    vectors = [one for one in parameters.values() if one.dim() == 1]
    groups = [
        {"params": matrices, "weight_decay": _DECAY},
        {"params": vectors, "weight_decay": 0.0},
    ]
    # AdamW enlarges rounding: a bias of keys has no gradient, because softmax cancels it.
    clear = {name: torch.ones_like(one, dtype=torch.bool) for name, one in parameters.items()}
    optimizer = torch.optim.AdamW([group for group in groups if group["params"]], lr=_RATE)
    for step in range(3):
        batch = _batch(step)
        gradient = ours.gradient([batch])
        logits = theirs(torch.from_numpy(batch.inputs)).logits
        targets = torch.from_numpy(batch.targets).flatten()
        loss = functional.cross_entropy(logits.flatten(0, 1), targets)
        optimizer.zero_grad()
        loss.backward()
        assert gradient.loss == pytest.approx(loss.item(), abs=1e-6)
        for name, parameter in ours._trainable.items():
            torch.testing.assert_close(
                parameter.grad, parameters[name].grad, atol=1e-6, rtol=1e-4, msg=name
            )
            clear[name] &= (parameter.grad == 0) | (parameter.grad.abs() > 1e-5)
        ours.update(_RATE)
        optimizer.step()
    for name, array in ours.weights().items():
        assert clear[name].float().mean() > 0.5
        theirs_now = parameters[name].detach()[clear[name]].numpy()
        np.testing.assert_allclose(array[clear[name]], theirs_now, atol=1e-5, err_msg=name)
    for name, parameter in ours._model.named_parameters():
        if name not in ours._trainable:
            assert torch.equal(parameter, before[name]), name
            assert parameter.grad is None
    state = ours.optimizer_state()
    moments = {name.partition(".")[2] for name in state} - {""}
    assert moments == ours.weights().keys()


@pytest.mark.parametrize("family", BASES)
def test_trained_parameters_are_counted_without_building(family: str, tmp_path: Path) -> None:
    base = _base(family, tmp_path / "base")
    for lora in (
        _lora(),
        _lora(is_bias_trainable=True),
        _lora(target_modules=["c_proj", "q_proj"]),
    ):
        ours = _ours(base, lora)
        shapes = {name: array.shape for name, array in ours.weights().items()}
        assert trained_shapes(lora, base.shape) == shapes
        counted = trained_parameters(lora, base.shape)
        assert counted is not None
        assert counted.total == ours.trained_parameters
        whole = sum(math.prod(one.shape) for one in read_weights(base, base.shape).values())
        assert ours.parameters == whole + counted.adapters


def test_initial_matrices_are_those_of_peft(tmp_path: Path) -> None:
    base = _base("llama", tmp_path / "base")
    for name, array in _ours(base, _lora(r=64)).weights().items():
        if ".lora_B." in name:
            assert not array.any()
        else:
            # Kaiming-uniform with a = √5 draws from ± 1 / √in.
            bound = 1 / math.sqrt(array.shape[1])
            assert 0.9 * bound < np.abs(array).max() <= bound
            assert abs(array.mean()) < 0.1 * bound


def _logits(model: Any) -> Any:
    with torch.no_grad():
        return model.eval()(torch.tensor([_TOKENS])).logits[0, -1].numpy()


@pytest.mark.parametrize("section", ["all layers", "with biases", "rslora"])
@pytest.mark.parametrize("family", BASES)
def test_peft_reads_our_adapter(family: str, section: str, tmp_path: Path) -> None:
    base, lora = _base(family, tmp_path / "base"), _lora(**SECTIONS[section])
    ours = _ours(base, lora)
    for step in range(3):
        ours.gradient([_batch(step)])
        ours.update(0.05)
    expected = ours.decoder().read(_TOKENS)
    plain = _logits(_theirs(base))
    assert np.abs(expected - plain).max() > 0.1
    _write(tmp_path / "adapter", stored_adapter(lora, base.shape, ours.weights(), base.folder))
    theirs = peft.PeftModel.from_pretrained(_theirs(base), tmp_path / "adapter")
    np.testing.assert_allclose(_logits(theirs), expected, atol=1e-5)
    # Token by token, with the cache.
    decoder = ours.decoder()
    decoder.read(_TOKENS[:1])
    for token in _TOKENS[1:-1]:
        decoder.read([token])
    np.testing.assert_allclose(decoder.read(_TOKENS[-1:]), expected, atol=1e-5)


@pytest.mark.parametrize("section", ["all layers", "with biases", "rslora"])
@pytest.mark.parametrize("family", BASES)
def test_we_read_adapter_of_peft(family: str, section: str, tmp_path: Path) -> None:
    base, lora = _base(family, tmp_path / "base"), _lora(**SECTIONS[section])
    theirs: Any = peft.get_peft_model(_theirs(base), _peft_config(lora))
    with torch.no_grad():
        for parameter in _trained(theirs).values():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    theirs.save_pretrained(str(tmp_path / "adapter"))
    adapter = read_adapter(tmp_path / "adapter")
    trained = adapter_weights(adapter, base.shape)
    weights = read_weights(base, base.shape)
    whole = merged(weights, trained, adapter.lora.lora_alpha / (2 if lora.use_rslora else 4))
    expected = _logits(theirs)
    np.testing.assert_allclose(load_decoder(base.shape, whole).read(_TOKENS), expected, atol=1e-5)
    continued = TorchBackend(
        base.shape, TrainingConfig(), weights={**weights, **trained}, lora=lora
    )
    np.testing.assert_allclose(continued.decoder().read(_TOKENS), expected, atol=1e-5)


UNSUPPORTED: dict[str, dict[str, Any]] = {
    "use_dora": {"use_dora": True},
    "modules_to_save": {"modules_to_save": ["lm_head"]},
    "bias": {"bias": "all"},
    "rank_pattern": {"rank_pattern": {"c_attn": 2}},
    "alpha_pattern": {"alpha_pattern": {"c_attn": 2}},
    "lora_bias": {"lora_bias": True},
    "peft_type": {"peft_type": "IA3"},
    "task_type": {"task_type": "SEQ_CLS"},
    "init_lora_weights": {"init_lora_weights": "pissa"},
    "a_key_of_tomorrow": {"a_key_of_tomorrow": 1},
}


@pytest.mark.parametrize("key", UNSUPPORTED)
def test_other_kinds_of_adapter_are_refused_by_key(key: str, tmp_path: Path) -> None:
    base, lora = _base("gpt2", tmp_path / "base"), _lora()
    peft.get_peft_model(_theirs(base), _peft_config(lora)).save_pretrained(
        str(tmp_path / "adapter")
    )
    file = tmp_path / "adapter" / "adapter_config.json"
    read_adapter(tmp_path / "adapter")
    file.write_text(json.dumps({**json.loads(file.read_text()), **UNSUPPORTED[key]}))
    with pytest.raises(
        UnreadableModelError, match=rf"`{key}` is .* in .*adapter_config.json; only"
    ):
        read_adapter(tmp_path / "adapter")


def test_adapter_of_another_shape_is_refused(tmp_path: Path) -> None:
    base, lora = _base("gpt2", tmp_path / "base"), _lora()
    peft.get_peft_model(_theirs(base), _peft_config(lora)).save_pretrained(
        str(tmp_path / "adapter")
    )
    wider = base.shape.model_copy(update={"embedding_dim": 32})
    with pytest.raises(UnreadableModelError, match=r"is \[4, 16\], expected \[4, 32\]"):
        adapter_weights(read_adapter(tmp_path / "adapter"), wider)
    shallower = base.shape.model_copy(update={"num_blocks": 1})
    with pytest.raises(UnreadableModelError, match="does not belong to a gpt2 of this shape"):
        adapter_weights(read_adapter(tmp_path / "adapter"), shallower)


def test_recomputed_blocks_have_the_same_gradients(tmp_path: Path) -> None:
    base = _base("llama", tmp_path / "base")
    sparing = replace(base, shape=base.shape.model_copy(update={"runner_type": "memory_efficient"}))
    # The same dropout is drawn again.
    one, other = (_ours(each, _lora(lora_dropout=0.2)) for each in (base, sparing))
    for step in range(2):
        torch.manual_seed(step)
        expected = one.gradient([_batch(step)])
        torch.manual_seed(step)
        assert other.gradient([_batch(step)]) == expected
        one.update(_RATE)
        other.update(_RATE)


def test_dropout_acts_on_matrices_in_training_only(tmp_path: Path) -> None:
    base = _base("gpt2", tmp_path / "base")
    plain, dropping = _ours(base, _lora()), _ours(base, _lora(lora_dropout=0.5))
    assert plain.gradient([_batch(0)]).loss == dropping.gradient([_batch(0)]).loss  # B is zero.
    for backend in (plain, dropping):
        backend.update(0.05)
    dropping.restore(plain.weights(), plain.optimizer_state(), plain.random_state())
    assert dropping.loss([_batch(1)]) == plain.loss([_batch(1)])
    assert dropping.gradient([_batch(1)]).loss != plain.gradient([_batch(1)]).loss


def test_bf16_rounds_base_and_keeps_matrices_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_bf16_units(monkeypatch, present=True)
    base, lora = _base("gpt2", tmp_path / "base"), _lora(is_bias_trainable=True)
    exact = _ours(base, lora)
    rounded = _ours(base, lora, precision="bf16", use_kahan_summation=True)
    assert ["LoRA's weights are fp32" in message for message, _ in rounded.warnings] == [True]
    for name, parameter in rounded._model.named_parameters():
        expected = torch.float32 if name in rounded._trainable else torch.bfloat16
        assert parameter.dtype == expected, name
    for step in range(3):
        loss = exact.gradient([_batch(step)]).loss
        assert rounded.gradient([_batch(step)]).loss == pytest.approx(loss, abs=0.02)
        exact.update(_RATE)
        rounded.update(_RATE)
    decoder = rounded.decoder()
    decoder.read(_TOKENS[:4])
    assert np.isfinite(decoder.read(_TOKENS[4:5])).all()


@pytest.mark.skipif(os.name == "nt", reason="other machines have other names there")
def test_base_on_another_machine_is_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Path] = []
    monkeypatch.setattr(adapter_base, "is_folder", looked.append)
    for base in ("/net/host/base", f"{'../' * 30}net/host/base", "near"):
        adapter = Adapter(tmp_path, LoraConfig(), base, {})
        with pytest.raises(UnreadableModelError, match="pass the base's folder in --base"):
            adapter_base.find_base(adapter, None)
    assert {path.name for path in looked} == {"near"}


def test_matrices_that_do_not_fit_into_memory_name_the_rank(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="too small for LoRA's matrices") as raised:
        _ours(_base("llama", tmp_path), _lora(r=10**12))
    assert raised.value.config_path == "lora_config.r"
    assert str(raised.value.advice).startswith("lower `r`")


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_bf16_is_as_close_to_fp32_as_pefts(
    family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_bf16_units(monkeypatch, present=True)
    base, lora = _base(family, tmp_path / "base"), _lora()
    exact, rounded = _ours(base, lora), _ours(base, lora, precision="bf16")
    theirs: Any = peft.get_peft_model(_theirs(base).to(torch.bfloat16), _peft_config(lora))
    parameters = _trained(theirs)
    with torch.no_grad():
        for name, parameter in exact._trainable.items():
            parameter.copy_(torch.randn_like(parameter) * 0.1)  # No B is zero.
            rounded._trainable[name].copy_(parameter)
            parameters[name].copy_(parameter)
    errors: dict[str, list[float]] = {"ours": [], "theirs": []}
    for seed in range(8):
        batch = _batch(seed)
        for backend in (exact, rounded):
            for parameter in backend._trainable.values():
                parameter.grad = None
            backend.gradient([batch])
        theirs.zero_grad()
        logits = theirs(torch.from_numpy(batch.inputs)).logits.float()
        targets = torch.from_numpy(batch.targets).flatten()
        functional.cross_entropy(logits.flatten(0, 1), targets).backward()
        for whose, computed in (("ours", rounded._trainable), ("theirs", parameters)):
            errors[whose].append(_distance(computed, exact._trainable))
    assert np.mean(errors["ours"]) < 1.5 * np.mean(errors["theirs"])


def _distance(computed: Mapping[str, Any], exact: Mapping[str, Any]) -> float:
    """The norm of the error of a gradient, as a share of the gradient's norm."""
    error = sum(float((computed[name].grad - exact[name].grad).square().sum()) for name in exact)
    return math.sqrt(error / sum(float(one.grad.square().sum()) for one in exact.values()))
