// Live predictions for the camera.

import { PredictionStream, showPrediction } from "../camera/predictions.js";
import { topActions } from "../model/prediction.js";
import { closeCamera, everyFrame, grab, openCamera } from "../video/frames.js";

export class Live {
  // Shows predictions in `root`. `newStream()` starts a stream, and `say(text)` shows the state. `onStop(text)` is called at the end.
  constructor({ root, video, labels, newStream, say, onStop }) {
    Object.assign(this, { root, video, labels, newStream, say, onStop, isOn: false });
    this.predictions = new PredictionStream((message, buffers) => this.receive(message, buffers), "The model");
  }

  async start() {
    this.isOn = true;
    try {
      if (!(await openCamera(this.video, (text) => this.stop(text)))) return;
    } catch (error) {
      this.stop(error.message);
      return;
    }
    this.predictions.start();
    this.stopFrames = everyFrame((now) => this.frame(now));
  }

  stop(text) {
    if (!this.isOn) return;
    this.isOn = false;
    this.stopFrames?.();
    this.predictions.stop();
    closeCamera(this.video);
    this.onStop(text);
  }

  // Forget all frames so far.
  restart() {
    this.predictions.stop();
    this.predictions.start();
  }

  frame(now) {
    if (!this.video.videoWidth) return;
    this.predictions.frame(() => grab(this.video), now);
    this.say(this.predictions.state(now));
  }

  // Do what a message of the stream of predictions says.
  receive({ type, number }, [pixels] = []) {
    if (type === "start") this.stream = this.newStream();
    if (type === "stop") {
      this.stream.close();
      this.stream = null; // errors of frames that still wait for it do not matter
    }
    if (type === "frame") this.predict(this.stream, number, pixels);
  }

  async predict(stream, number, pixels) {
    try {
      const top = topActions(this.labels, await stream.next(pixels));
      if (this.isOn && stream === this.stream)
        showPrediction(this.root, this.predictions.receive({ number, top }, performance.now()));
    } catch (error) {
      if (stream === this.stream) this.stop(error.message);
    }
  }
}
