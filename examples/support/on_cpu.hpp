// The CPU as programs compute on it.
#pragma once

#include "sdmae/backend/eigen.hpp"

namespace program {

using cpu = sdmae::eigen_backend<float>;

/// The backend of a trainer's options.
inline constexpr auto on_cpu = [](const auto& options) { return cpu({.threads = options.threads}); };

}  // namespace program
