# What was asked for cannot be: one line that says what to do, exit 2 for the command line and 1 for what it names, and no
# folder made.
include(${CMAKE_CURRENT_LIST_DIR}/harness.cmake)

set(words --preset quickstart --data synthetic --synthetic 32 --batch 8 --steps 1 --out run)
foreach(option_value_says IN ITEMS
    "--epochs;0;whole number" "--epochs;9223372036854775807;whole number"
    "--warmup-epochs;9223372036854775807;whole number" "--seed;18446744073709551616;whole number"
    "--synthetic;999999999999999999;whole number" "--epochs;-3;whole number" "--epochs;1.5;--epochs" "--epochs;many;--epochs"
    "--steps;0;whole number" "--batch;0;whole number" "--batch;-8;whole number" "--slice;0;whole number"
    "--lr;0;range" "--lr;-1e-3;range" "--lr;11;range" "--lr;nan;range" "--lr;inf;range" "--min-lr;-1;range"
    "--warmup-epochs;-1;whole number" "--weight-decay;-0.1;range" "--clip-norm;-1;range" "--mask;diagonal;--mask" "--mask-ratio;1;range"
    "--mask-ratio;-0.1;range" "--mask-ratio;sixty;--mask-ratio" "--distill-weight;1.01;range" "--backend;tpu;--backend"
    "--save-every;0;whole number" "--synthetic;0;whole number" "--seed;-1;--seed" "--seed;seven;--seed"
    "--threads;0;whole number" "--threads;5000;whole number" "--crop-scale;0;range" "--crop-scale;1.1;range"
    "--crop-ratio;2;range" "--crop-filter;nearest;--crop-filter" "--flip;1.5;range" "--flip-vertical;-1;range"
    "--turns;nan;range" "--stain;2;range" "--color;0.4;--color" "--color;0.4,0.4,0.4,-1;range" "--blur;2;range"
    "--blur-sigma;1;--blur-sigma" "--erase;-1;range" "--erase-area;0.1,2;range" "--erase-fill;black;--erase-fill")
  list(GET option_value_says 0 option)
  list(GET option_value_says 1 value)
  list(GET option_value_says 2 says)
  set(with ${words})
  list(FIND with ${option} place)
  if(NOT place EQUAL -1)
    list(REMOVE_AT with ${place})
    list(REMOVE_AT with ${place})
  endif()
  refuses(2 "${option}|${says}|--help" ${with} ${option}=${value})
endforeach()

refuses(2 "--preset|--help" --data synthetic --out run)
refuses(2 "--data" --preset quickstart --out run)
refuses(2 "--out" --preset quickstart --data synthetic)
refuses(2 "--out" --preset quickstart --data synthetic --out=)
refuses(1 "nothing to learn" ${words} --mask-ratio 0 --distill-weight 0)
refuses(1 "nothing to learn|none of 64 patches is hidden" ${words} --mask-ratio 0.01 --distill-weight 0)
refuses(2 "--mask-ration|did you mean --mask-ratio?" ${words} --mask-ration 0.5)
refuses(2 "surplus" ${words} surplus)
refuses(2 "--init|--resume" ${words} --init file --resume)
refuses(1 "--blur-sigma" ${words} --blur 1 --blur-sigma 2,1)
refuses(2 "--blur-sigma requires --blur" ${words} --blur-sigma 1,2)
refuses(2 "--erase-area requires --erase" ${words} --erase-area 0.1,0.2)
refuses(2 "--erase-fill requires --erase" ${words} --erase-fill mean)
refuses(1 "--erase-area" ${words} --erase 1 --erase-area 0,0.5)
refuses(1 "--color" ${words} --color 0.4,0.4,0.4,0.6)

refuses(1 "--preset quickstrat|did you mean quickstart?" --preset quickstrat --data synthetic --out run)
refuses(1 "--preset nonsense|there are: quickstart" --preset nonsense --data synthetic --out run)
if(COMPILED_PRESETS STREQUAL "quickstart") # otherwise the program may well have what is asked for here
  refuses(1 "--preset pretrain_mae_tiny_patch16_224|-DSDMAE_PRESETS='quickstart;pretrain_mae_tiny_patch16_224'"
    --preset pretrain_mae_tiny_patch16_224 --data synthetic --out run)
endif()
refuses(1 "--batch 64|32 images|at most 32" --preset quickstart --data synthetic --synthetic 32 --batch 64 --out run)
# 18 TB of activations; the slice that is named must then be accepted.
set(large --preset quickstart --data synthetic --synthetic 10000000 --batch 10000000 --out run)
refuses(1 "memory|MiB|choose --slice " ${large} --slice 10000000)
string(REGEX MATCH "choose --slice ([0-9]+)" found "${said}")
set(fits ${CMAKE_MATCH_1})
math(EXPR smaller "${fits} * 9 / 10") # what is available may change in the meantime
run(${large} --slice ${smaller} --memory)
expect(SUCCESS)

run(--preset quickstart --data synthetic --memory)
expect(SUCCESS)

if(EXISTS ${SCRATCH}/run)
  fault("a run that was refused left its folder behind")
endif()
