// What the view shows, and its controls.

import { PAGE, scoreElements } from "./page.js";
import { Row } from "./row.js";
import { learnable } from "./score.js";
import { Studio } from "./studio.js";

export class View {
  // `teach` has the collection, and does what the controls ask for.
  constructor(root, model, camera, teach) {
    root.innerHTML = PAGE;
    Object.assign(this, { root, teach, rows: new Map() });
    this.studio = new Studio(root, model, camera, () => teach.collection.threshold, {
      say: (text) => this.say(text),
      change: () => this.show(),
      clip: (action, frames) => teach.addRecorded(action, frames),
    });
    const clicks = {
      start: () => this.studio.toggle(),
      learn: () => teach.learn(),
      live: () => this.studio.toggleLive(teach.collection.learned),
      save: () => teach.save(),
      open: () => this.find(".zip").click(),
      add: () => teach.change("add"),
      "delete-all": () => teach.deleteAll(),
    };
    for (const [name, click] of Object.entries(clicks)) this.find(`.${name}`).onclick = click;
    this.find(".zip").onchange = ({ target }) => {
      if (target.files[0]) teach.open(target.files[0]);
      target.value = ""; // else, the same file could not be chosen again
    };
    root.ondrop = () => this.say("Drop the files on the name of their action."); // if they missed the row of an action
    const range = this.find("input[type=range]");
    range.oninput = () => this.showThreshold(range.value / 100);
    range.onchange = () => teach.change("set", "threshold", range.value / 100);
    this.show();
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  say(text) {
    const line = this.find(".status");
    if (line.textContent !== text) line.textContent = text; // only a change is read aloud
  }

  // Show what there is, and enable the controls that can be used now.
  show() {
    const { collection, isBusy } = this.teach;
    const { studio } = this;
    if (studio?.live.isOn && !collection.learned) return studio.endLive(); // which shows it again
    const learned = collection?.learned;
    const isFree = Boolean(collection && !isBusy && !studio.recording);
    this.find(".start").textContent = studio?.isOn ? "Stop camera" : "Start camera";
    this.find(".live").textContent = studio?.live.isOn ? "Stop live" : "Live";
    this.enable({ start: collection && !isBusy, add: isFree, open: isFree, "delete-all": isFree });
    this.enable({ live: isFree && learned, save: isFree && learned });
    this.enable({ learn: isFree && learnable(collection.named()).length >= 2 });
    this.find(".result").hidden = !learned;
    this.find(".camera").hidden = !studio?.isOn;
    this.find(".welcome").hidden = Boolean(studio?.isOn);
    this.find(".seeing").hidden = !studio?.live.isOn;
    if (this.shown !== learned) this.find(".score").replaceChildren(...(learned ? scoreElements(learned) : []));
    this.shown = learned;
    if (collection) this.showActions(collection, !isFree);
  }

  enable(controls) {
    for (const [name, isEnabled] of Object.entries(controls)) this.find(`.${name}`).disabled = !isEnabled;
  }

  showActions(collection, isBusy) {
    this.showThreshold(collection.threshold);
    for (const [id, row] of this.rows) {
      if (collection.actions.has(id)) continue;
      row.element.remove();
      this.rows.delete(id);
    }
    for (const [id, name] of collection.actions) {
      const clips = collection.clipsOf(id);
      const isRemovable = clips.length === 0 && collection.actions.size > 2;
      this.row(id).show({ name, clips, isRemovable, isBusy, recording: this.studio.recording?.action === id });
    }
  }

  row(id) {
    if (!this.rows.has(id)) {
      const { teach, studio } = this;
      const nameOf = () => teach.collection.actions.get(id);
      const row = new Row({
        rename: (text) => text !== nameOf() && teach.change("rename", id, text),
        record: () => (studio.recording ? studio.cancel("The recording was canceled.") : studio.record(id, nameOf())),
        addFiles: (files) => teach.addFiles(id, files),
        remove: () => teach.change("remove", id),
        deleteClip: (clip) => teach.change("deleteClip", clip),
      });
      this.rows.set(id, row);
      this.find(".actions").append(row.element);
    }
    return this.rows.get(id);
  }

  showThreshold(threshold) {
    const text = `${Math.round(100 * threshold)}%`;
    this.find("output").textContent = text;
    const range = this.find("input[type=range]");
    range.value = 100 * threshold;
    range.setAttribute("aria-valuetext", text);
  }

  // List the files that were not added, with the reasons.
  showProblems(problems) {
    const items = problems.map((text) => Object.assign(document.createElement("li"), { textContent: text }));
    this.find(".left-out").replaceChildren(...items);
    this.find(".left-out").hidden = items.length === 0;
  }
}
