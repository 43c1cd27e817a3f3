// Show a widget 100 times and remove it each time; print how many listeners its model has then. The page is a stand-in.
import process from "node:process";
import { pathToFileURL } from "node:url";

const element = () =>
  new Proxy(function () {}, {
    get: (target, name) => {
      if (name in target && name !== "length" && name !== "name") return target[name];
      if (name === "children" || name === "querySelectorAll") return name === "children" ? [] : () => [];
      return (target[name] = element());
    },
    set: (target, name, value) => Reflect.defineProperty(target, name, { value, writable: true, configurable: true }),
    apply: () => element(),
  });

globalThis.document = { createElement: element };
const listeners = [];
const model = {
  get: () => 64,
  send: () => {},
  on: (event, handler) => listeners.push([event, handler]),
  off: (event, handler) => {
    const found = listeners.findIndex(([name, own]) => name === event && own === handler);
    if (found >= 0) listeners.splice(found, 1);
  },
};
const widget = (await import(pathToFileURL(process.argv[2]).href)).default;
const counts = new Set();
for (let i = 0; i < 100; i++) {
  const remove = widget.render({ model, el: element() });
  counts.add(listeners.length);
  remove();
}
console.log(JSON.stringify({ shown: [...counts], removed: listeners.length }));
