// Compiled with -mfma4; must not reach main where that is missing.
#include <cstdio>

int main() { std::puts("reached main"); }
