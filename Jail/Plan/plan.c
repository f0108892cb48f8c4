// The bounded reader of a jail plan: pure, allocates nothing, touches nothing but its input.
#include "include/plan.h"
#include <string.h>
#include <sys/resource.h>

enum { HEADER = 8, RECORD = 8, PHASES = 16 };

const char *jail_step_name(uint32_t step) {
#define JAIL_STEP_TEXT(name, text) text,
    static const char *const names[] = {JAIL_STEPS(JAIL_STEP_TEXT)};
    return step < JAIL_STEP_COUNT ? names[step] : "unknown";
}

struct jail_cursor jail_plan_begin(const uint8_t *bytes, size_t count) {
    return (struct jail_cursor){bytes + (count < HEADER ? count : HEADER), bytes + count};
}

int jail_plan_next(struct jail_cursor *cursor, struct jail_record *record) {
    const uint8_t *at = cursor->next;
    size_t left = (size_t)(cursor->end - at);
    if (left < RECORD || at[2] || at[3] || jail_u32(at + 4) > left - RECORD) return 0;
    *record = (struct jail_record){at[0] | (uint32_t)at[1] << 8, jail_u32(at + 4), at + RECORD};
    cursor->next += RECORD + record->length;
    return 1;
}

// Length of the text at the start of `bytes` with its NUL, or 0 when none ends within `count`.
static size_t text(const uint8_t *bytes, size_t count, size_t max) {
    size_t room = count < max ? count : max;
    const uint8_t *end = room ? memchr(bytes, 0, room) : NULL;
    return end ? (size_t)(end - bytes) + 1 : 0;
}

// The same for an absolute path without empty, `.` or `..` components; "/" where `root` allows it.
static size_t path(const uint8_t *bytes, size_t count, int root) {
    size_t length = text(bytes, count, JAIL_PATH_MAX);
    if (length < 2 || bytes[0] != '/') return 0;
    if (length == 2) return root ? length : 0;
    for (size_t part = 1, end; part < length; part = end + 1) {
        for (end = part; bytes[end] && bytes[end] != '/';) end++;
        int dots = bytes[part] == '.' && (end == part + 1 || (end == part + 2 && bytes[part + 1] == '.'));
        if (end == part || end - part > 255 || dots) return 0;
    }
    return length;
}

// A path that a mount may take: never /proc, which the jail itself mounts over whatever is there.
static size_t target(const uint8_t *bytes, size_t count) {
    size_t length = path(bytes, count, 0);
    if (length >= 6 && !memcmp(bytes, "/proc", 5) && (bytes[5] == 0 || bytes[5] == '/')) return 0;
    return length;
}

