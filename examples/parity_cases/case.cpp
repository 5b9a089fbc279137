// One configuration of golden cases: compiled once per name, it adds itself to what parity can replay.
#include "cases.hpp"
#include "support/replay.hpp"

namespace {
#if defined(SDMAE_PRESET)
using replayed = program::cases::released<sdmae::presets::SDMAE_PRESET>;
#else
using replayed = program::cases::SDMAE_CASE;
#endif
const bool registered = program::make_replayable<replayed>();
}  // namespace
