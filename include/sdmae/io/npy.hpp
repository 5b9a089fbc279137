// NumPy's file format, version 1.0: matrices of floats, written row by row and taken up again after an interruption.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "sdmae/core/config.hpp"
#include "sdmae/core/error.hpp"
#include "sdmae/io/write_all.hpp"

namespace sdmae {

/// What stands before the values of a row-major float32 matrix; a multiple of 64 bytes long, as the format wants it.
inline std::string npy_header(index rows, index width) {
  std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ", " +
                     std::to_string(width) + "), }";
  text.append(63 - (10 + text.size()) % 64, ' ');
  text += '\n';
  const auto length = static_cast<unsigned>(text.size());
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(length & 255u) + static_cast<char>(length >> 8) + text;
}

/// A matrix [rows, width] that appears under its name when it is whole. Until then it grows in
/// "<target>.<key>.unfinished", which a later writer with the same target, size and key goes on with: `key` must name
/// all that the rows depend on. One writer at a time. Failures are sdmae::errors that name the target; an
/// unfinished file with a row in it stays.
class npy_rows {
 public:
  npy_rows(const std::filesystem::path& target, index rows, index width, const std::string& key)
      : target_(target), unfinished_(target.string() + "." + key + ".unfinished"), rows_(rows), width_(width) {
    std::error_code problem;
    if (std::filesystem::is_directory(target_, problem)) fail("it is a folder", "give a file name");
    while (!open_alone()) ::close(descriptor_);
    try {
      take_up();
    } catch (...) {
      give_up();
      throw;
    }
  }
  npy_rows(const npy_rows&) = delete;
  npy_rows& operator=(const npy_rows&) = delete;
  ~npy_rows() {
    if (descriptor_ >= 0) give_up();
  }

  /// Rows that are written.
  index done() const { return done_; }

  /// Appends rows [count, width].
  void append(const float* values, index count) {
    write(values, static_cast<std::size_t>(count * width_) * sizeof(float));
    done_ += count;
  }

  /// All rows that are written, [done(), width].
  std::vector<float> read() const {
    std::vector<float> values(static_cast<std::size_t>(done_ * width_));
    const std::size_t bytes = values.size() * sizeof(float);
    const std::size_t start = npy_header(rows_, width_).size();
    for (std::size_t taken = 0; taken < bytes;) {
      const ssize_t some = ::pread(descriptor_, reinterpret_cast<char*>(values.data()) + taken, bytes - taken,
                                   static_cast<off_t>(start + taken));
      if (some <= 0) fail_with_errno("cannot be read back");
      taken += static_cast<std::size_t>(some);
    }
    return values;
  }

  /// Gives the file its name. All rows must have been written.
  void finish() {
    if (done_ != rows_) fail(std::to_string(done_) + " of " + std::to_string(rows_) + " rows are written", "write all");
    if (::fsync(descriptor_) != 0) fail_with_errno("cannot flush to the disk");
    if (std::rename(unfinished_.c_str(), target_.c_str()) != 0) fail_with_errno("cannot rename the finished file");
    ::close(descriptor_);
    descriptor_ = -1;
  }

 private:
  // Opens the unfinished file and locks it; false where somebody gave it up in between, and it has no name any more.
  bool open_alone() {
    descriptor_ = ::open(unfinished_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0) fail_with_errno("cannot create " + unfinished_.filename().string());
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      ::close(descriptor_);
      fail("somebody else is writing it at this moment", "wait for them, or choose another name");
    }
    struct stat found {};
    return ::fstat(descriptor_, &found) != 0 || found.st_nlink > 0;
  }

  void give_up() {
    if (done_ == 0) ::unlink(unfinished_.c_str());  // nothing to go on with
    ::close(descriptor_);
  }

  // Keeps the whole rows of an earlier writer, if its header is ours.
  void take_up() {
    const std::string header = npy_header(rows_, width_);
    const off_t row = static_cast<off_t>(width_) * static_cast<off_t>(sizeof(float));
    const auto start = static_cast<off_t>(header.size());
    std::string found(header.size(), '\0');
    const off_t size = ::lseek(descriptor_, 0, SEEK_END);
    if (size >= start && ::pread(descriptor_, found.data(), found.size(), 0) == start && found == header)
      done_ = static_cast<index>((size - start) / row);
    if (done_ > rows_) done_ = 0;
    if (::ftruncate(descriptor_, done_ > 0 ? start + done_ * row : 0) != 0) fail_with_errno("cannot be cut");
    ::lseek(descriptor_, 0, SEEK_END);
    if (done_ == 0) write(header.data(), header.size());
  }

  void write(const void* bytes, std::size_t size) {
    if (!detail::write_all(descriptor_, bytes, size)) fail_with_errno("cannot write");
  }

  [[noreturn]] void fail_with_errno(const std::string& what) const {
    const int code = errno;
    fail(what + " (" + std::strerror(code) + ")",
         code == ENOENT ? "create the folder first" : "check the folder and the disk; what is written is kept");
  }
  [[noreturn]] void fail(const std::string& what, const std::string& remedy) const {
    throw error(target_.string(), what, remedy);
  }

  std::filesystem::path target_, unfinished_;
  index rows_, width_, done_ = 0;
  int descriptor_ = -1;
};

}  // namespace sdmae
