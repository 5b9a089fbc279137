"""Writes what timm and PyTorch answer, for the C++ tests: python golden_interop.py

../golden/interop/positions.safetensors: <case>.from [1+gh*gw, D] and <case>.to [1+Gh*Gw, D], a position table resized by
  torch.nn.functional.interpolate (bicubic, align_corners=False, not antialiased) from <case>.grids [4] = gh, gw, Gh, Gw
../golden/interop/timm.safetensors: float64 answers of timm to the first step's images of the golden cases:
  tiny, tiny_rect            features [B, D] of their SD-MAE encoders (norm, then mean over patches)
  class_token.features       the tiny encoder with class_token.{cls_token, pos_embed}: norm, mean over patches
  class_token.logits         the same: norm, class token, head.{weight, bias}
  pooled.logits              the tiny encoder without its norm: mean over patches, fc_norm.{weight, bias}, head.*
  mean.logits                the tiny encoder: norm, mean over patches, head.*
../golden/interop/learned_224.safetensors: an SD-MAE encoder with class token and learned positions, for 224 x 224 images,
  patch 16, under our names, its image size in the metadata; nothing of a decoder
../golden/interop/resized.safetensors: float64 answers of timm with those weights, the position table resized as above, to the
  two images of `pattern`: <height>x<width>.mean [2, D] (norm, mean over patches) and <height>x<width>.class (class token)
The weights are turned into timm's here in Python, by the rules, not by our program. Needs torch, timm, safetensors.
"""
import json
import sys
from pathlib import Path

import timm
import torch
from safetensors.torch import load_file, save_file

HERE = Path(__file__).resolve().parent
GOLDEN = HERE.parent / "golden"
sys.path.insert(0, str(HERE.parent / "oracle"))
from oracle import sinusoid_1d  # noqa: E402


def as_timm(weights: dict, patches: int) -> dict:
    """Released SD-MAE names to timm's: the encoder, key biases of zero, the position table."""
    out = {}
    for name, value in weights.items():
        if not name.startswith("encoder."):
            continue
        name = name[len("encoder."):].replace(".gamma_1", ".ls1.gamma").replace(".gamma_2", ".ls2.gamma")
        if name.endswith("q_bias"):
            zero, v = torch.zeros_like(value), weights["encoder." + name.replace("q_bias", "v_bias")]
            out[name.replace("q_bias", "qkv.bias")] = torch.cat([value, zero, v])
        elif not name.endswith("v_bias"):
            out[name] = value
    out["pos_embed"] = sinusoid_1d(patches, out["norm.weight"].numel()).float()[None]
    return out


def timm_vit(config: dict, **options):
    """A timm vision transformer of a golden case's encoder."""
    vit = config["encoder"]
    return timm.models.VisionTransformer(
        img_size=(config["height"], config["width"]), patch_size=config["patch"], embed_dim=vit["width"],
        depth=vit["depth"], num_heads=vit["heads"], mlp_ratio=vit["mlp_ratio"],
        init_values=vit["layer_scale"] or None, **options)


def case(name: str):
    folder = GOLDEN / name
    config = json.loads((folder / "case.json").read_text())["config"]
    patches = config["height"] // config["patch"] * (config["width"] // config["patch"])
    images = load_file(folder / "inputs.safetensors")["images"][0]
    return config, as_timm(load_file(folder / "init.safetensors"), patches), images


@torch.no_grad()
def answer(model, weights, images):
    model.load_state_dict(weights, strict=True)
    return model.double().eval()(images.double())


def resized_table(table: torch.Tensor, old: tuple, new: tuple) -> torch.Tensor:
    """[1, 1 + gh*gw, D] for another grid, the class token's row as it is."""
    image = table[:, 1:].reshape(1, *old, -1).permute(0, 3, 1, 2)
    image = torch.nn.functional.interpolate(image, size=new, mode="bicubic", align_corners=False)
    return torch.cat([table[:, :1], image.permute(0, 2, 3, 1).flatten(1, 2)], 1)


def pattern(height: int, width: int) -> torch.Tensor:
    """[2, 3, height, width]: images that a C++ test can make to the bit."""
    b, c, y, x = torch.meshgrid(*map(torch.arange, (2, 3, height, width)), indexing="ij")
    return ((3 * y * y + 5 * x * y + 7 * x + 11 * c * (y + 1) + 40 * b) % 251 - 125) / 64.0


