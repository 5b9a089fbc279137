"""Writes golden cases: python golden.py CASE... --out DIR   (python golden.py --list)

A case folder holds
  case.json            the configuration, the optimiser's settings, the loss policy, kind: sd_mae | mae
  init.safetensors     float32 parameters under checkpoint names (what a user would load)
  inputs.safetensors   images [S,B,C,H,W] f32 (ImageNet-normalised); mask u8 [S,B,N], 1 = masked (sd_mae) or
                       shuffle i64 [S,B,N] (mae); S steps
  expected.safetensors float64, computed in float64 from the float32 values above:
      step0/pixels, step0/student, step0/teacher (sd_mae) or step0/pixels, step0/latent (mae): outputs before any update
      step0/grad/<parameter>: gradient of the total loss; parameters that it does not reach (frozen; the decoder's projection
        head under teacher_gradient = stop) have none and are not updated: no weight decay either
      losses [S,4]: total, reconstruction, distillation, teacher entropy (mae: total only in column 0)
      center [S,K]: the centre after each step (sd_mae)
      after/<parameter>: parameters after S AdamW steps
case.json's torch_float32_error is the error of PyTorch's float32 run of the same case against `expected`, by group of tensors
(outputs by name, gradients, after, losses, center) as errors() below defines it: the yardstick for a float32 implementation.
Large presets, and cases made with --stride, keep samples of the big entries: `expected` then has <entry>.sample (every k-th value, k in case.json under
"stride") instead of the whole tensor.
"""
import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path

import torch
from safetensors.torch import save_file

from oracle import Config, Mae, PRESETS, SdMae, SdMaeLoss, Vit, adamw

tiny = Config(32, 32, 8, Vit(32, 2, 2), Vit(16, 1, 2), hidden=24, bottleneck=8, prototypes=40)
CASES = {
    "tiny": dict(config=tiny),
    "tiny_rect": dict(config=replace(tiny, height=32, width=48, encoder=Vit(32, 3, 4, 2, layer_scale=0.1),
                                     decoder=Vit(24, 2, 3)), seed=7),
    "tiny_dino": dict(config=replace(tiny, teacher_gradient="stop", center_from="logits", teacher_temperature=0.07,
                                     distill_weight=0.5), seed=11),
    "tiny_raw_target": dict(config=replace(tiny, target="unit", center_from="none", mask_ratio=0.75), seed=13),
    "tiny_mae": dict(config=Config(32, 32, 8, Vit(32, 2, 2), Vit(16, 1, 2), mask_ratio=0.75, target="patch"), kind="mae", seed=5),
    "tiny_mae_rect": dict(config=Config(48, 32, 8, Vit(48, 2, 3), Vit(24, 2, 2), mask_ratio=0.6, target="input"), kind="mae", seed=6),
}


