// PCam's HDF5 files: pixels, labels, and what is refused. Memory: see streaming/hdf5.cpp.
#include "sdmae/data/hdf5.hpp"

#include <chrono>
#include <filesystem>
#include <numeric>
#include <thread>

#include "catch.hpp"
#include "unit/data/hdf5_writer.hpp"
#include "unit/io/test_files.hpp"

namespace {

using sdmae::index;

std::vector<std::uint8_t> noise(std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(i * 2654435761u >> 13);
  return bytes;
}

void write_images(const std::filesystem::path& path, const std::vector<hsize_t>& shape, hsize_t chunk, unsigned level,
                  const std::vector<hsize_t>& part = {}) {
  const auto values = std::accumulate(shape.begin(), shape.end(), hsize_t{1}, std::multiplies<>());
  hdf5_writer(path).write("x", H5T_STD_U8LE, shape, noise(values), H5T_NATIVE_UINT8, chunk, level, part);
}

TEST_CASE("pictures come out of HDF5 as they went in, however they are stored") {
  const temporary_folder folder;
  const auto expected = noise(7 * 4 * 5 * 3);
  struct layout {
    hsize_t chunk;
    unsigned level;
    std::vector<hsize_t> part;
  };
  for (const layout& how : {layout{0, 0, {}}, layout{2, 0, {}}, layout{3, 4, {}}, layout{4, 1, {3, 2, 1}}}) {
    write_images(folder / "some_x.h5", {7, 4, 5, 3}, how.chunk, how.level, how.part);
    const sdmae::hdf5_images images(folder / "some_x.h5");
    REQUIRE(images.size() == 7);
    CHECK(images.name(6) == "some_x.h5#6");
    for (const index i : {6, 0, 3}) {
      const sdmae::image8 image = images.load(i).image;
      CHECK(image.height == 4);
      CHECK(image.width == 5);
      CHECK(std::equal(image.pixels.begin(), image.pixels.end(), expected.begin() + i * 60));
    }
    CHECK(images.slow_out_of_order().empty());
  }
}

// By how the library says that it is set, not by how it was asked to be.
TEST_CASE("the library keeps as many bytes of chunks as it is told to") {
  const temporary_folder folder;
  const auto kept = [&](hsize_t chunk, const std::vector<hsize_t>& part) {
    H5Dclose(hdf5_writer(folder / "x.h5").add("x", H5T_STD_U8LE, {5000, 96, 96, 3}, chunk, 1, part));
    sdmae::detail::hdf5_dataset x(folder / "x.h5", "x");
    const auto [one, of_entry] = x.chunks();
    CHECK(one == chunk * (part.empty() ? 96 * 96 * 3 : 6 * 6));
    CHECK(of_entry == chunk * 96 * 96 * 3);
    x.keep_chunks(of_entry + 1);
    const hid_t access = H5Dget_access_plist(x.id());
    std::size_t slots = 0, bytes = 0;
    double unpacked_first = 0;
    H5Pget_chunk_cache(access, &slots, &bytes, &unpacked_first);
    H5Pclose(access);
    CHECK(bytes == of_entry + 1);
  };
  kept(64, {});
  kept(500, {6, 6, 1});
}

// Nothing is written of these: what they would take is known from their shapes.
TEST_CASE("chunks that make pictures costly out of order are told, those that hold too much are refused") {
  const temporary_folder folder;
  const auto chunks = [&](hsize_t count, const std::vector<hsize_t>& part) {
    H5Dclose(hdf5_writer(folder / "x.h5").add("x", H5T_STD_U8LE, {262144, 96, 96, 3}, count, 1, part));
    return (folder / "x.h5").string();
  };
  const auto told = [&](const std::string& path) { return sdmae::hdf5_images(path).slow_out_of_order(); };
  CHECK_THAT(told(chunks(8192, {6, 6, 1})), says("8192 pictures are unpacked for each one"));  // as h5py cuts by itself
  CHECK_THAT(told(chunks(6000, {96, 96, 3})), says("repack it: h5repack -l x:CHUNK=1x96x96x3"));
  CHECK(told(chunks(64, {96, 96, 3})).empty());
  H5Dclose(hdf5_writer(folder / "x.h5").add("x", H5T_STD_U8LE, {9000, 96, 96, 3}, 1000, 1));  // 237 MiB, 128 are kept
  CHECK_THAT(told((folder / "x.h5").string()), says("1000 pictures are unpacked"));
  H5Dclose(hdf5_writer(folder / "x.h5").add("x", H5T_STD_U8LE, {4000, 96, 96, 3}, 1000, 1));  // all of it
  CHECK(told((folder / "x.h5").string()).empty());
  CHECK(told(chunks(0, {})).empty());
  const auto refusal = [&](const std::string& path) { return error_line([&] { sdmae::hdf5_images images(path); }); };
  CHECK_THAT(refusal(chunks(12000, {96, 96, 3})), says("chunks of 316 MiB; repack it: h5repack -l x:CHUNK=1x96x96x3"));
  CHECK_THAT(refusal(chunks(12000, {6, 6, 1})), says("chunks of 316 MiB"));
}

TEST_CASE("a file of pictures has another state when it is written anew") {
  const temporary_folder folder;
  const std::filesystem::path path = folder / "x.h5";
  write_images(path, {3, 2, 2, 3}, 0, 0);
  const auto state = [&] { return sdmae::hdf5_images(path).state_of_files(); };
  const std::uint64_t before = state();
  CHECK(state() == before);
  std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) + std::chrono::seconds(1));
  CHECK(state() != before);
}

