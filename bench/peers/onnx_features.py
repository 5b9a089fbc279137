"""The peer to beat at feature extraction: the encoder of a preset (all patches, mean-pooled) exported to ONNX, in ONNX Runtime on CPU.

python onnx_features.py [--preset NAME] [--batch 32] [--threads 2] [--steps 9]   -> one JSON line. Needs torch, onnx, onnxscript, onnxruntime.
"""
import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

import onnxruntime
import torch

from oracle import PRESETS, SdMae, sinusoid_1d

parser = argparse.ArgumentParser()
parser.add_argument("--preset", default="pretrain_mae_small_patch16_224")
parser.add_argument("--batch", type=int, default=32)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--steps", type=int, default=9)
args = parser.parse_args()
c = PRESETS[args.preset]


class Features(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = SdMae(c).eval().encoder
        self.register_buffer("position", sinusoid_1d(c.patches, c.encoder.width).float())

    def forward(self, x):
        x = self.encoder.patch_embed(x) + self.position
        for block in self.encoder.blocks:
            x = block(x)
        return self.encoder.norm(x).mean(1)


images = torch.randn(args.batch, c.channels, c.height, c.width)
with tempfile.TemporaryDirectory() as folder:
    path = str(Path(folder) / "encoder.onnx")
    torch.onnx.export(Features(), (images,), path, dynamo=True, verbose=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = args.threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
feed = {session.get_inputs()[0].name: images.numpy()}
times = []
for _ in range(args.steps + 2):
    start = time.perf_counter()
    session.run(None, feed)
    times.append(time.perf_counter() - start)
times = sorted(times[2:])
print(json.dumps(dict(preset=args.preset, batch=args.batch, threads=args.threads, median_s=round(times[len(times) // 2], 4), min_s=round(times[0], 4),
                      images_per_s=round(args.batch / times[len(times) // 2], 2), best_images_per_s=round(args.batch / times[0], 2),
                      peak_rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, onnxruntime=onnxruntime.__version__)))
