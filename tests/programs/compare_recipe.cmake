# The prostate recipe, with programs that only note how they were called: what it asks for, what a second call skips,
# what a stopped one goes on with, and the table that it makes.
include(${CMAKE_CURRENT_LIST_DIR}/harness.cmake)
find_program(SHELL sh)
if(NOT SHELL)
  message("check skipped: this machine has no sh")
  return()
endif()
set(script ${GOLDEN}/../../../examples/recipes/prostate/run.sh)

# Tiles that nobody looks at: 3 to learn from, 3 to be tried on, 130 without labels.
foreach(class IN ITEMS benign gleason3 gleason4)
  file(WRITE "${SCRATCH}/data/train/${class}/slide 1_1.jpeg" "")
  file(WRITE ${SCRATCH}/data/test/${class}/slide2_1.jpeg "")
endforeach()
foreach(i RANGE 1 130)
  file(WRITE ${SCRATCH}/data/unlabelled/slide3_${i}.jpeg "")
endforeach()

# Each notes its words in calls.txt and leaves what the real one does. With "stop" in the folder, pretrain ends before
# its last step.
file(WRITE ${SCRATCH}/stub.sh [=[#!/bin/sh
echo "$(basename "$0") $*" >>"$STUB/calls.txt"
put_scores() {
  printf 'path,label,group,benign,gleason3,gleason4\n' >"$1"
  printf 'a,benign,1,%s\nb,gleason3,2,0.2,0.7,0.1\nc,gleason4,3,0.1,0.1,0.8\n' "$2" >>"$1"
}
put_json() {
  printf '{\n  "figures": {\n    "accuracy": {\n      "value": 0.1\n    },\n    "balanced_accuracy": {\n' >"$1"
  printf '      "value": %s,\n      "low": 0.25,\n      "high": 0.875\n    }\n  },\n' "$2" >>"$1"
  printf '  "held_out_losses": {\n    "1e-05": 0.9,\n    "0.01": %s,\n    "1": 0.8\n  }\n}\n' "$2" >>"$1"
}
name=$(basename "$0")
first=0.3,0.5,0.2 value=0.5
case "$*" in *seed1*) value=0.75 ;; esac
case "$*" in *released*) first=0.8,0.1,0.1 ;; esac
while [ $# -gt 0 ]; do
  case $1 in
    --out) out=$2 ;;
    --scores | --held-out) put_scores "$2" "$first" ;;
    --json) put_json "$2" "$value" ;;
  esac
  shift
done
[ -z "${out:-}" ] || { mkdir -p "$out" && : >"$out/checkpoint.safetensors"; }
case $name in
  pretrain) if [ -e "$STUB/stop" ]; then exit 1; fi ;;
  finetune) put_scores "$out/scores.csv" "$first" && put_json "$out/result.json" "$value" ;;
esac
]=])
file(MAKE_DIRECTORY ${SCRATCH}/bin)
foreach(name IN ITEMS pretrain evaluate finetune)
  file(COPY_FILE ${SCRATCH}/stub.sh ${SCRATCH}/bin/${name})
  file(CHMOD ${SCRATCH}/bin/${name} PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
endforeach()
file(CREATE_LINK ${PROGRAM} ${SCRATCH}/bin/compare SYMBOLIC)

# recipe(<word>…) runs the script; the words before -- are its environment. Its stubs note their calls afresh.
function(recipe)
  file(REMOVE ${SCRATCH}/calls.txt)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env PROGRAMS=bin STUB=${SCRATCH} ${ARGN} WORKING_DIRECTORY ${SCRATCH}
    RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE err TIMEOUT 120)
  set(calls "")
  if(EXISTS ${SCRATCH}/calls.txt)
    file(STRINGS ${SCRATCH}/calls.txt calls)
  endif()
  foreach(name IN ITEMS status out err calls)
    set(${name} "${${name}}" PARENT_SCOPE)
  endforeach()
endfunction()
# calls_are(<count> <pattern>): so many of the calls match.
function(calls_are count pattern)
  set(matching ${calls})
  list(FILTER matching INCLUDE REGEX "${pattern}")
  list(LENGTH matching found)
  if(NOT found EQUAL count)
    fault("${found} calls match ${pattern}, not ${count}: ${calls}")
  endif()
endfunction()

