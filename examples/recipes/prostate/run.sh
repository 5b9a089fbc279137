#!/bin/sh
# Pre-training, frozen features and fine-tuning on prostate tiles, policy by policy, and a table of what came of it.
#   sh examples/recipes/prostate/run.sh DATA OUT [table]
# DATA: folder with train/ and test/ (a subfolder a class, files called <slide>_<patch>) and unlabelled/.
# OUT:  everything goes there. A step whose result is there is skipped, one that was stopped goes on: start it again.
# table: only that, of what is there.
# Environment, with what stands when it is not set:
#   MODEL=little               or middle, which has twice the depth and sees tiles at 224 × 224, not 128 × 128
#   NORMALISE=slide            the stain of all tiles, slide by slide; or tile, each by itself; or no
#   CROPS=2                    models are judged on whole tiles and their quarters; 1: on whole tiles alone
#   VIEWS=200000               images seen in pre-training, each crop counting as one
#   SEEDS="0 1 2"
#   POLICIES="mae released stopped features texture texture-stopped"   also texture-stopped-64, texture-released and
#                              texture-features, and any with its mask ratio at the end, as texture-0.9; without: 0.6
#   RATIOS="0.3 0.45 0.6 0.75 0.9"   mask ratios that are compared; empty: none
#   RATIOS_OF=texture          the policy that is trained under them
#   TUNING_EPOCHS=30           of fine-tuning
#   SUPERVISED_EPOCHS=NUMBER   of training from nothing; unset: about as many images as the others see in all
#   BACKEND=cpu                or cuda, with an NVIDIA GPU, and then PRECISION=fp32, tf32 or bf16
#   JOBS=1                     rows at a time, each with THREADS threads (unset: all cores)
#   PROGRAMS=FOLDER            where pretrain, evaluate, finetune and compare are; unset: built in build/recipes-MODEL
# What differs by MODEL, NORMALISE, CROPS and VIEWS lies side by side below OUT; with other epochs take another OUT.
# Some variables are lists of words, meant to be split.
# shellcheck disable=SC2086
set -eu
LC_ALL=C
export LC_ALL

stop() { printf 'run.sh: %s\n' "$1" >&2; exit "${2:-1}"; }
say() { printf '== %s\n' "$*" >&2; }

known_policies="mae released stopped features"
known_policies="$known_policies texture texture-released texture-stopped texture-stopped-64 texture-features"
# one_of WORD KNOWN…
one_of() {
  word=$1
  shift
  case " $* " in *" $word "*) ;; *) return 1 ;; esac
}
usage() { stop "usage: sh run.sh DATA OUT [table]; the head of the script names its settings" 2; }

# With ROW SEED only that row is made, see chain below.
asked_row=${3:-} asked_seed=${4:-}
case "$#$asked_row" in
  2 | 3table) ;;
  4*) one_of "${asked_row%-0.*}" random supervised $known_policies || usage ;;
  *) usage ;;
esac
for part in train test unlabelled; do
  [ -d "$1/$part" ] || stop "$1/$part: no such folder; DATA holds train/, test/ and unlabelled/"
done
views=${VIEWS:-200000}
seeds=${SEEDS:-0 1 2}
policies=${POLICIES:-mae released stopped features texture texture-stopped}
ratios=${RATIOS-0.3 0.45 0.6 0.75 0.9}
ratios_of=${RATIOS_OF:-texture}
one_of "$ratios_of" $known_policies || stop "RATIOS_OF=$ratios_of: there is no such policy; there are: $known_policies" 2
tuning_epochs=${TUNING_EPOCHS:-30}
backend=${BACKEND:-cpu}
case $backend in cpu | cuda) ;; *) stop "BACKEND=$backend: is neither cpu nor cuda" 2 ;; esac
device="--backend $backend${PRECISION:+ --precision $PRECISION}${THREADS:+ --threads $THREADS}"
slice=
[ "$backend" = cpu ] || slice="--slice 128" # a batch at once: a small model leaves most of a GPU idle
model=${MODEL:-little}
case $model in little | middle) ;; *) stop "MODEL=$model: is neither little nor middle" 2 ;; esac
normalise=${NORMALISE:-slide}
case $normalise in # with the version of normalisation: results of another are not mixed in
  slide) named=-normalised2-slide ;;
  tile | yes) normalise=tile && named=-normalised2 ;;
  no) named= ;;
  *) stop "NORMALISE=$normalise: is none of slide, tile, no" 2 ;;
