"""tt-blacksmith's experiments, which are flat mappings."""

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
    """A tt-blacksmith experiment: a flat mapping without sections.

    Each experiment declares its own keys; the keys listed here are the common ones.
    """

    dataset_id: Annotated[Text | None, _BLACKSMITH] = None
    """The name of the dataset on the Hugging Face Hub."""

    model_name: Annotated[Text | None, _BLACKSMITH] = None
    """The name of the model on the Hugging Face Hub."""

    framework: Annotated[Text | None, _BLACKSMITH] = None
    """The training framework: `pytorch`, `jax` or `easydel`."""

    training_type: Annotated[Text | None, _BLACKSMITH] = None
    """What to train: `lora`, `adapters`, or all weights."""

    training_model_type: Annotated[Text | None, _BLACKSMITH] = None
    """What to train: `lora`, or all weights."""

    dtype: Annotated[Text | None, _BLACKSMITH] = None
    """The number format of weights and activations, such as `torch.bfloat16`."""

    max_length: Annotated[_Positive | None, _BLACKSMITH] = None
    """The maximum number of tokens per sequence. Longer sequences are truncated."""

    batch_size: Annotated[_Positive | None, _BLACKSMITH] = None
    """The number of sequences in one forward and backward pass."""

    gradient_accumulation_steps: Annotated[_Positive | None, _BLACKSMITH] = None
    """The number of micro-batches whose gradients are accumulated before each update."""

    gradient_checkpointing: Annotated[Flag | None, _BLACKSMITH] = None
    """Recompute activations in the backward pass instead of storing them."""

    learning_rate: Annotated[_AboveZero | None, _BLACKSMITH] = None
    """How far each step moves the weights."""

    weight_decay: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """How strongly each step pulls the weights towards zero."""

    adam_beta1: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """The decay rate of Adam's first moment."""

    adam_beta2: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """The decay rate of Adam's second moment."""

    adam_eps: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """The constant that keeps Adam from dividing by zero."""

    optim: Annotated[Text | None, _BLACKSMITH] = None
    """The optimizer."""

    warmup_steps: Annotated[_Natural | None, _BLACKSMITH] = None
    """The number of steps over which the learning rate rises from zero."""

    end_learning_rate: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """The learning rate at the last step."""

    max_grad_norm: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """The maximum norm of the gradient."""

    num_epochs: Annotated[_Positive | None, _BLACKSMITH] = None
    """The number of passes over the training data."""

    max_steps: Annotated[Integer | None, _BLACKSMITH] = None
    """The number of steps in the run. `-1`: as many as `num_epochs` requires."""

    seed: Annotated[_Natural | None, _BLACKSMITH] = None
    """The seed of every random choice."""

    deterministic: Annotated[Flag | None, _BLACKSMITH] = None
    """Use the framework's deterministic kernels."""

    do_train: Annotated[Flag | None, _BLACKSMITH] = None
    """Whether to train."""

    do_eval: Annotated[Flag | None, _BLACKSMITH] = None
    """Whether to evaluate."""

    do_validation: Annotated[Flag | None, _BLACKSMITH] = None
    """Whether to validate during training."""

    val_steps_freq: Annotated[_Positive | None, _BLACKSMITH] = None
    """The number of steps between validations."""

    max_val_batches: Annotated[_Positive | None, _BLACKSMITH] = None
    """The maximum number of batches per validation."""

    steps_freq: Annotated[_Positive | None, _BLACKSMITH] = None
    """The number of steps between checkpoints or log lines."""

    epoch_freq: Annotated[_Positive | None, _BLACKSMITH] = None
    """The number of epochs between checkpoints."""

    save_strategy: Annotated[Literal["step", "epoch", "none"] | None, _BLACKSMITH] = None
    """When to save checkpoints."""

    save_steps: Annotated[_Positive | None, _BLACKSMITH] = None
    """The number of steps between checkpoints."""

    save_total_limit: Annotated[_Positive | None, _BLACKSMITH] = None
    """How many checkpoints to keep."""

    save_optim: Annotated[Flag | None, _BLACKSMITH] = None
    """Whether checkpoints include the optimizer's state."""

    keep_last_n: Annotated[_Positive | None, _BLACKSMITH] = None
    """How many of the newest checkpoints to keep."""

    keep_best_n: Annotated[_Positive | None, _BLACKSMITH] = None
    """How many of the best checkpoints to keep."""

    checkpoint_metric: Annotated[Text | None, _BLACKSMITH] = None
    """The metric by which checkpoints are compared."""

    checkpoint_metric_mode: Annotated[Literal["min", "max"] | None, _BLACKSMITH] = None
    """Whether a lower (`min`) or higher (`max`) value of the metric is better."""

    checkpoint_path: Annotated[Text | None, _BLACKSMITH] = None
    """The checkpoint to start from."""

    sft_checkpoint_path: Annotated[Text | None, _BLACKSMITH] = None
    """The fine-tuned checkpoint that preference training starts from."""

    resume_from_checkpoint: Annotated[Flag | None, _BLACKSMITH] = None
    """Whether to resume from a checkpoint."""

    resume_option: Annotated[Literal["last", "best", "path"] | None, _BLACKSMITH] = None
    """Which checkpoint to resume from."""

    project_dir: Annotated[FolderPath | None, _BLACKSMITH] = None
    """The run's folder."""

    output_dir: Annotated[FolderPath | None, _BLACKSMITH] = None
    """The run's folder."""

    storage_backend: Annotated[Text | None, _BLACKSMITH] = None
    """Where checkpoints are stored."""

    sync_to_storage: Annotated[Flag | None, _BLACKSMITH] = None
    """Whether checkpoints are uploaded to remote storage."""

    load_from_storage: Annotated[Flag | None, _BLACKSMITH] = None
    """Whether checkpoints are downloaded from remote storage."""

    remote_path: Annotated[Text | None, _BLACKSMITH] = None
    """The path in remote storage."""

    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"] | None, _BLACKSMITH] = None
    """How much is logged."""

    logging_steps: Annotated[_Positive | None, _BLACKSMITH] = None
    """The number of steps between log lines."""

    logging_strategy: Annotated[Text | None, _BLACKSMITH] = None
    """When to log."""

    report_to: Annotated[Text | None, _BLACKSMITH] = None
    """Where to send metrics."""

    use_wandb: Annotated[Flag | None, _BLACKSMITH] = None
    """Send metrics to Weights & Biases."""

    wandb_project: Annotated[Text | None, _BLACKSMITH] = None
    """The Weights & Biases project."""

    wandb_run_name: Annotated[Text | None, _BLACKSMITH] = None
    """The name of the run in Weights & Biases."""

    wandb_dir: Annotated[FolderPath | None, _BLACKSMITH] = None
    """The folder for Weights & Biases' own files."""

    wandb_tags: Annotated[list[Text] | None, _BLACKSMITH] = None
    """The tags of the run in Weights & Biases."""

    wandb_watch_mode: Annotated[Text | None, _BLACKSMITH] = None
    """What Weights & Biases logs about the model, such as gradients."""

    wandb_log_freq: Annotated[_Positive | None, _BLACKSMITH] = None
    """The number of steps between these logs of the model."""

    model_to_wandb: Annotated[Flag | None, _BLACKSMITH] = None
    """Whether to upload the model to Weights & Biases."""

    lora_r: Annotated[_Positive | None, _BLACKSMITH] = None
    """The rank of LoRA's matrices."""

    lora_rank: Annotated[_Positive | None, _BLACKSMITH] = None
    """The rank of LoRA's matrices."""

    lora_alpha: Annotated[_AboveZero | None, _BLACKSMITH] = None
    """The scale of LoRA's matrices."""

    lora_dropout: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """The fraction of LoRA's inputs set to zero during training."""

    lora_bias: Annotated[Text | None, _BLACKSMITH] = None
    """Which biases LoRA trains."""

    lora_pattern: Annotated[Text | None, _BLACKSMITH] = None
    """A pattern for the layers that LoRA adapts."""

    lora_target_modules: Annotated[list[Text] | Text | None, _BLACKSMITH] = None
    """The layers that LoRA adapts."""

    lora_task_type: Annotated[Text | None, _BLACKSMITH] = None
    """The task type, as named by the LoRA library."""

    adapter_layers: Annotated[list[Any] | None, _BLACKSMITH] = None
    """The layers with adapters."""

    adapter_bottleneck_dim: Annotated[_Positive | None, _BLACKSMITH] = None
    """The width of an adapter's bottleneck."""

    adapter_non_linearity: Annotated[Text | None, _BLACKSMITH] = None
    """The activation function of an adapter."""

    unfreeze_embeddings: Annotated[Flag | None, _BLACKSMITH] = None
    """Whether embeddings are trained too."""

    ignored_index: Annotated[Integer | None, _BLACKSMITH] = None
    """The label that the loss ignores."""

    print_examples: Annotated[Flag | None, _BLACKSMITH] = None
    """Whether to print a few answers at each validation."""

    use_tt: Annotated[Flag | None, _BLACKSMITH] = None
    """Whether to run on Tenstorrent devices."""

    mesh_shape: Annotated[list[Integer] | Text | None, _BLACKSMITH] = None
    """The mesh of devices, as a list or as `rows,columns`."""

    mesh_axis_names: Annotated[list[Text] | None, _BLACKSMITH] = None
    """The names of the mesh's axes."""

    model_sharding_patterns: Annotated[list[Any] | None, _BLACKSMITH] = None
    """How weights are sharded over the mesh, as pairs of a pattern and its axes."""

    input_sharding_dim: Annotated[Text | None, _BLACKSMITH] = None
    """The mesh axis along which batches are split."""

    parallelism: Annotated[Text | None, _BLACKSMITH] = None
    """How the work is divided among the devices."""

    num_devices: Annotated[_Positive | None, _BLACKSMITH] = None
    """The number of devices."""

    optimization_level: Annotated[_Natural | None, _BLACKSMITH] = None
    """The compiler's optimisation level."""

    enable_trace: Annotated[Flag | None, _BLACKSMITH] = None
    """Whether to record device programs and replay them."""

    enable_const_eval: Annotated[Flag | None, _BLACKSMITH] = None
    """Whether the compiler evaluates constants ahead of time."""

    experimental_weight_dtype: Annotated[Text | None, _BLACKSMITH] = None
    """The number format in which the compiler stores weights."""

    fp32_dest_acc_en: Annotated[Flag | None, _BLACKSMITH] = None
    """Whether to accumulate in 32-bit floating point."""

    math_fidelity: Annotated[Text | None, _BLACKSMITH] = None
    """The precision of matrix multiplication."""

    use_shardy_partitioner: Annotated[Flag | None, _BLACKSMITH] = None
    """Whether Shardy partitions the program."""

    apply_gqa_workaround: Annotated[Flag | None, _BLACKSMITH] = None
    """Whether key and value heads are repeated to avoid grouped-query attention."""

    mask_max_position_embeddings: Annotated[_Positive | None, _BLACKSMITH] = None
    """The number of positions in the attention mask."""

    measure_e2e_time: Annotated[Flag | None, _BLACKSMITH] = None
    """Whether to measure the time of whole steps."""

    perf_metrics_enabled: Annotated[Flag | None, _BLACKSMITH] = None
    """Whether to write performance metrics."""

    perf_metrics_file: Annotated[Text | None, _BLACKSMITH] = None
    """The file for performance metrics."""

    artifacts_dir: Annotated[FolderPath | None, _BLACKSMITH] = None
    """The folder for artifacts."""

    artifacts_name: Annotated[Text | None, _BLACKSMITH] = None
    """The name of the artifacts."""

    early_stopping: Annotated[dict[str, Any] | None, _BLACKSMITH] = None
    """When to end a run that no longer improves."""

    checkpoint: Annotated[dict[str, Any] | None, _BLACKSMITH] = None
    """Checkpoint settings, nested in one mapping."""

    logging: Annotated[dict[str, Any] | None, _BLACKSMITH] = None
    """Logging settings, nested in one mapping."""

    metrics: Annotated[dict[str, Any] | None, _BLACKSMITH] = None
    """Which metrics to write, and when."""

    mesh: Annotated[dict[str, Any] | None, _BLACKSMITH] = None
    """Mesh settings, nested in one mapping."""

    dpo_beta: Annotated[_AboveZero | None, _BLACKSMITH] = None
    """How strongly preference training is kept close to the reference model."""

    dpo_label_smoothing: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """The assumed probability that a preference label is wrong."""

    grpo_beta: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """How strongly the policy is kept close to the reference model."""

    grpo_epsilon: Annotated[_AboveZero | None, _BLACKSMITH] = None
    """The clipping range: how far one update may move the policy."""

    num_generations: Annotated[_Positive | None, _BLACKSMITH] = None
    """The number of answers per prompt."""

    num_iterations: Annotated[_Positive | None, _BLACKSMITH] = None
    """The number of updates per set of answers."""

    max_completion_length: Annotated[_Positive | None, _BLACKSMITH] = None
    """The maximum number of tokens per answer."""

    max_prompt_length: Annotated[_Positive | None, _BLACKSMITH] = None
    """The maximum number of tokens per prompt."""

    correct_reward_weight: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """The weight of the reward for a correct answer."""

    format_reward_weight: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """The weight of the reward for a well-formed answer."""

    advantage_eps: Annotated[_AboveZero | None, _BLACKSMITH] = None
    """The constant that keeps the advantage from being divided by zero."""

    temperature: Annotated[_NotNegative | None, _BLACKSMITH] = None
    """The randomness of sampling."""

    top_k: Annotated[Integer | None, _BLACKSMITH] = None
    """Sample only from this many of the most likely tokens. `0`: off."""
