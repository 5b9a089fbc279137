# What a run leaves in its folder: log.jsonl, run.json, pictures, and the keys and metadata of its checkpoint.
include(${CMAKE_CURRENT_LIST_DIR}/harness.cmake)

tool(images tiles 40 64)
run(--preset quickstart --data tiles --batch 8 --epochs 3 --steps 6 --seed 5 --lr 0.01 --min-lr 0.0001
  --warmup-epochs 1 --weight-decay 0.1 --mask-ratio 0.7 --distill-weight 0.3 --slice 4 --threads 2 --save-every 3
  --out run)
expect(SUCCESS SAYS "run")
if(NOT out STREQUAL "")
  fault("pretrain writes nothing to standard output, but wrote: ${out}")
endif()
holds(run ${run_files})

# log.jsonl
set(keys step epoch loss reconstruction distillation teacher_entropy student_entropy used_prototypes feature_std
  feature_rank lr grad_norm images_per_s)
function(check_log folder steps nulls)
  steps_in_log(${folder} ${steps})
  file(STRINGS ${SCRATCH}/${folder}/log.jsonl lines)
  foreach(line IN LISTS lines)
    foreach(key IN LISTS keys)
      string(JSON type ERROR_VARIABLE problem TYPE "${line}" ${key})
      if((key IN_LIST nulls AND NOT type STREQUAL "NULL") OR (NOT key IN_LIST nulls AND NOT type STREQUAL "NUMBER"))
        fault("${folder}/log.jsonl: ${key} is ${type}${problem} in ${line}")
      endif()
    endforeach()
    string(JSON length LENGTH "${line}")
    if(NOT length EQUAL 13)
      fault("${folder}/log.jsonl: other entries than ${keys} in ${line}")
    endif()
  endforeach()
endfunction()
check_log(run 6 "")
file(STRINGS ${SCRATCH}/run/log.jsonl lines)
foreach(expected IN ITEMS "0:epoch:0" "4:epoch:0" "5:epoch:1" "0:lr:0" "4:lr:0.0003125" "5:lr:0.0003125")
  string(REPLACE ":" ";" expected ${expected})
  list(GET expected 0 place)
  list(GET expected 1 key)
  list(GET expected 2 wanted)
  list(GET lines ${place} line)
  string(JSON value GET "${line}" ${key})
  if(NOT value EQUAL wanted)
    fault("line ${place} of the log: ${key} is ${value}, must be ${wanted}")
  endif()
endforeach()

# A term of weight 0 is not evaluated: null, not 0.
foreach(weight_nulls IN ITEMS "0:distillation;teacher_entropy;student_entropy;used_prototypes" "1:reconstruction")
  string(REGEX REPLACE ":.*" "" weight "${weight_nulls}")
  string(REGEX REPLACE ".*:" "" nulls "${weight_nulls}")
  run(--preset quickstart --data tiles --batch 8 --steps 2 --distill-weight ${weight} --out weight_${weight})
  expect(SUCCESS)
  check_log(weight_${weight} 2 "${nulls}")
endforeach()
holds(weight_0 ${run_files})
# Nothing is painted where nothing is hidden or nothing was learned of it: no picture, and none is claimed.
run(--preset quickstart --data tiles --batch 8 --steps 2 --mask-ratio 0 --out all_visible)
expect(SUCCESS)
foreach(folder IN ITEMS weight_1 all_visible)
  holds(${folder} checkpoint.safetensors curve.png log.jsonl report.html run.json)
endforeach()
string(FIND "${err}" "reconstruction.png" claimed)
string(FIND "${err}" "nan" not_a_number)
if(NOT claimed EQUAL -1 OR NOT not_a_number EQUAL -1)
  fault("with every patch visible: ${err}")
endif()
# Beyond the schedule: said, not silently less.
run(--preset quickstart --data tiles --batch 8 --epochs 1 --warmup-epochs 0 --steps 99 --out short)
expect(SUCCESS SAYS "--steps 99 is beyond the schedule" "--epochs")
# A folder whose name is no text.
string(ASCII 233 latin)
file(RENAME ${SCRATCH}/tiles ${SCRATCH}/tiles${latin})
run(--preset quickstart --data tiles${latin} --batch 8 --steps 1 --out latin)
expect(SUCCESS)
holds(latin ${run_files})
file(RENAME ${SCRATCH}/tiles${latin} ${SCRATCH}/tiles)

