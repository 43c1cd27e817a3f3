#!/usr/bin/env python3
"""Render the tutorial's sample clips from motion-capture data.

The motions are the `humanoid3d_*.txt` files of the pip package pybullet (module `pybullet_data`). A clothed person is modeled
around the moving skeleton, and pybullet's TinyRenderer draws it on a lawn (on the CPU, without a window). The clips have the
format of UCF101: XviD in AVI, 320 x 240 pixels, 25 frames per second. All noise is seeded, so the clips are reproducible.
"""

import argparse
import json
import subprocess
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pybullet
import pybullet_data
from pybullet_utils.bullet_client import BulletClient

WIDTH, HEIGHT, FPS, N_FRAMES = 320, 240, 25, 64
SUPERSAMPLE = 2  # render at twice the size, then shrink, for smooth edges
FIELD_OF_VIEW, CAMERA_DISTANCE, CAMERA_HEIGHT, TARGET_HEIGHT = 44.0, 3.2, 1.15, 0.84  # degrees, meters
FOREST = 30.0  # distance of the trees in meters; near enough for visible parallax
FLAT = np.array([1, 0, 1])  # keeps the horizontal part of a vector: y points up
SUN = np.array([0.45, 0.88, 0.12]) / np.linalg.norm([0.45, 0.88, 0.12])

# Camera positions of the groups g01 to g04, in degrees around the vertical axis: at the start of the motion, 0 is in front of the
# person, and 90 is on the person's right.
AZIMUTHS = (60, 120, 240, 300)

# Action: motion file and playback speed. The side kick is slower, so that the clip shows one whole kick.
ACTIONS = {
    "Backflip": ("backflip", 1.0),
    "Cartwheel": ("cartwheel", 1.0),
    "Crawl": ("crawl", 1.0),
    "Dance": ("dance_b", 1.0),
    "Jogging": ("run", 1.0),
    "Jump": ("jump", 1.0),
    "Punch": ("punch", 1.0),
    "Roll": ("roll", 1.0),
    "SideKick": ("kick", 0.8),
    "SpinKick": ("spinkick", 1.0),
    "Walk": ("walk", 1.0),
}

# Colors of the person in each group: red, green and blue, from 0 to 1.
OUTFITS = (
    dict(
        shirt=(0.80, 0.12, 0.13),
        trousers=(0.11, 0.14, 0.28),
        shoes=(0.90, 0.90, 0.88),
        skin=(0.88, 0.66, 0.54),
        hair=(0.20, 0.12, 0.07),
    ),
    dict(
        shirt=(0.12, 0.32, 0.76),
        trousers=(0.19, 0.19, 0.21),
        shoes=(0.85, 0.22, 0.12),
        skin=(0.56, 0.37, 0.27),
        hair=(0.06, 0.05, 0.05),
    ),
    dict(
        shirt=(0.95, 0.76, 0.14),
        trousers=(0.10, 0.20, 0.42),
        shoes=(0.16, 0.17, 0.20),
        skin=(0.92, 0.71, 0.59),
        hair=(0.45, 0.27, 0.12),
    ),
    dict(
        shirt=(0.92, 0.92, 0.92),
        trousers=(0.46, 0.08, 0.12),
        shoes=(0.13, 0.13, 0.15),
        skin=(0.78, 0.55, 0.42),
        hair=(0.10, 0.08, 0.07),
    ),
)
COMMON = dict(sole=(0.96, 0.96, 0.96), eye=(0.10, 0.07, 0.06), lips=(0.68, 0.33, 0.31))

# The skeleton, as in pybullet_data's humanoid.urdf: parent link, and position in its frame (x forward, y up, z right) in meters,
# in the order of the motion files.
SKELETON = {"chest": ("root", (0, 0.2362, 0)), "neck": ("chest", (0, 0.2239, 0))}
for side, z in (("r_", 1), ("l_", -1)):
    SKELETON |= {
        side + "hip": ("root", (0, 0, 0.0849 * z)),
        side + "knee": (side + "hip", (0, -0.4215, 0)),
        side + "ankle": (side + "knee", (0, -0.4099, 0)),
        side + "shoulder": ("chest", (-0.0241, 0.2435, 0.1831 * z)),
        side + "elbow": (side + "shoulder", (0, -0.2748, 0)),
    }

