// expect: hidden and bottleneck must be at least 1
#include "sdmae/core/shapes.hpp"

#ifdef SDMAE_SHOULD_COMPILE
constexpr sdmae::head_shape shape{.hidden = 8, .bottleneck = 8, .prototypes = 8};
#else
constexpr sdmae::head_shape shape{.hidden = 8, .bottleneck = 0, .prototypes = 8};
#endif

template struct sdmae::checked_head<shape>;