foreach(wrong IN ITEMS "2 usage -- data" "2 usage -- data out tabel" "2 usage -- data out tabel 0"
    "1 nowhere/train -- nowhere out" "2 VIEWS=many -- data out" "2 VIEWS=0 -- data out" "2 JOBS=0 -- data out"
    "2 RATIOS=0.9999 -- data out" "2 RATIOS=0.60 -- data out" "2 RATIOS=1 -- data out" "2 VIEWS=0200 -- data out" "2 POLICIES=texture-0. -- data out"
    "2 NORMALISE=so -- data out" "2 RATIOS_OF=nothing -- data out" "2 CROPS=two -- data out" "2 CROPS=0 -- data out" "2 CROPS=02 -- data out" "2 nonsense -- data out" "2 texture-nonsense -- data out" "1 no.results -- data out table")
  string(REPLACE " " ";" words "${wrong}")
  list(POP_FRONT words code piece dashes)
  set(environment "")
  if(piece MATCHES "=")
    set(environment ${piece})
  elseif(piece MATCHES "nonsense")
    set(environment POLICIES=${piece} SEEDS=0)
  endif()
  recipe(${environment} sh ${script} ${words})
  if(NOT status EQUAL code OR NOT err MATCHES "run.sh: [^\n]*${piece}[^\n]*\n$")
    fault("[${wrong}] exits with ${status}: ${err}")
  endif()
  file(REMOVE_RECURSE ${SCRATCH}/out)
endforeach()

set(asked VIEWS=1000 "SEEDS=0 1" "POLICIES=mae released" "RATIOS=0.3 0.6" RATIOS_OF=mae TUNING_EPOCHS=7 SUPERVISED_EPOCHS=9
  sh ${script} data out)
file(WRITE ${SCRATCH}/stop "")
recipe(${asked})
if(status EQUAL 0 OR EXISTS ${SCRATCH}/out/little-1000-normalised2-slide/random/seed0/pretrain/done)
  fault("a stopped pre-training went unnoticed: ${err}")
endif()
calls_are(1 "")
file(REMOVE ${SCRATCH}/stop)

recipe(${asked})
if(NOT status EQUAL 0)
  fault("${err}")
endif()
# Random, mae, released weights and one mask ratio of its own, with two seeds each; 136 tiles less 3 for the test, 128
# of them an epoch, 1,000 views.
calls_are(8 "^pretrain .*--epochs 8 ")
calls_are(1 "^pretrain .*random/seed0.*--resume")
calls_are(1 "^pretrain .*--resume")
calls_are(2 "^pretrain .*--steps 1")
calls_are(56 "--normalise-stain slide ")
calls_are(8 "^pretrain .*--groups ")
calls_are(48 "--crops 2 ")
calls_are(4 "^pretrain .*--preset little_released --distill-weight 0")
calls_are(2 "^pretrain .*/mae-0.3/seed[01]/.*--distill-weight 0 --mask-ratio 0.3")
calls_are(36 "^evaluate ")
calls_are(12 "^evaluate .*--max-white 0.02")
calls_are(12 "^evaluate .*--method knn")
calls_are(12 "^evaluate .*--method linear --strength one-se ")
calls_are(12 "^evaluate .*--method linear --held-out .*/linear-[a-z]+-crops2/held_out.csv ")
calls_are(12 "^finetune ")
calls_are(4 "^finetune .*--max-white 0.02")
calls_are(3 "^finetune .*--from-nothing --preset little_released --epochs 9")
calls_are(9 "^finetune .*--init .*/seed[01]/pretrain/checkpoint.safetensors --epochs 7")
lines_of(tiles out/tiles.csv)
file(READ ${SCRATCH}/out/little-1000-normalised2-slide/table.md table)
if(NOT tiles EQUAL 134 OR NOT out STREQUAL table)
  fault("${tiles} lines in tiles.csv, or printed something else than table.md: ${out}")
endif()
foreach(piece IN ITEMS
    "Model little, stain normalised: slide, crops 2, after 1024 image views (8 epochs of 133 tiles), seeds 0 1."
    "| random | linear | 0.667 (0.500–0.750) | 0.667–0.667 | -0.333 (-0.333 to -0.333) |"
    "| supervised | finetune | 1.000 (0.500–0.750) | 1.000–1.000 | |"
    "| released | linear | 1.000 (0.500–0.750) | 1.000–1.000 | +0.000 (+0.000 to +0.000) |"
    "| mae-0.3 | knn | 0.667 (0.500–0.750) | 0.667–0.667 |"
    "Mask ratio; that of mae is 0.6:"
    "| weights | seeds | held out: balanced accuracy | less that of mae |"
    "| mae | 0 1 | 0.667 |  | 1.000 |  | 0.625 |"
    "| released | 0 1 | 1.000 | +0.333 (+0.333 to +0.333) | 1.000 | +0.000 (+0.000 to +0.000) | 0.625 |"
    "| mae-0.3 | 0 1 | 0.667 | +0.000 (+0.000 to +0.000) |"
    "mae/linear, then released/linear, all tiles")
  string(FIND "${table}" "${piece}" place)
  if(place EQUAL -1)
    fault("the table does not hold ${piece}: ${table}")
  endif()
