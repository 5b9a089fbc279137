// How far a figure would move had other samples, or other slides, been drawn: percentile bootstrap (Efron, 1979).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "sdmae/core/random.hpp"
#include "sdmae/eval/confusion.hpp"

namespace sdmae::eval {

struct interval {
  double low = undefined, high = undefined;
};

struct bootstrap_settings {
  index replicates = 1000;
  double level = 0.95;
  std::uint64_t seed = 0;
};

/// The q-quantile of `values`, which are sorted here, with linear interpolation, as numpy.quantile. Values that are not
/// numbers do not count; undefined without any other.
inline double quantile(std::vector<double> values, double q) {
  values.erase(std::remove_if(values.begin(), values.end(), [](double v) { return std::isnan(v); }), values.end());
  if (values.empty()) return undefined;
  std::sort(values.begin(), values.end());
  const double place = q * static_cast<double>(values.size() - 1);
  const std::size_t below = static_cast<std::size_t>(place), above = std::min(below + 1, values.size() - 1);
  return values[below] + (values[above] - values[below]) * (place - static_cast<double>(below));
}

/// Draws samples anew. Samples of one group (a slide, a patient) resemble each other, so groups are what is drawn, with
/// replacement, within strata: a group's stratum is its most frequent class (the lowest of equals). So no class is
/// missing from a replicate, but for one that is no group's most frequent, see has_every_class. Without groups every
/// sample is one of its own. A replicate depends on the seed and its number only: two classifiers judged on the same
/// samples see the same replicates, hence paired differences.
class resampler {
 public:
  /// `groups` is empty or as long as `truth`; any numbers name groups.
  resampler(std::span<const index> truth, std::span<const index> groups, std::uint64_t seed) : seed_(seed) {
    if (!groups.empty() && groups.size() != truth.size())
      throw error("bootstrap",
                  std::to_string(groups.size()) + " groups for " + std::to_string(truth.size()) + " samples",
                  "give a group for every sample, or none");
    std::map<index, std::size_t> places;  // of labels
    for (const index label : truth) class_of_.push_back(places.try_emplace(label, places.size()).first->second);
    classes_ = places.size();
    std::map<index, std::vector<std::size_t>> members;
    for (std::size_t i = 0; i < truth.size(); ++i)
      members[groups.empty() ? static_cast<index>(i) : groups[i]].push_back(i);
    std::map<index, std::vector<std::vector<std::size_t>>> strata;
    for (auto& [group, samples] : members) strata[usual_class(truth, samples)].push_back(std::move(samples));
    for (auto& [label, groups_of_it] : strata) strata_.push_back(std::move(groups_of_it));
  }

  /// The samples of a replicate, some of them several times.
  std::vector<std::size_t> draw(index replicate) const {
    random_sequence random(seed_, stream::bootstrap, 0, static_cast<std::uint64_t>(replicate));
    std::vector<std::size_t> drawn;
    for (const auto& groups : strata_)
      for (std::size_t i = 0; i < groups.size(); ++i) {
        const auto& chosen = groups[random.below(static_cast<std::uint32_t>(groups.size()))];
        drawn.insert(drawn.end(), chosen.begin(), chosen.end());
      }
    return drawn;
  }

  /// Whether each class of the sample is there: the mean over classes of a replicate without one is of other classes.
  bool has_every_class(const std::vector<std::size_t>& drawn) const {
    std::vector<char> there(classes_);
    for (const std::size_t i : drawn) there[class_of_[i]] = 1;
    return std::find(there.begin(), there.end(), 0) == there.end();
  }

 private:
  static index usual_class(std::span<const index> truth, const std::vector<std::size_t>& samples) {
    std::map<index, index> count;
    for (const std::size_t i : samples) ++count[truth[i]];
    return std::max_element(count.begin(), count.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
  }

  std::uint64_t seed_;
  std::size_t classes_ = 0;
  std::vector<std::size_t> class_of_;  // of each sample, below classes_
  std::vector<std::vector<std::vector<std::size_t>>> strata_;
};

/// figures(samples) returns numbers; the interval of each over the replicates. Replicates that lack a class do not
/// count, nor for a figure those in which it is undefined.
template <class Figures>
std::vector<interval> bootstrap(const resampler& samples, const bootstrap_settings& settings, Figures figures) {
  std::vector<std::vector<double>> values;
  for (index replicate = 0; replicate < settings.replicates; ++replicate) {
    const std::vector<std::size_t> drawn = samples.draw(replicate);
    const std::vector<double> found = figures(drawn);
    const bool counts = samples.has_every_class(drawn);
    values.resize(found.size());
    for (std::size_t k = 0; k < found.size(); ++k) values[k].push_back(counts ? found[k] : undefined);
  }
  std::vector<interval> result;
  const double tail = (1 - settings.level) / 2;
  for (const auto& one : values) result.push_back({quantile(one, tail), quantile(one, 1 - tail)});
  return result;
}

}  // namespace sdmae::eval
