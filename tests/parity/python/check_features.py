"""Features end to end: `embed` on picture files, and the same checkpoint in timm on the same files, which Pillow decodes and
resizes.

python check_features.py EMBED SCRATCH_FOLDER PRETRAIN CONVERT TOOL [FOLDER]
exits with 0, with 1 when features differ by more than 1e-4 (relative, of the worst picture), with 77 where a package is missing.
FOLDER holds pictures to compare on instead of those that TOOL makes.
"""
import csv
import shutil
import subprocess
import sys
from pathlib import Path

try:
    import numpy
    import timm
    import torch
    from PIL import Image
    from safetensors.torch import load_file
except ImportError as problem:
    print("check skipped:", problem)
    sys.exit(77)

EMBED, SCRATCH, PRETRAIN, CONVERT, TOOL = (Path(word).resolve() for word in sys.argv[1:6])
PRESET, SIDE, HEADS = "quickstart", 64, 4
MEAN, DEVIATION = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


def run(*words):
    subprocess.run(words, cwd=SCRATCH, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def pictures() -> Path:
    """Tissue in the kinds of files and the sizes that tiles come in."""
    folder = SCRATCH / "tiles"
    folder.mkdir()
    forms = [("jpg", dict(quality=90)), ("jpg", dict(quality=75, subsampling="4:4:4", progressive=True)), ("png", {}),
             ("tif", dict(compression="tiff_lzw")), ("tif", dict(compression="packbits")), ("jpeg", dict(quality=95))]
    for side in (48, 64, 96, 256):
        run(TOOL, "images", SCRATCH / f"made_{side}", "6", str(side))
        for (ending, options), made in zip(forms, sorted((SCRATCH / f"made_{side}").rglob("*.png"))):
            with Image.open(made) as image:
                wide = image.resize((side + side // 3, side)) if ending == "jpeg" else image  # the middle is seen
                wide.save(folder / f"{made.stem}_{side}.{ending}", **options)
    return folder


def as_seen(path: Path, filter) -> torch.Tensor:
    """Its middle square at the model's size, normalised: [3, SIDE, SIDE]."""
    with Image.open(path) as file:
        image = file.convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    image = image.crop((left, top, left + side, top + side)).resize((SIDE, SIDE), filter)
    pixels = torch.from_numpy(numpy.array(image)).float() / 255
    return ((pixels - MEAN) / DEVIATION).permute(2, 0, 1)


def model_of(checkpoint: Path):
    run(CONVERT, "--in", checkpoint, "--out", "timm.safetensors", "--to", "timm")
    weights = load_file(SCRATCH / "timm.safetensors")
    width, patch = weights["patch_embed.proj.weight"].shape[0], weights["patch_embed.proj.weight"].shape[-1]
    depth = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("blocks."))
    model = timm.models.VisionTransformer(img_size=SIDE, patch_size=patch, embed_dim=width, depth=depth, num_heads=HEADS,
                                          num_classes=0, class_token=False, global_pool="avg", fc_norm=False)
    model.load_state_dict(weights, strict=True)
    return model.eval()


@torch.no_grad()
def main():
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    data = Path(sys.argv[6]).resolve() if len(sys.argv) > 6 else pictures()
    run(PRETRAIN, "--preset", PRESET, "--data", "synthetic", "--synthetic", "64", "--batch", "16", "--epochs", "8",
        "--warmup-epochs", "1", "--out", "run")
    model = model_of(SCRATCH / "run/checkpoint.safetensors")
    for name, filter in FILTERS.items():
        run(EMBED, "--checkpoint", "run/checkpoint.safetensors", "--data", data, "--out", f"{name}.npy", "--interpolation", name)
        ours = torch.from_numpy(numpy.load(SCRATCH / f"{name}.npy"))
        with open(SCRATCH / f"{name}.csv") as table:
            files = [row["path"] for row in csv.DictReader(table)]
        theirs = torch.cat([model(torch.stack([as_seen(data / file, filter) for file in files[first:first + 64]]))
                            for first in range(0, len(files), 64)])
        errors = (ours - theirs).norm(dim=1) / theirs.norm(dim=1)
        spread = (theirs - theirs.mean(0)).norm(dim=1).mean() / theirs.norm(dim=1).mean()
        print(f"{len(files)} files, {name}: features differ by at most {errors.max():.1e} (at most 1e-04), "
              f"{files[errors.argmax()]}; from file to file by {spread:.1e}")
        if not spread > 1e-3:
            sys.exit("all features are alike: nothing was compared")
        if not errors.max() <= 1e-4:  # which no number that is none is
            sys.exit(f"features differ by {errors.max()}")


if __name__ == "__main__":
    main()
