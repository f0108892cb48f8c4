// The jail's plan and messages: what the supervisor writes and the jail reads.
//
// Plan: "BHJP", u16 version, u16 zero, then records {u16 type, u16 zero, u32 length, value}, all
// little-endian. type >> 4 is the record's phase: phases never go back, and JAIL_END is the last.
// Texts end with their only NUL. Bounds are the first enum's.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum {
    JAIL_VERSION = 1, JAIL_PLAN_MAX = 1 << 20,                  // bytes of a plan
    JAIL_MOUNTS_MAX = 1024, JAIL_RULES_MAX = 4096,              // records of these phases
    JAIL_TEXTS_MAX = 1024, JAIL_TEXT_MAX = 128 << 10,           // arguments, environment; bytes of one
    JAIL_PATH_MAX = 4096, JAIL_FILE_MAX = 64 << 10,             // bytes; NUL included in a path's
    JAIL_FILTER_MAX = 4096,                                     // instructions of a filter
    JAIL_HANDED_MAX = 240, JAIL_DESCRIPTORS_MAX = 6 + JAIL_HANDED_MAX,
    JAIL_FILES_MAX = 1 << 20, JAIL_DESCRIPTORS_SPARE = 8        // RLIMIT_NOFILE: at least handed + spare
};
enum {
    JAIL_IDENTITY = 0x10,     // u32 uid, gid, flags, without; once, first
    JAIL_HOSTNAME = 0x20,     // text of at most 64 bytes; at most once
    JAIL_TREE = 0x30,         // u32 flags, text source, text target
    JAIL_FILE = 0x31,         // text target, contents
    JAIL_LINK = 0x32,         // text target, text value
    JAIL_SCRATCH = 0x33,      // u64 bytes, text target
    JAIL_STATE = 0x34,        // text target; at most once; its mount arrives as a descriptor
    JAIL_NOTIFY = 0x35,       // text target; at most once; its socket arrives as a descriptor
    JAIL_DEVICE = 0x36,       // u32 minor of major 1, text path, the same on the host and in the root
    JAIL_LIMIT = 0x40,        // u32 resource, u32 zero, u64 value; RLIMIT_NOFILE is required
    JAIL_RULE = 0x50,         // u32 access, text path
    JAIL_BIND = 0x51,         // u32 TCP port that may be bound
    JAIL_CONNECT = 0x52,      // u32 TCP port that may be connected
    JAIL_FILTER = 0x60,       // instructions of 8 bytes: the program's filter; once
    JAIL_INIT_FILTER = 0x70,  // the same for pid 1; once
    JAIL_PROGRAM = 0x80,      // text path in the root; once
    JAIL_DIRECTORY = 0x90,    // text working directory; once
    JAIL_ARGUMENT = 0xA0,     // text; at least once
    JAIL_ENVIRONMENT = 0xB0,  // text NAME=value; an empty LISTEN_PID becomes the program's pid
    JAIL_END = 0xF0           // empty, last
};
// Flags of JAIL_IDENTITY: without JAIL_NAMESPACES neither namespaces nor mounts, without JAIL_OWN_UID
// no change of uid and no bounding set. A flag of JAIL_TREE. Access of JAIL_RULE.
enum { JAIL_NAMESPACES = 1, JAIL_OWN_UID = 2, JAIL_TREE_EXECUTABLE = 1 };
enum { JAIL_READ = 0, JAIL_EXECUTE = 1, JAIL_WRITE = 2, JAIL_USE_DEVICE = 3 };
// Bits of `without`: walls that a drill's twin leaves out. The numbers are those of `Walls`.
enum {
    JAIL_WALL_SECCOMP = 1 << 2, JAIL_WALL_LANDLOCK = 1 << 3, JAIL_WALL_CAPABILITIES = 1 << 4,
    JAIL_WALL_UID = 1 << 5, JAIL_WALL_ROOT = 1 << 6, JAIL_WALL_PIDS = 1 << 7,
    JAIL_WALL_LIMITS = 1 << 8, JAIL_WALL_PRIVILEGES = 1 << 9, JAIL_WALL_WX = 1 << 10,
    JAIL_WALL_IPC = 1 << 12, JAIL_WALLS_ALL = (1 << 13) - 1
};
// The one message to the jail before it works. Its descriptors: plan, program, then those that the
// flags name in the order of their bits, then the handed ones.
enum { JAIL_HAS_NET = 1, JAIL_HAS_STATE = 2, JAIL_HAS_NOTIFY = 4, JAIL_HAS_STDIN = 8, JAIL_HAS_ALL = 15 };
enum { JAIL_START_MAGIC = 0x534a4842 };
struct jail_start { uint32_t magic; uint16_t version, flags; uint32_t handed; };
// Orders to a running jail. GO is read by the program's process, the rest by pid 1 once it started.
enum { JAIL_ORDER_GO = 1, JAIL_ORDER_SIGNAL = 2 };
struct jail_order { uint32_t kind, value; };
// Reports; the kernel adds the sender's pid where the receiver set SO_PASSCRED. CLONED: pid 1 exists,
// a child of the supervisor's. VERIFY, of the program's process: complete, waits for GO; value:
// Landlock's ABI, 0 none. STARTED: the program runs. FAILED: step, value errno, index of the record or
// descriptor within its kind. EXITED: value is the status, or the signal when index is 1.
enum { JAIL_CLONED = 1, JAIL_VERIFY = 2, JAIL_STARTED = 3, JAIL_FAILED = 4, JAIL_EXITED = 5 };
struct jail_report { uint32_t kind, step; int32_t value; uint32_t index; };
#define JAIL_STEPS(STEP) \
    STEP(START, "start") STEP(PLAN, "plan") STEP(SEALS, "seals") STEP(DESCRIPTORS, "descriptors") \
    STEP(NETWORK, "network") STEP(TREE, "tree") STEP(DEVICE, "device") STEP(STATE, "state") \
    STEP(NOTIFY, "notify") STEP(CLONE, "clone") STEP(PARENT, "parent") STEP(PROPAGATION, "propagation") \
    STEP(ROOT, "root") STEP(PROC, "proc") STEP(MOUNT, "mount") STEP(PIVOT, "pivot") \
    STEP(READONLY, "readonly") STEP(HOSTNAME, "hostname") STEP(SESSION, "session") \
    STEP(PROGRAM, "program") STEP(RULES, "rules") STEP(LIMITS, "limits") STEP(BOUNDING, "bounding") \
    STEP(IDENTITY, "identity") STEP(CAPABILITIES, "capabilities") STEP(DUMPABLE, "dumpable") \
    STEP(WX, "wx") STEP(PRIVILEGES, "privileges") STEP(LANDLOCK, "landlock") STEP(FORK, "fork") \
    STEP(DIRECTORY, "directory") STEP(INIT_FILTER, "init-filter") STEP(FILTER, "filter") \
    STEP(GO, "go") STEP(EXEC, "exec")
#define JAIL_STEP_NUMBER(name, text) JAIL_STEP_##name,
enum jail_step { JAIL_STEPS(JAIL_STEP_NUMBER) JAIL_STEP_COUNT };
const char *jail_step_name(uint32_t step); // for records and messages; "unknown" where there is none
struct jail_record { uint32_t type, length; const uint8_t *value; };
struct jail_cursor { const uint8_t *next, *end; };
// 0 when every record, bound and the order hold; else 1 + the offset of the record that does not.
size_t jail_plan_check(const uint8_t *bytes, size_t count);
struct jail_cursor jail_plan_begin(const uint8_t *bytes, size_t count);
// 1 and the next record, or 0 at the end or where the bytes do not hold a whole record.
int jail_plan_next(struct jail_cursor *cursor, struct jail_record *record);
static inline uint32_t jail_u32(const uint8_t *b) {
    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}
static inline uint64_t jail_u64(const uint8_t *b) { return jail_u32(b) | (uint64_t)jail_u32(b + 4) << 32; }
