// Owned host memory: aligned, moved, refused in words.
#include "sdmae/backend/host_memory.hpp"

#include <cstdint>
#include <limits>

#include "catch.hpp"

TEST_CASE("host memory is aligned and moves with its owner") {
  sdmae::host_memory one(100), none;
  CHECK(reinterpret_cast<std::uintptr_t>(one.data()) % 64 == 0);
  CHECK(none.data() == nullptr);
  std::byte* const kept = one.data();
  none = std::move(one);
  CHECK(none.data() == kept);
  const sdmae::host_memory last(std::move(none));
  CHECK(last.data() == kept);
}

TEST_CASE("more memory than there is is refused with a remedy") {
  CHECK_THROWS_AS(sdmae::host_memory(std::numeric_limits<std::size_t>::max() / 4), sdmae::error);
}
