// Copy a video's picture without a canvas: Chromium keeps each picture that is drawn to a canvas in a cache, which grows to more
// than 300 MB.

const RGBA = 4; // bytes of a pixel

// Return the square of the picture that a video element shows as RGBA, Uint8Array [side * side * 4], with the values that a canvas
// would have; null if this browser cannot convert it, or not as a canvas does.
export async function copySquare(video, { left, top, side }) {
  if (!(await isSupported()) || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
  const frame = new VideoFrame(video);
  try {
    const { width, height } = frame.visibleRect;
    const isAsShown = width === video.videoWidth && height === video.videoHeight && !frame.rotation && !frame.flip;
    const isAligned = left % 2 === 0 && top % 2 === 0; // two by two pixels share their color
    return isAsShown && isAligned ? await toRGBA(frame, { x: left, y: top, width: side, height: side }) : null;
  } finally {
    frame.close();
  }
}

async function toRGBA(frame, rect) {
  const rgba = new Uint8Array(rect.width * rect.height * RGBA);
  await frame.copyTo(rgba, { format: "RGBA", rect });
  return rgba;
}

let supported;

// Whether frames can be converted. Some browsers ignore the format, and would copy blue as red.
const isSupported = () => (supported ??= convertsRed().catch(() => false));

async function convertsRed() {
  const red = Uint8Array.from({ length: 2 * 2 * RGBA }, (_, i) => (i % RGBA < 2 ? 0 : 255)); // in BGRA
  const frame = new VideoFrame(red, { format: "BGRA", codedWidth: 2, codedHeight: 2, timestamp: 0 });
  try {
    const [r, g, b] = await toRGBA(frame, { x: 0, y: 0, width: 2, height: 2 });
    return r === 255 && g === 0 && b === 0;
  } finally {
    frame.close();
  }
}
