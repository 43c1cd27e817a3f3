// The page: load the network, start both views, and show the one that the address names.

import { loadMoViNet } from "./model/movinet.js";
import { keepForOffline } from "./offline.js";
import { startRecognize } from "./recognize/recognize.js";
import { startTeach } from "./teach/teach.js";
import * as camera from "./video/frames.js";

const VIEWS = ["recognize", "teach"];
const find = (id) => document.getElementById(id);

function namedView() {
  const name = location.hash.slice(1);
  return VIEWS.includes(name) ? name : VIEWS[0];
}

function showView() {
  const shown = namedView();
  for (const view of VIEWS) {
    find(view).hidden = view !== shown;
    const link = document.querySelector(`nav a[href="#${view}"]`);
    if (view === shown) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function showLabels(labels) {
  const items = labels.map((label) => Object.assign(document.createElement("li"), { textContent: label }));
  document.querySelector(".labels ul").replaceChildren(...items);
}

// A file that is dropped anywhere else would replace the page.
function ignoreOtherDrops() {
  for (const type of ["dragover", "drop"]) addEventListener(type, (event) => event.preventDefault());
}

async function start() {
  showView();
  ignoreOtherDrops();
  addEventListener("hashchange", () => {
    if (find(namedView()).hidden) camera.closeCameras(); // the reader leaves the view
    showView();
  });
  try {
    const onProgress = (share) => (find("loaded").value = share);
    const model = await loadMoViNet({ base: new URL(".", document.baseURI), onProgress });
    showLabels(model.labels);
    startRecognize({ element: find("recognize"), model });
    await startTeach({ element: find("teach"), model, camera });
    find("loading").hidden = true;
    keepForOffline((text) => (find("offline").textContent = text));
  } catch (error) {
    find("loading").textContent = error.message;
    find("loading").classList.add("problem");
  } finally {
    find("loaded").hidden = true;
  }
}

start();
