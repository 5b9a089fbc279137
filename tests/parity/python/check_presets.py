"""Makes golden cases of whole presets with the oracle, at a seed of their own, and lets the program parity replay them in float,
within 3 times PyTorch's own float32 error in that case, or 2e-6.

python check_presets.py PARITY SCRATCH_FOLDER COMPILED_PRESET...   exits with 0, with parity's status where numbers differ, with 77
where torch or safetensors is missing, or none of the presets is compiled into the program.
"""
import os
import shutil
import subprocess
import sys
from pathlib import Path

PRESETS = ["pretrain_mae_tiny_patch16_224", "pretrain_mae_small_patch16_224", "pretrain_mae_smallEx_patch16_224",
           "pretrain_mae_small_patch8_96", "mae_vit_base_patch16"]
PARITY, SCRATCH, COMPILED = Path(sys.argv[1]).resolve(), Path(sys.argv[2]), sys.argv[3:]
SEEDS = os.environ.get("SEEDS", "41").split()

if not set(PRESETS) & set(COMPILED):
    print("check skipped: none of", *PRESETS, "is compiled in; configure with -DSDMAE_PRESETS=all")
    sys.exit(77)
try:
    import safetensors.torch  # noqa: F401
    import torch  # noqa: F401
except ImportError as problem:
    print("check skipped:", problem)
    sys.exit(77)


def main():
    golden = Path(__file__).resolve().parent.parent / "oracle/golden.py"
    status = 0
    for preset in PRESETS:
        if preset not in COMPILED:
            continue
        for seed in SEEDS:
            shutil.rmtree(SCRATCH, ignore_errors=True)
            subprocess.run([sys.executable, golden, preset, "--seed", seed, "--out", SCRATCH], check=True)
            print(f"seed {seed}:", flush=True)
            status |= subprocess.run([PARITY, SCRATCH / preset, "--scalar", "float"]).returncode
    shutil.rmtree(SCRATCH)  # hundreds of megabytes
    sys.exit(status)


if __name__ == "__main__":
    main()
