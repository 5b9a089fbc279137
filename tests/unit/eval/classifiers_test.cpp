// Classifiers on features against scikit-learn's and PyTorch's answers (golden/classifiers.py).
#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "sdmae/eval/knn.hpp"
#include "sdmae/eval/linear_probe.hpp"
#include "sdmae/eval/metrics.hpp"
#include "sdmae/eval/released_probe.hpp"
#include "sdmae/testing/finding.hpp"
#include "unit/io/test_files.hpp"
#if defined(SDMAE_TEST_HAS_checkpoint)
#include "unit/eval/golden.hpp"
#endif

namespace {

using sdmae::index;
using namespace sdmae::eval;

struct random_case {
  index classes, width, rows;
  std::vector<float> values;
  std::vector<index> labels, groups;

  // As golden/classifiers.py draws it.
  random_case(std::uint64_t number, index k, index d, index n) : classes(k), width(d), rows(n) {
    sdmae::random_sequence random(17, sdmae::stream::test, 0, number);
    for (index i = 0; i < n; ++i) {
      labels.push_back(i % k);
      for (index j = 0; j < d; ++j)
        values.push_back(static_cast<float>(2 * random.uniform() - 1 + (j % k == i % k ? 0.7 : 0)));
    }
  }
  labelled_features train() const {
    const auto n = static_cast<std::size_t>(rows - 20);
    const std::span<const index> g = groups.empty() ? std::span<const index>() : std::span(groups).first(n);
    return {std::span(values).first(n * static_cast<std::size_t>(width)), width, std::span(labels).first(n), g};
  }
  feature_matrix asked() const { return {values.data() + (rows - 20) * width, 20, width}; }
};

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = sdmae::testing::worse(worst, std::fabs(a[i] - b[i]));
  return worst;
}

logistic_settings strictly(double strength, int threads = 2) { return {strength, threads, {2000, 12, 1e-9}}; }

#if defined(SDMAE_TEST_HAS_checkpoint)
TEST_CASE("logistic regression gives scikit-learn's probabilities") {
  const auto error = [](const char* name, const random_case& one, const logistic_settings& how) {
    const linear_classifier fitted = fit_logistic(one.train(), one.classes, how);
    return largest_difference(fitted.scores(one.asked()), golden("classifiers.safetensors", name));
  };
  const random_case three(0, 3, 5, 100), two(1, 2, 4, 80), weak(2, 3, 8, 60);
  CHECK(error("logistic3", three, strictly(0.5)) < 1e-8);
  CHECK(error("logistic2", two, strictly(2)) < 1e-8);
  CHECK(error("logistic3_weak", weak, strictly(1000)) < 1e-6);
  CHECK(error("logistic3", three, {.strength = 0.5}) < 1e-6);  // as the library minimises unless told
  CHECK(error("logistic2", two, {.strength = 2}) < 1e-6);
}

TEST_CASE("the released probe gives PyTorch's probabilities") {
  const random_case one(4, 3, 6, 84);
  const auto fitted = fit_released_probe(one.train(), 3, {.batch = 64, .deviation = 0});
  CHECK(largest_difference(fitted.scores(one.asked()), golden("classifiers.safetensors", "probe")) < 1e-12);
}

TEST_CASE("nearest neighbours vote as scikit-learn's") {
  const random_case one(3, 3, 6, 110);
  const auto scores = knn_scores(one.train(), one.asked(), 3, {.neighbours = 7});
  CHECK(largest_difference(scores, golden("classifiers.safetensors", "neighbours")) < 1e-5);  // float products
}
#endif

TEST_CASE("threads change no bit of any classifier") {
  const random_case one(5, 4, 9, 333);
  const auto logistic = [&](int threads) {
    return fit_logistic(one.train(), 4, {.threads = threads}).scores(one.asked());
  };
  CHECK(logistic(1) == logistic(3));
  const auto neighbours = [&](int threads) { return knn_scores(one.train(), one.asked(), 4, {.threads = threads}); };
  CHECK(neighbours(1) == neighbours(2));
}

