// Record a clip from frames that a camera shows, after a countdown. What frames are, and where they come from, does not matter here.

const COUNTDOWN = 3; // seconds

export class Recording {
  // `count` frames are needed, `fps` of them each second.
  constructor(count, fps) {
    Object.assign(this, { count, fps, pixels: [], begin: null, first: null });
  }

  // Start the countdown.
  start(now) {
    this.begin = now + 1000 * COUNTDOWN;
  }

  // The seconds that are left of the countdown, rounded up; 0 while it records.
  left(now) {
    return this.begin === null ? COUNTDOWN : Math.max(0, Math.ceil((this.begin - now) / 1000));
  }

  // Add a frame, and return whether the clip is complete. After a gap, the frame is repeated.
  add(pixels, now) {
    this.first ??= now;
    const position = Math.round(((now - this.first) * this.fps) / 1000);
    while (this.pixels.length <= Math.min(position, this.count - 1)) this.pixels.push(pixels);
    return this.pixels.length === this.count;
  }
}
