// The browser's camera, shown in a video element.

import { explain, nextFrame } from "../camera/camera.js";
import { FPS } from "../model/movinet.js";

const open = new Map(); // of each video element that shows the camera: what to call when it ends

// Show the camera in a video element. `onEnd(text)` is called if it is disconnected, or if the reader leaves the view.
// Throws an Error whose message says what to do.
export async function openCamera(video, onEnd = () => {}) {
  try {
    if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
    stream.getVideoTracks()[0].onended = () => end(video, "The camera was disconnected.");
    Object.assign(video, { muted: true, playsInline: true, srcObject: stream });
    open.set(video, onEnd);
    await video.play();
  } catch (error) {
    closeCamera(video);
    throw new Error(explain(error), { cause: error });
  }
}

// Turn the camera off.
export function closeCamera(video) {
  video.srcObject?.getTracks().forEach((track) => track.stop());
  video.srcObject = null;
  open.delete(video);
}

// Turn all cameras off, because the reader leaves the view.
export function closeCameras() {
  for (const video of open.keys()) end(video, "The camera is off.");
}

function end(video, text) {
  const onEnd = open.get(video);
  closeCamera(video);
  onEnd?.(text);
}

// Call `frame(now)` at each multiple of 1 / fps seconds; return a function that stops it. A late frame does not delay the next.
export function everyFrame(frame, fps = FPS) {
  let due = 0;
  let timer = null;
  const tick = () => {
    const now = performance.now();
    due = nextFrame(due, now, 1000 / fps);
    timer = setTimeout(tick, due - now);
    frame(now);
  };
  timer = setTimeout(tick);
  return () => clearTimeout(timer);
}
