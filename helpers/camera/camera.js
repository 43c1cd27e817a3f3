// The browser's camera. The center square of its picture is shown in a canvas, at the size and the rate that a model needs.

import { copySquare } from "./copy.js";
import { resize } from "./resize.js";

export const CANVAS = `<canvas role="img" aria-label="The square of the camera's picture that the model sees"></canvas>`;

const ERRORS = {
  NotAllowedError: "The camera is not allowed here: allow it for this page in the browser's settings, then start again.",
  VSCodeError: "VS Code does not let notebooks use the camera: open this notebook in JupyterLab.",
  NotFoundError: "No camera was found: connect one, then start again.",
  NotReadableError: "The camera cannot be opened: another program may be using it.",
  SecurityError: "Browsers open the camera only for pages at https:// or localhost.",
};

export class Camera {
  // `onFrame(now)` is called after each frame that is shown, and `onEnd(text)` if the camera is disconnected.
  constructor(canvas, { size, fps, cropFraction }, onFrame, onEnd) {
    canvas.width = canvas.height = size;
    this.context = canvas.getContext("2d", { willReadFrequently: true });
    this.video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
    Object.assign(this, { canvas, size, period: 1000 / fps, cropFraction, onFrame, onEnd });
    Object.assign(this, { request: null, paused: false, drawing: false });
  }

  // Whether it is open, or the browser is asking for permission.
  get isOn() {
    return this.request !== null;
  }

  get isOpen() {
    return Boolean(this.video.srcObject);
  }

  // Return whether it is open: it may be closed before the browser has opened it. The message of an error says what to do.
  async open() {
    const request = (this.request = Symbol("request"));
    this.due = 0;
    try {
      if (location.protocol === "vscode-webview:") throw new DOMException("", "VSCodeError");
      if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
      const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
      if (this.request !== request) {
        free(stream);
        return false;
      }
      stream.getVideoTracks()[0].onended = () => this.onEnd("The camera was disconnected.");
      this.video.srcObject = stream;
      await this.video.play();
    } catch (error) {
      if (this.request === request) {
        this.close();
        throw new Error(explain(error), { cause: error });
      }
    }
    if (this.request !== request) return false;
    this.timer = setTimeout(() => this.tick()); // after the code that waits for this function
    return true;
  }

  close() {
    clearTimeout(this.timer);
    free(this.video.srcObject);
    this.request = this.video.srcObject = null;
  }

  async tick() {
    const now = performance.now();
    this.due = nextFrame(this.due, now, this.period);
    this.timer = setTimeout(() => this.tick(), this.due - now);
    if (this.drawing || this.paused || this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    this.drawing = true;
    try {
      if (await this.draw()) this.onFrame(now);
    } finally {
      this.drawing = false;
    }
  }

  // Write the square to the canvas, and return whether it was: the camera may be closed or paused in the meantime.
  async draw() {
    const { context, request, size, video } = this;
    const { left, top, side } = centerSquare(video.videoWidth, video.videoHeight, this.cropFraction);
    const rgba = await copySquare(video, { left, top, side }).catch(() => null);
    if (this.request !== request || this.paused) return false;
    if (rgba) context.putImageData(withAlpha(resize(rgba, side, size), size), 0, 0);
    else context.drawImage(video, left, top, side, side, 0, 0, size, size); // this browser cannot copy the picture
    return true;
  }

  // The square that was shown last: uint8 RGB.
  pixels() {
    return withoutAlpha(this.context.getImageData(0, 0, this.size, this.size).data).buffer;
  }
}

// Turn off whatever a stream comes from.
export const free = (stream) => stream?.getTracks().forEach((track) => track.stop());

export const explain = ({ name, message }) => ERRORS[name] ?? `The camera cannot be opened: ${name} ${message}`;

export function centerSquare(width, height, fraction) {
  const side = fraction * Math.min(width, height);
  return { left: (width - side) / 2, top: (height - side) / 2, side };
}

// When the frame after the one of `due` is due: a late frame does not delay the next one.
export const nextFrame = (due, now, period) => (now - due > period ? now : due) + period;

export function withoutAlpha(rgba) {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from++) if (from % 4 !== 3) rgb[to++] = rgba[from];
  return rgb;
}

function withAlpha(rgb, size) {
  const image = new ImageData(size, size);
  for (let from = 0, to = 0; to < image.data.length; to++) image.data[to] = to % 4 === 3 ? 255 : rgb[from++];
  return image;
}
