"""Which lines of two texts differ, as a unified diff: the one difflib makes, in a fraction of its time?

difflib pairs the longest block of equal lines first, then goes on to the left and to the right of it. A line that
each side has exactly once belongs to one block only; a block longer than any that could do without such lines comes
before those in any case. Where the blocks of this kind do not cross, they are taken at once, and difflib is asked
about what lies between them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from difflib import SequenceMatcher

Block = tuple[int, int, int]  # where it begins in base and in head, how many lines it has
Region = tuple[int, int, int, int]  # lines of base, from and to, that became these lines of head

_POPULAR_FROM = 200  # lines; in a longer text difflib starts no block with a line that is there all the time


def unified(base: Sequence[str], head: Sequence[str], context: int) -> str:
    """Return the unified diff of two texts without file names, '' when there is none; `context` lines around.

    The form is that of Python's difflib.unified_diff, to the byte.
    """
    lines: list[str] = []
    for group in _groups(list(_regions(base, head)), context):
        first, last = group[0], group[-1]
        before = min(context, first[0], first[2])
        after = min(context, len(base) - last[1], len(head) - last[3])
        old = _range(first[0] - before, last[1] + after)
        new = _range(first[2] - before, last[3] + after)
        lines.append(f"@@ -{old} +{new} @@")
        at = first[0] - before
        for start, end, head_start, head_end in group:
            lines += [f" {line}" for line in base[at:start]]
            lines += [f"-{line}" for line in base[start:end]]
            lines += [f"+{line}" for line in head[head_start:head_end]]
            at = end
        lines += [f" {line}" for line in base[at : at + after]]
    return "\n".join(lines)


def _range(start: int, end: int) -> str:
    """Return the numbers of lines as unified diffs have them. Source: POSIX, diff, the format of -u."""
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _groups(regions: Sequence[Region], context: int) -> Iterator[list[Region]]:
    """Yield the regions that share their context."""
    group: list[Region] = []
    for one in regions:
        if group and one[0] - group[-1][1] > 2 * context:
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _regions(base: Sequence[str], head: Sequence[str]) -> Iterator[Region]:
    """Yield what is different, in order."""
    at, head_at = 0, 0
    for start, head_start, length in [*_blocks(base, head), (len(base), len(head), 0)]:
        if start > at or head_start > head_at:
            yield at, start, head_at, head_start
        at, head_at = start + length, head_start + length


def _blocks(base: Sequence[str], head: Sequence[str]) -> list[Block]:
    """Return the blocks of equal lines that difflib would pair, in order."""
    counts = Counter(head)
    most = len(head) // 100 + 1 if len(head) >= _POPULAR_FROM else len(head)
    popular = frozenset(line for line, count in counts.items() if count > most)
    certain = _certain(base, head, counts, popular)
    if certain is None:
        return [(one.a, one.b, one.size) for one in SequenceMatcher(None, base, head).get_matching_blocks()]
    found: list[Block] = []
    at, head_at = 0, 0
    for block in [*certain, (len(base), len(head), 0)]:
        between = _between(base[at : block[0]], head[head_at : block[1]], popular)
        found += [(at + one[0], head_at + one[1], one[2]) for one in between]
        found.append(block)
        at, head_at = block[0] + block[2], block[1] + block[2]
    return found


def _between(base: Sequence[str], head: Sequence[str], popular: Collection[str]) -> list[Block]:
    if not base or not head or set(base).isdisjoint(head):
        return []
    matcher = SequenceMatcher(None, base, head, autojunk=False)
    for line in popular:
        matcher.b2j.pop(line, None)  # type: ignore[attr-defined]  # the stubs leave it out
    return [(one.a, one.b, one.size) for one in matcher.get_matching_blocks()]


def _certain(
    base: Sequence[str], head: Sequence[str], counts: Counter[str], popular: Collection[str]
) -> list[Block] | None:
    """Return the blocks that difflib pairs whatever else there is, in order; None where two of them cross."""
    once = {line for line, count in Counter(base).items() if count == 1 and counts.get(line) == 1}
    marks = bytes([line in once for line in base])
    longest_other = _longest(bytes([line in once or line in popular for line in base])) if popular else _longest(marks)
    place = {line: at for at, line in enumerate(head) if line in once}
    found: list[Block] = []
    end = head_end = 0
    at = marks.find(1)
    while at >= 0:
        block = _around(base, head, at, place[base[at]])
        if _weight(base, block, popular) > longest_other:
            if block[0] < end or block[1] < head_end:
                return None
            found.append(block)
            end, head_end = block[0] + block[2], block[1] + block[2]
        at = marks.find(1, block[0] + block[2])
    return found


def _around(base: Sequence[str], head: Sequence[str], at: int, head_at: int) -> Block:
    """Return the whole block of equal lines around a pair of them."""
    back = 0
    while back < at and back < head_at and base[at - back - 1] == head[head_at - back - 1]:
        back += 1
    length, most = 1, min(len(base) - at, len(head) - head_at)
    while length < most and base[at + length] == head[head_at + length]:
        length += 1
    return at - back, head_at - back, back + length


def _weight(base: Sequence[str], block: Block, popular: Collection[str]) -> int:
    """Return how long difflib takes a block to be: the longest part of it without popular lines."""
    if not popular:
        return block[2]
    return _longest(bytes([line in popular for line in base[block[0] : block[0] + block[2]]]))


def _longest(marks: bytes) -> int:
    """Return how many lines without a mark stand together at most."""
    return max(map(len, marks.split(b"\1")))
