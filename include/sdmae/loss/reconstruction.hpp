// The reconstruction loss: how well masked patches were painted.
#pragma once

#include <array>
#include <type_traits>

#include "sdmae/loss/concept.hpp"
#include "sdmae/loss/distance.hpp"
#include "sdmae/loss/target.hpp"

namespace sdmae::loss {

namespace pixels_of {
/// Which patches count: those that the encoder did not see, or all.
struct masked_patches {
  static constexpr const char* name = "masked";
  static constexpr unsigned outputs = pixels_output;
};
struct all_patches {
  static constexpr const char* name = "all";
  static constexpr unsigned outputs = pixels_output | visible_pixels_output;
};
}  // namespace pixels_of

/// Mean distance over all B·R·p·p·C values of the R patches that count; squared, over the masked ones, it is arXiv
/// 2203.16983, eq. 1:
///   L = 1/(B·R·P) Σ d(pixels − target),  ∂L/∂pixels = d′(pixels − target)/(B·R·P).
template <class Target = target::patch_channel, class Distance = distance::squared,
          class Counted = pixels_of::masked_patches>
struct reconstruction : stateless {
  static constexpr unsigned reads = Counted::outputs, reaches = Counted::outputs;
  static constexpr int column_count = 1;
  static constexpr std::array<report_column, 1> columns() { return {"reconstruction"}; }

  template <tensor_backend B, class Slice, class State>
  void evaluate(B& backend, double weight, const Slice& slice, const State&, std::array<double*, column_count> columns,
                arena& scratch) const {
    using T = scalar_of<B>;
    constexpr index P = Slice::P;
    arena::scope here(scratch);
    // Where another term asks for all patches, the masked ones are the last of each image.
    const index R = slice.painted.count(), masked = slice.painted.mask.masked();
    const index M = std::is_same_v<Counted, pixels_of::masked_patches> ? masked : R;
    const auto pixels = slice.pixels;
    const auto dpixels = slice.dpixels;
    const auto row = [=] SDMAE_ELEMENT(index r) { return r / M * R + R - M + r % M; };  // of the r-th that counts
    const auto target = scratch.template rows<T, P>("target", slice.count * M);
    const auto patch_loss = scratch.template rows<double, 1>("patch loss", slice.count * M);
    const painted_patches counted(slice.painted.mask, slice.painted.mask.patches - M);
    Target::template write<Slice::architecture::image>(backend, slice.images, counted, target, scratch);
    backend.reduce_rows(reduction::sum{}, patch_loss, P, [=] SDMAE_ELEMENT(index r, index c) {
      return Distance::value(double(pixels(row(r), c)) - double(target(r, c)));
    });
    const column_view<double> loss{columns[0] + slice.first, slice.count};
    backend.reduce_rows(reduction::sum{}, loss, M, [=] SDMAE_ELEMENT(index image, index m) {
      return patch_loss(image * M + m, 0) / double(M * P);
    });
    if (dpixels.rows() == 0) return;
    const T scale = T(weight / (double(slice.batch) * double(M * P)));
    backend.map(target.rows(), P, [=] SDMAE_ELEMENT(index r, index c) {
      dpixels(row(r), c) += scale * Distance::slope(pixels(row(r), c) - target(r, c));
    });
  }
};

}  // namespace sdmae::loss