# The body consists of "lofts", surfaces over a row of elliptic rings. A ring: link; share of the parent link in its rotation (.5
# in the middle of a joint makes knees and elbows bend smoothly); center forward and up; radius forward (up in shoes, whose rings
# stand upright) and sideways. Lengths are in meters.
TRUNK = """
shirt y; root 0 0 0 .03 .03; root 0 0 .01 .108 .153; root 0 0 .12 .100 .146; chest .5 0 0 .098 .140;
  chest 0 .004 .10 .106 .152; chest 0 .002 .18 .110 .170; chest 0 -.012 .24 .086 .182;
  chest 0 -.016 .27 .068 .150; chest 0 -.012 .293 .056 .080; chest 0 -.008 .300 .03 .03
trousers y; root 0 0 -.11 .02 .02; root 0 0 -.09 .08 .10; root 0 -.005 -.03 .108 .150;
  root 0 -.002 .02 .105 .150; root 0 0 .07 .09 .13; root 0 0 .09 .03 .03
skin y; chest 0 -.008 .24 .05 .05; neck .5 -.004 .02 .054 .053; neck 0 .002 .06 .052 .050;
  neck 0 .018 .082 .072 .052; neck 0 .022 .105 .082 .062; neck 0 .015 .15 .088 .071;
  neck 0 .008 .19 .092 .075; neck 0 0 .23 .090 .073; neck 0 -.005 .265 .068 .056;
  neck 0 -.005 .282 .02 .02
hair y; neck 0 -.05 .085 .02 .03; neck 0 -.045 .10 .052 .062; neck 0 -.030 .15 .074 .079;
  neck 0 -.020 .195 .084 .083; neck 0 -.006 .235 .100 .083; neck 0 -.005 .272 .086 .070;
  neck 0 -.006 .298 .045 .036; neck 0 -.006 .303 .01 .01
"""
LIMBS = """
trousers y; hip 0 0 .05 .03 .03; hip 0 0 .02 .078 .070; hip 0 0 -.10 .088 .080;
  hip 0 0 -.24 .076 .069; hip 0 0 -.36 .063 .058; knee .5 .004 0 .061 .056;
  knee 0 -.008 -.07 .060 .056; knee 0 -.012 -.16 .060 .056; knee 0 -.006 -.28 .053 .050;
  knee 0 -.004 -.365 .051 .049; knee 0 -.004 -.37 .03 .03
sole y; knee 0 0 -.34 .03 .03; knee 0 0 -.36 .037 .035; ankle .5 0 0 .036 .034; ankle 0 0 -.02 .02 .02
shirt y; shoulder 0 0 .046 .01 .01; shoulder 0 0 .034 .034 .032; shoulder 0 0 .005 .054 .049;
  shoulder 0 0 -.06 .055 .051; shoulder 0 0 -.15 .055 .052; shoulder 0 0 -.155 .03 .03
skin y; shoulder 0 0 -.10 .02 .02; shoulder 0 0 -.13 .042 .040; shoulder 0 0 -.20 .041 .038;
  elbow .5 0 0 .037 .036; elbow 0 0 -.06 .041 .038; elbow 0 0 -.14 .035 .031;
  elbow 0 0 -.22 .027 .023; elbow 0 0 -.259 .028 .020; elbow 0 .004 -.299 .040 .019;
  elbow 0 .005 -.344 .043 .019; elbow 0 .006 -.389 .036 .016; elbow 0 .006 -.424 .024 .012;
  elbow 0 .006 -.434 .005 .005
shoes x; ankle 0 -.072 -.02 .01 .01; ankle 0 -.066 -.016 .030 .030; ankle 0 -.03 0 .047 .038;
  ankle 0 .02 -.008 .040 .040; ankle 0 .07 -.018 .030 .045; ankle 0 .12 -.026 .022 .045;
  ankle 0 .155 -.030 .014 .033; ankle 0 .165 -.032 .004 .01
sole x; ankle 0 -.076 -.042 .002 .015; ankle 0 -.068 -.041 .009 .034; ankle 0 0 -.041 .009 .042;
  ankle 0 .10 -.041 .009 .048; ankle 0 .15 -.041 .009 .038; ankle 0 .17 -.041 .002 .012
"""
BALL_RINGS = 7
# Balls: material, link, center and radii along x (forward), y (up), z (right).
BALLS = [("skin", "neck", (0.104, 0.155, 0), (0.018, 0.024, 0.013)), ("lips", "neck", (0.098, 0.117, 0), (0.008, 0.007, 0.024))]
for side, z in (("r_", 1), ("l_", -1)):
    BALLS += [
        ("eye", "neck", (0.091, 0.182, 0.031 * z), (0.010, 0.009, 0.014)),
        ("hair", "neck", (0.091, 0.203, 0.031 * z), (0.010, 0.006, 0.021)),
        ("skin", "neck", (-0.002, 0.165, 0.079 * z), (0.020, 0.030, 0.010)),
        ("skin", side + "elbow", (0.046, -0.314, 0), (0.014, 0.042, 0.014)),
    ]


