"""tt-blacksmith's experiments: one flat mapping."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from trainsmith_schemas.base import Flag, FolderPath, Integer, Number, ReadBy, Section, Text

_BLACKSMITH = ReadBy("blacksmith")
_Positive = Annotated[Integer, Field(ge=1)]
_Natural = Annotated[Integer, Field(ge=0)]
_AboveZero = Annotated[Number, Field(gt=0)]
_NotNegative = Annotated[Number, Field(ge=0)]


class BlacksmithExperiment(Section):
    """An experiment of tt-blacksmith: every key at the top level.

    Each experiment declares its own keys, so those here are what its experiments have in common.
    """

    dataset_id: Annotated[Text | None, _BLACKSMITH] = None
    """The dataset's name on the hub."""

    model_name: Annotated[Text | None, _BLACKSMITH] = None
    """The model's name on the hub."""

    framework: Annotated[Text | None, _BLACKSMITH] = None
    """Which framework trains: `pytorch`, `jax`, `easydel`."""

    training_type: Annotated[Text | None, _BLACKSMITH] = None
    """What is trained: `lora`, `adapters`, or everything."""

    training_model_type: Annotated[Text | None, _BLACKSMITH] = None
    """What is trained: `lora`, or everything."""

    dtype: Annotated[Text | None, _BLACKSMITH] = None
    """The number format of weights and activations, such as `torch.bfloat16`."""

    max_length: Annotated[_Positive | None, _BLACKSMITH] = None
    """Tokens in a sequence; longer ones are cut."""

    batch_size: Annotated[_Positive | None, _BLACKSMITH] = None
    """Sequences that pass through the model at once."""

    gradient_accumulation_steps: Annotated[_Positive | None, _BLACKSMITH] = None
    """Micro-batches whose gradients are added up before the weights move once."""

    gradient_checkpointing: Annotated[Flag | None, _BLACKSMITH] = None
    """Compute activations again in the backward pass instead of keeping them."""

    learning_rate: Annotated[_AboveZero | None, _BLACKSMITH] = None
    """How far each step moves the weights."""

    weight_decay: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """Pulls weights towards zero at each step."""

    adam_beta1: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """How long Adam's mean of the gradient remembers."""

    adam_beta2: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """How long Adam's mean of the squared gradient remembers."""

    adam_eps: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """Keeps Adam's division away from zero."""

    optim: Annotated[Text | None, _BLACKSMITH] = None
    """The optimizer."""

    warmup_steps: Annotated[_Natural | None, _BLACKSMITH] = None
    """Steps during which the learning rate rises from zero."""

    end_learning_rate: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """The learning rate at the last step."""

    max_grad_norm: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """The greatest length that a gradient may have."""

    num_epochs: Annotated[_Positive | None, _BLACKSMITH] = None
    """How many times all of the data is read."""

    max_steps: Annotated[Integer | None, _BLACKSMITH] = None
    """Steps after which the run ends. `-1`: as many as the epochs have."""

    seed: Annotated[_Natural | None, _BLACKSMITH] = None
    """Where all randomness starts."""

    deterministic: Annotated[Flag | None, _BLACKSMITH] = None
    """Ask the framework for repeatable kernels."""

    do_train: Annotated[Flag | None, _BLACKSMITH] = None
    """Train."""

    do_eval: Annotated[Flag | None, _BLACKSMITH] = None
    """Validate."""

    do_validation: Annotated[Flag | None, _BLACKSMITH] = None
    """Validate while training."""

    val_steps_freq: Annotated[_Positive | None, _BLACKSMITH] = None
    """Steps between validations."""

    max_val_batches: Annotated[_Positive | None, _BLACKSMITH] = None
    """Batches in a validation, at most."""

    steps_freq: Annotated[_Positive | None, _BLACKSMITH] = None
    """Steps between checkpoints or log lines."""

    epoch_freq: Annotated[_Positive | None, _BLACKSMITH] = None
    """Epochs between checkpoints."""

    save_strategy: Annotated[Literal["step", "epoch", "none"] | None, _BLACKSMITH] = None
    """When checkpoints are written."""

    save_steps: Annotated[_Positive | None, _BLACKSMITH] = None
    """Steps between checkpoints."""

    save_total_limit: Annotated[_Positive | None, _BLACKSMITH] = None
    """How many checkpoints stay."""

    save_optim: Annotated[Flag | None, _BLACKSMITH] = None
    """Write the optimizer's state into checkpoints."""

    keep_last_n: Annotated[_Positive | None, _BLACKSMITH] = None
    """How many of the newest checkpoints stay."""

    keep_best_n: Annotated[_Positive | None, _BLACKSMITH] = None
    """How many of the best checkpoints stay."""

    checkpoint_metric: Annotated[Text | None, _BLACKSMITH] = None
    """The metric by which checkpoints are compared."""

    checkpoint_metric_mode: Annotated[Literal["min", "max"] | None, _BLACKSMITH] = None
    """Whether less or more of the metric is better."""

    checkpoint_path: Annotated[Text | None, _BLACKSMITH] = None
    """A checkpoint to start from."""

    sft_checkpoint_path: Annotated[Text | None, _BLACKSMITH] = None
    """The fine-tuned checkpoint that preference training starts from."""

    resume_from_checkpoint: Annotated[Flag | None, _BLACKSMITH] = None
    """Go on from a checkpoint."""

    resume_option: Annotated[Literal["last", "best", "path"] | None, _BLACKSMITH] = None
    """Which checkpoint to go on from."""

    project_dir: Annotated[FolderPath | None, _BLACKSMITH] = None
    """The folder of the run."""

    output_dir: Annotated[FolderPath | None, _BLACKSMITH] = None
    """The folder of the run."""

    storage_backend: Annotated[Text | None, _BLACKSMITH] = None
    """Where checkpoints are kept."""

    sync_to_storage: Annotated[Flag | None, _BLACKSMITH] = None
    """Copy checkpoints to the remote storage."""

    load_from_storage: Annotated[Flag | None, _BLACKSMITH] = None
    """Take checkpoints from the remote storage."""

    remote_path: Annotated[Text | None, _BLACKSMITH] = None
    """The place in the remote storage."""

    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"] | None, _BLACKSMITH] = None
    """How much is said."""

    logging_steps: Annotated[_Positive | None, _BLACKSMITH] = None
    """Steps between two lines of the log."""

    logging_strategy: Annotated[Text | None, _BLACKSMITH] = None
    """When the log is written."""

    report_to: Annotated[Text | None, _BLACKSMITH] = None
    """Where metrics are sent."""

    use_wandb: Annotated[Flag | None, _BLACKSMITH] = None
    """Send metrics to Weights & Biases."""

    wandb_project: Annotated[Text | None, _BLACKSMITH] = None
    """The Weights & Biases project."""

    wandb_run_name: Annotated[Text | None, _BLACKSMITH] = None
    """The run's name in Weights & Biases."""

    wandb_dir: Annotated[FolderPath | None, _BLACKSMITH] = None
    """The folder of Weights & Biases' own files."""

    wandb_tags: Annotated[list[Text] | None, _BLACKSMITH] = None
    """Tags of the run in Weights & Biases."""

    wandb_watch_mode: Annotated[Text | None, _BLACKSMITH] = None
    """What Weights & Biases records of the model."""

    wandb_log_freq: Annotated[_Positive | None, _BLACKSMITH] = None
    """Steps between two records of the model."""

    model_to_wandb: Annotated[Flag | None, _BLACKSMITH] = None
    """Upload the model to Weights & Biases."""

    lora_r: Annotated[_Positive | None, _BLACKSMITH] = None
    """The rank of LoRA's matrices."""

    lora_rank: Annotated[_Positive | None, _BLACKSMITH] = None
    """The rank of LoRA's matrices."""

    lora_alpha: Annotated[_AboveZero | None, _BLACKSMITH] = None
    """How strongly LoRA's matrices count."""

    lora_dropout: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """The share of LoRA's inputs set to zero in training."""

    lora_bias: Annotated[Text | None, _BLACKSMITH] = None
    """Which biases LoRA trains."""

    lora_pattern: Annotated[Text | None, _BLACKSMITH] = None
    """The layers that get LoRA matrices, as a pattern."""

    lora_target_modules: Annotated[list[Text] | Text | None, _BLACKSMITH] = None
    """The layers that get LoRA matrices."""

    lora_task_type: Annotated[Text | None, _BLACKSMITH] = None
    """The task, as LoRA's library names it."""

    adapter_layers: Annotated[list[Any] | None, _BLACKSMITH] = None
    """The layers that get adapters."""

    adapter_bottleneck_dim: Annotated[_Positive | None, _BLACKSMITH] = None
    """The width inside an adapter."""

    adapter_non_linearity: Annotated[Text | None, _BLACKSMITH] = None
    """The activation inside an adapter."""

    unfreeze_embeddings: Annotated[Flag | None, _BLACKSMITH] = None
    """Train the embeddings too."""

    ignored_index: Annotated[Integer | None, _BLACKSMITH] = None
    """The label that the loss leaves out."""

    print_examples: Annotated[Flag | None, _BLACKSMITH] = None
    """Print a few answers at each validation."""

    use_tt: Annotated[Flag | None, _BLACKSMITH] = None
    """Run on Tenstorrent devices."""

    mesh_shape: Annotated[list[Integer] | Text | None, _BLACKSMITH] = None
    """The devices, as a list or as `rows,columns`."""

    mesh_axis_names: Annotated[list[Text] | None, _BLACKSMITH] = None
    """The names of the mesh's axes."""

    model_sharding_patterns: Annotated[list[Any] | None, _BLACKSMITH] = None
    """How weights are split over the mesh, as pairs of pattern and axes."""

    input_sharding_dim: Annotated[Text | None, _BLACKSMITH] = None
    """The mesh axis over which a batch is split."""

    parallelism: Annotated[Text | None, _BLACKSMITH] = None
    """How the devices share the work."""

    num_devices: Annotated[_Positive | None, _BLACKSMITH] = None
    """How many devices compute."""

    optimization_level: Annotated[_Natural | None, _BLACKSMITH] = None
    """How hard the compiler tries."""

    enable_trace: Annotated[Flag | None, _BLACKSMITH] = None
    """Replay recorded device programs."""

    enable_const_eval: Annotated[Flag | None, _BLACKSMITH] = None
    """Let the compiler compute constants beforehand."""

    experimental_weight_dtype: Annotated[Text | None, _BLACKSMITH] = None
    """The number format that the compiler keeps weights in."""

    fp32_dest_acc_en: Annotated[Flag | None, _BLACKSMITH] = None
    """Accumulate in 32 bits."""

    math_fidelity: Annotated[Text | None, _BLACKSMITH] = None
    """How exactly matrices are multiplied."""

    use_shardy_partitioner: Annotated[Flag | None, _BLACKSMITH] = None
    """Let Shardy split the program."""

    apply_gqa_workaround: Annotated[Flag | None, _BLACKSMITH] = None
    """Repeat key and value heads."""

    mask_max_position_embeddings: Annotated[_Positive | None, _BLACKSMITH] = None
    """The side of the attention mask."""

    measure_e2e_time: Annotated[Flag | None, _BLACKSMITH] = None
    """Time whole steps."""

    perf_metrics_enabled: Annotated[Flag | None, _BLACKSMITH] = None
    """Write performance metrics."""

    perf_metrics_file: Annotated[Text | None, _BLACKSMITH] = None
    """The file of the performance metrics."""

    artifacts_dir: Annotated[FolderPath | None, _BLACKSMITH] = None
    """The folder of artefacts."""

    artifacts_name: Annotated[Text | None, _BLACKSMITH] = None
    """The name of the artefacts."""

    early_stopping: Annotated[dict[str, Any] | None, _BLACKSMITH] = None
    """When to end a run that no longer improves."""

    checkpoint: Annotated[dict[str, Any] | None, _BLACKSMITH] = None
    """Checkpoint settings in a block."""

    logging: Annotated[dict[str, Any] | None, _BLACKSMITH] = None
    """Logging settings in a block."""

    metrics: Annotated[dict[str, Any] | None, _BLACKSMITH] = None
    """Which metrics are written, and when."""

    mesh: Annotated[dict[str, Any] | None, _BLACKSMITH] = None
    """Mesh settings in a block."""

    dpo_beta: Annotated[_AboveZero | None, _BLACKSMITH] = None
    """How far preference training may move from the reference."""

    dpo_label_smoothing: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """How far preferences are doubted."""

    grpo_beta: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """How strongly the policy is held to the reference."""

    grpo_epsilon: Annotated[_AboveZero | None, _BLACKSMITH] = None
    """How far one update may move the policy."""

    num_generations: Annotated[_Positive | None, _BLACKSMITH] = None
    """Answers to each prompt."""

    num_iterations: Annotated[_Positive | None, _BLACKSMITH] = None
    """Updates from one set of answers."""

    max_completion_length: Annotated[_Positive | None, _BLACKSMITH] = None
    """Tokens in an answer, at most."""

    max_prompt_length: Annotated[_Positive | None, _BLACKSMITH] = None
    """Tokens in a prompt, at most."""

    correct_reward_weight: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """What a right answer is worth."""

    format_reward_weight: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """What a well-formed answer is worth."""

    advantage_eps: Annotated[_AboveZero | None, _BLACKSMITH] = None
    """Keeps the advantage's division away from zero."""

    temperature: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """How adventurous answers are."""

    top_k: Annotated[Integer | None, _BLACKSMITH] = None
    """Choose among this many of the likeliest tokens only. `0`: off."""
