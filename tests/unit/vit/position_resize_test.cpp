// Position tables for another grid: PyTorch's numbers, and what holds whatever the numbers.
#include "sdmae/vit/position_resize.hpp"

#include "catch.hpp"

#if defined(SDMAE_TEST_HAS_checkpoint)
#include "sdmae/io/safetensors.hpp"
#include "unit/io/test_files.hpp"
#endif

using sdmae::vit::patch_grid;

TEST_CASE("a grid stays itself, and a constant table constant") {
  std::vector<double> table;
  for (int i = 0; i < (2 + 3 * 4) * 5; ++i) table.push_back(0.1 * i * i - i);
  CHECK(sdmae::vit::resize_positions(table, 5, 2, {3, 4}, {3, 4}) == table);
  const std::vector<float> same(4 * 2, 0.75f);
  for (const float value : sdmae::vit::resize_positions(same, 2, 0, {2, 2}, {5, 7}))
    CHECK(value == Approx(0.75).epsilon(1e-6));
}

TEST_CASE("the class row stays; away from the border a slope stays a slope") {
  constexpr int from = 8, to = 16;
  std::vector<double> table{-5};
  for (int y = 0; y < from; ++y)
    for (int x = 0; x < from; ++x) table.push_back(3 * (y + 0.5) / from - (x + 0.5) / from);
  const auto resized = sdmae::vit::resize_positions(table, 1, 1, {from, from}, {to, to});
  REQUIRE(resized.size() == 1 + to * to);
  CHECK(resized[0] == -5);
  // A kernel of a = -0.75 does not reproduce a slope exactly: a quarter pixel from a center it is off by 3/64 pixel.
  for (int y = 4; y < to - 4; ++y)
    for (int x = 4; x < to - 4; ++x)
      CHECK(resized[static_cast<std::size_t>(1 + y * to + x)] ==
            Approx(3 * (y + 0.5) / to - (x + 0.5) / to).margin((3 + 1) * 3.0 / 64 / from));
}

TEST_CASE("a count of patches is a square grid or none") {
  CHECK(sdmae::vit::square_grid(196) == patch_grid{14, 14});
  CHECK(sdmae::vit::square_grid(1) == patch_grid{1, 1});
  CHECK(!sdmae::vit::square_grid(197));
  CHECK(!sdmae::vit::square_grid(0));
  CHECK(!sdmae::vit::square_grid(-1));
}

#if defined(SDMAE_TEST_HAS_checkpoint)
TEST_CASE("tables resized by PyTorch, larger, oblong and smaller, within 1e-5") {
  const sdmae::safetensors_file golden(golden_file("interop/positions.safetensors"));
  for (const std::string name : {"larger", "oblong", "smaller"}) {
    INFO(name);
    const auto grids = golden.read<sdmae::index>(name + ".grids");
    const auto wanted = golden.read<float>(name + ".to");
    const auto got =
        sdmae::vit::resize_positions(golden.read<float>(name + ".from"), golden.info(name + ".to").shape[1], 1,
                                     {grids[0], grids[1]}, {grids[2], grids[3]});
    REQUIRE(got.size() == wanted.size());
    for (std::size_t i = 0; i < got.size(); ++i) REQUIRE(got[i] == Approx(wanted[i]).epsilon(1e-5).margin(1e-6));
  }
}
#endif
