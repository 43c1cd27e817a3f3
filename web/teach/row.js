// One action: its name, its buttons, and its clips. Rows are reused: a button that is replaced while it is pressed receives no
// click, and loses the focus.

const ROW = `<label>Name <input type="text" maxlength="40" autocomplete="off" spellcheck="false"></label>
  <button type="button" class="record">Record</button>
  <button type="button" class="add-files">Add files</button>
  <input type="file" accept="video/*" multiple hidden>
  <button type="button" class="remove">Remove</button>
  <span class="count"></span>
  <ul class="clips"></ul>`;

export class Row {
  // `on` are functions to call: rename(text), record(), addFiles(files), remove(), and deleteClip(id).
  constructor(on) {
    this.on = on;
    this.element = Object.assign(document.createElement("li"), { className: "action", innerHTML: ROW });
    const [name, files] = [this.find("input[type=text]"), this.find("input[type=file]")];
    name.onchange = () => on.rename(name.value);
    this.find(".record").onclick = on.record;
    this.find(".add-files").onclick = () => files.click();
    files.onchange = () => {
      on.addFiles([...files.files]);
      files.value = ""; // else, the same file could not be chosen again
    };
    this.find(".remove").onclick = on.remove;
    this.element.ondragover = (event) => event.preventDefault();
    this.element.ondrop = (event) => {
      event.preventDefault();
      event.stopPropagation();
      on.addFiles([...event.dataTransfer.files]);
    };
  }

  find(selector) {
    return this.element.querySelector(selector);
  }

  // Show an action. `clips` are pairs of an id and a clip; `recording` is whether a clip of it is recorded now.
  show({ name, clips, isRemovable, isBusy, recording }) {
    const input = this.find("input[type=text]");
    if (input.defaultValue !== name || document.activeElement !== input) input.value = input.defaultValue = name;
    this.find(".record").textContent = recording ? "Cancel" : "Record";
    for (const button of this.element.querySelectorAll(":scope > button")) {
      button.setAttribute("aria-label", `${button.textContent}${button.className === "add-files" ? " to" : ""} ${name}`);
      button.disabled = isBusy && !(recording && button.className === "record");
    }
    this.find(".remove").hidden = !isRemovable;
    this.find(".count").textContent = `${clips.length} clip${clips.length === 1 ? "" : "s"}`;
    this.showClips(name, clips);
    for (const other of this.element.querySelectorAll("input, .clips button")) other.disabled = isBusy;
  }

  showClips(name, clips) {
    const list = this.find(".clips");
    const shown = JSON.stringify([name, clips.map(([id]) => id)]);
    if (list.dataset.shown === shown) return;
    const focused = list.contains(document.activeElement);
    list.dataset.shown = shown;
    list.setAttribute("aria-label", `Clips of ${name}`);
    list.replaceChildren(...clips.map(([id, { picture }], i) => this.clip(id, picture, `clip ${i + 1} of ${name}`)));
    if (focused) this.find(".record").focus(); // the button that had the focus is gone
  }

  clip(id, picture, title) {
    const item = document.createElement("li");
    const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "Delete" });
    remove.setAttribute("aria-label", `Delete ${title}`);
    remove.onclick = () => this.on.deleteClip(id);
    item.append(Object.assign(document.createElement("img"), { src: picture, alt: title }), remove);
    return item;
  }
}
