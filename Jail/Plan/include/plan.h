// The jail's plan and messages: what the supervisor writes and the jail reads. Never performs any of it.
//
// Plan: "BHJP", u16 version, u16 zero, then records {u16 type, u16 zero, u32 length, value}, all
// little-endian. The high nibble pair of a type (type >> 4) is its phase: phases never go back, and
// the last record is JAIL_END. Texts end with their only NUL. Bounds are the enums below.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum {
    JAIL_VERSION = 1,
    JAIL_PLAN_MAX = 1 << 20,   // bytes of a plan
    JAIL_MOUNTS_MAX = 1024,    // records of the mount phase
    JAIL_TEXTS_MAX = 1024,     // arguments, and as many environment entries
    JAIL_RULES_MAX = 4096,     // Landlock paths and ports together
    JAIL_PATH_MAX = 4096,      // bytes of a path, NUL included
    JAIL_TEXT_MAX = 128 << 10, // bytes of an argument or environment entry, NUL included
    JAIL_FILE_MAX = 64 << 10,  // bytes of a generated file
    JAIL_FILTER_MAX = 4096,    // instructions of a filter
    JAIL_HANDED_MAX = 64,      // handed descriptors
    JAIL_FILES_MAX = 1 << 20,  // highest planned RLIMIT_NOFILE
    JAIL_DESCRIPTORS_SPARE = 8 // RLIMIT_NOFILE is at least the handed descriptors plus this
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

// Flags of JAIL_IDENTITY. Without JAIL_NAMESPACES there are no namespaces and no mounts, without
// JAIL_OWN_UID no change of uid and no bounding set: the weaker isolation levels.
enum { JAIL_NAMESPACES = 1, JAIL_OWN_UID = 2 };
enum { JAIL_TREE_EXECUTABLE = 1 };
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
enum { JAIL_START_MAGIC = 0x534a4842, JAIL_DESCRIPTORS_MAX = 6 + JAIL_HANDED_MAX };
struct jail_start { uint32_t magic; uint16_t version, flags; uint32_t handed; };

// Orders to a running jail. GO is read by the program's process, the rest by pid 1 once it started.
enum { JAIL_ORDER_GO = 1, JAIL_ORDER_SIGNAL = 2 };
struct jail_order { uint32_t kind, value; };

// Reports. The kernel adds the sender's pid where the receiver set SO_PASSCRED.
enum {
    JAIL_CLONED = 1,  // value: pid 1's pid as the supervisor sees it, whose child it is
    JAIL_VERIFY = 2,  // the program's process is complete and waits for GO; value: Landlock ABI, 0 none
    JAIL_STARTED = 3, // the program runs
    JAIL_FAILED = 4,  // step, value: errno, index: of the record or descriptor within its kind
    JAIL_EXITED = 5   // value: exit status, or signal when index is 1
};
struct jail_report { uint32_t kind, step; int32_t value; uint32_t index; };

enum jail_step {
    JAIL_STEP_START, JAIL_STEP_PLAN, JAIL_STEP_SEALS, JAIL_STEP_DESCRIPTORS, JAIL_STEP_NETWORK,
    JAIL_STEP_TREE, JAIL_STEP_DEVICE, JAIL_STEP_STATE, JAIL_STEP_NOTIFY, JAIL_STEP_CLONE,
    JAIL_STEP_PARENT, JAIL_STEP_PROPAGATION, JAIL_STEP_ROOT, JAIL_STEP_PROC, JAIL_STEP_MOUNT,
    JAIL_STEP_PIVOT, JAIL_STEP_READONLY, JAIL_STEP_HOSTNAME, JAIL_STEP_SESSION, JAIL_STEP_PROGRAM,
    JAIL_STEP_RULES, JAIL_STEP_LIMITS, JAIL_STEP_BOUNDING, JAIL_STEP_IDENTITY,
    JAIL_STEP_CAPABILITIES, JAIL_STEP_DUMPABLE, JAIL_STEP_WX, JAIL_STEP_PRIVILEGES,
    JAIL_STEP_LANDLOCK, JAIL_STEP_DIRECTORY, JAIL_STEP_FORK, JAIL_STEP_INIT_FILTER,
    JAIL_STEP_FILTER, JAIL_STEP_GO, JAIL_STEP_EXEC, JAIL_STEPS
};
// Name for records and messages; "unknown" for a number that is none.
const char *jail_step_name(uint32_t step);

struct jail_record { uint32_t type, length; const uint8_t *value; };
struct jail_cursor { const uint8_t *next, *end; };

// 0 when every record, bound and the order hold; else the offset of the record that does not, plus 1.
size_t jail_plan_check(const uint8_t *bytes, size_t count);
// At the first record of a plan that was checked.
struct jail_cursor jail_plan_begin(const uint8_t *bytes, size_t count);
// 1 and the next record, or 0 at the end or where the bytes do not hold a whole record.
int jail_plan_next(struct jail_cursor *cursor, struct jail_record *record);

uint32_t jail_u32(const uint8_t *bytes);
uint64_t jail_u64(const uint8_t *bytes);
