// What a stranger's project does first: include something, print the version.
#include <cstdio>

#include "sdmae/core/config.hpp"

int main() { std::printf("sdmae %s\n", SDMAE_VERSION); }
