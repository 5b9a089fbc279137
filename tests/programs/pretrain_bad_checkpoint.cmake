# Checkpoints that do not fit: every difference is told in one line, and the file and the run's folder stay as they were.
include(${CMAKE_CURRENT_LIST_DIR}/harness.cmake)

run(${small_run} --steps 4 --out good)
expect(SUCCESS)
state(before good)
set(good good/checkpoint.safetensors)

# Begun again without --resume, resumed where nothing is, resumed as another run.
refuses(1 "${good}: is there already|--resume|--out" ${small_run} --steps 4 --out good)
unchanged(good "${before}")
file(MAKE_DIRECTORY ${SCRATCH}/nothing)
refuses(1 "nothing/checkpoint.safetensors|nothing to resume" ${small_run} --resume --out nothing)
refuses(1 "batch was 16, now 8|another folder" --preset quickstart --data synthetic --synthetic 64 --batch 8
  --resume --out good)
foreach(change_says IN ITEMS "--lr;0.5;learning_rate was " "--min-lr;0.0001;min_learning_rate was "
    "--seed;9;seed was 0, now 9" "--mask-ratio;0.5;mask_ratio was " "--distill-weight;0.5;distill_weight was "
    "--weight-decay;0.5;weight_decay was " "--clip-norm;1;clip_norm was "
    "--mask;block;policies was mask random" "--loss-on;tissue;policies was mask random" "--epochs;9;epochs was " "--warmup-epochs;3;warmup_epochs was ")
  list(GET change_says 0 option)
  list(GET change_says 1 value)
  list(GET change_says 2 says)
  refuses(1 "is of another run|${says}" ${small_run} --resume --out good ${option} ${value})
endforeach()
refuses(1 "data was 64 images|now 80 images" --preset quickstart --data synthetic --synthetic 80 --batch 16 --resume
  --out good)
refuses(1 "seed was 0, now 9|epochs was |learning_rate was " ${small_run} --resume --out good --seed 9 --epochs 9
  --lr 0.5)
unchanged(good "${before}")

# Damaged. bad(<pieces> <change>…) edits the good checkpoint and tries it both ways.
macro(try_damaged says_init says_resume)
  state(damaged bad)
  refuses(1 "${says_init}" ${small_run} --steps 5 --init bad/checkpoint.safetensors --out from_bad)
  refuses(1 "${says_resume}" ${small_run} --steps 5 --resume --out bad)
  unchanged(bad "${damaged}")
endmacro()
function(bad says_init says_resume)
  file(REMOVE_RECURSE ${SCRATCH}/bad ${SCRATCH}/from_bad)
  file(COPY ${SCRATCH}/good/ DESTINATION ${SCRATCH}/bad)
  tool(edit ${good} bad/checkpoint.safetensors ${ARGN})
  try_damaged("${says_init}" "${says_resume}")
endfunction()
set(does_not_fit "bad/checkpoint.safetensors: does not fit the preset: ")
set(not_resumed "bad/checkpoint.safetensors: cannot be resumed: ")
set(all_three "missing mask_token|missing encoder.norm.bias|unexpected stranger|unexpected cls_token|")
string(APPEND all_three "decoder.head.bias is [2, 96], not [192]|encoder_to_decoder.weight is [128, 64], not [64, 128]")
bad("${does_not_fit}|${all_three}|--preset" "${not_resumed}|${all_three}|--init" drop mask_token drop encoder.norm.bias
  add stranger add cls_token shape decoder.head.bias 2,96 shape encoder_to_decoder.weight 128,64)

# What only resuming needs, only resuming misses.
foreach(name_says IN ITEMS "sdmae.step;missing sdmae.step" "sdmae.center;missing sdmae.center"
    "sdmae.adamw.v.mask_token;missing sdmae.adamw.v.mask_token")
  list(GET name_says 0 name)
  list(GET name_says 1 says)
  file(REMOVE_RECURSE ${SCRATCH}/bad ${SCRATCH}/from_bad)
  file(COPY ${SCRATCH}/good/ DESTINATION ${SCRATCH}/bad)
  tool(edit ${good} bad/checkpoint.safetensors drop ${name})
  refuses(1 "${not_resumed}|${says}" ${small_run} --steps 5 --resume --out bad)
  run(${small_run} --steps 1 --init bad/checkpoint.safetensors --out from_bad)
  expect(SUCCESS)
endforeach()
bad("is not finite|decoder.head.bias" "is not finite|decoder.head.bias" set decoder.head.bias 7 nan)
file(REMOVE_RECURSE ${SCRATCH}/bad ${SCRATCH}/from_bad)
file(COPY ${SCRATCH}/good/ DESTINATION ${SCRATCH}/bad)
tool(edit ${good} bad/checkpoint.safetensors set sdmae.step 0 -1)
refuses(1 "bad/checkpoint.safetensors|sdmae.step is -1" ${small_run} --steps 5 --resume --out bad)

# Not whole, not safetensors.
file(SIZE ${SCRATCH}/${good} size)
math(EXPR nearly "${size} - 1")
foreach(length IN ITEMS 0 7 8 4000 100000 ${nearly})
  tool(cut ${good} bad/checkpoint.safetensors ${length})
  try_damaged("bad/checkpoint.safetensors: " "bad/checkpoint.safetensors: ")
endforeach()
tool(flip ${good} bad/checkpoint.safetensors 20)
try_damaged("bad/checkpoint.safetensors: " "bad/checkpoint.safetensors: ")
file(COPY ${IMAGES}/color.png DESTINATION ${SCRATCH}/bad)
file(RENAME ${SCRATCH}/bad/color.png ${SCRATCH}/bad/checkpoint.safetensors)
try_damaged("bad/checkpoint.safetensors: " "bad/checkpoint.safetensors: ")
file(REMOVE ${SCRATCH}/bad/checkpoint.safetensors)
file(MAKE_DIRECTORY ${SCRATCH}/bad/checkpoint.safetensors)
try_damaged("bad/checkpoint.safetensors: " "bad/checkpoint.safetensors: ")
refuses(1 "nowhere.safetensors" ${small_run} --steps 5 --init nowhere.safetensors --out from_bad)

# A loss that is not finite ends the run, names the step and keeps the last good checkpoint: here that of step 4, from
# which one weight leads beyond what a float holds.
file(REMOVE_RECURSE ${SCRATCH}/bad ${SCRATCH}/from_bad)
file(COPY ${SCRATCH}/good/ DESTINATION ${SCRATCH}/bad)
tool(edit ${good} bad/checkpoint.safetensors scale decoder.head.weight 1e30)
file(SHA256 ${SCRATCH}/bad/checkpoint.safetensors sum)
refuses(1 "step 5|not finite|lower the learning rate" ${small_run} --steps 8 --resume --save-every 1 --out bad)
file(SHA256 ${SCRATCH}/bad/checkpoint.safetensors now)
if(NOT sum STREQUAL now)
  fault("a loss that is not finite changed the checkpoint")
endif()
holds(bad ${run_files})
steps_in_log(bad 4)
