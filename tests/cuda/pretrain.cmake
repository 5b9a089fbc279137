# pretrain --backend cuda, on the emulated device or on a GPU: straight and stopped-and-resumed runs are the same to the
# byte, the CPU's losses are met, and a precision is a setting.
include(${CMAKE_CURRENT_LIST_DIR}/../programs/harness.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/device.cmake)
needs_device()
set(on_cuda ${small_run} --backend cuda)

run(${on_cuda} --steps 20 --out straight)
expect(SUCCESS)
holds(straight ${run_files})
steps_in_log(straight 20)
file(READ ${SCRATCH}/straight/run.json settings)
string(JSON slice GET "${settings}" settings slice)
if(NOT slice EQUAL 16) # the batch: all of it passes at once where it is no more than 64
  fault("run.json has the slice ${slice}")
endif()
run(${on_cuda} --steps 9 --out stopped)
expect(SUCCESS)
run(${on_cuda} --steps 20 --out stopped --resume)
expect(SUCCESS)
same(straight/checkpoint.safetensors stopped/checkpoint.safetensors)
same(straight/reconstruction.png stopped/reconstruction.png)

# The CPU's losses.
run(${small_run} --steps 20 --out cpu)
expect(SUCCESS)
same_losses(cpu straight)

# Another precision is another run, and a run of its own.
run(${on_cuda} --precision bf16 --steps 2 --out rounded)
expect(SUCCESS)
run(${on_cuda} --steps 2 --out exact)
expect(SUCCESS)
differ(rounded/checkpoint.safetensors exact/checkpoint.safetensors)
file(READ ${SCRATCH}/rounded/run.json settings)
string(JSON precision GET "${settings}" settings precision)
if(NOT precision STREQUAL "bf16")
  fault("run.json has the precision ${precision}")
endif()

