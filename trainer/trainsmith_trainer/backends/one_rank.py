"""What a backend without other ranks says of them; see `base.Backend`."""

from __future__ import annotations

from collections.abc import Sequence


class OneRank:
    """The part of a backend that concerns other ranks."""

    sharded = False

    def exchange(self, text: str) -> list[str]:
        """The text: there are no other ranks."""
        return [text]

    def should_stop(self, stop: bool) -> bool:
        """Whether to stop: as requested, because there are no other ranks."""
        return stop

    def broadcast_state(self, numbers: Sequence[int]) -> list[int]:
        """The numbers: there are no other ranks."""
        return list(numbers)
