#pragma once
#include <stddef.h>
#include <stdint.h>

// Gives inputs to `one` until libFuzzer's own arguments say enough; returns its exit status.
int fuzz_drive(int argc, char **argv, int (*one)(const uint8_t *bytes, size_t count));
