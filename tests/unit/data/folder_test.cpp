// Listing folders of images.
#if defined(SDMAE_TEST_HAS_image)

#include "sdmae/data/folder.hpp"

#include <chrono>
#include <cstdint>

#include "catch.hpp"
#include "sdmae/data/dataset.hpp"
#include "unit/data/test_images.hpp"
#include "unit/io/test_files.hpp"

static_assert(sdmae::dataset<sdmae::image_folder>);

namespace {

std::vector<std::string> names_in(const sdmae::image_folder& folder) {
  std::vector<std::string> names;
  for (sdmae::index i = 0; i < folder.size(); ++i) names.push_back(folder.name(i));
  return names;
}

}  // namespace

TEST_CASE("images are listed from all subfolders, sorted as bytes; the rest is left out") {
  const temporary_folder folder;
  for (const char* name : {"b", "b/deep", "B", ".hidden"}) std::filesystem::create_directories(folder / name);
  for (const char* name : {"b/2.png", "b/10.PNG", "b/deep/x.Jpeg", "B/a.tif", "b-.tiff", "\xc3\xbc.jpg", "a.txt", "png",
                           "a.bmp", "a.gif", ".hidden/a.png", "._a.png", "b.csv"})
    put_bytes(folder / name, "");
  const sdmae::image_folder images(folder.path);
  CHECK(names_in(images) == std::vector<std::string>{"B/a.tif", "a.bmp", "b-.tiff", "b/10.PNG", "b/2.png",
                                                     "b/deep/x.Jpeg", "\xc3\xbc.jpg"});
}

TEST_CASE("links are followed, but not in circles") {
  const temporary_folder data, folder;
  put_bytes(data / "a.png", "");
  std::filesystem::create_directory_symlink(data.path, folder / "linked");
  std::filesystem::create_directory_symlink(folder.path, folder / "circle");
  std::filesystem::create_symlink("nowhere.png", folder / "dangling.png");
  CHECK(names_in(sdmae::image_folder(folder.path)) == std::vector<std::string>{"linked/a.png"});
}

TEST_CASE("a sample is decoded, a broken one named") {
  const temporary_folder folder;
  std::filesystem::copy_file(image_file("color.png"), folder / "a.png");
  put_bytes(folder / "b.png", "no image");
  const sdmae::image_folder images(folder.path);
  CHECK(images.load(0).image == pattern(19, 21));
  CHECK_THAT(error_line([&] { images.load(1); }), says((folder / "b.png").string()));
}

TEST_CASE("folders that cannot be used are refused") {
  const temporary_folder folder;
  const auto line = [](const std::filesystem::path& path) {
    return error_line([&] { sdmae::image_folder images(path); });
  };
  CHECK_THAT(line(folder / "none"), says("none: no such folder"));
  CHECK_THAT(line(folder.path), says("no images: looked for .png, .jpg, .jpeg, .tif, .tiff and .bmp"));
  put_bytes(folder / "file.png", "");
  CHECK_THAT(line(folder / "file.png"), says("a file, not a folder"));
}

TEST_CASE("the fingerprint knows the list of files") {
  const temporary_folder folder;
  std::filesystem::create_directory(folder / "b");
  put_bytes(folder / "a.png", "");
  put_bytes(folder / "b/c.JPG", "");
  const auto fingerprint = [&] { return sdmae::image_folder(folder.path).fingerprint(); };
  CHECK(fingerprint() == 0x64f706996ea1d3ea);  // FNV-1a of 2 as eight bytes, "a.png", 0, "b/c.JPG", 0
  put_bytes(folder / "a.png", "other contents");
  put_bytes(folder / "notes.txt", "");
  CHECK(fingerprint() == 0x64f706996ea1d3ea);
  std::filesystem::rename(folder / "a.png", folder / "d.png");
  CHECK(fingerprint() != 0x64f706996ea1d3ea);
}

TEST_CASE("the state of files knows their size and the time of their last change") {
  const temporary_folder folder;
  std::filesystem::create_directory(folder / "b");
  put_bytes(folder / "a.png", "one");
  put_bytes(folder / "b/c.JPG", "");
  const auto time = std::filesystem::last_write_time(folder / "b/c.JPG");
  const auto state = [&] { return sdmae::image_folder(folder.path).state_of_files(); };
  const std::uint64_t before = state();
  CHECK(state() == before);
  put_bytes(folder / "b/c.JPG", "longer");
  std::filesystem::last_write_time(folder / "b/c.JPG", time);
  CHECK(state() != before);
  put_bytes(folder / "b/c.JPG", "");
  std::filesystem::last_write_time(folder / "b/c.JPG", time);
  CHECK(state() == before);
  std::filesystem::last_write_time(folder / "b/c.JPG", time + std::chrono::seconds(1));
  CHECK(state() != before);
}

#endif
