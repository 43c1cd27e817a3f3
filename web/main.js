// The page: load the model, start both views, and show the one that the address names.

import { loadMoViNet } from "./model/movinet.js";
import { startRecognize } from "./recognize/recognize.js";
import { startTeach } from "./teach/teach.js";
import * as camera from "./video/frames.js";

const VIEWS = ["recognize", "teach"];
const find = (id) => document.getElementById(id);

function showView() {
  const shown = VIEWS.includes(location.hash.slice(1)) ? location.hash.slice(1) : VIEWS[0];
  for (const view of VIEWS) {
    find(view).hidden = view !== shown;
    document.querySelector(`nav a[href="#${view}"]`).toggleAttribute("aria-current", view === shown);
  }
}

async function start() {
  showView();
  addEventListener("hashchange", () => {
    camera.closeCameras();
    showView();
  });
  try {
    const onProgress = (share) => (find("loading").textContent = `Loading the model … ${Math.floor(100 * share)} %`);
    const model = await loadMoViNet({ base: new URL(".", document.baseURI), onProgress });
    await startRecognize({ element: find("recognize"), model, camera });
    await startTeach({ element: find("teach"), model, camera });
    find("loading").hidden = true;
  } catch (error) {
    find("loading").textContent = error.message;
  }
}

start();
