// Learn and test in JavaScript: read clips from one file, and write what was learned from them, and the score, to another.
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

import { softmax } from "../../../web/model/prediction.js";
import { learn, logits } from "../../../web/teach/classifier.js";
import { crossValidate, inWords, summary } from "../../../web/teach/score.js";

const [input, output] = process.argv.slice(2);
const clips = JSON.parse(readFileSync(input, "utf8"));
const rows = clips.map(({ features }) => Float32Array.from(features));
const learned = learn(
  rows,
  clips.map(({ action }) => action),
);
const score = await crossValidate(clips.map((clip, i) => ({ ...clip, features: rows[i] })));
const result = {
  labels: learned.labels,
  C: learned.C,
  probabilities: rows.map((row) => [...softmax(logits(learned, row))]),
  score,
  summary: summary(score),
  words: inWords(score),
};
writeFileSync(output, JSON.stringify(result));
