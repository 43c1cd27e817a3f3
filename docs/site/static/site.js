// People who use a keyboard can scroll only what they can focus.
function letFocus() {
  for (const part of document.querySelectorAll("pre, .table-wrapper, .output.text_html, .cell_output")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
  }
}

document.addEventListener("DOMContentLoaded", letFocus);
document.addEventListener("load", letFocus, true); // of a picture, which may be wider than the page
window.addEventListener("resize", letFocus);
