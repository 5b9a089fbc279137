// The runtime calls of the CUDA backend. Work waits in its stream until somebody waits for the stream, as late as a
// device may do it.
#include "cuda_emulation/emulation.hpp"

#include <cuda_runtime_api.h>

#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include "cuda_emulation/block.hpp"
#include "cuda_emulation/memory.hpp"
#include "cuda_emulation/runtime.hpp"

using cuda_emulation::device_memory;
using cuda_emulation::refuse;
using work = std::function<bool()>;

struct CUgraph_st {
  std::deque<work> nodes;
};
struct CUgraphExec_st {
  std::deque<work> nodes;
};
struct CUstream_st {
  std::deque<work> waiting;
  std::unique_ptr<CUgraph_st> captured;
  bool invalid = false;  // the capture has seen an illegal call
};
struct CUevent_st {
  cudaStream_t recorded_in = nullptr;
  int asked = 0, reached = 0;
  bool captured = false;  // recorded in a stream while it was captured: only that capture may wait for it
};

namespace cuda_emulation {
namespace {

std::size_t from_environment(const char* name, std::size_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

struct machine {
  std::vector<std::string> findings;
  std::map<std::string, int> handles;
  std::map<std::byte*, std::size_t> pinned;
  std::set<cudaStream_t> streams;
  CUstream_st null_stream;
  cudaError_t fault = cudaSuccess, last = cudaSuccess;
  work_counts done;
  int devices = static_cast<int>(from_environment("CUDA_EMULATION_DEVICES", 1));
  int driver = static_cast<int>(from_environment("CUDA_EMULATION_DRIVER", CUDART_VERSION));
  bool has_kernels = from_environment("CUDA_EMULATION_KERNELS", 1) != 0;
  std::size_t faulting_kernel = from_environment("CUDA_EMULATION_FAULT", 0);  // 0: none

  machine() { device_memory::get().limit = from_environment("CUDA_EMULATION_MEMORY", device_memory::get().limit); }
};
machine& here() {
  static machine m;
  return m;
}

cudaError_t note(cudaError_t code) {
  if (code != cudaSuccess) here().last = code;
  return code;
}

/// Runs what waits in a stream; what it needs of the memory it opens. After a fault the device does nothing any more.
void drain(CUstream_st& stream) {
  if (stream.waiting.empty()) return;
  while (!stream.waiting.empty()) {
    const work next = std::move(stream.waiting.front());
    stream.waiting.pop_front();
    if (here().fault == cudaSuccess && !next()) here().fault = cudaErrorIllegalAddress;
  }
  device_memory::get().close();
}
CUstream_st& stream_of(cudaStream_t stream) { return stream == nullptr ? here().null_stream : *stream; }
void drain_all() {
  drain(here().null_stream);
  for (const cudaStream_t stream : here().streams) drain(*stream);
}

bool is_capturing(cudaStream_t stream) { return stream != nullptr && stream->captured != nullptr; }

/// Calls that a capture does not survive.
cudaError_t unless_capturing(const char* call) {
  for (const cudaStream_t stream : here().streams)
    if (stream->captured) {
      stream->invalid = true;
      return refuse(cudaErrorStreamCaptureUnsupported, call, "illegal during capture");
    }
  return cudaSuccess;
}

bool is_pinned(const void* memory, std::size_t bytes) {
  auto after = here().pinned.upper_bound(static_cast<std::byte*>(const_cast<void*>(memory)));
  if (after == here().pinned.begin()) return false;
  const auto& [begin, size] = *std::prev(after);
  return static_cast<const std::byte*>(memory) + bytes <= begin + size;
}

/// `of_device`: must lie in a live allocation; the other side must be the host's.
cudaError_t check_copy(const void* of_device, const void* of_host, std::size_t bytes) {
  const std::string trouble = device_memory::get().trouble_with(of_device, bytes);
  if (!trouble.empty()) return refuse(cudaErrorInvalidValue, "cudaMemcpyAsync", "the device's side " + trouble);
  if (device_memory::get().holds(of_host))
    return refuse(cudaErrorInvalidValue, "cudaMemcpyAsync", "the host's side is a device pointer");
  return cudaSuccess;
}

}  // namespace

const std::vector<std::string>& findings() { return here().findings; }
std::string all_findings() {
  std::string text;
  for (const std::string& each : here().findings) text += each + "\n";
  return text;
}
void report(std::string finding) { here().findings.push_back(std::move(finding)); }
void set_memory(std::size_t bytes) { device_memory::get().limit = bytes; }
std::size_t memory_in_use() { return device_memory::get().used; }
void set_devices(int count) { here().devices = count; }
void set_driver(int version) { here().driver = version; }
void set_kernels(bool are_there) { here().has_kernels = are_there; }
work_counts counts() { return here().done; }
work_counts& mutable_counts() { return here().done; }
void count_handle(const char* kind, int change) { here().handles[kind] += change; }

std::string leaks() {
  std::ostringstream text;
  for (const auto& [kind, count] : here().handles)
    if (count != 0) text << count << " " << kind << "\n";
  return text.str();
}

void reset() {
  drain_all();
  here().findings.clear();
  here().fault = here().last = cudaSuccess;
}

cudaError_t enqueue(cudaStream_t stream, std::function<bool()> next) {
  if (here().fault != cudaSuccess) return note(here().fault);
  if (stream != nullptr && here().streams.count(stream) == 0)
    return note(refuse(cudaErrorInvalidResourceHandle, "enqueue", "the stream is no longer, or never was"));
  CUstream_st& at = stream_of(stream);
  (at.captured ? at.captured->nodes : at.waiting).push_back(std::move(next));
  return cudaSuccess;
}

cudaError_t launch(const cudaLaunchConfig_t& config, bool arguments_are_plain, std::function<void()> kernel) {
  const dim3 grid = config.gridDim, block = config.blockDim;
  const unsigned threads = block.x * block.y * block.z;
  if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 0x7FFFFFFFu || grid.y > 65535 || grid.z > 65535 ||
      threads == 0 || threads > 1024 || block.z > 64 || config.dynamicSmemBytes > 48 << 10)
    return note(refuse(cudaErrorInvalidConfiguration, "cudaLaunchKernelEx",
                       "no such grid: " + std::to_string(grid.x) + "×" + std::to_string(grid.y) + "×" +
                           std::to_string(grid.z) + " of " + std::to_string(threads) + " threads"));
  if (!here().has_kernels) return note(cudaErrorNoKernelImageForDevice);
  if (!arguments_are_plain) return note(cudaErrorInvalidValue);
  return enqueue(config.stream, [grid, block, kernel = std::move(kernel)] {
    if (++here().done.kernels == here().faulting_kernel) return false;
    device_memory::get().open();
    return run_grid(grid, block, kernel);
  });
}

}  // namespace cuda_emulation

