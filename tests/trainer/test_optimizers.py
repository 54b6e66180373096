"""Optimizers compared with `torch.optim`, and in bfloat16 with float32."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import torch

from trainsmith_schemas.sections.optimizer import OptimizerConfig, fields_with_effect
from trainsmith_trainer.backends.torch import update_rules
from trainsmith_trainer.backends.torch.optimizers import Optimizer


def _optimizer(
    parameters: dict[str, torch.nn.Parameter], decay: float, config: dict[str, Any], **options: Any
) -> Optimizer:
    section = OptimizerConfig.model_validate(config)
    return Optimizer(parameters, section, weight_decay=decay, **options)


@pytest.mark.parametrize(
    ("config", "kind", "options"),
    [
        ({"beta2": 0.9}, torch.optim.AdamW, {"betas": (0.9, 0.9)}),
        ({"amsgrad": True, "epsilon": 0.1}, torch.optim.AdamW, {"amsgrad": True, "eps": 0.1}),
        ({"type": "MorehAdamW"}, torch.optim.AdamW, {}),
        ({"type": "AdamWComposite"}, torch.optim.AdamW, {}),
        ({"type": "AdamWFullPrecision"}, torch.optim.AdamW, {}),
        ({"type": "SGD"}, torch.optim.SGD, {}),
        (
            {"type": "SGD", "momentum": 0.9, "nesterov": True},
            torch.optim.SGD,
            {"momentum": 0.9, "nesterov": True},
        ),
        (
            {"type": "SGDComposite", "momentum": 0.9, "dampening": 0.5},
            torch.optim.SGD,
            {"momentum": 0.9, "dampening": 0.5},
        ),
    ],
)
@pytest.mark.parametrize("fused", [True, False])
def test_optimizers_match_pytorch(
    config: dict[str, Any],
    kind: Any,
    options: dict[str, Any],
    fused: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def is_fused(_device: torch.device) -> bool:
        return fused

    monkeypatch.setattr(update_rules, "fused_adamw", is_fused)
    torch.manual_seed(0)
    ours, theirs = (torch.nn.Parameter(torch.ones(5, 4)) for _ in range(2))
    own = _optimizer({"w": ours}, 0.3, config)
    reference = kind([theirs], lr=0.1, weight_decay=0.3, **options)
    for rate in (0.1, 0.05, 0.2, 0.1):
        gradient = torch.randn(5, 4)
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        reference.param_groups[0]["lr"] = rate
        reference.step()
        own.step(rate)
        torch.testing.assert_close(ours, theirs)


_OTHER_VALUES = {
    "beta1": 0.5,
    "beta2": 0.5,
    "epsilon": 0.5,
    "amsgrad": True,
    "momentum": 0.8,
    "dampening": 0.5,
    "nesterov": True,
    "ns_steps": 2,
}


@pytest.mark.parametrize("field", _OTHER_VALUES)
@pytest.mark.parametrize("kind", get_args(OptimizerConfig.model_fields["type"].annotation))
def test_fields_with_effect_match_actual_effects(kind: str, field: str) -> None:
    # Without momentum there is nothing to dampen.
    usual = {"type": kind, "momentum": 0.9}
    moved = [_moved(usual), _moved({**usual, field: _OTHER_VALUES[field]})]
    expected = fields_with_effect(kind, "trainsmith") or ()
    assert (not torch.equal(*moved)) == (field in expected)


def _moved(config: dict[str, Any]) -> torch.Tensor:
    """A matrix inside the blocks and a vector, as one row, after three steps."""
    torch.manual_seed(0)
    weights = {"w": torch.nn.Parameter(torch.ones(5, 4)), "b": torch.nn.Parameter(torch.ones(4))}
    own = _optimizer(weights, 0.3, config, inner=["w"])
    for _ in range(3):
        for weight in weights.values():
            weight.grad = torch.randn_like(weight)
        own.step(0.1)
    return torch.cat([weight.detach().flatten() for weight in weights.values()])


@pytest.mark.parametrize("shape", [(6, 4), (4, 6)])
def test_muon_matches_pytorch_and_uses_adamw_elsewhere(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    first = torch.randn(shape)
    names = ("inner", "embedding", "bias")
    ours = {name: torch.nn.Parameter(first.clone()) for name in names}
    ours["bias"] = torch.nn.Parameter(first[0].clone())
    theirs = {name: torch.nn.Parameter(each.detach().clone()) for name, each in ours.items()}
    own = _optimizer(ours, 0.3, {"type": "Muon"}, inner=("inner", "bias"))
    muon = torch.optim.Muon(
        [theirs["inner"]], lr=0.1, weight_decay=0.3, adjust_lr_fn="match_rms_adamw"
    )
    decayed = torch.optim.AdamW([theirs["embedding"]], lr=0.1, weight_decay=0.3)
    plain = torch.optim.AdamW([theirs["bias"]], lr=0.1, weight_decay=0.0)
    for _ in range(4):
        for name in names:
            gradient = torch.randn_like(ours[name])
            ours[name].grad, theirs[name].grad = gradient.clone(), gradient.clone()
        for reference in (muon, decayed, plain):
            reference.step()
        own.step(0.1)
    torch.testing.assert_close(ours["embedding"], theirs["embedding"])
    torch.testing.assert_close(ours["bias"], theirs["bias"])
    # PyTorch iterates in bfloat16.
    torch.testing.assert_close(ours["inner"], theirs["inner"], atol=0.02, rtol=0)
    assert float((ours["inner"].detach() - first).abs().mean()) > 0.05


def test_weight_decay_skips_biases_and_gains() -> None:
    matrix, bias = torch.nn.Parameter(torch.ones(2, 2)), torch.nn.Parameter(torch.ones(2))
    own = _optimizer({"m": matrix, "b": bias}, 0.5, {})
    matrix.grad, bias.grad = torch.zeros(2, 2), torch.zeros(2)
    own.step(0.1)
    assert matrix[0, 0].item() == pytest.approx(0.95)
    assert bias[0].item() == 1.0


def _fit(dtype: torch.dtype, config: dict[str, Any], *, kahan: bool) -> float:
    """The mean squared error of a regression after 400 steps from the same start."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(256, 16, generator=generator)
    targets = inputs @ torch.randn(16, 8, generator=generator)
    weight = torch.nn.Parameter(torch.zeros(16, 8, dtype=dtype))
    own = _optimizer({"w": weight}, 0.0, config, kahan=kahan, inner=["w"])
    exact = dict(own.state()).get("master.w")
    for step in range(400):
        error = inputs @ weight.detach().float() - targets
        weight.grad = (inputs.T @ error / len(inputs)).to(dtype)
        own.step(0.05 * (1 - step / 400))
    lost = own.state().get("kahan.w")
    found = weight.detach().float() if exact is None else exact
    found = found if lost is None else found + lost
    return float((inputs @ found - targets).square().mean())


