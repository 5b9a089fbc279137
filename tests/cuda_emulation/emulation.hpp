// What tests ask of the emulated device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cuda_emulation {

/// What the detectors have found since the last reset(), a line each: out of bounds, used after free, a host pointer, a
/// divergent barrier, an illegal call during capture, arguments that the real libraries refuse.
const std::vector<std::string>& findings();
std::string all_findings();
/// A detector's own word.
void report(std::string finding);

/// The order in which blocks and their threads run: 0 the last thread first, otherwise drawn.
void set_seed(std::uint64_t seed);
/// Bytes of the emulated device; allocations beyond are refused as out of memory.
void set_memory(std::size_t bytes);
/// Bytes of the device that are taken.
std::size_t memory_in_use();
/// 0: as if the machine had no device.
void set_devices(int count);
/// 12040: of CUDA 12.4. The runtime asks for a driver of its own major version at least.
void set_driver(int version);
/// False: as if the kernels were compiled for other devices.
void set_kernels(bool are_there);
// For whole programs the environment says the same: CUDA_EMULATION_MEMORY (bytes), CUDA_EMULATION_DEVICES,
// CUDA_EMULATION_DRIVER, CUDA_EMULATION_KERNELS (0: of other devices), and CUDA_EMULATION_FAULT (the number of the
// kernel that faults).

/// Handles and memory that were made and not given back, "" when there are none.
std::string leaks();
/// Runs what waits, forgets findings and the fault that a device keeps. Live memory stays.
void reset();

/// Kernels, products and copies run; allocations taken.
struct work_counts {
  std::size_t kernels = 0, products = 0, copies = 0, allocations = 0, graph_launches = 0, synchronisations = 0;
};
work_counts counts();

}  // namespace cuda_emulation
