import assert from "node:assert/strict";
import test from "node:test";

import { describeRates, percent, PredictionStream } from "../../../helpers/camera/predictions.js";

const PIXELS = new Uint8Array(3);
const TOP = [["run", 0.75]];

function started() {
  const sent = [];
  const stream = new PredictionStream((...message) => sent.push(message), "The model");
  stream.start();
  return { stream, sent };
}

const types = (sent) => sent.map(([{ type }]) => type);
const sendFrames = (stream, ...times) => times.forEach((now) => stream.frame(() => PIXELS, now));

test("a session starts, sends numbered frames, and stops once", () => {
  const { stream, sent } = started();
  const { session } = stream;
  sendFrames(stream, 0, 200);
  stream.stop();
  stream.stop();
  assert.deepEqual(sent, [
    [{ type: "start", session }],
    [{ type: "frame", number: 1, session }, [PIXELS]],
    [{ type: "frame", number: 2, session }, [PIXELS]],
    [{ type: "stop", session }],
  ]);
  assert.equal(stream.session, null);
});

test("each session has its own name and numbers, and waits for no frame of an earlier one", () => {
  const { stream, sent } = started();
  sendFrames(stream, 0, 200, 400);
  const earlier = stream.session;
  stream.start();
  assert.notEqual(stream.session, earlier);
  assert.equal(stream.state(400), "Live.");
  sendFrames(stream, 400);
  assert.deepEqual(sent.at(-1)[0], { type: "frame", number: 1, session: stream.session });
});

test("two frames are sent ahead, and others skipped until a prediction comes", () => {
  const { stream, sent } = started();
  const unread = () => assert.fail("the pixels of a skipped frame were read");
  sendFrames(stream, 0, 200);
  stream.frame(unread, 400);
  stream.receive({ number: 1, top: TOP }, 500);
  sendFrames(stream, 600);
  stream.frame(unread, 800);
  assert.deepEqual(types(sent), ["start", "frame", "frame", "frame"]);
  assert.equal(sent.at(-1)[0].number, 3);
});

test("the state says whether frames are skipped, for two seconds, and whether nothing has come for ten", () => {
  const { stream } = started();
  assert.equal(stream.state(0), "Live.");
  sendFrames(stream, 1000, 1200);
  assert.equal(stream.state(1200), "Live.");
  sendFrames(stream, 1400);
  assert.equal(stream.state(3399), "The model is busy: some frames are skipped.");
  assert.equal(stream.state(3400), "Live.");
  assert.equal(stream.state(11000), "Live.");
  assert.equal(stream.state(11001), "The model has not replied for 10 s: it is busy or has stopped.");
  stream.receive({ number: 1, top: TOP }, 11001);
  assert.equal(stream.state(11001), "Live.");
});

test("latency is the time from a frame to its own prediction", () => {
  const { stream } = started();
  sendFrames(stream, 1000, 1200);
  assert.equal(stream.receive({ number: 2, top: TOP }, 1250).latency, 50);
  const { number, latency, top } = stream.receive({ number: 1, top: TOP }, 1300);
  assert.deepEqual({ number, latency, top }, { number: 1, latency: 300, top: TOP });
});

test("rates are said once a second, of the last five seconds, and not of a pause", () => {
  const { stream } = started();
  const text = "4.0 frames a second, 100 ms from frame to bars";
  const said = [0, 250, 500, 750, 1000, 1250, 1500, 1750, 2000].map((now, i) => {
    sendFrames(stream, now);
    return stream.receive({ number: i + 1, top: TOP }, now + 100).rates ?? "";
  });
  assert.deepEqual(said, ["", "", "", "", text, "", "", "", text]);
  sendFrames(stream, 7000);
  assert.equal(stream.receive({ number: 10, top: TOP }, 7099).rates, "0.2 frames a second, 100 ms from frame to bars");
  sendFrames(stream, 20000);
  assert.equal(stream.receive({ number: 11, top: TOP }, 20100).rates, undefined);
  stream.forgetRates();
  sendFrames(stream, 21500);
  assert.equal(stream.receive({ number: 12, top: TOP }, 21600).rates, undefined);
});

test("a rate has one interval less than predictions; latencies are sorted as numbers", () => {
  const shown = [100, 9, 20].map((latency, i) => ({ now: 600 * i, latency }));
  assert.equal(describeRates(shown), "1.7 frames a second, 20 ms from frame to bars");
  assert.equal(describeRates(shown.slice(0, 2)), "");
  assert.deepEqual(
    shown.map(({ latency }) => latency),
    [100, 9, 20],
  );
});

test("only a new action is announced, and four seconds after the last announcement", () => {
  const { stream } = started();
  const announce = (label, now) => stream.receive({ number: 1, top: [[label, 0.75]] }, now).announcement;
  assert.equal(announce("run", 100), "Most probable: run");
  assert.equal(announce("jump", 4099), undefined);
  assert.equal(announce("run", 4100), undefined);
  assert.equal(announce("jump", 4200), "Most probable: jump");
  assert.equal(announce("run", 8200), "Most probable: run");
});

test("a percentage has one decimal", () => {
  assert.equal(percent(0.75), "75.0%");
  assert.equal(percent(0.00049), "0.0%");
});
