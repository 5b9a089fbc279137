# convert with input of every bad kind: one line, the right status, and no file or half a file left behind.
include(${CMAKE_CURRENT_LIST_DIR}/harness.cmake)
set(released ${GOLDEN}/tiny/init.safetensors)
tool(mae mae.safetensors)
file(MAKE_DIRECTORY ${SCRATCH}/out)

# bad(<status> "<piece>|<piece>" <to> <in> <option>…)
macro(bad bad_status bad_saying bad_to bad_in)
  refuses(${bad_status} "${bad_saying}" --in ${bad_in} --out out/file --to ${bad_to} ${ARGN})
  holds(out)
endmacro()
# edited("<pieces>" <to> <change>…): the masked autoencoder with changes.
macro(edited edited_saying edited_to)
  tool(edit mae.safetensors edited.safetensors ${ARGN})
  bad(1 "edited.safetensors: |${edited_saying}" ${edited_to} edited.safetensors)
endmacro()

# Command lines.
bad(2 "--to|pickle" pickle mae.safetensors)
refuses(2 "--to is required" --in mae.safetensors --out out/file)
refuses(2 "--in is required" --out out/file --to timm)
bad(2 "--haeds|--heads" onnx mae.safetensors --haeds 2)
bad(2 "--heads|0" onnx mae.safetensors --heads 0)
foreach(size IN ITEMS 224 224x 0x16 16x16x16 -4x4 1e3x16 999999x16 "16 x 16")
  bad(2 "--image|${size} is not a size like 224x448" timm mae.safetensors --image ${size})
endforeach()
bad(2 "--image|is for --to timm and onnx" fb_mae mae.safetensors --image 16x16)
bad(2 "--decoder-heads|hf_mae" timm mae.safetensors --decoder-heads 2)
refuses(2 "--out|is the file of --in" --in mae.safetensors --out ./mae.safetensors --to hf_mae)
file(CREATE_LINK mae.safetensors ${SCRATCH}/link.safetensors SYMBOLIC)
refuses(2 "--out|is the file of --in" --in link.safetensors --out mae.safetensors --to hf_mae)
file(SHA256 ${SCRATCH}/mae.safetensors before)

# Files that are no weights.
bad(1 "nowhere: cannot open" timm nowhere)
bad(1 "out: not an ordinary file" timm out)
file(SIZE ${SCRATCH}/mae.safetensors size)
math(EXPR nearly "${size} - 1")
foreach(length IN ITEMS 0 5 100 ${nearly})
  tool(cut mae.safetensors cut.safetensors ${length})
  bad(1 "cut.safetensors: |make or download it again" hf_mae cut.safetensors)
endforeach()
bad(1 "color.png: " timm ${IMAGES}/color.png)
string(ASCII 80 75 3 4 zip)
string(ASCII 2 pickle)
file(WRITE ${SCRATCH}/model.pth "${zip} and so on")
bad(1 "model.pth: a file of PyTorch's (zip)|.safetensors|README" timm model.pth)
# The first byte of a pickle is 0x80, which no text of CMake's holds.
execute_process(COMMAND sh -c "printf '\\200\\002}q' > model.bin" WORKING_DIRECTORY ${SCRATCH})
bad(1 "model.bin: a file of PyTorch's (pickle)" timm model.bin)
bad(1 "expected.safetensors: holds no vision transformer" timm ${GOLDEN}/tiny/expected.safetensors)

# Weights that are not whole, or not what the other format holds.
edited("is no fb_mae file|missing blocks.1.attn.qkv.bias|missing norm.weight|unexpected stranger" hf_mae
  drop blocks.1.attn.qkv.bias drop norm.weight add stranger)
