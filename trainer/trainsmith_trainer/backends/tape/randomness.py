"""Random numbers for dropout and rounding: the n-th draw of a run is the same in every process."""

from __future__ import annotations

import numpy as np

from trainsmith_trainer.backends.base import Arrays, DamagedStateError

_NAME = "draws"


class Draws:
    """Seeds for the draws of a run. Its whole state is how many there were."""

    def __init__(self, seed: int, count: int = 0) -> None:
        self._seed = seed
        self._count = count

    def seed(self) -> int:
        """The seed of the next draw, below 2 to the power of 32."""
        self._count += 1
        return int(np.random.SeedSequence((self._seed, self._count)).generate_state(1)[0])

    def copy(self) -> Draws:
        """The same draws from here on, for computing something again."""
        return Draws(self._seed, self._count)

    def state(self) -> Arrays:
        """The number of draws, as eight bytes."""
        return {_NAME: np.frombuffer(self._count.to_bytes(8, "little"), np.uint8)}

    def restore(self, state: Arrays) -> None:
        """Restore the number of draws; without one, the state is another backend's.

        Raises:
            DamagedStateError: it is not eight bytes.
        """
        saved = state.get(_NAME)
        if saved is None:
            return
        if saved.shape != (8,):
            raise DamagedStateError(f"its random state `{_NAME}` has {saved.size} bytes, not 8")
        self._count = int.from_bytes(saved.tobytes(), "little")
