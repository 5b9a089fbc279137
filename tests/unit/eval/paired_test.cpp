// Differences between two classifiers on the same samples, and their paired intervals.
#include "sdmae/eval/paired.hpp"

#include <cmath>
#include <vector>

#include "catch.hpp"
#include "sdmae/eval/against_rest.hpp"
#include "unit/io/test_files.hpp"

namespace {

using sdmae::index;
using namespace sdmae::eval;

/// Two classifiers of slides of three classes that find the same slides hard; the second is right a little more often.
struct two_classifiers {
  std::vector<index> truth, groups;
  std::vector<double> first, second;

  two_classifiers() {
    sdmae::random_sequence random(9, sdmae::stream::test);
    for (index slide = 0; slide < 30; ++slide) {
      const double hard = 1.2 * random.uniform();
      for (index i = 0; i < 8; ++i) {
        truth.push_back(slide % 3);
        groups.push_back(100 - slide);
        add(first, hard + 0.4 * random.uniform());
        add(second, hard + 0.4 * random.uniform() - 0.1);
      }
    }
  }
  void add(std::vector<double>& scores, double doubt) {
    const index label = truth.back();
    for (index c = 0; c < 3; ++c) scores.push_back(c == label ? 1 : c == (label + 1) % 3 ? doubt : 0.1);
  }
  std::vector<paired_figure> compared() const { return compare({first}, {second}, truth, 3, groups); }
};

double width(const interval& bounds) { return bounds.high - bounds.low; }

}  // namespace

TEST_CASE("a classifier compared with itself differs by exactly nothing") {
  const two_classifiers two;
  for (const paired_figure& one : compare({two.first}, {two.first}, two.truth, 3, two.groups)) {
    CHECK(one.first == one.second);
    CHECK(one.difference == 0);
    CHECK(one.bounds.low == 0);
    CHECK(one.bounds.high == 0);
  }
}

TEST_CASE("who is second decides the sign of a difference, and of its interval") {
  const two_classifiers two;
  const auto there = two.compared(), back = compare({two.second}, {two.first}, two.truth, 3, two.groups);
  REQUIRE(there.size() == 11);
  CHECK(there[0].difference > 0);
  for (std::size_t k = 0; k < there.size(); ++k) {
    CHECK(there[k].name == back[k].name);
    CHECK(there[k].difference == -back[k].difference);
    CHECK(there[k].bounds.low == Approx(-back[k].bounds.high).margin(1e-12));
    CHECK(there[k].bounds.high == Approx(-back[k].bounds.low).margin(1e-12));
  }
}

TEST_CASE("both are judged as each alone, on the same replicates") {
  const two_classifiers two;
  const auto both = two.compared();
  const auto first = judge(two.first, two.truth, 3, two.groups), second = judge(two.second, two.truth, 3, two.groups);
  for (std::size_t k = 0; k < both.size(); ++k) {
    CHECK(both[k].name == first[k].name);
    CHECK(both[k].first == first[k].value);
    CHECK(both[k].second == second[k].value);
    CHECK(both[k].of_first.low == first[k].bounds.low);
    CHECK(both[k].of_first.high == first[k].bounds.high);
    CHECK(both[k].of_second.low == second[k].bounds.low);
    CHECK(both[k].of_second.high == second[k].bounds.high);
  }
  // A first one that is always right: the difference's interval is the second's own, less 1.
  std::vector<double> right(two.first.size());
  for (std::size_t i = 0; i < two.truth.size(); ++i) right[3 * i + static_cast<std::size_t>(two.truth[i])] = 1;
  const auto against_right = compare({right}, {two.second}, two.truth, 3, two.groups);
  CHECK(against_right[0].bounds.low == Approx(second[0].bounds.low - 1).margin(1e-12));
  CHECK(against_right[0].bounds.high == Approx(second[0].bounds.high - 1).margin(1e-12));
}

