import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { setImmediate } from "node:timers";

import { centerSquare, explain, nextFrame, withoutAlpha } from "../../../helpers/camera/camera.js";

test("the center square of a wide, a high, and a cropped picture", () => {
  assert.deepEqual(centerSquare(640, 480, 1), { left: 80, top: 0, side: 480 });
  assert.deepEqual(centerSquare(480, 640, 1), { left: 0, top: 80, side: 480 });
  assert.deepEqual(centerSquare(640, 480, 0.5), { left: 200, top: 120, side: 240 });
});

test("a frame is due one period after the last one, or after now if that is long past", () => {
  assert.equal(nextFrame(1000, 1000, 200), 1200);
  assert.equal(nextFrame(1000, 1150, 200), 1200);
  assert.equal(nextFrame(1000, 1200, 200), 1200);
  assert.equal(nextFrame(1000, 1201, 200), 1401);
  assert.equal(nextFrame(0, 5000, 200), 5200);
});

test("pixels lose their alpha", () => {
  const rgb = withoutAlpha(new Uint8ClampedArray([1, 2, 3, 255, 4, 5, 6, 255]));
  assert.deepEqual(rgb, new Uint8Array([1, 2, 3, 4, 5, 6]));
});

test("an error says what to do, and an unknown one what happened", () => {
  assert.match(explain({ name: "NotFoundError", message: "" }), /^No camera was found: connect one/);
  assert.equal(explain({ name: "AbortError", message: "for a reason" }), "The camera cannot be opened: AbortError for a reason");
});

const [WIDTH, HEIGHT, SIZE] = [12, 8, 4]; // of the camera's picture, and of the square that is shown
const [RED, COLOR] = [
  [255, 0, 0, 255],
  [10, 200, 30, 255],
];
const filled = (color, length) => Uint8Array.from({ length }, (_, i) => color[i % 4]);
const resolved = () => new Promise((resolve) => setImmediate(resolve));

// Modules of its own for each test, because they find out only once what the browser can do.
function newModules() {
  const read = (name) => readFileSync(new URL(`../../../helpers/camera/${name}`, import.meta.url), "utf8");
  const code = ["copy.js", "resize.js", "camera.js"]
    .map(read)
    .join("\n")
    .replace(/^import .*/gm, "");
  return import(`data:text/javascript,${encodeURIComponent(`${code}// ${Math.random()}`)}`);
}

// A camera that is open in a stand-in for a browser, whose frames `copyTo(rgba, source)` converts. `tick()` is what its timer
// calls, and `shown` is what was written to the canvas: the name of the method, and the pixels if they are known.
async function openCamera(t, copyTo, onFrame = () => {}) {
  const [shown, frames] = [[], []];
  let timer = null;
  const track = { stop() {} };
  const stream = { getTracks: () => [track], getVideoTracks: () => [track] };
  const video = { srcObject: null, readyState: 2, videoWidth: WIDTH, videoHeight: HEIGHT, play: async () => {} };
  const context = {
    drawImage: () => shown.push(["drawImage"]),
    putImageData: ({ data }) => shown.push(["putImageData", ...data]),
  };
  const globals = {
    document: { createElement: () => video },
    location: { protocol: "http:" },
    navigator: { mediaDevices: { getUserMedia: async () => stream } },
    HTMLMediaElement: { HAVE_CURRENT_DATA: 2 },
    ImageData: function (width, height) {
      this.data = new Uint8ClampedArray(width * height * 4);
    },
    VideoFrame: copyTo && frameClass(copyTo, frames),
    setTimeout: (callback) => (timer = callback),
    clearTimeout: () => (timer = null),
  };
  for (const [name, value] of Object.entries(globals)) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name) ?? { value: undefined, configurable: true };
    Object.defineProperty(globalThis, name, { value, configurable: true });
    t.after(() => Object.defineProperty(globalThis, name, before));
  }
  const { Camera } = await newModules();
  const camera = new Camera({ getContext: () => context }, { size: SIZE, fps: 5, cropFraction: 1 }, onFrame, () => {});
  await camera.open();
  return { camera, context, shown, tick: () => timer(), open: () => frames.filter(({ isOpen }) => isOpen).length };
}

