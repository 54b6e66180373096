"""Text from a trained model."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trainsmith_trainer.data.tokens import UnknownCharacterError
from trainsmith_trainer.generation.detokenize import detokenize
from trainsmith_trainer.generation.model import GenerationError, LoadedModel
from trainsmith_trainer.generation.sampling import Sampling, generate_tokens


def generate_text(
    model: LoadedModel,
    prompt: str,
    sampling: Sampling,
    count: int,
    random: np.random.Generator,
) -> Iterator[str]:
    """The prompt, then its continuation, token by token.

    Args:
        model: the model.
        prompt: at least one character.
        sampling: how to choose each token.
        count: how many tokens to generate.
        random: the random generator.

    Raises:
        GenerationError: the model is damaged, or cannot encode the prompt.
    """
    if not prompt:
        raise GenerationError("the prompt is empty: give at least one character")
    tokenizer = model.tokenizer
    try:
        tokens = tokenizer.encode_prompt(prompt)
    except UnknownCharacterError as error:
        raise GenerationError(f"the prompt cannot be encoded: {error}") from None
    if not tokens:
        raise GenerationError("the model has no token for this prompt: pass words in --prompt")
    tokens = [*tokenizer.begin, *tokens]
    decoder = model.open_decoder(tokens)
    yield prompt
    generated = generate_tokens(decoder, tokens, sampling, random, count, tokenizer.stops)
    yield from detokenize(tokenizer, tokens, generated)