static int value_holds(const struct jail_record *r) {
    // Root is a uid only where nothing is changed; -1 means "leave as is" to the kernel.
    const uint32_t devices = 1u << 3 | 1u << 5 | 1u << 7 | 1u << 8 | 1u << 9;
    const uint8_t *v = r->value;
    uint32_t n = r->length, first = n < 4 ? 0 : jail_u32(v);
    size_t skip;
    switch (r->type) {
    case JAIL_IDENTITY:
        if (n != 16 || jail_u32(v + 8) & ~3u || jail_u32(v + 12) & ~(uint32_t)JAIL_WALLS_ALL) return 0;
        if (!(jail_u32(v + 8) & JAIL_OWN_UID)) return !(jail_u32(v + 8) & JAIL_NAMESPACES);
        return first && jail_u32(v + 4) && first != ~0u && jail_u32(v + 4) != ~0u;
    case JAIL_HOSTNAME: return n > 1 && text(v, n, 65) == n;
    case JAIL_TREE:
        if (n < 4 || first & ~(uint32_t)JAIL_TREE_EXECUTABLE) return 0;
        skip = 4 + path(v + 4, n - 4, 0);
        return skip > 4 && skip < n && target(v + skip, n - skip) == n - skip;
    case JAIL_FILE: return (skip = target(v, n)) && n - skip <= JAIL_FILE_MAX;
    case JAIL_LINK:
        skip = target(v, n);
        return skip && n - skip > 1 && text(v + skip, n - skip, JAIL_PATH_MAX) == n - skip;
    case JAIL_SCRATCH:
        return n > 8 && jail_u64(v) >= 4096 && jail_u64(v) <= 1ull << 40 && target(v + 8, n - 8) == n - 8;
    case JAIL_STATE: case JAIL_NOTIFY: return n && target(v, n) == n;
    case JAIL_DEVICE: return n > 4 && first < 32 && 1u << first & devices && target(v + 4, n - 4) == n - 4;
    case JAIL_LIMIT:
        if (n != 16 || first >= RLIM_NLIMITS || jail_u32(v + 4)) return 0;
        return first != RLIMIT_NOFILE || (jail_u64(v + 8) >= 16 && jail_u64(v + 8) <= JAIL_FILES_MAX);
    case JAIL_RULE: return n > 4 && first <= JAIL_USE_DEVICE && path(v + 4, n - 4, 1) == n - 4;
    case JAIL_BIND: case JAIL_CONNECT: return n == 4 && first >= 1 && first <= 65535;
    case JAIL_FILTER: case JAIL_INIT_FILTER: return n && n % 8 == 0 && n / 8 <= JAIL_FILTER_MAX;
    case JAIL_PROGRAM: return n && path(v, n, 0) == n;
    case JAIL_DIRECTORY: return n && path(v, n, 1) == n;
    case JAIL_ARGUMENT: return n && text(v, n, JAIL_TEXT_MAX) == n;
    case JAIL_ENVIRONMENT: return n && text(v, n, JAIL_TEXT_MAX) == n && v[0] != '=' && memchr(v, '=', n);
    default: return r->type == JAIL_END && n == 0;
    }
}

size_t jail_plan_check(const uint8_t *bytes, size_t count) {
    // Records of each phase: how many are needed, and how many there may be.
    static const struct { uint32_t least, most; } bounds[PHASES] = {
        [1] = {1, 1}, [2] = {0, 1}, [3] = {0, JAIL_MOUNTS_MAX}, [4] = {1, RLIM_NLIMITS},
        [5] = {0, JAIL_RULES_MAX}, [6] = {1, 1}, [7] = {1, 1}, [8] = {1, 1}, [9] = {1, 1},
        [10] = {1, JAIL_TEXTS_MAX}, [11] = {0, JAIL_TEXTS_MAX}, [15] = {1, 1}};
    static const uint8_t header[HEADER] = {'B', 'H', 'J', 'P', JAIL_VERSION, 0, 0, 0};
    if (count < HEADER || count > JAIL_PLAN_MAX || memcmp(bytes, header, HEADER)) return 1;
    struct jail_cursor cursor = jail_plan_begin(bytes, count);
    struct jail_record record;
    uint32_t phase = 0, seen[PHASES] = {0}, states = 0, notifies = 0, files = 0;
    size_t start = HEADER;
    for (; jail_plan_next(&cursor, &record); start = (size_t)(cursor.next - bytes)) {
        uint32_t own = record.type >> 4;
        int allowed = own < PHASES && own >= phase && ++seen[own] <= bounds[own].most;
        if (!allowed || !value_holds(&record)) return start + 1;
        states += record.type == JAIL_STATE, notifies += record.type == JAIL_NOTIFY;
        files += record.type == JAIL_LIMIT && jail_u32(record.value) == RLIMIT_NOFILE;
        if (states > 1 || notifies > 1) return start + 1;
        phase = own;
    }
    if (cursor.next != cursor.end || files != 1) return start + 1;
    for (uint32_t own = 0; own < PHASES; own++)
        if (seen[own] < bounds[own].least) return start + 1;
    return 0;
}
