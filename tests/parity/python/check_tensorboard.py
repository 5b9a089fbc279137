"""Reads what `pretrain --tensorboard` writes with TensorBoard's own reader, and compares it with log.jsonl.

python check_tensorboard.py PRETRAIN SCRATCH_FOLDER   exits with 0, with 1 at the first difference, with 77 where tensorboard is missing.
"""
import json
import shutil
import struct
import subprocess
import sys
from pathlib import Path

try:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
except ImportError as problem:
    print("check skipped:", problem)
    sys.exit(77)

PRETRAIN, SCRATCH = Path(sys.argv[1]).resolve(), Path(sys.argv[2])


def pretrain(*options):
    subprocess.run([PRETRAIN, "--preset", "quickstart", "--data", "synthetic", "--synthetic", "32", "--batch", "16",
                    "--epochs", "4", "--warmup-epochs", "0", "--out", SCRATCH / "run", "--tensorboard", *options],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir(parents=True)
    pretrain("--steps", "5", "--save-every", "3")
    pretrain("--resume")
    files = sorted((SCRATCH / "run").glob("events.out.tfevents.*"))
    if len(files) != 2:
        sys.exit(f"two starts left {files}")
    events = EventAccumulator(str(SCRATCH / "run"), purge_orphaned_data=True)
    events.Reload()
    lines = [json.loads(line) for line in (SCRATCH / "run/log.jsonl").read_text().splitlines()]
    compared = 0
    for name in {key for line in lines for key, value in line.items() if key != "step" and value is not None}:
        wanted = [(line["step"], line[name]) for line in lines if line[name] is not None]
        got = [(event.step, event.value) for event in events.Scalars(name)]
        single = [(step, struct.unpack("f", struct.pack("f", value))[0]) for step, value in wanted]
        if got != single:
            sys.exit(f"{name}: {got}, log.jsonl says {wanted}")
        compared += len(got)
    print(f"{compared} values of {len(lines)} steps are those of log.jsonl")
    if compared < 5 * len(lines) or len(lines) != 8:
        sys.exit("too few were there to compare")


if __name__ == "__main__":
    main()
