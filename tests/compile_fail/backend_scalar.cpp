// expect: sdmae::eigen_backend computes in float or double
#include "sdmae/backend/eigen.hpp"

#ifdef SDMAE_SHOULD_COMPILE
template class sdmae::eigen_backend<double>;
#else
template class sdmae::eigen_backend<long double>;
#endif
