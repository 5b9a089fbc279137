// Inference with both towers: who looks at whom, and how far.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "sdmae/masking/random.hpp"
#include "sdmae/model/inference_pass.hpp"
#include "sdmae/vit/decoder.hpp"

namespace sdmae {

/// One tower over a batch of images.
struct tower_attention {
  /// [depth][heads]: mean attention distance in pixels, Σ_qk p(q,k)·‖q − k‖ / Σ_qk p(q,k) over patch tokens, averaged
  /// over images (Dosovitskiy et al., arXiv 2010.11929, §4.5): what a convolution's receptive field would be.
  std::vector<std::vector<double>> distance;
  /// [depth][images·N]: how much each patch is looked at, by the class token or, without one, by all patches on
  /// average; the mean over heads. Sums to 1 over the patches of an image.
  std::vector<std::vector<float>> looked_at;
};

/// The encoder with every patch visible; the decoder under masks.
struct attention_study {
  index images = 0;
  std::vector<std::uint8_t> original;  // [images, H, W, C]
  tower_attention encoder, decoder;
};

namespace detail {

/// Adds what one head of one image attends to. qkv: [L, 3A], the head's q at column `column`; place[t]: the patch of
/// row t, −1 for the class token. `attended`: [N], added to; returns Σ p·distance and Σ p.
template <image_shape Image, class T>
std::pair<double, double> attend(const T* qkv, index L, index A, index column, index head_width,
                                 const std::vector<std::int32_t>& place, float share, float* attended) {
  const double scale = 1 / std::sqrt(double(head_width));
  std::vector<double> p(static_cast<std::size_t>(L));
  double distance = 0, weight = 0;
  for (index q = 0; q < L; ++q) {
    double largest = -INFINITY, total = 0, patches = 0;
    for (index k = 0; k < L; ++k) {
      double score = 0;
      for (index c = column; c < column + head_width; ++c)
        score += double(qkv[q * 3 * A + c]) * double(qkv[k * 3 * A + A + c]);
      p[static_cast<std::size_t>(k)] = score * scale;
      largest = std::max(largest, score * scale);
    }
    for (double& each : p) total += each = std::exp(each - largest);
    for (index k = 0; k < L; ++k)
      patches += place[static_cast<std::size_t>(k)] < 0 ? 0 : p[static_cast<std::size_t>(k)];
    const bool counts = place[0] < 0 ? q == 0 : true;  // the class token's eyes, where there is one
    const std::int32_t from = place[static_cast<std::size_t>(q)];
    for (index k = 0; k < L; ++k) {
      const std::int32_t to = place[static_cast<std::size_t>(k)];
      if (to < 0) continue;
      const double seen = p[static_cast<std::size_t>(k)];
      if (counts) attended[to] += share * static_cast<float>(seen / patches);
      if (from < 0) continue;
      const double dy = double(to / Image.grid_width() - from / Image.grid_width());
      const double dx = double(to % Image.grid_width() - from % Image.grid_width());
      distance += seen / total * Image.patch * std::sqrt(dy * dy + dx * dx);
      weight += seen / total;
    }
  }
  return {distance, weight};
}

/// Follows the queries and keys of every block of a tower, slice by slice of `images` images in all.
template <image_shape Image, vit_shape Tower>
class tower_follower {
 public:
  static constexpr index A = Tower.attention_width(), N = Image.patches();

  explicit tower_follower(index images) {
    far_.resize(Tower.depth, std::vector<double>(Tower.heads));
    weight_ = far_;
    looked_at_.resize(Tower.depth, std::vector<float>(static_cast<std::size_t>(images * N)));
  }

