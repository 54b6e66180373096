"""`multihost_config`: training on several machines with tt-train's C++ trainer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trainsmith_schemas.base import Flag, Integer, ReadBy, Section

_READERS = ReadBy("tt-train", "tt-train-flat")


class PipelineParallelConfig(Section):
    """Pipeline parallelism: which machine computes which blocks."""

    num_blocks: Annotated[Integer, Field(ge=0), _READERS] = 0
    """The number of blocks in the model, which is the sum over all machines."""

    blocks_per_rank: Annotated[dict[int, Integer], _READERS] = Field(default_factory=dict[int, int])
    """The number of blocks that each machine computes, by rank."""


class MultihostConfig(Section):
    """Training one model on several machines."""

    enabled: Annotated[Flag, _READERS] = False
    """Whether several machines are used."""

    num_workers: Annotated[Integer, Field(ge=0), _READERS] = 1
    """The number of worker processes."""

    socket_type: Annotated[Literal["mpi", "fabric"], _READERS] = "mpi"
    """How the machines communicate: over MPI, or directly from board to board."""

    pipeline_parallel_config: Annotated[PipelineParallelConfig | None, _READERS] = None
    """Which machine computes which blocks. Without it every machine computes the whole model."""
