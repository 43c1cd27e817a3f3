// The HTML of the view, and parts of it that show results.

import { ANNOUNCEMENT, PREDICTIONS } from "../camera/predictions.js";

export const PAGE = `<h2 id="teach-title">Teach your own actions</h2>
  <p>Record a few clips of each, or add video files. The network describes each clip by numbers, and a classifier learns from these
    which action is which. This takes seconds.</p>
  <div class="sources">
    <button type="button" class="start">Start camera</button>
    <button type="button" class="learn primary">Learn</button>
    <button type="button" class="live">Live</button>
    <button type="button" class="save">Save</button>
    <button type="button" class="open">Open</button>
    <input type="file" class="zip" accept=".zip,application/zip" hidden>
    <button type="button" class="delete-all">Delete all</button>
  </div>
  <p class="status" role="status"></p>
  <div class="stage">
    <div>
      <div class="picture">
        <p class="welcome">The camera is off</p>
        <video class="camera" muted playsinline aria-label="The square of the camera's picture that the network sees" hidden></video>
        <span class="countdown" aria-hidden="true"></span>
      </div>
      <div class="seeing" hidden>
        <p class="seen"></p>
        ${PREDICTIONS}
      </div>
    </div>
    <div>
      <ul class="actions" aria-label="Actions"></ul>
      <button type="button" class="add">Add an action</button>
      <ul class="left-out problem" aria-label="Files that were not added" hidden></ul>
    </div>
  </div>
  <div class="result" hidden>
    <div class="score"></div>
    <p class="threshold"><label for="threshold">“None of these” below a probability of</label> <output for="threshold"></output>
      <input type="range" id="threshold" min="0" max="99" step="1"></p>
    <p class="limits">A higher threshold leaves more unnamed, your own actions included. It works better to teach what is none of
      them, too: add an action, and clips in which you do something else.</p>
  </div>
  <p class="limits">Your clips become small pictures and numbers, which this browser keeps on this device until you delete them. A
    browser may delete what a page has stored, for example if the disk is full or if you do not come back for weeks: save what you
    want to keep. Save writes the learned model, which the notebooks open, too; clips are not part of it.</p>
  ${ANNOUNCEMENT}`;

// The elements that show a score: sentences, and for each action how many of its clips were correct.
export function scoreElements({ lines, recalls }) {
  const [first, ...more] = lines.map((line) => Object.assign(document.createElement("p"), { textContent: line }));
  const table = document.createElement("table");
  table.createCaption().textContent = "Correct clips of each action (recall)";
  for (const [label, correct] of recalls) {
    const row = table.insertRow();
    row.append(Object.assign(document.createElement("th"), { scope: "row", textContent: label }));
    row.insertCell().textContent = correct;
  }
  return [first, ...(recalls.length ? [table] : []), ...more].filter(Boolean);
}

const PICTURE = 96; // pixels

// Return a small picture of a frame as a `data:` address.
export function toPicture(pixels, size) {
  const [large, small] = [size, PICTURE].map((side) =>
    Object.assign(document.createElement("canvas"), { width: side, height: side }),
  );
  const image = new ImageData(size, size);
  for (let i = 0; i < size * size; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = Math.round(255 * pixels[3 * i + c]);
    image.data[4 * i + 3] = 255;
  }
  large.getContext("2d").putImageData(image, 0, 0);
  small.getContext("2d").drawImage(large, 0, 0, PICTURE, PICTURE);
  return small.toDataURL("image/jpeg", 0.8);
}
