// A loss of one's own: the mean brightness of every masked patch, beside the released losses. Runs the library's proof
// on it, then shows how it joins a weighted sum.
#include <cstdio>

#include "sdmae/backend/reference.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/weighted_sum.hpp"
#include "sdmae/testing/losses.hpp"

namespace {

using sdmae::index;

/// L = 1/(B·M) Σ mean², of the painted values of a patch: keeps a patch's mean where a normalised target has it, at 0.
struct zero_mean : sdmae::loss::reconstruction<> {  // takes over what it reads and reaches, and that it keeps no state
  static constexpr std::array<sdmae::loss::report_column, 1> columns() { return {"zero_mean"}; }

  template <sdmae::tensor_backend B, class Slice, class State>
  void evaluate(B& backend, double weight, const Slice& slice, const State&, std::array<double*, 1> columns,
                sdmae::arena& scratch) const {
    using T = sdmae::scalar_of<B>;
    constexpr index P = Slice::P;
    sdmae::arena::scope here(scratch);
    const auto pixels = slice.pixels;
    const auto dpixels = slice.dpixels;
    // R patches of an image are painted, the last M of them are the masked ones: row(r) is the r-th masked of all.
    const index R = slice.painted.count(), M = slice.painted.mask.masked();
    const auto row = [=] SDMAE_ELEMENT(index r) { return r / M * R + R - M + r % M; };
    const auto mean = scratch.rows<double, 1>("patch means", slice.count * M);
    const sdmae::column_view<double> loss{columns[0] + slice.first, slice.count};
    const T scale = T(2 * weight / (double(slice.batch) * double(M) * double(P)));
    backend.reduce_rows(sdmae::reduction::sum{}, mean, P,
                        [=] SDMAE_ELEMENT(index r, index c) { return double(pixels(row(r), c)) / double(P); });
    backend.reduce_rows(sdmae::reduction::sum{}, loss, M, [=] SDMAE_ELEMENT(index image, index m) {
      return mean(image * M + m, 0) * mean(image * M + m, 0) / double(M);
    });
    if (dpixels.rows() == 0) return;
    backend.map(mean.rows(), P, [=] SDMAE_ELEMENT(index r, index c) { dpixels(row(r), c) += scale * T(mean(r, 0)); });
  }
};

/// The outputs that the proof is made with.
struct small_outputs {
  static constexpr sdmae::image_shape image{.height = 6, .width = 9, .patch = 3, .channels = 3};
  static constexpr index N = image.patches(), P = image.patch_values(), K = 7;
  static constexpr sdmae::distilled says = sdmae::distilled::nothing;
};

}  // namespace

int main() {
  sdmae::reference_backend<double> backend;
  const auto found = sdmae::testing::check_loss<small_outputs>(backend, zero_mean{}, "zero mean");
  std::printf("%zu checks\n%s", found.size(), sdmae::testing::failures(found).c_str());
  const auto both = 0.9 * sdmae::loss::reconstruction<>{} + 0.1 * zero_mean{};  // what a pretrainer takes
  std::printf("%zu terms\n", std::size_t{both.columns});
  return sdmae::testing::failures(found).empty() ? 0 : 1;
}
