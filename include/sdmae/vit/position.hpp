// How a token knows its place: fixed tables, and where a tower keeps its own.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "sdmae/backend/concept.hpp"
#include "sdmae/core/arena.hpp"
#include "sdmae/core/parameter.hpp"
#include "sdmae/core/shapes.hpp"

namespace sdmae::vit {

/// [count, width], row-major: even columns sin, odd columns cos of i / 10000^(2·floor(j/2)/width) for position i and
/// column j (Vaswani et al., arXiv 1706.03762, §3.5). Computed in double.
template <class T>
std::vector<T> sinusoid_1d(index count, index width) {
  std::vector<T> table(static_cast<std::size_t>(count * width));
  for (index i = 0; i < count; ++i)
    for (index j = 0; j < width; ++j) {
      const double angle = double(i) / std::pow(10000.0, 2.0 * double(j / 2) / double(width));
      table[static_cast<std::size_t>(i * width + j)] = T(j % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  return table;
}

/// [grid_height·grid_width, width], patches in reading order, columns [sin x | cos x | sin y | cos y] of
/// place / 10000^(4·k/width), k = 0 … width/4 − 1 (He et al., arXiv 2111.06377, and their code). Computed in double.
template <class T>
std::vector<T> sin_cos_2d(index grid_height, index grid_width, index width) {
  const index quarter = width / 4;
  std::vector<T> table;
  table.reserve(static_cast<std::size_t>(grid_height * grid_width * width));
  for (index patch = 0; patch < grid_height * grid_width; ++patch)
    for (index j = 0; j < width; ++j) {
      const double place = double(j < 2 * quarter ? patch % grid_width : patch / grid_width);
      const double angle = place / std::pow(10000.0, double(j % quarter) / double(quarter));
      table.push_back(T(j / quarter % 2 == 0 ? std::sin(angle) : std::cos(angle)));
    }
  return table;
}

/// The positions of a tower over an image's patches: a parameter [1, N (+ 1), D], the class token's row first, or a
/// table that is made with the model and in no checkpoint.
template <image_shape Image, vit_shape Tower>
struct positions {
  static constexpr index N = Image.patches(), D = Tower.width, C = Tower.class_tokens();
  static constexpr bool stored = Tower.positions != position_kind::sinusoid_1d;
  static constexpr bool learned = Tower.positions == position_kind::learned;

  template <class T>
  struct parameters {
    matrix_view<T, N + C, D> embedding;

    template <class Walk>
    constexpr void each(Walk& walk, std::string_view name) {
      if constexpr (stored)
        walk(name, embedding, {1, N + C, D},
             {.start = learned ? initial::truncated_normal : initial::sin_cos_2d,
              .trained = learned,
              .grid_height = Image.grid_height(),
              .grid_width = Image.grid_width()});
    }
  };

  template <class T>
  struct constants {
    matrix_view<T, N, D> table;

    static constants plan(arena& memory) {
      return {matrix_view<T, N, D>(stored ? nullptr : memory.take<T>("positions", N * D))};
    }
  };

  /// [N, D]
  template <class T>
  static rows_view<const T, D> of_patches(const parameters<T>& p, const constants<T>& c) {
    return {stored ? p.embedding.row(C) : c.table.data, N};
  }
  /// Of the class token: null where it has none.
  template <class T>
  static const T* of_class(const parameters<T>& p) {
    return stored && C > 0 ? p.embedding.data : nullptr;
  }

  /// Adds the gradient of rows that hold patch `patch_of_row[r]` each, in ascending order of rows.
  template <tensor_backend B>
  static void backward([[maybe_unused]] B& backend, [[maybe_unused]] rows_view<const scalar_of<B>, D> dy,
                       [[maybe_unused]] const std::int32_t* patch_of_row,
                       [[maybe_unused]] const parameters<scalar_of<B>>& gradient) {
    if constexpr (learned) {
      const auto dposition = gradient.embedding;
      backend.map(D, 1, [=] SDMAE_ELEMENT(index c, index) {
        for (index r = 0; r < dy.rows(); ++r) dposition(C + patch_of_row[r], c) += dy(r, c);
      });
    }
  }
};

}  // namespace sdmae::vit