TEST_CASE("labels are beside the pictures or in their file") {
  const temporary_folder folder;
  write_images(folder / "train_x.h5", {3, 2, 2, 3}, 0, 0);
  const std::vector<std::uint8_t> labels{1, 0, 1};
  hdf5_writer(folder / "train_y.h5").write("y", H5T_STD_U8LE, {3, 1, 1, 1}, labels, H5T_NATIVE_UINT8, 2, 1);
  CHECK(sdmae::hdf5_labels(folder / "train_x.h5", 3) == std::vector<index>{1, 0, 1});
  {
    hdf5_writer both(folder / "both.h5");
    both.write("x", H5T_STD_U8LE, {2, 1, 1, 3}, noise(6), H5T_NATIVE_UINT8);
    both.write("y", H5T_STD_I64BE, {2}, std::vector<std::int64_t>{4, 3}, H5T_NATIVE_INT64);
  }
  CHECK(sdmae::hdf5_labels(folder / "both.h5", 2) == std::vector<index>{4, 3});
  CHECK_THAT(error_line([&] { sdmae::hdf5_labels(folder / "both.h5", 5); }), says("2 labels for 5 pictures"));
  const auto with_y = [&](hid_t type, const std::vector<hsize_t>& shape, std::int64_t second = -1) {
    hdf5_writer(folder / "train_y.h5")
        .write("y", type, shape, std::vector<std::int64_t>{0, second, 1}, H5T_NATIVE_INT64);
    return error_line([&] { sdmae::hdf5_labels(folder / "train_x.h5", 3); });
  };
  CHECK_THAT(with_y(H5T_STD_I64LE, {3}), says("train_y.h5: y holds label -1"));
  CHECK_THAT(with_y(H5T_STD_I64LE, {3}, 100001), says("train_y.h5: y holds label 100001"));
  CHECK(with_y(H5T_STD_I64LE, {3}, 100000).empty());
  CHECK_THAT(with_y(H5T_IEEE_F32LE, {3}), says("y does not hold whole numbers"));
  CHECK_THAT(with_y(H5T_STD_I64LE, {1, 3}), says("shape [1, 3]"));
  std::filesystem::remove(folder / "train_y.h5");
  CHECK_THAT(error_line([&] { sdmae::hdf5_labels(folder / "train_x.h5", 3); }), says("has no dataset y"));
}

TEST_CASE("HDF5 files that hold no pictures are refused, each with one line") {
  const temporary_folder folder;
  const auto refusal = [&](const char* name) {
    const std::string line = error_line([&] { sdmae::hdf5_images images(folder / name); });
    CHECK(line.find('\n') == std::string::npos);
    return line;
  };
  CHECK_THAT(refusal("absent.h5"), says("absent.h5: no such file"));
  put_bytes(folder / "text.h5", "this is no HDF5 file, only its name says so");
  CHECK_THAT(refusal("text.h5"), says("cannot be read as HDF5 ("));
  hdf5_writer(folder / "other.h5").write("images", H5T_STD_U8LE, {1, 1, 1, 3}, noise(3), H5T_NATIVE_UINT8);
  CHECK_THAT(refusal("other.h5"), says("has no dataset x"));
  const auto with_x = [&](hid_t type, const std::vector<hsize_t>& shape) {
    hdf5_writer(folder / "x.h5").write("x", type, shape, std::vector<float>(400), H5T_NATIVE_FLOAT);
    return refusal("x.h5");
  };
  CHECK_THAT(with_x(H5T_IEEE_F32LE, {2, 4, 4, 3}), says("does not hold unsigned bytes"));
  CHECK_THAT(with_x(H5T_STD_I8LE, {2, 4, 4, 3}), says("does not hold unsigned bytes"));
  CHECK_THAT(with_x(H5T_STD_U8LE, {2, 3, 4, 4}), says("x has shape [2, 3, 4, 4]"));
  CHECK_THAT(with_x(H5T_STD_U8LE, {12, 3}), says("x has shape [12, 3]"));
  CHECK_THAT(with_x(H5T_STD_U8LE, {0, 4, 4, 3}), says("x is empty"));
  {
    hdf5_writer writer(folder / "group.h5");
    H5Gclose(H5Gcreate2(writer.file, "x", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  }
  CHECK_THAT(refusal("group.h5"), says("x is not a dataset"));
}

TEST_CASE("an HDF5 file that was cut short or damaged is an error of one line") {
  const temporary_folder folder;
  write_images(folder / "whole.h5", {40, 16, 16, 3}, 4, 1);
  const std::string bytes = bytes_of(folder / "whole.h5");
  put_bytes(folder / "cut.h5", bytes.substr(0, bytes.size() / 2));
  CHECK_THAT(error_line([&] { sdmae::hdf5_images images(folder / "cut.h5"); }), says("truncated file"));
  std::string damaged = bytes;
  for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 3000; ++i) damaged[i] = '\x55';
  put_bytes(folder / "damaged.h5", damaged);
  const sdmae::hdf5_images images(folder / "damaged.h5");
  index broken = 0;
  bool prints = false;
  // From a thread of its own: whether the library prints its errors is a setting of each.
  std::thread reader([&] {
    for (index i = 0; i < images.size(); ++i) {
      const std::string line = error_line([&] { images.load(i); });
      broken += line.find("x cannot be read at " + std::to_string(i)) != std::string::npos;
    }
    H5E_auto2_t printer = nullptr;
    void* to = nullptr;
    H5Eget_auto2(H5E_DEFAULT, &printer, &to);
    prints = printer != nullptr;
  });
  reader.join();
  CHECK(broken > 0);
  CHECK(broken < images.size());
  CHECK_FALSE(prints);
}

}  // namespace
