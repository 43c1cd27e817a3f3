// The camera of the view: it records clips, or its picture is recognized live.

import { Recording } from "../camera/recording.js";
import { FPS } from "../model/movinet.js";
import { Live, SECONDS } from "./live.js";

export class Studio {
  // `root` contains a video, a `.countdown`, and what Live needs. `on` are functions to call: say(text), change() if a control can
  // be used or can no longer be, and clip(action, frames) with promises of the frames of a recorded clip.
  constructor(root, model, camera, threshold, on) {
    Object.assign(this, { video: root.querySelector("video"), countdown: root.querySelector(".countdown"), camera, on });
    Object.assign(this, { recording: null, isOn: false, stopFrames: null });
    this.live = new Live(root, model, threshold, (error) => this.close(`The model stopped: ${error.message}`));
  }

  // Turn the camera on, and return whether it is on: it may be turned off before the browser has opened it.
  async open() {
    if (this.isOn) return this.stopFrames !== null;
    this.isOn = true; // or the browser is asking for permission
    this.on.change();
    this.on.say("Waiting for the camera: the browser may ask for permission.");
    try {
      if (!(await this.camera.openCamera(this.video, (text) => this.close(text)))) return false;
    } catch (error) {
      this.close(error.message);
      return false;
    }
    this.stopFrames = this.camera.everyFrame((now) => this.frame(now), FPS);
    return true;
  }

  close(text) {
    this.endLive();
    this.recording = null;
    this.stopFrames?.();
    Object.assign(this, { stopFrames: null, isOn: false });
    this.camera.closeCamera(this.video);
    this.countdown.textContent = "";
    this.on.change();
    this.on.say(text);
  }

  async toggle() {
    if (this.isOn) this.close("Stopped. The camera is off.");
    else if (await this.open()) this.on.say("The camera is on. Nothing is kept until you record.");
  }

  // Record a clip of an action, after a countdown. `name` is what the action is called.
  async record(action, name) {
    this.endLive();
    const recording = (this.recording = { action, name, clip: new Recording(SECONDS * FPS, FPS) });
    this.on.change();
    const isOpen = await this.open();
    if (this.recording !== recording) return; // canceled, or another one, while the browser asked for permission
    if (isOpen) recording.clip.start(performance.now());
    else this.cancel();
  }

  cancel(text) {
    if (!this.recording) return;
    this.recording = null;
    this.countdown.textContent = "";
    this.on.change();
    if (text) this.on.say(text);
  }

  async toggleLive(learned) {
    if (this.live.isOn) {
      this.endLive();
      this.on.say("The camera is on, but predictions have stopped.");
    } else if (await this.open()) {
      this.live.start(learned);
      this.on.change();
    }
  }

  endLive() {
    if (!this.live.isOn) return;
    this.live.stop();
    this.on.change();
  }

  frame(now) {
    if (!this.video.videoWidth) return;
    if (this.live.isOn) this.on.say(this.live.frame(() => this.camera.grab(this.video), now));
    else if (this.recording) this.recordFrame(this.recording, now);
  }

  recordFrame({ action, name, clip }, now) {
    const left = clip.left(now);
    this.countdown.textContent = left || "●";
    this.on.say(`${name}: recording${left ? ` in ${left}` : ""}`);
    if (left || !clip.add(this.camera.grab(this.video), now)) return;
    this.cancel();
    this.on.clip(action, clip.pixels);
  }
}
