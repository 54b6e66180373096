"""The baseline: a reimplementation of nanoGPT (Karpathy 2022, MIT licence).

It does the same as nanoGPT on a CPU without compiling: learned positions, PyTorch's attention
kernel with dropout, batches cut one by one from a memory map at random positions, plain AdamW,
gradients clipped at 1, and the loss read at every step. It has the same start-up costs, the imports
and the optimizer's classes, but omits nanoGPT's validation before the first step.
"""

from __future__ import annotations

import math
import pickle  # noqa: F401  nanoGPT reads its vocabulary with it.
import tempfile
from pathlib import Path

import numpy as np
import torch
from shapes import TEXT, Shape
from torch import Tensor, nn
from torch.distributed import init_process_group  # noqa: F401  nanoGPT imports it too.
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel  # noqa: F401
from turns import Turns


class Attention(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads, self.dropout = shape.heads, shape.dropout
        self.inward = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.outward = nn.Linear(shape.width, shape.width, bias=False)
        self.drop = nn.Dropout(shape.dropout)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        parts = self.inward(x).split(width, dim=2)
        q, k, v = (p.view(batch, length, self.heads, -1).transpose(1, 2) for p in parts)
        dropout = self.dropout if self.training else 0.0
        y = functional.scaled_dot_product_attention(q, k, v, dropout_p=dropout, is_causal=True)
        return self.drop(self.outward(y.transpose(1, 2).contiguous().view(batch, length, width)))


class Block(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.first_norm = nn.LayerNorm(shape.width, bias=False)
        self.attention = Attention(shape)
        self.second_norm = nn.LayerNorm(shape.width, bias=False)
        self.widen = nn.Linear(shape.width, 4 * shape.width, bias=False)
        self.outward = nn.Linear(4 * shape.width, shape.width, bias=False)
        self.drop = nn.Dropout(shape.dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.first_norm(x))
        return x + self.drop(self.outward(functional.gelu(self.widen(self.second_norm(x)))))


class Gpt(nn.Module):
    def __init__(self, shape: Shape, vocabulary: int) -> None:
        super().__init__()
        self.shape = shape
        self.tokens = nn.Embedding(vocabulary, shape.width)
        self.positions = nn.Embedding(shape.length, shape.width)
        self.drop = nn.Dropout(shape.dropout)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width, bias=False)
        self.head = nn.Linear(shape.width, vocabulary, bias=False)
        self.head.weight = self.tokens.weight
        for name, parameter in self.named_parameters():
            deviation = 0.02 / math.sqrt(2 * shape.layers) if "outward" in name else 0.02
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=deviation)

    def forward(self, tokens: Tensor, targets: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Logits and the mean loss; without targets, the last position's logits only."""
        positions = torch.arange(tokens.shape[1])
        x = self.drop(self.tokens(tokens) + self.positions(positions))
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        if targets is None:
            return self.head(x[:, [-1]]), torch.zeros(())
        logits = self.head(x)
        loss = functional.cross_entropy(logits.view(-1, logits.shape[-1]), targets.view(-1))
        return logits, loss

    @torch.no_grad()
    def generate(self, tokens: Tensor, count: int, temperature: float, top_k: int) -> Tensor:
        """Write `count` tokens, each from a whole pass over everything before it."""
        for _ in range(count):
            logits, _ = self(tokens[:, -self.shape.length :])
            logits = logits[:, -1] / temperature
            best, _ = torch.topk(logits, min(top_k, logits.shape[-1]))
            logits[logits < best[:, [-1]]] = -float("inf")
            following = torch.multinomial(functional.softmax(logits, dim=-1), num_samples=1)
            tokens = torch.cat((tokens, following), dim=1)
        return tokens

    def optimizer(self) -> torch.optim.AdamW:
        parameters = [parameter for parameter in self.parameters() if parameter.requires_grad]
        groups = [
            {"params": [each for each in parameters if each.dim() >= 2], "weight_decay": 0.1},
            {"params": [each for each in parameters if each.dim() < 2], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99))


def written_tokens(folder: Path, source: Path = TEXT) -> tuple[Path, int]:
    """The text as a file of 16-bit tokens, and the size of its vocabulary."""
    text = source.read_text(encoding="utf-8")
    characters = {character: index for index, character in enumerate(sorted(set(text)))}
    tokens = np.array([characters[character] for character in text], np.uint16)
    tokens[: int(0.9 * len(tokens))].tofile(folder / "train.bin")
    return folder / "train.bin", len(characters)


def random_batch(path: Path, shape: Shape) -> tuple[Tensor, Tensor]:
    data = np.memmap(path, dtype=np.uint16, mode="r")
    starts = torch.randint(len(data) - shape.length, (shape.batch,))
    inputs = [torch.from_numpy(data[i : i + shape.length].astype(np.int64)) for i in starts]
    targets = [
        torch.from_numpy(data[i + 1 : i + 1 + shape.length].astype(np.int64)) for i in starts
    ]
    return torch.stack(inputs), torch.stack(targets)


def rate(step: int) -> float:
    """Up over 100 steps, then along a cosine."""
    if step < 100:
        return 1e-3 * (step + 1) / 101
    return 1e-4 + 0.5 * (1 + math.cos(math.pi * min(1.0, (step - 100) / 1900))) * 9e-4


def train(shape: Shape, turns: Turns) -> None:
    torch.manual_seed(1337)
    with tempfile.TemporaryDirectory() as folder:
        data, vocabulary = written_tokens(Path(folder))
        model = Gpt(shape, vocabulary)
        optimizer = model.optimizer()
        inputs, targets = random_batch(data, shape)
        step = 0
        while True:
            for group in optimizer.param_groups:
                group["lr"] = rate(step)
            _, loss = model(inputs, targets)
            inputs, targets = random_batch(data, shape)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            print(f"step {step}: loss {loss.item():.4f}")
            step += 1
            turns.step_done()


if __name__ == "__main__":
    train(Shape.from_argument(), Turns())
