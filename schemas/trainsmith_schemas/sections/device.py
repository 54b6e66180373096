"""`device_config`: the devices that a run uses, and how they divide the work."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trainsmith_schemas.base import Examples, Flag, Integer, ReadBy, Section, Text, Typical

_EVERYWHERE = ReadBy("trainsmith", "tt-train", "tt-train-flat")
_TT_TRAIN = ReadBy("tt-train", "tt-train-flat")
_NEW = ReadBy("tt-train")


BackendName = Literal[
    "auto",
    "ttnn",
    "torch",
    "numpy",
]
"""A tensor library, or the choice of one."""


class DeviceConfig(Section):
    """The devices that a run uses, and how they divide the work."""

    enable_ddp: Annotated[Flag, _EVERYWHERE] = False
    """Data parallelism: every device has the whole model and computes its share of the batch.

    The gradients of all devices are summed at each step, so a step does the same as on one device.
    Requires more than one device in `mesh_shape`.
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
    """The mesh of devices as `[rows, columns]`. The number of devices is rows × columns."""

    ddp_timeout: Annotated[
        Integer, Field(ge=1, le=604_800), Typical(60, 1800), Examples(600), ReadBy("trainsmith")
    ] = 600
    """How many seconds a device waits for another one before the run ends with an error.

    Validations and checkpoints must take less, because the other devices wait for them.
    """

    backend: Annotated[
        BackendName,
        Examples(
            ("auto", "ttnn on a machine with a Tenstorrent board, otherwise PyTorch"),
            ("ttnn", "Tenstorrent boards, with the package ttnn and its compiler"),
            ("torch", "PyTorch: CPU, NVIDIA, AMD and Apple GPUs"),
            ("numpy", "NumPy: for reading and testing, slower"),
        ),
        ReadBy("trainsmith"),
    ] = "auto"
    """The tensor library that computes. The option `--backend` takes precedence.

    `auto` is ttnn if a Tenstorrent board and all that it needs are there, otherwise PyTorch. `ttnn`
    (on one board) and `numpy` (on one CPU) train GPT-2, LLaMA and Qwen 3 without PyTorch and
    without LoRA. A run that was begun with one library can be resumed with another; the results
    then agree up to rounding.
    """

    device_ids: Annotated[list[Integer] | None, _TT_TRAIN] = None
    """The devices to open, in mesh order. Defaults to the first ones."""

    enable_tp: Annotated[Flag, _TT_TRAIN] = False
    """Tensor parallelism: each layer is split across devices. Only tt-train supports it."""

    enable_fsdp: Annotated[Flag, ReadBy("trainsmith", "tt-train")] = False
    """Fully sharded data parallelism: weights are split across devices and gathered when needed.

    Every device has a part of each weight, of its gradient and of its optimizer state, and computes
    its share of the batch; a step does the same as on one device. Requires more than one device in
    `mesh_shape`. A checkpoint resumes on any number of devices, with or without this key.
    """

    enable_sp: Annotated[Flag, _NEW] = False
    """Sequence parallelism, in addition to tensor parallelism. Only tt-train supports it."""

    enable_cp: Annotated[Flag, _NEW] = False
    """Context parallelism: long sequences are split across devices. Only tt-train supports it."""

    cp_backward: Annotated[Text | None, _NEW] = None
    """How context parallelism computes its backward pass."""

    cp_layout: Annotated[Text | None, _NEW] = None
    """How context parallelism distributes a sequence across devices."""

    cp_rows_per_block_tiles: Annotated[Integer | None, Field(ge=0), _NEW] = None
    """The number of rows of tiles per block in context parallelism. `0`: chosen automatically."""

    cp_shift_transport: Annotated[Text | None, _NEW] = None
    """How context parallelism passes keys and values between devices."""

    moe_axis: Annotated[Text | None, _NEW] = None
    """The mesh axis along which experts are distributed."""

    moe_tp_axis: Annotated[Integer | None, Field(ge=0), _NEW] = None
    """The mesh axis along which each expert is split."""

    sp_overlap: Annotated[Text | Flag | None, _NEW] = None
    """Where sequence parallelism overlaps computation and communication."""

    sp_ccl_rows: Annotated[Integer | None, Field(ge=0), _NEW] = None
    """The number of rows of cores that sequence parallelism uses for communication."""

    sp_ccl_columns: Annotated[Integer | None, Field(ge=0), _NEW] = None
    """The number of columns of cores that sequence parallelism uses for communication."""

    sp_linear_impl: Annotated[Text | None, _NEW] = None
    """How sequence parallelism computes linear layers."""

    sp_linear_backward_impl: Annotated[Text | None, _NEW] = None
    """How sequence parallelism computes the backward pass of linear layers."""
