// The reconstruction loss: how well masked patches were painted.
#pragma once

#include <array>

#include "sdmae/loss/concept.hpp"
#include "sdmae/loss/distance.hpp"
#include "sdmae/loss/target.hpp"

namespace sdmae::loss {

/// Mean distance over all B·M·p·p·C values of the masked patches; squared it is arXiv 2203.16983, eq. 1:
///   L = 1/(B·M·P) Σ d(pixels − target),  ∂L/∂pixels = d′(pixels − target)/(B·M·P).
template <class Target = target::patch_channel, class Distance = distance::squared>
struct reconstruction {
  static constexpr unsigned reads = pixels_output, reaches = pixels_output;
  static constexpr int column_count = 1;
  static constexpr std::array<const char*, 1> columns() { return {"reconstruction"}; }

  template <class T, class Architecture>
  struct state {
    static state plan(arena&) { return {}; }
    template <class F>
    void persistent(F) const {}
  };
  template <class B, class State>
  void reset_step(B&, const State&, index /*epoch*/) const {}
  template <class B, class State>
  void end_step(B&, const State&, index /*batch*/) const {}

  template <tensor_backend B, class Slice, class State>
  void evaluate(B& backend, double weight, const Slice& slice, const State&, std::array<double*, column_count> columns,
                arena& scratch) const {
    using T = scalar_of<B>;
    constexpr index P = Slice::P;
    arena::scope here(scratch);
    const index M = slice.mask.masked();
    const auto pixels = slice.pixels;
    const auto dpixels = slice.dpixels;
    const auto target = scratch.template rows<T, P>("target", pixels.rows());
    const auto row_loss = scratch.template rows<double, 1>("patch loss", pixels.rows());
    Target::template write<Slice::architecture::image>(backend, slice.images, slice.mask, target, scratch);
    backend.reduce_rows(reduction::sum{}, row_loss, P, [=] SDMAE_ELEMENT(index r, index c) {
      return Distance::value(double(pixels(r, c)) - double(target(r, c)));
    });
    const column_view<double> loss{columns[0] + slice.first, slice.count()};
    backend.reduce_rows(reduction::sum{}, loss, M,
                        [=] SDMAE_ELEMENT(index image, index m) { return row_loss(image * M + m, 0) / double(M * P); });
    const T scale = T(weight / (double(slice.batch) * double(M * P)));
    backend.map(dpixels.rows(), P, [=] SDMAE_ELEMENT(index r, index c) {
      dpixels(r, c) += scale * Distance::slope(pixels(r, c) - target(r, c));
    });
  }
};

}  // namespace sdmae::loss
