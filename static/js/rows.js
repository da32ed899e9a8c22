// Rows that were scrolled far away become placeholders again, so that the table stays small however long one scrolls: the
// browser lays out and paints all of it whenever rows come. They come back, from its cache if unchanged, when they are near.
(() => {
  const AWAY = "1100px 0px"; // two chunks of rows beyond what is seen
  const placeholders = new Map(); // by the id of the body of the table
  let observer = null;
  let observed = null;

  const leave = (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting || target.matches(".later") || target.contains(document.activeElement)) continue;
      const template = document.createElement("template");
      template.innerHTML = placeholders.get(target.id);
      const placeholder = template.content.firstChild;
      observer.unobserve(target);
      target.replaceWith(placeholder);
      htmx.process(placeholder);
    }
  };

  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target.matches("tbody.later")) placeholders.set(detail.target.id, detail.target.outerHTML);
    else placeholders.clear();
  });
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    const box = document.querySelector(".grid-box");
    if (box !== observed) {
      observer?.disconnect();
      observed = box;
      observer = box && new IntersectionObserver(leave, { root: box, rootMargin: AWAY });
    }
    if (placeholders.has(detail.elt.id)) observer.observe(detail.elt);
  });
})();
