// Block-wise masks: each is what BEiT's procedure makes, told from the mask alone, from the rectangles that its random
// numbers stand for, and from how often each shape and place is drawn.
#include "sdmae/masking/block.hpp"

#include <cmath>
#include <map>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "sdmae/masking/grid.hpp"
#include "sdmae/masking/random.hpp"
#include "sdmae/testing/masks.hpp"

using namespace sdmae;
using sdmae::masking::request;

namespace {

struct rectangle {
  int top, start, height, width;
  bool holds(int row, int column) const {
    return row >= top && row < top + height && column >= start && column < start + width;
  }
};

/// Which patches of a grid are hidden.
struct picture {
  int height, width;
  std::vector<bool> hidden = std::vector<bool>(static_cast<std::size_t>(height * width));

  std::vector<bool>::reference at(int row, int column) {
    return hidden[static_cast<std::size_t>(row * width + column)];
  }
  int count() const { return int(std::count(hidden.begin(), hidden.end(), true)); }
  /// f(row, column, hidden) over a rectangle.
  template <class F>
  void each(const rectangle& a, F f) {
    for (int row = a.top; row < a.top + a.height; ++row)
      for (int column = a.start; column < a.start + a.width; ++column) f(row, column, at(row, column));
  }
  bool all(const rectangle& a) {
    bool whole = true;
    each(a, [&](int, int, bool is) { whole = whole && is; });
    return whole;
  }
  void fill(const rectangle& a) {
    each(a, [](int, int, std::vector<bool>::reference is) { is = true; });
  }
};

template <class Mask>
picture drawn(const Mask& mask, const request& r) {
  picture p{int(r.grid_height), int(r.grid_width)};
  const auto order = testing::drawn_mask(mask, r);
  for (auto i = static_cast<std::size_t>(mask.visible(r.patches())); i < order.size(); ++i)
    p.hidden[static_cast<std::size_t>(order[i])] = true;
  return p;
}

/// Does some area of at least `smallest`, up to `largest`, and some aspect within range round to this shape?
bool comes_from_an_area(const masking::block& rule, int height, int width, double largest) {
  constexpr int steps = 40;
  for (int i = 0; i <= steps; ++i)
    for (int j = 0; j <= steps; ++j) {
      const double h = height - 0.5 + double(i) / steps, w = width - 0.5 + double(j) / steps;
      if (h * w >= double(rule.smallest) && h * w <= largest && h / w >= rule.narrowest && w / h >= rule.narrowest)
        return true;
    }
  return false;
}

/// Shapes that the rule makes on a grid: what comes from an area, cut to the grid where it is longer.
std::vector<std::pair<int, int>> shapes_of(const masking::block& rule, const picture& p, int masked) {
  std::vector<std::pair<int, int>> shapes;
  const double largest = std::max(double(rule.smallest), double(masked));
  for (int height = 1; height <= 2 * masked; ++height)
    for (int width = 1; width <= 2 * masked; ++width)
      if (comes_from_an_area(rule, height, width, largest))
        shapes.emplace_back(std::min(height, p.height), std::min(width, p.width));
  std::sort(shapes.begin(), shapes.end());
  shapes.erase(std::unique(shapes.begin(), shapes.end()), shapes.end());
  return shapes;
}

template <class F>
void each_place(const picture& p, std::pair<int, int> shape, F f) {
  for (int top = 0; top + shape.first <= p.height; ++top)
    for (int start = 0; start + shape.second <= p.width; ++start) f(rectangle{top, start, shape.first, shape.second});
}

/// A union of such rectangles, all whole but for the last: what no whole one covers lies within one.
bool is_union_of(const std::vector<std::pair<int, int>>& shapes, picture p) {
  picture whole{p.height, p.width};
  for (const auto& shape : shapes)
    each_place(p, shape, [&](const rectangle& a) {
      if (p.all(a)) whole.fill(a);
    });
  std::vector<std::pair<int, int>> rest;
  p.each({0, 0, p.height, p.width}, [&](int row, int column, bool is) {
    if (is && !whole.at(row, column)) rest.emplace_back(row, column);
  });
  bool fits = rest.empty();
  for (const auto& shape : shapes)
    each_place(p, shape, [&](const rectangle& a) {
      fits =
          fits || std::all_of(rest.begin(), rest.end(), [&](const auto& at) { return a.holds(at.first, at.second); });
    });
  return fits;
}

/// Of 300 draws, how many are no union of the rule's rectangles.
template <class Mask>
int strays(const Mask& mask, const masking::block& rule, request r) {
  const picture empty{int(r.grid_height), int(r.grid_width)};
  const auto shapes = shapes_of(rule, empty, int(r.patches() - mask.visible(r.patches())));
  int wrong = 0;
  for (r.sample = 0; r.sample < 300; ++r.sample) wrong += is_union_of(shapes, drawn(mask, r)) ? 0 : 1;
  return wrong;
}

/// The procedure once more, on a grid of flags: rectangles until `masked` patches are hidden. uniform(a, b): a number
/// in [a, b); below(n): one of 0, …, n − 1. Returns the picture before the last rectangle, and that rectangle.
template <class Uniform, class Below>
std::pair<picture, rectangle> beit(const masking::block& rule, picture p, int masked, Uniform uniform, Below below) {
  for (;;) {
    const double area = uniform(double(rule.smallest), std::max(double(rule.smallest), double(masked - p.count())));
    const double aspect = std::exp(uniform(std::log(rule.narrowest), -std::log(rule.narrowest)));
    rectangle a{};
    a.height = std::min(p.height, std::max(1, int(std::floor(std::sqrt(area * aspect) + 0.5))));
    a.width = std::min(p.width, std::max(1, int(std::floor(std::sqrt(area / aspect) + 0.5))));
    a.top = int(below(p.height - a.height + 1));
    a.start = int(below(p.width - a.width + 1));
    picture next = p;
    next.fill(a);
    if (next.count() >= masked) return {p, a};
    p = next;
  }
}

constexpr int tall = 14;
constexpr request square{.grid_height = tall, .grid_width = tall, .seed = 21};

}  // namespace

