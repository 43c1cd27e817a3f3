// What was found in a video file: a player, a chart, a table of segments, and a CSV file.

import { percent } from "../camera/predictions.js";
import { saveFile } from "../save_file.js";
import { Chart } from "./chart.js";
import { timestamp } from "./timeline.js";

export class Result {
  // Shows a timeline in `root`, with the file in `player`. `onTime(i)` is called with the prediction that belongs to the picture.
  constructor({ root, player, file, timeline, onTime }) {
    Object.assign(this, { root, player, timeline, url: URL.createObjectURL(file) });
    player.src = this.url;
    player.currentTime = timeline.duration; // the prediction that is shown first is the last one
    root.hidden = player.hidden = false;
    this.chart = new Chart(root.querySelector(".chart"), timeline);
    root.querySelector(".note").textContent = timeline.note;
    root.querySelector("tbody").replaceChildren(...timeline.segments().map((segment) => this.row(segment)));
    const name = `${file.name.replace(/\.[^.]*$/, "")}.csv`;
    root.querySelector(".csv").onclick = () => saveFile(timeline.toCSV(), name, "text/csv");
    player.ontimeupdate = () => {
      this.chart.moveCursor(player.currentTime);
      onTime(Math.min(Math.floor(player.currentTime * timeline.fps), timeline.length - 1));
    };
  }

  remove() {
    this.chart.remove();
    this.player.ontimeupdate = null;
    this.player.removeAttribute("src");
    this.player.load();
    this.root.hidden = this.player.hidden = true;
    URL.revokeObjectURL(this.url);
  }

  row({ start, end, label, probability }) {
    const jump = Object.assign(document.createElement("button"), { type: "button", textContent: timestamp(start) });
    jump.setAttribute("aria-label", `Show ${timestamp(start)}, ${label}`);
    jump.onclick = () => (this.player.currentTime = start);
    const row = document.createElement("tr");
    for (const content of [jump, timestamp(end), label, percent(probability)]) {
      const cell = document.createElement("td");
      cell.append(content);
      row.append(cell);
    }
    return row;
  }
}
