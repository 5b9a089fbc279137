// What the conformance checks share: drawing inputs, comparing outputs, keeping the findings.
#pragma once

#include <string>
#include <vector>

#include "sdmae/backend/concept.hpp"
#include "sdmae/core/random.hpp"
#include "sdmae/testing/finding.hpp"
#include "sdmae/testing/guarded.hpp"
#include "sdmae/testing/textbook.hpp"
#include "sdmae/testing/tolerance.hpp"

namespace sdmae::testing {

template <tensor_backend B>
class examiner {
 public:
  using T = scalar_of<B>;
  explicit examiner(B& examined) : backend(examined) {}

  B& backend;
  findings found;

  /// `count` values in [−size, size), on both sides of zero. Every call draws others.
  std::vector<T> draw(index count, double size = 2.0) {
    random_sequence numbers(2026, stream::test, 0, ++drawn_);
    std::vector<T> values(static_cast<std::size_t>(count));
    for (T& value : values) value = T(numbers.uniform(-size, size));
    return values;
  }

  /// Records how far `got` is from `expected`, and whether its neighbours were left alone.
  template <class V, class Expected>
  void compare(const std::string& what, guarded<B, V>& got, const std::vector<Expected>& expected, double bound) {
    const std::vector<V> values = got.read();
    textbook::real largest = 1;  // that of the inputs: a single result may be small because its terms cancel
    for (const Expected& value : expected) largest = std::fmax(largest, std::fabs(textbook::real(value)));
    double error = values.size() == expected.size() ? 0 : HUGE_VAL;
    for (std::size_t i = 0; i < values.size() && i < expected.size(); ++i) {
      const textbook::real wanted = expected[i], value = values[i];
      if (value == wanted) continue;  // infinities too
      error = worse(double(std::fabs(value - wanted) / largest), error);
    }
    found.push_back(judged(what, error, bound, hash_of(values)));
    if (!got.intact()) found.push_back(judged(what + ", wrote outside its output", false));
  }

 private:
  std::uint64_t drawn_ = 0;
};

/// "name [3, 17]"
inline std::string shaped(const std::string& name, std::initializer_list<index> extents) {
  std::string text = name + " [";
  for (index extent : extents) text += (text.back() == '[' ? "" : ", ") + std::to_string(extent);
  return text + "]";
}

}  // namespace sdmae::testing
