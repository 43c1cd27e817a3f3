// What the reader does while the browser asks for permission to use the camera, which can take long. It runs in a gathered page.
import assert from "node:assert/strict";
import test from "node:test";

import { Live } from "../../../web/recognize/live.js";
import { Studio } from "../../../web/teach/studio.js";
import * as camera from "../../../web/video/frames.js";

const resolved = () => new Promise((resolve) => setTimeout(resolve));

// A browser whose cameras `allow()` opens, all that were asked for; `tracks` are those that were opened.
function browser() {
  const [asked, tracks] = [[], []];
  const open = () => {
    const track = { readyState: "live", stop: () => (track.readyState = "ended") };
    tracks.push(track);
    return { getTracks: () => [track], getVideoTracks: () => [track] };
  };
  const mediaDevices = { getUserMedia: () => new Promise((resolve) => asked.push(resolve)) };
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: { mediaDevices } });
  const allow = async () => {
    asked.splice(0).forEach((resolve) => resolve(open()));
    await resolved();
  };
  return { allow, states: () => tracks.map(({ readyState }) => readyState) };
}

const video = () => ({ srcObject: null, videoWidth: 0, play: async () => {} });

function recognize(newStream = () => ({ close() {} })) {
  const stopped = [];
  const live = new Live({
    root: null,
    video: video(),
    labels: ["run"],
    newStream,
    say() {},
    onStop: (text) => stopped.push(text),
  });
  return { start: () => live.start(), stop: () => live.stop("Stopped."), live, stopped };
}

function teach() {
  const root = { querySelector: (name) => (name === "video" ? video() : {}) };
  const studio = new Studio(root, null, camera, () => 0.6, { say() {}, change() {}, clip() {} });
  return { start: () => studio.toggle(), stop: () => studio.close("Stopped."), studio };
}

for (const [name, view] of Object.entries({ recognize, teach })) {
  test(`${name}: a camera that is allowed after the reader has left the view stays off`, async (t) => {
    const { allow, states } = browser();
    const { start, stop } = view();
    t.after(stop);
    start();
    camera.closeCameras();
    await allow();
    assert.deepEqual(states(), ["ended"]);
  });

  test(`${name}: of a camera that is started twice while the browser asks, one is on, and Stop turns it off`, async (t) => {
    const { allow, states } = browser();
    const { start, stop } = view();
    t.after(stop);
    start();
    stop();
    start();
    await allow();
    assert.deepEqual(states(), ["ended", "live"]);
    stop();
    assert.deepEqual(states(), ["ended", "ended"]);
  });
}

test("an error of a stream that was stopped does not end the next one", async (t) => {
  const { allow } = browser();
  let fail;
  const failing = () => ({ next: () => new Promise((_, reject) => (fail = reject)), close() {} });
  const { start, stop, live, stopped } = recognize(failing);
  t.after(stop);
  start();
  await allow();
  live.predictions.frame(() => "pixels", 0);
  stop();
  start();
  fail(new Error("The stream was closed."));
  await resolved();
  assert.deepEqual([live.isOn, stopped], [true, ["Stopped."]]);
});

test("a recording that was stopped while the browser asked does not cancel that of another action", async (t) => {
  const { allow } = browser();
  const { stop, studio } = teach();
  t.after(stop);
  studio.record("1", "wave");
  stop();
  studio.record("2", "jump");
  await allow();
  assert.equal(studio.recording?.name, "jump");
});
