// AdamW over the flat buffers: all segments in a few launches.
#pragma once

#include <algorithm>
#include <span>

#include "sdmae/backend/cuda/launch.cuh"
#include "sdmae/backend/defaults/adamw.hpp"

namespace sdmae::cuda {

/// Segments travel among a kernel's arguments, which hold 4 KiB on every device.
struct adamw_segments_of_launch {
  static constexpr int most = 128;
  adamw_segment of[most];
};

inline constexpr int adamw_threads = 256;
inline constexpr index adamw_blocks = 512;  // of a segment at most: its blocks go on with what is beyond them

/// Row y of the grid is segment y, its blocks take turns over the segment's values. The formula: see defaults::adamw.
template <class T>
__global__ void adamw_kernel(const adamw_segments_of_launch segments, adamw_buffers<T> buffers,
                             const adamw_numbers<T>* numbers) {
  const adamw_segment segment = segments.of[blockIdx.y];
  const adamw_numbers<T> n = numbers[segment.group];
  const index step = index(gridDim.x) * adamw_threads;
  for (index k = index(blockIdx.x) * adamw_threads + threadIdx.x; k < segment.count; k += step) {
    const index i = segment.offset + k;
    const T g = n.gradient_scale * buffers.gradients[i];
    const T m = n.beta1 * buffers.first_moments[i] + n.beta1_complement * g;
    const T v = n.beta2 * buffers.second_moments[i] + n.beta2_complement * g * g;
    const T w = buffers.weights[i];
    buffers.first_moments[i] = m;
    buffers.second_moments[i] = v;
    buffers.weights[i] =
        (segment.decays ? n.keep * w : w) - n.step * (m / (sqrt(v) * n.inverse_root_correction + n.epsilon));
  }
}

template <class T>
void adamw_update(std::span<const adamw_segment> segments, adamw_buffers<T> buffers, const adamw_numbers<T>* numbers,
                  cudaStream_t where) {
  constexpr std::size_t most = adamw_segments_of_launch::most;
  for (std::size_t first = 0; first < segments.size(); first += most) {
    const auto part = segments.subspan(first, std::min(most, segments.size() - first));
    adamw_segments_of_launch carried{};
    index longest = 0;
    for (std::size_t i = 0; i < part.size(); ++i) {
      carried.of[i] = part[i];
      longest = std::max(longest, part[i].count);
    }
    const index across = std::min(divide_up(longest, adamw_threads), adamw_blocks);
    launch(adamw_kernel<T>, dim3(unsigned(across), unsigned(part.size())), dim3(adamw_threads), where, carried, buffers,
           numbers);
  }
}

}  // namespace sdmae::cuda
