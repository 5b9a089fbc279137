"""Writes what timm and PyTorch make of a small classifier, for the C++ tests: python golden_classifier.py

../golden/interop/classifier.safetensors, all float64, for two cases: `sd_mae` (no class token, layer scale, fixed positions,
no bias of keys; our names) and `mae` (class token, learned positions, full bias; names are timm's):
  <case>/images [B, 3, 8, 12], <case>/labels [B, 3]    images normalised, labels soft
  <case>/init/<name>                                   the weights at the start
  <case>/scores [B, 3], <case>/loss [3]                before the first of three steps; the loss of each step
  <case>/gradient/<name>                               of the first step
  <case>/after/<name>                                  the weights after three steps of AdamW with layer-wise decay
Needs torch, timm, safetensors.
"""

import timm
import torch
from safetensors.torch import save_file

from golden_interop import GOLDEN, sinusoid_1d

DEPTH, WIDTH, CLASSES, PATCHES, BATCH = 2, 8, 3, 6, 4
SMOOTHING, LAYER_DECAY, RATE, WEIGHT_DECAY, STEPS = 0.1, 0.75, 0.02, 0.05, 3


def build(sd_mae: bool):
    model = timm.models.VisionTransformer(
        img_size=(8, 12), patch_size=4, embed_dim=WIDTH, depth=DEPTH, num_heads=2, mlp_ratio=2, num_classes=CLASSES,
        global_pool="avg", fc_norm=True, class_token=not sd_mae, init_values=0.1 if sd_mae else None).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) / 3)
        for name, parameter in model.named_parameters():
            if name.endswith("norm1.weight") or name.endswith("norm2.weight") or name == "fc_norm.weight":
                parameter += 1
        if sd_mae:
            model.pos_embed.copy_(sinusoid_1d(PATCHES, WIDTH).double()[None])
            model.pos_embed.requires_grad_(False)
            for block in model.blocks:
                block.attn.qkv.bias[WIDTH:2 * WIDTH] = 0
    return model


def layer(name: str) -> int:
    """He et al.'s get_layer_id_for_vit."""
    if name in ("cls_token", "pos_embed") or name.startswith("patch_embed"):
        return 0
    return int(name.split(".")[1]) + 1 if name.startswith("blocks") else DEPTH + 1


def optimiser(model):
    groups = []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            decays = parameter.ndim > 1 and name not in ("cls_token", "pos_embed")
            groups.append({"params": [parameter], "weight_decay": WEIGHT_DECAY if decays else 0.0,
                           "lr": RATE * LAYER_DECAY ** (DEPTH + 1 - layer(name))})
    return torch.optim.AdamW(groups, betas=(0.9, 0.999), eps=1e-8)


def ours(sd_mae: bool, tensors: dict) -> dict:
    """timm's names to the classifier's."""
    if not sd_mae:
        return dict(tensors)
    out = {}
    for name, value in tensors.items():
        if name == "pos_embed":
            continue
        own = name if name.startswith(("head.", "fc_norm.")) else "encoder." + name
        own = own.replace(".ls1.gamma", ".gamma_1").replace(".ls2.gamma", ".gamma_2")
        if own.endswith("qkv.bias"):
            out[own.replace("qkv.bias", "q_bias")] = value[:WIDTH]
            out[own.replace("qkv.bias", "v_bias")] = value[2 * WIDTH:]
        else:
            out[own] = value
    return out


def run(case: str, out: dict):
    sd_mae = case == "sd_mae"
    model = build(sd_mae)
    images = torch.randn(BATCH, 3, 8, 12, dtype=torch.float64)
    labels = torch.tensor([[1, 0, 0], [0, 0.3, 0.7], [0.25, 0.75, 0], [0, 0, 1]], dtype=torch.float64)
    soft = (1 - SMOOTHING) * labels + SMOOTHING / CLASSES
    out[case + "/images"], out[case + "/labels"] = images, labels
    keep = lambda kind, tensors: out.update({f"{case}/{kind}/{name}": value.detach().clone().contiguous()
                                             for name, value in ours(sd_mae, tensors).items()})
    keep("init", dict(model.named_parameters()))
    steps, losses = optimiser(model), []
    for step in range(STEPS):
        steps.zero_grad()
        scores = model(images)
        loss = torch.nn.functional.cross_entropy(scores, soft)
        loss.backward()
        losses.append(loss.detach())
        if sd_mae:  # keys have no bias
            for block in model.blocks:
                block.attn.qkv.bias.grad[WIDTH:2 * WIDTH] = 0
        if step == 0:
            out[case + "/scores"] = scores.detach()
            keep("gradient", {name: p.grad for name, p in model.named_parameters() if p.grad is not None})
        steps.step()
    out[case + "/loss"] = torch.stack(losses)
    keep("after", dict(model.named_parameters()))


def main():
    torch.manual_seed(21)
    out = {}
    for case in ("sd_mae", "mae"):
        run(case, out)
    made = {"torch": torch.__version__.split("+")[0], "timm": timm.__version__}
    save_file(out, GOLDEN / "interop/classifier.safetensors", made)


if __name__ == "__main__":
    main()