esac
slides='^([^_]+)_' # in a file's name
crops=${CROPS:-2}
case $crops in # what is judged on other crops lies in folders of other names
  1) cropped= ;;
  [2-9] | 1[0-6]) cropped=-crops$crops ;;
  *) stop "CROPS=$crops: is no whole number from 1 to 16" 2 ;;
esac
# whole NAME WORD…: refuses what is no whole number.
whole() {
  name=$1
  shift
  for word in "$@"; do
    case $word in '' | *[!0-9]*) stop "$name=$word: is no whole number" 2 ;; esac
  done
}
# positive NAME NUMBER: refuses 0, too, and what begins with it.
positive() {
  whole "$1" "$2"
  case $2 in 0*) stop "$1=$2: is no number from 1 on" 2 ;; esac
}
positive VIEWS "$views"
whole SEEDS $seeds
positive TUNING_EPOCHS "$tuning_epochs"
positive SUPERVISED_EPOCHS "${SUPERVISED_EPOCHS:-1}"
positive JOBS "${JOBS:-1}"
# mask_ratio SETTING WORD: refuses what is no mask ratio; each has one name, which rows are called by.
mask_ratio() {
  case $2 in
    0.*[!0-9]* | 0.*0 | 0. | 0.????*) ;;
    0.*) return ;;
  esac
  stop "$1: $2 is no mask ratio from 0.001 to 0.999 without a 0 at its end; 0.75 is one" 2
}
for number in $ratios; do mask_ratio "RATIOS=$number" "$number"; done
for name in $policies; do
  one_of "${name%-0.*}" $known_policies || stop "POLICIES: there is no policy $name; there are: $known_policies" 2
  case $name in *-0.*) mask_ratio "POLICIES=$name" "0.${name##*-0.}" ;; esac
done
first_seed=${seeds%% *}
if [ -n "${PROGRAMS:-}" ]; then
  [ -x "$PROGRAMS/pretrain" ] || stop "PROGRAMS=$PROGRAMS: has no pretrain; unset it, and the programs are built"
  PROGRAMS=$(cd "$PROGRAMS" && pwd)
fi
data=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
root=$out/$model-$views$named
mkdir -p "$root"

cd "$(dirname "$0")/../../.."
if [ -z "${PROGRAMS:-}" ]; then
  say "building"
  presets="${model}_released;${model}_stopped;${model}_features"
  for name in released stopped stopped_64 features; do presets="$presets;${model}_texture_$name"; done
  set --
  [ "$backend" = cpu ] || set -- -DSDMAE_CUDA=ON
  cmake -S . -B "build/recipes-$model" "$@" -DCMAKE_BUILD_TYPE=Release -DSDMAE_BUILD_TESTS=OFF -DSDMAE_BUILD_BENCH=OFF \
    -DSDMAE_PRESET_HEADER=examples/recipes/prostate/presets.hpp \
    -DSDMAE_PRESETS="$presets" >&2
  cmake --build "build/recipes-$model" --target pretrain evaluate finetune compare >&2
  PROGRAMS=$PWD/build/recipes-$model/examples
fi
batch=128  # the presets'

# What pre-training sees: all tiles but the test slides'. Runs that go on must find the same.
tiles=$out/tiles.csv
if [ -z "$asked_seed" ] || [ ! -e "$tiles" ]; then
  find "$data/train" "$data/unlabelled" -type f \
    \( -name '*.[jJ][pP]*[gG]' -o -name '*.[pP][nN][gG]' -o -name '*.[tT][iI][fF]*' -o -name '*.[bB][mM][pP]' \) | sort |
    awk 'BEGIN { print "path" } { gsub(/"/, "\"\""); print "\"" $0 "\"" }' >"$tiles.partial"
  if [ -e "$tiles" ] && ! cmp -s "$tiles" "$tiles.partial" && [ -n "$(find "$out" -name checkpoint.safetensors)" ]; then
    stop "$data: has other tiles than $tiles, with which $out was begun; choose another OUT"
  fi
  mv "$tiles.partial" "$tiles"
