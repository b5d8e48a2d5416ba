"""What do the tests of the web door share?"""

from tests.queue.servers import queue, valkey_url

__all__ = ["queue", "valkey_url"]