TEST_CASE("the released probe learns in small batches, as the seed says") {
  const random_case one(6, 3, 9, 421);
  const auto scores = [&](std::uint64_t seed) {
    return fit_released_probe(one.train(), 3, {.batch = 50, .seed = seed}).scores(one.asked());
  };
  const auto first = scores(1);
  CHECK(first == scores(1));
  CHECK(first != scores(2));
  const std::vector<index> truth(one.labels.end() - 20, one.labels.end());
  CHECK(confusion_matrix(truth, best_class(first, 3), 3).accuracy() >= 0.7);
}

TEST_CASE("folds keep groups together and classes even") {
  sdmae::random_sequence random(3, sdmae::stream::test);
  std::vector<index> labels, groups;
  for (index group = 0; group < 60; ++group)
    for (index i = 1 + static_cast<index>(random.below(9)); i > 0; --i) {
      labels.push_back(group % 3);
      groups.push_back(group * 7 - 100);
    }
  const std::vector<index> fold = group_folds(labels, groups, 3, 5, 1);
  std::map<index, index> fold_of_group;
  std::vector<std::vector<double>> held(5, std::vector<double>(3)), all(1, std::vector<double>(3));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    CHECK(fold_of_group.emplace(groups[i], fold[i]).first->second == fold[i]);
    held[static_cast<std::size_t>(fold[i])][static_cast<std::size_t>(labels[i])] += 1;
    all[0][static_cast<std::size_t>(labels[i])] += 1;
  }
  for (const auto& one : held)
    for (std::size_t c = 0; c < 3; ++c) CHECK(one[c] / all[0][c] == Approx(0.2).margin(0.05));
  CHECK(group_folds(labels, groups, 3, 5, 1) == fold);
  CHECK(group_folds(labels, groups, 3, 5, 2) != fold);
  CHECK(count_groups(labels, groups) == 60);
  CHECK(count_groups(labels, {}) == static_cast<index>(labels.size()));
}

TEST_CASE("parts of other sizes get their share of every class") {
  sdmae::random_sequence random(4, sdmae::stream::test);
  std::vector<index> labels, groups;
  for (index group = 0; group < 90; ++group)
    for (index i = 1 + static_cast<index>(random.below(9)); i > 0; --i) {
      labels.push_back((group + (i == 1)) % 3);  // most groups hold two classes
      groups.push_back(group);
    }
  for (const double share : {0.1, 0.25, 0.5, 0.8}) {
    const std::vector<index> part = group_parts(labels, groups, 3, {1 - share, share}, 1);
    std::map<index, index> part_of_group;
    std::vector<double> taken(3), all(3);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      CHECK(part_of_group.emplace(groups[i], part[i]).first->second == part[i]);
      taken[static_cast<std::size_t>(labels[i])] += static_cast<double>(part[i]);
      all[static_cast<std::size_t>(labels[i])] += 1;
    }
    for (std::size_t c = 0; c < 3; ++c) CHECK(taken[c] / all[c] == Approx(share).margin(0.05));
    CHECK(group_parts(labels, groups, 3, {1 - share, share}, 1) == part);
  }
}

// Features that tell slides apart, and labels by slide at random: within slides they seem to predict, across slides
// they do not. Only folds of whole groups see that.
TEST_CASE("the strength is chosen across groups") {
  random_case one(7, 2, 12, 240);
  sdmae::random_sequence random(9, sdmae::stream::test);
  for (index i = 0; i < one.rows; ++i) {
    const index slide = i % 12;
    one.groups.push_back(slide);
    one.labels[static_cast<std::size_t>(i)] = (slide * 5 + 3) % 12 < 6 ? 0 : 1;
    for (index j = 0; j < 12; ++j)
      one.values[static_cast<std::size_t>(i * 12 + j)] = static_cast<float>((j == slide) + 0.05 * random.normal());
  }
  const chosen_logistic by_group = fit_chosen_logistic(one.train(), 2);
  labelled_features torn = one.train();
  torn.groups = {};
  const chosen_logistic by_sample = fit_chosen_logistic(torn, 2);
  CHECK(by_group.strength <= 1e-3);
  CHECK(by_sample.strength >= 1);
  CHECK(by_group.losses.size() == 7);
  CHECK(by_group.losses.back() > std::log(2.0));
  CHECK(by_sample.losses.back() < 0.1);
}