@pytest.mark.parametrize("kind", ["AdamW", "MorehAdamW", "SGD", "Muon"])
def test_kahan_summation_compensates_bfloat16_rounding(kind: str) -> None:
    config = {"type": kind}
    rounded = _fit(torch.bfloat16, config, kahan=False)
    kept = _fit(torch.bfloat16, config, kahan=True)
    assert kept < rounded / 5
    assert _fit(torch.float32, config, kahan=True) <= kept


def test_full_precision_keeps_master_weights() -> None:
    rounded = _fit(torch.bfloat16, {"type": "AdamW"}, kahan=False)
    assert _fit(torch.bfloat16, {"type": "AdamWFullPrecision"}, kahan=False) < rounded / 5


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    "config",
    [
        {"type": "AdamW", "amsgrad": True},
        {"type": "AdamWFullPrecision"},
        {"type": "SGD", "momentum": 0.9},
        {"type": "Muon"},
        {"type": "NoOp"},
    ],
    ids=lambda config: config["type"],
)
def test_restored_optimizer_is_bit_identical(config: dict[str, Any], dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    first = {"w": torch.randn(4, 6).to(dtype), "b": torch.randn(6).to(dtype)}
    gradients = [{name: torch.randn_like(each) for name, each in first.items()} for _ in range(4)]

    def take(parameters: dict[str, torch.nn.Parameter], own: Optimizer, steps: slice) -> None:
        for step in gradients[steps]:
            for name, parameter in parameters.items():
                parameter.grad = step[name].clone()
            own.step(0.1)

    def start(values: dict[str, torch.Tensor]) -> tuple[dict[str, torch.nn.Parameter], Optimizer]:
        parameters = {name: torch.nn.Parameter(each.clone()) for name, each in values.items()}
        return parameters, _optimizer(parameters, 0.1, config, kahan=True, inner=["w"])

    whole, own = start(first)
    take(whole, own, slice(0, 4))
    before, stopped = start(first)
    take(before, stopped, slice(0, 2))
    after, restored = start({name: each.detach() for name, each in before.items()})
    restored.restore({name: tensor.clone() for name, tensor in stopped.state().items()})
    take(after, restored, slice(2, 4))
    for name, parameter in whole.items():
        assert torch.equal(after[name], parameter)
    with pytest.raises(ValueError, match="its optimizer state has another"):
        restored.restore({"another.w": torch.zeros(4, 6)})
