"""`multihost_config`: several machines that train one model with tt-train's C++ trainer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trainsmith_schemas.base import Flag, Integer, ReadBy, Section

_READERS = ReadBy("tt-train", "tt-train-flat")


class PipelineParallelConfig(Section):
    """Which machine computes which blocks."""

    num_blocks: Annotated[Integer, Field(ge=0), _READERS] = 0
    """The blocks of the model; the sum over all machines."""

    blocks_per_rank: Annotated[dict[int, Integer], _READERS] = Field(default_factory=dict[int, int])
    """How many blocks each machine computes, by its rank."""


class MultihostConfig(Section):
    """Several machines that train one model."""

    enabled: Annotated[Flag, _READERS] = False
    """Train on several machines."""

    num_workers: Annotated[Integer, Field(ge=0), _READERS] = 1
    """How many processes compute."""

    socket_type: Annotated[Literal["mpi", "fabric"], _READERS] = "mpi"
    """How the machines talk: over MPI, or directly from board to board."""

    pipeline_parallel_config: Annotated[PipelineParallelConfig | None, _READERS] = None
    """Which machine computes which blocks. Without it every machine computes the whole model."""
