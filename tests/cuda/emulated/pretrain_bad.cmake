# pretrain --backend cuda where something is wrong with the device. Only an emulated one fails on demand.
include(${CMAKE_CURRENT_LIST_DIR}/../../programs/harness.cmake)
set(on_cuda ${small_run} --backend cuda)

# What the backend itself keeps is in the plan.
run(${on_cuda} --slice 16 --memory --out nowhere)
expect(SUCCESS)
if(NOT out MATCHES "workspace of products +1 +32.00 MiB" OR NOT out MATCHES "copies on their way +1 +32.00 MiB")
  fault("--memory prints ${out}")
endif()

refuses(2 "--precision bf16 needs --backend cuda" ${small_run} --precision bf16 --out nowhere)
refuses(2 "--precision" ${on_cuda} --precision fp8 --out nowhere)

# What can be wrong with a device: none there, too little memory (the slice that fits is named), a fault in the middle.
set(ENV{CUDA_EMULATION_DEVICES} 0)
refuses(1 "there is no NVIDIA driver|choose the CPU backend" ${on_cuda} --out nowhere)
unset(ENV{CUDA_EMULATION_DEVICES})
set(ENV{CUDA_EMULATION_DRIVER} 11080)
refuses(1 "cudaErrorInsufficientDriver|update the NVIDIA driver" ${on_cuda} --out nowhere)
unset(ENV{CUDA_EMULATION_DRIVER})
set(ENV{CUDA_EMULATION_KERNELS} 0)
refuses(1 "cudaErrorNoKernelImageForDevice|CMAKE_CUDA_ARCHITECTURES" ${on_cuda} --out nowhere)
unset(ENV{CUDA_EMULATION_KERNELS})

# 92 MiB: 64 for the backend, the model and its moments, and room for five images in a step. 72: none for the moments.
set(memory_92 "memory: a step with --slice 16 needs|choose --slice 5 or less")
set(memory_72 "memory: quickstart on cuda, fp32 needs |for weights, gradients and moments alone, there are 72 MiB")
set(memory_12 "memory: quickstart|for weights, gradients and moments alone, there are 12 MiB")
foreach(mebibytes IN ITEMS 92 72 12)
  math(EXPR memory "${mebibytes} << 20")
  set(ENV{CUDA_EMULATION_MEMORY} ${memory})
  refuses(1 "${memory_${mebibytes}}" ${on_cuda} --slice 16 --out nowhere)
endforeach()
unset(ENV{CUDA_EMULATION_MEMORY})
if(EXISTS ${SCRATCH}/nowhere)
  fault("a refused run has left its folder")
endif()

# A kernel faults in mid-training: the last checkpoint is good, and the run goes on from it.
list(APPEND on_cuda --slice 12)
run(${on_cuda} --steps 8 --out straight)
expect(SUCCESS)
set(ENV{CUDA_EMULATION_FAULT} 1500)
refuses(1 "an illegal memory access was encountered|start again from the last checkpoint"
  ${on_cuda} --steps 8 --save-every 1 --out faulty)
unset(ENV{CUDA_EMULATION_FAULT})
lines_of(done faulty/log.jsonl)
if(done LESS 1 OR done GREATER 7)
  fault("the fault was to come in the middle, not after ${done} steps")
endif()
run(${on_cuda} --steps 8 --out faulty --resume)
expect(SUCCESS)
same(straight/checkpoint.safetensors faulty/checkpoint.safetensors)
