// The arithmetic of helpers/video/preprocessing.py: the center square, and values from 0 to 1.

const SCALE = Math.fround(1 / 255);

export function centerSquare(width, height) {
  const side = Math.min(width, height);
  return { left: Math.floor((width - side) / 2), top: Math.floor((height - side) / 2), side };
}

// Return uint8 values as float32 from 0 to 1.
export function toPixels(rgb) {
  const pixels = new Float32Array(rgb.length); // much faster than Float32Array.from()
  for (let i = 0; i < pixels.length; i++) pixels[i] = rgb[i] * SCALE;
  return pixels;
}
