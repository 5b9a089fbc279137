// NumPy's format: what xtensor reads back, and what is taken up again.
#include "sdmae/io/npy.hpp"

#include <memory>
#include <numeric>
#include <vector>
#include <xtensor/xnpy.hpp>
#include <xtensor/xtensor.hpp>

#include "catch.hpp"
#include "unit/io/test_files.hpp"

namespace {

std::vector<float> numbers(std::size_t count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), 0.5f);
  return values;
}

TEST_CASE("another reader gets the matrix back") {
  const temporary_folder folder;
  const std::vector<float> values = numbers(15);
  for (const sdmae::index width : {3, 5}) {
    sdmae::npy_rows rows(folder / "m.npy", 15 / width, width, "key");
    rows.append(values.data(), 2);
    rows.append(values.data() + 2 * width, 15 / width - 2);
    rows.finish();
    const auto read = xt::load_npy<float>((folder / "m.npy").string());
    REQUIRE(read.dimension() == 2);
    CHECK(read.shape()[1] == static_cast<std::size_t>(width));
    CHECK(std::equal(values.begin(), values.end(), read.begin()));
  }
  CHECK(folder.names().size() == 1);
  CHECK(sdmae::npy_header(7, 9).size() % 64 == 0);
  CHECK(sdmae::npy_header(1000000, 123456).size() % 64 == 0);
}

TEST_CASE("without a row nothing is left behind, with one what there is") {
  const temporary_folder folder;
  const std::vector<float> values = numbers(3);
  sdmae::npy_rows(folder / "m.npy", 2, 3, "key");
  CHECK(folder.names().empty());
  sdmae::npy_rows(folder / "m.npy", 2, 3, "key").append(values.data(), 1);
  CHECK(folder.names() == std::vector<std::string>{"m.npy.key.unfinished"});
}

TEST_CASE("rows are taken up where they ended, by the same kind of run only") {
  const temporary_folder folder;
  const std::vector<float> values = numbers(20);
  const auto start = [&](const char* key, sdmae::index rows = 5) {
    return std::make_unique<sdmae::npy_rows>(folder / "m.npy", rows, 4, key);
  };
  start("a")->append(values.data(), 3);
  CHECK(!std::filesystem::exists(folder / "m.npy"));
  CHECK(start("b")->done() == 0);
  CHECK(start("a")->done() == 3);
  const auto path = folder / "m.npy.a.unfinished";
  put_bytes(path, bytes_of(path).substr(0, bytes_of(path).size() - 5));  // in the middle of a row
  {
    const auto rows = start("a");
    REQUIRE(rows->done() == 2);
    CHECK_THAT(error_line([&] { start("a"); }), says("somebody else is writing it"));
    CHECK_THAT(error_line([&] { rows->finish(); }), says("2 of 5 rows are written"));
    rows->append(values.data() + 8, 3);
    rows->finish();
  }
  const auto read = xt::load_npy<float>((folder / "m.npy").string());
  CHECK(std::equal(values.begin(), values.end(), read.begin()));
  start("a")->append(values.data(), 3);
  CHECK(start("a", 6)->done() == 0);  // another matrix
  CHECK_THAT(error_line([&] { sdmae::npy_rows rows(folder / "no/m.npy", 1, 1, "a"); }), says("cannot create"));
}

}  // namespace