  /// The images from `first` on. places: [images of the slice][L].
  template <tensor_backend B, class Saved>
  void add(B& backend, const Saved& tower, const std::vector<std::vector<std::int32_t>>& places, index first) {
    const index images = index(places.size()), L = index(places[0].size());
    const float share = 1.0f / static_cast<float>(Tower.heads * (Tower.class_token ? 1 : L));
    std::vector<scalar_of<B>> qkv(static_cast<std::size_t>(images * L * 3 * A));
    for (std::size_t layer = 0; layer < tower.blocks.size(); ++layer) {
      backend.copy_out(qkv.data(), tower.blocks[layer].attn.qkv.data, index(qkv.size()));
      backend.synchronise();
      for (index h = 0; h < Tower.heads; ++h)
        for (index i = 0; i < images; ++i) {
          const auto [far, seen] =
              attend<Image>(qkv.data() + i * L * 3 * A, L, A, h * Tower.head_width(), index{Tower.head_width()},
                            places[static_cast<std::size_t>(i)], share, looked_at_[layer].data() + (first + i) * N);
          far_[layer][static_cast<std::size_t>(h)] += far;
          weight_[layer][static_cast<std::size_t>(h)] += seen;
        }
    }
  }

  tower_attention found() const {
    tower_attention result{far_, looked_at_};
    for (std::size_t layer = 0; layer < far_.size(); ++layer)
      for (std::size_t h = 0; h < far_[layer].size(); ++h) result.distance[layer][h] /= weight_[layer][h];
    return result;
  }

 private:
  std::vector<std::vector<double>> far_, weight_;  // [depth][heads]: Σ p·distance, Σ p
  std::vector<std::vector<float>> looked_at_;
};

/// Which patch each row of a sequence of all slots shows, or −1.
template <index N, index C>
std::vector<std::vector<std::int32_t>> places_of(const std::vector<std::int32_t>& order, index images, bool reading) {
  std::vector<std::vector<std::int32_t>> places(static_cast<std::size_t>(images), std::vector<std::int32_t>(C, -1));
  for (index i = 0; i < images; ++i)
    for (index slot = 0; slot < N; ++slot)
      places[static_cast<std::size_t>(i)].push_back(reading ? static_cast<std::int32_t>(slot)
                                                            : order[static_cast<std::size_t>(i * N + slot)]);
  return places;
}

}  // namespace detail

/// Runs a batch of 8-bit images, at most `slice` at once, through the encoder, every patch visible, and then through
/// both towers under masks drawn by `mask` from `seed`. Throws sdmae::error for a batch without images.
template <class Architecture, tensor_backend B, masking::mask_policy Mask>
attention_study study_attention(model<Architecture, B>& from, const Mask& mask, std::uint64_t seed, byte_batch& batch,
                                index slice = 4) {
  constexpr image_shape Image = Architecture::image;
  constexpr index N = Image.patches(), C = Architecture::encoder::C;
  constexpr bool reading = Architecture::decoder::order == vit::token_order::reading;
  attention_study result;
  result.images = batch.size();
  result.original.resize(static_cast<std::size_t>(result.images * Image.values()));
  batch.next(result.images, result.original.data());
  detail::tower_follower<Image, Architecture::encoder_shape> encoder(result.images);
  detail::tower_follower<Image, Architecture::decoder_shape> decoder(result.images);
  const auto run = [&](const auto& policy, unsigned asked, auto read) {
    infer_in_slices(from, policy, seed, batch, result.original.data(), slice, asked,
                    [&](const auto& pass, const masking::drawn_masks& masks, index first, index count) {
                      read(pass.saved(), masks.order, first, count);
                    });
  };
  using order = std::vector<std::int32_t>;
  run(masking::random{.ratio = 0}, no_output, [&](const auto& saved, const order& patches, index first, index count) {
    encoder.add(from.backend(), saved.encoder_.tower, detail::places_of<N, C>(patches, count, false), first);
  });
  run(mask, pixels_output, [&](const auto& saved, const order& patches, index first, index count) {
    decoder.add(from.backend(), saved.decoder_.tower, detail::places_of<N, C>(patches, count, reading), first);
  });
  result.encoder = encoder.found();
  result.decoder = decoder.found();
  return result;
}

/// Bytes of the backend's memory that a slice of `images` images takes at most in study_attention, or in paint, with
/// `visible` patches of each seen.
template <class Architecture, tensor_backend B>
std::size_t inference_memory(model<Architecture, B>& from, index images, index visible) {
  using pass = inference_pass<Architecture, B>;
  return std::max(pass::memory(from, images, Architecture::N, no_output),
                  pass::memory(from, images, visible, pixels_output));
}

}  // namespace sdmae
