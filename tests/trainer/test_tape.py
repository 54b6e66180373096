"""The tape's gradients equal those of PyTorch in float64, and so do the losses of training."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tape_models import (
    MODELS,
    batch,
    model,
    packed_batch,
    tape_backend,
    torch_loss,
    torch_model,
    weights_of,
)

from trainsmith_trainer.backends.base import Arrays, DamagedStateError
from trainsmith_trainer.backends.numpy.ops import NumpyOps
from trainsmith_trainer.backends.tape.backend import TapeBackend
from trainsmith_trainer.backends.tape.passage import Passage
from trainsmith_trainer.data.batches import Batch
from trainsmith_trainer.errors import RunError

BATCHES = {
    "one": [batch()],
    "two": [batch(), batch(rows=1, seed=1)],
    "short": [batch(length=13)],
    "packed": [packed_batch()],
}


def _gradients(backend: TapeBackend) -> Arrays:
    """The change of each weight by one step of plain gradient descent at a rate of 1."""
    before = {name: array.copy() for name, array in backend.weights().items()}
    backend.update(1.0)
    return {name: before[name] - array for name, array in backend.weights().items()}


@pytest.mark.parametrize("batches", BATCHES)
@pytest.mark.parametrize("name", MODELS)
def test_gradients_equal_those_of_torch(name: str, batches: str) -> None:
    config = model(**MODELS[name])
    weights = weights_of(config)
    reference = torch_model(config, weights)
    loss = torch_loss(reference, BATCHES[batches])
    loss.backward()
    backend = tape_backend(
        config, weights, use_clip_grad_norm=False, weight_decay=0, optimizer={"type": "SGD"}
    )
    found = backend.gradient(BATCHES[batches])
    gradients = {name: one.grad for name, one in reference.named_parameters()}
    total = [torch.zeros(()) if one is None else one.norm() for one in gradients.values()]
    norm = torch.stack(total).norm().item()
    assert found.loss == pytest.approx(loss.item(), rel=1e-12)
    assert found.norm == pytest.approx(norm, rel=1e-12)
    for key, change in _gradients(backend).items():
        wanted = gradients[key]
        wanted = np.zeros(change.shape) if wanted is None else wanted.numpy()
        np.testing.assert_allclose(change, wanted, rtol=0, atol=1e-12 * norm, err_msg=key)


@pytest.mark.parametrize("name", ["gpt2-tied", "llama-tied", "qwen3"])
def test_losses_of_training_equal_those_of_torch(name: str) -> None:
    config = model(**MODELS[name])
    weights = weights_of(config)
    reference = torch_model(config, weights)
    named = dict(reference.named_parameters())
    groups = [
        {"params": [one for one in named.values() if one.dim() > 1], "weight_decay": 0.1},
        {"params": [one for one in named.values() if one.dim() == 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.95), eps=1e-8)
    settings = {"type": "AdamW", "beta2": 0.95, "weight_decay": 0.1}
    backend = tape_backend(config, weights, optimizer=settings)
    for step in range(20):
        batches, rate = [batch(seed=step)], 1e-3 * (1 - 0.02 * step)
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = torch_loss(reference, batches)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(named.values(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        assert backend.gradient(batches).loss == pytest.approx(loss.item(), rel=1e-12), step
        backend.update(rate)


@pytest.mark.parametrize("name", MODELS)
def test_decoder_computes_the_logits_of_the_whole_text(name: str) -> None:
    config = model(**MODELS[name])
    backend, reference = tape_backend(config), torch_model(config, weights_of(config))
    decoder, written = backend.decoder(), [3, 1, 4]
    unread = list(written)
    for token in (1, 5, 9, 2, 6, 5, 3, 5):
        logits = reference(torch.tensor([written]))[0, -1].detach().numpy()
        np.testing.assert_allclose(decoder.read(unread), logits, rtol=1e-5, atol=1e-5)
        written.append(token)
        unread = [token]


def test_decoder_drops_the_older_half_of_a_full_context() -> None:
    config = model(**MODELS["llama"])
    backend = tape_backend(config)
    decoder = backend.decoder()
    tokens = [at * 7 % 65 for at in range(20)]
    decoder.read(tokens)
    again = backend.decoder()
    np.testing.assert_array_equal(decoder.read([64]), again.read([*tokens[-9:], 64]))


def test_cache_grows_beyond_its_first_places() -> None:
    config = model(**MODELS["llama"], max_sequence_length=150)
    backend = tape_backend(config)
    decoder, tokens = backend.decoder(), [at * 7 % 65 for at in range(140)]
    decoder.read(tokens[:60])
    found = [decoder.read([token]) for token in tokens[60:]]
    np.testing.assert_allclose(found[-1], backend.decoder().read(tokens), rtol=1e-5, atol=1e-6)


def test_padding_sees_itself_and_nothing_sees_it() -> None:
    passage = Passage.of(packed_batch())
    assert passage.seen.any(axis=2).all()
    assert not passage.seen[0, :17, 17:].any()
    assert not passage.seen[1, :12, 12:].any()


def test_dropout_is_drawn_anew_and_not_in_validation() -> None:
    config = model(model_type="gpt2", dropout_prob=0.5)
    backend, again = tape_backend(config), tape_backend(config)
    batches = [batch()]
    first, second = backend.gradient(batches).loss, backend.gradient(batches).loss
    assert first != second
    assert backend.loss(batches) == pytest.approx(backend.loss(batches), rel=0, abs=0)
    assert again.gradient(batches).loss == first


def test_recomputed_blocks_drop_the_same_numbers() -> None:
    settings = {"model_type": "gpt2", "dropout_prob": 0.3}
    plain = tape_backend(model(**settings))
    recomputed = tape_backend(model(**settings, runner_type="memory_efficient"))
    for _ in range(2):
        assert recomputed.gradient([batch()]) == plain.gradient([batch()])
        plain.update(0.01)
        recomputed.update(0.01)


def test_empty_rows_count_nothing() -> None:
    backend = tape_backend(model(**MODELS["gpt2"]))
    whole = batch()
    half = Batch(whole.inputs[:1], whole.targets[:1])
    assert backend.loss([half, Batch(whole.inputs[1:], whole.targets[1:])]) == pytest.approx(
        backend.loss([whole]), rel=1e-12
    )


def test_state_of_another_optimizer_is_refused() -> None:
    config = model(**MODELS["gpt2"])
    adam = tape_backend(config)
    sgd = tape_backend(config, optimizer={"type": "SGD", "momentum": 0.9})
    sgd.gradient([batch()])
    sgd.update(0.1)
    with pytest.raises(ValueError, match="its optimizer state has momentum"):
        adam.restore(sgd.weights(), sgd.optimizer_state(), {})
    with pytest.raises(ValueError, match="its optimizer state has exp_avg, exp_avg_sq, step"):
        sgd.restore(adam.weights(), adam.optimizer_state(), {})


def test_weights_of_another_model_and_damaged_random_states_are_refused() -> None:
    backend, other = tape_backend(model(**MODELS["gpt2"])), tape_backend(model(**MODELS["llama"]))
    with pytest.raises(ValueError, match=r"the weights are of another model: .* differ"):
        backend.restore(other.weights(), other.optimizer_state(), {})
    shorter = tape_backend(model(**{**MODELS["gpt2"], "max_sequence_length": 10}))
    with pytest.raises(ValueError, match=r"wpe\.weight is \[10, 24\], not \[20, 24\]"):
        backend.restore(shorter.weights(), shorter.optimizer_state(), {})
    backend.gradient([batch()])
    backend.update(0.1)
    damaged = {"draws": np.zeros(3, np.uint8)}
    with pytest.raises(DamagedStateError, match="`draws` has 3 bytes, not 8"):
        backend.restore(backend.weights(), backend.optimizer_state(), damaged)


def test_lack_of_memory_names_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise MemoryError

    backend = tape_backend(model(**MODELS["gpt2"]))
    monkeypatch.setattr(NumpyOps, "exp", fail)
    with pytest.raises(RunError, match="memory is too small for a step") as raised:
        backend.gradient([batch()])
    assert raised.value.config_path == "training_config.batch_size"
    with pytest.raises(RunError, match="memory is too small for validation"):
        backend.loss([batch()])


def test_failed_gradient_leaves_the_state_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise MemoryError

    config = model(model_type="gpt2", dropout_prob=0.5)
    backend, other = tape_backend(config), tape_backend(config)
    with monkeypatch.context() as patch:
        patch.setattr(NumpyOps, "log", fail)  # Dropout has drawn its numbers by then.
        with pytest.raises(RunError):
            backend.gradient([batch()])
    assert backend.gradient([batch()]) == other.gradient([batch()])
