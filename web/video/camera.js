// The browser's camera, shown in a video element.

import { explain, free, nextFrame } from "../camera/camera.js";
import { FPS } from "../model/movinet.js";

const requests = new Map(); // of each video element that shows the camera, or waits for it; `onEnd` is called when that ends

// Show the camera in a video element, and return whether it is shown: it may be closed, or opened again, while the browser asks for
// permission. `onEnd(text)` is called if it is disconnected, or if the reader leaves the view. Throws an Error whose message says
// what to do.
export async function openCamera(video, onEnd = () => {}) {
  const request = { onEnd };
  requests.set(video, request);
  const isWanted = () => requests.get(video) === request;
  try {
    if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
    if (!isWanted()) {
      free(stream);
      return false;
    }
    stream.getVideoTracks()[0].onended = () => end(video, "The camera was disconnected.");
    Object.assign(video, { muted: true, playsInline: true, srcObject: stream });
    await video.play();
  } catch (error) {
    if (!isWanted()) return false;
    closeCamera(video);
    throw new Error(explain(error), { cause: error });
  }
  return isWanted();
}

// Turn the camera off, or no longer wait for it.
export function closeCamera(video) {
  free(video.srcObject);
  video.srcObject = null;
  requests.delete(video);
}

// Turn all cameras off, because the reader leaves the view.
export function closeCameras() {
  for (const video of requests.keys()) end(video, "The camera is off.");
}

function end(video, text) {
  const request = requests.get(video);
  closeCamera(video);
  request?.onEnd(text);
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
