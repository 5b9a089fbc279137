// Compiled like the program itself: writes down, as data, what the compiler was allowed to use.
#include "processor_features.hpp"

// A macro that is defined is 1; the text of one that is not starts with an underscore.
#define PROGRAM_TEXT(macro) #macro
#define PROGRAM_NEEDS(name, macro) PROGRAM_TEXT(macro)[0] == '1',

extern "C" const bool program_needs_feature[] = {PROGRAM_PROCESSOR_FEATURES(PROGRAM_NEEDS)};
