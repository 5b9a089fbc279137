#!/bin/sh
# Times training steps and feature extraction beside PyTorch and ONNX Runtime, in turns on this machine, and prints the
# ratios as a table. Then takes a step apart: BUILD/bench/profile.png shows where its time goes, each operation against
# its own floor (of the preset that SDMAE_PROFILE names when BUILD is configured, else the first of SDMAE_PRESETS).
#   sh bench/compare.sh BUILD [PRESET] [BATCH] [ROUNDS]
# BUILD is a build folder with the preset compiled in (build/release). PYTHON names an interpreter that has torch and, for
# feature extraction, onnx, onnxscript and onnxruntime; a peer that it lacks is left out with a line that says so.
set -eu
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { echo "usage: sh bench/compare.sh BUILD [PRESET] [BATCH] [ROUNDS]" >&2; exit 2; }
step=$1/bench/step
preset=${2:-pretrain_mae_small_patch16_224} batch=${3:-32} rounds=${4:-3}
python=${PYTHON:-python3} threads=${THREADS:-2}
[ -x "$step" ] || { echo "compare: $step is not there; build it with: cmake --build $1 --target bench_step" >&2; exit 1; }
export PYTHONPATH=tests/parity/oracle OMP_NUM_THREADS="$threads"
results=$(mktemp)
trap 'rm -f "$results"' EXIT

# measure <name> <command>…: the command prints one JSON line.
measure() {
  name=$1; shift
  line=$("$@" 2>/dev/null | tail -n 1) && [ -n "$line" ] || { echo "compare: $name: left out, it does not run here" >&2; return 0; }
  printf '%s\t%s\n' "$name" "$line" >>"$results"
}
common="--preset $preset --batch $batch --threads $threads"
# shellcheck disable=SC2086  # the options are meant to be split
for round in $(seq "$rounds"); do
  echo "round $round of $rounds" >&2
  measure "step, sdmae" "$step" $common --steps 3
  measure "step, PyTorch eager" "$python" bench/peers/torch_step.py $common --steps 2
  [ "${COMPILE:-}" = no ] || measure "step, torch.compile" "$python" bench/peers/torch_step.py $common --steps 2 --compile
  measure "features, sdmae" "$step" $common --steps 5 --forward
  measure "features, PyTorch eager" "$python" bench/peers/torch_step.py $common --steps 3 --forward
  measure "features, ONNX Runtime" "$python" bench/peers/onnx_features.py $common --steps 5
done
profile=$1/bench/profile picture=$1/bench/profile.png
if [ -x "$profile" ]; then "$profile" --batch "$batch" --threads "$threads" --steps 3 --picture "$picture"; fi
"$python" bench/peers/table.py "$results" "$preset" "$batch" "$threads"