using namespace cuda_emulation;

cudaError_t cudaGetDeviceCount(int* count) {
  *count = here().devices;
  if (here().driver < CUDART_VERSION / 1000 * 1000) return note(cudaErrorInsufficientDriver);
  return note(*count == 0 ? cudaErrorNoDevice : cudaSuccess);
}
cudaError_t cudaSetDevice(int device) {
  return note(device < 0 || device >= here().devices ? cudaErrorInvalidDevice : cudaSuccess);
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  switch (attribute) {
    case cudaDevAttrMultiProcessorCount:
      *value = 4;
      return cudaSuccess;
    case cudaDevAttrComputeCapabilityMajor:
      *value = 9;
      return cudaSuccess;
    case cudaDevAttrComputeCapabilityMinor:
      *value = 0;
      return cudaSuccess;
    default:
      return note(cudaErrorInvalidValue);
  }
}
cudaError_t cudaDriverGetVersion(int* version) {
  *version = here().devices == 0 ? 0 : here().driver;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(std::size_t* available, std::size_t* total) {
  if (here().devices == 0) return note(cudaErrorInsufficientDriver);
  *total = device_memory::get().limit;
  *available = *total - device_memory::get().used;
  return cudaSuccess;
}
cudaError_t cudaGetLastError() {
  const cudaError_t last = here().fault != cudaSuccess ? here().fault : here().last;
  here().last = cudaSuccess;
  return last;
}
const char* cudaGetErrorName(cudaError_t code) {
  switch (code) {
    case cudaErrorMemoryAllocation:
      return "cudaErrorMemoryAllocation";
    case cudaErrorIllegalAddress:
      return "cudaErrorIllegalAddress";
    case cudaErrorInvalidValue:
      return "cudaErrorInvalidValue";
    case cudaErrorNoDevice:
      return "cudaErrorNoDevice";
    case cudaErrorInsufficientDriver:
      return "cudaErrorInsufficientDriver";
    case cudaErrorNoKernelImageForDevice:
      return "cudaErrorNoKernelImageForDevice";
    case cudaErrorStreamCaptureUnsupported:
      return "cudaErrorStreamCaptureUnsupported";
    case cudaErrorStreamCaptureIsolation:
      return "cudaErrorStreamCaptureIsolation";
    case cudaErrorStreamCaptureInvalidated:
      return "cudaErrorStreamCaptureInvalidated";
    default:
      return "cudaError";
  }
}
const char* cudaGetErrorString(cudaError_t code) {
  switch (code) {
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorIllegalAddress:
      return "an illegal memory access was encountered";
    case cudaErrorNoDevice:
      return "no CUDA-capable device is detected";
    case cudaErrorInsufficientDriver:
      return "CUDA driver version is insufficient for CUDA runtime version";
    case cudaErrorNoKernelImageForDevice:
      return "no kernel image is available for execution on the device";
    default:
      return "an error of the emulated device";
  }
}

cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  if (const cudaError_t refused = unless_capturing("cudaMalloc"); refused != cudaSuccess) return note(refused);
  *memory = nullptr;
  if (here().fault != cudaSuccess) return note(here().fault);
  if (bytes == 0) return cudaSuccess;
  *memory = device_memory::get().take(bytes);
  if (*memory == nullptr) return note(cudaErrorMemoryAllocation);
  ++here().done.allocations;
  count_handle("device allocations", 1);
  return cudaSuccess;
}
cudaError_t cudaFree(void* memory) {
  if (const cudaError_t refused = unless_capturing("cudaFree"); refused != cudaSuccess) return note(refused);
  if (memory == nullptr) return cudaSuccess;
  drain_all();
  if (!device_memory::get().give_back(memory))
    return note(refuse(cudaErrorInvalidValue, "cudaFree", "no allocation begins there"));
  count_handle("device allocations", -1);
  return note(here().fault);
}
cudaError_t cudaMallocHost(void** memory, std::size_t bytes) {
  if (const cudaError_t refused = unless_capturing("cudaMallocHost"); refused != cudaSuccess) return note(refused);
  auto* const taken = static_cast<std::byte*>(std::malloc(bytes));
  if (taken == nullptr) return note(cudaErrorMemoryAllocation);
  here().pinned[taken] = bytes;
  count_handle("pinned allocations", 1);
  *memory = taken;
  return cudaSuccess;
}
cudaError_t cudaFreeHost(void* memory) {
  if (memory == nullptr) return cudaSuccess;
  drain_all();
  if (here().pinned.erase(static_cast<std::byte*>(memory)) == 0)
    return note(refuse(cudaErrorInvalidValue, "cudaFreeHost", "no pinned allocation begins there"));
  std::free(memory);
  count_handle("pinned allocations", -1);
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  if (here().devices == 0) return note(cudaErrorNoDevice);
  here().streams.insert(*stream = new CUstream_st);
  count_handle("streams", 1);
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  if (here().streams.count(stream) == 0)
    return note(refuse(cudaErrorInvalidResourceHandle, "cudaStreamDestroy", "no such stream"));
  drain(*stream);
  here().streams.erase(stream);
  delete stream;
  count_handle("streams", -1);
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (const cudaError_t refused = unless_capturing("cudaStreamSynchronize"); refused != cudaSuccess)
    return note(refused);
  ++here().done.synchronisations;
  drain(stream_of(stream));
  return note(here().fault);
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  if (bytes == 0) return cudaSuccess;
  const bool in = kind == cudaMemcpyHostToDevice, out = kind == cudaMemcpyDeviceToHost;
  if (!in && !out && kind != cudaMemcpyDeviceToDevice)
    return note(refuse(cudaErrorInvalidMemcpyDirection, "cudaMemcpyAsync", "kind not emulated"));
  if (in || out) {
    const cudaError_t refused = in ? check_copy(to, from, bytes) : check_copy(from, to, bytes);
    if (refused != cudaSuccess) return note(refused);
    if (!is_pinned(in ? from : to, bytes)) {  // pageable memory: the call waits for the stream
      if (const cudaError_t illegal = unless_capturing("cudaMemcpyAsync of pageable memory"); illegal != cudaSuccess)
        return note(illegal);
      ++here().done.synchronisations;
      drain(stream_of(stream));
      if (here().fault != cudaSuccess) return note(here().fault);
      device_memory::get().open(in ? to : from);
      std::memcpy(to, from, bytes);
      device_memory::get().close();
      ++here().done.copies;
      return cudaSuccess;
    }
  }
  if (!in && !out)
    for (const void* side : {static_cast<const void*>(to), from})
      if (const std::string trouble = device_memory::get().trouble_with(side, bytes); !trouble.empty())
        return note(refuse(cudaErrorInvalidValue, "cudaMemcpyAsync", "a side " + trouble));
  return enqueue(stream, [=] {
    ++here().done.copies;
    device_memory& memory = device_memory::get();
    for (const void* side : {static_cast<const void*>(to), from}) {
      if (memory.holds(side) && !memory.trouble_with(side, bytes).empty()) {
        report("cudaMemcpyAsync: the device's side " + memory.trouble_with(side, bytes));
        return false;
      }
      if (memory.holds(side)) memory.open(side);
    }
    std::memcpy(to, from, bytes);
    return true;
  });
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new CUevent_st;
  count_handle("events", 1);
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  drain_all();
  delete event;
  count_handle("events", -1);
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  event->recorded_in = stream;
  event->captured = is_capturing(stream);
  const int number = ++event->asked;
  return enqueue(stream, [event, number] {
    event->reached = number;
    return true;
  });
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  if (const cudaError_t refused = unless_capturing("cudaEventSynchronize"); refused != cudaSuccess)
    return note(refused);
  if (event->reached < event->asked) drain(stream_of(event->recorded_in));
  return note(here().fault);
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  const int number = event->asked;
  if (is_capturing(stream) != event->captured) {
    if (is_capturing(stream)) stream->invalid = true;
    return note(refuse(cudaErrorStreamCaptureIsolation, "cudaStreamWaitEvent",
                       "illegal during capture: an event from outside of it, or one of it from outside"));
  }
  return enqueue(stream, [event, number] {
    if (event->reached < number) drain(stream_of(event->recorded_in));
    return true;
  });
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  if (stream == nullptr || stream->captured)
    return note(refuse(cudaErrorStreamCaptureUnsupported, "cudaStreamBeginCapture", "not possible in this stream"));
  stream->captured = std::make_unique<CUgraph_st>();
  stream->invalid = false;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = nullptr;
  std::unique_ptr<CUgraph_st> captured = std::move(stream->captured);
  if (!captured) return note(refuse(cudaErrorIllegalState, "cudaStreamEndCapture", "nothing is captured"));
  if (stream->invalid) return note(cudaErrorStreamCaptureInvalidated);
  *graph = captured.release();
  count_handle("graphs", 1);
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  count_handle("graphs", -1);
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  *executable = new CUgraphExec_st{graph->nodes};
  count_handle("executable graphs", 1);
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  drain_all();
  delete executable;
  count_handle("executable graphs", -1);
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  if (is_capturing(stream)) {
    stream->invalid = true;
    return note(refuse(cudaErrorStreamCaptureUnsupported, "cudaGraphLaunch", "during capture: not emulated"));
  }
  ++here().done.graph_launches;
  for (const auto& node : executable->nodes)
    if (const cudaError_t code = enqueue(stream, node); code != cudaSuccess) return code;
  return cudaSuccess;
}
