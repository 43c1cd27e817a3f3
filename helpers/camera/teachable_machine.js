// The browser's half of TeachableMachine (teachable_machine.py).

import { CANVAS } from "./camera.js";
import { ANNOUNCEMENT, PREDICTIONS } from "./predictions.js";
import { Recording } from "./recording.js";
import { CameraWidget, rendering } from "./widget.js";

const BEGIN = "Record at least two clips each of at least two gestures, then choose Learn.";
const TEACHABLE_MACHINE = `<div class="camera-widget teachable-machine" role="group" aria-label="Teachable machine">
  <p class="note"></p>
  <button type="button" class="start">Start camera</button>
  <button type="button" class="learn" disabled>Learn</button>
  <button type="button" class="live" disabled>Live</button>
  <p class="status" role="status"></p>
  <div class="columns">
    <div class="picture">${CANVAS}<span class="countdown" aria-hidden="true"></span></div>
    <div class="result" hidden>${PREDICTIONS}<div class="score"></div></div>
    <div class="teaching">
      <ul class="gestures" aria-label="Gestures"></ul>
      <button type="button" class="add">Add a gesture</button>
      <p class="left-out"></p>
    </div>
  </div>
  ${ANNOUNCEMENT}
</div>`;
const GESTURE = `<label>Name <input type="text" maxlength="40" autocomplete="off" spellcheck="false"></label>
  <button type="button" class="record">Record</button>
  <button type="button" class="remove">Remove</button>
  <span class="count"></span>
  <ul class="clips"></ul>`;

class TeachableMachine extends CameraWidget {
  constructor(model, el) {
    super(model, el, TEACHABLE_MACHINE);
    // The kernel's state, and a name of this view: a widget that is shown twice has two views.
    Object.assign(this, { gestures: [], learning: false, view: `view-${Math.random()}` });
    this.find(".learn").onclick = () => this.learn();
    this.find(".live").onclick = () => (this.live ? this.endLive() : this.startLive());
    this.find(".add").onclick = () => this.ask({ type: "add" });
    this.ask({ type: "show" });
  }

  get live() {
    return this.predictions.session !== null;
  }

  isActive() {
    return super.isActive() || this.learning;
  }

  receive(message) {
    if (message.type === "state") this.update(message);
    else if (message.type === "progress") this.say(message.message);
    else if (message.type === "error") this.failed(message);
    else super.receive(message);
  }

  ask(content, buffers) {
    this.send({ ...content, session: this.view }, buffers);
  }

  failed({ session, message }) {
    if (session !== this.view && session !== this.predictions.session) return; // of another view, or of an earlier session
    this.learning = false;
    this.predictions.stop();
    this.enable();
    this.say(message);
  }

  update({ message, wanted, gestures, learnable, learned, left_out }) {
    Object.assign(this, { wanted, gestures, learnable, learned, learning: false });
    if (!learned) this.predictions.stop();
    const list = this.find(".gestures");
    while (list.children.length > gestures.length) list.lastElementChild.remove();
    while (list.children.length < gestures.length) list.append(this.row(list.children.length));
    gestures.forEach((gesture, i) => this.fill(list.children[i], gesture));
    this.say(left_out.length ? `Files that are not used: ${left_out.join("; ")}` : "", ".left-out");
    this.find(".score").replaceChildren(...(learned ? score(learned) : []));
    this.enable();
    if (message || !this.find(".status").textContent) this.say(message || BEGIN);
  }

  row(index) {
    const row = Object.assign(document.createElement("li"), { innerHTML: GESTURE });
    const name = () => this.gestures[index].name;
    const [input, record] = [row.querySelector("input"), row.querySelector(".record")];
    input.onchange = () => {
      if (input.value !== name()) this.ask({ type: "rename", gesture: name(), name: input.value });
    };
    input.onkeydown = ({ key }) => {
      if (key !== "Enter") return; // a handler that returns false would block the key
      input.blur(); // JupyterLab keeps Enter from the input, so this makes the browser report the change, once
      input.focus();
    };
    record.onclick = () => (this.recording ? this.cancel("The recording was canceled.") : this.record(index));
    row.querySelector(".remove").onclick = () => this.ask({ type: "remove", gesture: name() });
    return row;
  }

