"""The model's files in a checkpoint and in `final/`: a whole model, or LoRA's matrices alone."""

from __future__ import annotations

from pathlib import Path

from trainsmith_system.writing import Content
from trainsmith_trainer.backends.base import Arrays
from trainsmith_trainer.hf.adapter import stored_adapter, trained_in
from trainsmith_trainer.hf.adapter_base import BASE_FILE, stored_digests
from trainsmith_trainer.hf.export import model_files, tokenizer_files, weights_in
from trainsmith_trainer.run.prepare import Run


def saved_files(run: Run, weights: Arrays, *, final: bool = False) -> dict[str, Content]:
    """The files, by name.

    Args:
        run: the run.
        weights: as `Backend.weights` returns them.
        final: whether they are those of `final/`, whose weights have the number format of the
            pretrained model. Checkpoints have float32, from which a run resumes exactly.
    """
    inputs, lora = run.inputs, run.inputs.lora
    beside = (inputs.corpus.tokenizer, inputs.kept_ids, inputs.companions)
    if lora is None:
        pretrained = inputs.config.pretrained
        dtype = pretrained.dtype if final and pretrained else "float32"
        return model_files(inputs.model, weights, *beside, dtype)
    # `load_config` refuses LoRA without a base.
    assert inputs.config.pretrained is not None
    assert run.base is not None
    return {
        **stored_adapter(lora, inputs.model, weights, _named(inputs.config.pretrained.folder)),
        BASE_FILE: stored_digests(run.base),
        **tokenizer_files(inputs.model, *beside),
    }


def _named(folder: Path) -> Path:
    """A folder below the working directory by its relative path: people publish these files."""
    whole, here = folder.absolute(), Path.cwd()
    return whole.relative_to(here) if whole.is_relative_to(here) else folder


def saved_weights(run: Run, stored: Arrays) -> Arrays:
    """The weights that were passed to `saved_files`, from the tensors of the file with weights."""
    read = trained_in if run.inputs.lora else weights_in
    return read(stored, run.inputs.model)
