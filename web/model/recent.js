// A stream whose predictions depend only on the most recent frames, as `Recent` in helpers/camera/live_camera.py.
//
// MoViNet averages over all frames since its stream began, so that after minutes, a new action hardly changes its predictions.
// Therefore, two streams run, started half a window apart, and each is replaced after a full window. The older one predicts.

export class Recent {
  // After the first half window, predictions depend on `frames / 2` to `frames` frames.
  constructor(newStream, frames) {
    Object.assign(this, { newStream, half: Math.floor(frames / 2), frames: 0, streams: [newStream()] });
  }

  async next(pixels) {
    if (this.frames && this.frames % this.half === 0) {
      if (this.streams.length === 2) this.streams.shift().close();
      this.streams.push(this.newStream());
    }
    this.frames += 1;
    const [logits] = await Promise.all(this.streams.map((stream) => stream.next(pixels)));
    return logits;
  }

  close() {
    this.streams.forEach((stream) => stream.close());
  }
}
