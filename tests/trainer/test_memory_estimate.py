"""The estimate of a run's memory: what PyTorch stores, what is free, what to change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from workspace import MODEL, Workspace

from trainsmith_schemas.meaning import derived
from trainsmith_schemas.meaning.memory import Pass, peak_memory, stored_activations
from trainsmith_schemas.sections.documents import TrainingDocument
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends import allocation
from trainsmith_trainer.backends.torch.lora import add_adapters
from trainsmith_trainer.backends.torch.models import build_model
from trainsmith_trainer.backends.torch.models.packed import Packed
from trainsmith_trainer.backends.torch.precision import in_precision
from trainsmith_trainer.config.load import load_config
from trainsmith_trainer.run import free_memory as free_here
from trainsmith_trainer.run import memory
from trainsmith_trainer.run.corpus import read_corpus
from trainsmith_trainer.run.dry_run import dry_run
from trainsmith_trainer.run.free_memory import Free
from trainsmith_trainer.run.largest_batch import largest_passes

ROWS = 4
SHAPES: tuple[dict[str, Any], ...] = (
    {"model_type": "gpt2"},
    {"model_type": "gpt2", "num_blocks": 5, "dropout_prob": 0.2},
    {"model_type": "llama", "intermediate_dim": 256, "num_groups": 2},
    {"model_type": "llama", "head_dim": 20, "attention_bias": True, "mlp_bias": True},
    {"model_type": "qwen2"},
    {"model_type": "qwen3", "head_dim": 20},
    {"model_type": "mistral", "sliding_window": 5, "head_dim": 20},
    {"model_type": "smollm3", "mlp_bias": True},
    {"model_type": "phi3", "num_groups": 2},
    {"model_type": "gemma2"},
    {"model_type": "gemma2", "attn_logit_softcapping": 50.0, "max_sequence_length": 128},
    {"model_type": "gemma3_text", "num_groups": 2},
)
KINDS: dict[str, dict[str, Any]] = {
    "fp32": {},
    "autocast": {"training_config": {"precision": "bf16"}},
    "bf16": {"training_config": {"precision": "bf16", "use_kahan_summation": True}},
    "lora": {"lora_config": {"r": 4}},
    "lora of queries, with dropout": {
        "lora_config": {
            "r": 4,
            "lora_dropout": 0.1,
            "target_modules": ["q_proj", "qkv_proj", "c_attn"],
        }
    },
    "lora in bf16": {"training_config": {"precision": "bf16"}, "lora_config": {"r": 4}},
    "packed": {"training_config": {"packing": True}},
}


@pytest.mark.filterwarnings("ignore:Mismatch dtype")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_estimate_matches_tensors_that_pytorch_stores(shape: dict[str, Any], kind: str) -> None:
    config = TransformerConfig.model_validate(
        {**MODEL, "vocab_size": 24, "embedding_dim": 64, "dropout_prob": 0.0, **shape}
    )
    document = _document(KINDS[kind], shape)
    training, lora = document.training_config, document.lora_config
    autocasts = lora is None and derived.autocasts(training)
    model = in_precision(build_model(config).train(), "fp32" if autocasts else training.precision)
    if lora:
        add_adapters(model, lora, {})
    own = {one.untyped_storage().data_ptr() for one in (*model.parameters(), *model.buffers())}
    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    length = config.max_sequence_length
    rows = torch.zeros((ROWS, length), dtype=torch.int64)
    packed = Packed.of((length,) * ROWS, rows.device) if training.packing else None
    tokens = rows.view(1, -1) if packed else rows
    hooks = torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor)
    with hooks, torch.autocast("cpu", torch.bfloat16, enabled=autocasts):
        logits = model.logits(model.hidden(tokens, packed=packed).flatten(0, 1))
    assert logits.requires_grad
    whole = Pass.full(ROWS, length, packed=training.packing)
    assert stored_activations(document, config, whole) == pytest.approx(sum(kept.values()), rel=0.1)


def _document(sections: dict[str, Any], shape: dict[str, Any]) -> TrainingDocument:
    sections = {name: dict(section) for name, section in sections.items()}
    targets = sections.get("lora_config", {}).get("target_modules")
    if targets:
        layer = {"gpt2": "c_attn", "phi3": "qkv_proj"}.get(shape["model_type"], "q_proj")
        sections["lora_config"]["target_modules"] = [layer]
    return TrainingDocument.model_validate(sections)


def _answer(answer: object) -> Callable[..., object]:
    """A function that always returns the same."""
    return lambda *_arguments: answer


def test_settings_that_save_memory_lower_the_estimate() -> None:
    shape = TransformerConfig(model_type="llama", num_blocks=12, vocab_size=100)

    def total(sections: dict[str, Any], rows: int = 8, **model: Any) -> int:
        document = TrainingDocument.model_validate(sections)
        needed = peak_memory(document, shape.model_copy(update=model), Pass.full(rows, 256))
        assert needed is not None
        return needed.total

    plain = total({})
    assert total({}, runner_type="memory_efficient") < plain / 2
    assert total({}, rows=4) < 0.7 * plain
    assert total({"training_config": {"precision": "bf16"}}) < plain
    assert total({"lora_config": {}}) < plain
    assert total({"training_config": {"gradient_accumulation_steps": 2}}) > plain


def test_largest_batch_has_the_longest_examples(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace.path)
    answers = [2, 9, 4, 1]
    lines = [f'{{"prompt": "abc", "completion": "{"d" * size}"}}\n' for size in answers]
    (workspace.path / "examples.jsonl").write_text("".join(lines), encoding="utf-8")
    section = {"data_path": "examples.jsonl", "validation_split": 0.0, "batch_size": 2}
    workspace.write_recipe(training_config=section)
    config = load_config(Path("training.yaml"))
    corpus, model = read_corpus(config)
    model = model.model_copy(update={"dropout_prob": 0.0})
    trained, validated = largest_passes(config.document, model, corpus, 2)
    assert validated is None
    assert trained.packed
    assert trained.longest >= 9 + 3
    # Both examples of the batch begin with the same prompt, which is computed once.
    assert trained.tokens < trained.attended
    assert trained.counted < trained.tokens


@pytest.mark.parametrize(
    ("share", "advice"),
    [
        (2.0, ""),
        (0.9, "set `batch_size` to 4 and `gradient_accumulation_steps` to 2"),
        (0.01, "no single change is enough"),
    ],
)
def test_dry_run_says_what_would_fit(
    share: float, advice: str, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace.path)
    workspace.write_recipe(training_config={"batch_size": 8})
    config = load_config(Path("training.yaml"))
    first = dry_run(config, None).outline
    assert first is not None
    size = int(first.memory.total * share)
    monkeypatch.setattr(memory, "free_memory", _answer(Free(size, on_gpu=False)))
    answer = dry_run(config, None)
    assert answer.outline is not None
    assert answer.outline.memory.free == size
    found = [one.message for one in answer.warnings if "the run needs about" in one.message]
    assert len(found) == bool(advice)
    assert advice in "".join(found)


def test_free_memory_is_within_the_limit_of_a_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, path, content in (
        ("_MEMINFO", "meminfo", "MemTotal: 9000 kB\nMemAvailable: 5000 kB\n"),
        ("_LIMIT", "max", "max\n"),
        ("_USED", "current", "1024000\n"),
    ):
        (tmp_path / path).write_text(content, encoding="ascii")
        monkeypatch.setattr(free_here, name, tmp_path / path)
    monkeypatch.setattr(free_here, "_free_on_gpus", _answer([7, 5, 9]))
    monkeypatch.setattr(free_here, "version", _answer("2.13.0+cpu"))
    assert free_here.free_memory("torch", 1) == Free(5000 * 1024, on_gpu=False)
    (tmp_path / "max").write_text("3072000\n", encoding="ascii")
    assert free_here.free_memory("torch", 1) == Free(2048000, on_gpu=False)
    monkeypatch.setattr(free_here, "version", _answer("2.13.0"))
    assert free_here.free_memory("torch", 2) == Free(5, on_gpu=True)
    assert free_here.free_memory("torch", 4) == Free(2048000, on_gpu=False)
    assert free_here.free_memory("numpy", 1) == Free(2048000, on_gpu=False)


def test_scarce_memory_is_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    options: list[tuple[int, ...]] = []

    def note(*option: int) -> None:
        options.append(option)

    monkeypatch.setattr(allocation, "_set", note)
    monkeypatch.setenv(allocation.RETURNS, "")
    allocation.return_freed_memory()
    allocation.keep_freed_memory()
    assert len(set(options)) == 1