edited("blocks.0.mlp.fc2.weight is [16, 8], not [8, 16]" timm shape blocks.0.mlp.fc2.weight 16,8)
edited("patch_embed.proj.weight is " timm shape patch_embed.proj.weight 384)
edited("'decoder_pred.weight' holds a value that is not finite" hf_mae set decoder_pred.weight 7 nan)
edited("'blocks.0.norm1.bias' holds a value that is not finite" timm set blocks.0.norm1.bias 0 inf)
tool(edit mae.safetensors edited.safetensors set blocks.1.norm1.bias 0 inf)
bad(1 "'blocks.1.norm1.bias' holds a value that is not finite" onnx edited.safetensors --heads 2)
bad(1 "fb_mae cannot become released|no class token" released mae.safetensors)
bad(1 "released cannot become fb_mae|class token" fb_mae ${released})
bad(1 "released cannot become hf_mae|class token" hf_mae ${released})
run(--in ${released} --out timm.safetensors --to timm --image 32x32)
expect(SUCCESS)
bad(1 "timm cannot become hf_mae|no class token" hf_mae timm.safetensors)
tool(edit mae.safetensors other.safetensors shape blocks.0.attn.proj.weight 8,4)
bad(1 "blocks.0.attn.proj.weight is " timm other.safetensors)

# What no tensor tells.
bad(1 "init.safetensors: does not tell the size of its images|--image" timm ${released})
bad(1 "init.safetensors: images of 30x32 cannot be cut into patches of 8" timm ${released} --image 30x32)
bad(1 "mae.safetensors: does not tell how many attention heads|--heads" onnx mae.safetensors)
bad(1 "8 is not divisible by 3 heads" onnx mae.safetensors --heads 3)
bad(1 "8 is not divisible by 3 heads" timm mae.safetensors --heads 3)
refuses(1 "the decoder's width 4 is not divisible by 3 heads" --in mae.safetensors --out out/model.safetensors --to hf_mae
  --heads 2 --decoder-heads 3)
holds(out)

tool(edit mae.safetensors said.safetensors metadata sdmae.heads 2)
bad(1 "said.safetensors: has 2 attention heads, not 4" onnx said.safetensors --heads 4)

# Configurations.
bad(1 "no_config: cannot open" timm mae.safetensors --config no_config)
bad(1 "model.pth: is no JSON object" timm mae.safetensors --config model.pth)
foreach(text IN ITEMS "{\"layer_norm_eps\": \"small\"}" "{\"layer_norm_eps\": -1}" "{\"num_attention_heads\": [2]}"
    "{\"image_size\": -16}")
  file(WRITE ${SCRATCH}/config.json "${text}")
  bad(1 "config.json: " timm mae.safetensors --config config.json)
endforeach()

file(WRITE ${SCRATCH}/out/config.json "not JSON")
refuses(1 "out/config.json: is no JSON object" --in mae.safetensors --out out/model.safetensors --to hf_mae --heads 2
  --decoder-heads 2)
holds(out config.json)
file(REMOVE ${SCRATCH}/out/config.json)

# Disks.
run_in_shell("trap '' XFSZ; ulimit -f 4; exec \"$0\" --in mae.safetensors --out out/model.safetensors --to hf_mae \
  --heads 2 --decoder-heads 2")
expect(FAILURE 1 SAYS "out/model.safetensors" "cannot write")
holds(out)
refuses(1 "absent/file|create the folder first" --in mae.safetensors --out absent/file --to hf_mae)
refuses(1 "out: it is a folder" --in mae.safetensors --out out --to hf_mae)
foreach(to IN ITEMS hf_mae onnx)
  file(WRITE ${SCRATCH}/out/old "what was there")
  run_in_shell("trap '' XFSZ; ulimit -f 4; exec \"$0\" --in mae.safetensors --out out/old --to ${to} --heads 2")
  expect(FAILURE 1 SAYS "out/old" "cannot write" "ulimit -f")
  holds(out old)
  file(READ ${SCRATCH}/out/old kept)
  if(NOT kept STREQUAL "what was there")
    fault("a failed conversion changed the file that was there")
  endif()
endforeach()
file(SHA256 ${SCRATCH}/mae.safetensors after)
if(NOT before STREQUAL after)
  fault("--in has changed")
endif()
