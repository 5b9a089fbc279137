#include "support/program.hpp"

#include "support/presets.hpp"

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "sdmae/core/error.hpp"
#include "support/devices.hpp"
#include "support/memory.hpp"

namespace {

struct outcome {
  int status;
  std::string out, err;
};

// Runs a program of two options with this command line.
outcome run(
    std::vector<std::string> words, const std::function<void()>& body = [] {}) {
  std::ostringstream out, err;
  std::streambuf* const old_out = std::cout.rdbuf(out.rdbuf());
  std::streambuf* const old_err = std::cerr.rdbuf(err.rdbuf());
  CLI::App options("What it does.", "pretrain");
  double ratio = 0.6;
  long long batch = 16;
  options.add_option("--mask-ratio", ratio, "masked share")->check(program::within(0, 1, true));
  options.add_option("--batch", batch, "images a step")->check(program::whole(1, 1000));
  words.insert(words.begin(), "pretrain");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  const int status = program::run(options, static_cast<int>(argv.size()), argv.data(), body);
  std::cout.rdbuf(old_out);
  std::cerr.rdbuf(old_err);
  return {status, out.str(), err.str()};
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

bool is_one_line(const std::string& text) { return !text.empty() && text.find('\n') == text.size() - 1; }

}  // namespace

TEST_CASE("program: done is 0, help is 0 and on standard output") {
  CHECK(run({"--batch", "1", "--mask-ratio", "1"}).status == 0);
  const outcome help = run({"--help"});
  CHECK(help.status == 0);
  CHECK(has(help.out, "--mask-ratio"));
  CHECK(help.err.empty());
}

TEST_CASE("program: bad usage is 2 and one line with what is allowed") {
  struct {
    std::vector<std::string> words;
    std::string said;
  } const cases[] = {
      {{"--mask-ratio", "1.5"}, "1.5 is not in the range (0, 1]"},
      {{"--mask-ratio", "0"}, "0 is not in the range (0, 1]"},
      {{"--mask-ratio", "nan"}, "nan is not in the range (0, 1]"},
      {{"--mask-ratio", "half"}, "half is not in the range (0, 1]"},
      {{"--batch", "0"}, "0 is not a whole number from 1 to 1000"},
      {{"--batch", "2.5"}, "2.5 is not a whole number from 1 to 1000"},
      {{"--batch"}, "--batch"},
      {{"--mask-ration", "0.5"}, "did you mean --mask-ratio?"},
      {{"--bacth=4"}, "did you mean --batch?"},
      {{"stray"}, "stray"},
  };
  for (const auto& one : cases) {
    const outcome seen = run(one.words, [] { FAIL("the body ran"); });
    CAPTURE(seen.err);
    CHECK(seen.status == 2);
    CHECK(is_one_line(seen.err));
    CHECK(has(seen.err, "pretrain: "));
    CHECK(has(seen.err, one.said));
  }
}

TEST_CASE("program: a failure is 1 and one line") {
  const outcome known = run({}, [] { throw sdmae::error("a.png", "it is\ntruncated", "remove it"); });
  CHECK(known.status == 1);
  CHECK(known.err == "pretrain: a.png: it is truncated; remove it\n");
  const outcome memory = run({}, [] { throw std::bad_alloc(); });
  CHECK(memory.status == 1);
  CHECK(has(memory.err, "--batch"));
  const outcome other = run({}, [] { throw std::out_of_range("two\nlines"); });
  CHECK(other.status == 1);
  CHECK(is_one_line(other.err));
}

TEST_CASE("program: the nearest known word, and none when none is near") {
  CHECK(program::edits("kitten", "sitting") == 3);
  CHECK(program::edits("", "abc") == 3);
  CHECK(program::nearest("quikstart", {"quickstart", "other"}) == "quickstart");
  CHECK(program::nearest("banana", {"quickstart", "other"}).empty());
}

TEST_CASE("program: a preset that is not compiled in tells the line that adds it") {
  CHECK(has(program::no_such_preset("quikstart").what(), "did you mean quickstart?"));
  CHECK(has(program::no_such_preset("banana").what(), "there are: quickstart "));
  const std::string line = program::no_such_preset("pretrain_mae_small_patch8_96").what();
  CHECK(has(line, "-DSDMAE_PRESETS='"));
  CHECK(has(line, ";pretrain_mae_small_patch8_96'"));
}

TEST_CASE("a slice is as usual where it fits, as large as fits where it does not, and refused where nothing does") {
  const auto memory_of = [](sdmae::index slice) { return static_cast<std::size_t>(slice) << 20; };
  const auto fits = [&](std::size_t mebibytes) { return program::slice_that_fits(4, mebibytes << 20, memory_of); };
  CHECK(fits(9) == 4);
  CHECK(fits(4) == 4);
  CHECK(fits(3) == 3);
  CHECK(fits(1) == 1);
  try {
    fits(0);
    FAIL("took memory that is not there");
  } catch (const sdmae::error& problem) {
    CHECK(std::string(problem.what()).find("one image needs 1 MiB beside the model, there are 0 MiB; choose") !=
          std::string::npos);
  }
}

TEST_CASE("the slice that nobody has asked for: by the CPU's caches, 64 on cuda, never more than the batch") {
  program::device_options device;
  CHECK(device.slice({}, 256, 80.0) == 4);
  CHECK(device.slice({}, 3, 80.0) == 3);
  device.backend = "cuda";
  CHECK(device.slice({}, 256, 80.0) == 64);
  CHECK(device.slice({}, 16, 80.0) == 16);
  CHECK(device.slice(5, 256, 80.0) == 5);
  CHECK(device.slice(100, 256, 80.0) == 100);
}