def draw_inputs(c: Config, kind: str, steps: int, batch: int, g: torch.Generator):
    low = torch.randn(steps * batch, c.channels, max(c.height // 8, 2), max(c.width // 8, 2), generator=g)
    images = torch.nn.functional.interpolate(low, (c.height, c.width), mode="bilinear")
    images = images + 0.1 * torch.randn(images.shape, generator=g)  # smooth tissue-like fields with grain
    images = images.reshape(steps, batch, c.channels, c.height, c.width)
    order = torch.rand(steps, batch, c.patches, generator=g).argsort(-1)
    if kind == "mae":
        return {"images": images, "shuffle": order}
    return {"images": images, "mask": (order < c.masked).to(torch.uint8)}


def run(model, config: Config, inputs, steps: int, lr: float, dtype) -> dict:
    """Train `steps` AdamW steps in `dtype`; everything that expected.safetensors holds."""
    sd_mae = isinstance(model, SdMae)
    loss_of, optimiser = SdMaeLoss(config).to(dtype), adamw(model, lr)
    result, losses, centers = {}, [], []
    for s in range(steps):
        images = inputs["images"][s].to(dtype)
        if sd_mae:
            mask = inputs["mask"][s].bool()
            pixels, student, teacher = model(images, mask)
            total, *parts = loss_of(images, mask, pixels, student, teacher)
            loss_of.center = loss_of.center.detach()
            outputs, row = {"pixels": pixels, "student": student, "teacher": teacher}, [total.item()] + [p.item() for p in parts]
            centers.append(loss_of.center.flatten().clone())
        else:
            total, pixels, _, latent = model(images, inputs["shuffle"][s])
            outputs, row = {"pixels": pixels, "latent": latent}, [total.item(), 0.0, 0.0, 0.0]
        optimiser.zero_grad()
        total.backward()
        if s == 0:
            result |= {f"step0/{k}": v.detach() for k, v in outputs.items()}
            result |= {f"step0/grad/{k}": p.grad.clone() for k, p in model.named_parameters() if p.grad is not None}
        optimiser.step()
        losses.append(row)
    result |= {f"after/{k}": p.detach().clone() for k, p in model.named_parameters()}
    result["losses"] = torch.tensor(losses, dtype=torch.float64)
    if centers:
        result["center"] = torch.stack(centers)
    return result


def group(key: str) -> str:
    return "gradients" if key.startswith("step0/grad/") else "after" if key.startswith("after/") else key.removesuffix(".sample")


def errors(got: dict, want: dict, init: dict) -> dict:
    """The largest error of each group's tensors. Outputs, gradients, losses, center: max|got - want| / max|want|.
    after: the update's relative error |got - want|_2 / |want - init|_2 (Adam normalises every entry, so single entries whose gradient is
    rounding noise say nothing); a full qkv.bias counts without its key third, whose true gradient is zero; untouched parameters must be equal."""
    worst: dict = {}
    for key, w in want.items():
        g, w = got[key].double(), w.double()
        if key.startswith("after/"):
            start = init[key.removeprefix("after/")].double()
            if key.endswith("qkv.bias"):
                keep = torch.arange(w.numel()) // (w.numel() // 3) != 1
                g, w, start = g[keep], w[keep], start[keep]
            scale = (w - start).norm().item()
            e = (g - w).norm().item() / scale if scale > 0 else (0.0 if torch.equal(g, w) else float("inf"))
        else:
            e = (g - w).abs().max().item() / max(w.abs().max().item(), 1e-30)
        before = worst.get(group(key), 0.0)
        worst[group(key)] = before if before != before or e <= before else e  # NaN stays, and is within no bound
    return worst


def sample(tensors: dict, stride: int) -> dict:
    """Every stride-th value of the entries that have 1024 or more, renamed <entry>.sample; the others whole."""
    if stride == 1:
        return tensors
    return {(k if v.numel() < 1024 else k + ".sample"): (v if v.numel() < 1024 else v.flatten()[::stride]) for k, v in tensors.items()}


def make(name: str, config: Config, out: Path, kind="sd_mae", seed=3, steps=5, batch=3, lr=1e-3, stride=1):
    torch.manual_seed(seed)
    g = torch.Generator().manual_seed(seed + 1000)
    model = (Mae if kind == "mae" else SdMae)(config)
    with torch.no_grad():  # no parameter at a value that would hide a mistake (zero biases, unit gains)
        for key, p in model.named_parameters():
            if p.requires_grad and p.ndim == 1:
                p.add_(0.05 * torch.randn(p.shape, generator=g))
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    init = {k: v.detach().float().contiguous() for k, v in model.state_dict().items()}
    save_file(init, folder / "init.safetensors", metadata={"format": "pt", "oracle": name})
    inputs = draw_inputs(config, kind, steps, batch, g)
    save_file({k: v.contiguous() for k, v in inputs.items()}, folder / "inputs.safetensors")

    expected = run(model.double(), config, inputs, steps, lr, torch.float64)
    model.load_state_dict(init)
    total = expected["losses"][:, 0].tolist()
    single = run(model.float(), config, inputs, steps, lr, torch.float32)
    start = {"after/" + k: v for k, v in init.items()}
    expected, single, start = (sample(d, stride) for d in (expected, single, start))
    yardstick = errors(single, expected, {k.removeprefix("after/"): v for k, v in start.items()})
    save_file({k: v.contiguous().clone() for k, v in expected.items()}, folder / "expected.safetensors")
    (folder / "case.json").write_text(json.dumps(dict(
        name=name, kind=kind, config=asdict(config), steps=steps, batch=batch, stride=stride, torch_float32_error=yardstick,
        adamw=dict(lr=lr, betas=[0.9, 0.999] if kind == "sd_mae" else [0.9, 0.95], eps=1e-8, weight_decay=0.05)), indent=1) + "\n")
    print(f"{name}: loss {total[0]:.6f} -> {total[-1]:.6f}; PyTorch's own float32 error {yardstick}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", help="case or preset names; none: every tiny case")
    parser.add_argument("--out", type=Path, default=Path("golden"))
    parser.add_argument("--seed", type=int)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--stride", type=int)
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    if args.list:
        print(*CASES, *PRESETS, sep="\n")
        raise SystemExit
    chosen = {k: v for k, v in vars(args).items() if k in ("seed", "batch", "steps", "stride") and v is not None}
    for name in args.cases or CASES:
        if name in CASES:
            make(name, out=args.out, **(CASES[name] | chosen))
        else:
            kind = "mae" if name.startswith("mae_") else "sd_mae"
            make(name, PRESETS[name], args.out, kind=kind, **({"steps": 3, "batch": 2, "stride": 7 if kind == "mae" else 1} | chosen))
