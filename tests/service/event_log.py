"""The log that tests judge by: one record a connection, in memory and, if asked for, as JSON lines in a file."""

import json
import threading


class EventLog:
    """A list of records that many threads add to and tests wait on."""

    def __init__(self, path=None):
        self._changed = threading.Condition()
        self._records = []
        self._file = open(path, 'a', encoding='utf-8') if path else None

    def add(self, record):
        """Append one record."""
        with self._changed:
            self._records.append(record)
            if self._file:
                self._file.write(json.dumps(record) + '\n')
                self._file.flush()
            self._changed.notify_all()

    def records(self):
        """A copy of all records so far."""
        with self._changed:
            return list(self._records)

    def wait(self, count, timeout):
        """All records, once there are `count`; TimeoutError where they do not come."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._records) >= count, timeout):
                raise TimeoutError(f'{len(self._records)} of {count} log records after {timeout} s: {self._records}')
            return list(self._records)

    def clear(self):
        """Forget all records (the file keeps them)."""
        with self._changed:
            self._records.clear()

    def close(self):
        """Close the file; records may still be added, to memory only."""
        with self._changed:
            if self._file:
                self._file.close()
                self._file = None
