"""Text from a trained model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from trainsmith_schemas.families.description import UnreadableModelError
from trainsmith_schemas.runs.layout import CHECKPOINTS
from trainsmith_trainer.backends.base import BackendModule
from trainsmith_trainer.data.tokens import UnknownCharacterError
from trainsmith_trainer.generation.detokenize import detokenize
from trainsmith_trainer.generation.sampling import Sampling, generate_tokens
from trainsmith_trainer.hf.export import read_model
from trainsmith_trainer.run_dir.checkpoint import DamagedCheckpointError, verify_checkpoint
from trainsmith_trainer.run_dir.create import model_in


class GenerationError(Exception):
    """Text cannot be generated, for a reason that the user can fix."""


def generate_text(
    run: Path,
    prompt: str,
    sampling: Sampling,
    count: int,
    seed: int | None,
    backend: BackendModule,
) -> Iterator[str]:
    """The prompt, then its continuation, token by token.

    Args:
        run: a run's folder, or a model's.
        prompt: at least one character.
        sampling: how to choose each token.
        count: how many tokens to generate.
        seed: of the random generator; without it, each call differs.
        backend: runs the model.

    Raises:
        GenerationError: there is no model, it is damaged, or it cannot encode the prompt.
    """
    folder = model_in(run)
    if folder is None:
        raise GenerationError(f"{run} has neither final/ nor a checkpoint: is it a run's folder?")
    if not prompt:
        raise GenerationError("the prompt is empty: give at least one character")
    try:
        if folder.parent.name == CHECKPOINTS:
            verify_checkpoint(folder)
        config, weights, tokenizer = read_model(folder)
        tokens = tokenizer.encode_prompt(prompt)
    except (UnreadableModelError, DamagedCheckpointError) as error:
        raise GenerationError(str(error)) from None
    except UnknownCharacterError as error:
        raise GenerationError(f"the prompt cannot be encoded: {error}") from None
    if not tokens:
        raise GenerationError("the model has no token for this prompt: pass words in --prompt")

    try:
        decoder = backend.open_decoder(config, weights)
    except ValueError as error:
        raise GenerationError(f"{folder} is damaged: {error}") from None
    yield prompt
    tokens = [*tokenizer.begin, *tokens]
    random = np.random.default_rng(seed)
    generated = generate_tokens(decoder, tokens, sampling, random, count, tokenizer.stops)
    yield from detokenize(tokenizer, tokens, generated)
