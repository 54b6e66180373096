"""A trained model that is ready to generate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trainsmith_schemas.families.description import UnreadableModelError
from trainsmith_schemas.runs.layout import CHECKPOINTS
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_trainer.backends.base import Arrays, BackendModule, Decoder
from trainsmith_trainer.data.chat.template import ChatTemplate
from trainsmith_trainer.data.tokenizer import Tokenizer
from trainsmith_trainer.hf.chat_template import read_chat_template
from trainsmith_trainer.hf.export import read_model
from trainsmith_trainer.hf.merge import read_merged
from trainsmith_trainer.hf.model_dir import is_adapter
from trainsmith_trainer.run_dir.checkpoint import DamagedCheckpointError, verify_checkpoint
from trainsmith_trainer.run_dir.create import model_in


class GenerationError(Exception):
    """Text cannot be generated, for a reason that the user can fix."""


@dataclass(frozen=True)
class LoadedModel:
    """A model with its tokenizer."""

    folder: Path
    config: TransformerConfig
    weights: Arrays
    tokenizer: Tokenizer
    chat_template: ChatTemplate | None
    backend: BackendModule
    """Runs the model."""

    def open_decoder(self, prompt: Sequence[int]) -> Decoder:
        """A decoder with an empty cache.

        Args:
            prompt: the tokens that it reads first. A tokenizer may have more than its model, and
                must not use them.

        Raises:
            GenerationError: the weights do not fit the model, there are no tokens, or one is not
                one of the model's.
        """
        if not prompt:
            raise GenerationError(f"{self.folder} has no token to begin an answer with")
        largest = max(prompt)
        if largest >= self.config.vocab_size:
            raise GenerationError(
                f"the tokenizer in {self.folder} writes the prompt with token {largest}, and the "
                f"model has {self.config.vocab_size} tokens: use the tokenizer of this model"
            )
        try:
            return self.backend.open_decoder(self.config, self.weights)
        except ValueError as error:
            raise GenerationError(f"{self.folder} is damaged: {error}") from None


def load_model(run: Path, backend: BackendModule, base: Path | None = None) -> LoadedModel:
    """Read a model.

    Args:
        run: a run's folder, or a model's.
        backend: runs the model.
        base: the folder of the weights that LoRA's matrices adapt, if they are elsewhere.

    Raises:
        GenerationError: there is no model, or it is damaged.
    """
    folder = model_in(run)
    if folder is None:
        raise GenerationError(f"{run} has neither final/ nor a checkpoint: is it a run's folder?")
    try:
        if folder.parent.name == CHECKPOINTS:
            verify_checkpoint(folder)
        if is_adapter(folder):
            model = read_merged(folder, base)
            config, weights, tokenizer = model.pretrained.shape, model.weights, model.tokenizer
            template = read_chat_template(model.tokenizer_folder)
        elif base:
            raise GenerationError(f"--base is for LoRA's matrices, and {folder} is a whole model")
        else:
            config, weights, tokenizer = read_model(folder)
            template = read_chat_template(folder)
    except (UnreadableModelError, DamagedCheckpointError) as error:
        raise GenerationError(str(error)) from None
    return LoadedModel(folder, config, weights, tokenizer, template, backend)
