// The model presets that programs know: the library's, and those of the header that SDMAE_PRESET_HEADER named when the
// build was configured.
#pragma once

#include "sdmae/model/presets.hpp"

#if defined(PROGRAM_PRESET_HEADER)
#include PROGRAM_PRESET_HEADER
#else
namespace sdmae::presets {
using own = preset_list<>;
}
#endif

namespace program {

template <class... Library, class... Own>
sdmae::presets::preset_list<Library..., Own...> joined(sdmae::presets::preset_list<Library...>,
                                                       sdmae::presets::preset_list<Own...>);
using known_presets = decltype(joined(sdmae::presets::all{}, sdmae::presets::own{}));

}  // namespace program
