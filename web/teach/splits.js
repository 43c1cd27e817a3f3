// Splits of clips for testing: together they test each clip once, with a classifier that did not learn from it.

const MOST_SINGLE = 30; // with more clips, several are held out at a time
const FOLDS = 10;

// Return pairs of indices, for training and for testing, as Python's `held_out` does if each clip is a group of its own: up to
// `mostSingle` clips, each is held out once; with more, `folds` parts of the clips are, with similar shares of each action.
export function heldOut(actions, mostSingle = MOST_SINGLE, folds = FOLDS) {
  const parts = actions.length <= mostSingle ? actions.map((_, i) => [i]) : stratified(actions, folds);
  return parts.map((test) => {
    const left = new Set(test);
    return { train: actions.map((_, i) => i).filter((i) => !left.has(i)), test };
  });
}

// As scikit-learn's StratifiedGroupKFold: each clip goes to the part for which the shares of the actions differ least.
function stratified(actions, folds) {
  const names = [...new Set(actions)].sort();
  const totals = names.map((name) => actions.filter((action) => action === name).length);
  const count = Math.max(2, Math.min(folds, Math.max(...totals)));
  const parts = Array.from({ length: count }, () => ({ clips: [], counts: names.map(() => 0) }));
  actions.forEach((action, i) => {
    const own = names.indexOf(action);
    let best = { unevenness: Infinity, size: Infinity };
    for (const part of parts) {
      part.counts[own] += 1;
      const unevenness = mean(totals.map((total, c) => deviation(parts.map(({ counts }) => counts[c] / total))));
      part.counts[own] -= 1;
      const size = part.clips.length;
      if (unevenness < best.unevenness || (isClose(unevenness, best.unevenness) && size < best.size)) {
        best = { unevenness, size, part };
      }
    }
    best.part.clips.push(i);
    best.part.counts[own] += 1;
  });
  return parts.map(({ clips }) => clips);
}

const isClose = (a, b) => Math.abs(a - b) <= 1e-8 + 1e-5 * b;

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

export function deviation(values) {
  const center = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
}
