"""The peer to beat: a full pre-training step (forward, loss, backward, AdamW) of a preset in PyTorch on this machine.

python torch_step.py [--preset NAME] [--batch 32] [--steps 5] [--threads 2] [--compile] [--forward]
Prints one JSON line: median and minimum seconds a step, images a second, peak resident memory (MiB), PyTorch's version.
--forward times the encoder alone over whole images without gradients (feature extraction).
"""
import argparse
import json
import resource
import statistics
import time

import torch

from oracle import PRESETS, SdMae, SdMaeLoss, adamw

parser = argparse.ArgumentParser()
parser.add_argument("--preset", default="pretrain_mae_small_patch16_224")
parser.add_argument("--batch", type=int, default=32)
parser.add_argument("--steps", type=int, default=5)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--compile", action="store_true")
parser.add_argument("--forward", action="store_true")
args = parser.parse_args()

torch.set_num_threads(args.threads)
torch.manual_seed(0)
c = PRESETS[args.preset]
model, loss_of = SdMae(c), SdMaeLoss(c)
optimiser = adamw(model, 1e-4)
images = torch.randn(args.batch, c.channels, c.height, c.width)


def train(images, mask):
    pixels, student, teacher = model(images, mask)
    return loss_of(images, mask, pixels, student, teacher)[0]


def encode(images):
    x = model.encoder.patch_embed(images) + position
    for block in model.encoder.blocks:
        x = block(x)
    return model.encoder.norm(x).mean(1)


if args.forward:
    from oracle import sinusoid_1d
    position = sinusoid_1d(c.patches, c.encoder.width).float()
work = encode if args.forward else train
if args.compile:
    work = torch.compile(work)

times = []
for step in range(args.steps + 2):
    mask = torch.rand(args.batch, c.patches).argsort(-1) < c.masked
    start = time.perf_counter()
    if args.forward:
        with torch.no_grad():
            work(images)
    else:
        optimiser.zero_grad(set_to_none=True)
        work(images, mask).backward()
        optimiser.step()
    times.append(time.perf_counter() - start)
times = times[2:]
print(json.dumps(dict(preset=args.preset, batch=args.batch, threads=args.threads, compile=args.compile, forward=args.forward,
                      median_s=round(statistics.median(times), 4), min_s=round(min(times), 4),
                      images_per_s=round(args.batch / statistics.median(times), 2),
                      peak_rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, torch=torch.__version__)))
