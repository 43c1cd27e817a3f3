// Frames of a video file or a camera, as MoViNet needs them: five a second, the center square at 172 pixels.

import { copySquare } from "../camera/copy.js";
import { resize } from "../camera/resize.js";
import { FPS, SIZE } from "../model/movinet.js";
import { openVideo, seek } from "./file.js";
import { centerSquare, toPixels } from "./pixels.js";

export { closeCamera, closeCameras, everyFrame, openCamera } from "./camera.js";

const TIE = 1e-3; // as in helpers/video/resampling.py, whose rule this is: frame `i` is what a player shows just before its end

// Yield five frames a second: `time` in seconds, `pixels` as Float32Array [172 * 172 * 3], RGB from 0 to 1, the
// `duration` of the video in seconds, its `width` and `height` in pixels, and `canvas`, with the square at its own size (the same
// canvas for all frames).
// Throws an Error that says what to do if the browser cannot decode the file. Ending the loop early frees everything.
export async function* framesOfFile(file) {
  const { video, duration, close } = await openVideo(file);
  const { videoWidth: width, videoHeight: height } = video;
  try {
    const count = Math.floor(duration * FPS + 0.5 + TIE);
    if (!count)
      throw new Error(`${file.name} is shorter than ${0.5 / FPS} s, which is too short for one frame. Use a longer video.`);
    const square = new Square();
    for (let i = 0; i < count; i++) {
      await seek(video, Math.min((i + 0.5 - TIE) / FPS, duration));
      square.draw(video);
      yield { time: i / FPS, pixels: square.pixels(), duration, width, height, canvas: square.canvas };
    }
  } finally {
    close();
  }
}

const squares = new WeakMap();

// Return the pixels of the picture that a video element shows now, as `framesOfFile` yields them.
export async function grab(video) {
  const square = centerSquare(video.videoWidth, video.videoHeight);
  const rgba = await copySquare(video, square);
  return rgba ? prepare(rgba, square.side) : drawn(video);
}

function drawn(video) {
  if (!squares.has(video)) squares.set(video, new Square());
  const square = squares.get(video);
  square.draw(video);
  return square.pixels();
}

// The center square of a video's picture, at its own size.
class Square {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
  }

  draw(video) {
    const { left, top, side } = centerSquare(video.videoWidth, video.videoHeight);
    if (!side) throw new Error("There is no picture yet.");
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    this.context.drawImage(video, left, top, side, side, 0, 0, side, side);
  }

  pixels() {
    const { width: side } = this.canvas;
    return prepare(this.context.getImageData(0, 0, side, side).data, side);
  }
}

const prepare = (rgba, side) => toPixels(resize(rgba, side, SIZE));
