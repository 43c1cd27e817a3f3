// A video file in the browser's own player, of which single moments are shown.

const STUCK = 20000; // milliseconds after which a player that shows nothing is given up
const SAME = 100; // milliseconds after which the picture must be the same as before
const CONVERT =
  "Convert it to MP4 (H.264) or WebM, for example with HandBrake or VLC, and try again. The notebooks read many more formats.";

// Return {video, duration, close}: an element that has loaded the file, its length in seconds, and a function that frees it.
export async function openVideo(file) {
  const video = Object.assign(document.createElement("video"), { muted: true, playsInline: true, preload: "auto" });
  const url = URL.createObjectURL(file);
  const close = () => {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(url);
  };
  try {
    video.src = url;
    await next(video, "loadeddata", file.name);
    if (!video.videoWidth) throw new Error(`${file.name} has sound, but no picture that this browser can decode. ${CONVERT}`);
    return { video, duration: await durationOf(video, file.name), close };
  } catch (error) {
    close();
    throw error;
  }
}

// Show the picture at a time in seconds.
export async function seek(video, time) {
  if (video.currentTime === time && !video.seeking && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) return;
  const decoded = next(video, "seeked", "The video");
  const shown = new Promise((resolve) => video.requestVideoFrameCallback?.(resolve));
  video.currentTime = time;
  await decoded; // after which the picture before it can still be shown for a moment
  await Promise.race([shown, new Promise((resolve) => setTimeout(resolve, SAME))]);
}

// Recordings of browsers do not say how long they are: then, the player finds out at their end.
async function durationOf(video, name) {
  if (Number.isFinite(video.duration)) return video.duration;
  const known = Promise.all([next(video, "durationchange", name), next(video, "seeked", name)]);
  video.currentTime = Number.MAX_SAFE_INTEGER;
  await known;
  return Number.isFinite(video.duration) ? video.duration : video.currentTime;
}

// Wait for an event of a player; throw an Error if it cannot decode the file, or does nothing for long.
function next(video, event, name) {
  return new Promise((resolve, reject) => {
    const done = new AbortController();
    const settle = (action) => () => {
      clearTimeout(timer);
      done.abort();
      action();
    };
    const fail = (problem) => settle(() => reject(new Error(`${name} ${problem} ${CONVERT}`)));
    const timer = setTimeout(fail(`was not decoded for ${STUCK / 1000} s.`), STUCK);
    const options = { signal: done.signal };
    video.addEventListener(event, settle(resolve), options);
    video.addEventListener("error", fail("is not a video that this browser can decode."), options);
  });
}