function frameClass(copyTo, frames) {
  return class {
    constructor(source) {
      Object.assign(this, { source, isOpen: true, visibleRect: { width: WIDTH, height: HEIGHT } });
      frames.push(this);
    }
    copyTo(rgba) {
      return copyTo(rgba, this.source);
    }
    close() {
      this.isOpen = false;
    }
  };
}

const isVideo = (source) => !(source instanceof Uint8Array);
const converts = async (rgba, source) => rgba.set(filled(isVideo(source) ? COLOR : RED, rgba.length));

test("the picture is copied, and not drawn, where the browser can convert it", async (t) => {
  const { tick, shown, open } = await openCamera(t, converts);
  await tick();
  await tick();
  const copied = ["putImageData", ...filled(COLOR, SIZE * SIZE * 4)];
  assert.deepEqual([shown, open()], [[copied, copied], 0]);
});

const fail = async () => {
  throw new DOMException("Not in this browser.", "NotSupportedError");
};
const failsForVideos = (rgba, source) => (isVideo(source) ? fail() : converts(rgba, source));
const CANNOT = {
  "has no VideoFrame": undefined,
  "ignores the format": async (rgba, source) => rgba.set(isVideo(source) ? filled(COLOR, rgba.length) : source),
  "cannot convert": fail,
  "cannot convert a camera's picture": failsForVideos,
};
for (const [name, copyTo] of Object.entries(CANNOT)) {
  test(`the picture is drawn where the browser ${name}`, async (t) => {
    const { tick, shown, open } = await openCamera(t, copyTo);
    await tick();
    await tick();
    assert.deepEqual([shown, open()], [[["drawImage"], ["drawImage"]], 0]);
  });
}

// Like `copyTo`, but a camera's picture is not converted before `finish()`.
function held(copyTo) {
  let finish = null;
  const finished = new Promise((resolve) => (finish = resolve));
  const late = async (rgba, source) => {
    if (isVideo(source)) await finished;
    await copyTo(rgba, source);
  };
  return { finish, copyTo: late };
}

for (const [result, convert] of Object.entries({ succeeds: converts, fails: failsForVideos })) {
  test(`after close, nothing is shown if a copy ${result}; it can be opened again`, async (t) => {
    const { finish, copyTo } = held(convert);
    const times = [];
    const { camera, tick, shown, open } = await openCamera(t, copyTo, (now) => times.push(now));
    const ticked = tick();
    await resolved();
    camera.close();
    finish();
    await ticked;
    assert.deepEqual([shown, times, open()], [[], [], 0]);
    await camera.open();
    await tick();
    assert.deepEqual([shown.length, times.length, open()], [1, 1, 0]);
  });
}

test("nothing is shown during a pause", async (t) => {
  const { finish, copyTo } = held(converts);
  const { camera, tick, shown } = await openCamera(t, copyTo, () => assert.fail("a frame"));
  const ticked = tick();
  await resolved();
  camera.paused = true;
  finish();
  await ticked;
  await tick();
  assert.deepEqual(shown, []);
});

test("a frame that is due while the one before it is copied is skipped", async (t) => {
  const { finish, copyTo } = held(converts);
  const { tick, shown } = await openCamera(t, copyTo);
  const ticked = tick();
  await resolved();
  await tick();
  finish();
  await ticked;
  assert.equal(shown.length, 1);
});

test("after an error, the next frame is shown", async (t) => {
  const { context, tick, shown } = await openCamera(t);
  const { drawImage } = context;
  context.drawImage = () => assert.fail("once");
  await assert.rejects(tick(), /once/);
  context.drawImage = drawImage;
  await tick();
  assert.equal(shown.length, 1);
});
