// How well actions are recognized in clips that were not learned from, beside classifiers that see no movement, as in
// helpers/learn/score.py and the notebook's teachable machine. Each clip counts as a group of its own.

import { alwaysTheMostFrequent, fromFeatures, nearestNeighbors } from "./baselines.js";
import { interval } from "./interval.js";
import { heldOut } from "./splits.js";

const LEAST = 2; // clips needed of each action: one to learn from, one to test on
const BASELINES = {
  "one middle frame's features": ["still", fromFeatures],
  "8 x 8 pixels of the middle frame": ["pixels", nearestNeighbors],
  "width, height and length": ["size", nearestNeighbors],
  "most frequent action": ["size", alwaysTheMostFrequent],
};

// Return the clips of the actions that have enough. Throws an Error if there are fewer than two such actions.
export function withEnough(clips) {
  const names = learnable(clips);
  if (names.length < 2) {
    const found = names.length ? `only ${names[0]} has` : "no action has";
    throw new Error(`There are too few clips: ${found} ${LEAST} or more. Add clips, so that at least two actions have ${LEAST}.`);
  }
  return clips.filter(({ action }) => names.includes(action));
}

export function learnable(clips) {
  const count = (name) => clips.filter(({ action }) => action === name).length;
  return [...new Set(clips.map(({ action }) => action))].filter((name) => count(name) >= LEAST).sort();
}

// Learn from all clips but some, test on these, and repeat until each clip was tested once. `clips` have an `action`, `features`,
// and what the baselines see: `still`, `pixels` and `size`. `onProgress(tested)` is awaited before each test.
export async function crossValidate(clips, onProgress = async () => {}) {
  const actions = clips.map(({ action }) => action);
  const labels = [...new Set(actions)].sort();
  const predicted = Array(clips.length);
  const baselines = Object.fromEntries(Object.keys(BASELINES).map((title) => [title, Array(clips.length)]));
  let tested = 0;
  for (const { train, test } of heldOut(actions)) {
    await onProgress(tested);
    const fitted = (name, fit) =>
      fit(
        train.map((i) => clips[i][name]),
        train.map((i) => actions[i]),
      );
    const name = fitted("features", fromFeatures);
    for (const i of test) predicted[i] = name(clips[i].features);
    for (const [title, [input, fit]] of Object.entries(BASELINES)) {
      const baseline = fitted(input, fit);
      for (const i of test) baselines[title][i] = baseline(clips[i][input]);
    }
    tested += test.length;
  }
  return summarize(labels, actions, predicted, baselines);
}

function summarize(labels, actions, predicted, baselines) {
  const count = actions.length;
  const share = (names) => names.filter((name, i) => name === actions[i]).length / count;
  const right = Math.round(share(predicted) * count);
  const pairs = (a, b) => actions.filter((action, i) => action === a && predicted[i] === b).length;
  const confusion = labels.map((a) => labels.map((b) => pairs(a, b))); // a row for each true action
  const recalls = confusion.map((row, i) => row[i] / row.reduce((sum, clips) => sum + clips));
  const accuracies = Object.fromEntries(Object.entries(baselines).map(([title, names]) => [title, share(names)]));
  return {
    labels,
    count,
    right,
    accuracy: right / count,
    interval: interval(right, count),
    chance: Math.max(...labels.map((label) => actions.filter((action) => action === label).length)) / count,
    baselines: accuracies,
    bestBaseline: Math.max(...Object.values(accuracies)),
    meanRecall: recalls.reduce((sum, recall) => sum + recall) / labels.length,
    confusion,
  };
}

const round = (share) => `${Math.round(100 * share)}%`;

// What the score says, in sentences.
export function inWords({ right, count, interval: known, chance, bestBaseline }) {
  const range = known ? `95% interval ${round(known[0])} to ${round(known[1])}` : "too few clips for a 95% interval";
  return [
    `${right} of ${count} clips correct, each by a model that did not learn from it (${range}; chance ${round(chance)}, best ` +
      `baseline without movement ${round(bestBaseline)}).`,
    "If all clips were recorded in one session, expect a lower score tomorrow, elsewhere, or with other people.",
    "Anything else that the camera sees is also given one of these names, unless its probability is below the threshold.",
  ];
}

// One line, as in a model card that Python wrote.
export function summary({ accuracy, interval: known, meanRecall, count, chance, bestBaseline }) {
  const range = known ? known.map((bound) => bound.toFixed(2)).join(" to ") : "fewer than 5 groups: too few for a 95% interval";
  return (
    `accuracy ${accuracy.toFixed(3)} (${range}), mean recall ${meanRecall.toFixed(3)}, ${count} clips, ${count} groups, ` +
    `chance ${chance.toFixed(3)}, best baseline ${bestBaseline.toFixed(2)}`
  );
}
