// People who use a keyboard can scroll only what they can focus.
document.addEventListener("DOMContentLoaded", () => {
  for (const part of document.querySelectorAll("pre, .table-wrapper, .output.text_html")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
  }
});
