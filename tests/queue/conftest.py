"""What do the tests of the queue share?"""

from tests.queue.servers import queue, valkey_url

__all__ = ["queue", "valkey_url"]
