# --init with a file that lacks weights or has more: refused, naming --partial; with it, what fits is taken.
include(${CMAKE_CURRENT_LIST_DIR}/harness.cmake)

# One step at a rate that changes nothing: what a checkpoint then holds is what the run started from.
set(still_run --preset quickstart --data synthetic --synthetic 16 --batch 16 --steps 1 --epochs 1 --lr 1e-30 --min-lr 0
  --warmup-epochs 0 --seed 3)
trained()
set(weights run/checkpoint.safetensors)
tool(list ${weights})
string(REGEX MATCHALL "\n[a-z][^ \n]*" names "${tool_out}")
set(others "")
foreach(name IN LISTS names)
  string(STRIP "${name}" name)
  if(NOT name MATCHES "^(encoder|sdmae)\\.")
    list(APPEND others drop ${name})
  endif()
endforeach()
tool(edit ${weights} encoder.safetensors ${others})

# Without the flag.
refuses(1 "encoder.safetensors: does not fit the preset: |missing decoder.norm.weight|missing mask_token|\
missing decoder.blocks.{0-1}.mlp.fc1.bias|add --partial|--preset" ${still_run} --init encoder.safetensors --out out)
refuses(2 "--partial requires --init" ${still_run} --partial --out out)
refuses(2 "--partial requires --init" ${still_run} --partial --resume --out out)

# With it: the encoder is the file's, the rest as in a run without --init.
function(entry variable file name)
  tool(print ${file} ${name} 5)
  set(${variable} "${tool_out}" PARENT_SCOPE)
endfunction()
function(starts_like run file)
  foreach(name IN LISTS ARGN)
    entry(wanted ${file} ${name})
    entry(got ${run}/checkpoint.safetensors ${name})
    if(NOT got STREQUAL wanted)
      fault("${run}: ${name} starts as ${got}, not as in ${file}: ${wanted}")
    endif()
  endforeach()
endfunction()
run(${still_run} --out fresh)
expect(SUCCESS)
run(${still_run} --init encoder.safetensors --partial --out part)
expect(SUCCESS SAYS "used 56: encoder.patch_embed.proj.weight, " "missing 48: " "decoder.blocks.{0-1}.norm1.weight"
  "mask_token" "left out 206: ")
string(FIND "${said}" "unexpected" found)
if(NOT found EQUAL -1)
  fault("nothing is unexpected in an encoder: ${said}")
endif()
starts_like(part encoder.safetensors encoder.blocks.2.mlp.fc1.weight encoder.patch_embed.proj.bias)
# What it began with is known when it goes on.
run(${still_run} --out part --resume)
expect(SUCCESS)
file(READ ${SCRATCH}/part/run.json json)
string(JSON init GET "${json}" settings init)
string(JSON partial GET "${json}" settings partial)
if(NOT init STREQUAL "encoder.safetensors" OR NOT partial STREQUAL "ON")
  fault("part/run.json says that it began with ${init}, partial: ${partial}")
endif()
starts_like(part fresh/checkpoint.safetensors encoder_to_decoder.weight mask_token decoder.blocks.1.attn.proj.weight
  encoder_proj_head.mlp.2.weight decoder_proh_head.last_layer.weight_v)
file(READ ${SCRATCH}/part/run.json run_json)
string(JSON partial GET "${run_json}" settings partial)
if(NOT partial STREQUAL "ON")
  fault("run.json: partial is ${partial}")
endif()

# A file with more, or with nothing that fits.
tool(edit ${weights} more.safetensors drop mask_token add stranger)
refuses(1 "missing mask_token|unexpected stranger|--partial" ${still_run} --init more.safetensors --out out)
run(${still_run} --init more.safetensors --partial --out more)
expect(SUCCESS SAYS "used 103: " "missing 1: mask_token\n" "unexpected 1: stranger\n")
starts_like(more more.safetensors encoder_to_decoder.weight)
starts_like(more fresh/checkpoint.safetensors mask_token)
tool(mae whole.safetensors)
tool(edit whole.safetensors mae.safetensors drop mask_token)
refuses(1 "mae.safetensors: does not fit the preset: |missing encoder.norm.weight|unexpected decoder_pred.bias|convert --to released"
  ${still_run} --init mae.safetensors --partial --out out)

# A wrong shape is never taken, and the flag is no way out.
tool(edit ${weights} shape.safetensors drop mask_token shape decoder.head.bias 2,96)
refuses(1 "decoder.head.bias is [2, 96], not [192]|missing mask_token" ${still_run} --init shape.safetensors --out out)
string(FIND "${said}" "--partial" found)
if(NOT found EQUAL -1)
  fault("--partial does not help here: ${said}")
endif()
refuses(1 "decoder.head.bias is [2, 96], not [192]" ${still_run} --init shape.safetensors --partial --out out)
if(EXISTS ${SCRATCH}/out)
  fault("a refused run left a folder behind")
endif()
