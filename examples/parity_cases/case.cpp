// One configuration of golden cases on the CPU: compiled once per name, it adds itself to what parity can replay.
#include "cases.hpp"
#include "sdmae/backend/eigen.hpp"
#include "sdmae/backend/reference.hpp"
#include "support/replay.hpp"

namespace {

using replayed = program::cases::SDMAE_CASE;

const bool on_cpu = program::make_replayable<replayed>("cpu", []<class T>(T, const program::replay_device& device) {
  return sdmae::eigen_backend<T>({.threads = device.threads});
});

bool add_reference() {
  if constexpr (replayed::small)
    return program::make_replayable<replayed>(
        "reference", []<class T>(T, const program::replay_device&) { return sdmae::reference_backend<T>(); });
  else
    return false;
}
const bool on_reference = add_reference();

}  // namespace
