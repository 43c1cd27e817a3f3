// Keep the page in the browser, so that it works without a network.

import { runtimeName } from "./model/simd.js";

// `say(text)` is called once it does. Browsers allow it only at https:// addresses and on this computer.
export async function keepForOffline(say) {
  if (!navigator.serviceWorker) return;
  try {
    await navigator.serviceWorker.register(`service_worker.js?runtime=${runtimeName()}`);
    await navigator.serviceWorker.ready;
    say("This page now works without a network, too.");
  } catch (error) {
    console.warn("The page is not kept for use without a network.", error); // such as in a private window, or with a full disk
  }
}
