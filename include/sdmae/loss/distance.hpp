// How far a painted value is from its target: a function of their difference, and its derivative.
#pragma once

#include <cmath>

#include "sdmae/core/config.hpp"

namespace sdmae::loss::distance {

/// e², the released one.
struct squared {
  static constexpr const char* name = "squared";
  template <class T>
  SDMAE_HOST_DEVICE static T value(T e) {
    return e * e;
  }
  template <class T>
  SDMAE_HOST_DEVICE static T slope(T e) {
    return T(2) * e;
  }
};

/// |e|, whose derivative at 0 is taken as 0.
struct absolute {
  static constexpr const char* name = "absolute";
  template <class T>
  SDMAE_HOST_DEVICE static T value(T e) {
    return e < T(0) ? -e : e;
  }
  template <class T>
  SDMAE_HOST_DEVICE static T slope(T e) {
    return T(e > T(0)) - T(e < T(0));
  }
};

/// e²/2 where |e| < 1, |e| − ½ beyond (Girshick, arXiv 1504.08083, eq. 3).
struct smooth_l1 {
  static constexpr const char* name = "smooth_l1";
  template <class T>
  SDMAE_HOST_DEVICE static T value(T e) {
    const T size = absolute::value(e);
    return size < T(1) ? T(0.5) * e * e : size - T(0.5);
  }
  template <class T>
  SDMAE_HOST_DEVICE static T slope(T e) {
    return absolute::value(e) < T(1) ? e : absolute::slope(e);
  }
};

}  // namespace sdmae::loss::distance
