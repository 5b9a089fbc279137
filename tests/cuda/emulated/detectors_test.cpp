// What the emulated device must notice: each case does one thing that a real device forgives, punishes late, or not at
// all.
#include <cstdint>
#include <string>
#include <vector>

#include "../backends.hpp"
#include "catch.hpp"
#include "cuda_emulation/emulation.hpp"

using gpu_backend = cuda_tests::backend<float>;

namespace {

using sdmae::index;  // and not that of <strings.h>

/// A fresh device; at the end, whether it has found what was looked for.
struct watched {
  watched() { cuda_emulation::reset(); }
  ~watched() { cuda_emulation::reset(); }
  static bool found(const std::string& what) { return cuda_emulation::all_findings().find(what) != std::string::npos; }
};

float* values(const sdmae::cuda::device_memory& memory) { return reinterpret_cast<float*>(memory.data()); }

template <class F>
std::string error_of(const F& f) {
  try {
    f();
  } catch (const sdmae::error& e) {
    return e.what();
  }
  return "no error";
}

__global__ void divergent_kernel(int half) {
  if (int(threadIdx.x) < half) __syncthreads();
}
__global__ void elsewhere_kernel() {
  if (threadIdx.x % 2 == 0)
    __syncthreads();
  else
    __syncthreads();
}
__global__ void divergent_shuffle_kernel(float* out) {
  if (threadIdx.x < 16) out[threadIdx.x] = __shfl_xor_sync(0xFFFFFFFFu, float(threadIdx.x), 1);
}
__global__ void vector_load_kernel(const float* from, float* to) {
  *reinterpret_cast<sdmae::cuda::pack<float, 4>*>(to) = *reinterpret_cast<const sdmae::cuda::pack<float, 4>*>(from);
}

TEST_CASE("a bound that is one too large: written and read, beside allocations of every size") {
  for (const index count : {1, 7, 64, 1024, 1500}) {
    watched device;
    gpu_backend gpu;
    auto memory = gpu.allocate(sizeof(float) * std::size_t(count));
    float* const to = values(memory);
    gpu.map(count, 1, [=](index r, index) { to[r] = 1; });
    gpu.synchronise();
    CHECK(cuda_emulation::all_findings() == "");
    const std::string said = error_of([&] {
      gpu.map(count + 1, 1, [=](index r, index) { to[r] = 1; });
      gpu.synchronise();
    });
    CHECK(watched::found("out of bounds"));
    CHECK((said == "no error" || said.find("cudaErrorIllegalAddress") != std::string::npos));
    cuda_emulation::reset();
    CHECK_THROWS(gpu.copy_out(std::vector<float>(std::size_t(count) + 1).data(), to, count + 1));
    CHECK(watched::found("out of bounds"));
  }
}

TEST_CASE("what is read behind an allocation is not a number, or a fault") {
  watched device;
  gpu_backend gpu;
  auto memory = gpu.allocate(sizeof(float)), sum = gpu.allocate(sizeof(float));
  float* const from = values(memory);
  gpu.fill(from, 1, 1.0f);
  gpu.reduce_rows(sdmae::reduction::sum{}, sdmae::column_view<float>{values(sum), 1}, 2,
                  [=](index, index c) { return from[c]; });
  float got = 0;
  gpu.copy_out(&got, values(sum), 1);
  gpu.synchronise();
  CHECK(got != got);
}

TEST_CASE("memory that was freed") {
  watched device;
  gpu_backend gpu;
  auto memory = gpu.allocate(4096);
  float* const gone = values(memory);
  gpu.fill(gone, 1024, 0.0f);
  memory = gpu.allocate(4096);
  CHECK(values(memory) != gone);
  const std::string said = error_of([&] {
    gpu.fill(gone, 1024, 0.0f);
    gpu.synchronise();
  });
  CHECK(watched::found("used after free"));
  CHECK(said.find("CUDA: cudaStreamSynchronize failed: an illegal memory access was encountered "
                  "(cudaErrorIllegalAddress, 700, at cuda.cuh:") == 0);
  CHECK(said.find("start again from the last checkpoint") != std::string::npos);
  CHECK(said.find('\n') == std::string::npos);
  CHECK(error_of([&] { gpu.fill(values(memory), 1, 0.0f); }).find("cudaErrorIllegalAddress") != std::string::npos);
}

TEST_CASE("host pointers: in an element function, a copy, a product") {
  watched device;
  gpu_backend gpu;
  auto memory = gpu.allocate(4096);
  float* const there = values(memory);
  std::vector<float> host(1024);
  float* const here = host.data();
  CHECK_THROWS(gpu.map(1024, 1, [=](index r, index) { there[r] = here[r]; }));
  CHECK(watched::found("host pointer"));
  cuda_emulation::reset();
  const float* on_stack[1] = {here};
  CHECK_THROWS(gpu.map(1, 1, [=](index r, index) { there[r] = *on_stack[0]; }));
  CHECK(watched::found("host pointer"));
  cuda_emulation::reset();
  CHECK_THROWS(gpu.copy_in(here, here, 4));
  CHECK(watched::found("host pointer"));
  cuda_emulation::reset();
  CHECK_THROWS(gpu.product({2, 2, 2}, 1.0f, {here, 2, 1}, {there, 2, 1}, {there + 512, 2, 1}, false));
  CHECK(watched::found("is a host pointer"));
}

TEST_CASE("products: a leading dimension too large, a bias too short") {
  watched device;
  gpu_backend gpu;
  auto memory = gpu.allocate(sizeof(float) * 3 * 16);
  float *const a = values(memory), *const b = a + 16, *const c = b + 16;
  gpu.fill(a, 48, 1.0f);
  gpu.product({4, 4, 4}, 1.0f, {a, 4, 1}, {b, 4, 1}, {c, 4, 1}, false);
  gpu.synchronise();
  CHECK(cuda_emulation::all_findings() == "");
  CHECK_THROWS(gpu.product({4, 4, 4}, 1.0f, {a, 4, 1}, {b, 4, 1}, {c, 5, 1}, false));
  CHECK(watched::found("D is out of bounds"));
  cuda_emulation::reset();
  CHECK_THROWS(
      gpu.template linear_forward<4, 4>({a, 4}, {b, nullptr}, sdmae::vector_view<const float, 4>{c + 14}, {c, 4}));
  CHECK(watched::found("the bias is out of bounds"));
}

TEST_CASE("cuBLASLt refuses a leading dimension smaller than the rows") {
  watched device;
  sdmae::cuda::matmul_engine<float> engine(4096, sdmae::precision::fp32);
  const auto stream = sdmae::cuda::make_stream();
  sdmae::cuda::device_memory memory(4096);
  float* const a = reinterpret_cast<float*>(memory.data());
  engine.use(memory.data());
  const sdmae::cuda::matmul_shape shape{4, 4, 4, 1, {false, 3}, {false, 4}, {false, 4}, 0, 0, 0, false, false, {}};
  CHECK(error_of([&] {
          engine.run(shape, 1.0f, {a, a, a, a + 64, nullptr}, stream.get());
        }).find("CUBLAS_STATUS_INVALID_VALUE") != std::string::npos);
  CHECK(watched::found("leading dimension smaller than the number of rows"));
}

TEST_CASE("barriers that not all threads reach") {
  watched device;
  gpu_backend gpu;
  const auto runs = [&](const auto& start) {
    cuda_emulation::reset();
    return error_of([&] {
      start();
      gpu.synchronise();
    });
  };
  CHECK(runs([&] { sdmae::cuda::launch(divergent_kernel, dim3(1), dim3(64), gpu.stream(), 64); }) == "no error");
  CHECK(runs([&] { sdmae::cuda::launch(divergent_kernel, dim3(1), dim3(64), gpu.stream(), 32); }) != "no error");
  CHECK(watched::found("divergent barrier"));
  CHECK(runs([&] { sdmae::cuda::launch(elsewhere_kernel, dim3(1), dim3(64), gpu.stream()); }) != "no error");
  CHECK(watched::found("divergent barrier"));
  cuda_emulation::reset();
  auto memory = gpu.allocate(4096);
  CHECK(runs([&] { sdmae::cuda::launch(divergent_shuffle_kernel, dim3(1), dim3(32), gpu.stream(), values(memory)); }) !=
        "no error");
  CHECK(watched::found("divergent barrier"));
}

TEST_CASE("vector loads from addresses that are no multiple of 16") {
  watched device;
  gpu_backend gpu;
  auto memory = gpu.allocate(4096);
  sdmae::cuda::launch(vector_load_kernel, dim3(1), dim3(1), gpu.stream(), values(memory), values(memory) + 64);
  gpu.synchronise();
  CHECK(cuda_emulation::all_findings() == "");
  CHECK_THROWS([&] {
    sdmae::cuda::launch(vector_load_kernel, dim3(1), dim3(1), gpu.stream(), values(memory) + 1, values(memory) + 64);
    gpu.synchronise();
  }());
  CHECK(watched::found("kernel fault"));
}

TEST_CASE("grids that no device takes") {
  watched device;
  gpu_backend gpu;
  CHECK_THROWS(sdmae::cuda::launch(divergent_kernel, dim3(1), dim3(2048), gpu.stream(), 1));
  CHECK_THROWS(sdmae::cuda::launch(divergent_kernel, dim3(1, 70000), dim3(32), gpu.stream(), 1));
  CHECK(watched::found("no such grid"));
  CHECK_NOTHROW(sdmae::cuda::launch(divergent_kernel, dim3(0), dim3(32), gpu.stream(), 1));
}

TEST_CASE("calls that a capture forbids") {
  watched device;
  gpu_backend gpu;
  auto memory = gpu.allocate(4096);
  float* const there = values(memory);
  const auto captured = [&](const auto& work) {
    cuda_emulation::reset();
    sdmae::cuda::check(cudaStreamBeginCapture(gpu.stream(), cudaStreamCaptureModeThreadLocal), "begin");
    CHECK_THROWS(work());
    cudaGraph_t graph = nullptr;
    CHECK(cudaStreamEndCapture(gpu.stream(), &graph) == cudaErrorStreamCaptureInvalidated);
    CHECK(watched::found("illegal during capture"));
  };
  captured([&] { gpu.allocate(64); });
  captured([&] { gpu.synchronise(); });
  float host[1];
  captured([&] { gpu.copy_out(host, there, 1); });
  captured([&] { gpu.copy_in(there, host, 1); });  // by another stream, which is not captured
}

TEST_CASE("a capture that is legal can be replayed") {
  watched device;
  gpu_backend gpu;
  auto memory = gpu.allocate(4096);
  float* const there = values(memory);
  gpu.fill(there, 4, 1.0f);
  sdmae::cuda::check(cudaStreamBeginCapture(gpu.stream(), cudaStreamCaptureModeThreadLocal), "begin");
  gpu.map(4, 1, [=](index r, index) { there[r] *= 2; });
  cudaGraph_t graph = nullptr;
  sdmae::cuda::check(cudaStreamEndCapture(gpu.stream(), &graph), "end");
  const sdmae::cuda::graph owned(graph);
  cudaGraphExec_t made = nullptr;
  sdmae::cuda::check(cudaGraphInstantiate(&made, graph, 0), "instantiate");
  const sdmae::cuda::executable_graph executable(made);
  for (int i = 0; i < 3; ++i) sdmae::cuda::check(cudaGraphLaunch(made, gpu.stream()), "launch");
  float got[4];
  gpu.copy_out(got, there, 4);
  gpu.synchronise();
  CHECK(got[3] == 8);
  CHECK(cuda_emulation::all_findings() == "");
}

TEST_CASE("what is not given back") {
  watched device;
  CHECK(cuda_emulation::leaks() == "");
  {
    gpu_backend gpu;
    auto memory = gpu.allocate(64);
    CHECK(cuda_emulation::leaks().find("2 streams") != std::string::npos);
  }
  CHECK(cuda_emulation::leaks() == "");
  void* lost = nullptr;
  CHECK(cudaMalloc(&lost, 64) == cudaSuccess);
  CHECK(cuda_emulation::leaks() == "1 device allocations\n");
  CHECK(cudaFree(lost) == cudaSuccess);
  CHECK(cudaFree(lost) != cudaSuccess);
}

TEST_CASE("copies: the host may change what it gave; pieces larger than the pinned memory") {
  watched device;
  gpu_backend gpu;
  std::vector<std::int32_t> given(30001), got(given.size());
  for (std::size_t i = 0; i < given.size(); ++i) given[i] = int(i);
  auto memory = gpu.allocate(given.size() * 4);
  auto* const there = reinterpret_cast<std::int32_t*>(memory.data());
  gpu.copy_in(there, given.data(), index(given.size()));
  const auto kept = given;
  given.assign(given.size(), -1);
  gpu.copy_out(got.data(), there, index(got.size()));
  gpu.synchronise();
  CHECK(got == kept);
}

TEST_CASE("machines that cannot: an old driver, kernels for other devices; one line each") {
  watched device;
  cuda_emulation::set_driver(11080);
  const std::string old = error_of([] { gpu_backend gpu; });
  cuda_emulation::set_driver(CUDART_VERSION);
  CHECK(old.find("CUDA: cudaGetDeviceCount failed: CUDA driver version is insufficient for CUDA runtime version "
                 "(cudaErrorInsufficientDriver, 35, at handles.hpp:") == 0);
  CHECK(old.find("; update the NVIDIA driver") != std::string::npos);
  CHECK(old.find('\n') == std::string::npos);
  gpu_backend gpu;
  auto memory = gpu.allocate(64);
  cuda_emulation::set_kernels(false);
  const std::string other = error_of([&] { gpu.fill(values(memory), 4, 0.0f); });
  cuda_emulation::set_kernels(true);
  CHECK(other.find("CUDA: cudaLaunchKernelEx failed: no kernel image is available for execution on the device "
                   "(cudaErrorNoKernelImageForDevice, 209, at launch.cuh:") == 0);
  CHECK(other.find("; build with the device's architecture in CMAKE_CUDA_ARCHITECTURES") != std::string::npos);
  gpu.fill(values(memory), 4, 0.0f);
  gpu.synchronise();
}

TEST_CASE("machines that cannot: no device, no memory; one line each") {
  watched device;
  cuda_emulation::set_devices(0);
  const std::string none = error_of([] { gpu_backend gpu; });
  cuda_emulation::set_devices(1);
  CHECK(none == "CUDA: there is no NVIDIA driver; run on a machine with an NVIDIA GPU, or choose the CPU backend");
  gpu_backend gpu;
  cuda_emulation::set_memory(std::size_t{64} << 20);  // of which the backend has some KiB
  const std::string full = error_of([&] { gpu.allocate(std::size_t{65} << 20); });
  cuda_emulation::set_memory(std::size_t{8} << 30);
  CHECK(full ==
        "device memory: no room for 65 MiB: 63 of 64 MiB are free; choose a smaller slice or batch, or a "
        "smaller model");
  CHECK_NOTHROW(gpu.allocate(64));
}

TEST_CASE("what can be done about an error: what kills the process, the driver, the device, the program") {
  using sdmae::cuda::remedy_for;
  const auto starts = [](const std::string& text, const std::string& with) { return text.find(with) == 0; };
  for (const cudaError_t code : {cudaErrorIllegalAddress, cudaErrorLaunchFailure, cudaErrorECCUncorrectable,
                                 cudaErrorMisalignedAddress, cudaErrorIllegalInstruction})
    CHECK(starts(remedy_for(code), "the device cannot be used any more in this process: start again"));
  for (const cudaError_t code :
       {cudaErrorInsufficientDriver, cudaErrorUnsupportedPtxVersion, cudaErrorSystemDriverMismatch})
    CHECK(starts(remedy_for(code), "update the NVIDIA driver"));
  CHECK(starts(remedy_for(cudaErrorInvalidDevice), "choose a device that nvidia-smi lists"));
  CHECK(starts(remedy_for(cudaErrorDevicesUnavailable), "another process has the device for itself"));
  CHECK(starts(remedy_for(cudaErrorInvalidValue), "this should not happen: please report"));
  CHECK(starts(remedy_for(CUBLAS_STATUS_NOT_INITIALIZED), "is there a cuBLASLt of the toolkit"));
  CHECK(starts(remedy_for(CUBLAS_STATUS_ALLOC_FAILED), "choose a smaller slice"));
  CHECK(starts(remedy_for(CUBLAS_STATUS_EXECUTION_FAILED), "the device cannot be used any more"));
  CHECK(starts(remedy_for(CUBLAS_STATUS_INVALID_VALUE), "this should not happen"));
  const std::string missing = error_of([] { sdmae::cuda_backend<float>({.device = 7}); });
  CHECK(missing.find("cudaSetDevice failed") != std::string::npos);
  CHECK(missing.find("; choose a device that nvidia-smi lists") != std::string::npos);
}

TEST_CASE("copies need somewhere to pass through: no pinned memory, or too little of it asked for, in one line each") {
  watched device;
  std::size_t too_much = std::size_t{1} << 46;
  CHECK(error_of([&] { sdmae::cuda::pinned_memory{too_much}; }) ==
        "pinned memory: the system has no 67108864 MiB for it; end other programs, or give this one more of the "
        "machine's memory");
  for (const std::size_t bytes : {0, 1})
    CHECK(error_of([&] { sdmae::cuda_backend<float>({.staging = bytes}); }) ==
          "cuda_options::staging: less than 2 bytes, a byte for each half; leave it at its default");
  CHECK_NOTHROW(sdmae::cuda_backend<float>({.staging = 2}));
}

}  // namespace
