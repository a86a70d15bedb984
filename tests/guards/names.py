"""Imports of our own: what only a site can import is still checked without one, by its name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path


def missing_names(root: Path, files: list[Path]) -> Iterator[str]:
	"""Find imports from a module below *root* of a name that this module does not have."""
	for path in files:
		for node in ast.walk(ast.parse(path.read_text())):
			if isinstance(node, ast.ImportFrom) and (folder := _folder(root, path, node)):
				yield from (
					f"{path.relative_to(root)}: line {node.lineno} imports {alias.name} from {folder.relative_to(root)}, which has none"
					for alias in node.names
					if alias.name != "*" and alias.name not in _names(folder)
				)


def _folder(root: Path, path: Path, node: ast.ImportFrom) -> Path | None:
	"""Return the place, without its ending, of the module that is imported from; None when it is not ours."""
	base = path.parents[node.level - 1] if node.level else root
	found = base.joinpath(*(node.module or "").split(".")) if node.module else base
	ours = node.level or (root / (node.module or "").partition(".")[0]).is_dir()
	return found if ours else None


@cache
def _names(folder: Path) -> frozenset[str]:
	package, module = folder / "__init__.py", folder.with_suffix(".py")
	# A folder of data may stand beside a module of its name.
	source = module if module.exists() and not package.exists() else package
	found = set()
	if folder.is_dir():
		found |= {path.stem for path in folder.iterdir() if path.is_dir() or path.suffix == ".py"}
	if source.exists():
		found |= set(_bound(ast.parse(source.read_text()).body))
	return frozenset(found)


def _bound(body: list[ast.stmt]) -> Iterator[str]:
	for node in body:
		if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
			yield node.name
		elif isinstance(node, ast.Import | ast.ImportFrom):
			yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
		else:
			# Assignments, also below `if` and `try`.
			yield from (name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store))
			yield from _bound([inner for inner in ast.iter_child_nodes(node) if isinstance(inner, ast.stmt)])
