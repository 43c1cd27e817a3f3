// Classifiers that see no movement, as in helpers/learn/classifier.py. Each is learned from rows and their actions, and returns a
// function that names the action of a row.

import { argmax, learn, logits, scaler } from "./classifier.js";

const NEIGHBORS = 5;

export function fromFeatures(rows, actions) {
  const classifier = learn(rows, actions);
  return (row) => classifier.labels[argmax(logits(classifier, row))];
}

// The 5 nearest clips vote; of equal votes, the name that is first in the alphabet wins.
export function nearestNeighbors(rows, actions) {
  const { apply } = scaler(rows);
  const known = rows.map(apply);
  return (row) => {
    const standardized = apply(row);
    const distances = known.map((other) => other.reduce((sum, value, k) => sum + (value - standardized[k]) ** 2, 0));
    const nearest = distances.map((_, i) => i).sort((a, b) => distances[a] - distances[b]);
    return mostFrequent(nearest.slice(0, NEIGHBORS).map((i) => actions[i]));
  };
}

export const alwaysTheMostFrequent = (rows, actions) => () => mostFrequent(actions);

function mostFrequent(actions) {
  const names = [...new Set(actions)].sort();
  return names[argmax(names.map((name) => actions.filter((action) => action === name).length))];
}