endforeach()

# What is drawn: a ratio a line, and of three classifiers the mean over seeds with its interval.
file(READ ${SCRATCH}/out/little-1000-normalised2-slide/ratios.txt drawn)
string(REGEX REPLACE "0.6666+" "x" drawn "${drawn}")
if(NOT drawn STREQUAL "0.3 x x x x x x x x x\n0.6 x x x x x x x x x\n")
  fault("ratios.txt: ${drawn}")
endif()

state(before out)
recipe(${asked})
calls_are(0 "")
unchanged(out "${before}")
if(NOT status EQUAL 0 OR NOT out STREQUAL table)
  fault("a second call did not print the table again: ${err}")
endif()

# Judged on whole tiles, nothing is pre-trained anew; classifiers are fine-tuned anew.
recipe(CROPS=1 ${asked})
calls_are(0 "^pretrain ")
calls_are(48 "--crops 1 ")
if(NOT EXISTS ${SCRATCH}/out/little-1000-normalised2-slide/mae/seed0/finetune-clean/result.json)
  fault("CROPS=1 left no finetune-clean: ${err}")
endif()
recipe(${asked})
calls_are(0 "")
if(NOT out STREQUAL table)
  fault("with other crops beside, the table is another: ${out}")
endif()

# Another length is another run; of a fine-tuning that was stopped, the rest.
file(REMOVE ${SCRATCH}/out/little-1000-normalised2-slide/mae/seed0/finetune-clean-crops2/result.json)
recipe(${asked})
calls_are(1 "")
calls_are(1 "^finetune .*mae/seed0/finetune-clean-crops2 .*--resume")
recipe(VIEWS=2000 SEEDS=0 "POLICIES=texture texture-features-0.9" RATIOS= MODEL=middle NORMALISE=no BACKEND=cuda
  PRECISION=tf32 THREADS=3 JOBS=2 sh ${script} data out)
calls_are(3 "^pretrain --backend cuda --precision tf32 --threads 3 --slice 128 .*--epochs 16 ")
calls_are(1 "^pretrain .*--preset middle_released")
calls_are(1 "^pretrain .*/texture/.*--preset middle_texture_released --distill-weight 0")
calls_are(1 "^pretrain .*/texture-features-0.9/.*--preset middle_texture_features --mask-ratio 0.9$")
calls_are(6 "^finetune --backend cuda --precision tf32 --threads 3 ")
calls_are(27 "--normalise-stain no ")
calls_are(0 "^pretrain .*--groups ")

# As many images from nothing as in pre-training and fine-tuning together: 2,000 / 3 + 30 epochs.
calls_are(2 "^finetune .*--from-nothing --preset middle_released --epochs 696 ")

# A policy with a number in its name, and a ratio behind it; the rest is there.
recipe(VIEWS=2000 SEEDS=0 POLICIES=texture-stopped-64-0.9 RATIOS= MODEL=middle NORMALISE=no sh ${script} data out)
calls_are(1 "^pretrain ")
calls_are(1 "^pretrain .*/texture-stopped-64-0.9/.*--preset middle_texture_stopped_64 --mask-ratio 0.9$")

# What is there as a table, and nothing else.
file(REMOVE ${SCRATCH}/out/little-1000-normalised2-slide/table.md)
recipe(VIEWS=1000 "SEEDS=0 1" "POLICIES=mae released" "RATIOS=0.3 0.6" RATIOS_OF=mae sh ${script} data out table)
calls_are(0 "")
if(NOT status EQUAL 0 OR NOT out STREQUAL table)
  fault("table: ${err}${out}")
endif()

# Other tiles than those that a run was begun with.
file(WRITE ${SCRATCH}/data/unlabelled/slide4_1.jpeg "")
recipe(${asked})
if(status EQUAL 0 OR NOT err MATCHES "run.sh: [^\n]*choose another OUT\n$")
  fault("more tiles went unnoticed: ${err}")
endif()
