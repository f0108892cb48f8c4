/// The file's tables.
///
/// Balances are kept beside the transfers that made them, so that a start does not read the journal;
/// `verify` adds them up again. The file's own rules repeat what the book promises: rows of the
/// journal cannot be changed, and nothing but custody is below zero.
enum Schema {
    /// Of the tables below; another one is refused.
    static let format: Int64 = 1

    /// Rows of one block in `transfers` have ids from `block << 24`.
    static let blockShift: Int64 = 24

    static let tables = """
        CREATE TABLE meta (
            id INTEGER PRIMARY KEY CHECK (id = 1), format INTEGER NOT NULL, block INTEGER NOT NULL,
            accounts INTEGER NOT NULL, trade INTEGER NOT NULL, reserve INTEGER NOT NULL,
            chain BLOB NOT NULL CHECK (length(chain) = 32), halted TEXT) STRICT;
        CREATE TABLE accounts (
            account INTEGER PRIMARY KEY, block INTEGER NOT NULL) STRICT;
        CREATE TABLE blocks (
            number INTEGER PRIMARY KEY, time INTEGER NOT NULL, opened INTEGER NOT NULL,
            transfers INTEGER NOT NULL, chain BLOB NOT NULL CHECK (length(chain) = 32)) STRICT;
        CREATE TABLE transfers (
            id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, reference INTEGER NOT NULL,
            debit INTEGER NOT NULL, credit INTEGER NOT NULL, currency INTEGER NOT NULL,
            amount INTEGER NOT NULL CHECK (amount > 0)) STRICT;
        CREATE TABLE balances (
            id INTEGER PRIMARY KEY, available INTEGER NOT NULL,
            held INTEGER NOT NULL CHECK (held >= 0),
            reserved INTEGER NOT NULL CHECK (reserved >= 0),
            CHECK (available >= 0 OR id < 65536)) STRICT;
        CREATE TABLE reserves (
            id INTEGER PRIMARY KEY, account INTEGER NOT NULL, currency INTEGER NOT NULL,
            amount INTEGER NOT NULL CHECK (amount > 0)) STRICT;
        CREATE TRIGGER transfers_stay BEFORE UPDATE ON transfers
            BEGIN SELECT RAISE(ABORT, 'the journal is not changed'); END;
        CREATE TRIGGER transfers_remain BEFORE DELETE ON transfers
            BEGIN SELECT RAISE(ABORT, 'the journal is not changed'); END;
        CREATE TRIGGER blocks_stay BEFORE UPDATE ON blocks
            BEGIN SELECT RAISE(ABORT, 'the journal is not changed'); END;
        CREATE TRIGGER blocks_remain BEFORE DELETE ON blocks
            BEGIN SELECT RAISE(ABORT, 'the journal is not changed'); END;
        CREATE VIEW book AS SELECT
            id >> 16 AS account, id & 65535 AS currency, available, held, reserved FROM balances;
        INSERT INTO meta VALUES (1, 1, 0, 0, 0, 0, zeroblob(32), NULL);
        """

    static let addBlock = "INSERT INTO blocks VALUES (?1, ?2, ?3, ?4, ?5)"
    static let addTransfer = "INSERT INTO transfers VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    static let addAccount = "INSERT INTO accounts VALUES (?1, ?2)"
    static let putBalance = """
        INSERT INTO balances VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO UPDATE SET
            available = excluded.available, held = excluded.held, reserved = excluded.reserved
        """
    static let addReserve = "INSERT INTO reserves VALUES (?1, ?2, ?3, ?4)"
    static let endReserve = "DELETE FROM reserves WHERE id = ?1"
    static let putPosition = """
        UPDATE meta SET block = ?1, accounts = ?2, trade = ?3, reserve = ?4, chain = ?5
        """
    static let putHalt = "UPDATE meta SET halted = ?1"
    static let position = """
        SELECT format, block, accounts, trade, reserve, chain, halted FROM meta WHERE id = 1
        """
    static let balances = "SELECT id, available, held, reserved FROM balances ORDER BY id"
    static let reserves = "SELECT id, account, currency, amount FROM reserves ORDER BY id"
    static let blocks = "SELECT number, time, opened, transfers, chain FROM blocks ORDER BY number"
    static let transfers = """
        SELECT id, kind, reference, debit, credit, currency, amount FROM transfers ORDER BY id
        """
}
