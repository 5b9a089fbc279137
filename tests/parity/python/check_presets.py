"""Makes golden cases of a whole preset with the oracle, at seeds of their own, and lets the program parity replay them in float.
PyTorch's own float32 error, the yardstick, is a single draw in each: the largest of all seeds counts for all.

python check_presets.py PARITY SCRATCH_FOLDER COMPILED_PRESET...   exits with 0, with parity's status where numbers differ, with 77
where torch or safetensors is missing, or the preset is not compiled into the program.
"""
import json
import shutil
import subprocess
import sys
from pathlib import Path

PRESET = "pretrain_mae_tiny_patch16_224"
PARITY, SCRATCH, COMPILED = Path(sys.argv[1]).resolve(), Path(sys.argv[2]), sys.argv[3:]

if PRESET not in COMPILED:
    print(f"check skipped: {PRESET} is not compiled in; configure with -DSDMAE_PRESETS={PRESET} or all")
    sys.exit(77)
try:
    import safetensors.torch  # noqa: F401
    import torch  # noqa: F401
except ImportError as problem:
    print("check skipped:", problem)
    sys.exit(77)


def make(seed):
    golden = Path(__file__).resolve().parent.parent / "oracle/golden.py"
    subprocess.run([sys.executable, golden, PRESET, "--seed", str(seed), "--batch", "4", "--stride", "31", "--out",
                    SCRATCH / str(seed)], check=True)
    return SCRATCH / str(seed) / PRESET


def main():
    shutil.rmtree(SCRATCH, ignore_errors=True)
    folders = [make(seed) for seed in (29, 17, 5)]
    cases = [json.loads((folder / "case.json").read_text()) for folder in folders]
    yardsticks = [case["torch_float32_error"] for case in cases]
    status = 0
    for folder, case in zip(folders, cases):
        case["torch_float32_error"] = {group: max(y[group] for y in yardsticks) for group in yardsticks[0]}
        (folder / "case.json").write_text(json.dumps(case))
        status |= subprocess.run([PARITY, folder, "--scalar", "float"]).returncode
    shutil.rmtree(SCRATCH)  # hundreds of megabytes
    sys.exit(status)


if __name__ == "__main__":
    main()