TEST_CASE("a block mask is a union of BEiT's rectangles, the last cut off") {
  for (const double ratio : {0.2, 0.4, 0.6})
    for (const request& r : {square, request{.grid_height = 10, .grid_width = 17, .seed = 5}}) {
      INFO(ratio << ", " << r.grid_height << " x " << r.grid_width);
      CHECK(strays(masking::block{.ratio = ratio}, {}, r) == 0);
    }
}

TEST_CASE("masks of other rules are no unions of BEiT's rectangles") {
  CHECK(strays(masking::random{.ratio = 0.4}, {}, square) == 300);
  CHECK(strays(masking::grid{.ratio = 0.4}, {}, square) == 300);
  CHECK(strays(masking::block{.ratio = 0.4, .smallest = 4}, {}, square) > 30);      // too small ones
  CHECK(strays(masking::block{.ratio = 0.4, .narrowest = 0.05}, {}, square) > 30);  // too narrow ones
}

TEST_CASE("a block mask hides the rectangles that its random numbers stand for") {
  for (const double ratio : {0.05, 0.3, 0.6, 0.9})
    for (request r : {square, request{.grid_height = 6, .grid_width = 9, .seed = 8, .epoch = 3}}) {
      const masking::block mask{.ratio = ratio};
      const int masked = int(r.patches() - mask.visible(r.patches()));
      if (masked == 0) continue;
      int wrong = 0;
      for (r.sample = 0; r.sample < 2000; ++r.sample) {
        random_sequence numbers(r.seed, stream::mask, r.epoch, r.sample);
        auto [before, last] = beit(
            mask, {int(r.grid_height), int(r.grid_width)}, masked,
            [&](double low, double high) { return low + (high - low) * numbers.uniform(); },
            [&](int count) { return numbers.below(static_cast<std::uint32_t>(count)); });
        picture found = drawn(mask, r);
        bool right = found.count() == masked;
        found.each({0, 0, found.height, found.width}, [&](int row, int column, bool is) {
          const bool must = before.at(row, column), may = must || last.holds(row, column);
          right = right && (is || !must) && (may || !is);
        });
        wrong += right ? 0 : 1;
      }
      INFO(ratio << ", " << r.grid_height << " x " << r.grid_width);
      CHECK(wrong == 0);
    }
}

