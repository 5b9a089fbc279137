// A stack of transformer blocks and, unless the shape has none, the layer norm behind it: what encoder and decoder have
// in common.
#pragma once

#include <array>
#include <string_view>

#include "sdmae/backend/concept.hpp"
#include "sdmae/core/arena.hpp"
#include "sdmae/core/shapes.hpp"
#include "sdmae/nn/block.hpp"

namespace sdmae::vit {

template <vit_shape Tower>
struct tower {
  static constexpr index D = checked_vit<Tower>::value.width;
  using block = nn::block<Tower>;
  using norm_layer = nn::layer_norm<D>;
  static constexpr bool normed = Tower.final_norm;

  template <class T>
  struct parameters {
    std::array<typename block::template parameters<T>, Tower.depth> blocks;
    typename norm_layer::template parameters<T> norm;

    template <class Walk>
    constexpr void each(Walk& walk, std::string_view blocks_name = "blocks", std::string_view norm_name = "norm") {
      walk.numbered(blocks_name, blocks);
      if constexpr (normed) walk(norm_name, norm);
    }
  };

  template <class T>
  struct saved {
    std::array<typename block::template saved<T>, Tower.depth> blocks;
    typename norm_layer::template saved<T> norm;

    /// Of `rows` tokens of `images` images together.
    static saved plan(arena& memory, index images, index rows) {
      saved s;
      for (auto& each : s.blocks) each = block::template saved<T>::plan(memory, images, rows);
      if constexpr (normed) s.norm = norm_layer::template saved<T>::plan(memory, rows);
      return s;
    }
    /// The tower's result, [B·tokens, D].
    rows_view<T, D> output() const { return normed ? norm.output : blocks.back().output; }
    /// What block `i` reads: x for the first, its predecessor's output for the others.
    rows_view<const T, D> input(int i, rows_view<const T, D> x) const {
      return i == 0 ? x : rows_view<const T, D>(blocks[static_cast<std::size_t>(i - 1)].output);
    }
  };

  /// See block::keep_branches.
  template <tensor_backend B>
  static void keep_branches(B& backend, const saved<scalar_of<B>>& s) {
    for (const auto& each : s.blocks) block::keep_branches(backend, each);
  }

  /// output = norm(blocks(x)), or blocks(x). x: [B·tokens, D], must live until backward is done.
  template <tensor_backend B>
  static void forward(B& backend, index tokens, rows_view<const scalar_of<B>, D> x, const parameters<scalar_of<B>>& p,
                      const saved<scalar_of<B>>& s, arena& scratch) {
    for (int i = 0; i < Tower.depth; ++i) {
      const auto k = static_cast<std::size_t>(i);
      block::forward(backend, tokens, s.input(i, x), p.blocks[k], s.blocks[k], scratch);
    }
    if constexpr (normed) norm_layer::forward(backend, s.input(Tower.depth, x), p.norm, s.norm);
  }

  /// dx: [B·tokens, D], overwritten with the gradient of x; dy is that of the output. Parameter gradients are
  /// accumulated.
  template <tensor_backend B>
  static void backward(B& backend, index tokens, rows_view<const scalar_of<B>, D> dy,
                       rows_view<const scalar_of<B>, D> x, const parameters<scalar_of<B>>& p,
                       const saved<scalar_of<B>>& s, const parameters<scalar_of<B>>& gradient,
                       rows_view<scalar_of<B>, D> dx, arena& scratch) {
    using T = scalar_of<B>;
    if constexpr (normed) {
      backend.fill(dx.data, dx.size(), T(0));
      norm_layer::backward(backend, dy, s.input(Tower.depth, x), p.norm, s.norm, gradient.norm, dx, scratch);
    } else {
      backend.map(dx.rows(), D, [=] SDMAE_ELEMENT(index r, index c) { dx(r, c) = dy(r, c); });
    }
    for (int i = Tower.depth - 1; i >= 0; --i) {
      const auto k = static_cast<std::size_t>(i);
      block::backward(backend, tokens, s.input(i, x), p.blocks[k], s.blocks[k], gradient.blocks[k], dx, scratch);
    }
  }
};

}  // namespace sdmae::vit
