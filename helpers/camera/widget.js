// What the camera widgets share: a camera, a stream of predictions by the kernel, and anywidget's model, which connects both.

import { Camera } from "./camera.js";
import { PredictionStream, say, showPrediction } from "./predictions.js";

const LOST = "The kernel has stopped or restarted: run the notebook's cells again.";

export class CameraWidget {
  constructor(model, el, html) {
    el.innerHTML = html;
    Object.assign(this, { model, root: el.firstElementChild });
    this.find(".note").textContent = model.get("note");
    const needed = { size: model.get("size"), fps: model.get("fps"), cropFraction: model.get("crop_fraction") };
    const [frame, end] = [(now) => this.frame(now), (text) => this.stop(text)];
    this.camera = new Camera(this.find("canvas"), needed, frame, end);
    this.predictions = new PredictionStream((content, buffers) => this.send(content, buffers), "The kernel");
    this.find(".start").onclick = () => (this.camera.isOn ? this.stop("Stopped. The camera is off.") : this.start());
    this.handlers = {
      "msg:custom": (message) => this.receive(message),
      comm_live_update: () => this.isActive() && this.lose(),
    };
    for (const [event, handler] of Object.entries(this.handlers)) model.on(event, handler);
  }

  // Called when the output is removed. The model outlives it, and would keep all that its handlers refer to.
  destroy() {
    for (const [event, handler] of Object.entries(this.handlers)) this.model.off(event, handler);
    if (this.camera.isOn) this.stop("");
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  say(text, selector = ".status") {
    say(this.root, selector, text);
  }

  isActive() {
    return this.camera.isOn;
  }

  send(content, buffers) {
    try {
      this.model.send(content, undefined, buffers);
    } catch {
      this.lose();
    }
  }

  // Stop without a message to the kernel.
  lose() {
    this.predictions.session = null;
    this.stop(LOST);
  }

  receive(message) {
    if (message.session !== this.predictions.session) return; // of an earlier session, or of this widget's other view
    if (message.type === "error") this.stop(message.message);
    else {
      if (this.camera.paused) this.predictions.forgetRates(); // replies during a pause would count as slow
      showPrediction(this.root, this.predictions.receive(message, performance.now()));
    }
  }

  // Open the camera, and return whether it is open.
  async open() {
    this.find(".start").textContent = "Stop camera";
    this.say("Waiting for the camera: the browser may ask for permission.");
    try {
      return await this.camera.open();
    } catch (error) {
      this.stop(error.message);
      return false;
    }
  }

  stop(text) {
    this.predictions.stop();
    this.camera.close();
    this.find(".start").textContent = "Start camera";
    this.say(text);
  }

  frame(now) {
    this.predictions.frame(() => this.camera.pixels(), now);
    if (this.predictions.session) this.say(this.predictions.state(now));
  }
}

// What anywidget expects of a module.
export const rendering = (Widget) => ({
  render({ model, el }) {
    const widget = new Widget(model, el);
    return () => widget.destroy();
  },
});
