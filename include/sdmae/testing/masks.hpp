// The proof that a class is a masking policy.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "sdmae/masking/concept.hpp"
#include "sdmae/testing/finding.hpp"

namespace sdmae::testing {

template <masking::mask_policy Mask>
std::vector<std::int32_t> drawn_mask(const Mask& mask, const masking::request& r) {
  std::vector<std::int32_t> order(static_cast<std::size_t>(r.patches()), -1);
  mask.draw(r, order.data());
  return order;
}

/// Whether each patch is there once.
inline bool is_permutation(std::vector<std::int32_t> order) {
  std::sort(order.begin(), order.end());
  for (std::size_t i = 0; i < order.size(); ++i)
    if (order[i] != static_cast<std::int32_t>(i)) return false;
  return true;
}

/// A mask is a permutation; as many patches stay visible as promised; equal requests give equal masks. `random`: other
/// seeds, epochs and samples give other masks.
template <masking::mask_policy Mask>
findings check_mask(const Mask& mask, masking::request r, bool random) {
  const index patches = r.patches(), visible = mask.visible(patches);
  findings found{
      judged("mask, at least one patch is visible, and no more than there are", visible >= 1 && visible <= patches),
      judged("mask, as many are visible when asked again", mask.visible(patches) == visible)};
  bool permutation = true, repeats = true;
  for (r.sample = 0; r.sample < 50; ++r.sample) {
    const auto order = drawn_mask(mask, r);
    repeats = repeats && order == drawn_mask(mask, r);
    permutation = permutation && is_permutation(order);
  }
  found.push_back(judged("mask, a permutation of the patches", permutation));
  found.push_back(judged("mask, equal requests give equal masks", repeats));
  if (!random) return found;
  const auto differs = [&](const char* what, std::uint64_t masking::request::*member) {
    index equal = 0;
    masking::request other = r;
    for (r.sample = other.sample = 0; r.sample < 20; other.sample = ++r.sample) {
      other.*member += 1000;
      equal += drawn_mask(mask, r) == drawn_mask(mask, other) ? 1 : 0;
    }
    found.push_back(judged(std::string("mask, depends on the ") + what, equal < 10));
  };
  differs("seed", &masking::request::seed);
  differs("epoch", &masking::request::epoch);
  differs("sample", &masking::request::sample);
  return found;
}

/// How unevenly patches are masked, one by one and in pairs of neighbours: chi-square over `draws` samples, in standard
/// deviations above its mean. For policies that promise that every set of patches is equally likely.
template <masking::mask_policy Mask>
findings check_mask_uniformity(const Mask& mask, masking::request r, int draws = 4000) {
  const index n = r.patches(), masked = n - mask.visible(n);
  std::vector<double> single(static_cast<std::size_t>(n)), pair(static_cast<std::size_t>(n));
  bool permutations = true;
  for (r.sample = 0; r.sample < static_cast<std::uint64_t>(draws); ++r.sample) {
    const auto order = drawn_mask(mask, r);
    permutations = permutations && is_permutation(order);
    std::vector<bool> hidden(static_cast<std::size_t>(n));
    for (index i = n - masked; i < n; ++i) hidden[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])] = true;
    for (std::size_t i = 0; i < hidden.size(); ++i) {
      single[i] += hidden[i] ? 1 : 0;
      pair[i] += hidden[i] && hidden[(i + 1) % hidden.size()] ? 1 : 0;
    }
  }
  const auto deviations = [&](const std::vector<double>& seen, double p) {
    double chi_square = 0;
    for (const double count : seen) chi_square += (count - draws * p) * (count - draws * p) / (draws * p * (1 - p));
    return std::fabs(chi_square - double(n)) / std::sqrt(2.0 * double(n));
  };
  const double p = double(masked) / double(n);
  // Each term of the sum is 1 on average, however patches hang together; only its spread is a little wider for pairs.
  return {judged("mask, every draw has each patch once", permutations),
          judged("mask, every patch is masked equally often", deviations(single, p), 5.0),
          judged("mask, every pair of neighbours is masked equally often",
                 deviations(pair, p * double(masked - 1) / double(n - 1)), 8.0)};
}

}  // namespace sdmae::testing