# A page that needs nothing from elsewhere.
page(run/report.html "What the model fills in" "<th scope=\"row\">mask_ratio</th><td>0.7</td>")

# Tissue alone may be judged; a run says so, and learns something else.
foreach(which IN ITEMS masked tissue)
  run(--preset quickstart --data synthetic --synthetic 16 --batch 8 --steps 2 --loss-on ${which} --out on_${which})
  expect(SUCCESS)
endforeach()
differ(on_masked/checkpoint.safetensors on_tissue/checkpoint.safetensors)

# run.json
file(READ ${SCRATCH}/run/run.json run_json)
function(setting name wanted)
  string(JSON value ERROR_VARIABLE problem GET "${run_json}" settings ${name})
  if(NOT value STREQUAL wanted AND NOT value EQUAL wanted) # the second: numbers, however CMake prints them
    fault("run.json: ${name} is ${value} ${problem}, must be ${wanted}")
  endif()
endfunction()
setting(preset quickstart)
setting(data_path tiles)
setting(seed 5)
setting(batch 8)
setting(slice 4)
setting(epochs 3)
setting(stop_after 6)
setting(steps_per_epoch 5)
setting(total_steps 15)
setting(learning_rate 0.01)
setting(min_learning_rate 0.0001)
setting(warmup_epochs 1)
setting(weight_decay 0.1)
setting(mask_ratio 0.7)
setting(distill_weight 0.3)
setting(save_every 3)
setting(mask random)
setting(loss_on masked)
setting(backend cpu)
foreach(place IN ITEMS "versions;sdmae" "versions;compiler" "versions;eigen" "machine;processor" "machine;cores"
    "machine;threads" "settings;policies" "settings;data" "settings;init" "settings;parameters")
  string(JSON value ERROR_VARIABLE problem TYPE "${run_json}" ${place})
  if(problem)
    fault("run.json: ${problem}")
  endif()
endforeach()

# Pictures
foreach(picture IN ITEMS curve reconstruction)
  file(READ ${SCRATCH}/run/${picture}.png start LIMIT 8 HEX)
  file(SIZE ${SCRATCH}/run/${picture}.png size)
  if(NOT start STREQUAL "89504e470d0a1a0a" OR size LESS 5000)
    fault("${picture}.png is no PNG, or an empty one: ${start}, ${size} bytes")
  endif()
endforeach()

# The checkpoint: released keys, sdmae. keys, and no metadata of the moment.
tool(list run/checkpoint.safetensors)
set(listing "\n${tool_out}")
foreach(line IN ITEMS "encoder.patch_embed.proj.weight F32 128,3,8,8" "encoder.patch_embed.proj.bias F32 128"
    "encoder.blocks.3.norm1.weight F32 128" "encoder.blocks.0.attn.q_bias F32 128"
    "encoder.blocks.0.attn.v_bias F32 128" "encoder.blocks.0.attn.qkv.weight F32 384,128"
    "encoder.blocks.0.attn.proj.weight F32 128,128" "encoder.blocks.0.mlp.fc1.weight F32 512,128"
    "encoder.blocks.0.mlp.fc2.bias F32 128" "encoder.norm.bias F32 128" "decoder.blocks.1.attn.qkv.weight F32 192,64"
    "decoder.norm.weight F32 64" "decoder.head.weight F32 192,64" "decoder.head.bias F32 192"
    "encoder_to_decoder.weight F32 64,128" "mask_token F32 1,1,64" "encoder_proj_head.mlp.0.weight F32 256,128"
    "encoder_proj_head.mlp.2.bias F32 256" "encoder_proj_head.mlp.4.weight F32 64,256"
    "encoder_proj_head.last_layer.weight_g F32 256,1" "encoder_proj_head.last_layer.weight_v F32 256,64"
    "decoder_proh_head.mlp.0.weight F32 256,64" "decoder_proh_head.last_layer.weight_v F32 256,64"
    "sdmae.center F32 256" "sdmae.step I64 " "sdmae.adamw.m.mask_token F32 1,1,64"
    "sdmae.adamw.v.encoder.blocks.0.attn.qkv.weight F32 384,128")
  string(FIND "${listing}" "\n${line}\n" found)
  if(found EQUAL -1)
    fault("the checkpoint lacks [${line}]")
  endif()
