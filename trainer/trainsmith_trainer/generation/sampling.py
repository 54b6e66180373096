"""Logits → the next token → text."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trainsmith_schemas.sections.evaluation import EvalConfig
from trainsmith_trainer.backends.base import Decoder, Logits


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen; each field means what `eval_config` says."""

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    repetition_penalty: float = 1.0

    @staticmethod
    def of(config: EvalConfig) -> Sampling:
        """The sampling that a recipe configures."""
        return Sampling(config.temperature, config.top_k, config.top_p, config.repetition_penalty)


def generate_tokens(
    decoder: Decoder,
    prompt: Sequence[int],
    sampling: Sampling,
    random: np.random.Generator,
    count: int,
    stops: Container[int] = (),
) -> Iterator[int]:
    """Continue a prompt, one token at a time.

    Args:
        decoder: with an empty cache.
        prompt: at least one token.
        sampling: how to choose each token.
        random: the random generator; greedy decoding does not use it.
        count: how many tokens to generate.
        stops: the tokens that end generation; they are not yielded.
    """
    written = list(prompt)
    unread = written
    for _ in range(count):
        token = choose(decoder.read(unread), written, sampling, random)
        if token in stops:
            return
        written.append(token)
        unread = [token]
        yield token


def choose(
    logits: Logits, written: Sequence[int], sampling: Sampling, random: np.random.Generator
) -> int:
    """Choose the next token.

    The order of the steps is that of `transformers`: penalty, temperature, top k, top p.

    Args:
        logits: (vocabulary,)
        written: the tokens so far, for the repetition penalty.
        sampling: how to choose.
        random: the random generator.
    """
    scores = _penalised(logits.astype(np.float64), written, sampling.repetition_penalty)
    if sampling.temperature == 0:
        return int(scores.argmax())
    among = _best(scores, sampling.top_k or len(scores))
    probabilities = _softmax(scores[among], sampling.temperature)
    if sampling.top_p < 1:
        ranks = np.argsort(-probabilities, kind="stable")
        among, probabilities = among[ranks], probabilities[ranks]
        # The token that crosses the threshold is included, so that there is always one.
        before = np.cumsum(probabilities) - probabilities
        inside = before < max(sampling.top_p, np.finfo(np.float64).tiny)
        among, probabilities = among[inside], probabilities[inside]
    # Like `Generator.choice`, without its checks, which take longer than all of this.
    ends = np.cumsum(probabilities)
    drawn = np.searchsorted(ends, random.random() * ends[-1], side="right")
    return int(among[min(int(drawn), len(among) - 1)])


def _best(scores: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.intp]:
    """The tokens with the highest scores; of equal scores, the first ones."""
    if not 0 < count < len(scores):
        return np.arange(len(scores))
    found = np.flatnonzero(scores >= np.partition(scores, -count)[-count])
    if len(found) > count:
        found = np.sort(found[np.argsort(-scores[found], kind="stable")[:count]])
    return found


def _penalised(
    scores: npt.NDArray[np.float64], written: Sequence[int], penalty: float
) -> npt.NDArray[np.float64]:
    """Keskar et al. 2019, "CTRL": lower the scores of tokens that already appeared."""
    if penalty == 1:
        return scores
    seen = np.unique(np.asarray(written, np.int64))
    scores[seen] = np.where(scores[seen] > 0, scores[seen] / penalty, scores[seen] * penalty)
    return scores


def _softmax(scores: npt.NDArray[np.float64], temperature: float) -> npt.NDArray[np.float64]:
    with np.errstate(over="ignore"):  # A tiny temperature makes all other powers zero.
        powers = np.exp((scores - scores.max()) / temperature)
    return powers / powers.sum()
