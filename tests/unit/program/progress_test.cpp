#include "support/progress.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

#include "catch.hpp"

namespace {

// What a progress of three steps writes.
std::string written(bool terminal) {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  {
    program::progress steps("step", 3, 0, file, terminal);
    for (int step = 1; step <= 3; ++step) steps.update(step, 16, "images", "loss 0.9");
  }
  std::string text(static_cast<std::size_t>(std::ftell(file)), ' ');
  std::rewind(file);
  REQUIRE(std::fread(text.data(), 1, text.size(), file) == text.size());
  std::fclose(file);
  return text;
}

}  // namespace

TEST_CASE("progress: durations read like a clock") {
  CHECK(program::clock_time(0.2) == "0 s");
  CHECK(program::clock_time(59.4) == "59 s");
  CHECK(program::clock_time(59.6) == "1:00");
  CHECK(program::clock_time(725) == "12:05");
  CHECK(program::clock_time(11220) == "3:07:00");
}

TEST_CASE("progress: plain lines elsewhere, a line that rewrites itself on a terminal") {
  const std::string plain = written(false);
  CHECK(plain.find("step 1/3  loss 0.9  ") == 0);
  CHECK(plain.find("images/s") != std::string::npos);
  CHECK(plain.find("\nstep 3/3  loss 0.9  ") != std::string::npos);
  CHECK(plain.find_first_of("\r\033") == std::string::npos);
  CHECK(std::count(plain.begin(), plain.end(), '\n') == 2);  // the first and the last; the second came too soon

  const std::string terminal = written(true);
  CHECK(terminal.find("\r\033[Kstep 1/3") == 0);
  CHECK(std::count(terminal.begin(), terminal.end(), '\n') == 1);
  CHECK(terminal.back() == '\n');
}
