// The frames of a video file, as a clip to learn from.

const LONGEST = 30; // seconds

// Return `frames`, arrays of pixels, and `width` and `height` of the file. Throws an Error that says what to do.
export async function clipOfFile(file, framesOfFile) {
  const frames = [];
  let size;
  for await (const { pixels, duration, width, height } of framesOfFile(file)) {
    if (duration > LONGEST + 0.5) {
      throw new Error(`It lasts ${Math.round(duration)} s: cut it into clips of one action each, of at most ${LONGEST} s.`);
    }
    frames.push(pixels);
    size = { width, height };
  }
  return { frames, ...size };
}