def body_parts():
    """Return the lofts of the body as (material, axis, rings)."""
    parts = []
    for text, sides in ((TRUNK, ("",)), (LIMBS, ("r_", "l_"))):
        for block in text.strip().replace("\n  ", " ").split("\n"):
            head, *rows = block.split(";")
            rings = [(row.split()[0], *map(float, row.split()[1:])) for row in rows]
            for side in sides:
                parts.append((*head.split(), [(side + link, turn, (x, y, 0), radii) for link, turn, x, y, *radii in rings]))
    for material, link, (x, y, z), (rx, ry, rz) in BALLS:
        parts.append(
            (
                material,
                "y",
                [
                    (link, 0, (x, y + ry * np.sin(a), z), (rx * np.cos(a), rz * np.cos(a)))
                    for a in np.linspace(-1.5, 1.5, BALL_RINGS)
                ],
            )
        )
    return parts


def smooth_rows(rows, steps):
    """Insert rows between rows, on a Catmull-Rom curve."""
    ends = np.concatenate([rows[:1], rows, rows[-1:]])
    before, here, there, after = ends[:-3], ends[1:-2], ends[2:-1], ends[3:]
    fine = [
        here
        + 0.5 * t * (there - before + t * (2 * before - 5 * here + 4 * there - after + t * (3 * (here - there) + after - before)))
        for t in np.arange(steps) / steps
    ]
    return np.concatenate([np.stack(fine, 1).reshape(-1, *rows.shape[1:]), rows[-1:]])


def loft_grid(rings, axis, pose, sides=16):
    """Return the surface points of a loft in a pose of the skeleton.

    Parameters
    ----------
    rings : list of tuple
        Link, share of the parent's rotation, center and two radii of each ring.
    axis : {"x", "y"}
        Axis of the row of rings in the links' frames.
    pose : dict
        Position and rotation (quaternion x, y, z, w) of each link.
    sides : int
        Number of corners of a ring.

    Returns
    -------
    numpy.ndarray
        Points of shape (rings, sides, 3), refined along the loft.
    """
    angle = np.arange(sides) * 2 * np.pi / sides
    rows = []
    for link, share, center, radii in rings:
        position, rotation = pose[link]
        center = position + matrix(rotation) @ center
        if share:
            parent_rotation = pose[SKELETON[link][0]][1]
            rotation = pybullet.getQuaternionSlerp(rotation, parent_rotation, share)
        frame = matrix(rotation)
        rows.append(
            center
            + np.outer(radii[0] * np.cos(angle), frame[:, 0 if axis == "y" else 1])
            + np.outer(radii[1] * np.sin(angle), frame[:, 2])
        )
    return smooth_rows(np.array(rows), 3 if len(rings) != BALL_RINGS else 1)


def matrix(rotation):
    """Convert a quaternion (x, y, z, w) to a 3 x 3 matrix."""
    return np.reshape(pybullet.getMatrixFromQuaternion(rotation), (3, 3))


def mesh(grid):
    """Return vertices, normals and triangles (seen from outside) of a loft."""
    normals = np.cross(np.gradient(grid, axis=0), np.roll(grid, -1, 1) - np.roll(grid, 1, 1))
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True) + 1e-12
    index = np.arange(grid[..., 0].size).reshape(grid.shape[:2])
    a, b = index[:-1], index[1:]
    c, d = np.roll(b, -1, 1), np.roll(a, -1, 1)
    triangles = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)]).reshape(-1, 3)
    if np.sum(normals * (grid - grid.mean(axis=1, keepdims=True))) < 0:
        normals, triangles = -normals, triangles[:, ::-1]
    return grid.reshape(-1, 3), normals.reshape(-1, 3), triangles


