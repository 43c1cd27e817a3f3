// Code shared by the camera widgets. It draws the center square of the camera's picture to a canvas, sends the pixels to the
// kernel, and shows the predictions that come back. Each widget's own file is appended (see joined() in live_camera.py).

const AHEAD = 2; // frames that may wait for their prediction
const BUSY = 2000; // milliseconds that the kernel is called busy after a frame was skipped
const SILENT = 10000; // milliseconds without a reply after which the kernel may be lost
const WINDOW = 5000; // milliseconds over which rate and latency are computed
const ANNOUNCED = 4000; // least milliseconds between two announcements to screen readers

const LOST = "The kernel has stopped or restarted: run the notebook's cells again.";
const ERRORS = {
  NotAllowedError: "The camera is not allowed here: allow it for this page in the browser's settings, then start again.",
  VSCodeError: "VS Code does not let notebooks use the camera: open this notebook in JupyterLab.",
  NotFoundError: "No camera was found: connect one, then start again.",
  NotReadableError: "The camera cannot be opened: another program may be using it.",
  SecurityError: "Browsers open the camera only for pages at https:// or localhost.",
};

const CANVAS = `<canvas role="img" aria-label="The square of the camera's picture that the model sees"></canvas>`;
const PREDICTIONS = `<div class="predictions"><ol aria-label="Most probable actions"></ol><p class="rates"></p></div>`;
const BAR = `<span class="label"></span> <span class="percent"></span> <span class="bar" aria-hidden="true"></span>`;

class CameraWidget {
  constructor(model, el, html) {
    el.innerHTML = html;
    Object.assign(this, { model, root: el.firstElementChild });
    this.find(".note").textContent = model.get("note");
    this.canvas = this.find("canvas");
    this.canvas.width = this.canvas.height = model.get("size");
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
    this.find(".start").onclick = () => (this.session ? this.stop("Stopped. The camera is off.") : this.start());
    this.handlers = {
      "msg:custom": (message) => this.receive(message),
      comm_live_update: () => this.isActive() && this.stop(LOST),
    };
    for (const [event, handler] of Object.entries(this.handlers)) model.on(event, handler);
  }

  // Called when the output is removed. The model outlives it, and would keep all that its handlers refer to.
  destroy() {
    for (const [event, handler] of Object.entries(this.handlers)) this.model.off(event, handler);
    if (this.session) this.stop("");
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  say(text, selector = ".status") {
    const line = this.find(selector);
    if (line.textContent !== text) line.textContent = text; // only a change is read aloud
  }

  isActive() {
    return Boolean(this.session);
  }

  receive(message) {
    if (this.session && message.session === this.session) this.show(message);
  }

  // Open the camera, and return whether it is open. Then `tick` draws each frame and calls `frame`.
  async open() {
    const session = (this.session = newSession());
    this.due = 0;
    this.find(".start").textContent = "Stop camera";
    this.say("Waiting for the camera: the browser may ask for permission.");
    try {
      if (location.protocol === "vscode-webview:") throw new DOMException("", "VSCodeError");
      if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
      const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
      if (this.session !== session) return free(stream); // stopped meanwhile
      this.stream = stream;
      stream.getVideoTracks()[0].onended = () => this.stop("The camera was disconnected.");
      this.video.srcObject = stream;
      await this.video.play();
    } catch (error) {
      if (this.session === session) this.stop(explain(error));
    }
    return this.session === session;
  }

  close(text) {
    if (this.stream && text !== LOST) this.send({ type: "stop" });
    this.session = null;
    clearTimeout(this.timer);
    free(this.stream);
    this.stream = this.video.srcObject = null;
    this.find(".start").textContent = "Start camera";
    this.say(text);
  }

  send(content, buffers) {
    try {
      this.model.send({ ...content, session: this.session }, undefined, buffers);
    } catch {
      this.stop(LOST);
    }
  }

  tick() {
    const [now, period] = [performance.now(), 1000 / this.model.get("fps")];
    this.due = (now - this.due > period ? now : this.due) + period; // a late frame does not delay the next one
    this.timer = setTimeout(() => this.tick(), this.due - now);
    if (this.paused || this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    const { videoWidth: width, videoHeight: height } = this.video;
    const [side, size] = [this.model.get("crop_fraction") * Math.min(width, height), this.canvas.width];
    this.context.drawImage(this.video, (width - side) / 2, (height - side) / 2, side, side, 0, 0, size, size);
    this.frame(now);
  }

  // Tell the kernel to predict, starting with the next frame.
  predict() {
    Object.assign(this, { session: newSession(), sent: new Map(), number: 0, shown: [], skippedAt: -Infinity });
    this.send({ type: "start" });
  }

  sendFrame(now) {
    if (this.sent.size >= AHEAD) this.skippedAt = now;
    else {
      this.sent.set(++this.number, now);
      this.send({ type: "frame", number: this.number }, [this.pixels()]);
    }
    if (this.session) this.say(this.state(now));
  }

  pixels() {
    const size = this.canvas.width;
    const { data } = this.context.getImageData(0, 0, size, size); // RGBA
    const rgb = new Uint8Array(size * size * 3);
    for (let from = 0, to = 0; from < data.length; from++) if (from % 4 !== 3) rgb[to++] = data[from];
    return rgb.buffer;
  }

  state(now) {
    const [oldest] = this.sent.values();
    if (now - oldest > SILENT) return "The kernel has not replied for 10 s: it is busy or has stopped.";
    if (now - this.skippedAt < BUSY) return "The kernel is busy: some frames are skipped.";
    return "Live.";
  }

  show({ type, message, number, top }) {
    if (type === "error") return this.stop(message);
    this.find("ol").replaceChildren(...top.map(bar));
    const now = performance.now();
    const latency = now - this.sent.get(number);
    this.sent.delete(number);
    if (!this.paused) this.measure(now, latency);
    if (top[0][0] !== this.announced && now - (this.announcedAt ?? -ANNOUNCED) >= ANNOUNCED) {
      Object.assign(this, { announced: top[0][0], announcedAt: now });
      this.say(`Most probable: ${this.announced}`, ".announcement");
    }
    this.root.dispatchEvent(new CustomEvent("prediction", { bubbles: true, detail: { number, latency, top } }));
  }

  measure(now, latency) {
    this.shown = [...this.shown.filter((one) => now - one.now < WINDOW), { now, latency }];
    const seconds = (now - this.shown[0].now) / 1000;
    if (seconds < 1 || now - (this.measuredAt ?? 0) < 1000) return;
    this.measuredAt = now;
    const rate = (this.shown.length - 1) / seconds;
    const median = this.shown.map((one) => one.latency).sort((a, b) => a - b)[Math.floor(this.shown.length / 2)];
    this.say(`${rate.toFixed(1)} frames a second, ${median.toFixed(0)} ms from frame to bars`, ".rates");
  }
}

const newSession = () => `${Date.now()}-${Math.random()}`; // replies to an earlier session are ignored

const free = (stream) => stream?.getTracks().forEach((track) => track.stop());

const explain = ({ name, message }) => ERRORS[name] ?? `The camera cannot be opened: ${name} ${message}`;

function bar([label, probability]) {
  const item = Object.assign(document.createElement("li"), { innerHTML: BAR });
  item.querySelector(".label").textContent = label;
  item.querySelector(".percent").textContent = `${(100 * probability).toFixed(1)}%`;
  item.querySelector(".bar").style.width = `${100 * probability}%`;
  return item;
}
