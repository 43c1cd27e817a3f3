// A stand-in for the view that teaches actions.

export async function startTeach({ element }) {
  element.append(Object.assign(document.createElement("p"), { textContent: "Teach comes here." }));
}
