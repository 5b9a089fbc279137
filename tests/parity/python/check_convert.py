"""Loads what `convert` writes in timm, transformers and ONNX Runtime, and compares what they compute.

python check_convert.py CONVERT SCRATCH_FOLDER   exits with 0, with 1 at the first difference, with 77 where a package is missing.
"""
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

try:
    import onnx
    import onnxruntime
    import timm
    import torch
    import transformers
    from safetensors.torch import load_file, save_file
except ImportError as problem:
    print("check skipped:", problem)
    sys.exit(77)

from golden_interop import GOLDEN, as_timm, case, pattern, timm_vit  # which also finds the oracle
from oracle import PRESETS, Config, Mae, SdMae, Vit

CONVERT, SCRATCH = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
transformers.logging.set_verbosity_error()
torch.manual_seed(7)


def convert(source, target, to, *options):
    subprocess.run([CONVERT, "--in", source, "--out", target, "--to", to, *options], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return target


def compare(what, got, wanted, tolerance):
    error = float((got.double() - wanted.double()).norm() / wanted.double().norm())
    print(f"{what:58} {error:.1e}  (at most {tolerance:.0e})")
    if not error <= tolerance:
        sys.exit(f"{what}: {error} is over {tolerance}")


def equal(what, got, wanted):
    if got.keys() != wanted.keys():
        sys.exit(f"{what}: other tensors: {sorted(got.keys() ^ wanted.keys())}")
    for name, value in wanted.items():
        if got[name].dtype != value.dtype or got[name].shape != value.shape or not torch.equal(got[name], value):
            sys.exit(f"{what}: {name} differs")
    print(f"{what:58} equal")


def run_onnx(path, images):
    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    both = [session.run(None, {"images": images[:count].numpy()})[0] for count in (1, len(images))]
    compare(f"{path.name}: one image alone", torch.tensor(both[0]), torch.tensor(both[1][:1]), 1e-5)
    return torch.tensor(both[1])


@torch.no_grad()
def sd_mae(name, weights, images, model, size, heads):
    """released -> released, timm, onnx; timm -> released, onnx."""
    source = SCRATCH / f"{name}.safetensors"
    save_file(weights, source)
    again = convert(source, SCRATCH / f"{name}_again.safetensors", "released")
    equal(f"{name}: released -> released", load_file(again), weights)
    as_ours = convert(source, SCRATCH / f"{name}_timm.safetensors", "timm", "--image", size, "--heads", heads)
    model.load_state_dict(load_file(as_ours), strict=True)
    features = model.eval()(images)
    model.load_state_dict(as_timm(weights, model.pos_embed.shape[1]), strict=True)
    compare(f"{name}: features in timm, our file and by hand", features, model(images), 1e-6)
    encoder = {key: value for key, value in weights.items() if key.startswith("encoder.")}
    equal(f"{name}: timm -> released",
          load_file(convert(as_ours, SCRATCH / f"{name}_back.safetensors", "released")), encoder)
    path = convert(source, SCRATCH / f"{name}.onnx", "onnx", "--image", size, "--heads", heads)
    compare(f"{name}: features in ONNX Runtime and timm", run_onnx(path, images), features, 1e-4)
    other = convert(as_ours, SCRATCH / f"{name}_2.onnx", "onnx")
    if other.read_bytes() != path.read_bytes():
        sys.exit(f"{name}: the model by way of timm is another")


def transformers_model(config: Config, file):
    e, d = config.encoder, config.decoder
    settings = transformers.ViTMAEConfig(
        hidden_size=e.width, num_hidden_layers=e.depth, num_attention_heads=e.heads, intermediate_size=4 * e.width,
        image_size=config.height, patch_size=config.patch, decoder_hidden_size=d.width,
        decoder_num_hidden_layers=d.depth, decoder_num_attention_heads=d.heads, decoder_intermediate_size=4 * d.width,
        mask_ratio=config.mask_ratio, layer_norm_eps=1e-6)
    folder = SCRATCH / (file.stem + "_hf")
    settings.save_pretrained(folder)
    (folder / "model.safetensors").write_bytes(file.read_bytes())
    model, info = transformers.ViTMAEForPreTraining.from_pretrained(folder, output_loading_info=True)
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if info[kind]:
            sys.exit(f"{file}: {kind} in transformers: {info[kind]}")
    return model.eval()


@torch.no_grad()
def mae(name, config: Config, images):
    """fb_mae <-> hf_mae; both -> timm, onnx; timm -> fb_mae, hf_mae."""
    ours = Mae(config).eval()
    weights = {key: value.clone() for key, value in ours.state_dict().items()}
    for key in [key for key in weights if key.endswith("bias")]:
        weights[key] = torch.randn_like(weights[key]) / 10
    ours.load_state_dict(weights)
    source = SCRATCH / f"{name}.safetensors"
    save_file(weights, source)
    hub = convert(source, SCRATCH / f"{name}_hub.safetensors", "hf_mae")
    equal(f"{name}: fb_mae -> hf_mae -> fb_mae",
          load_file(convert(hub, SCRATCH / f"{name}_back.safetensors", "fb_mae")), weights)
    theirs = transformers_model(config, hub)
    folder = SCRATCH / f"{name}_folder"  # loaded as it is written, without a setting of ours
    folder.mkdir(exist_ok=True)
    (folder / "config.json").unlink(missing_ok=True)
    convert(source, folder / "model.safetensors", "hf_mae", "--heads", str(config.encoder.heads), "--decoder-heads",
            str(config.decoder.heads))
    loaded = transformers.ViTMAEForPreTraining.from_pretrained(folder).eval()
    if loaded.config.layer_norm_eps != 1e-6:
        sys.exit(f"{folder}: layer_norm_eps is {loaded.config.layer_norm_eps}")
    fixed = torch.rand(len(images), config.patches)
    compare(f"{name}: pixels in transformers, as its config.json says", loaded(images, noise=fixed).logits,
            ours(images, fixed.argsort(1))[1], 1e-5)
    noise = torch.rand(len(images), config.patches)
    compare(f"{name}: pixels in transformers and by hand", theirs(images, noise=noise).logits,
            ours(images, noise.argsort(1))[1], 1e-5)
    theirs.save_pretrained(SCRATCH / f"{name}_saved")  # under other names than it was loaded from
    saved = SCRATCH / f"{name}_saved/model.safetensors"
    equal(f"{name}: saved by transformers -> fb_mae",
          load_file(convert(saved, SCRATCH / f"{name}_back2.safetensors", "fb_mae")), weights)
    memory = SCRATCH / f"{name}_memory.safetensors"
    save_file({key: value.contiguous() for key, value in theirs.state_dict().items()}, memory)
    equal(f"{name}: state_dict of transformers -> hf_mae",
          load_file(convert(memory, SCRATCH / f"{name}_hub2.safetensors", "hf_mae")), load_file(hub))

    e = config.encoder
    model = timm.models.VisionTransformer(img_size=config.height, patch_size=config.patch, embed_dim=e.width,
                                          depth=e.depth, num_heads=e.heads, num_classes=0).eval()
    for format, file in (("fb_mae", source), ("hf_mae", hub)):
        encoder = convert(file, SCRATCH / f"{name}_{format}_timm.safetensors", "timm")
        model.load_state_dict(load_file(encoder), strict=True)
        features = model.forward_features(images)[:, 1:].mean(1)
        path = convert(file, SCRATCH / f"{name}_{format}.onnx", "onnx", "--heads", str(e.heads))
        compare(f"{name}: features of {format} in ONNX Runtime and timm", run_onnx(path, images), features, 1e-4)
        equal(f"{name}: {format} -> timm -> {format}",
              load_file(convert(encoder, SCRATCH / f"{name}_enc.safetensors", format)),
              {key: value for key, value in load_file(file).items() if "decoder" not in key and "mask_token" not in key})


@torch.no_grad()
def classifiers(name, options, images):
    model = timm.create_model("vit_tiny_patch16_224", num_classes=9, **options).eval()
    for parameter in model.parameters():
        parameter += torch.randn_like(parameter) / 50
    source = SCRATCH / f"{name}.safetensors"
    save_file(model.state_dict(), source)
    path = convert(source, SCRATCH / f"{name}.onnx", "onnx")
    compare(f"{name}: classes in ONNX Runtime and timm", run_onnx(path, images), model(images), 1e-4)
    ours = convert(source, SCRATCH / f"{name}_released.safetensors", "released")
    equal(f"{name}: timm -> released -> timm", load_file(convert(ours, SCRATCH / f"{name}_back.safetensors", "timm")),
          load_file(source))


@torch.no_grad()
def finetuned(images):
    """What `finetune` leaves: SD-MAE's encoder without its norm, fc_norm and a head."""
    _, weights, _ = case("tiny")
    model = timm.models.VisionTransformer(img_size=32, patch_size=8, embed_dim=32, depth=2, num_heads=2, num_classes=5,
                                          class_token=False, global_pool="avg", fc_norm=True).eval()
    own = {key: torch.randn_like(value) / 4 for key, value in model.state_dict().items()
           if key.startswith(("head.", "fc_norm."))}
    released = load_file(GOLDEN / "tiny/init.safetensors")
    encoder = {key: value for key, value in released.items()
               if key.startswith("encoder.") and not key.startswith("encoder.norm.")}
    source = SCRATCH / "finetuned.safetensors"
    save_file(encoder | own, source)
    as_ours = convert(source, SCRATCH / "finetuned_timm.safetensors", "timm", "--image", "32x32", "--heads", "2")
    model.load_state_dict(load_file(as_ours), strict=True)
    by_hand = {key: value for key, value in weights.items() if not key.startswith("norm.")} | own
    classes = model(images)
    model.load_state_dict(by_hand, strict=True)
    compare("finetuned: classes in timm, our file and by hand", classes, model(images), 1e-6)
    path = convert(source, SCRATCH / "finetuned.onnx", "onnx", "--image", "32x32", "--heads", "2")
    compare("finetuned: classes in ONNX Runtime and timm", run_onnx(path, images), classes, 1e-4)


@torch.no_grad()
def resized(images):
    """Position tables of 224 x 224 images for 224 x 448, as timm itself resizes them."""
    model = timm.create_model("vit_tiny_patch16_224", num_classes=0).eval()
    model.pos_embed += torch.randn_like(model.pos_embed)
    source = SCRATCH / "resized_from.safetensors"
    save_file(model.state_dict(), source)
    table = load_file(convert(source, SCRATCH / "resized.safetensors", "timm", "--image", "224x448"))["pos_embed"]
    wanted = timm.layers.resample_abs_pos_embed(model.pos_embed, (14, 28), antialias=False)
    compare("position table for 224 x 448", table, wanted, 1e-6)


@torch.no_grad()
def variant():
    """An SD-MAE encoder with class token and learned positions, for the sizes that it was not trained at."""
    source = GOLDEN / "interop/learned_224.safetensors"
    answers = load_file(GOLDEN / "interop/resized.safetensors")
    for height, width in ((224, 224), (256, 256), (224, 448)):
        size = f"{height}x{width}"
        model = timm.models.VisionTransformer(img_size=(height, width), patch_size=16, embed_dim=16, depth=2, num_heads=2,
                                              mlp_ratio=2, num_classes=0).eval()
        ours = convert(source, SCRATCH / f"learned_{size}.safetensors", "timm", "--image", size)
        model.load_state_dict(load_file(ours), strict=True)
        images = pattern(height, width)
        compare(f"learned positions at {size} in timm", model(images), answers[size + ".class"], 1e-5)
        path = convert(source, SCRATCH / f"learned_{size}.onnx", "onnx", "--image", size, "--heads", "2")
        compare(f"learned positions at {size} in ONNX Runtime", run_onnx(path, images),
                answers[size + ".mean"], 1e-5)


def main():
    SCRATCH.mkdir(parents=True, exist_ok=True)
    average = dict(class_token=False, global_pool="avg", fc_norm=False, num_classes=0)
    for name, size in (("tiny", "32x32"), ("tiny_rect", "32x48")):
        config, _, images = case(name)
        weights = load_file(GOLDEN / name / "init.safetensors")
        sd_mae(name, weights, images, timm_vit(config, **average), size, str(config["encoder"]["heads"]))
    preset = PRESETS["pretrain_mae_small_patch16_224"]
    images = torch.randn(3, 3, 224, 224)
    weights = {key: value.clone() for key, value in SdMae(preset).state_dict().items()}
    for key in [key for key in weights if key.endswith("bias")]:
        weights[key] = torch.randn_like(weights[key]) / 10
    sd_mae("small_patch16_224", weights, images, timm.create_model("vit_small_patch16_224", **average), "224x224", "6")
    mae("mae_tiny", Config(32, 32, 8, Vit(32, 2, 2), Vit(16, 3, 2), mask_ratio=0.75), torch.randn(3, 3, 32, 32))
    base = PRESETS["mae_vit_base_patch16"]
    mae("mae_base", replace(base, encoder=replace(base.encoder, depth=3)), images)
    classifiers("class_token", {}, images)
    classifiers("pooled", dict(global_pool="avg"), images)
    classifiers("without_class_token", dict(class_token=False, global_pool="avg", fc_norm=False), images)
    finetuned(torch.randn(3, 3, 32, 32))
    resized(images)
    variant()


if __name__ == "__main__":
    main()
