"""Other tools' names for our keys: Hugging Face, Lightning, nanoGPT and its descendants."""

from __future__ import annotations

from collections.abc import Mapping

from trainsmith_schemas.families.registry import all_families


def _hugging_face_keys() -> dict[str, str]:
    """Our keys by their names in `config.json`, in all families."""
    known = [family.hugging_face for family in all_families() if family.hugging_face]
    return {theirs: ours for one in known for ours, theirs in one.keys.items()}


OUR_KEYS: Mapping[str, str] = {
    **_hugging_face_keys(),
    # The shape of the model.
    "d_model": "embedding_dim",
    "dim": "embedding_dim",
    "n_layers": "num_blocks",
    "num_layers": "num_blocks",
    "n_heads": "num_heads",
    "n_kv_heads": "num_groups",
    "num_kv_heads": "num_groups",
    "hidden_dim": "intermediate_dim",
    "block_size": "max_sequence_length",
    "context_length": "max_sequence_length",
    "seq_len": "max_sequence_length",
    "dropout": "dropout_prob",
    # Training.
    "per_device_train_batch_size": "batch_size",
    "train_batch_size": "batch_size",
    "micro_batch_size": "batch_size",
    "per_device_eval_batch_size": "validation_batch_size",
    "eval_batch_size": "validation_batch_size",
    "val_batch_size": "validation_batch_size",
    "accumulate_grad_batches": "gradient_accumulation_steps",
    "num_train_epochs": "num_epochs",
    "max_epochs": "num_epochs",
    "epochs": "num_epochs",
    "max_train_steps": "max_steps",
    "max_iters": "max_steps",
    "num_steps": "max_steps",
    "steps": "max_steps",
    "lr_scheduler_type": "scheduler_type",
    "max_grad_norm": "clip_grad_norm_max_norm",
    "gradient_clip_val": "clip_grad_norm_max_norm",
    "grad_clip": "clip_grad_norm_max_norm",
    "eval_steps": "validation_frequency",
    "eval_interval": "validation_frequency",
    "save_steps": "checkpoint_frequency",
    "save_interval": "checkpoint_frequency",
    "save_total_limit": "keep_last_n",
    "output_dir": "checkpoint_dir",
    "out_dir": "checkpoint_dir",
    "save_dir": "checkpoint_dir",
    "train_file": "data_path",
    "validation_file": "validation_path",
    "warmup_iters": "warmup_steps",
    # LoRA.
    "rank": "r",
    "lora_r": "r",
    "lora_rank": "r",
    "alpha": "lora_alpha",
    "lora_target": "target_modules",
    "lora_target_modules": "target_modules",
}
"""Our keys by the names that other tools give them. Only sections with such a key suggest it."""
