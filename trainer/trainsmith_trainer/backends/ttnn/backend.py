"""A model on a device that another process has open; see `base.Backend`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.training import TrainingConfig
from trainsmith_trainer.backends.base import Arrays, Gradient, Logits
from trainsmith_trainer.backends.one_rank import OneRank
from trainsmith_trainer.backends.ttnn.device_client import DeviceClient, holder
from trainsmith_trainer.data.batches import Batch


class TtnnBackend(OneRank):
    """Calls a `TapeBackend` in the process with the device."""

    warnings: Sequence[tuple[str, str]] = ()

    def __init__(
        self, model: TransformerConfig, training: TrainingConfig, weights: Arrays | None
    ) -> None:
        """Open the device and the model."""
        self._client = DeviceClient()
        device: tuple[str, Mapping[str, str]] = self._client.call("open_device", holder())
        self.device = device[0]
        rounds = training.precision == "bf16"
        precision = "bf16, products of matrices" if rounds else "fp32"
        self.versions = {**device[1], "precision": precision}
        self.parameters: int = self._client.call("open_backend", model, training, weights)
        self.trained_parameters = self.parameters
        self._has_updated = False

    def when_compiled(self, tell: Callable[[int], None]) -> None:
        """See `base.CompilingBackend`."""
        self._client.on_compiled = tell

    def gradient(self, micro_batches: Sequence[Batch]) -> Gradient:
        """Forward and backward pass over an effective batch; a signal to stop ends it."""
        return self._client.call("gradient", list(micro_batches), can_be_abandoned=True)

    def update(self, learning_rate: float) -> None:
        """Update the weights with the last gradient, and clear it.

        The first one compiles, so a signal to stop may end it: the weights are of no use then, but
        there is no step yet that is not saved.
        """
        first = not self._has_updated
        self._client.call("update", learning_rate, can_be_abandoned=first)
        self._has_updated = True

    def loss(self, batches: Iterable[Batch]) -> float:
        """Mean cross entropy over the tokens of all batches; a signal to stop ends it."""
        total, tokens = 0.0, 0
        for batch in batches:
            loss = self._client.call("loss", [batch], can_be_abandoned=True)
            total, tokens = total + loss * batch.tokens, tokens + batch.tokens
        return total / tokens

    def decoder(self) -> TtnnDecoder:
        """A decoder with an empty cache; an earlier one can no longer be used."""
        self._client.call("decoder")
        return TtnnDecoder(self._client)

    def weights(self) -> Arrays:
        """All parameters, by name."""
        return self._client.call("weights")

    def optimizer_state(self) -> Arrays:
        """The optimizer state, by name."""
        return self._client.call("optimizer_state")

    def random_state(self) -> Arrays:
        """How many random draws there were."""
        return self._client.call("random_state")

    def restore(self, weights: Arrays, optimizer: Arrays, random: Arrays) -> None:
        """Restore the state of another backend of the same model."""
        # Plain dictionaries, because those of files cannot be sent.
        self._client.call("restore", dict(weights), dict(optimizer), dict(random))


class TtnnDecoder:
    """See `base.Decoder`."""

    def __init__(self, client: DeviceClient) -> None:
        self._client = client

    def read(self, tokens: Sequence[int]) -> Logits:
        """Read more tokens, and return the logits of the next one, of shape (vocabulary,)."""
        return self._client.call("read", list(tokens))


def open_ttnn_decoder(model: TransformerConfig, weights: Arrays) -> TtnnDecoder:
    """A decoder for saved weights.

    Raises:
        ValueError: the weights do not fit the model.
    """
    client = DeviceClient()
    client.call("open_device", holder())
    client.call("open_decoder", model, dict(weights))
    return TtnnDecoder(client)
