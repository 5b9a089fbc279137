// What happens to an element of a product before it is stored, while it is still in a register:
// y(r, c) = epilogue(r, c, v). A backend may recognise the types; calling them is always right. None may read y itself,
// whose old values are gone by then, except accumulate, which is a request to the product. `beside(r, c)` is where an
// epilogue reads or writes another matrix of y's shape: a backend may fetch it ahead.
#pragma once

#include "sdmae/backend/functions.hpp"
#include "sdmae/core/view.hpp"

namespace sdmae::epilogue {

/// y = v
struct store {
  template <class T>
  SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE T operator()(index, index, T v) const {
    return v;
  }
};

/// y += v: the sum starts from what is in y.
struct accumulate : store {};

/// pre = v, y = gelu(v)
template <class T, index Width>
struct gelu {
  rows_view<T, Width> pre;
  SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE T operator()(index r, index c, T v) const {
    pre(r, c) = v;
    return sdmae::gelu(v);
  }
  const T* beside(index r, index c) const { return &pre(r, c); }
};

/// y = v · gelu'(pre)
template <class T, index Width>
struct gelu_gradient {
  rows_view<const T, Width> pre;
  SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE T operator()(index r, index c, T v) const {
    return v * gelu_derivative(pre(r, c));
  }
  const T* beside(index r, index c) const { return &pre(r, c); }
};

/// y = x + v
template <class T, index Width>
struct residual {
  rows_view<const T, Width> x;
  SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE T operator()(index r, index c, T v) const { return x(r, c) + v; }
  const T* beside(index r, index c) const { return &x(r, c); }
};

/// branch = v, y = x + gamma · v (layer scale: Touvron et al., arXiv 2103.17239, eq. 4)
template <class T, index Width>
struct scaled_residual {
  rows_view<const T, Width> x;
  vector_view<const T, Width> gamma;
  rows_view<T, Width> branch;
  SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE T operator()(index r, index c, T v) const {
    branch(r, c) = v;
    return x(r, c) + gamma(c) * v;
  }
};

/// y = x + keep(image) · branch, whatever `Branch` makes of v: x + v or x + gamma · v (stochastic depth: Huang et al.,
/// arXiv 1603.09382). Row r belongs to image r / tokens.
template <class T, class Branch>
struct kept {
  Branch branch;
  column_view<const T> keep;
  index tokens;
  SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE T operator()(index r, index c, T v) const {
    const T x = branch.x(r, c);
    return x + keep(r / tokens, 0) * (branch(r, c, v) - x);
  }
};

/// y = v + table(row(r), c): a position added to every token.
template <class T, index Width>
struct add_rows {
  rows_view<const T, Width> table;
  const std::int32_t* row;
  SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE T operator()(index r, index c, T v) const { return v + table(row[r], c); }
};

}  // namespace sdmae::epilogue
