// The view that names the actions in front of a camera, in a video file, or in the sample.

import { say, showPrediction } from "../camera/predictions.js";
import { FPS } from "../model/movinet.js";
import { topActions } from "../model/prediction.js";
import { Recent } from "../model/recent.js";
import { Live } from "./live.js";
import { describeProgress, readTimeline } from "./reading.js";
import { Result } from "./result.js";

const SAMPLE = "data/sample.mp4";
const SAMPLE_SECONDS = "4"; // its actions last 5 s each
const STOPPED = "Stopped. The camera is off.";

export function startRecognize({ element, model }) {
  return new Recognize(element, model);
}

class Recognize {
  constructor(root, model) {
    Object.assign(this, { root, model, result: null, reading: null });
    this.live = new Live({
      root,
      video: this.find(".camera"),
      labels: model.labels,
      newStream: () => this.newStream(),
      say: (text) => this.say(text),
      onStop: (text) => this.showStopped(text),
    });
    this.find(".start").onclick = () => (this.live.isOn ? this.live.stop(STOPPED) : this.startCamera());
    this.find(".file").onchange = ({ target }) => {
      const [file] = target.files;
      target.value = ""; // so that the same file can be chosen again
      if (file) this.read(file);
    };
    this.find(".sample").onclick = () => this.readSample();
    this.find(".stop").onclick = () => this.reading.abort();
    this.find(".seconds").onchange = () => this.startAgain();
    this.acceptDrops();
    this.root.querySelectorAll(".needs-model").forEach((control) => (control.disabled = false));
    this.say("Ready: start the camera, or choose a video.");
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  say(text) {
    say(this.root, ".status", text);
  }

  // A stream that forgets old frames as the reader chose.
  newStream() {
    const seconds = Number(this.find(".seconds").value);
    const start = () => this.model.newStream();
    return seconds ? new Recent(start, seconds * FPS) : start();
  }

  // Because the reader chose how long frames are remembered.
  startAgain() {
    if (this.live.isOn) this.live.restart();
    else if (this.file) this.read(this.file);
  }

  // Show one of the pictures: camera, square, or player.
  show(picture) {
    for (const name of ["welcome", "camera", "square", "player"]) this.find(`.${name}`).hidden = name !== picture;
  }

  // End whatever runs, and remove what it showed.
  clear() {
    this.reading?.abort();
    this.live.stop("");
    this.result?.remove();
    this.reading = this.result = this.file = null;
    this.showReading(false);
    this.find(".predictions ol").replaceChildren();
    say(this.root, ".rates", "");
  }

  async startCamera() {
    this.clear();
    this.show("camera");
    this.find(".start").textContent = "Stop camera";
    this.say("Waiting for the camera: the browser may ask for permission.");
    await this.live.start();
  }

  showStopped(text) {
    this.find(".start").textContent = "Start camera";
    this.show("welcome");
    this.say(text);
  }

  acceptDrops() {
    const drop = (event) => {
      event.preventDefault();
      this.root.classList.toggle("dropping", event.type === "dragover");
      const files = event.type === "drop" ? event.dataTransfer.files : [];
      if (files.length === 1) this.read(files[0]);
      if (files.length > 1) this.say(`Drop one video at a time: these are ${files.length} files.`);
    };
    for (const type of ["dragover", "dragleave", "drop"]) this.root.addEventListener(type, drop);
  }

  async readSample() {
    this.clear();
    const reading = (this.reading = new AbortController()); // aborted if the reader starts something else in the meantime
    this.find(".seconds").value = SAMPLE_SECONDS;
    this.show("welcome");
    this.say("Downloading the sample.");
    try {
      const response = await fetch(SAMPLE, { signal: reading.signal });
      if (!response.ok) throw new Error(`the server replied ${response.status}`);
      const file = new File([await response.blob()], "sample.mp4");
      if (reading === this.reading) await this.read(file);
    } catch (error) {
      if (reading === this.reading) this.say(`The sample could not be downloaded (${error.message}). Load the page again.`);
    }
  }

  async read(file) {
    this.clear();
    this.file = file;
    const reading = (this.reading = new AbortController());
    this.say(`Reading ${file.name}`);
    this.showReading(true);
    const started = performance.now();
    let frames = 0;
    const onFrame = ({ logits, time, duration, canvas }) => {
      if (reading !== this.reading) return;
      const elapsed = performance.now() - started;
      this.showFrame(++frames, canvas, logits, elapsed);
      this.find("progress").value = (time + 1 / FPS) / duration;
      say(this.root, ".progress-text", describeProgress(file.name, time, duration, elapsed));
    };
    try {
      const { labels } = this.model;
      const timeline = await readTimeline({ file, stream: this.newStream(), labels, onFrame, signal: reading.signal });
      if (reading === this.reading) this.showResult(file, timeline);
    } catch (error) {
      if (reading === this.reading) this.showProblem(error.message);
    }
  }

  showReading(isReading) {
    this.find(".reading").hidden = !isReading;
    this.find("progress").value = 0;
    if (isReading) say(this.root, ".progress-text", "");
    this.find(".square").replaceChildren();
  }

  showFrame(number, canvas, logits, elapsed) {
    if (canvas.parentElement !== this.find(".square")) {
      this.find(".square").replaceChildren(canvas);
      this.show("square");
    }
    const rates = number % FPS ? "" : `${((1000 * number) / elapsed).toFixed(0)} frames a second`;
    showPrediction(this.root, { number, latency: elapsed / number, top: topActions(this.model.labels, logits), rates });
  }

  showProblem(text) {
    this.showReading(false);
    this.show("welcome");
    this.say(text);
  }

  showResult(file, timeline) {
    if (!timeline.length) {
      this.showProblem("Stopped.");
      return;
    }
    this.showReading(false);
    this.show("player");
    const [root, player] = [this.find(".result"), this.find(".player")];
    const onTime = (i) => {
      const rates = `After ${timeline.seconds(i).toFixed(1)} s. Play the video to see how the prediction changes.`;
      showPrediction(this.root, { number: i, top: topActions(this.model.labels, timeline.logits[i]), rates });
    };
    this.result = new Result({ root, player, file, timeline, onTime });
    onTime(timeline.length - 1);
    this.say(`${file.name}: ${timeline.toString().replaceAll("\n", "; ")}`);
  }
}
