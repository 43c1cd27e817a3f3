// The browser's half of LiveCamera (live_camera.py).

import { CANVAS, free } from "./camera.js";
import { ANNOUNCEMENT, PREDICTIONS } from "./predictions.js";
import { CameraWidget, rendering } from "./widget.js";

const LIVE_CAMERA = `<div class="camera-widget live-camera" role="group" aria-label="Live camera">
  <p><span class="note"></span> Record saves the picture, without sound, as a video file; otherwise nothing is recorded.</p>
  <button type="button" class="start">Start camera</button>
  <button type="button" class="pause" disabled>Pause</button>
  <button type="button" class="record" disabled>Record</button>
  <p class="status" role="status"></p>
  <div class="columns">${CANVAS}${PREDICTIONS}</div>
  ${ANNOUNCEMENT}
</div>`;

class LiveCamera extends CameraWidget {
  constructor(model, el) {
    super(model, el, LIVE_CAMERA);
    this.find(".pause").onclick = () => this.pause(!this.camera.paused);
    this.find(".record").onclick = () => (this.recorder ? this.save() : this.record());
  }

  async start() {
    if (!(await this.open())) return;
    this.find(".pause").disabled = false;
    this.find(".record").disabled = !window.MediaRecorder;
    this.predictions.start();
  }

  stop(text) {
    this.save();
    this.pause(false);
    this.find(".pause").disabled = this.find(".record").disabled = true;
    super.stop(text);
  }

  pause(paused) {
    this.camera.paused = paused;
    this.predictions.forgetRates();
    this.find(".pause").textContent = paused ? "Resume" : "Pause";
    if (paused) this.say("Paused. The camera is on, but no frames are sent.");
  }

  record() {
    this.recorder = new MediaRecorder(this.camera.canvas.captureStream());
    this.recorder.ondataavailable = ({ data }) => {
      const href = URL.createObjectURL(data); // all of the recording, since start() names no time slices
      const download = data.type.includes("mp4") ? "camera.mp4" : "camera.webm";
      Object.assign(document.createElement("a"), { href, download }).click();
      setTimeout(() => URL.revokeObjectURL(href), 60000);
    };
    this.recorder.start();
    this.find(".record").textContent = "Save recording";
  }

  save() {
    this.recorder?.stop();
    free(this.recorder?.stream);
    this.recorder = null;
    this.find(".record").textContent = "Record";
  }
}

export default rendering(LiveCamera);
