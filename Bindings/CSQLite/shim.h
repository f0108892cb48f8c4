#include <sqlite3.h>

// sqlite3_db_config is variadic, which Swift cannot call.
static inline int bh_sqlite_switch(sqlite3 *database, int option, int on) {
    return sqlite3_db_config(database, option, on, (int *)0);
}

// The destructor is a cast integer, which Swift cannot import: SQLite copies the bytes.
static inline int bh_sqlite_bind_bytes(
    sqlite3_stmt *statement, int place, const void *bytes, sqlite3_uint64 count) {
    if (count == 0) return sqlite3_bind_zeroblob(statement, place, 0);
    return sqlite3_bind_blob64(statement, place, bytes, count, SQLITE_TRANSIENT);
}

static inline int bh_sqlite_bind_text(
    sqlite3_stmt *statement, int place, const char *text, sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, place, text, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}
