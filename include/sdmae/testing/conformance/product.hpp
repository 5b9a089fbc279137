// Conformance of the strided, batched product.
#pragma once

#include <string>
#include <vector>

#include "sdmae/testing/conformance/examiner.hpp"

namespace sdmae::testing {

/// Where the matrices of a batch lie: dense; transposed; rows with room behind them; side by side in one wide table, as
/// attention heads are.
enum class layout { dense, transposed, spaced, side_by_side };
inline constexpr layout layouts[] = {layout::dense, layout::transposed, layout::spaced, layout::side_by_side};

/// A batch of [rows, columns] matrices in one buffer: strides, and the buffer's size.
struct placement {
  index row_stride, column_stride, batch_stride, size;

  placement(layout how, index rows, index columns, index batch) {
    row_stride = how == layout::transposed     ? 1
                 : how == layout::spaced       ? columns + 3
                 : how == layout::side_by_side ? columns * batch
                                               : columns;
    column_stride = how == layout::transposed ? rows : 1;
    batch_stride = how == layout::side_by_side ? columns
                   : how == layout::spaced     ? rows * row_stride + 5
                                               : rows * columns;
    size = how == layout::side_by_side ? rows * columns * batch : batch_stride * batch;
  }
  std::size_t at(index i, index r, index c) const {
    return static_cast<std::size_t>(i * batch_stride + r * row_stride + c * column_stride);
  }
};

struct product_layouts {
  layout a, b, c;
};

/// c = alpha·a·b (+ c) for one shape. What lies between the matrices of c must stay as it is.
template <tensor_backend B>
void check_product(examiner<B>& e, product_shape s, product_layouts how, double scale, bool accumulate) {
  using T = scalar_of<B>;
  using textbook::real;
  const placement a(how.a, s.rows, s.depth, s.batch), b(how.b, s.depth, s.columns, s.batch),
      c(how.c, s.rows, s.columns, s.batch);
  const auto left = e.draw(a.size), right = e.draw(b.size), old = e.draw(c.size);
  std::vector<T> start(poison<T>(c.size));
  std::vector<bool> inside(start.size());
  std::vector<real> expected(start.size());
  for (index i = 0; i < s.batch; ++i)
    for (index r = 0; r < s.rows; ++r)
      for (index column = 0; column < s.columns; ++column) {
        const std::size_t at = c.at(i, r, column);
        inside[at] = true;
        if (accumulate) start[at] = old[at];
        real sum = 0;
        for (index k = 0; k < s.depth; ++k) sum += real(left[a.at(i, r, k)]) * real(right[b.at(i, k, column)]);
        expected[at] = real(T(scale)) * sum + (accumulate ? real(old[at]) : 0);
      }
  guarded<B> x(e.backend, left), y(e.backend, right), out(e.backend, start);
  e.backend.product(s, T(scale), operand<const T>{x.data(), a.row_stride, a.column_stride, a.batch_stride},
                    operand<const T>{y.data(), b.row_stride, b.column_stride, b.batch_stride},
                    operand<T>{out.data(), c.row_stride, c.column_stride, c.batch_stride}, accumulate);
  std::vector<T> got = out.read();
  bool between = true;
  for (std::size_t i = 0; i < got.size(); ++i)
    if (!inside[i]) {
      between = between && is_poison(got[i]);
      got[i] = T(0);
    }
  const std::string name = shaped(std::string("product") + (accumulate ? ", accumulated" : ""),
                                  {s.rows, s.columns, s.depth, s.batch, index(how.a), index(how.b), index(how.c)});
  if (!between) e.found.push_back(judged(name + ", wrote between its matrices", false));
  out.write(got);
  e.compare(name, out, expected, tolerance<T>::sum);
}

template <tensor_backend B>
void check_products(examiner<B>& e) {
  constexpr product_shape shapes[] = {{1, 1, 1, 1}, {1, 5, 3, 2}, {7, 1, 9, 1},    {13, 17, 1, 3},  {5, 4, 0, 1},
                                      {0, 3, 4, 2}, {3, 4, 5, 0}, {33, 31, 65, 1}, {12, 32, 16, 2}, {50, 67, 129, 1}};
  for (const product_shape& s : shapes)
    for (const bool accumulate : {false, true}) {
      check_product(e, s, {layout::dense, layout::dense, layout::dense}, 1.0, accumulate);
      check_product(e, s, {layout::transposed, layout::spaced, layout::spaced}, -0.625, accumulate);
    }
  for (const layout a : layouts)
    for (const layout b : layouts)
      for (const layout c : layouts) check_product(e, {6, 11, 9, 3}, {a, b, c}, 0.5, a == layout::dense);
}

}  // namespace sdmae::testing
