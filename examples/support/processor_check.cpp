// Ends a program with one line where it would die of an illegal instruction. Compiled for the oldest processor of the
// family, runs before any other code of the program, and shares no function with it.
#if defined(__x86_64__) && defined(__GNUC__)

#include <unistd.h>

#include <cstring>

#include "processor_features.hpp"

namespace {

void write_text(const char* text) {
  if (write(STDERR_FILENO, text, std::strlen(text)) < 0) _exit(1);
}

void refuse(const char* feature) {
  write_text("this processor lacks ");
  write_text(feature);
  write_text(", which this program was built for; build it on this machine, or with -DSDMAE_NATIVE=OFF\n");
  _exit(1);
}

__attribute__((constructor(101))) void check_processor() {
  __builtin_cpu_init();
  const bool* needed = program_needs_feature;
#define PROGRAM_CHECK(name, macro) \
  if (*needed++ && !__builtin_cpu_supports(name)) refuse(name);
  PROGRAM_PROCESSOR_FEATURES(PROGRAM_CHECK)
}

}  // namespace

#endif