namespace {

/// The rectangle that is all there is to a mask of `area` patches, cut off above or not; nothing for other masks.
std::optional<rectangle> only_rectangle(picture& p, int area) {
  rectangle box{p.height, p.width, 0, 0};
  p.each({0, 0, p.height, p.width}, [&](int row, int column, bool is) {
    if (is) box = {std::min(box.top, row), std::min(box.start, column), row + 1, std::max(box.width, column + 1)};
  });
  box.height -= box.top;
  box.width -= box.start;
  const int cut = box.height * box.width - area;
  picture expected{p.height, p.width};
  expected.fill(box);
  for (int i = 0; i < cut && i < box.width; ++i) expected.at(box.top, box.start + i) = false;
  if (expected.hidden != p.hidden) return {};
  return box;
}

/// How probable a shape is: the interval of the aspect's logarithm that rounds to it.
double probability(const masking::block& rule, double area, int height, int width) {
  const double reach = std::log(1 / rule.narrowest), side = std::sqrt(area);
  const double from = std::max({-reach, 2 * std::log((height - 0.5) / side), 2 * std::log(side / (width + 0.5))});
  const double to = std::min({reach, 2 * std::log((height + 0.5) / side), 2 * std::log(side / (width - 0.5))});
  return std::max(0.0, to - from) / (2 * reach);
}

}  // namespace

// Where as many patches are hidden as a rectangle is large at least, one rectangle is all there is to most masks.
TEST_CASE("shapes are drawn log-uniformly in their aspect, places uniformly") {
  constexpr int draws = 60'000, area = 30;
  const masking::block mask{.ratio = (area + 0.5) / (tall * tall), .smallest = area};
  std::map<int, std::map<std::pair<int, int>, int>> places;  // by width
  request r = square;
  for (r.sample = 0; r.sample < draws; ++r.sample) {
    picture p = drawn(mask, r);
    if (const auto only = only_rectangle(p, area)) ++places[only->width][{only->top, only->start}];
  }
  int uniform = 0;
  for (int width = 3; width <= 10; ++width) {
    const int height = (area + width - 1) / width;  // that is left of any higher one
    const double p = probability(mask, area, height, width), higher = probability(mask, area, height + 1, width);
    int seen = 0;
    for (const auto& [place, count] : places[width]) seen += count;
    INFO(height << " x " << width << ": " << seen << " of " << draws << ", expected " << (p + higher) * draws);
    // A second rectangle beside one that is too small may look like a single one.
    CHECK(std::fabs(seen - (p + higher) * draws) <= 5 * std::sqrt((p + higher) * draws) + draws / 500.0);
    const int room = (tall - height + 1) * (tall - width + 1);
    if (higher > 0 || seen < 20 * room) continue;
    double chi_square = 0;
    each_place(picture{tall, tall}, {height, width}, [&](const rectangle& a) {
      const double expected = double(seen) / room, count = places[width][{a.top, a.start}];
      chi_square += (count - expected) * (count - expected) / expected;
    });
    CHECK(std::fabs(chi_square - room) < 5 * std::sqrt(2.0 * room));
    ++uniform;
  }
  CHECK(uniform >= 3);
}

TEST_CASE("each patch is covered as often as by the procedure with other random numbers") {
  constexpr int draws = 20'000;
  const masking::block mask{.ratio = 0.4};
  const int masked = tall * tall - int(mask.visible(tall * tall));
  std::vector<double> ours(tall * tall), theirs(tall * tall);
  std::mt19937_64 engine(5);
  request r = square;
  for (r.sample = 0; r.sample < draws; ++r.sample) {
    const picture p = drawn(mask, r);
    auto [other, last] = beit(
        mask, {tall, tall}, masked,
        [&](double low, double high) { return std::uniform_real_distribution<double>(low, high)(engine); },
        [&](int count) { return std::uniform_int_distribution<int>(0, count - 1)(engine); });
    for (int row = last.top + last.height - 1; row >= last.top; --row)
      for (int column = last.start + last.width - 1; column >= last.start; --column)
        if (other.count() < masked) other.at(row, column) = true;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      ours[i] += p.hidden[i] ? 1.0 / draws : 0;
      theirs[i] += other.hidden[i] ? 1.0 / draws : 0;
    }
  }
  double error = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) error = std::max(error, std::fabs(ours[i] - theirs[i]));
  CHECK(error < 0.045);  // five deviations are 0.025; the last rectangle is not cut alike
  CHECK(ours[tall * tall / 2 + tall / 2] > ours[0] + 0.2);  // no coverage is even where rectangles lie within the grid
}

// Masks are part of every saved run: a change of the draw would change what --resume goes on with.
TEST_CASE("a block mask drawn once is drawn for ever") {
  const request r{.grid_height = 4, .grid_width = 6, .seed = 7, .epoch = 1, .sample = 42};
  const auto order = testing::drawn_mask(masking::block{.ratio = 0.5, .smallest = 4}, r);
  CHECK(std::vector<std::int32_t>(order.begin(), order.begin() + 12) ==
        std::vector<std::int32_t>{0, 5, 6, 7, 8, 9, 10, 11, 12, 17, 18, 23});
}
