"""The peer to beat: a full pre-training step (forward, loss, backward, AdamW) of a preset in PyTorch on this machine.

python torch_step.py [--preset NAME] [--batch 32] [--steps 5] [--threads 2] [--compile] [--forward]
                     [--backend cuda --precision fp32|tf32|bf16] [--sdpa]
Prints one JSON line: median and minimum seconds a step, images a second, peak memory (MiB; resident, with cuda the
device's), PyTorch's version. --forward times the encoder alone over whole images without gradients (feature extraction).
--precision is that of products: bf16 is PyTorch's mixed precision, fp32 and tf32 the settings of the same name.
--sdpa: attention by scaled_dot_product_attention, PyTorch's own kernels for it.
"""
import argparse
import functools
import json
import resource
import statistics
import time

import torch

import oracle
from oracle import PRESETS, SdMae, SdMaeLoss, adamw

parser = argparse.ArgumentParser()
parser.add_argument("--preset", default="pretrain_mae_small_patch16_224")
parser.add_argument("--batch", type=int, default=32)
parser.add_argument("--steps", type=int, default=5)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--compile", action="store_true")
parser.add_argument("--forward", action="store_true")
parser.add_argument("--sdpa", action="store_true")
parser.add_argument("--backend", choices=["cpu", "cuda"], default="cpu")
parser.add_argument("--precision", choices=["fp32", "tf32", "bf16"], default="fp32")
args = parser.parse_args()

torch.set_num_threads(args.threads)
torch.manual_seed(0)
torch.set_float32_matmul_precision("high" if args.precision == "tf32" else "highest")
c = PRESETS[args.preset]
model, loss_of = SdMae(c).to(args.backend), SdMaeLoss(c).to(args.backend)
optimiser = adamw(model, 1e-4)
images = torch.randn(args.batch, c.channels, c.height, c.width, device=args.backend)
oracle.sinusoid_1d = functools.cache(oracle.sinusoid_1d)  # made once, not every step
position = oracle.sinusoid_1d(c.patches, c.encoder.width).float().to(args.backend)


def train(images, mask):
    pixels, student, teacher = model(images, mask)
    return loss_of(images, mask, pixels, student, teacher)[0]


def encode(images):
    x = model.encoder.patch_embed(images) + position
    for block in model.encoder.blocks:
        x = block(x)
    return model.encoder.norm(x).mean(1)


def fused_attention(self, x):
    b, n, d = x.shape
    bias = torch.cat([self.q_bias, torch.zeros_like(self.q_bias), self.v_bias])
    qkv = torch.nn.functional.linear(x, self.qkv.weight, bias).reshape(b, n, 3, self.heads, d // self.heads)
    out = torch.nn.functional.scaled_dot_product_attention(*qkv.permute(2, 0, 3, 1, 4))
    return self.proj(out.transpose(1, 2).reshape(b, n, d))


if args.sdpa:
    oracle.Attention.forward = fused_attention
work = encode if args.forward else train
if args.compile:
    work = torch.compile(work)

times = []
for step in range(args.steps + 2):
    mask = (torch.rand(args.batch, c.patches).argsort(-1) < c.masked).to(args.backend)
    start = time.perf_counter()
    with torch.autocast(args.backend, torch.bfloat16, enabled=args.precision == "bf16"):
        if args.forward:
            with torch.no_grad():
                work(images)
        else:
            optimiser.zero_grad(set_to_none=True)
            loss = work(images, mask)
    if not args.forward:
        loss.backward()
        optimiser.step()
    if args.backend == "cuda":
        torch.cuda.synchronize()
    times.append(time.perf_counter() - start)
times = times[2:]
resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps(dict(preset=args.preset, backend=args.backend, precision=args.precision, batch=args.batch,
                      threads=args.threads, compile=args.compile, sdpa=args.sdpa, forward=args.forward,
                      median_s=round(statistics.median(times), 5), min_s=round(min(times), 5),
                      images_per_s=round(args.batch / statistics.median(times), 2),
                      peak_rss_mib=torch.cuda.max_memory_reserved() >> 20 if args.backend == "cuda" else resident,
                      torch=torch.__version__)))