fi
count=$(($(wc -l <"$tiles") - 1))
epoch=$((count / batch * batch))
[ "$epoch" -gt 0 ] || stop "$data: $count tiles to pre-train on, less than a batch of $batch"
epochs=$(((views + epoch / 2) / epoch))
[ "$epochs" -gt 0 ] || epochs=1

labelled=$(find "$data/train" -type f | wc -l)
[ "$labelled" -gt 0 ] || stop "$data/train: has no tiles"
supervised_epochs=${SUPERVISED_EPOCHS:-$((views / labelled + tuning_epochs))}

# with_tiles KIND COMMAND…: all tiles; of the kind clean those of which at most 2 % is pure white.
with_tiles() {
  which=$1
  shift
  case $which in clean*) set -- "$@" --max-white 0.02 ;; esac
  "$@"
}

# pretrain FOLDER OPTION…: a run of the program of that name.
pretrain() {
  folder=$1
  shift
  [ ! -e "$folder/done" ] || return 0
  say "pretrain ${folder#"$root"/}"
  [ ! -e "$folder/checkpoint.safetensors" ] || set -- "$@" --resume
  [ "$normalise" != slide ] || set -- "$@" --groups "$slides"
  "$PROGRAMS/pretrain" $device $slice --data "$tiles" --normalise-stain "$normalise" --epochs "$epochs" --turns 0.75 \
    --save-every 500 --out "$folder" "$@"
  : >"$folder/done"
}

# frozen FOLDER CHECKPOINT linear|linear-one-se|knn KIND
frozen() {
  folder=$1 checkpoint=$2 way=$3 which=$4
  if [ -e "$folder/result.json" ] && { [ "$way" != linear ] || [ -e "$folder/held_out.csv" ]; }; then return 0; fi
  say "evaluate ${folder#"$root"/}"
  mkdir -p "$folder"
  case $way in
    linear) set -- --method linear --held-out "$folder/held_out.csv" ;;
    linear-one-se) set -- --method linear --strength one-se ;;
    *) set -- --method "$way" ;;
  esac
  with_tiles "$which" "$PROGRAMS/evaluate" $device --checkpoint "$checkpoint" --train "$data/train" --test "$data/test" \
    --normalise-stain "$normalise" --crops "$crops" --groups "$slides" "$@" \
    --scores "$folder/scores.csv" --json "$folder/result.json" >"$folder/figures.txt"
}

# tuned FOLDER KIND OPTION…: finetune, from what the options say.
tuned() {
  folder=$1
  which=$2
  shift 2
  [ ! -e "$folder/result.json" ] || return 0
  say "finetune ${folder#"$root"/}"
  mkdir -p "$folder"
  [ ! -e "$folder/checkpoint.safetensors" ] || set -- "$@" --resume
  with_tiles "$which" "$PROGRAMS/finetune" $device --train "$data/train" --test "$data/test" --groups "$slides" \
    --normalise-stain "$normalise" --crops "$crops" --batch 64 --crop-scale 0.25 --flip 0.5 --turns 0.75 --stain 0.05 \
    --save-every 500 --out "$folder" "$@" >"$folder/figures.txt"
}

# Without white tiles everything is done again, at the first seed.
kinds_at() { if [ "$1" = "$first_seed" ]; then echo "all$cropped" "clean$cropped"; else echo "all$cropped"; fi; }

# judged ROW SEED: what a pre-trained checkpoint is worth, frozen and fine-tuned.
judged() {
  from=$root/$1/seed$2
  for kind in $(kinds_at "$2"); do
    for way in linear linear-one-se knn; do
      frozen "$from/$way-$kind" "$from/pretrain/checkpoint.safetensors" "$way" "$kind"
    done
    [ "$1" = random ] || tuned "$from/finetune-$kind" "$kind" --init "$from/pretrain/checkpoint.safetensors" \
      --epochs "$tuning_epochs" --seed "$2"
  done
}

