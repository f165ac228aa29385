"""Flat-shaded previews of a head file: a small z-buffer rasteriser, for looking at what the bake makes."""

import struct
import zlib

import numpy as np

PART_COLOURS = {
    'skin': (222, 180, 155),
    'mouthBag': (150, 50, 55),
    'eyeLeft': (240, 240, 240),
    'eyeRight': (240, 240, 240),
    'teethUpper': (250, 250, 225),
    'teethLower': (235, 240, 215),
    'tongue': (215, 95, 105),
    'lashes': (40, 30, 30),
}


def raster(vertices, triangles, colours, size=400, centre=(0.0, 0.0), extent=0.26, yaw=0.0, pitch=0.0):
    """`[size, size, 3]` uint8, orthographic from +z after turning the head by yaw and pitch (radians); back faces culled."""
    cy, sy, cx, sx = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    turn = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]]) @ np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    v = vertices @ turn.T
    px = np.stack([(v[:, 0] - centre[0]) / extent * size + size / 2, size / 2 - (v[:, 1] - centre[1]) / extent * size], 1)
    a, b, c = (v[triangles[:, k]] for k in range(3))
    normals = np.cross(b - a, c - a)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-20
    light = np.array([0.35, 0.45, 0.82])
    shade = 0.25 + 0.75 * np.clip(normals @ light, 0, 1)
    image = np.full((size, size, 3), 60, np.uint8)
    depth = np.full((size, size), -np.inf)
    for t in np.nonzero(normals[:, 2] > 0)[0]:
        i, j, k = triangles[t]
        (x0, y0), (x1, y1), (x2, y2) = px[i], px[j], px[k]
        xa, xb = max(int(np.ceil(min(x0, x1, x2) - 0.5)), 0), min(int(np.floor(max(x0, x1, x2) - 0.5)), size - 1)
        ya, yb = max(int(np.ceil(min(y0, y1, y2) - 0.5)), 0), min(int(np.floor(max(y0, y1, y2) - 0.5)), size - 1)
        if xa > xb or ya > yb:
            continue
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area == 0:
            continue
        gx, gy = np.meshgrid(np.arange(xa, xb + 1) + 0.5, np.arange(ya, yb + 1) + 0.5)
        w1 = ((gx - x0) * (y2 - y0) - (x2 - x0) * (gy - y0)) / area
        w2 = ((x1 - x0) * (gy - y0) - (gx - x0) * (y1 - y0)) / area
        z = v[i, 2] + w1 * (v[j, 2] - v[i, 2]) + w2 * (v[k, 2] - v[i, 2])
        window = depth[ya : yb + 1, xa : xb + 1]
        hit = (w1 >= 0) & (w2 >= 0) & (w1 + w2 <= 1) & (z > window)
        window[hit] = z[hit]
        image[ya : yb + 1, xa : xb + 1][hit] = colours[t] * shade[t]
    return image


def write_png(path, image):
    height, width, _ = image.shape
    rows = b''.join(b'\0' + image[y].tobytes() for y in range(height))

    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))

    header = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    with open(path, 'wb') as out:
        out.write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(b'IDAT', zlib.compress(rows, 6)) + chunk(b'IEND', b''))


def sheet(images, columns):
    """Tiles pictures of one size, row by row."""
    blank = np.zeros_like(images[0])
    images = images + [blank] * (-len(images) % columns)
    return np.vstack([np.hstack(images[i : i + columns]) for i in range(0, len(images), columns)])
