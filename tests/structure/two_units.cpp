// Compiled twice into one program: every function that a header defines must be inline or a template.
#include "all_headers.hpp"

#ifdef SDMAE_SECOND_UNIT
int second_unit() { return SDMAE_VERSION_MAJOR; }
#else
int second_unit();
int main() { return second_unit() == SDMAE_VERSION_MAJOR ? 0 : 1; }
#endif
