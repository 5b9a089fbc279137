# convert: there and back without a changed bit, what it reports, and what it writes beside the tensors.
include(${CMAKE_CURRENT_LIST_DIR}/harness.cmake)

# converts(<in> <out> <to> <option>…): done, and the last line names the file.
macro(converts from into format)
  run(--in ${from} --out ${into} --to ${format} ${ARGN})
  expect(SUCCESS)
  if(NOT out MATCHES "\nwrote ${into}\n$")
    fault("[${asked}] printed: ${out}")
  endif()
endmacro()

# reports(<line>…): the last run printed each of them as a whole line, a line for each kind of tensor and no other.
function(reports)
  foreach(line IN LISTS ARGN)
    string(FIND "\n${out}" "\n${line}\n" found)
    if(found EQUAL -1)
      fault("[${asked}] must print the line '${line}', printed: ${out}")
    endif()
  endforeach()
endfunction()

# Released files, those of a checkpoint and after a run of pretrain has read and written them.
set(released ${GOLDEN}/tiny/init.safetensors)
converts(${released} again.safetensors released)
tool(equal again.safetensors ${released})
converts(again.safetensors twice.safetensors released)
same(again.safetensors twice.safetensors)
trained()
converts(run/checkpoint.safetensors quickstart.safetensors released)
reports("left out 206: sdmae.step, sdmae.adamw.*, sdmae.center")
execute_process(COMMAND ${PRETRAIN} --preset quickstart --data synthetic --synthetic 16 --batch 16 --steps 1 --epochs 1
  --lr 1e-30 --min-lr 0 --warmup-epochs 0 --init quickstart.safetensors --out rerun WORKING_DIRECTORY ${SCRATCH}
  RESULT_VARIABLE trained OUTPUT_QUIET ERROR_QUIET)
if(NOT trained EQUAL 0)
  fault("pretrain does not take what convert has written")
endif()
converts(rerun/checkpoint.safetensors quickstart_again.safetensors released)
tool(equal quickstart_again.safetensors quickstart.safetensors)

# A checkpoint's preset tells image size and heads; what is written keeps them. By way of timm, nothing else comes out.
converts(run/checkpoint.safetensors direct.onnx onnx)
converts(run/checkpoint.safetensors timm.safetensors timm)
tool(list timm.safetensors)
foreach(line IN ITEMS "@format=pt" "@sdmae.heads=4" "@sdmae.image=64x64" "@sdmae.preset=quickstart"
    "pos_embed F32 1,64,128" "blocks.3.attn.qkv.bias F32 384" "norm.weight F32 128")
  string(FIND "\n${tool_out}" "\n${line}\n" found)
  if(found EQUAL -1)
    fault("the timm file lacks [${line}]: ${tool_out}")
  endif()
endforeach()
converts(timm.safetensors by_timm.onnx onnx)
same(direct.onnx by_timm.onnx)
converts(timm.safetensors back.safetensors released)
tool(equal back.safetensors run/checkpoint.safetensors encoder.)
# The same with what a released file does not tell given by hand.
converts(${released} tiny.onnx onnx --image 32x32 --heads 2)
converts(${released} tiny_timm.safetensors timm --image 32x32 --heads 2)
converts(tiny_timm.safetensors tiny_by_timm.onnx onnx)
same(tiny.onnx tiny_by_timm.onnx)

# facebookresearch/mae and the hub.
tool(mae mae.safetensors)
converts(mae.safetensors hub.safetensors hf_mae)
expect(SUCCESS SAYS "notice: set layer_norm_eps=1e-6")
converts(hub.safetensors mae_again.safetensors fb_mae)
expect(SUCCESS SAYS "layer_norm_eps is taken to be 1e-6")
tool(equal mae_again.safetensors mae.safetensors)
same(mae_again.safetensors mae.safetensors)
converts(mae_again.safetensors hub_again.safetensors hf_mae)
same(hub_again.safetensors hub.safetensors)
converts(hub.safetensors encoder.safetensors timm)
converts(mae.safetensors encoder_too.safetensors timm)
tool(equal encoder.safetensors encoder_too.safetensors)
reports("left out 20: decoder_blocks.0.attn.proj.bias, decoder_blocks.0.attn.proj.weight, decoder_blocks.0.attn.qkv.bias, \
decoder_blocks.0.attn.qkv.weight, decoder_blocks.0.mlp.fc1.bias, decoder_blocks.0.mlp.fc1.weight, \
decoder_blocks.0.mlp.fc2.bias, decoder_blocks.0.mlp.fc2.weight, decoder_blocks.0.norm1.bias, \
decoder_blocks.0.norm1.weight, decoder_blocks.0.norm2.bias, decoder_blocks.0.norm2.weight, decoder_embed.bias, \
decoder_embed.weight, decoder_norm.bias, decoder_norm.weight, decoder_pos_embed, decoder_pred.bias, decoder_pred.weight, \
mask_token")
converts(encoder.safetensors encoder_mae.safetensors fb_mae)
tool(equal encoder_mae.safetensors encoder.safetensors)

# A configuration of transformers tells heads and the layer norms' epsilon, which an ONNX model can have.
file(WRITE ${SCRATCH}/config.json "{\"num_attention_heads\": 2, \"layer_norm_eps\": 1e-12, \"image_size\": 16}")
file(WRITE ${SCRATCH}/config6.json "{\"num_attention_heads\": 2, \"layer_norm_eps\": 1e-06, \"image_size\": [16, 16]}")
converts(hub.safetensors hub.onnx onnx --config config.json)
converts(hub.safetensors hub6.onnx onnx --config config6.json)
converts(hub.safetensors by_hand.onnx onnx --heads 2)
same(hub6.onnx by_hand.onnx)
differ(hub.onnx by_hand.onnx)
converts(hub.safetensors noticed.safetensors timm --config config.json)
expect(SUCCESS SAYS "layer_norm_eps is not 1e-6")
converts(hub.safetensors noticed.safetensors timm --config config6.json)
if(NOT said STREQUAL "")
  fault("nothing to be noticed, but said: ${said}")
endif()

# Another image size.
converts(mae.safetensors larger.safetensors timm --image 24x16)
reports("reshaped 1: pos_embed from 4x4 to 6x4 patches")
tool(list larger.safetensors)
if(NOT tool_out MATCHES "\npos_embed F32 1,25,8\n")
  fault("pos_embed was not resized: ${tool_out}")
endif()
converts(larger.safetensors larger.onnx onnx --heads 2)
converts(mae.safetensors larger_too.onnx onnx --heads 2 --image 24x16)
same(larger.onnx larger_too.onnx)
# The size that a file tells counts more than its preset's, also where the number of patches is the same.
converts(run/checkpoint.safetensors wide.safetensors timm --image 32x128)
reports("reshaped 1: pos_embed from 8x8 to 4x16 patches")
tool(list wide.safetensors)
if(NOT tool_out MATCHES "@sdmae.image=32x128")
  fault("the file does not tell its size: ${tool_out}")
endif()
converts(wide.safetensors wide.onnx onnx)
converts(run/checkpoint.safetensors wide_too.onnx onnx --image 32x128)
same(wide.onnx wide_too.onnx)
