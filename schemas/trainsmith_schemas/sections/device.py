"""`device_config`: the devices that a run uses, and how they share its work."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from trainsmith_schemas.base import Examples, Flag, Integer, ReadBy, Section, Text

_EVERYWHERE = ReadBy("trainsmith", "tt-train", "tt-train-flat")
_TT_TRAIN = ReadBy("tt-train", "tt-train-flat")
_NEW = ReadBy("tt-train")


class DeviceConfig(Section):
    """The devices that a run uses, and how they share its work."""

    enable_ddp: Annotated[Flag, _EVERYWHERE] = False
    """Data parallelism: every device holds the whole model and works on its part of the batch.

    Gradients are added up over the devices at each step, so that it is the step of one device. It
    needs more than one device in `mesh_shape`.
    """

    mesh_shape: Annotated[
        list[Annotated[Integer, Field(ge=1)]],
        Field(min_length=2, max_length=2),
        Examples(
            ([1, 1], "one device: CPU, GPU, N150, P150"),
            ([1, 2], "two devices: N300"),
            ([2, 4], "eight devices"),
            ([1, 8], "eight devices in one row: T3K, LoudBox"),
        ),
        _EVERYWHERE,
    ] = Field(default=[1, 1])
    """The devices as `[rows, columns]`; their product is the number of devices."""

    device_ids: Annotated[list[Integer] | None, _TT_TRAIN] = None
    """Which devices to open, in mesh order. Without it, the first ones."""

    enable_tp: Annotated[Flag, _TT_TRAIN] = False
    """Tensor parallelism: each layer is split over the devices. tt-train has it."""

    enable_fsdp: Annotated[Flag, _NEW] = False
    """Fully sharded data parallelism: weights are split, gathered when needed. tt-train has it."""

    enable_sp: Annotated[Flag, _NEW] = False
    """Sequence parallelism beside tensor parallelism. tt-train has it."""

    enable_cp: Annotated[Flag, _NEW] = False
    """Context parallelism: one long sequence is split over the devices. tt-train has it."""

    cp_backward: Annotated[Text | None, _NEW] = None
    """How context parallelism computes its backward pass."""

    cp_layout: Annotated[Text | None, _NEW] = None
    """How context parallelism lays a sequence over the devices."""

    cp_rows_per_block_tiles: Annotated[Integer | None, Field(ge=0), _NEW] = None
    """Rows of tiles that context parallelism takes at once. `0`: its own choice."""

    cp_shift_transport: Annotated[Text | None, _NEW] = None
    """How context parallelism passes keys and values on."""

    moe_axis: Annotated[Text | None, _NEW] = None
    """The mesh axis over which experts are spread."""

    moe_tp_axis: Annotated[Integer | None, Field(ge=0), _NEW] = None
    """The mesh axis over which each expert is split."""

    sp_overlap: Annotated[Text | Flag | None, _NEW] = None
    """Where sequence parallelism computes and talks at once."""

    sp_ccl_rows: Annotated[Integer | None, Field(ge=0), _NEW] = None
    """Rows of cores that sequence parallelism talks with."""

    sp_ccl_columns: Annotated[Integer | None, Field(ge=0), _NEW] = None
    """Columns of cores that sequence parallelism talks with."""

    sp_linear_impl: Annotated[Text | None, _NEW] = None
    """How sequence parallelism computes linear layers."""

    sp_linear_backward_impl: Annotated[Text | None, _NEW] = None
    """How sequence parallelism computes the backward pass of linear layers."""