endforeach()
# 12 entries of a block and 13 beside them, of which two projection heads of 8 each; weight_g is frozen: no moments.
string(REGEX MATCHALL "\n(encoder|decoder|mask_token)[^ ]* " weights "${listing}")
string(REGEX MATCHALL "\nsdmae[.]adamw[.]m[.][^ ]* " first "${listing}")
string(REGEX MATCHALL "\nsdmae[.]adamw[.]v[.][^ ]* " second "${listing}")
list(LENGTH weights weights)
list(LENGTH first first)
list(LENGTH second second)
math(EXPR all "13 * 6 + 2 + 2 + 2 + 2 + 1 + 1 + 2 * 8")
math(EXPR trained "${all} - 2")
if(NOT weights EQUAL all OR NOT first EQUAL trained OR NOT second EQUAL trained)
  fault("the checkpoint has ${weights} weights, ${first} and ${second} moments; not ${all}, ${trained}, ${trained}")
endif()
string(REGEX MATCHALL "\n(pos_embed|cls_token|[^ ]*gamma)[^\n]*" never "${listing}")
if(never)
  fault("the checkpoint has keys that the released one lacks: ${never}")
endif()

# Metadata: these keys and no other; nothing of the moment in a value.
string(REGEX MATCHALL "@[^=\n]*" metadata "${listing}")
string(REPLACE "@" "" metadata "${metadata}")
set(wanted format sdmae.batch sdmae.clip_norm sdmae.data sdmae.distill_weight sdmae.epochs sdmae.image sdmae.learning_rate sdmae.mask_ratio
  sdmae.min_learning_rate sdmae.policies sdmae.preset sdmae.seed sdmae.warmup_epochs sdmae.weight_decay)
if(NOT metadata STREQUAL wanted)
  fault("metadata: ${metadata}")
endif()
string(REGEX MATCH "\n@sdmae.data=40 images, fingerprint [0-9]+\n" data "${listing}")
string(REGEX MATCH "${CMAKE_CURRENT_LIST_DIR}|${SCRATCH}|/|tiles" path "${listing}")
if(NOT data OR path)
  fault("metadata: data is ${data}; a path: ${path}")
endif()

# The same images elsewhere are the same run.
file(RENAME ${SCRATCH}/tiles ${SCRATCH}/moved)
run(--preset quickstart --data ${SCRATCH}/moved --batch 8 --epochs 3 --steps 7 --seed 5 --lr 1e-2 --min-lr 1e-4
  --warmup-epochs 1 --weight-decay 0.10 --mask-ratio 0.7 --distill-weight 0.3 --out run --resume)
expect(SUCCESS)
check_log(run 7 "")

# --init takes the weights and nothing else: with what is sdmae.'s changed or gone, the new run is the same.
tool(edit run/checkpoint.safetensors bare.safetensors drop sdmae.center drop sdmae.step scale
  sdmae.adamw.m.mask_token 100 add sdmae.whatever metadata sdmae.seed 99 forget sdmae.preset)
foreach(from IN ITEMS run/checkpoint bare)
  string(REPLACE "/" "_" folder ${from})
  run(${small_run} --steps 2 --warmup-epochs 0 --init ${from}.safetensors --out from_${folder})
  expect(SUCCESS)
endforeach()
same(from_run_checkpoint/checkpoint.safetensors from_bare/checkpoint.safetensors)
steps_in_log(from_bare 2)
run(${small_run} --steps 2 --warmup-epochs 0 --out from_nothing)
differ(from_nothing/checkpoint.safetensors from_bare/checkpoint.safetensors)

# Tiles may be kept in HDF5 or in a slide.
if(READABLE MATCHES hdf5)
  data_tool(hdf5 some_x.h5 some_y.h5 30 48)
  run(--preset quickstart --data some_x.h5 --batch 8 --steps 2 --out of_hdf5)
  expect(SUCCESS)
  check_log(of_hdf5 2 "")
  if(said MATCHES "unpacked")
    fault("small chunks are slow to nobody: ${said}")
  endif()
  data_tool(hdf5 large_x.h5 large_y.h5 600 48 70) # of which eight chunks are kept
  run(--preset quickstart --data large_x.h5 --max-white 0.9 --batch 8 --steps 1 --out of_large)
  expect(SUCCESS SAYS "large_x.h5: 70 pictures are unpacked for each one that is taken in random order; repack it: h5repack")
endif()
if(READABLE MATCHES slide)
  data_tool(slide slide.svs 300)
  run(--preset quickstart --data slide.svs --tissue 0 --batch 8 --steps 2 --out of_slide)
  expect(SUCCESS)
  check_log(of_slide 2 "")
endif()
