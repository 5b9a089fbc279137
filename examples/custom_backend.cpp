// A backend of one's own: the eight operations that one must bring, as plain loops. The rest (linear layers, attention,
// layer norm, AdamW) it inherits. Runs the library's proof on it.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "sdmae/backend/defaults.hpp"
#include "sdmae/backend/host_memory.hpp"
#include "sdmae/testing/conformance.hpp"

namespace mine {
using sdmae::index, sdmae::operand, sdmae::column_view;

class plain_backend : public sdmae::backend_defaults<plain_backend, float> {
 public:
  sdmae::host_memory allocate(std::size_t bytes) { return sdmae::host_memory(bytes); }
  void copy_in(auto* to, const auto* from, index count) { std::copy_n(from, count, to); }
  void copy_out(auto* to, const auto* from, index count) { std::copy_n(from, count, to); }
  void synchronise() {}

  void map(index rows, index width, auto f) {
    for (index i = 0; i < rows * width; ++i) f(i / width, i % width);
  }
  template <class Reduction, class A>
  void reduce_rows(Reduction, column_view<A> out, index width, auto f) {
    for (index r = 0; r < out.rows(); ++r) {
      constexpr bool sum = std::is_same_v<Reduction, sdmae::reduction::sum>;
      A result = sum || width == 0 ? A(0) : static_cast<A>(f(r, 0));
      for (index c = sum ? 0 : 1; c < width; ++c)
        result = sum ? result + static_cast<A>(f(r, c)) : std::max(result, static_cast<A>(f(r, c)));
      out(r, 0) = result;
    }
  }
  template <class A>
  void reduce_columns(A* out, index rows, index width, auto f) {
    map(rows, width, [=](index r, index c) { out[c] += static_cast<A>(f(r, c)); });
  }
  void product(sdmae::product_shape s, float alpha, operand<const float> a, operand<const float> b, operand<float> c,
               bool accumulate) {
    const auto at = [](auto& o, index i, index row, index column) -> auto& {
      return o.data[i * o.batch_stride + row * o.row_stride + column * o.column_stride];
    };
    map(s.batch * s.rows, s.columns, [=](index r, index column) {
      float sum = accumulate ? at(c, r / s.rows, r % s.rows, column) : 0;
      for (index k = 0; k < s.depth; ++k)
        sum = std::fma(alpha * at(a, r / s.rows, r % s.rows, k), at(b, r / s.rows, k, column), sum);
      at(c, r / s.rows, r % s.rows, column) = sum;
    });
  }
};
static_assert(sdmae::tensor_backend<plain_backend>);
}  // namespace mine

int main() {
  mine::plain_backend backend;
  const auto found = sdmae::testing::check_backend(backend);
  std::printf("%zu checks\n%s", found.size(), sdmae::testing::failures(found).c_str());
  return sdmae::testing::failures(found).empty() ? 0 : 1;
}
