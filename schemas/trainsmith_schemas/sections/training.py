"""`training_config`: what is trained, on which data, how fast, and what is written down."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trainsmith_schemas.base import (
    Examples,
    FilePath,
    FilePaths,
    Flag,
    FolderPath,
    Integer,
    Number,
    ReadBy,
    Section,
    Text,
    Typical,
)
from trainsmith_schemas.families.names import ModelType
from trainsmith_schemas.sections.grpo import GrpoConfig
from trainsmith_schemas.sections.model import TransformerConfig
from trainsmith_schemas.sections.optimizer import OptimizerConfig

_ALL = ReadBy("trainsmith", "tt-train", "tt-train-flat")
_FLAT = ReadBy("trainsmith", "tt-train-flat")
_TT_TRAIN = ReadBy("tt-train", "tt-train-flat")
_TT_TRAIN_NOW = ReadBy("tt-train")
_TT_TRAIN_FLAT = ReadBy("tt-train-flat")


class TrainingConfig(Section):
    """What is trained, on which data, how fast, and what is written down."""

    project_name: Annotated[Text, _TT_TRAIN] = ""
    """A name for people. tt-train stores it and does not use it."""

    model_type: Annotated[ModelType | None, _FLAT] = None
    """The architecture, where the model file does not say it.

    The model file's own `model_type` counts; this one must agree with it.
    """

    seed: Annotated[Integer, Field(ge=0, lt=2**64), Examples(42), _ALL] = 42
    """Where all randomness starts: initial weights, order of the data, dropout.

    The same seed, config and machine give the same run.
    """

    data_path: Annotated[
        FilePaths | None,
        Examples(
            ("data/text.txt", "plain text"),
            ("data/examples.jsonl", "examples, one a line"),
            ("data/*.txt", "every text of a folder"),
        ),
        _ALL,
    ] = None
    """The data to train on: a file, a pattern such as `data/*.txt`, or a list of them.

    It is looked for beside the config first, then in the working directory.

    * Plain text, as UTF-8: whatever ends in none of the following.
    * `.jsonl`: an object in each line. `{"prompt": "…", "response": "…"}` is read as the prompt,
      the response and an end-of-text token, joined as they are; the loss counts the response and
      the token. `{"text": "…"}` counts as a whole. Other keys do not matter.
    * `.yaml`: `tokens`, a list of numbers, and `tokenizer_vocab_size`, as tt-train has it.

    Documents stand one behind the other, with an end-of-text token behind each; a single text has
    none. tt-train takes one path, and no JSONL.
    """

    validation_path: Annotated[FilePaths | None, Examples("data/validation.txt")] = None
    """Data to validate with, never trained on; written as `data_path` is.

    With it, `validation_split` sets nothing aside.
    """

    validation_split: Annotated[Number, Field(ge=0, lt=1), Typical(0.05, 0.2), Examples(0.1)] = 0.1
    """The share of the data, from its end, kept for validation and never trained on.

    Of examples, whole ones are kept. With `validation_path` there is nothing to split.
    """

    max_validation_tokens: Annotated[Integer, Field(ge=1), Examples(32768)] = 32768
    """The most tokens that a validation measures.

    Of more, it takes sequences that are evenly spaced over all of them, the same each time.
    """

    skip_bad_lines: Flag = False
    """Leave out lines of a `.jsonl` file that are no examples, and say how many there were.

    Without it, such a line keeps the run from starting.
    """

    tokenizer_type: Annotated[
        Literal["bpe", "char"],
        Examples(
            ("char", "each character is a token: small models"),
            ("bpe", "byte pairs learned from the data: shorter sequences"),
        ),
        _FLAT,
    ] = "char"
    """How text becomes tokens: one for each character, or byte pairs learned from data.

    Of much data, 32 MB are enough to learn byte pairs from. With `tokenizer_path` nothing is
    learned.
    """

    tokenizer_path: Annotated[FilePath | None, Examples("tokenizer.json"), _FLAT] = None
    """A tokenizer that is there already, as a `tokenizer.json` of Hugging Face's `tokenizers`.

    It comes along with the trained model. It is looked for beside the config first, then in the
    working directory.
    """

    model_file: Annotated[
        FilePath | None,
        Field(alias="model_config"),
        Examples("model_configs/model.yaml"),
        _ALL,
    ] = None
    """The file that describes the model: its `transformer_config`.

    It is looked for beside the config first, then in the working directory.
    """

    batch_size: Annotated[
        Integer,
        Field(ge=1),
        Typical(4, 32),
        Examples((8, "one small device"), (16, "two devices"), (32, "eight devices")),
        _ALL,
    ] = 8
    """Sequences that pass through the model at once, over all devices together.

    More is faster per sequence and takes more memory. What the optimizer sees at each step is the
    *effective batch*: `batch_size` × `gradient_accumulation_steps`.
    """

    validation_batch_size: Annotated[Integer | None, Field(ge=1), Examples(2, 8), _FLAT] = None
    """Sequences at once while validating. Without it, as many as `batch_size`."""

    gradient_accumulation_steps: Annotated[
        Integer,
        Field(ge=1),
        Typical(1, 16),
        Examples((4, "one small device"), (2, "two devices"), (1, "many devices")),
        _ALL,
    ] = 1
    """Micro-batches whose gradients are added up before the weights move once.

    Each of them runs forward and backward. It reaches a large effective batch in the memory of a
    small one: 8 × 4 trains like 32.
    """

    num_epochs: Annotated[Integer | None, Field(ge=1), Typical(1, 10), Examples(1, 3), _ALL] = None
    """How many times all of the data is read.

    With `max_steps` set too, whichever ends first ends the run.
    """

    max_steps: Annotated[
        Integer | None,
        Field(ge=1),
        Typical(100, 5000),
        Examples((500, "a first real run"), (5000, "a long one")),
        _ALL,
    ] = None
    """Optimizer steps after which the run ends.

    With `num_epochs` set too, whichever ends first ends the run. With neither, 1000.
    """

    learning_rate: Annotated[
        Number,
        Field(gt=0),
        Typical(1e-5, 1e-4),
        Examples(
            (0.0001, "the usual start for fine-tuning"),
            (5.0e-5, "when the loss jumps about"),
            (0.0002, "when the loss barely moves after 100 steps"),
            (0.0003, "training a small model from scratch"),
        ),
        _FLAT,
    ] = 0.0001
    """How far each step moves the weights: the one number to get right.

    Too high and the loss jumps or becomes NaN; too low and it barely moves. tt-train's nested
    dialect ignores this key and reads `optimizer.lr`.
    """

    weight_decay: Annotated[Number, Field(ge=0), Typical(0.0, 0.1), Examples(0.01), _FLAT] = 0.01
    """Pulls matrices and embeddings towards zero at each step; biases and norms are left alone."""

    optimizer: Annotated[OptimizerConfig | None, ReadBy("trainsmith", "tt-train")] = None
    """The optimizer and its hyperparameters in one block. Its values win over the flat keys."""

    precision: Annotated[
        Literal["fp32", "bf16"],
        Examples(("fp32", "exact, on any device"), ("bf16", "half the memory")),
    ] = "fp32"
    """The number format of weights, gradients and activations.

    `bf16` halves their memory, and is faster where the processor or the GPU has units for it; where
    it has none, the run says so and computes in `fp32`. Small updates get lost in its rounding:
    `use_kahan_summation` keeps them, and so does the optimizer `AdamWFullPrecision`. The
    optimizer's moments are always `fp32`.
    """

    use_moreh_adamw: Annotated[Flag, _FLAT] = False
    """Take the fused AdamW kernel of ttnn. On every other device it is the same mathematics.

    It chooses a kernel and nothing else; PyTorch's AdamW is fused without it.
    """

    use_kahan_summation: Annotated[Flag, _FLAT] = False
    """Keep what rounding to bfloat16 takes from an update, and add it to the next one.

    It takes two more bytes for each parameter and is a little slower. In `fp32` there is nothing
    to keep.
    """

    use_clip_grad_norm: Annotated[Flag, _ALL] = True
    """Shorten gradients that are longer than `clip_grad_norm_max_norm`.

    A safety net against a single bad batch. tt-train refuses it with tensor parallelism.
    """

    clip_grad_norm_max_norm: Annotated[
        Number, Field(gt=0), Typical(0.5, 1.0), Examples(1.0), _ALL
    ] = 1.0
    """The greatest length that a gradient may have, over all parameters together."""

    scheduler_type: Annotated[
        Literal["identity", "warmup_linear"],
        Examples(
            ("identity", "the same rate throughout"),
            ("warmup_linear", "up over a tenth of the steps, then down"),
        ),
        ReadBy("trainsmith", "tt-train", "tt-train-flat"),
    ] = "identity"
    """How the learning rate moves: not at all, or up over a tenth of the steps and then down.

    `warmup_linear` ends at a hundredth of the rate. A `scheduler_config` section wins over it.
    """

    eval_every: Annotated[Integer | None, Field(ge=1), Typical(50, 100), Examples(50), _FLAT] = None
    """Optimizer steps between validations. An older name of `validation_frequency`."""

    validation_frequency: Annotated[
        Integer | None, Field(ge=1), Typical(50, 100), Examples(25, 50, 100)
    ] = None
    """Optimizer steps between validations. Wins over `eval_every`; with neither, 100.

    Validate at least as often as you save, so that every checkpoint has a known loss.
    """

    model_save_interval: Annotated[
        Integer | None, Field(ge=1), Typical(50, 1000), Examples(100, 500), _ALL
    ] = None
    """Optimizer steps between checkpoints. An older name of `checkpoint_frequency`."""

    checkpoint_frequency: Annotated[
        Integer | None, Field(ge=1), Typical(50, 1000), Examples(50, 100, 250)
    ] = None
    """Optimizer steps between checkpoints. Wins over `model_save_interval`; with neither, 500.

    50 to 100 suits runs of up to a thousand steps, 500 to 1000 longer ones.
    """

    save_strategy: Annotated[
        Literal["steps", "epoch"],
        Examples(
            ("steps", "every `checkpoint_frequency` steps"), ("epoch", "at the end of each epoch")
        ),
    ] = "steps"
    """Save after a number of steps, or at the end of each epoch."""

    keep_last_n: Annotated[Integer, Field(ge=1), Typical(3, 5), Examples(5)] = 5
    """How many of the newest checkpoints stay, and the best besides; older ones are removed."""

    checkpoint_dir: Annotated[FolderPath, Examples("checkpoints"), _FLAT] = "checkpoints"
    """The folder that holds a folder for each run, relative to the working directory."""

    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        Examples(
            ("DEBUG", "the samples too"),
            ("INFO", "steps, validations, checkpoints"),
            ("WARNING", "only what asks for attention"),
            ("ERROR", "only why a run failed"),
        ),
    ] = "INFO"
    """How much is said. The log file is always written."""

    use_wandb: Flag = False
    """Send metrics to Weights & Biases. It needs an account and the internet.

    Leave it off for private data: everything is kept in the run's own folder anyway.
    """

    wandb_project: Annotated[Text | None, Examples("my-training")] = None
    """The Weights & Biases project that collects the runs."""

    wandb_run_name: Annotated[Text | None, Examples("n150-experiment-1")] = None
    """The name of this run in Weights & Biases. Without it, the run's own name."""

    use_tensorboard: Flag = False
    """Write the metrics for TensorBoard too, into `tensorboard/` in the run's folder.

    Nothing leaves the machine. `tensorboard --logdir checkpoints` shows all runs together.
    """

    model_path: Annotated[FolderPath | None, _TT_TRAIN_FLAT] = None
    """Where older tt-train looked for weights; now a key of the model file."""

    beta1: Annotated[Number | None, Field(ge=0, lt=1), _TT_TRAIN_FLAT] = None
    """Older tt-train's name for `optimizer.beta1`."""

    beta2: Annotated[Number | None, Field(ge=0, lt=1), _TT_TRAIN_FLAT] = None
    """Older tt-train's name for `optimizer.beta2`."""

    eps: Annotated[Number | None, Field(gt=0), _TT_TRAIN_FLAT] = None
    """Older tt-train's name for `optimizer.epsilon`."""

    use_no_op: Annotated[Flag, _TT_TRAIN_FLAT] = False
    """Older tt-train's name for `optimizer.type: NoOp`."""

    transformer_config: Annotated[TransformerConfig | None, _TT_TRAIN_FLAT] = None
    """Where older tt-train described the model; now a file named by `model_config`."""

    grpo_config: Annotated[GrpoConfig | None, _TT_TRAIN_NOW] = None
    """Reinforcement learning from a reward. tt-train has it."""

    model_source: Annotated[Text | None, _TT_TRAIN_NOW] = None
    """The published model that tt-train's reinforcement learning starts from."""

    multihost_config: Annotated[FilePath | None, _TT_TRAIN] = None
    """The file that describes several machines. tt-train's C++ trainer has it."""

    output_dir: Annotated[FolderPath | None, _TT_TRAIN_NOW] = None
    """The folder of a run, for tt-train's image models."""

    lr_schedule: Annotated[Text | None, _TT_TRAIN_NOW] = None
    """How the learning rate moves, for tt-train's image models."""

    warmup_steps: Annotated[Integer | None, Field(ge=0), _TT_TRAIN_NOW] = None
    """Steps of rising learning rate, for tt-train's image models.

    For text models write `scheduler_config.warmup_steps`.
    """

    ema_decay: Annotated[Number | None, Field(ge=0, le=1), _TT_TRAIN_NOW] = None
    """How slowly the averaged weights follow, for tt-train's image models."""

    ema_interval: Annotated[Integer | None, Field(ge=1), _TT_TRAIN_NOW] = None
    """Steps between two averages of the weights, for tt-train's image models."""