// The largest difference between what is held out of `train` and what is fitted to the other folds, at the strength
// that the rule chooses; and between that and what is fitted to all.
std::pair<double, double> held_out_errors(const labelled_features& train, index classes, strength_rule rule,
                                          double& strength) {
  const chosen_logistic chosen = fit_chosen_logistic(train, classes, {.rule = rule, .keep_held_out = true});
  strength = chosen.strength;
  const std::vector<double> whole = chosen.classifier.scores(train.matrix());
  REQUIRE(chosen.held_out.size() == whole.size());
  const std::vector<index> fold_of = group_folds(train.labels, train.groups, classes, 5, 0);
  double worst = 0, to_whole = 0;
  for (index fold = 0; fold < 5; ++fold) {
    std::vector<float> inside;
    std::vector<index> labels;
    for (index i = 0; i < train.size(); ++i) {
      if (fold_of[static_cast<std::size_t>(i)] == fold) continue;
      labels.push_back(train.labels[static_cast<std::size_t>(i)]);
      const auto row = train.values.begin() + i * train.width;
      inside.insert(inside.end(), row, row + train.width);
    }
    const linear_classifier fitted =
        fit_logistic({inside, train.width, labels, {}}, classes, strictly(chosen.strength));
    const std::vector<double> scores = fitted.scores(train.matrix());
    for (std::size_t k = 0; k < scores.size(); ++k) {
      if (fold_of[k / static_cast<std::size_t>(classes)] != fold) continue;
      worst = sdmae::testing::worse(worst, std::fabs(chosen.held_out[k] - scores[k]));
      to_whole = std::max(to_whole, std::fabs(whole[k] - scores[k]));
    }
  }
  return {worst, to_whole};
}

TEST_CASE("what is held out is judged by what the other folds say, at the chosen strength") {
  random_case one(10, 3, 24, 320);
  for (index i = 0; i < one.rows; ++i) {
    one.groups.push_back(i / 4);
    if (i % 3 == 0) one.labels[static_cast<std::size_t>(i)] = i / 3 % 3;  // whatever the features say
  }
  double least = 0, steady = 0;
  const auto by_least = held_out_errors(one.train(), 3, strength_rule::least_loss, least);
  const auto by_steady = held_out_errors(one.train(), 3, strength_rule::one_standard_error, steady);
  CHECK(steady < least);
  CHECK(std::max(by_least.first, by_steady.first) < 1e-3);
  CHECK(std::min(by_least.second, by_steady.second) > 1e-2);
  CHECK(fit_chosen_logistic(one.train(), 3).held_out.empty());
}

TEST_CASE("within a standard error of the least loss, the most regularised strength is as good") {
  // Deviations from 3: −3, −1, 1, 3. By sample √(4/3·20)/4, in pairs √(2/1·(4² + 4²))/4.
  CHECK(detail::standard_error({0, 2, 4, 6}, {}) == Approx(std::sqrt(80.0 / 3) / 4));
  CHECK(detail::standard_error({0, 2, 4, 6}, std::vector<index>{7, 7, 3, 3}) == 2);
  CHECK(detail::standard_error({0, 2}, std::vector<index>{5, 5}) == 0);
  random_case one(10, 3, 24, 320);
  for (index i = 0; i < one.rows; ++i) {
    one.groups.push_back(i / 4);
    if (i % 3 == 0) one.labels[static_cast<std::size_t>(i)] = i / 3 % 3;  // whatever the features say
  }
  const chosen_logistic least = fit_chosen_logistic(one.train(), 3);
  const chosen_logistic steady = fit_chosen_logistic(one.train(), 3, {.rule = strength_rule::one_standard_error});
  const std::vector<double> strengths = chosen_strength_settings{}.strengths;
  CHECK(least.losses == steady.losses);
  CHECK(least.standard_error == steady.standard_error);
  const double smallest = *std::min_element(least.losses.begin(), least.losses.end());
  std::size_t wanted = 0;
  while (least.losses[wanted] > smallest + least.standard_error) ++wanted;
  CHECK(steady.strength == strengths[wanted]);
  CHECK(steady.strength < least.strength);
  CHECK(steady.classifier.weight.norm() < least.classifier.weight.norm());
}

