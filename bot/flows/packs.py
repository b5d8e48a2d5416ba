"""Which policy packs judge which environment?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.flows.workbench import PackFiles
from bot.model.environment import Configuration, PolicyPack
from bot.model.tree import Tree
from bot.policy.adjustments import with_adjustments
from bot.policy.packs import POLICY_ENDINGS, Pack, load_pack
from bot.policy.problem import PolicyProblem


@dataclass(frozen=True, slots=True)
class Packs:
    """The configured packs, loaded once for a job, and the chosen scanners, each with the environments it is for (none
    named: all)."""

    loaded: tuple[tuple[PolicyPack, Pack], ...]
    scanners: tuple[PolicyPack, ...] = ()

    def for_environment(self, name: str) -> tuple[Pack, ...]:
        """Return the packs that judge one environment."""
        return tuple(pack for chosen, pack in self.loaded if not chosen.environments or name in chosen.environments)

    def scanners_for(self, name: str) -> tuple[PolicyPack, ...]:
        """Return the scanners that look at one environment."""
        return tuple(one for one in self.scanners if not one.environments or name in one.environments)


def load_packs(builtin: PackFiles, configuration: Configuration, tree: Tree) -> Packs:
    """Load the configured packs; `tree` is the default branch's, where the repository's own packs are read.

    A pack that does not exist, or has wrong parameters, is a problem inside its `Pack`, told as a finding.
    """
    chosen = configuration.policies
    return Packs(
        tuple((one, _load(builtin, one, tree)) for one in chosen if not one.scanner),
        tuple(one for one in chosen if one.scanner),
    )


def pack_files(builtin: PackFiles, chosen: PolicyPack, tree: Tree) -> Mapping[str, bytes] | None:
    """Return the files of a pack by their paths within it, or None when there is no such pack."""
    return builtin(chosen.builtin) if chosen.builtin else _read(tree, chosen.path)


def _load(builtin: PackFiles, chosen: PolicyPack, tree: Tree) -> Pack:
    files = pack_files(builtin, chosen, tree)
    if files is None:
        what = f"there is no pack called {chosen.builtin}" if chosen.builtin else f"there is no directory {chosen.path}"
        problem = PolicyProblem(chosen.name, what, key="policies", suggestion="mend `policies:` in the configuration")
        return Pack(chosen.name, problems=(problem,))
    return with_adjustments(load_pack(chosen.name, files, chosen.parameters, root=chosen.path), chosen.adjustments)


def _read(tree: Tree, path: str) -> Mapping[str, bytes] | None:
    if not tree.is_directory(path):
        return None
    below = [one for one in tree.files(path) if one.endswith(POLICY_ENDINGS)]
    return {one[len(path) + 1 if path else 0 :]: tree.read(one) or b"" for one in below}
