import assert from "node:assert/strict";
import test from "node:test";

import { recalls, sentences } from "../../../web/teach/card.js";
import { interval } from "../../../web/teach/interval.js";
import { newName, toName } from "../../../web/teach/names.js";
import { readNpy, writeNpy } from "../../../web/teach/npy.js";
import { inWords, withEnough } from "../../../web/teach/score.js";
import { heldOut } from "../../../web/teach/splits.js";

test("a name is one line of text that no other action has", () => {
  assert.equal(toName("  wave ", ["jump"]), "wave");
  assert.equal(toName("e\u0301t\u00e9", []), "\u00e9t\u00e9");
  for (const bad of ["", " ", "two\nlines", "x".repeat(41), "\ud800"]) assert.throws(() => toName(bad, []), /cannot be used/);
  assert.throws(() => toName("Wave", ["wave"]), /is taken/);
  assert.equal(newName(["action 1", "action 3"]), "action 2");
});

test("an array is read as it was written", () => {
  const { shape, values } = readNpy(writeNpy(Float32Array.of(1, 2, 3, 4, 5, 6.5), [2, 3]));
  assert.deepEqual([shape, [...values]], [[2, 3], [1, 2, 3, 4, 5, 6.5]]); // prettier-ignore
  assert.deepEqual(readNpy(writeNpy(Float32Array.of(7), [1])).shape, [1]);
});

test("what is not an array of floats, or not complete, is an error", () => {
  const bytes = writeNpy(Float32Array.of(1, 2), [2]);
  assert.throws(() => readNpy(bytes.slice(0, -1)), /not complete/);
  assert.throws(() => readNpy(new Uint8Array(100)), /not an array/);
  const objects = bytes.map((byte, i) => (i < 60 && byte === "<".charCodeAt(0) ? "|".charCodeAt(0) : byte));
  assert.throws(() => readNpy(objects), /not one of floats/);
});

test("each clip is tested once, by a classifier that did not learn from it", () => {
  for (const count of [4, 30, 31, 65]) {
    const splits = heldOut(Array.from({ length: count }, (_, i) => "abc"[i % 3]));
    const tested = splits.flatMap(({ test: clips }) => clips);
    assert.deepEqual(
      tested.sort((a, b) => a - b),
      Array.from({ length: count }, (_, i) => i),
    );
    for (const { train, test: clips } of splits)
      assert.ok(clips.every((i) => !train.includes(i)) && train.length + clips.length === count);
  }
});

test("too few clips: a line that says what is missing", () => {
  const clips = ["wave", "wave", "jump"].map((action) => ({ action }));
  assert.throws(() => withEnough(clips), /only wave has 2 or more. Add clips/);
  assert.throws(() => withEnough([]), /no action has 2 or more/);
  assert.equal(withEnough([...clips, { action: "jump" }, { action: "sit" }]).length, 4);
});

test("an interval needs five clips", () => {
  assert.equal(interval(4, 4), null);
  const rounded = interval(10, 10).map((bound) => Math.round(1000 * bound) / 1000);
  assert.deepEqual(rounded, [0.692, 1]);
  assert.match(
    inWords({ right: 4, count: 4, interval: null, chance: 0.5, bestBaseline: 0.5 })[0],
    /too few clips for a 95% interval/,
  );
});

test("a model card that was written elsewhere: what is missing is not shown, and a wrong table is one line", () => {
  const confusion = { labels: ["jump", "wave"], "rows are true actions": [[2, 1], [0, 3]] }; // prettier-ignore
  assert.deepEqual(recalls({ score: { confusion } }), [["jump", "2 of 3"], ["wave", "3 of 3"]]); // prettier-ignore
  for (const card of [{}, { score: null }, { score: "good" }, { score: {}, limits: 5 }])
    assert.deepEqual([recalls(card), sentences(card)], [[], []]);
  for (const counts of [
    [1, 2],
    [[1], [2]],
    [[1, 2]],
    [
      [1, "x"],
      [3, 4],
    ],
    7,
    undefined,
  ])
    // prettier-ignore
    assert.throws(() => recalls({ score: { confusion: { ...confusion, "rows are true actions": counts } } }), /not a table of counts/);
  for (const labels of ["ab", undefined, 2])
    assert.throws(() => recalls({ score: { confusion: { ...confusion, labels } } }), /not a table of counts/);
});
