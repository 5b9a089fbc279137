// The reconstruction loss: how well masked patches were painted.
#pragma once

#include <array>
#include <optional>
#include <type_traits>

#include "sdmae/core/background.hpp"
#include "sdmae/core/error.hpp"
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

/// Mean distance over the P values that the target has of a patch, p·p·C of pixels, of the patches that count, then
/// over the R of an image that do, then over the batch; squared, of pixels, over the masked ones, it is arXiv
/// 2203.16983, eq. 1:
///   L = 1/B Σ_images Σ_r w_r/P Σ d(pixels − target),  w_r = 1/R,  ∂L/∂pixels = w_r·d′(pixels − target)/(B·P).
/// On tissue alone, w_r is 0 for background and 1/(patches of the image with tissue) for the others; an image without
/// any adds 0.
template <class Target = target::patch_channel, class Distance = distance::squared,
          class Counted = pixels_of::masked_patches>
struct reconstruction : stateless {
  static constexpr unsigned reads = Counted::outputs, reaches = Counted::outputs;
  static constexpr int column_count = 1;
  static constexpr std::array<report_column, 1> columns() { return {"reconstruction"}; }

  std::optional<background> without;  // patches that do not count; none: all do

  /// This loss over tissue alone: background is neither painted well nor badly.
  reconstruction on_tissue(const background& glass = {}) const {
    reconstruction changed = *this;
    changed.without = glass;
    return changed;
  }

  template <tensor_backend B, class Slice, class State>
  void evaluate(B& backend, double weight, const Slice& slice, const State&, std::array<double*, column_count> columns,
                arena& scratch) const {
    using T = scalar_of<B>;
    constexpr image_shape Image = Slice::architecture::image;
    constexpr index P = target::checked_target<Target, Image>::values;
    arena::scope here(scratch);
    // Where another term asks for all patches, the masked ones are the last of each image.
    const index R = slice.painted.count(), masked = slice.painted.mask.masked();
    const index M = std::is_same_v<Counted, pixels_of::masked_patches> ? masked : R;
    const auto pixels = slice.pixels;
    const auto dpixels = slice.dpixels;
    const auto row = [=] SDMAE_ELEMENT(index r) { return r / M * R + R - M + r % M; };  // of the r-th that counts
    const auto target = scratch.template rows<T, P>("target", slice.count * M);
    const auto share = scratch.template rows<double, 1>("patch weights", slice.count * M);
    const auto patch_loss = scratch.template rows<double, 1>("patch loss", slice.count * M);
    const painted_patches counted(slice.painted.mask, slice.painted.mask.patches - M);
    Target::template write<Image>(backend, slice.images, counted, target, scratch);
    weigh<Image>(backend, slice.images, counted, share, scratch);
    backend.reduce_rows(reduction::sum{}, patch_loss, P, [=] SDMAE_ELEMENT(index r, index c) {
      return Distance::value(double(pixels(row(r), c)) - double(target(r, c)));
    });
    const column_view<double> loss{columns[0] + slice.first, slice.count};
    backend.reduce_rows(reduction::sum{}, loss, M, [=] SDMAE_ELEMENT(index image, index m) {
      return share(image * M + m, 0) * patch_loss(image * M + m, 0) / double(P);
    });
    if (dpixels.rows() == 0) return;
    const double scale = weight / (double(slice.batch) * double(P));
    backend.map(target.rows(), P, [=] SDMAE_ELEMENT(index r, index c) {
      dpixels(row(r), c) += T(scale * share(r, 0)) * Distance::slope(pixels(row(r), c) - target(r, c));
    });
  }

  /// w_r of every patch that may count. share: [images·M, 1], overwritten.
  template <image_shape Image, tensor_backend B, class Images>
  void weigh(B& backend, const Images& images, const painted_patches& counted, column_view<double> share,
             arena& scratch) const {
    const index M = counted.count();
    if (M == 0) return;
    if (!without)
      return backend.map(share.rows(), 1, [=] SDMAE_ELEMENT(index r, index) { share(r, 0) = 1.0 / double(M); });
    if constexpr (Image.channels != 3) {
      throw error("loss on tissue", "needs images of three channels", "leave on_tissue() out");
    } else {
      const background glass = *without;
      const auto tissue = scratch.rows<double, 1>("tissue patches", share.rows() / M);
      constexpr index p = Image.patch;
      backend.reduce_rows(reduction::sum{}, share, p * p, [=] SDMAE_ELEMENT(index r, index i) {
        const auto [image, y, x] = counted.template place<Image>(r, i);
        const double red = images.template unit<double>(image, y, x, 0);
        const double green = images.template unit<double>(image, y, x, 1);
        const double blue = images.template unit<double>(image, y, x, 2);
        return glass.is_glass(red, green, blue) ? 1.0 : 0.0;
      });
      backend.map(share.rows(), 1, [=] SDMAE_ELEMENT(index r, index) {
        share(r, 0) = glass.holds(share(r, 0), double(p * p)) ? 0.0 : 1.0;
      });
      backend.reduce_rows(reduction::sum{}, tissue, M,
                          [=] SDMAE_ELEMENT(index image, index m) { return share(image * M + m, 0); });
      backend.map(share.rows(), 1, [=] SDMAE_ELEMENT(index r, index) {
        if (share(r, 0) != 0) share(r, 0) = 1.0 / tissue(r / M, 0);
      });
    }
  }
};

}  // namespace sdmae::loss