  // Rows are reused: a button that is replaced while it is pressed receives no click, and loses the focus.
  fill(row, { name, clips }) {
    const input = row.querySelector("input");
    if (input.defaultValue !== name || document.activeElement !== input) input.value = input.defaultValue = name;
    row.querySelector(".remove").setAttribute("aria-label", `Remove ${name}`);
    row.querySelector(".remove").hidden = clips.length > 0 || this.gestures.length <= 2;
    row.querySelector(".count").textContent =
      clips.length > this.wanted ? `${clips.length} clips` : `${clips.length} of ${this.wanted} clips`;
    const [list, shown] = [row.querySelector(".clips"), JSON.stringify([name, clips])];
    if (list.shown === shown) return;
    const focused = list.contains(document.activeElement);
    list.shown = shown;
    list.setAttribute("aria-label", `Clips of ${name}`);
    list.replaceChildren(...clips.map((clip, i) => this.clip(name, clip, i + 1)));
    if (focused) row.querySelector(".record").focus(); // the button that had the focus is gone
  }

  clip(gesture, { file, still }, number) {
    const item = document.createElement("li");
    const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "Delete" });
    remove.setAttribute("aria-label", `Delete clip ${number} of ${gesture}`);
    remove.onclick = () => this.ask({ type: "delete", gesture, file });
    item.append(Object.assign(document.createElement("img"), { src: still, alt: `Clip ${number} of ${gesture}` }), remove);
    return item;
  }

  // Enable the controls that can be used now.
  enable() {
    const busy = Boolean(this.recording || this.learning);
    this.find(".learn").disabled = busy || !this.learnable;
    this.find(".live").disabled = busy || !this.learned;
    this.find(".live").textContent = this.live ? "Stop live" : "Live";
    this.find(".add").disabled = busy;
    this.find(".result").hidden = !this.learned;
    if (!this.live) {
      this.find("ol").replaceChildren();
      this.say("", ".rates");
    }
    this.find(".predictions").hidden = !this.live;
    [...this.find(".gestures").children].forEach((row, i) => {
      const record = row.querySelector(".record");
      const mine = this.recording?.index === i;
      record.textContent = mine ? "Cancel" : "Record";
      record.setAttribute("aria-label", `${record.textContent} ${this.gestures[i].name}`);
      record.disabled = busy && !mine;
      for (const other of row.querySelectorAll("input, .remove, .clips button")) other.disabled = busy;
    });
  }

  async start() {
    if (this.camera.isOn) return this.camera.isOpen;
    if (!(await this.open())) return false;
    this.say("The camera is on. No frames are sent or kept until you record or go live.");
    return true;
  }

  stop(text) {
    this.learning = false;
    this.cancel("");
    super.stop(text);
    this.enable();
  }

  frame(now) {
    if (this.live) super.frame(now);
    else if (this.recording) this.recordFrame(this.recording, now);
  }

  async record(index) {
    this.endLive();
    const recording = (this.recording = { index, clip: new Recording(this.model.get("frames"), this.model.get("fps")) });
    this.enable();
    const isOpen = await this.start();
    if (this.recording !== recording) return; // canceled, or another one, while the browser asked for permission
    if (isOpen) recording.clip.start(performance.now());
    else this.cancel();
  }

  cancel(text) {
    if (!this.recording) return;
    this.recording = null;
    this.find(".countdown").textContent = "";
    this.enable();
    if (text) this.say(text);
  }

  recordFrame({ index, clip }, now) {
    const { name } = this.gestures[index];
    const left = clip.left(now);
    this.find(".countdown").textContent = left || "●";
    this.say(`${name}: recording${left ? ` in ${left}` : ""}`);
    if (left || !clip.add(this.camera.pixels(), now)) return;
    this.cancel();
    this.say(`${name}: saving the clip`);
    this.ask({ type: "record", gesture: name }, clip.pixels);
  }

  learn() {
    this.endLive();
    this.learning = true;
    this.enable();
    this.say("Learning.");
    this.ask({ type: "learn" });
  }

  async startLive() {
    if (!(await this.start())) return;
    this.predictions.start();
    this.enable();
  }

  endLive() {
    if (!this.live) return;
    this.predictions.stop();
    this.enable();
    this.say("The camera is on, but predictions have stopped.");
  }
}

function score({ lines, recalls }) {
  const paragraphs = lines.map((line) => Object.assign(document.createElement("p"), { textContent: line }));
  const table = document.createElement("table");
  table.createCaption().textContent = "Correct clips of each gesture (recall)";
  for (const [label, correct] of recalls) {
    const row = table.insertRow();
    const head = Object.assign(document.createElement("th"), { scope: "row", textContent: label });
    row.append(head, Object.assign(document.createElement("td"), { textContent: correct }));
  }
  return [paragraphs[0], table, ...paragraphs.slice(1)];
}

export default rendering(TeachableMachine);