# policy ROW SEED NAME OPTION…: pre-trains by a policy's name, and judges.
policy() {
  row=$1 seed=$2 name=$3
  shift 3
  case $name in
    mae) set -- --preset "${model}_released" --distill-weight 0 "$@" ;;
    texture) set -- --preset "${model}_texture_released" --distill-weight 0 "$@" ;;
    texture-*) set -- --preset "${model}_texture_$(printf '%s' "${name#*-}" | tr - _)" "$@" ;;
    *) set -- --preset "${model}_$name" "$@" ;;
  esac
  pretrain "$root/$row/seed$seed/pretrain" --seed "$seed" "$@"
  judged "$row" "$seed"
}

# chain ROW SEED: all that a row takes.
chain() {
  case $1 in
    random) # the first step's learning rate is 0: after it the weights are as they were drawn
      pretrain "$root/random/seed$2/pretrain" --preset "${model}_released" --seed "$2" --steps 1
      judged random "$2"
      ;;
    supervised)
      for kind in $(kinds_at "$2"); do
        tuned "$root/supervised/seed$2/finetune-$kind" "$kind" --from-nothing \
          --preset "${model}_released" \
          --epochs "$supervised_epochs" --seed "$2"
      done
      ;;
    *-0.*) policy "$1" "$2" "${1%-0.*}" --mask-ratio "0.${1##*-0.}" ;;
    *) policy "$1" "$2" "$1" ;;
  esac
}

if [ -n "$asked_seed" ]; then
  trap '[ $? -eq 0 ] || exit 255' EXIT # which ends xargs
  chain "$asked_row" "$asked_seed"
  exit
fi
rows="random supervised"
for name in $policies; do rows="$rows $name"; done
# ratio_row NUMBER: the preset's own ratio, 0.6, has the policy's own row.
ratio_row() { if [ "$1" = 0.6 ]; then echo "$ratios_of"; else echo "$ratios_of-$1"; fi; }
ratio_rows=
for ratio in $ratios; do ratio_rows="$ratio_rows $(ratio_row "$ratio")"; done
every_row=$(printf '%s\n' $rows $ratio_rows | awk '!seen[$0]++')
export PROGRAMS
if [ "$asked_row" = table ]; then
  [ -n "$(find "$root" -name result.json)" ] || stop "$root: there are no results yet"
else
  for row in $every_row; do
    for number in $seeds; do printf '%s %s\n' "$row" "$number"; done
  done | xargs -P "${JOBS:-1}" -n 2 sh examples/recipes/prostate/run.sh "$data" "$out"
fi

judged_on=scores.csv # of the test set; or held_out.csv, of the training set
among=$seeds
# compared ROW CELL ROW CELL OPTION…: the second against the first, all seeds `among` which there are of each.
compared() {
  one=$1 one_cell=$2 other=$3 other_cell=$4
  shift 4
  for side in first second; do
    [ "$side" = first ] || { one=$other && one_cell=$other_cell; }
    set -- "$@" "--$side"
    for number in $among; do
      scores=$root/$one/seed$number/$one_cell/$judged_on
      [ ! -e "$scores" ] || set -- "$@" "$scores"
    done
  done
  "$PROGRAMS/compare" "$@"
}

# figure FILE FIGURE ENTRY: a number of a report.
figure() {
  awk -v figure="\"$2\":" -v entry="\"$3\":" '
    $1 == figure { inside = 1 }
    inside && $1 == entry { sub(/,$/, "", $2); print $2; exit }' "$1"
}

# over_seeds ROW CELL FILE FIGURE ENTRY: every seed's number, a line each.
over_seeds() {
  for number in $seeds; do
    report=$root/$1/seed$number/$2/$3
    if [ -e "$report" ]; then figure "$report" "$4" "$5"; fi
  done
}
mean() { awk '{ sum += $1 } END { if (NR) printf "%.3f", sum / NR }'; }
# Nothing of a single number, which is its own mean.
range() {
  awk 'NR == 1 { low = high = $1 } { if ($1 < low) low = $1; if ($1 > high) high = $1 }
    END { if (NR > 1) printf " (%.3f–%.3f)", low, high }'
}

