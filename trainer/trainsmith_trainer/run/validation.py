"""What happens at a validation: the model generates a sample, and its loss is measured."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from trainsmith_schemas.runs import events
from trainsmith_trainer.backends.base import Backend
from trainsmith_trainer.generation.detokenize import detokenize
from trainsmith_trainer.generation.sampling import Sampling, generate_tokens
from trainsmith_trainer.run.loop import Emit
from trainsmith_trainer.run.prepare import RunInputs

_PROMPT_TOKENS = 32
_SAMPLE_TOKENS = 200


def validator(inputs: RunInputs, backend: Backend, emit: Emit) -> Callable[[int], float | None]:
    """The function that validates after a step; it returns `None` without validation data."""
    tokenizer = inputs.corpus.tokenizer
    sampling = Sampling.of(inputs.config.document.eval_config)
    prompt = inputs.corpus.prompt(_PROMPT_TOKENS)

    def validate(step: int) -> float | None:
        random = np.random.default_rng((inputs.training.seed, step))
        count = min(_SAMPLE_TOKENS, 2 * inputs.model.max_sequence_length)
        decoder, stops = backend.decoder(), tokenizer.stops
        tokens = generate_tokens(decoder, prompt, sampling, random, count, stops)
        text = "".join(detokenize(tokenizer, prompt, tokens))
        shown = tokenizer.decode(prompt)
        emit(events.Sample(time=time.time(), step=step, prompt=shown, text=text))
        return backend.loss(inputs.validation_batches()) if inputs.validates else None

    return validate
