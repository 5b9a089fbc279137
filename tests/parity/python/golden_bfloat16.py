"""Writes bfloat16.json beside golden cases: python golden_bfloat16.py ../golden/tiny ../golden/tiny_mae ...

It holds the error that PyTorch's own mixed precision makes on a case (the model under torch.autocast(bfloat16), on the
CPU; outputs back to float32 before the loss; weights, losses and AdamW in float32), by group of tensors, as errors() of
../oracle/golden.py defines it: the yardstick for an implementation that rounds the factors of its products to bfloat16.
"""
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).parent.parent / "oracle"))
from golden import errors, run, sample  # noqa: E402
from oracle import Config, Mae, SdMae, Vit  # noqa: E402


def under_autocast(model: torch.nn.Module) -> torch.nn.Module:
    forward = model.forward

    def mixed(*inputs):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            outputs = forward(*inputs)
        return tuple(output.float() for output in outputs)

    model.forward = mixed
    return model


def main(folder: Path):
    case = json.loads((folder / "case.json").read_text())
    towers = {name: Vit(**case["config"][name]) for name in ("encoder", "decoder")}
    config = Config(**(case["config"] | towers))
    init, expected = load_file(folder / "init.safetensors"), load_file(folder / "expected.safetensors")
    model = (Mae if case["kind"] == "mae" else SdMae)(config)
    model.load_state_dict(init)
    mixed = run(under_autocast(model), config, load_file(folder / "inputs.safetensors"), case["steps"],
                case["adamw"]["lr"], torch.float32)
    start = sample({"after/" + key: value for key, value in init.items()}, case["stride"])
    yardstick = errors(sample(mixed, case["stride"]), expected,
                       {key.removeprefix("after/"): value for key, value in start.items()})
    text = json.dumps({"torch_version": torch.__version__, "torch_bfloat16_error": yardstick}, indent=1)
    (folder / "bfloat16.json").write_text(text + "\n")
    print(case["name"], *(f"{group} {error:.2e}" for group, error in yardstick.items()))


if __name__ == "__main__":
    for each in sys.argv[1:]:
        main(Path(each))
