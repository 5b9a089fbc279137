// One configuration of golden cases: compiled once per name, it adds itself to what parity can replay.
#include "cases.hpp"
#include "support/replay.hpp"

namespace {
const bool registered = program::make_replayable<program::cases::SDMAE_CASE>();
}
