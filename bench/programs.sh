#!/bin/sh
# What pretrain and embed keep of the rate of the model alone, in turns: pretrain against step, with no augmentation but
# crops and with every one, and embed against step --forward.
#   sh bench/programs.sh BUILD DATA [PRESET] [BATCH] [TURNS]
# BUILD is a build folder with the preset compiled in (build/release). DATA is what pretrain reads, of 1,000 tiles or
# more: embed is timed from its start to its end. STEPS=8 are timed in each turn; OPTIONS are added to pretrain's.
# Prints a line for each pair: images a second of both in the turn whose quotient is the median, and all quotients.
# shellcheck disable=SC2086  # options are meant to be split
set -eu
LC_ALL=C
export LC_ALL
[ $# -ge 2 ] || { echo "usage: sh bench/programs.sh BUILD DATA [PRESET] [BATCH] [TURNS]" >&2; exit 2; }
build=$1 data=$2 preset=${3:-pretrain_mae_small_patch8_96} batch=${4:-64} turns=${5:-3} steps=${STEPS:-8}
for program in examples/pretrain examples/embed bench/step; do
  [ -x "$build/$program" ] || { echo "programs.sh: $build/$program is not there; build it" >&2; exit 1; }
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
everything="--flip 0.5 --flip-vertical 0.5 --turns 0.75 --stain 0.05 --color 0.4,0.4,0.4,0.1 --blur 0.5 --erase 0.25"

# number NAME: of the last line of JSON that is read.
number() { sed -n "s/.*\"$1\":[ ]*\([0-9.e+-]*\).*/\1/p" | tail -n 1; }
failed() { tail -n 1 "$scratch/log.txt" >&2; exit 1; }
step() {
  "$build/bench/step" --preset "$preset" --batch "$batch" "$@" >"$scratch/step.json" 2>"$scratch/log.txt" || failed
  number images_per_s <"$scratch/step.json"
}
# The median step, as bench/step's: the first two start threads and fill what is read ahead.
pretrain() {
  rm -rf "$scratch/run"
  "$build/examples/pretrain" --preset "$preset" --data "$data" --batch "$batch" --steps $((steps + 2)) \
    --out "$scratch/run" "$@" ${OPTIONS:-} >"$scratch/log.txt" 2>&1 || failed
  sed 1,2d "$scratch/run/log.jsonl" | sed 's/.*"images_per_s":\([0-9.e+-]*\).*/\1/' | sort -n |
    awk '{ rate[NR] = $1 } END { print (rate[int((NR + 1) / 2)] + rate[int(NR / 2) + 1]) / 2 }'
}
# From the start of the program to its end.
embed() {
  rm -f "$scratch"/rows.*
  from=$(date +%s.%N)
  "$build/examples/embed" --checkpoint "$scratch/run/checkpoint.safetensors" --data "$data" --out "$scratch/rows.npy" \
    >"$scratch/log.txt" 2>&1 || failed
  to=$(date +%s.%N)
  images=$(sed -n 's/.* of \([0-9]*\) images.*/\1/p' "$scratch/log.txt")
  echo "$from $to $images" | awk '{ print $3 / ($2 - $1) }'
}

# A command that fails in an assignment ends the script.
while [ "$turns" -gt 0 ]; do
  turns=$((turns - 1))
  one=$(pretrain)
  other=$(step --steps "$steps")
  echo "crops $one $other"
  one=$(pretrain $everything)
  other=$(step --steps "$steps")
  echo "everything $one $other"
  one=$(embed)
  other=$(step --steps "$steps" --forward)
  echo "embed $one $other"
done >"$scratch/rates.txt"
for pair in crops everything embed; do
  case $pair in
    crops) names="pretrain, crops alone; step" ;;
    everything) names="pretrain, every augmentation; step" ;;
    *) names="embed; step --forward" ;;
  esac
  sed -n "s/^$pair //p" "$scratch/rates.txt" | awk '{ printf "%s %s %.3f\n", $1, $2, $1 / $2 }' | sort -k 3n |
    awk -v names="$names" '{ one[NR] = $1; other[NR] = $2; share[NR] = $3; all = all " " $3 }
      END { m = int((NR + 1) / 2); printf "%-36s %8.1f %8.1f images/s  %.3f  (%s )\n", names, one[m], other[m], share[m], all }'
done
