// Learn a classifier of actions from the features of a few clips, like helpers/learn/classifier.py: logistic regression on
// standardized features, whose C is chosen on clips that are held out.

import { classProbabilities, fitLogistic, project, span } from "./logistic.js";
import { add } from "./minimize.js";
import { deviation, heldOut, mean } from "./splits.js";

const STRENGTHS = [0.001, 0.01, 0.1, 1]; // values of C: a smaller one regularizes more
const DEFAULT_C = 1; // if there are too few clips to choose
const INNER_FOLDS = 5; // to choose C
const TOLERANCE = 1e-4; // enough to choose C

// Learn from `rows`, arrays of K features, and `actions`, a name for each. Returns the sorted names as `labels`; `weights`,
// `[K, labels]` row by row; `bias`; and `C`. The standardization is part of the weights.
export function learn(rows, actions) {
  const C = chooseStrength(rows, actions);
  const labels = [...new Set(actions)].sort();
  const { center, scale, apply } = scaler(rows);
  const { axes, points } = span(rows.map(apply));
  const x = fitLogistic(points, indices(actions, labels), labels.length, C);
  const weights = new Float64Array(center.length * labels.length);
  const bias = new Float64Array(labels.length);
  labels.forEach((_, c) => {
    const own = x.subarray(c * (axes.length + 1), (c + 1) * (axes.length + 1));
    bias[c] = own[axes.length];
    for (let k = 0; k < center.length; k++) {
      const weight = axes.reduce((sum, axis, j) => sum + own[j] * axis[k], 0) / scale[k];
      weights[k * labels.length + c] = weight;
      bias[c] -= weight * center[k];
    }
  });
  return { labels, weights, bias, C };
}

// The logit of each label, for the features of one clip.
export function logits({ weights, bias }, row) {
  const sums = Float64Array.from(bias);
  row.forEach((value, k) => {
    for (let c = 0; c < sums.length; c++) sums[c] += value * weights[k * sums.length + c];
  });
  return sums;
}

// Return the index of the largest number, the first one of equals.
export const argmax = (values) => values.indexOf(Math.max(...values));

// Subtract the mean of a clip's logits, and divide by their standard deviation, as helpers/basics/statistics.py does.
export function standardize(values) {
  const [center, scale] = [mean([...values]), deviation([...values]) || 1];
  return Float32Array.from(values, (value) => (value - center) / scale);
}

// What standardizes rows: the mean of each column, and its standard deviation, or 1 if all values are equal.
export function scaler(rows) {
  const [center, scale] = [new Float64Array(rows[0].length), new Float64Array(rows[0].length)];
  for (const row of rows) add(center, 1 / rows.length, row);
  for (const row of rows) {
    for (let k = 0; k < scale.length; k++) scale[k] += (row[k] - center[k]) ** 2 / rows.length;
  }
  for (let k = 0; k < scale.length; k++) scale[k] = rows.every((row) => row[k] === rows[0][k]) ? 1 : Math.sqrt(scale[k]);
  const apply = (row) => {
    const standardized = new Float64Array(row);
    for (let k = 0; k < scale.length; k++) standardized[k] = (standardized[k] - center[k]) / scale[k];
    return standardized;
  };
  return { center, scale, apply };
}

const indices = (actions, labels) => actions.map((action) => labels.indexOf(action));

// Return the C with the smallest log loss on held-out clips; 1 if there are too few clips to test each action.
function chooseStrength(rows, actions) {
  const names = new Set(actions);
  if ([...names].some((name) => actions.filter((action) => action === name).length < 2)) return DEFAULT_C;
  const actionsOf = (clips) => new Set(clips.map((i) => actions[i]));
  const splits = heldOut(actions, INNER_FOLDS, INNER_FOLDS).filter(({ train }) => actionsOf(train).size === names.size);
  if (actionsOf(splits.flatMap(({ test }) => test)).size < names.size) return DEFAULT_C;
  const losses = STRENGTHS.map(() => 0);
  for (const split of splits) logLosses(rows, actions, split).forEach((loss, i) => (losses[i] += loss));
  return STRENGTHS[argmax(losses.map((loss) => -loss))];
}

// Return the log loss on test clips for each C.
function logLosses(rows, actions, { train, test }) {
  const labels = [...new Set(actions)].sort();
  const classes = indices(actions, labels);
  const { apply } = scaler(train.map((i) => rows[i]));
  const { axes, points } = span(train.map((i) => apply(rows[i])));
  const tested = test.map((i) => ({ point: project(apply(rows[i]), axes), own: classes[i] }));
  let begin;
  return STRENGTHS.map((C) => {
    const x = fitLogistic(
      points,
      train.map((i) => classes[i]),
      labels.length,
      C,
      { begin, tolerance: TOLERANCE },
    );
    begin = x;
    const found = tested.map(({ point, own }) => classProbabilities(x, labels.length, point)[own]);
    return -found.reduce((sum, probability) => sum + Math.log(Math.max(probability, 1e-30)), 0);
  });
}
