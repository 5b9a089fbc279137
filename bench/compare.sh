#!/bin/sh
# Times training steps and feature extraction beside PyTorch and ONNX Runtime, in turns on this machine, and prints the
# ratios as a table. Then takes a step apart: BUILD/bench/profile.png shows where its time goes, each operation against
# its own floor (of the preset that SDMAE_PROFILE names when BUILD is configured; see bench/CMakeLists.txt).
#   sh bench/compare.sh BUILD [PRESET] [BATCH] [ROUNDS]
# BUILD is a build folder with the preset compiled in (build/release). PYTHON names an interpreter that has torch and, for
# feature extraction, onnx, onnxscript and onnxruntime; a peer that it lacks is left out with a line that says so.
# PyTorch's attention is written out, as in the models' own code, or (sdpa) its scaled_dot_product_attention.
# BACKEND=cuda PRECISION=fp32|tf32|bf16, with a BUILD of build/cuda, compares on a GPU: the whole batch at once. Memory is
# then the device's of PyTorch; ours: step --memory.
set -eu
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { echo "usage: sh bench/compare.sh BUILD [PRESET] [BATCH] [ROUNDS]" >&2; exit 2; }
step=$1/bench/step
preset=${2:-pretrain_mae_small_patch16_224} batch=${3:-32} rounds=${4:-3}
python=${PYTHON:-python3} threads=${THREADS:-2} backend=${BACKEND:-cpu}
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
common="--preset $preset --batch $batch --threads $threads" steps=2 slice=
if [ "$backend" != cpu ]; then
  common="$common --backend $backend --precision ${PRECISION:-bf16}" steps=10 slice="--slice $batch"
fi
# shellcheck disable=SC2086  # the options are meant to be split
for round in $(seq "$rounds"); do
  echo "round $round of $rounds" >&2
  measure "step, sdmae" "$step" $common $slice --steps $((steps + 1))
  measure "step, PyTorch eager" "$python" bench/peers/torch_step.py $common --steps $steps
  [ "${COMPILE:-}" = no ] ||
    measure "step, torch.compile" "$python" bench/peers/torch_step.py $common --steps $steps --compile
  measure "step, PyTorch sdpa" "$python" bench/peers/torch_step.py $common --steps $steps --sdpa
  measure "features, sdmae" "$step" $common $slice --steps 5 --forward
  measure "features, PyTorch eager" "$python" bench/peers/torch_step.py $common --steps 3 --forward
  if [ "$backend" = cpu ]; then
    measure "features, ONNX Runtime" "$python" bench/peers/onnx_features.py $common --steps 5
  else
    measure "step, PyTorch sdpa, compiled" "$python" bench/peers/torch_step.py $common --steps $steps --sdpa --compile
  fi
done
profile=$1/bench/profile picture=$1/bench/profile.png
if [ -x "$profile" ] && [ "$backend" = cpu ]; then "$profile" --batch "$batch" --threads "$threads" --steps 3 --picture "$picture"; fi
"$python" bench/peers/table.py "$results" "$preset" "$batch" "$threads"
