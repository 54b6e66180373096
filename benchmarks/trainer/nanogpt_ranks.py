"""The baseline on several processes, as `torchrun` starts them; it ends after its first step."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import torch
import torch.distributed as dist
from nanogpt import Gpt, random_batch, written_tokens
from shapes import Shape
from torch import nn
from torch.nn.parallel import DistributedDataParallel


def main() -> None:
    """Arguments: the shape, and a file to write after the first step."""
    import sys

    shape = Shape.from_argument()
    dist.init_process_group("gloo")
    rank = dist.get_rank()
    torch.manual_seed(1337 + rank)
    with tempfile.TemporaryDirectory() as folder:
        data, vocabulary = written_tokens(Path(folder))
        model = Gpt(shape, vocabulary)
        optimizer = model.optimizer()
        parallel = DistributedDataParallel(model)
        _, loss = parallel(*random_batch(data, shape))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if rank == 0:
            Path(sys.argv[2]).write_text(f"{loss.item()}")
        dist.barrier()
    os._exit(0)


if __name__ == "__main__":
    main()
