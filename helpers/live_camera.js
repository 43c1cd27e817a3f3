// The browser's half of LiveCamera (live_camera.py): it draws the camera's center square to a canvas, sends the pixels to the
// kernel, and shows the predictions that come back.

const AHEAD = 2; // frames that may wait for their prediction
const BUSY = 2000; // milliseconds that the kernel is called busy after a frame was skipped
const SILENT = 10000; // milliseconds without a reply after which the kernel may be lost
const WINDOW = 5000; // milliseconds over which rate and latency are computed
const ANNOUNCED = 4000; // least milliseconds between two announcements to screen readers
const BARS = 5;

const LOST = "The kernel has stopped or restarted: run the notebook's cells again.";
const VS_CODE = "VS Code does not let notebooks use the camera: open this notebook in JupyterLab.";
const RECORDS = "Record saves the picture, without sound, as a video file in your downloads; otherwise nothing is recorded.";
const ERRORS = {
  NotAllowedError: "The camera is not allowed here: allow it for this page in the browser's settings, then start again.",
  NotFoundError: "No camera was found: connect one, then start again.",
  NotReadableError: "The camera cannot be opened: another program may be using it.",
  SecurityError: "Browsers open the camera only for pages at https:// or localhost.",
};

const HTML = `
  <p class="note"></p>
  <div>
    <button type="button" class="start">Start camera</button>
    <button type="button" class="pause" disabled>Pause</button>
    <button type="button" class="record" disabled>Record</button>
  </div>
  <p class="status" role="status"></p>
  <div class="columns">
    <canvas role="img" aria-label="The square of the camera's picture that the model sees"></canvas>
    <div class="predictions">
      <ol aria-label="Most probable actions"></ol>
      <p class="rates"></p>
    </div>
  </div>
  <p class="announcement" aria-live="polite"></p>`;

async function openCamera() {
  if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
  return navigator.mediaDevices.getUserMedia({ audio: false, video: { width: { ideal: 640 }, height: { ideal: 480 } } });
}