# difference FIGURE: of the pair, with its interval.
difference() {
  printf '%+.3f (%+.3f to %+.3f)' "$(figure "$pair" "$1" difference)" "$(figure "$pair" "$1" low)" \
    "$(figure "$pair" "$1" high)"
}

# line ROW CLASSIFIER KIND: a row of the table, against training from nothing over all classes, and benign against the
# rest; nothing where there is no such result.
line() {
  cell=$2-$3
  [ -e "$root/$1/seed$first_seed/$cell/result.json" ] || return 0
  base=supervised base_cell=finetune-$3
  [ -e "$root/$base/seed$first_seed/$base_cell/scores.csv" ] || base=$1 base_cell=$cell
  compared "$base" "$base_cell" "$1" "$cell" --json "$pair" >/dev/null
  printf '| %s | %s | %.3f%s | %.3f–%.3f |' "$1" "$2" "$(figure "$pair" balanced_accuracy second)" \
    "$(over_seeds "$1" "$cell" result.json balanced_accuracy value | range)" \
    "$(figure "$pair" balanced_accuracy second_low)" "$(figure "$pair" balanced_accuracy second_high)"
  if [ "$base/$base_cell" = "$1/$cell" ]; then
    printf ' |'
  else
    printf ' %s |' "$(difference balanced_accuracy)"
  fi
  compared "$base" "$base_cell" "$1" "$cell" --rest benign --json "$pair" >/dev/null
  printf ' %.3f | %.3f |\n' "$(figure "$pair" balanced_accuracy second)" "$(figure "$pair" roc_auc second)"
}

# table KIND ROW…
table() {
  kind=$1
  shift
  printf '| weights | classifier | balanced accuracy | 95 %% interval | over supervised |'
  printf ' benign or not: balanced accuracy | AUC |\n'
  printf '|---|---|---|---|---|---|---|\n'
  for row in "$@"; do
    for method in linear linear-one-se knn finetune; do line "$row" "$method" "$kind"; done
  done
}

# least_loss REPORT: that of the strength which cross-validation finds best.
least_loss() {
  awk '$1 == "\"held_out_losses\":" { inside = 1; next }
    inside && /}/ { exit }
    inside { sub(/,$/, "", $2); if (least == "" || $2 + 0 < least) least = $2 + 0 }
    END { print least }' "$1"
}

# held_line ROW BASE: what the linear probe says of slides that it has not seen, of the training set, and the difference
# to BASE over the seeds that both have; nothing where there is no such result.
held_line() {
  cell=linear-all$cropped judged_on=held_out.csv
  among=
  for number in $seeds; do
    [ ! -e "$root/$1/seed$number/$cell/$judged_on" ] || [ ! -e "$root/$2/seed$number/$cell/$judged_on" ] ||
      among="$among $number"
  done
  if [ -n "$among" ]; then
    compared "$2" "$cell" "$1" "$cell" --json "$pair" >/dev/null
    printf '| %s |%s | %.3f | %s |' "$1" "$among" "$(figure "$pair" balanced_accuracy second)" \
      "$([ "$1" = "$2" ] || difference balanced_accuracy)"
    compared "$2" "$cell" "$1" "$cell" --rest benign --json "$pair" >/dev/null
    printf ' %.3f | %s | %s |\n' "$(figure "$pair" roc_auc second)" "$([ "$1" = "$2" ] || difference roc_auc)" \
      "$(for number in $among; do least_loss "$root/$1/seed$number/$cell/result.json"; done | mean)"
  fi
  judged_on=scores.csv among=$seeds
}

# held_table BASE ROW…
held_table() {
  base=$1
  shift
  printf '| weights | seeds | held out: balanced accuracy | less that of %s |' "$base"
  printf ' benign or not: AUC | less that of %s | least loss |\n' "$base"
  printf '|---|---|---|---|---|---|---|\n'
  for row in "$@"; do held_line "$row" "$base"; done
}

# best ROW…: the row and classifier with the highest mean balanced accuracy over all tiles, as row/classifier.
best() {
  for row in "$@"; do
    for method in linear linear-one-se knn finetune; do
      value=$(over_seeds "$row" "$method-all$cropped" result.json balanced_accuracy value | mean)
      [ -z "$value" ] || printf '%s %s/%s\n' "$value" "$row" "$method"
    done
  done | sort -k1,1nr -s | awk 'NR == 1 { print $2 }'
}

