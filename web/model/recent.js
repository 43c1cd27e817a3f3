// A stream whose predictions depend only on the most recent frames, as in helpers/camera/live_camera.py.

export class Recent {
  // After the first half window, predictions depend on the last `frames / 2` to `frames` frames. Two streams run, started half a
  // window apart, and each is replaced after a full window; the older one predicts.
  constructor(newStream, frames) {
    Object.assign(this, { newStream, half: Math.max(1, Math.floor(frames / 2)), count: 0, streams: [newStream()] });
  }

  // Return the logits after one more frame.
  async next(pixels) {
    if (this.count && this.count % this.half === 0) {
      if (this.streams.length === 2) this.streams.shift().close();
      this.streams.push(this.newStream());
    }
    this.count += 1;
    const [logits] = await Promise.all(this.streams.map((stream) => stream.next(pixels)));
    return logits;
  }

  close() {
    for (const stream of this.streams.splice(0)) stream.close();
  }
}
