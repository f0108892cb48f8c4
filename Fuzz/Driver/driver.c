#include "driver.h"

extern int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*one)(const uint8_t *, size_t));

static int (*selected)(const uint8_t *, size_t);

// The library's own main, which is linked in but never runs, wants this name.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) { return selected(bytes, count); }

int fuzz_drive(int argc, char **argv, int (*one)(const uint8_t *, size_t)) {
    selected = one;
    return LLVMFuzzerRunDriver(&argc, &argv, LLVMFuzzerTestOneInput);
}