def load_motion(name):
    """Read a motion file and repeat it until it fills a clip.

    Motions marked "wrap" (a step, a cartwheel, ...) continue from where they ended. The others start again in their final
    direction.

    Returns
    -------
    times : list of float
        Seconds.
    frames : list of tuple
        Root position and rotations (x, y, z, w) of root and joints.
    """
    path = Path(pybullet_data.getDataPath(), "data", "motions", f"humanoid3d_{name}.txt")
    motion = json.loads(path.read_text(encoding="utf-8"))
    rows = np.array(motion["Frames"])
    frames = [split_frame(row) for row in rows]
    (first, (first_turn, *_)), (last, (last_turn, *_)) = frames[0], frames[-1]
    step, yaw, pause = last - first, 0, rows[0, 0]
    if motion["Loop"] == "wrap":
        step *= len(rows) / (len(rows) - 1)  # the first frame of the next repetition follows the last one
    else:
        yaw = 2 * (np.arctan2(*last_turn[[1, 3]]) - np.arctan2(*first_turn[[1, 3]]))
        pause = 0.4
    all_times, all_frames, start, origin, heading = [], [], 0, np.zeros(3), 0
    while start < 2 * N_FRAMES / FPS:
        turn = pybullet.getQuaternionFromEuler((0, heading, 0))
        for moment, (position, rotations) in zip(np.cumsum(rows[:, 0]), frames):
            place, root = pybullet.multiplyTransforms(origin, turn, (position - first) * FLAT, rotations[0])
            all_times.append(start + moment - rows[0, 0])
            all_frames.append((place + position * (0, 1, 0), [root, *rotations[1:]]))
        origin, _ = pybullet.multiplyTransforms(origin, turn, step * FLAT, (0, 0, 0, 1))
        start, heading = all_times[-1] + pause, heading + yaw
    return all_times, all_frames


def split_frame(frame):
    """Split a frame of a motion file into root position and rotations (root, joints)."""
    rotations, place = [np.roll(frame[4:8], -1)], 8  # w is the first in the file, the last here
    for link in SKELETON:
        if link.endswith(("knee", "elbow")):
            rotations.append(pybullet.getQuaternionFromEuler((0, 0, frame[place])))
            place += 1
        else:
            rotations.append(np.roll(frame[place : place + 4], -1))
            place += 4
    return frame[1:4], rotations


def pose_at(times, frames, moment):
    """Interpolate a motion; return the position and rotation of each link."""
    here = np.searchsorted(times, moment, side="right") - 1
    share = (moment - times[here]) / (times[here + 1] - times[here])
    (position, rotations), (next_position, next_rotations) = frames[here : here + 2]
    root, *joints = [pybullet.getQuaternionSlerp(a, b, share) for a, b in zip(rotations, next_rotations)]
    pose = {"root": ((1 - share) * position + share * next_position, root)}
    for (link, (parent, offset)), rotation in zip(SKELETON.items(), joints):
        pose[link] = pybullet.multiplyTransforms(*pose[parent], offset, rotation)
    return {link: (np.array(position), rotation) for link, (position, rotation) in pose.items()}


def animate(name, speed):
    """Animate the body for a clip.

    Parameters
    ----------
    name : str
        Middle part of `humanoid3d_<name>.txt`.
    speed : float
        Playback speed; 1 is the speed of the recording.

    Returns
    -------
    bodies : list of list
        The grids of all lofts, for each frame.
    path : numpy.ndarray
        Smoothed root position in each frame, which the camera follows.
    """
    times, frames = load_motion(name)
    poses = [pose_at(times, frames, frame / FPS * speed) for frame in range(N_FRAMES)]
    parts = body_parts()
    bodies = [[loft_grid(rings, axis, pose) for _, axis, rings in parts] for pose in poses]
    shoes = [number for number, part in enumerate(parts) if part[0] in ("shoes", "sole")]
    soles = [min(body[number][..., 1].min() for number in shoes) for body in bodies]
    ground = np.percentile(soles, 25)  # the ground level of the recordings is wrong by some cm
    for body in bodies:
        lowest = min(grid[..., 1].min() for grid in body)
        for grid in body:
            grid[..., 1] -= min(ground, lowest)  # keep hands and back above the ground
    return bodies, smooth(np.array([pose["root"][0] for pose in poses]))


def smooth(path):
    """Smooth the deviation of a path from a straight line, over about half a second."""
    straight = np.linspace(path[0], path[-1], len(path))
    return straight + cv2.GaussianBlur(path - straight, (1, 49), 0, sigmaY=9)