def learned_encoder(width=16, depth=2, hidden=32) -> dict:
    shapes = {"cls_token": (1, 1, width), "pos_embed": (1, 197, width), "patch_embed.proj.weight": (width, 3, 16, 16),
              "patch_embed.proj.bias": (width,), "norm.weight": (width,), "norm.bias": (width,)}
    for i in range(depth):
        shapes |= {f"blocks.{i}.{name}": shape for name, shape in {
            "norm1.weight": (width,), "norm1.bias": (width,), "attn.q_bias": (width,), "attn.v_bias": (width,),
            "attn.qkv.weight": (3 * width, width), "attn.proj.weight": (width, width), "attn.proj.bias": (width,),
            "norm2.weight": (width,), "norm2.bias": (width,), "mlp.fc1.weight": (hidden, width), "mlp.fc1.bias": (hidden,),
            "mlp.fc2.weight": (width, hidden), "mlp.fc2.bias": (width,)}.items()}
    draw = {name: torch.randn(shape) / max(1, torch.Size(shape[1:]).numel()) ** 0.5 for name, shape in shapes.items()}
    draw |= {"pos_embed": torch.randn(shapes["pos_embed"]), "cls_token": torch.randn(shapes["cls_token"])}
    return {"encoder." + name: value for name, value in draw.items()}


@torch.no_grad()
def resized_answers(weights: dict) -> dict:
    answers = {}
    for height, width in ((224, 224), (256, 256), (224, 448)):
        model = timm.models.VisionTransformer(img_size=(height, width), patch_size=16, embed_dim=16, depth=2, num_heads=2,
                                              mlp_ratio=2, num_classes=0).double().eval()
        table = resized_table(weights["encoder.pos_embed"].double(), (14, 14), (height // 16, width // 16))
        model.load_state_dict(as_timm(weights, 1) | {"pos_embed": table}, strict=True)
        tokens = model.forward_features(pattern(height, width).double())
        answers |= {f"{height}x{width}.mean": tokens[:, 1:].mean(1), f"{height}x{width}.class": tokens[:, 0]}
    return answers


def main():
    torch.manual_seed(20)
    timm_answers, positions = {}, {}
    average = dict(class_token=False, global_pool="avg", fc_norm=False)
    for name in ("tiny", "tiny_rect"):
        config, weights, images = case(name)
        timm_answers[name] = answer(timm_vit(config, num_classes=0, **average), weights, images)
    config, weights, images = case("tiny")
    width, classes = 32, 5
    head = {"head.weight": torch.randn(classes, width) / 4, "head.bias": torch.randn(classes) / 4}
    fc_norm = {"fc_norm.weight": 1 + torch.randn(width) / 8, "fc_norm.bias": torch.randn(width) / 8}
    tokens = {"cls_token": torch.randn(1, 1, width) / 2, "pos_embed": torch.randn(1, 17, width) / 2}
    timm_answers |= head | fc_norm | {"class_token." + key: value for key, value in tokens.items()}
    model = timm_vit(config, num_classes=classes)
    timm_answers["class_token.logits"] = answer(model, weights | tokens | head, images)
    with torch.no_grad():
        timm_answers["class_token.features"] = model.forward_features(images.double())[:, 1:].mean(1)
    model = timm_vit(config, num_classes=classes, class_token=False, global_pool="avg", fc_norm=True)
    bare = {key: value for key, value in weights.items() if not key.startswith("norm.")}
    timm_answers["pooled.logits"] = answer(model, bare | head | fc_norm, images)
    timm_answers["mean.logits"] = answer(timm_vit(config, num_classes=classes, **average), weights | head, images)

    for name, grids in dict(larger=(14, 14, 16, 16), oblong=(14, 14, 14, 28), smaller=(7, 9, 4, 5)).items():
        gh, gw, to_h, to_w = grids
        table = torch.randn(1 + gh * gw, 3)
        positions[name + ".from"] = table
        positions[name + ".to"] = resized_table(table[None], (gh, gw), (to_h, to_w))[0]
        positions[name + ".grids"] = torch.tensor(grids)
    made = {"torch": torch.__version__.split("+")[0], "timm": timm.__version__}
    (GOLDEN / "interop").mkdir(exist_ok=True)
    save_file({key: value.contiguous() for key, value in timm_answers.items()}, GOLDEN / "interop/timm.safetensors", made)
    save_file(positions, GOLDEN / "interop/positions.safetensors", made)
    torch.manual_seed(21)
    weights = learned_encoder()
    save_file(weights, GOLDEN / "interop/learned_224.safetensors", {"format": "pt", "sdmae.image": "224x224"})
    answers = {key: value.contiguous() for key, value in resized_answers(weights).items()}
    save_file(answers, GOLDEN / "interop/resized.safetensors", made)


if __name__ == "__main__":
    main()
