// The model card: what a model was learned from, and how it scored, as in helpers/learn/training.py.

import { summary } from "./score.js";

const NETWORK_NAME = "MoViNet-A0-Stream";
const LIMITS = "The score holds for clips like these. Clips of other actions are labeled as one of these, too.";

// Return the card of what was learned. `clips` have the name of their `action` and a `number`; `fingerprint` is the network's.
export function makeCard({ C, score, clips, fingerprint }) {
  const { labels, accuracy, interval, confusion, baselines, count } = score;
  return {
    network: { name: NETWORK_NAME, fingerprint, weights: "not changed" },
    classifier: { kind: "StandardScaler, LogisticRegression", C, "learned in": "the web page" },
    groups: `each of the ${count} clips counts as a group of its own`,
    score: {
      summary: summary(score),
      accuracy,
      interval: interval && { low: interval[0], high: interval[1], method: `Clopper-Pearson over ${count} groups` },
      recall: Object.fromEntries(labels.map((label, i) => [label, confusion[i][i] / total(confusion[i])])),
      confusion: { labels, "rows are true actions": confusion },
      baselines,
    },
    limits: LIMITS,
    clips: clips.map(({ action, file }) => ({ file, action, group: file })),
  };
}

// For each action, how many of its clips were correct, such as ["wave", "4 of 5"]; none if the card has no score.
export function recalls({ score }) {
  if (!score?.confusion) return [];
  const { labels, "rows are true actions": counts } = score.confusion;
  if (!isTable(labels, counts)) throw new Error("The confusion matrix in model_card.json is not a table of counts. Learn again.");
  return labels.map((label, i) => [label, `${counts[i][i]} of ${total(counts[i])}`]);
}

// Whether there is a count for each pair of labels.
function isTable(labels, counts) {
  const isRow = (row) => Array.isArray(row) && row.length === labels.length && row.every(Number.isInteger);
  return Array.isArray(labels) && Array.isArray(counts) && counts.length === labels.length && counts.every(isRow);
}

// What a card says about a model that was learned elsewhere, in sentences.
export const sentences = ({ score, limits }) => [score?.summary, limits].filter((line) => typeof line === "string");

const total = (counts) => counts.reduce((sum, count) => sum + count, 0);
