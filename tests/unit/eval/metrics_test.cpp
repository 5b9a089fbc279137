// Figures against scikit-learn's (golden/metrics.py), their intervals, and what is refused.
#include "sdmae/eval/metrics.hpp"

#include <cmath>
#include <vector>

#include "catch.hpp"
#include "sdmae/testing/finding.hpp"
#include "unit/io/test_files.hpp"
#if defined(SDMAE_TEST_HAS_checkpoint)
#include "unit/eval/golden.hpp"
#endif

namespace {

using sdmae::index;
using namespace sdmae::eval;

struct random_case {
  index classes, samples;
  std::vector<index> truth;
  std::vector<double> scores;

  // As golden/metrics.py draws it.
  explicit random_case(index number) : classes(2 + number % 4), samples(12 + number % 29) {
    sdmae::random_sequence random(11, sdmae::stream::test, 0, static_cast<std::uint64_t>(number));
    for (index j = 0; j < samples; ++j)
      truth.push_back(j < classes ? j : static_cast<index>(random.uniform() * static_cast<double>(classes)));
    for (index j = 0; j < samples; ++j) {
      std::vector<double> row;
      for (index c = 0; c < classes; ++c) row.push_back(1 + std::floor(10 * random.uniform()));
      row[static_cast<std::size_t>(truth[static_cast<std::size_t>(j)])] += std::floor(6 * random.uniform());
      double sum = 0;
      for (const double score : row) sum += score;
      for (const double score : row) scores.push_back(score / sum);
    }
  }
};

double value(const std::vector<figure>& figures, const std::string& name) {
  for (const figure& one : figures)
    if (one.name == name) return one.value;
  return undefined;
}

#if defined(SDMAE_TEST_HAS_checkpoint)
TEST_CASE("figures equal scikit-learn's on 1,000 random cases") {
  const std::vector<double> expected = golden("metrics.safetensors", "figures");
  REQUIRE(expected.size() == 9000);
  double worst = 0;
  for (index number = 0; number < 1000; ++number) {
    const random_case one(number);
    const auto figures = judge(one.scores, one.truth, one.classes, {}, {.replicates = 0});
    REQUIRE(figures.size() == static_cast<std::size_t>(8 + one.classes));
    for (std::size_t k = 0; k < 9; ++k) {
      const double ours = k < 8 ? figures[k].value : figures.back().value;
      worst = sdmae::testing::worse(worst, std::fabs(ours - expected[static_cast<std::size_t>(number) * 9 + k]));
    }
  }
  CHECK(worst <= 1e-12);
}
#endif

TEST_CASE("figures of hand-made cases") {
  const std::vector<index> truth{0, 0, 1, 1}, right{0, 0, 1, 1}, same{0, 0, 0, 0};
  CHECK(confusion_matrix(truth, right, 2).kappa() == 1);
  CHECK(confusion_matrix(truth, same, 2).balanced_accuracy() == 0.5);
  CHECK(std::isnan(confusion_matrix(same, same, 2).kappa()));
  CHECK(confusion_matrix(same, same, 3).balanced_accuracy() == 1);
  CHECK(confusion_matrix(same, same, 3).macro_f1() == 1);
  const std::vector<double> scores{0.1, 0.4, 0.4, 0.8};
  CHECK(roc_auc(scores, std::vector<char>{0, 0, 1, 1}) == 0.875);
  CHECK(roc_auc(scores, std::vector<char>{1, 1, 0, 0}) == 0.125);
  CHECK(std::isnan(roc_auc(scores, std::vector<char>{1, 1, 1, 1})));
  CHECK(average_precision(scores, std::vector<char>{0, 0, 1, 1}) == Approx(0.5 + 0.5 * 2 / 3));
  CHECK(std::isnan(average_precision(scores, std::vector<char>{0, 0, 0, 0})));
  CHECK(best_class(std::vector<double>{0.5, 0.5, 0.2, 0.8}, 2) == std::vector<index>{0, 1});
}

TEST_CASE("quantiles are numpy's") {
  CHECK(quantile({3, 1, 2, 5}, 0.025) == Approx(1.075));
  CHECK(quantile({3, 1, 2, 5}, 0.975) == Approx(4.85));
  CHECK(quantile({7, undefined}, 0.5) == 7);
  CHECK(std::isnan(quantile({undefined}, 0.5)));
}

TEST_CASE("a replicate draws whole groups, within the classes that they belong to") {
  // Groups 5 and 6 are of class 0, group 9 of class 1.
  const std::vector<index> truth{0, 0, 0, 1, 1, 0, 0}, groups{5, 5, 5, 9, 9, 6, 6};
  const resampler samples(truth, groups, 3);
  bool twice = false, once = false;
  for (index replicate = 0; replicate < 50; ++replicate) {
    const auto drawn = samples.draw(replicate);
    CHECK(drawn == resampler(truth, groups, 3).draw(replicate));
    std::vector<index> times(7);
    for (const std::size_t i : drawn) ++times[i];
    CHECK(times[3] == 1);
    CHECK(times[4] == 1);
    CHECK(times[0] == times[1]);
    CHECK(times[1] == times[2]);
    CHECK(times[5] == times[6]);
    CHECK(times[0] + times[5] == 2);
    twice = twice || times[0] == 2;
    once = once || times[0] == 1;
  }
  CHECK((twice && once));
}

TEST_CASE("a replicate without one of the classes does not count") {
  // Class 2 is no group's most frequent: a replicate has it where group 5 is drawn, in three of four cases.
  const std::vector<index> truth{0, 0, 2, 0, 0, 1}, groups{5, 5, 5, 6, 6, 7};
  const resampler samples(truth, groups, 0);
  const auto of_class_2 = [&](const std::vector<std::size_t>& drawn) {
    const auto count = std::count_if(drawn.begin(), drawn.end(), [&](std::size_t i) { return truth[i] == 2; });
    return std::vector<double>{static_cast<double>(count)};
  };
  index without = 0;
  for (index replicate = 0; replicate < 200; ++replicate) {
    const auto drawn = samples.draw(replicate);
    CHECK(samples.has_every_class(drawn) == (of_class_2(drawn)[0] > 0));
    without += samples.has_every_class(drawn) ? 0 : 1;
  }
  CHECK(without > 20);
  const interval bounds = bootstrap(samples, {.replicates = 200, .level = 0.95, .seed = 0}, of_class_2)[0];
  CHECK(bounds.low == 1);
  CHECK(bounds.high == 2);
}

TEST_CASE("intervals have the width that theory gives, wider by group") {
  std::vector<index> truth, groups;
  std::vector<double> scores;
  sdmae::random_sequence random(5, sdmae::stream::test);
  for (index group = 0; group < 40; ++group) {
    const bool good = random.uniform() < 0.8;  // a slide is all right or all wrong
    for (index i = 0; i < 10; ++i) {
      const index label = group % 2;
      truth.push_back(label);
      groups.push_back(group);
      scores.push_back((label == 0) == good ? 0.9 : 0.1);
      scores.push_back((label == 0) == good ? 0.1 : 0.9);
    }
  }
  const auto alone = judge(scores, truth, 2), together = judge(scores, truth, 2, groups);
  const double p = value(alone, "accuracy"), n = 400;
  const auto width = [](const figure& one) { return one.bounds.high - one.bounds.low; };
  const double expected = 2 * 1.96 * std::sqrt(p * (1 - p) / n);
  CHECK(width(alone[0]) == Approx(expected).epsilon(0.1));
  CHECK(width(together[0]) == Approx(expected * std::sqrt(10.0)).epsilon(0.15));
  CHECK(alone[0].bounds.low < p);
  CHECK(alone[0].bounds.high > p);
}

TEST_CASE("labels and scores that do not fit are refused") {
  const std::vector<index> truth{0, 1, 2};
  const std::vector<double> two(6, 0.5), three(9, 0.3);
  CHECK_THAT(error_line([&] { judge(two, truth, 2); }), says("labels: 2 is not one of 2 classes"));
  CHECK_THAT(error_line([&] { judge(two, truth, 3); }), says("6 numbers for 3 samples"));
  CHECK_THAT(error_line([&] { judge(three, truth, 3, std::vector<index>{1}); }), says("1 groups for 3 samples"));
  CHECK_THAT(error_line([&] { judge(std::vector<double>(3, 1.0), truth, 1); }), says("of one class only"));
  const std::vector<double> none;
  CHECK_THAT(error_line([&] { judge(none, std::vector<index>(), 2); }), says("at least one sample"));
  std::vector<double> broken = three;
  broken[4] = undefined;
  CHECK_THAT(error_line([&] { judge(broken, truth, 3); }), says("not finite"));
}

}  // namespace
