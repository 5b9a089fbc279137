// A file is whole or not there; what was there before survives every failure.
#include "sdmae/io/atomic_file.hpp"

#include <signal.h>
#include <sys/resource.h>

#include "catch.hpp"
#include "unit/io/test_files.hpp"

namespace {

// A disk that is full after `bytes`: writes beyond the limit fail with an error, as on a full one.
struct file_size_limit {
  rlimit before{};
  void (*handler)(int);

  explicit file_size_limit(rlim_t bytes) : handler(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before);
    rlimit now = before;
    now.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~file_size_limit() {
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, handler);
  }
};

}  // namespace

TEST_CASE("an atomic file appears at commit and replaces the old one") {
  const temporary_folder folder;
  put_bytes(folder / "a", "old and longer than the new");
  {
    sdmae::atomic_file file(folder / "a");
    file.write(std::string("ne"));
    file.write("w!", 2);
    CHECK(bytes_of(folder / "a") == "old and longer than the new");
    file.commit();
    CHECK(bytes_of(folder / "a") == "new!");
  }
  CHECK(folder.names() == std::vector<std::string>{"a"});
}

TEST_CASE("without commit an atomic file leaves no trace") {
  const temporary_folder folder;
  put_bytes(folder / "a", "old");
  {
    sdmae::atomic_file file(folder / "a");
    file.write(std::string("new"));
  }
  { sdmae::atomic_file file(folder / "b"); }
  CHECK(bytes_of(folder / "a") == "old");
  CHECK(folder.names() == std::vector<std::string>{"a"});
}

TEST_CASE("a write that fails keeps the old file, removes the partial one and says so in a line") {
  const temporary_folder folder;
  put_bytes(folder / "a", "old");
  std::string line;
  {
    const file_size_limit full(1000);
    line = error_line([&] {
      sdmae::atomic_file file(folder / "a");
      file.write(std::string(600, 'x'));
      file.write(std::string(600, 'x'));
      file.commit();
    });
  }
  CHECK_THAT(line, says((folder / "a").string()) && says("cannot write") && says("untouched"));
  CHECK(bytes_of(folder / "a") == "old");
  CHECK(folder.names() == std::vector<std::string>{"a"});
}

TEST_CASE("after a failure an atomic file cannot be committed") {
  const temporary_folder folder;
  put_bytes(folder / "a", "old");
  sdmae::atomic_file file(folder / "a");
  {
    const file_size_limit full(10);
    CHECK_THROWS_AS(file.write(std::string(600, 'x')), sdmae::error);
  }
  CHECK_THROWS_AS(file.write(std::string("x")), sdmae::error);
  CHECK_THROWS_AS(file.commit(), sdmae::error);
  CHECK(bytes_of(folder / "a") == "old");
}

TEST_CASE("places that cannot be written to are refused with what to do") {
  const temporary_folder folder;
  CHECK_THAT(error_line([&] { sdmae::atomic_file file(folder / "missing/a"); }),
             says("missing/a: cannot create") && says("create the folder first"));
  CHECK_THAT(error_line([&] { sdmae::atomic_file file(folder.path); }), says("it is a folder"));
  CHECK_THAT(error_line([&] { sdmae::atomic_file file("/dev/null"); }), says("a device or a pipe"));
  put_bytes(folder / "file", "");
  CHECK_THAT(error_line([&] { sdmae::atomic_file file(folder / "file/a"); }), says("cannot create"));
}

TEST_CASE("a read-only folder is refused") {
  if (::geteuid() == 0) return;  // root may write anywhere
  const temporary_folder folder;
  put_bytes(folder / "a", "old");
  ::chmod(folder.path.c_str(), 0555);
  CHECK_THAT(error_line([&] { sdmae::atomic_file file(folder / "a"); }), says("writable"));
  ::chmod(folder.path.c_str(), 0755);
  CHECK(bytes_of(folder / "a") == "old");
}

TEST_CASE("two writers of one file at a time are refused, and a partial file left behind is no obstacle") {
  const temporary_folder folder;
  put_bytes(folder / "a.partial", "left by a killed process, and longer than what comes");
  {
    sdmae::atomic_file first(folder / "a");
    CHECK_THAT(error_line([&] { sdmae::atomic_file second(folder / "a"); }), says("somebody else is writing it"));
    first.write(std::string("one"));
    first.commit();
  }
  CHECK(bytes_of(folder / "a") == "one");
  sdmae::atomic_file again(folder / "a");
  again.commit();
  CHECK(bytes_of(folder / "a").empty());
  CHECK(folder.names() == std::vector<std::string>{"a"});
}

TEST_CASE("a link stays a link: what it points to is replaced") {
  const temporary_folder folder;
  put_bytes(folder / "real", "old");
  std::filesystem::create_symlink("real", folder / "link");
  sdmae::atomic_file file(folder / "link");
  file.write(std::string("new"));
  file.commit();
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(bytes_of(folder / "real") == "new");
}
