// Describe a clip by numbers from the network, to learn from, and by numbers without movement, for the baselines, as
// helpers/learn/features.py does.

import { FPS, SIZE } from "../model/movinet.js";
import { standardize } from "./classifier.js";

const THUMBNAIL = 8; // pixels

// Return the `features` of frames, `[SIZE, SIZE, 3]` from 0 to 1; `still`, those of the middle frame; its `pixels` at 8 x 8; and
// `size`: width and height of the file in pixels, and the length in seconds.
export async function describe(model, frames, { width, height }) {
  const middle = middleOf(frames);
  return {
    features: standardize(await lastLogits(model, frames)),
    still: standardize(await lastLogits(model, [middle])),
    pixels: shrink(middle),
    size: Float32Array.of(width, height, frames.length / FPS),
  };
}

export const middleOf = (frames) => frames[Math.floor(frames.length / 2)];

async function lastLogits(model, frames) {
  const stream = model.newStream();
  try {
    let logits;
    for (const pixels of frames) logits = await stream.next(pixels);
    return logits;
  } finally {
    stream.close();
  }
}

// Resize a frame to 8 x 8 means from 0 to 255, like OpenCV's INTER_AREA.
export function shrink(pixels, side = SIZE) {
  const result = new Float32Array(THUMBNAIL * THUMBNAIL * 3);
  const shares = Array.from({ length: side }, (_, i) => cellsOf(i, side));
  for (let i = 0; i < pixels.length; i++) {
    const [y, x] = [Math.floor(i / (3 * side)), Math.floor(i / 3) % side];
    for (const [row, tall] of shares[y]) {
      for (const [column, wide] of shares[x]) result[3 * (THUMBNAIL * row + column) + (i % 3)] += 255 * tall * wide * pixels[i];
    }
  }
  return result.map(Math.round);
}

// The cells that a pixel lies in, each with the part of its mean that the pixel is.
function cellsOf(i, side) {
  const width = side / THUMBNAIL;
  const [first, last] = [Math.floor(i / width), Math.min(THUMBNAIL - 1, Math.floor((i + 1) / width))];
  if (first === last) return [[first, 1 / width]];
  const border = last * width;
  return [
    [first, (border - i) / width],
    [last, (i + 1 - border) / width],
  ];
}
