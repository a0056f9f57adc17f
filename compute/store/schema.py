"""The tables of the cache's database: those of diskcache 5, so that its folders go on being used."""

import sqlite3

TABLES = (
    "CREATE TABLE IF NOT EXISTS Settings (key TEXT NOT NULL UNIQUE, value)",
    "CREATE TABLE IF NOT EXISTS Cache (rowid INTEGER PRIMARY KEY, key BLOB, raw INTEGER, store_time REAL,"
    " expire_time REAL, access_time REAL, access_count INTEGER DEFAULT 0, tag BLOB, size INTEGER DEFAULT 0,"
    " mode INTEGER DEFAULT 0, filename TEXT, value BLOB)",
    "CREATE UNIQUE INDEX IF NOT EXISTS Cache_key_raw ON Cache(key, raw)",
    "CREATE INDEX IF NOT EXISTS Cache_store_time ON Cache (store_time)",
)
TRIGGERS = {
    "Settings_count_insert": ("INSERT", "value + 1", "count"),
    "Settings_count_delete": ("DELETE", "value - 1", "count"),
    "Settings_size_insert": ("INSERT", "value + NEW.size", "size"),
    "Settings_size_update": ("UPDATE", "value + NEW.size - OLD.size", "size"),
    "Settings_size_delete": ("DELETE", "value - OLD.size", "size"),
}
"""What keeps the number of entries and the size of their files: after which statement, the value, and of which row."""

SUMS = "SELECT 'count', COUNT(*) FROM Cache UNION ALL SELECT 'size', COALESCE(SUM(size), 0) FROM Cache"
RECOUNT = f"INSERT OR REPLACE INTO Settings {SUMS}"


def is_complete(connection: sqlite3.Connection) -> bool:
    """Whether a database has its tables."""
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    return {"Settings", "Cache", "Cache_key_raw", "Cache_store_time", *TRIGGERS} <= names


def create(connection: sqlite3.Connection) -> None:
    """Makes the tables, as a whole."""
    connection.execute("PRAGMA auto_vacuum = FULL")
    connection.execute("BEGIN IMMEDIATE")
    for statement in TABLES:
        connection.execute(statement)
    for name, (when, value, row) in TRIGGERS.items():
        connection.execute(
            f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {when} ON Cache FOR EACH ROW BEGIN"
            f" UPDATE Settings SET value = {value} WHERE key = '{row}'; END"
        )
    connection.execute(RECOUNT)
    connection.execute("COMMIT")


def is_counted(connection: sqlite3.Connection) -> bool:
    """Whether the kept sums are those of the rows; those of a foreign database may be anything."""
    (rows,) = connection.execute(f"SELECT COUNT(*) FROM ({SUMS} EXCEPT SELECT key, value FROM Settings)").fetchone()
    return not rows
