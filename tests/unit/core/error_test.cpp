// Errors are one line: where, what, remedy.
#include "sdmae/core/error.hpp"

#include "catch.hpp"

TEST_CASE("an error is one line and keeps its parts") {
  const sdmae::error with("file\nname", "is\rbroken", "replace it");
  CHECK(std::string(with.what()) == "file name: is broken; replace it");
  CHECK(with.where() == "file\nname");
  CHECK(with.remedy() == "replace it");
  CHECK(std::string(sdmae::error("a", "b", "").what()) == "a: b");
}
