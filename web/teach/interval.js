// The 95% interval of a share of clips, as helpers/basics/statistics.py computes it if each clip is a group of its own.

const LEAST = 5; // clips

// Return [low, high] for `right` of `count` clips (Clopper & Pearson); null for fewer than 5 clips.
export function interval(right, count) {
  if (count < LEAST) return null;
  const low = right === 0 ? 0 : solve((p) => 1 - atMost(right - 1, count, p) - 0.025);
  const high = right === count ? 1 : solve((p) => 0.025 - atMost(right, count, p));
  return [low, high];
}

// The probability of at most `k` successes in `n` trials.
function atMost(k, n, p) {
  let [sum, logarithm] = [0, n * Math.log1p(-p)];
  for (let i = 0; i <= k; i++) {
    sum += Math.exp(logarithm);
    logarithm += Math.log((n - i) / (i + 1)) + Math.log(p) - Math.log1p(-p);
  }
  return sum;
}

// Return where an increasing function of a probability is 0, by bisection.
function solve(f) {
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (f(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
