// A file that appears whole or not at all, so that a crash, a full disk or a pulled plug never costs the old one.
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

#include "sdmae/core/error.hpp"
#include "sdmae/io/write_all.hpp"

namespace sdmae {

/// Writes into "<target>.partial" beside the target; commit() puts it in the target's place in one step. Destroyed
/// without a commit, or after any failure, it leaves the target as it was and removes the partial file. A partial file
/// left by a killed process is overwritten by the next write; two writers of one target are refused.
/// Every failure is an sdmae::error that names the target.
class atomic_file {
 public:
  /// Opens the partial file. A target that is a symbolic link stays one: what it points to is replaced.
  explicit atomic_file(const std::filesystem::path& target) : target_(followed(target)), partial_(target_) {
    std::error_code ignored;
    const std::filesystem::file_status status = std::filesystem::status(target_, ignored);
    if (std::filesystem::is_directory(status)) fail("it is a folder", "give a file name");
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
      fail("it is a device or a pipe", "give the name of an ordinary file");
    partial_ += ".partial";
    open_partial();
  }

  atomic_file(const atomic_file&) = delete;
  atomic_file& operator=(const atomic_file&) = delete;
  ~atomic_file() { abandon(); }

  /// Appends `size` bytes.
  void write(const void* bytes, std::size_t size) {
    if (descriptor_ < 0) fail("nothing can be written after commit() or a failure", "open it anew");
    if (!detail::write_all(descriptor_, bytes, size)) fail_with_errno("cannot write");
  }

  void write(const std::string& text) { write(text.data(), text.size()); }

  /// Flushes to the disk and replaces the target. Nothing can be written afterwards.
  void commit() {
    if (descriptor_ < 0) fail("commit() after commit() or a failure", "open it anew");
    if (::fsync(descriptor_) != 0) fail_with_errno("cannot flush to the disk");
    if (std::rename(partial_.c_str(), target_.c_str()) != 0) fail_with_errno("cannot rename the finished file");
    // The descriptor closes only now: it holds the lock. fsync has reported every write error already.
    ::close(descriptor_);
    descriptor_ = -1;
    flush_folder();
  }

 private:
  static std::filesystem::path followed(const std::filesystem::path& target) {
    std::error_code problem;
    const bool link = std::filesystem::is_symlink(std::filesystem::symlink_status(target, problem));
    if (!link) return target;
    std::filesystem::path real = std::filesystem::weakly_canonical(target, problem);
    return problem ? target : real;
  }

  // A finished write renames the file away, so a lock may have been gained on what is the target by now: only when the
  // name still leads to the locked file may it be emptied.
  void open_partial() {
    for (;;) {
      descriptor_ = ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
      if (descriptor_ < 0) fail_with_errno("cannot create " + partial_.filename().string());
      if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        ::close(descriptor_);
        descriptor_ = -1;
        fail("somebody else is writing it at this moment", "give each run an output of its own");
      }
      struct stat opened = {}, named = {};
      if (::fstat(descriptor_, &opened) == 0 && ::stat(partial_.c_str(), &named) == 0 &&
          opened.st_ino == named.st_ino && opened.st_dev == named.st_dev)
        break;
      ::close(descriptor_);
    }
    if (::ftruncate(descriptor_, 0) != 0) fail_with_errno("cannot empty " + partial_.filename().string());
  }

  // The rename itself must survive a power cut. Some file systems refuse to flush a folder: that loses nothing here.
  void flush_folder() const {
    const std::filesystem::path parent = target_.parent_path();
    const int folder = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return;
    ::fsync(folder);
    ::close(folder);
  }

  void abandon() noexcept {
    if (descriptor_ < 0) return;
    ::unlink(partial_.c_str());
    ::close(descriptor_);
    descriptor_ = -1;
  }

  static std::string remedy_for(int code) {
    switch (code) {
      case ENOSPC:
      case EDQUOT:
        return "free some space or choose another disk; what was there before is untouched";
      case EFBIG:
        return "raise the file size limit (ulimit -f); what was there before is untouched";
      case EROFS:
        return "the disk is read-only: choose another folder";
      case EACCES:
      case EPERM:
        return "make the folder writable or choose another one";
      case ENOENT:
      case ENOTDIR:
        return "create the folder first";
      default:
        return "check the disk; what was there before is untouched";
    }
  }

  [[noreturn]] void fail_with_errno(const std::string& what) {
    const int code = errno;
    abandon();
    throw error(target_.string(), what + " (" + std::strerror(code) + ")", remedy_for(code));
  }

  [[noreturn]] void fail(const std::string& what, const std::string& remedy) const {
    throw error(target_.string(), what, remedy);
  }

  std::filesystem::path target_, partial_;
  int descriptor_ = -1;
};

}  // namespace sdmae