TEST_CASE("a paired difference by hand") {
  // Two slides of each class. The second classifier loses the first slide of class 0 and gains the second of class 1.
  const std::vector<index> truth{0, 0, 1, 1}, groups{0, 1, 2, 3};
  const std::vector<double> first{0.9, 0.1, 0.8, 0.2, 0.3, 0.7, 0.6, 0.4};
  const std::vector<double> second{0.4, 0.6, 0.8, 0.2, 0.3, 0.7, 0.1, 0.9};
  const auto both = compare({first}, {second}, truth, 2, groups);
  CHECK(both[0].first == 0.75);
  CHECK(both[0].second == 0.75);
  CHECK(both[0].difference == 0);
  // A replicate draws j of two times the lost slide and k of two times the gained one: (k − j)/4 in accuracy, ±1/2 with
  // probability 1/16 each, which is more than the 2.5 % of a tail.
  CHECK(both[0].bounds.low == -0.5);
  CHECK(both[0].bounds.high == 0.5);
  CHECK(both[6].name == "roc_auc");
  CHECK(both[6].first == 1);
  CHECK(both[6].second == 1);
}

TEST_CASE("of several runs the mean counts, in each replicate, too") {
  const two_classifiers two;
  const auto means = compare({two.first, two.second, two.second}, {two.first, two.second}, two.truth, 3, two.groups);
  const auto pair = two.compared();
  for (std::size_t k = 0; k < means.size(); ++k) {
    CHECK(means[k].first == Approx(pair[k].first / 3 + 2 * pair[k].second / 3));
    CHECK(means[k].second == Approx(pair[k].first / 2 + pair[k].second / 2));
    // In every replicate the difference is −1/6 of that of the pair.
    CHECK(means[k].difference == Approx(-pair[k].difference / 6).margin(1e-12));
    CHECK(means[k].bounds.low == Approx(-pair[k].bounds.high / 6).margin(1e-12));
    CHECK(means[k].bounds.high == Approx(-pair[k].bounds.low / 6).margin(1e-12));
  }
  CHECK_THAT(error_line([&] { compare({}, {two.first}, two.truth, 3); }), says("of no run"));
}

TEST_CASE("a paired interval is narrower than that of two classifiers judged apart") {
  const two_classifiers two;
  const auto both = two.compared();
  const auto first = judge(two.first, two.truth, 3, two.groups, {.seed = 1});
  const auto second = judge(two.second, two.truth, 3, two.groups, {.seed = 2});
  for (const std::size_t k : {0, 1, 2, 3}) {
    const double apart = std::hypot(width(first[k].bounds), width(second[k].bounds));
    CHECK(width(both[k].bounds) > 0);
    CHECK(width(both[k].bounds) < 0.6 * apart);
  }
}

TEST_CASE("one class against the rest is judged by the sum of the others' probabilities") {
  const std::vector<double> scores{0.4, 0.35, 0.25, 0.6, 0.3, 0.1, 0.1, 0.2, 0.7};
  const two_class_task task = against_rest(scores, std::vector<index>{0, 0, 2}, 3, 0);
  CHECK(task.truth == std::vector<index>{1, 1, 0});
  REQUIRE(task.scores.size() == 6);
  CHECK(task.scores[0] == Approx(0.6));
  CHECK(task.scores[1] == 0.4);
  CHECK(task.scores[5] == 0.1);
  // The first sample's best class of three is 0; against the rest together it is not.
  CHECK(best_class(task.scores, 2) == std::vector<index>{0, 1, 0});
}

TEST_CASE("scores that do not fit the labels are refused, whichever side they are on") {
  const two_classifiers two;
  std::vector<double> broken = two.first;
  broken[4] = undefined;
  CHECK_THAT(error_line([&] { compare({broken}, {two.second}, two.truth, 3); }), says("not finite"));
  CHECK_THAT(error_line([&] { compare({two.first}, {broken}, two.truth, 3); }), says("not finite"));
  broken.pop_back();
  CHECK_THAT(error_line([&] { compare({two.first}, {broken}, two.truth, 3); }), says("719 numbers for 240 samples"));
}
