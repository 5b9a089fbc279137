// How far a long run has come: one line that rewrites itself on a terminal, a plain line now and then elsewhere.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

namespace program {

/// "45 s", "12:05", "3:07:00": whole seconds, as a clock shows them.
inline std::string clock_time(double seconds) {
  const long all = static_cast<long>(std::max(0.0, seconds) + 0.5);
  char text[64];
  if (all < 60)
    std::snprintf(text, sizeof text, "%ld s", all);
  else if (all < 3600)
    std::snprintf(text, sizeof text, "%ld:%02ld", all / 60, all % 60);
  else
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", all / 3600, all / 60 % 60, all % 60);
  return text;
}

/// Reports on stderr, at most five times a second on a terminal; elsewhere every ten seconds, then ever less often.
/// `to` and `terminal` are for tests.
class progress {
 public:
  using clock = std::chrono::steady_clock;

  /// Counts from `done` (what an earlier run has done already) to `total` items, spoken of as `noun`.
  progress(std::string noun, long long total, long long done = 0, std::FILE* to = stderr, int terminal = -1)
      : noun_(std::move(noun)),
        total_(total),
        first_(done),
        done_(done),
        to_(to),
        terminal_(terminal < 0 ? isatty(fileno(to)) == 1 : terminal == 1) {}

  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  ~progress() { finish(); }

  /// `done` items are done, each of them so many images (or whatever else a rate is given in).
  void update(long long done, double per_item = 0, const std::string& unit = "", const std::string& note = "") {
    done_ = done;
    const double elapsed = seconds();
    if (done < total_ && elapsed < next_) return;
    next_ = terminal_ ? elapsed + 0.2 : std::max(elapsed + 10, 1.2 * elapsed);
    print(elapsed, per_item, unit, note);
  }

  /// Ends the line. What is printed afterwards begins on a new one.
  void finish() {
    if (open_) std::fputc('\n', to_);
    open_ = false;
  }

 private:
  double seconds() const { return std::chrono::duration<double>(clock::now() - start_).count(); }

  void print(double elapsed, double per_item, const std::string& unit, const std::string& note) {
    const double rate = static_cast<double>(done_ - first_) / std::max(elapsed, 1e-9);
    std::string line = noun_ + " " + std::to_string(done_) + "/" + std::to_string(total_);
    if (!note.empty()) line += "  " + note;
    if (rate > 0 && per_item > 0) {
      char text[64];
      std::snprintf(text, sizeof text, "  %.*f ", rate * per_item < 10 ? 1 : 0, rate * per_item);
      line += text + unit + "/s";
    }
    if (done_ >= total_)
      line += "  in " + clock_time(elapsed);
    else if (rate > 0)
      line += "  " + clock_time(static_cast<double>(total_ - done_) / rate) + " left";
    if (terminal_)
      std::fprintf(to_, "\r\033[K%s", line.c_str());
    else
      std::fprintf(to_, "%s\n", line.c_str());
    std::fflush(to_);
    open_ = terminal_;
  }

  std::string noun_;
  long long total_, first_, done_;
  std::FILE* to_;
  bool terminal_, open_ = false;
  clock::time_point start_ = clock::now();
  double next_ = 0;
};

}  // namespace program
