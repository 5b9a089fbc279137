// Catch2 3 (Debian 13) or 2 (Debian 12), whichever is installed; what our tests use is spelled the same in both.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
