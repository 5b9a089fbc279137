// hdf5 <folder>: 50,000 tiles of PCam's size and layout (1.3 GiB unpacked) go through the loader, as programs open them
// and training pulls them, in less than 300 MiB of resident memory.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "sdmae/data/loader.hpp"
#include "support/open_tiles.hpp"
#include "unit/data/hdf5_writer.hpp"

namespace {

namespace fs = std::filesystem;
using sdmae::index;

constexpr index tiles = 50'000, side = 96, bytes = side * side * 3, chunk = 16;

std::uint8_t value_of(index i) { return static_cast<std::uint8_t>(i % 251); }

/// Tile i has the value i % 251 everywhere and the label i % 2; gzip at level 1.
void write(const fs::path& pictures, const fs::path& labels) {
  constexpr index part = 400;
  hdf5_writer writer(pictures);
  const hid_t set = writer.add("x", H5T_STD_U8LE, {tiles, side, side, 3}, chunk, 1);
  std::vector<std::uint8_t> some(static_cast<std::size_t>(part * bytes)), y;
  for (index first = 0; first < tiles; first += part) {
    for (index i = 0; i < part; ++i) std::fill_n(some.begin() + i * bytes, bytes, value_of(first + i));
    const std::vector<hsize_t> start{static_cast<hsize_t>(first), 0, 0, 0}, extent{part, side, side, 3};
    const hid_t from = H5Screate_simple(4, extent.data(), nullptr), to = H5Dget_space(set);
    H5Sselect_hyperslab(to, H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr);
    H5Dwrite(set, H5T_NATIVE_UINT8, from, to, H5P_DEFAULT, some.data());
    H5Sclose(from);
    H5Sclose(to);
  }
  H5Dclose(set);
  for (index i = 0; i < tiles; ++i) y.push_back(static_cast<std::uint8_t>(i % 2));
  hdf5_writer(labels).write("y", H5T_STD_U8LE, {tiles, 1, 1, 1}, y, H5T_NATIVE_UINT8);
}

/// The most that was resident at once, in MiB; 0 where the system does not tell.
double peak_mebibytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmHWM:", 0) == 0) return std::stod(line.substr(6)) / 1024;
  return 0;
}

/// How many of the first `steps` batches' tiles come out as they went in.
index pull(const program::tile_source& data, bool shuffle, index steps) {
  constexpr index batch = 100;
  sdmae::loader_settings settings;
  settings.height = settings.width = side;
  settings.batch = batch;
  settings.shuffle = shuffle;
  settings.threads = 2;
  if (!shuffle) settings.augment.part = sdmae::cropping::whole;
  sdmae::loader<program::tile_source> images(data, settings);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(batch * bytes));
  index right = 0;
  for (index step = 0; step < steps; ++step, images.advance()) {
    images.next(batch, pixels.data());
    for (index i = 0; i < batch; ++i) {
      const std::uint8_t* const tile = pixels.data() + i * bytes;
      const std::uint8_t value = value_of(images.samples()[static_cast<std::size_t>(i)]);
      right += std::all_of(tile, tile + bytes, [&](std::uint8_t byte) { return byte == value; });
    }
  }
  return right;
}

int judge(const fs::path& folder) {
  const fs::path pictures = folder / "many_x.h5", labels = folder / "many_y.h5";
  write(pictures, labels);
  index in_order = 0, shuffled = 0, named = 0;
  {
    const auto data = program::open_tiles(pictures.string(), side, {}, sdmae::interpolation::bilinear, true);
    in_order = pull(*data, false, tiles / 100);
    shuffled = pull(*data, true, 10);  // every tile costs a chunk
    for (index i = 0; i < tiles; ++i) named += data->labels[static_cast<std::size_t>(i)] == (i % 2 == 0 ? "0" : "1");
  }
  fs::remove(pictures);
  fs::remove(labels);
  const double peak = peak_mebibytes();
  std::printf("%td of %td tiles in order, %td of 1000 shuffled, %td labels are right; at most %.0f MiB were resident\n",
              in_order, tiles, shuffled, named, peak);
  if (in_order != tiles || shuffled != 1000 || named != tiles || peak >= 300) return 1;
  if (peak > 0) return 0;
  std::printf("check skipped: this system does not tell how much memory a program has taken\n");
  return 77;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return argc == 2 ? judge(argv[1]) : 2;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    return 1;
  }
}
