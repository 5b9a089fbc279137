// How often this program has asked for memory. Counted at malloc: Eigen and the C library do not go through operator
// new.
#pragma once

#include <atomic>

extern std::atomic<long> allocations;