// Class 2 lies in one group, the last: what is fitted without it cannot know it, and is not asked about it.
TEST_CASE("what a fold has not seen does not choose the strength") {
  random_case lone(11, 3, 24, 320);
  for (index i = 0; i < lone.rows; ++i) lone.groups.push_back(i % 3 == 2 ? 99 : i / 4);
  const labelled_features train = lone.train();
  const chosen_logistic chosen = fit_chosen_logistic(train, 3, {.keep_held_out = true});
  std::vector<index> others;
  for (index i = 0; i < train.size(); ++i)
    if (train.labels[static_cast<std::size_t>(i)] != 2) others.push_back(i);
  CHECK(chosen.judged == others);
  REQUIRE(chosen.held_out.size() == static_cast<std::size_t>(train.size()) * 3);
  double sum = 0;
  for (const index i : others) {
    const index label = train.labels[static_cast<std::size_t>(i)];
    sum -= std::log(chosen.held_out[static_cast<std::size_t>(i * 3 + label)]);
  }
  const double least = *std::min_element(chosen.losses.begin(), chosen.losses.end());
  CHECK(sum / static_cast<double>(others.size()) == Approx(least));
  CHECK(least < std::log(3.0));
  CHECK(chosen.standard_error > 0);

  // Of one group each: two classes alone are left when the third is held out, and none is known without its own.
  for (index i = 0; i < lone.rows; ++i) lone.groups[static_cast<std::size_t>(i)] = i % 3;
  CHECK_THAT(error_line([&] { fit_chosen_logistic(lone.train(), 3); }), says("no class is left to be told"));
}

TEST_CASE("a feature that does not vary counts for nothing") {
  random_case one(8, 2, 4, 100);
  for (index i = 0; i < 80; ++i) one.values[static_cast<std::size_t>(i * 4)] = 0.3f;
  for (index i = 80; i < 100; ++i) one.values[static_cast<std::size_t>(i * 4)] = 1e6f;
  const linear_classifier fitted = fit_logistic(one.train(), 2);
  CHECK(fitted.scaling.scale(0) == 0);
  for (const double share : fitted.scores(one.asked())) CHECK(std::isfinite(share));
}

TEST_CASE("training sets that cannot train are refused") {
  random_case one(9, 3, 4, 60);
  CHECK_THAT(error_line([&] { fit_logistic(one.train(), 4); }), says("no sample of class 3"));
  CHECK_THAT(error_line([&] { fit_logistic(one.train(), 2); }), says("have label 2"));
  CHECK_THAT(error_line([&] { fit_logistic(one.train(), 1); }), says("of one class only"));
  one.groups.assign(60, 4);
  CHECK_THAT(error_line([&] { fit_chosen_logistic(one.train(), 3); }), says("is one group"));
  CHECK_THAT(error_line([&] { fit_released_probe(one.train(), 3, {.batch = 1}); }), says("a batch below 2"));
  CHECK_THAT(error_line([&] { knn_scores(one.train(), one.asked(), 3, {.neighbours = 0}); }), says("the usual ones"));
  one.values[5] = NAN;
  CHECK_THAT(error_line([&] { fit_logistic(one.train(), 3); }), says("not finite"));
}

}  // namespace