function explain(error) {
  if (location.protocol === "vscode-webview:") return VS_CODE;
  return ERRORS[error.name] ?? `The camera cannot be opened: ${error.name} ${error.message}`;
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

class Camera {
  constructor(model, el) {
    this.model = model;
    this.root = el.appendChild(document.createElement("div"));
    this.root.className = "live-camera";
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", "Live camera");
    this.root.innerHTML = HTML;
    this.find(".note").textContent = `${model.get("note")} ${RECORDS}`;
    this.canvas = this.find("canvas");
    this.canvas.width = this.canvas.height = model.get("size");
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
    this.find(".start").onclick = () => (this.session ? this.stop("Stopped. The camera is off.") : this.start());
    this.find(".pause").onclick = () => this.pause(!this.paused);
    this.find(".record").onclick = () => (this.recorder ? this.recorder.stop() : this.record());
    this.receive = (message) => this.session && message.session === this.session && this.show(message);
    model.on("msg:custom", this.receive);
    this.lose = () => this.session && this.stop(LOST);
    model.on("comm_live_update", this.lose);
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  say(text, selector = ".status") {
    const line = this.find(selector);
    if (line.textContent !== text) line.textContent = text; // only a change is read aloud
  }

  async start() {
    const session = (this.session = `${Date.now()}-${Math.random()}`);
    Object.assign(this, { sent: new Map(), number: 0, shown: [], skippedAt: -Infinity });
    this.find(".start").textContent = "Stop camera";
    this.say("Waiting for the camera: the browser may ask for permission.");
    try {
      const stream = await openCamera();
      if (this.session !== session) return stream.getTracks().forEach((track) => track.stop()); // stopped meanwhile
      this.stream = stream;
      stream.getVideoTracks()[0].onended = () => this.stop("The camera was disconnected.");
      this.video.srcObject = stream;
      await this.video.play();
    } catch (error) {
      if (this.session === session) this.stop(explain(error));
      return;
    }
    this.send({ type: "start" });
    this.find(".pause").disabled = false;
    this.find(".record").disabled = !window.MediaRecorder;
    this.timer = setInterval(() => this.tick(), 1000 / this.model.get("fps"));
  }

  stop(text) {
    if (this.stream) this.send({ type: "stop" });
    this.session = null;
    clearInterval(this.timer);
    this.recorder?.stop();
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = this.video.srcObject = null;
    this.pause(false);
    this.find(".start").textContent = "Start camera";
    this.find(".pause").disabled = this.find(".record").disabled = true;
    this.say(text);
  }

  pause(paused) {
    this.paused = paused;
    this.find(".pause").textContent = paused ? "Resume" : "Pause";
    if (paused) this.say("Paused. The camera is on, but sends no frames.");
    this.shown = [];
  }

  send(content, buffers) {
    try {
      this.model.send({ ...content, session: this.session }, undefined, buffers);
    } catch {
      this.stream?.getTracks().forEach((track) => track.stop());
      this.stream = null;
      this.stop(LOST);
    }
  }

  tick() {
    const now = performance.now();
    if (this.paused || this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    const { videoWidth: width, videoHeight: height } = this.video;
    const side = Math.min(width, height);
    const size = this.canvas.width;
    this.context.drawImage(this.video, (width - side) / 2, (height - side) / 2, side, side, 0, 0, size, size);
    if (this.sent.size < AHEAD) {
      this.sent.set(++this.number, now);
      this.send({ type: "frame", number: this.number }, [this.pixels()]);
    } else {
      this.skippedAt = now;
    }
    if (this.session) this.say(this.state(now));
  }

  pixels() {
    const { data } = this.context.getImageData(0, 0, this.canvas.width, this.canvas.height);
    const rgb = new Uint8Array((data.length / 4) * 3);
    for (let from = 0, to = 0; from < data.length; from++) if (from % 4 !== 3) rgb[to++] = data[from];
    return rgb.buffer;
  }

  state(now) {
    const [oldest] = this.sent.values();
    if (now - oldest > SILENT) return "The kernel has not replied for 10 s: it is busy with another cell, or has stopped.";
    if (now - this.skippedAt < BUSY) return "The kernel is busy: some frames are skipped.";
    return "Live.";
  }

  show({ type, message, number, top }) {
    if (type === "error") return this.stop(message);
    const now = performance.now();
    const latency = now - this.sent.get(number);
    this.sent.delete(number);
    this.find("ol").replaceChildren(...top.slice(0, BARS).map(([label, probability]) => bar(label, probability)));
    if (!this.paused) this.measure(now, latency);
    this.announce(now, top[0]);
    this.root.dispatchEvent(new CustomEvent("prediction", { bubbles: true, detail: { number, latency, top } }));
  }

  measure(now, latency) {
    this.shown = [...this.shown.filter((one) => now - one.now < WINDOW), { now, latency }];
    const seconds = (now - this.shown[0].now) / 1000;
    if (seconds < 1 || now - (this.measuredAt ?? 0) < 1000) return;
    this.measuredAt = now;
    const rate = ((this.shown.length - 1) / seconds).toFixed(1);
    this.say(`${rate} frames a second, ${median(this.shown.map((one) => one.latency)).toFixed(0)} ms from frame to bars`, ".rates");
  }

  announce(now, [label]) {
    if (label === this.announced || now - (this.announcedAt ?? -ANNOUNCED) < ANNOUNCED) return;
    Object.assign(this, { announced: label, announcedAt: now });
    this.say(`Most probable: ${label}`, ".announcement");
  }

  record() {
    const parts = [];
    const recorder = (this.recorder = new MediaRecorder(this.canvas.captureStream()));
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.onstop = () => {
      this.recorder = null;
      this.find(".record").textContent = "Record";
      const extension = recorder.mimeType.includes("mp4") ? "mp4" : "webm";
      const address = URL.createObjectURL(new Blob(parts, { type: recorder.mimeType }));
      Object.assign(document.createElement("a"), { href: address, download: `camera.${extension}` }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60000);
    };
    recorder.start();
    this.find(".record").textContent = "Save recording";
  }

  remove() {
    if (this.session) this.stop("");
    this.model.off("msg:custom", this.receive);
    this.model.off("comm_live_update", this.lose);
  }
}

function bar(label, probability) {
  const [item, name, percent, length] = ["li", "span", "span", "span"].map((tag) => document.createElement(tag));
  name.textContent = label;
  percent.textContent = `${(100 * probability).toFixed(1)}%`;
  length.className = "bar";
  length.setAttribute("aria-hidden", "true");
  length.style.width = `${100 * probability}%`;
  item.append(name, percent, length);
  return item;
}

export default {
  render({ model, el }) {
    const camera = new Camera(model, el);
    return () => camera.remove();
  },
};