fence=$(printf '\140\140\140')

# against FIRST SECOND: two such.
against() {
  if [ -z "$1" ] || [ -z "$2" ] || [ "$1" = "$2" ]; then return 0; fi
  for kind in "all$cropped" "clean$cropped"; do
    [ -e "$root/${1%/*}/seed$first_seed/${1#*/}-$kind/result.json" ] || continue
    [ -e "$root/${2%/*}/seed$first_seed/${2#*/}-$kind/result.json" ] || continue
    printf '\n%s, then %s, %s tiles; and benign against the rest:\n\n%s\n' "$1" "$2" "${kind%%-*}" "$fence"
    compared "${1%/*}" "${1#*/}-$kind" "${2%/*}" "${2#*/}-$kind"
    compared "${1%/*}" "${1#*/}-$kind" "${2%/*}" "${2#*/}-$kind" --rest benign
    printf '%s\n' "$fence"
  done
}

pair=$root/pair.json.partial # of the line that is being written
held_base=${policies%% *}     # what is held out is compared with
! one_of "$ratios_of" $rows $ratio_rows || held_base=$ratios_of
painters=
distillers=
for name in $policies $ratio_rows; do
  case ${name%-0.*} in mae | texture) painters="$painters $name" ;; *) distillers="$distillers $name" ;; esac
done
{
  printf 'Model %s, stain normalised: %s, crops %d, after %d image views (%d epochs of %d tiles), seeds %s.\n' \
    "$model" "$normalise" "$crops" $((epochs * epoch)) "$epochs" "$count" "$seeds"
  printf '\nAll tiles:\n\n'
  table "all$cropped" $rows
  printf '\nWithout tiles of which more than 2 %% is pure white:\n\n'
  table "clean$cropped" $rows
  if [ -n "$ratio_rows" ]; then
    printf '\nMask ratio; that of %s is 0.6:\n\n' "$ratios_of"
    table "all$cropped" $ratio_rows
  fi
  printf '\nSlides held out of the training set, linear:\n\n'
  held_table "$held_base" $every_row
  printf '\nThe best of each kind in pairs, second less first. They were chosen by these same test tiles.\n'
  painter=$(best $painters)
  distiller=$(best $distillers)
  against supervised/finetune "$painter"
  against supervised/finetune "$distiller"
  against "$painter" "$distiller"
} >"$root/table.md.partial"
rm -f "$pair"
mv "$root/table.md.partial" "$root/table.md"
cat "$root/table.md"

# ratio_line NUMBER: the ratio, then for every classifier the mean over seeds and its interval.
ratio_line() {
  row=$(ratio_row "$1")
  printf '%s' "$1"
  for method in linear knn finetune; do
    cell=$method-all$cropped
    [ -e "$root/$row/seed$first_seed/$cell/result.json" ] || { printf ' ? ? ?' && continue; }
    compared "$row" "$cell" "$row" "$cell" --json "$pair" >/dev/null
    for entry in second second_low second_high; do printf ' %s' "$(figure "$pair" balanced_accuracy "$entry")"; done
  done
  printf '\n'
}

# Accuracy against mask ratio, drawn where gnuplot is installed.
if [ -n "$ratio_rows" ]; then
  for ratio in $ratios; do ratio_line "$ratio"; done >"$root/ratios.txt"
  rm -f "$pair"
  if command -v gnuplot >/dev/null; then
    gnuplot <<END
set terminal pngcairo size 800,520
set output '$root/ratios.png'
set xlabel 'share of patches hidden'
set ylabel 'balanced accuracy, three classes'
set key below
set offsets 0.03,0.03,0.02,0.02
set grid
set style data yerrorlines
file = '$root/ratios.txt'
plot file using 1:8:9:10 title 'fine-tuned' lw 2 pt 7, \\
  file using 1:2:3:4 title 'frozen, linear' lw 2 pt 5, \\
  file using 1:5:6:7 title 'frozen, nearest neighbours' lw 2 pt 9
END
  else
    say "no drawing of $root/ratios.txt: gnuplot is not installed"
  fi
fi