class Scene:
    """Grass, trees and sky, and a camera in one direction.

    Parameters
    ----------
    azimuth : float
        Position of the camera, in degrees; see `AZIMUTHS`.
    """

    def __init__(self, azimuth):
        self.size = (WIDTH * SUPERSAMPLE, HEIGHT * SUPERSAMPLE)
        x, z = CAMERA_DISTANCE * np.cos(np.radians(azimuth)), CAMERA_DISTANCE * np.sin(np.radians(azimuth))
        self.offset = np.array([x, CAMERA_HEIGHT, z])
        self.projection = pybullet.computeProjectionMatrixFOV(FIELD_OF_VIEW, WIDTH / HEIGHT, 0.1, 50)
        self.right, up, back = np.reshape(self.view(self.offset), (4, 4)).T[:3, :3]
        top = np.tan(np.radians(FIELD_OF_VIEW) / 2)
        columns, rows = np.meshgrid(np.linspace(-top, top, self.size[0]) * WIDTH / HEIGHT, np.linspace(top, -top, self.size[1]))
        rays = columns[..., None] * self.right + rows[..., None] * up - back
        self.rays = rays / np.linalg.norm(rays, axis=-1, keepdims=True)  # of each pixel, outward
        noise = np.tile(np.random.default_rng(400).random((512, 512)), (3, 3)).astype(np.float32)
        self.noise = [cv2.GaussianBlur(noise, (0, 0), blur)[512:1024, 512:1024] for blur in (0.7, 9)]
        self.noise = [(picture - picture.mean()) / picture.std() for picture in self.noise]
        height = np.clip(self.rays[..., 1:2] / 0.45, 0, 1) ** 0.7
        self.sky = (1 - height) * (0.80, 0.90, 0.98) + height * (0.27, 0.52, 0.88)

    def camera(self, target):
        """Return the camera position for a person at `target`. The camera rises a little with a jump."""
        rise = max(0.6 * (target[1] - 0.86), -0.3)
        return target * FLAT + self.offset + (0, rise, 0)

    def view(self, camera):
        """Return the view matrix. The camera never rotates."""
        aim = camera - self.offset + (0, TARGET_HEIGHT, 0)
        return pybullet.computeViewMatrix(camera, aim, (0, 1, 0))

    def lookup(self, kind, x, y):
        """Sample a seamless noise picture."""
        return cv2.remap(self.noise[kind], np.float32(x % 512), np.float32(y % 512), cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)

    def background(self, camera):
        """Draw the background: sky, trees and grass."""
        picture, slope = self.sky.copy(), self.rays[:, 0, 1]
        grass = slope < -camera[1] / FOREST
        trees = ~grass & (slope < 0.12)
        rays = self.rays[trees]
        around = np.arctan2(rays[..., 2], rays[..., 0]) + self.right @ camera / FOREST
        height = np.degrees(rays[..., 1] + camera[1] / FOREST)
        tops = 3 + sum(
            size * np.abs(np.sin(count * around + count)) for size, count in ((0.9, 9), (0.6, 23), (0.45, 61), (0.2, 140))
        )
        crown = np.clip((tops - height) / 0.2, 0, 1)[..., None]
        leaves = 0.03 * self.lookup(1, around * 400, height * 25) + 0.015 * height
        picture[trees] += crown * (np.array((0.13, 0.26, 0.13)) + leaves[..., None] - picture[trees])

        rays = self.rays[grass]
        reach = -camera[1] / rays[..., 1]
        x, z = camera[0] + reach * rays[..., 0], camera[2] + reach * rays[..., 2]
        near = 1 / (1 + (reach / 7) ** 2)
        mown = np.tanh(8 * np.sin(np.pi * x / 1.2)) * np.tanh(8 * np.sin(np.pi * z / 1.2))
        light = 1 + 0.18 * mown * np.sqrt(near) + 0.07 * near * self.lookup(0, x * 140, z * 140)
        light += 0.05 * self.lookup(1, x * 40, z * 40)
        haze = np.clip(reach / 60, 0, 1)[..., None]
        picture[grass] = (1 - haze) * light[..., None] * (0.30, 0.53, 0.20) + haze * np.array((0.40, 0.57, 0.32))
        return picture

    def shadow(self, body, view):
        """Draw the shadow on the ground, from 0 (no shadow) to 1 (full shadow)."""
        projection = np.reshape(self.projection, (4, 4)).T @ np.reshape(view, (4, 4)).T
        picture = np.zeros(self.size[::-1], np.uint8)
        for grid in body:
            flat = grid - grid[..., 1:2] / SUN[1] * SUN
            clip = flat @ projection[:, :3].T + projection[:, 3]
            points = np.float32((clip[..., :2] / clip[..., 3:] * (0.5, -0.5) + 0.5) * self.size)
            for ring, following in zip(points[:-1], points[1:]):
                hull = cv2.convexHull(np.concatenate([ring, following]))
                cv2.fillConvexPoly(picture, np.int32(hull), 255)
        picture[self.rays[..., 1] > 0] = 0
        return cv2.GaussianBlur(picture, (0, 0), 1.3 * SUPERSAMPLE)[..., None] / 255

    def render(self, client, body, colors, target):
        """Draw one frame.

        Parameters
        ----------
        client : BulletClient
            Client that renders the body.
        body : list of numpy.ndarray
            Grids of all lofts.
        colors : list of tuple
            Color of each loft.
        target : numpy.ndarray
            Position of the person.

        Returns
        -------
        numpy.ndarray
            uint8 `[HEIGHT, WIDTH, 3]`, RGB.
        """
        client.resetSimulation()
        for grid, color in zip(body, colors):
            vertices, normals, triangles = mesh(grid)
            shape = client.createVisualShape(
                pybullet.GEOM_MESH,
                vertices=vertices.tolist(),
                normals=normals.tolist(),
                indices=triangles.ravel().tolist(),
                uvs=np.zeros((len(vertices), 2)).tolist(),
                rgbaColor=(*color, 1),
                specularColor=(0.1, 0.1, 0.1),
            )
            client.createMultiBody(baseVisualShapeIndex=shape)
        camera = self.camera(target)
        view = self.view(camera)
        _, _, person, _, mask = client.getCameraImage(
            *self.size,
            view,
            self.projection,
            renderer=pybullet.ER_TINY_RENDERER,
            shadow=0,
            lightDirection=SUN.tolist(),
            lightColor=(1, 1, 1),
            lightAmbientCoeff=0.55,
            lightDiffuseCoeff=0.55,
            lightSpecularCoeff=0.1,
        )
        person = np.reshape(person, (*self.size[::-1], 4))[..., :3] / 255
        mask = np.reshape(mask, self.size[::-1])[..., None] >= 0  # -1 outside the person
        behind = self.background(camera) * (1 - 0.55 * self.shadow(body, view))
        picture = cv2.resize(np.where(mask, person, behind), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        return np.uint8(np.clip(picture, 0, 1) * 255 + 0.5)


def write_clip(path, frames):
    """Encode frames as XviD in AVI. One thread and no dates make the file reproducible."""
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-y",
        "-loglevel",
        "error",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-s",
        f"{WIDTH}x{HEIGHT}",
        "-r",
        str(FPS),
        "-i",
        "-",
        "-c:v",
        "libxvid",
        "-q:v",
        "6",
        "-trellis",
        "1",
        "-g",
        str(N_FRAMES),
        "-threads",
        "1",
        "-flags",
        "+bitexact",
        "-fflags",
        "+bitexact",
        "-map_metadata",
        "-1",
        str(path),
    ]
    subprocess.run(command, input=np.stack(frames).tobytes(), check=True)


def main():
    """Render the requested clips."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--output",
        type=Path,
        default=Path(__file__).parents[2] / "samples",
        help="folder for the clips (default: the repository's samples)",
    )
    parser.add_argument(
        "--actions",
        nargs="+",
        choices=ACTIONS,
        default=list(ACTIONS),
        metavar="ACTION",
        help="render only these: " + ", ".join(ACTIONS),
    )
    parser.add_argument(
        "--groups",
        nargs="+",
        type=int,
        choices=range(1, len(AZIMUTHS) + 1),
        default=range(1, len(AZIMUTHS) + 1),
        help="render only these camera directions",
    )
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    client = BulletClient(pybullet.DIRECT)
    materials = [part[0] for part in body_parts()]
    for action in arguments.actions:
        bodies, path = animate(*ACTIONS[action])
        for group in arguments.groups:
            outfit = {**COMMON, **OUTFITS[group - 1]}
            colors = [outfit[material] for material in materials]
            scene = Scene(AZIMUTHS[group - 1])
            frames = [scene.render(client, body, colors, target) for body, target in zip(bodies, path)]
            name = f"v_{action}_g{group:02}_c01.avi"
            write_clip(arguments.output / name, frames)
            print(name, flush=True)


if __name__ == "__main__":
    main()
